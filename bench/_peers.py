"""Two public sync engines at the same work, for `bench/peers.py`; run by an interpreter that has them installed.

`python _peers.py 10000` prints JSON: {engine: {"quiet": seconds, "changed": seconds}} of processor time, for as many
records of like shape in memory on both sides, nothing or one in a hundred changed on one side.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any


def _vdirsyncer(count: int) -> dict[str, float]:
    from vdirsyncer.storage.memory import MemoryStorage
    from vdirsyncer.sync import SqliteStatus, sync
    from vdirsyncer.vobject import Item

    def card(n: int, site: str) -> Any:
        lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{n}", f"FN:Plum {n} Holdings", f"EMAIL:office{n}@plum{n}.example"]
        lines += [f"TEL:(03) 9000 {n:05d}", f"URL:{site}", f"ADR:;;{n} Plum Lane;Hobart;TAS;7000;", "END:VCARD"]
        return Item("\r\n".join(lines))

    here, there, status = MemoryStorage(), MemoryStorage(), SqliteStatus(":memory:")

    async def fill() -> None:
        for n in range(count):
            await there.upload(card(n, f"https://plum{n}.example"))

    async def change() -> None:
        for n in range(0, count, 100):
            href = str(n)
            _, etag = await there.get(href)
            await there.update(href, card(n, "https://changed.example"), etag)

    def once() -> None:
        asyncio.run(sync(here, there, status))

    asyncio.run(fill())
    once()
    quiet = _seconds(once)
    asyncio.run(change())
    return {"quiet": quiet, "changed": _seconds(once)}


def _diffsync(count: int) -> dict[str, float]:
    from diffsync import Adapter, DiffSyncModel

    class Company(DiffSyncModel):  # type: ignore[misc]
        _modelname = "company"
        _identifiers = ("number",)
        _attributes = ("name", "email", "phone", "website", "address")
        number: int
        name: str
        email: str
        phone: str
        website: str
        address: str

    class Side(Adapter):  # type: ignore[misc]
        company = Company
        top_level = ("company",)

        def load(self, changed: bool = False) -> None:
            for n in range(count):
                site = "https://changed.example" if changed and n % 100 == 0 else f"https://plum{n}.example"
                mail, address = f"office{n}@plum{n}.example", f"{n} Plum Lane, Hobart"
                self.add(
                    Company(
                        number=n, name=f"Plum {n} Holdings", email=mail, phone=f"9000 {n:05d}", website=site,
                        address=address,
                    )
                )  # fmt: skip

    here, there, later = Side(), Side(), Side()
    here.load()
    there.load()
    later.load(changed=True)
    return {"quiet": _seconds(lambda: here.sync_from(there)), "changed": _seconds(lambda: here.sync_from(later))}


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    size = int(sys.argv[1])
    print(json.dumps({"vdirsyncer": _vdirsyncer(size), "diffsync": _diffsync(size)}))
