"""Who may speak to the pages and the control door: this site, never another site's page in a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class Origins:
    """The names under which this sandbox is called. Bound to every interface, any name is taken."""

    def __init__(self, host: str, public: str | None) -> None:
        named = {f"[{host}]" if ":" in host else host}
        if public:
            named.add(urlsplit(public).netloc.rpartition("@")[2].lower())
        self.any = host in ("0.0.0.0", "::", "") and not public
        self.names = named | _LOOPBACK

    def check_host(self, request: Request) -> None:
        """Refuse a name that is not ours: another site's name may have been pointed at this address."""
        name = request.headers.get("host", "").lower()
        bare = name.rpartition(":")[0] if name.rpartition(":")[2].isdecimal() else name
        if not self.any and name not in self.names and bare not in self.names:
            raise Refused(403, "This sandbox is not known under that name.")

    def check_sender(self, request: Request, *, form: bool) -> None:
        """Refuse what another site's page sent. A form must say where it came from; a program need not."""
        self.check_host(request)
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "Only this sandbox's own pages may send that.")
        origin = request.headers.get("origin")
        if origin is None and not form:
            return
        if origin is None or urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            raise Refused(403, "Only this sandbox's own pages may send that.")
