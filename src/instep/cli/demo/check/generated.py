"""A register of contracts of an invented government, made by a seeded generator: as unruly as a real one."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    *("contract_number", "procurement_unique_id", "title", "directorate", "contract_type", "slj_initiative", "status"),
    *("execution_date", "expiry_date", "amount", "suppliers", "details_url", "has_attachments"),
)
_PORTFOLIOS = (
    *("Bridges and Ferries", "Bush Fire", "Children", "Coastal Water", "Courts", "Dairy", "Education", "Forests"),
    *("Harbours", "Health", "Housing", "Lighthouses", "Museums", "Night Sky", "Parks", "Pollination", "Rail"),
    *("Records", "Rivers", "Roads", "Schools", "Seniors", "Soil", "Sport", "Swamps", "Training", "Waste", "Weather"),
)
_BODIES = ("Directorate", "Authority", "Commission", "Agency")
_FIRST = (
    *("Alder", "Banyan", "Brolga", "Cockle", "Currawong", "Dunnart", "Echidna", "Fantail", "Galah", "Hakea", "Ibis"),
    *(
        "Jarrah",
        "Kurrajong",
        "Lilly Pilly",
        "Mallee",
        "Numbat",
        "Osprey",
        "Pademelon",
        "Quokka",
        "Rosella",
        "Sandalwood",
    ),
    *("Tamarind", "Umbrella", "Vanilla", "Wattle", "Yabby", "Zamia"),
)
_TRADES = (
    *("Advisory", "Building", "Catering", "Civil", "Cleaning", "Data", "Electrical", "Engineering", "Fencing"),
    *("Furniture", "Glazing", "Joinery", "Landscapes", "Logistics", "Paving", "Plumbing", "Roofing", "Surveying"),
    *("Systems", "Training", "Translation", "Transport", "Tree Care", "Water Testing"),
)
_FORMS = (" Pty Ltd", " Pty. Ltd.", " P/L", "", "", " Group", " & Daughters Pty Ltd", " Co-operative Ltd")
_DOING = ("Supply of", "Maintenance of", "Design of", "Panel for", "Repair of", "Review of", "Delivery of", "Audit of")
_THINGS = (
    *(
        "playgrounds",
        "jetties",
        "boilers",
        "reading rooms",
        "signal boxes",
        "greenhouses",
        "water meters",
        "footbridges",
    ),
    *("school camps", "uniforms", "weather masts", "ward furniture", "nesting boxes", "bus shelters", "archives"),
)


def write_register(path: Path, *, organisations: int, jobs: int, seed: int) -> None:
    """Write a register that names about `organisations` organisations in `jobs` contracts."""
    chance = random.Random(seed)
    clients = max(1, min(len(_PORTFOLIOS), organisations // 12))
    bodies = [f"{name} {chance.choice(_BODIES)}" for name in chance.sample(_PORTFOLIOS, clients)]
    suppliers = list(_suppliers(chance, max(1, organisations - clients)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(jobs):
            writer.writerow(_row(chance, number, bodies, suppliers, jobs))


def _suppliers(chance: random.Random, count: int) -> Iterator[str]:
    names = [f"{first} {trade}" for first in _FIRST for trade in _TRADES]
    chance.shuffle(names)
    for number in range(count):
        turn, place = divmod(number, len(names))
        name = names[place] + (f" {turn + 1}" if turn else "")
        yield name + chance.choice(_FORMS)


def _row(chance: random.Random, number: int, bodies: list[str], suppliers: list[str], jobs: int) -> list[str]:
    # Every supplier is named at least once, as far as the rows go; some rows name several, with codes.
    mine = [suppliers[place] for place in range(number, len(suppliers), jobs)]
    if len(suppliers) <= number or chance.random() < 0.06:
        mine += chance.sample(suppliers, min(len(suppliers), chance.choice((1, 1, 1, 2, 3))))
    coded = [f"{name} (PN{chance.randrange(100_000, 999_999)})" if len(mine) > 1 else name for name in mine]
    title = f"{chance.choice(_DOING)} {chance.choice(_THINGS)}"
    if number % 11:  # the others share titles, as in life
        title += f", lot {number + 1}"
    if number == 7:
        title = (title + ", ") * 12
    begins = dt.date(2025, 1, 6) + dt.timedelta(days=chance.randrange(350))
    amount = "0.0" if number == 5 else f"{chance.randrange(2_500_000, 900_000_000) / 100}"
    return [
        f"GC{number + 1:05d}",
        "" if chance.random() < 0.3 else f"PX{chance.randrange(10**7):07d}",
        title,
        bodies[number % len(bodies)],
        chance.choice(("Contract", "Contract", "Panel", "Panel Contract\n(XX-PANEL)")),
        chance.choice(("Yes", "No")),
        "Current",
        begins.isoformat(),
        (begins + dt.timedelta(days=chance.randrange(60, 1500))).isoformat(),
        amount,
        "\n".join(coded),
        f"https://register.example/contract?id={220_000 + number}",
        "False",
    ]
