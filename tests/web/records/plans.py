"""How a database carries out the queries of a page: whether it reads a table from end to end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection


def full_scans(statements: Iterable[str], table: str) -> list[str]:
    """The statements for which the database reads all of `table`, by its own account."""
    return [sql for sql in statements if f'"{table}"' in sql and reads(sql) and _scans(sql, table)]


def reads(sql: str) -> bool:
    """Whether the statement only reads."""
    return sql.lstrip("(").startswith("SELECT")


def analyze() -> None:
    """Let the planner know how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _scans(sql: str, table: str) -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}", [])
            called = {table, *re.findall(rf'"{table}" (\w+)', sql)}
            steps = [row[3].split() for row in cursor.fetchall()]
            return any(step[0] == "SCAN" and step[1] in called for step in steps)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        found = cursor.fetchone()[0]
        plan = json.loads(found) if isinstance(found, str) else found
        return any(
            node["Node Type"] == "Seq Scan" and node["Relation Name"] == table for node in _nodes(plan[0]["Plan"])
        )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
