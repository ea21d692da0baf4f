"""What of a credit note settles an invoice, taken back: both are open again by that much (B-11)."""

from __future__ import annotations

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce
from instep.base.ownership.owners import check_editable
from instep.base.records.texts import one_text
from instep.billing.errors import ReasonNeeded
from instep.billing.models import Allocation
from instep.kernel.errors import NotFound
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType, RecordField

_REASON = RecordField("reason", FieldType.MULTILINE, "Reason", max_length=1000)


@transaction.atomic
def take_back_credit(allocation_id: int, *, by: Actor, reason: str) -> Allocation:
    """Take a credit off the invoice that it was set against; the allocation as it was, which is gone.

    The invoice is open again by that amount and the credit is free; what was cancelled stays cancelled, and its work
    stays work in progress. The journals of both keep the amount and the reason. Raises NotAllowed, NotFound,
    ReasonNeeded, and FieldOwned for one that a package keeps.
    """
    by.must("record payments")
    rows = Allocation.objects.select_for_update(no_key=True)
    share = rows.get_of(by.firm_id, allocation_id, what="allocation")
    if share.credit is None:
        raise NotFound(what="allocation of a credit")
    why = one_text(reason, _REASON)
    if not why:
        raise ReasonNeeded()
    check_editable(by, "credit_allocation", share.pk, ["state"])
    gone = Allocation.objects.of(by.firm_id).filter(pk=share.pk)
    gone.delete()
    amount = Money.from_minor(share.amount_minor, share.document.currency).as_json()
    for kind, owner, other in (
        ("credit_note", share.credit, share.document),
        ("invoice", share.document, share.credit),
    ):
        changes = {"allocations": [{str(other): amount}, {}]}
        record("credit.taken_back", by=by, kind=kind, record_id=owner.pk, changes=changes, note=why)
        announce(by.firm_id, kind, owner.pk)
    return share
