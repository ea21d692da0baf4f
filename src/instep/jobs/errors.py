"""Refusals about jobs, their statuses, phases and parties."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class ClientNeeded(Refusal):
    """Live work needs a client (E-13, E-36). Facts: client, client_id, stage, wanted."""

    code = "client_needed"
    sentence = "{client} is {stage}, not a client. Promote it to client first, then give the status {wanted}."


class ProspectNeeded(Refusal):
    """Even an opportunity needs a prospect (E-28, 7.2.10). Facts: client, client_id, stage, wanted."""

    code = "prospect_needed"
    sentence = "{client} is {stage}; an opportunity needs a prospect or a client. Promote it first."


class ClientMissing(Refusal):
    """A job always has one client (E-27)."""

    code = "client_missing"
    sentence = "Choose the client that this is for; there is no such organisation in this firm."
    status = 422


class ClientArchived(Refusal):
    """New work starts for an organisation that is on the lists."""

    code = "client_archived"
    sentence = "{client} is archived. Restore it first."


class HandlerNeeded(Refusal):
    """A job always has a handler (E-23)."""

    code = "handler_needed"
    sentence = "Choose a handler, an active person among the staff resources; the client has no default one to copy."
    status = 422


class NumberTaken(Refusal):
    """Numbers are unique in the firm (T-03)."""

    code = "number_taken"
    sentence = "The number {number} already belongs to {holder}. Choose another."


class NoSuchStatus(Refusal):
    """The status is not one of the firm's, or is retired."""

    code = "no_such_status"
    sentence = "{status} is not a status that can be chosen here. Choose one of: {choices}."
    status = 422


class NoSuchType(Refusal):
    """The type of job is not one of the firm's, or is retired."""

    code = "no_such_type"
    sentence = "{type} is not a type that can be chosen here. Choose one of: {choices}."
    status = 422


class NoSuchProject(Refusal):
    """The project is not there, or is another client's."""

    code = "no_such_project"
    sentence = "There is no such project of this client. Choose another."
    status = 422


class NoDefaultStatus(Refusal):
    """The firm has no statuses yet."""

    code = "no_default_status"
    sentence = "This firm has no default status for new work yet. Set one up in the settings."


class ReasonNeeded(Refusal):
    """Unsuccessful work says why (7.2.11)."""

    code = "reason_needed"
    sentence = "Say why it becomes {status}."
    status = 422


class FeeComesFromPhases(Refusal):
    """The fee of a job is the sum of its parts; only an empty, undivided job takes a fee from outside (A-14)."""

    code = "fee_comes_from_phases"
    sentence = "The fee of {job} is the sum of its parts, {fee}. Change the fee there."


class OtherCurrency(Refusal):
    """A job has one currency."""

    code = "other_currency"
    sentence = "{job} is kept in {currency}, not in {given}. Give the amount in {currency}."
    status = 422


class OnlyByDocument(Refusal):
    """A final document closes a phase, crediting it opens the phase again (7.2.13)."""

    code = "only_by_document"
    sentence = "Only a final invoice closes this, and only crediting that invoice opens it again."


class StillUnfinished(Refusal):
    """Archiving waits until the job is finished or closed."""

    code = "still_unfinished"
    sentence = "{job} is {status}. Complete or close it first, then archive it."


class DefaultStatusStays(Refusal):
    """The default status cannot be retired, and the default must be one to choose."""

    code = "default_status_stays"
    sentence = "{status} is the status that new work gets. Make another one the default first."


class AlreadyParty(Refusal):
    """An organisation has one place a role at a job."""

    code = "already_party"
    sentence = "{organisation} already is {role} of this."
