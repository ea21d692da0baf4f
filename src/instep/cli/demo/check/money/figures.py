"""What the transfer of documents measured, what it demands, and its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from instep.billing.queries.wip import WipTotals
from instep.cli.demo.check.money.cancelled import EVE, Cancelled
from instep.cli.demo.check.money.compare import Compared
from instep.cli.terminal import say, show_table
from instep.kernel.money import Money


@dataclass(slots=True)
class MoneyFigures:
    """One set of documents. Seconds are wall time."""

    batch: int
    """So many documents a call, at most."""
    currency: str = "AUD"
    compared: Compared = field(default_factory=Compared)
    invoices: int = 0
    credits: int = 0
    payments: int = 0
    previews: int = 0
    writes: int = 0
    """Records that were made or changed there."""
    writing_calls: int = 0
    fewest_calls: int = 0
    lost_calls: int = 0
    """Writing calls that had no effect, as the script or the kill wanted it: each is made once more at least."""
    read_faults: int = 0
    write_faults: int = 0
    unheard: int = 0
    """Calls that nobody listened to: then what was lost among them is not known."""
    pressed_again: int = 0
    """Previews that a fault cut short."""
    cancelled: Cancelled = field(default_factory=Cancelled)
    killed_at: int = 0
    unknown: int = 0
    restarts: int = 0
    quiet_calls: int = 0
    quiet_minimum: int = 0
    quiet_writes: int = 0
    peak_megabytes: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """What is not as it must be, in sentences."""
        size, found = f"Documents, {self.batch} a call", []
        if self.compared.sum_here != self.compared.sum_there:
            found.append(f"{size}: the sums of both sides differ.")
        if self.compared.differences:
            found.append(f"{size}: {len(self.compared.differences)} documents or payments differ.")
        if self.compared.copies:
            found.append(f"{size}: {len(self.compared.copies)} records exist twice.")
        if self.writing_calls > self.fewest_calls + self.lost_calls:
            allowed = f"{self.fewest_calls} and {self.lost_calls} that had no effect"
            found.append(f"{size}: {self.writing_calls} calls wrote instead of {allowed}.")
        if self.unheard:
            found.append(f"{size}: {self.unheard} calls were not listened to.")
        if not (self.read_faults and self.write_faults):
            found.append(f"{size}: not every kind of call went wrong.")
        found += [f"{size}: {sentence}" for sentence in self.cancelled.problems()]
        if self.quiet_calls != self.quiet_minimum:
            found.append(f"{size}: a quiet run took {self.quiet_calls} calls instead of {self.quiet_minimum}.")
        if self.quiet_writes:
            found.append(f"{size}: a quiet run wrote {self.quiet_writes} times.")
        if not self.restarts:
            found.append(f"{size}: the killed worker was not restarted.")
        return found

    def as_json(self) -> dict[str, Any]:
        """Every figure, under stable names; sums in minor units."""
        return {
            "batch": self.batch,
            "documents": self.compared.documents,
            "invoices": self.invoices,
            "credits": self.credits,
            "payments": self.payments,
            "sum": {"here": self.compared.sum_here, "there": self.compared.sum_there, "currency": self.currency},
            "differences": self.compared.differences,
            "copies": self.compared.copies,
            "previews": self.previews,
            "writes": self.writes,
            "writing_calls": {"made": self.writing_calls, "minimum": self.fewest_calls, "lost": self.lost_calls},
            "faults_met": {"reads": self.read_faults, "writes": self.write_faults},
            "previews_pressed_again": self.pressed_again,
            "cancelled": {
                "invoices": self.cancelled.invoices,
                "credited_there": self.cancelled.credited,
                "minutes": self.cancelled.minutes,
                "minutes_back": self.cancelled.back,
                "wip_before": {"then": self.cancelled.before._asdict(), "now": self.cancelled.before_now._asdict()},
            },
            "killed": {"confirmed": self.killed_at, "unknown": self.unknown, "restarts": self.restarts},
            "quiet_run": {"calls": self.quiet_calls, "minimum": self.quiet_minimum, "writes": self.quiet_writes},
            "worker_peak_megabytes": round(self.peak_megabytes, 1),
            "seconds": {name: round(value, 2) for name, value in self.seconds.items()},
        }


def show(sets: Sequence[MoneyFigures]) -> None:
    """The table for a person: a column for each set."""

    def line(name: str, wanted: str, told: Callable[[MoneyFigures], Any]) -> tuple[Any, ...]:
        return (name, *(told(each) for each in sets), wanted)

    say()
    show_table(
        ("figure", *(f"{each.batch} a call" for each in sets), "wanted"),
        [
            line("documents", "", lambda f: f"{f.invoices} invoices, {f.credits} credits"),
            line("sum here", "", lambda f: Money.from_minor(f.compared.sum_here, f.currency)),
            line("sum there", "the same", lambda f: Money.from_minor(f.compared.sum_there, f.currency)),
            line("payments brought here", "", lambda f: f.payments),
            line("differences", "0", lambda f: len(f.compared.differences)),
            line("second copies", "0", lambda f: len(f.compared.copies)),
            line("previews approved", "", lambda f: f.previews),
            line("records written there", "", lambda f: f.writes),
            line(
                "calls that write / minimum",
                "+ no effect",
                lambda f: f"{f.writing_calls} / {f.fewest_calls} + {f.lost_calls}",
            ),
            line("faults met", "every 5th call", lambda f: f"{f.read_faults} reads, {f.write_faults} writes"),
            line("previews cut short", "", lambda f: f.pressed_again),
            line("cancelled / credited there", "equal", lambda f: f"{f.cancelled.invoices} / {f.cancelled.credited}"),
            line("their minutes / back in WIP", "equal", lambda f: f"{f.cancelled.minutes} / {f.cancelled.back}"),
            line(f"WIP as at {EVE:%d.%m.%Y}", "", lambda f: _wip(f.cancelled.before, f.currency)),
            line("the same, after cancelling", "the same", lambda f: _wip(f.cancelled.before_now, f.currency)),
            line("worker killed at", "half", lambda f: f"{f.killed_at} confirmed, {f.unknown} unknown"),
            line("quiet run, calls / minimum", "equal", lambda f: f"{f.quiet_calls} / {f.quiet_minimum}"),
            line("quiet run, writes", "0", lambda f: f.quiet_writes),
            line("worker, peak memory", "", lambda f: f"{f.peak_megabytes:.0f} MB"),
        ],
    )
    for each in sets:
        told = ", ".join(f"{name} {value:.1f}" for name, value in each.seconds.items())
        say(f"Seconds, {each.batch} a call: {told}")
    for each in sets:
        for text in (*each.compared.differences[:10], *each.compared.copies[:10]):
            say(f"  {text}")


def _wip(sums: WipTotals, currency: str) -> str:
    return f"{sums.minutes} min, {Money.from_minor(sums.charge, currency)}"
