"""The tables of the billing app."""

from __future__ import annotations

from instep.billing.models.documents import Document, Line
from instep.billing.models.payments import Allocation, Payment
from instep.billing.models.ticks import Tick

__all__ = ["Allocation", "Document", "Line", "Payment", "Tick"]
