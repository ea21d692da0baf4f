"""Everything that can be said about the code without running its tests: `python3 run.py check`.

With --long random histories are played after it, a million of the planner and twenty thousand of the whole engine
(tools/long.py says how to choose); with --replay SEED one of them is played again, and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One check: its name and its command."""

    name: str
    command: list[str]


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    step: Step
    passed: bool
    seconds: float
    output: str


def steps() -> list[Step]:
    """All checks, the slow ones first."""
    python = sys.executable
    templates = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*.html"))
    return [
        Step("migrations", [python, "-m", "django", "makemigrations", "--check", "--dry-run", "--skip-checks"]),
        Step("types", [str(BIN / "ty"), "check", "--output-format", "concise"]),
        Step("house rules", [python, "-m", "tools.house_rules"]),
        Step("floors", [str(BIN / "lint-imports"), "--no-logo", "--no-cache"]),
        Step("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "--diff", "."]),
        Step("lint", [str(BIN / "ruff"), "check", "--quiet", "--output-format", "concise", "."]),
        Step("templates", [str(BIN / "djade"), "--check", "--target-version", "5.2", *templates]),
        Step("capability marks", [python, "-m", "tools.capabilities", "--json"]),
    ]


def run(step: Step, environment: dict[str, str]) -> Outcome:
    """Run one check in the repository's root."""
    start = time.perf_counter()
    done = subprocess.run(step.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    output = done.stderr if step.name == "capability marks" else done.stdout + done.stderr
    return Outcome(step, done.returncode == 0, time.perf_counter() - start, output.strip())


def main() -> int:
    """Run the checks, and what else was asked for; 1 if anything failed."""
    asked = sys.argv[1:]
    if not asked:
        return run_all()
    if "--long" in asked and run_all():
        return 1
    return subprocess.run([sys.executable, "-m", "tools.long", *asked], cwd=ROOT, check=False).returncode


def run_all() -> int:
    """Run all checks, two at a time, and print each with its time; 1 if any failed."""
    start = time.perf_counter()
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as data, ThreadPoolExecutor(2) as pool:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "DJANGO_SETTINGS_MODULE": "instep.config.settings",
            "INSTEP_DATA": data,
        }
        environment.pop("DATABASE_URL", None)
        for outcome in pool.map(lambda step: run(step, environment), steps()):
            print(
                f"{'ok' if outcome.passed else 'FAILED':>6}  {outcome.step.name}  {outcome.seconds:.1f} s", flush=True
            )
            if not outcome.passed:
                failed.append(outcome.step.name)
                print(outcome.output, flush=True)
    total = f"{time.perf_counter() - start:.1f} s"
    print(f"{len(failed)} checks failed: {', '.join(failed)} ({total})" if failed else f"all checks passed ({total})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
