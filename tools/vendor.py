"""Fetch the front-end libraries with npm and copy the few files that pages use; run by `run.py` at set-up.

With `--dev`, what the browser tests need comes too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "instep" / "web" / "static" / "vendor"
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
}
OLDEST_NODE = 18


def has_node() -> bool:
    """Whether the machine's own node and npm will do."""
    node = shutil.which("node")
    if not (node and shutil.which("npm")):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(version.strip().lstrip("v").partition(".")[0] or 0) >= OLDEST_NODE


def main() -> int:
    """Leave the files in `static/vendor`; the exit code is npm's."""
    if not has_node():
        # The same node as a Python package, into .venv; uv lets one installation wait for the other.
        lock = str(ROOT / "requirements-node.lock")
        command = [str(BIN / "uv"), "pip", "install", "-q", "--python", sys.executable, "-r", lock]
        if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return code
        os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    npm = shutil.which("npm") or "npm"
    quiet = ["--no-fund", "--no-audit", "--no-update-notifier", "--loglevel=error"]
    omitted = [] if "--dev" in sys.argv[1:] else ["--omit=dev"]
    command = [npm, "ci", "--ignore-scripts", "--fetch-retries=1", *omitted, *quiet]
    if code := subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        return code
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        draft = VENDOR / f"{name}.new"  # then renamed: a running server never sends half a file
        shutil.copyfile(MODULES / source, draft)
        draft.replace(VENDOR / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
