"""What the check measured, what it demands, and how both are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from instep.cli.terminal import say, show_held, show_table

FIRST_LINK_RATIO = 1.02
ENOUGH_FOR_RATIO = 500
"""Below so many calls two per cent are fewer than the lists that a restarted worker must read again; these are then
left out of the ratio, and shown beside it."""
LINKED_SHARE = 0.95


@dataclass(slots=True)
class Figures:
    """Everything that is told at the end. Seconds are wall time."""

    database: str = ""
    imported: dict[str, dict[str, int]] = field(default_factory=dict)
    records: int = 0
    """Records that the two sides have, each pair counted once."""
    linked: int = 0
    held: list[dict[str, str]] = field(default_factory=list)
    writes_out: int = 0
    writes_in: int = 0
    duplicates: list[str] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    compared: int = 0
    """Fields that were compared."""
    killed_at: int = 0
    """Records that were confirmed when the worker was killed."""
    unknown: int = 0
    """Writes whose outcome the kill left open."""
    restarts: int = 0
    stops: list[str] = field(default_factory=list)
    """Why runs ended early: the kill, and whatever else came between."""
    first_calls: int = 0
    first_minimum: int = 0
    looked_again: int = 0
    """List calls that the restarted worker made to see where it stood."""
    edits: int = 0
    edits_lost: list[str] = field(default_factory=list)
    edit_seconds: float = 0.0
    """From the last edit until both sides had all of them."""
    quiet_calls: int = 0
    quiet_minimum: int = 0
    second_run_writes: int = 0
    peak_megabytes: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def first_ratio(self) -> float:
        """Calls made for the first link over the fewest it can take."""
        calls = self.first_calls - (0 if self.first_minimum >= ENOUGH_FOR_RATIO else self.looked_again)
        return calls / self.first_minimum if self.first_minimum else 0.0

    @property
    def quiet_ratio(self) -> float:
        """Calls of one quiet poll over the fewest it can take."""
        return self.quiet_calls / self.quiet_minimum if self.quiet_minimum else 0.0

    def faults(self) -> list[str]:
        """What is not as it must be, in sentences."""
        found = []
        if self.linked < LINKED_SHARE * self.records:
            found.append(f"Only {self.linked} of {self.records} records are linked.")
        if self.duplicates:
            found.append(f"{len(self.duplicates)} records exist twice.")
        if self.differences:
            found.append(f"{len(self.differences)} fields differ between the two sides.")
        if self.edits_lost:
            found.append(f"{len(self.edits_lost)} edits were lost.")
        if self.first_ratio > FIRST_LINK_RATIO:
            found.append(
                f"The first link took {self.first_ratio:.3f} times the fewest calls; {FIRST_LINK_RATIO} is allowed."
            )
        if self.quiet_ratio != 1.0:
            found.append(f"A quiet poll took {self.quiet_calls} calls instead of {self.quiet_minimum}.")
        if self.second_run_writes:
            found.append(f"A second run wrote {self.second_run_writes} times.")
        if not self.restarts:
            found.append("The killed worker was not restarted.")
        return found

    def as_json(self) -> dict[str, Any]:
        """Every figure, under stable names."""
        return {
            "ok": not self.faults(),
            "faults": self.faults(),
            "database": self.database,
            "imported": self.imported,
            "records": self.records,
            "linked": self.linked,
            "held": self.held,
            "writes": {"out": self.writes_out, "in": self.writes_in},
            "duplicates": self.duplicates,
            "differences": self.differences,
            "fields_compared": self.compared,
            "stops": self.stops,
            "killed": {"confirmed": self.killed_at, "unknown": self.unknown, "restarts": self.restarts},
            "first_link": {
                "calls": self.first_calls,
                "minimum": self.first_minimum,
                "looked_again": self.looked_again,
                "ratio": round(self.first_ratio, 4),
            },
            "edits": {"made": self.edits, "lost": self.edits_lost, "seconds": round(self.edit_seconds, 2)},
            "quiet_poll": {
                "calls": self.quiet_calls,
                "minimum": self.quiet_minimum,
                "ratio": round(self.quiet_ratio, 4),
            },
            "second_run_writes": self.second_run_writes,
            "worker_peak_megabytes": round(self.peak_megabytes, 1),
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
        }

    def show(self) -> None:
        """The table for a person."""
        reasons = Counter(held["code"] for held in self.held)
        told = ", ".join(f"{count} {code.replace('_', ' ')}" for code, count in reasons.most_common())
        apart = "" if self.first_minimum >= ENOUGH_FOR_RATIO else f", {self.looked_again} to look again apart"
        show_table(
            ("figure", "value", "wanted"),
            [
                ("records linked", f"{self.linked} of {self.records}", "all but the held"),
                ("held", f"{len(self.held)}" + (f" ({told})" if told else ""), "listed below"),
                ("writes out / in", f"{self.writes_out} / {self.writes_in}", ""),
                ("duplicates", len(self.duplicates), "0"),
                ("differences", f"{len(self.differences)} of {self.compared} fields", "0"),
                ("worker killed at", f"{self.killed_at} confirmed, {self.unknown} unknown", "half"),
                (
                    "first link, calls / minimum",
                    f"{self.first_calls} / {self.first_minimum} = {self.first_ratio:.3f}{apart}",
                    f"{FIRST_LINK_RATIO:.2f}",
                ),
                ("edits made / lost", f"{self.edits} / {len(self.edits_lost)}", "0 lost"),
                ("in step after the last edit", f"{self.edit_seconds:.1f} s", ""),
                (
                    "quiet poll, calls / minimum",
                    f"{self.quiet_calls} / {self.quiet_minimum} = {self.quiet_ratio:.2f}",
                    "1.00",
                ),
                ("second run, writes", self.second_run_writes, "0"),
                ("worker, peak memory", f"{self.peak_megabytes:.0f} MB", ""),
                ("database", self.database, ""),
            ],
        )
        say("Seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in self.seconds.items()))
        show_held(self.held[:30])
        if self.differences:
            say()
            show_table(
                ("differs", "record", "field", "here", "there"),
                [(d["kind"], d["label"], d["field"], d["ours"], d["theirs"]) for d in self.differences[:30]],
            )
        if len(self.stops) > 1:
            say("\nRuns ended early:\n" + "\n".join(f"  {message}" for message in self.stops))
        for name in (*self.duplicates[:20], *self.edits_lost[:20]):
            say(f"  {name}")
