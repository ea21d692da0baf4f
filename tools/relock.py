"""Write the locks anew after a change of pyproject.toml or package.json: `python -m tools.relock [--upgrade]`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Hashes and no addresses: a lock that names a registry works only behind the same one.
COMPILE = ["pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]


def main() -> int:
    """Lock the running program, then development on top of it, then the front-end; the first failure's exit code."""
    uv = str(Path(sys.executable).parent / "uv")
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv else []
    development = ["--group", "dev", "-c", "requirements.lock", "-o", "requirements-dev.lock"]
    npm = ["npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts"]
    os.environ.update(UV_PYTHON_DOWNLOADS="never", UV_SYSTEM_CERTS="1")
    for command in (
        [uv, *COMPILE, *upgrade, "pyproject.toml", "-o", "requirements.lock"],
        [uv, *COMPILE, *upgrade, "pyproject.toml", *development],
        npm,
    ):
        if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
