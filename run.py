"""The one door: `python3 run.py demo | test | check | bench | capabilities | setup`; else an `instep` command."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Instep needs Python 3.11 or later; this is {sys.version_info[0]}.{sys.version_info[1]}.")
try:
    import fcntl
    import venv
except ImportError as missing:
    sys.exit(f"Instep needs Linux or macOS and Python's venv (on Debian: apt install python3-venv): {missing}.")

ROOT = Path(__file__).resolve().parent
VENV, BIN = ROOT / ".venv", ROOT / ".venv" / "bin"
PYTHON, UV, STAMP = str(BIN / "python"), str(BIN / "uv"), VENV / "instep.stamp"
RUNTIME, DEV, SETUP = "requirements.lock", "requirements-dev.lock", "requirements-setup.lock"
TOOLS = {"test": "tools.suite", "check": "tools.check", "bench": "tools.benches", "capabilities": "tools.capabilities"}
os.environ.update(UV_PYTHON_DOWNLOADS="never", UV_SYSTEM_CERTS="1", UV_COMPILE_BYTECODE="1", UV_REQUIRE_HASHES="1")
os.environ.update(NODE_USE_SYSTEM_CA="1", PIP_DISABLE_PIP_VERSION_CHECK="1")


def stamp(lock: str) -> str:
    """What the set-up was made from; a changed lock or a moved folder changes it."""
    digest = hashlib.sha256()
    for name in (lock, SETUP, "package-lock.json", "run.py", "tools/vendor.py"):
        digest.update((ROOT / name).read_bytes())
    return f"{digest.hexdigest()} {ROOT}"


def ready(lock: str) -> bool:
    """Whether the set-up holds; the development lock contains the other."""
    return Path(PYTHON).exists() and STAMP.exists() and STAMP.read_text() in {stamp(lock), stamp(DEV)}


def must(*command: str) -> None:
    """Run a step of the set-up, or stop with what to look at."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit("Instep could not be set up (the reason is above). Can this machine reach the Python package index?")


def set_up(lock: str) -> None:
    """Make .venv, with uv in it, then the locked packages and, at the same time, the front-end files."""
    print("Setting up in .venv; once, well under a minute.", file=sys.stderr, flush=True)
    moved = STAMP.exists() and not STAMP.read_text().endswith(f" {ROOT}")
    if moved or not (Path(PYTHON).exists() and Path(UV).exists()):
        if VENV.is_symlink():
            VENV.unlink()  # another tree's: it is let go, never emptied
        machine_pip = importlib.util.find_spec("pip") is not None  # without one of its own: four seconds less
        venv.create(VENV, clear=True, symlinks=True, with_pip=not machine_pip)
        pip = [sys.executable, "-m", "pip", "--python", PYTHON] if machine_pip else [PYTHON, "-m", "pip"]
        must(*pip, "install", "-q", "--retries=1", "-r", SETUP)
    wanted = ["--dev"] if lock == DEV else []
    vendor = subprocess.Popen([PYTHON, str(ROOT / "tools" / "vendor.py"), *wanted], cwd=ROOT)
    must(UV, "pip", "install", "-q", "--python", PYTHON, "-r", SETUP, "-r", lock)
    for packages in VENV.glob("lib/python3*/site-packages"):
        (packages / "instep.pth").write_text(f"{ROOT / 'src'}\n")
    (BIN / "instep").write_text(f"#!{PYTHON}\nimport sys\n\nfrom instep.cli.main import main\n\nsys.exit(main())\n")
    (BIN / "instep").chmod(0o755)
    if vendor.wait():
        sys.exit("Instep could not be set up (the reason is above). Can this machine reach the npm registry?")
    STAMP.write_text(stamp(lock))


job, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
if job in {"help", "-h", "--help"}:
    sys.exit(__doc__)
lock = DEV if job in TOOLS or "--dev" in sys.argv[1:3] else RUNTIME
if job != "capabilities" and not ready(lock):  # that one needs the standard library alone
    fcntl.flock(os.open(ROOT, os.O_RDONLY), fcntl.LOCK_EX)  # two first starts at once: the second waits
    if not ready(lock):
        set_up(lock)
if job in TOOLS:
    os.chdir(ROOT)
    python = sys.executable if job == "capabilities" else PYTHON
    os.execv(python, [python, "-m", TOOLS[job], *arguments])
if job != "setup":
    os.execv(PYTHON, [PYTHON, str(BIN / "instep"), job, *arguments])
