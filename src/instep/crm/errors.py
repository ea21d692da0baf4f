"""Refusals and cautions about organisations and contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from instep.kernel.errors import Caution, Refusal


class CodeNeeded(Refusal):
    """A client has a client code."""

    code = "code_needed"
    sentence = "{name} needs a client code before it can be a client. Give the code that your accounting package uses."


class CodeTaken(Refusal):
    """Client codes are unique in the firm."""

    code = "code_taken"
    sentence = "The client code {client_code} already belongs to {holder}. Choose another."


class OpenWorkLeft(Refusal):
    """Stepping down a stage or archiving waits until the open work is finished (7.2.10)."""

    code = "open_work_left"
    sentence = "{name} still has open work: {work}. Finish or close it first."


class SimilarNameExists(Caution):
    """Another organisation has nearly this name. Facts: name, others [{"id", "name"}]."""

    code = "similar_name"
    sentence = "There is already {names}. Open it, or save again to keep both."

    def __init__(self, *, name: str, others: Sequence[Mapping[str, object]]) -> None:
        shown = ", ".join(str(other["name"]) for other in others[:3])
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        super().__init__(name=name, others=list(others), names=shown + more)


class DoubtfulTaxNumber(Caution):
    """The check digits of a tax number are wrong: a warning beside the saved record, never a refusal (A-23)."""

    code = "doubtful_tax_number"
    sentence = "{tax_number} is saved, but its check digits are wrong. Compare it with the register."


class NoSuchResource(Refusal):
    """The staff resource named in a field is not there or not active."""

    code = "no_such_resource"
    sentence = "{field}: there is no such active staff resource in this firm. Choose another."
    status = 422


class NoSuchOrganisation(Refusal):
    """The organisation named in a field is not there."""

    code = "no_such_organisation"
    sentence = "{field}: there is no such organisation in this firm. Choose another."
    status = 422
