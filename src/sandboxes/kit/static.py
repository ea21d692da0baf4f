"""The look that all sandboxes share, and the files of one: read once, served from memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request, Response

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


_LOOK = Path(__file__).parent / "look"


class Static:
    """The files of the shared look and of more folders, by name."""

    def __init__(self, *folders: Path) -> None:
        paths = [path for folder in (_LOOK, *folders) for path in sorted(folder.iterdir())]
        self._files = {path.name: path.read_bytes() for path in paths if path.suffix in _KINDS}
        self._tags = {name: f'"{hashlib.sha256(data).hexdigest()[:16]}"' for name, data in self._files.items()}

    def answer(self, request: Request, name: str) -> Response:
        """The file, or 304 when the browser has it. Raises Refused (404)."""
        if name not in self._files:
            raise Refused(404, "There is no such file.")
        tag = self._tags[name]
        headers = (("ETag", tag), ("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff"))
        if request.headers.get("if-none-match") == tag:
            return Response(304, headers=headers)
        return Response(200, self._files[name], _KINDS[Path(name).suffix], headers)
