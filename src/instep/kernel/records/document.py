"""What documents have in common as they travel: the lines, and the amounts below them."""

from __future__ import annotations

from typing import Final

from instep.kernel.records.kinds import FieldType, RecordField

LINE: Final = (
    RecordField("description", FieldType.MULTILINE, "Description"),
    RecordField("quantity", FieldType.NUMBER, "Quantity"),
    RecordField("unit_price", FieldType.NUMBER, "Unit price"),
    RecordField("net", FieldType.MONEY, "Net"),
    RecordField("tax", FieldType.MONEY, "Tax"),
    RecordField("tax_code", FieldType.CHOICE, "Tax code"),
    RecordField("account", FieldType.CHOICE, "Account"),
    RecordField("item", FieldType.REF, "Item", ref="item"),
)
"""One line. Price and net are before tax, or with it where the document's `amounts` say so. A line of text alone has
neither quantity nor price."""

AMOUNTS: Final = ("exclusive", "inclusive", "no_tax")
"""How the prices of a document's lines stand to tax."""

HEAD: Final = (
    RecordField("number", FieldType.TEXT, "Number", max_length=60, required=True),
    RecordField("organisation", FieldType.REF, "Client", ref="organisation", required=True),
    RecordField("on", FieldType.DATE, "Date", required=True),
    RecordField("reference", FieldType.TEXT, "Reference", max_length=255),
    RecordField("currency", FieldType.TEXT, "Currency", max_length=3, required=True),
    RecordField("amounts", FieldType.CHOICE, "Amounts", required=True),
    RecordField("lines", FieldType.ROWS, "Lines", row=LINE, required=True),
    RecordField("net", FieldType.MONEY, "Net", required=True),
    RecordField("tax", FieldType.MONEY, "Tax", required=True),
    RecordField("total", FieldType.MONEY, "Total", required=True),
    RecordField("deep_link", FieldType.URL, "Link to the record", max_length=500),
)
