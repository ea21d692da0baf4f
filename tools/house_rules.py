"""The house's own rules, read from the source: what import-linter and ruff cannot see. No ignore list."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("src", "tests", "tools", "bench")
NOT_OURS = {"node_modules", "vendor", "var", "dist", "build", "__pycache__"}
HIDDEN_OURS = {".ci", ".github"}
TEXT = {"", ".py", ".html", ".css", ".js", ".json", ".toml", ".lock", ".md", ".txt", ".sh", ".yml", ".yaml", ".svg"}
LONGEST = 400
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "service", "services"}
MONEY_FLOORS = {"kernel", "jobs", "costs", "billing"}
WRITING_ROOMS_OF_CONNECT = {
    "observe",
    "observations",
    "plan",
    "apply",
    "intents",
    "inbox",
    "conflicts",
    "undo",
    "limits",
}
QUERYSET_WORDS = {
    "objects",
    "of",
    "filter",
    "exclude",
    "all",
    "select_for_update",
    "annotate",
    "select_related",
    "order_by",
}
WRITES_ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITES_WITHOUT_ARGUMENTS = {"save", "delete"}
WRITES_ON_QUERYSETS = {"create", "update", "delete"}
ASYNC_WRITES = {f"a{name}": name for name in WRITES_ALWAYS | WRITES_WITHOUT_ARGUMENTS | WRITES_ON_QUERYSETS}
PURE_LIBRARIES = {"phonenumbers", "stdnum", "dateutil", "holidays", "babel"}
IMPURE_STANDARD = {
    *("asyncio", "builtins", "concurrent", "ctypes", "ftplib", "glob", "http", "importlib", "io", "logging"),
    *(
        "multiprocessing",
        "os",
        "pathlib",
        "pickle",
        "random",
        "secrets",
        "select",
        "shutil",
        "signal",
        "smtplib",
        "socket",
    ),
    *("sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
}
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|jsdelivr\.net|unpkg\.com|cdnjs\.cloudflare"
)
MACHINE_PATHS = re.compile(r"(?<![\w.])(?:/home/\w|/Users/\w|/root/\w|[A-Z]:\\\\?Users\\)")
RAW_WRITE = re.compile(r"\s*(insert\s+into|update\s+\w+\s+set|delete\s+from)\b", re.IGNORECASE)

Found = Iterator[tuple[int, str]]


@dataclass(frozen=True, order=True)
class Fault:
    """One breach: where, of which rule, and what to do."""

    path: str
    line: int
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.sentence}"


@dataclass(frozen=True)
class Source:
    """One file: its path from the repository's root and its text."""

    path: str
    text: str
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", PurePosixPath(self.path).parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text if self.path.endswith(".py") else "", self.path)

    @property
    def in_house(self) -> bool:
        return self.parts[:2] == ("src", "instep")

    @property
    def room(self) -> str:
        """The room of the house: `crm` for `src/instep/crm/models.py`; empty elsewhere."""
        return self.parts[2].removesuffix(".py") if self.in_house and len(self.parts) > 2 else ""

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Each imported name with its line, dotted in full: `from a import b` is `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _last_name(node: ast.expr) -> str:
    """`PROTECT` for `models.PROTECT`, `ForeignKey` for `models.ForeignKey`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _chain(node: ast.AST) -> set[str]:
    """The attribute names of a chain such as `Job.objects.filter(...)`."""
    names: set[str] = set()
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return names


def theme_line(source: Source) -> Found:
    """Line 1 says what the file is about."""
    if not source.path.endswith(".py") or source.is_migration:
        return
    first = source.tree.body[0] if source.tree.body else None
    if not (first and first.lineno == 1 and ast.get_docstring(source.tree)):
        yield 1, "begin with a docstring that says the file's theme"


def length(source: Source) -> Found:
    """A long file has more than one theme."""
    lines = source.text.count("\n")
    if (
        lines > LONGEST
        and PurePosixPath(source.path).suffix in {".py", ".html", ".css", ".js"}
        and not source.is_migration
    ):
        yield LONGEST, f"{lines} lines: make it a folder of the same name (the limit is {LONGEST})"


def vague_name(source: Source) -> Found:
    """A file that may hold anything comes to hold everything."""
    if source.parts[0] in CODE_FOLDERS:
        for part in source.parts:
            if PurePosixPath(part).stem in VAGUE:
                yield 1, f"{part} says nothing: name it after its theme"


def effect_name(source: Source) -> Found:
    """A migration is named by what it does."""
    name = PurePosixPath(source.path).stem
    if source.is_migration and re.match(r"\d+_(auto|initial|merge|alter_\w+_and_more)", name):
        yield 1, "name the migration by its effect"


def string_import(source: Source) -> Found:
    """An import by string is a road that no floor plan shows: `config` alone may."""
    if not source.in_house or source.room == "config" or source.is_migration:
        return
    forbidden = {"get_model", "import_string", "import_module", "autodiscover_modules", "__import__"}
    for call in source.calls():
        if (name := _last_name(call.func)) in forbidden:
            yield call.lineno, f"{name}() is for config alone: import it, or have it handed in"


def signals(source: Source) -> Found:
    """What happened is in the audit log and the outbox, written by the action; a signal would act unseen."""
    if source.in_house:
        for line, name in source.imports():
            if name.startswith(("django.db.models.signals", "django.dispatch")):
                yield line, "no signals: let the action do it, in its transaction"


def writes(source: Source) -> Found:
    """One address for writes: actions, base, and the engine's own writing rooms."""
    connect_room = source.parts[3].removesuffix(".py") if source.room == "connect" and len(source.parts) > 3 else ""
    if (
        not source.in_house
        or source.room in {"base", "kernel"}
        or source.is_migration
        or "actions" in {part.removesuffix(".py") for part in source.parts}
        or connect_room in WRITING_ROOMS_OF_CONNECT
    ):
        return
    querysets = set(_queryset_names(source.tree))
    for call in source.calls():
        if isinstance(call.func, ast.Attribute) and _is_write(call, call.func, querysets):
            yield call.lineno, f".{call.func.attr}() writes: only actions, base and the engine's writing rooms may"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RAW_WRITE.match(node.value):
            yield node.lineno, "SQL that writes: only actions, base and the engine's writing rooms may"


def _is_write(call: ast.Call, function: ast.Attribute, querysets: set[str]) -> bool:
    name = ASYNC_WRITES.get(function.attr, function.attr)
    if name in WRITES_ALWAYS or (name in WRITES_WITHOUT_ARGUMENTS and not call.args):
        return True
    on_queryset = bool(_chain(function.value) & QUERYSET_WORDS) or _last_name(function.value) in querysets
    return name in WRITES_ON_QUERYSETS and on_queryset


def _queryset_names(tree: ast.Module) -> Iterator[str]:
    """Names that hold a queryset: assigned from a chain of queryset calls, or annotated as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _chain(node.value) & QUERYSET_WORDS:
            yield from (_last_name(target) for target in node.targets)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value and _chain(node.value) & QUERYSET_WORDS:
            yield _last_name(node.target)
        elif isinstance(node, ast.arg) and node.annotation and "QuerySet" in ast.unparse(node.annotation):
            yield node.arg


def decimal_field(source: Source) -> Found:
    """On SQLite a DecimalField is a binary float: amounts are whole minor units, rates whole numbers at scale 4."""
    if source.in_house:
        for call in source.calls():
            if (name := _last_name(call.func)) in {"DecimalField", "FloatField"}:
                yield call.lineno, f"no {name}: store whole minor units (or a whole number at a fixed scale)"


def floats(source: Source) -> Found:
    """Binary floats and half-even rounding lose cents; `float` may be named only to refuse it."""
    if source.room not in MONEY_FLOORS:
        return
    refusals = {
        id(name) for call in source.calls() if _last_name(call.func) == "isinstance" for name in ast.walk(call.args[-1])
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"{node.value} is a float: use Decimal('{node.value}') or whole minor units"
        elif isinstance(node, ast.Name) and node.id == "float" and id(node) not in refusals:
            yield node.lineno, "no float here: use Decimal or whole minor units"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
            yield node.lineno, "round() rounds half to even: use kernel.rounding.half_up"


def on_delete(source: Source) -> Found:
    """What happens to a row when the row it points at goes is a decision, written beside it."""
    if not source.in_house:
        return
    for call in source.calls():
        if _last_name(call.func) in {"ForeignKey", "OneToOneField"}:
            given = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "on_delete")]
            if not given or _last_name(given[0]) not in {"PROTECT", "CASCADE", "RESTRICT", "SET_NULL"}:
                yield (
                    call.lineno,
                    "say on_delete: PROTECT or CASCADE, or SET_NULL where the pointer is a mere convenience",
                )


def raw_print(source: Source) -> Found:
    """Only commands speak to the terminal."""
    if source.in_house and source.room != "cli":
        for call in source.calls():
            if isinstance(call.func, ast.Name) and call.func.id == "print":
                yield call.lineno, "no print() outside cli: log, or return it"


def plain_kernel(source: Source) -> Found:
    """The kernel can be read, run and tested alone: no I/O, and its clock is an argument."""
    if source.room != "kernel":
        return
    for line, name in source.imports():
        top = name.split(".")[0]
        pure = top in PURE_LIBRARIES or (top in sys.stdlib_module_names and top not in IMPURE_STANDARD)
        if not pure and not name.startswith("instep.kernel."):
            yield line, f"the kernel does not import {top}"
    for call in source.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"now", "today", "utcnow"}:
            yield call.lineno, "the clock is an argument in the kernel"
        elif isinstance(call.func, ast.Name) and call.func.id in {"open", "input"}:
            yield call.lineno, f"no {call.func.id}() in the kernel"


def next_door(source: Source) -> Found:
    """A sandbox judges us only while it shares nothing with us, our libraries included."""
    if source.parts[:2] == ("src", "sandboxes"):
        for line, name in source.imports():
            top = name.split(".")[0]
            if top != "sandboxes" and top not in sys.stdlib_module_names:
                yield line, f"a sandbox imports the standard library and itself, not {top}"


def address(source: Source) -> Found:
    """A file that names a registry, a content network or somebody's machine works only there."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if REGISTRIES.search(line):
            yield number, "no address of a registry or content network"
        if MACHINE_PATHS.search(line):
            yield number, "no path of one machine"
        if source.parts[-1] == "package-lock.json" and '"resolved"' in line:
            yield number, "no address of a registry: npm install --package-lock-only --omit-lockfile-registry-resolved"


RULES: dict[str, Callable[[Source], Found]] = {
    rule.__name__.replace("_", "-"): rule
    for rule in (
        *(theme_line, length, vague_name, effect_name, string_import, signals, writes, decimal_field, floats),
        *(on_delete, raw_print, plain_kernel, next_door, address),
    )
}


def check_text(path: str, text: str) -> list[Fault]:
    """The breaches in one file; `path` is from the repository's root, with forward slashes."""
    source = Source(path, text)
    return [Fault(path, line, name, sentence) for name, rule in RULES.items() for line, sentence in rule(source)]


def folders_without_init(paths: list[str]) -> list[Fault]:
    """import-linter does not see a folder without `__init__.py`: its imports would go unchecked."""
    known = set(paths)
    folders: set[str] = set()
    for path in paths:
        pure = PurePosixPath(path)
        if pure.suffix == ".py" and pure.parts[0] in CODE_FOLDERS:
            folders.update(str(parent) for parent in pure.parents if str(parent) not in {".", "src"})
    missing = (folder for folder in sorted(folders) if f"{folder}/__init__.py" not in known)
    return [Fault(folder, 1, "package", "add __init__.py, with its theme as docstring") for folder in missing]


def files(root: Path) -> Iterator[Path]:
    """Every text file of ours under `root`."""
    for path in sorted(root.iterdir()):
        if path.is_dir():
            if path.name in HIDDEN_OURS or not (path.name in NOT_OURS or path.name.startswith(".")):
                yield from files(path)
        elif path.suffix in TEXT and path.name != ".DS_Store":
            yield path


def check_tree(root: Path) -> list[Fault]:
    """The breaches under `root`, in the order of paths and lines."""
    faults: list[Fault] = []
    paths = [path.relative_to(root).as_posix() for path in files(root)]
    for path in paths:
        faults += check_text(path, (root / path).read_text(encoding="utf-8", errors="replace"))
    return sorted(faults + folders_without_init(paths))


def main() -> int:
    """Print each breach on a line; 1 if there is any."""
    faults = check_tree(ROOT)
    print("\n".join(map(str, faults)) if faults else f"{len(RULES) + 1} house rules hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
