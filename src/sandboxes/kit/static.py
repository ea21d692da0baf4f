"""A sandbox's own style sheet, script and mark, read once and served from memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request, Response

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Static:
    """The files of one folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _KINDS}
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
