"""Refusals of the engine."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class RemoteRefused(Refusal):
    """The remote could not be reached or said no while a person set the connection up."""

    code = "remote_refused"
    sentence = "{remote} could not be connected: {reason}"
    status = 422


class TenantChanged(Refusal):
    """The new token belongs to another account than the one that is linked (fault 19)."""

    code = "tenant_changed"
    sentence = (
        "This token is for the account “{found}”, but this connection is linked with “{known}”. "
        "Use a token of “{known}”, or make a new connection."
    )


class AlreadyConnected(Refusal):
    """The firm has a connection to this account."""

    code = "already_connected"
    sentence = "The account “{tenant}” of {remote} is connected already. Open that connection instead."


class PlanNotOpen(Refusal):
    """A plan can be approved once, while it is proposed and its maps have not changed."""

    code = "plan_not_open"
    sentence = "This preview is {state}. Make a new preview and look at it again."


class AlreadyUndone(Refusal):
    """A run is taken back once."""

    code = "already_undone"
    sentence = "Run {run} was undone already, by run {by}. To bring back what it did, undo run {by}."


class UndoUnderWay(Refusal):
    """The undo of a run is approved and on its way."""

    code = "undo_under_way"
    sentence = "Undoing run {run} is approved already and goes on by itself. Wait until it is over."


class RunNotOver(Refusal):
    """What a run does can be taken back once it is over."""

    code = "run_not_over"
    sentence = "Run {run} is still under way. Wait until it is over, then undo it."


class NothingToUndo(Refusal):
    """Nothing of what a run wrote stands any more, or it wrote nothing."""

    code = "nothing_to_undo"
    sentence = "Run {run} left nothing that could be taken back."


class RowsNeedYou(Refusal):
    """Rows that need a person were neither mended nor left out."""

    code = "rows_need_you"
    sentence = "{count} of the chosen rows still need you. Mend what they say, or leave them out."


class RemovalsDiffer(Refusal):
    """Somebody confirmed another number of removals than the plan asks about."""

    code = "removals_differ"
    sentence = "This preview asks about {count} removals, not {said}. Look at it again, and confirm what it shows."


class NotHeld(Refusal):
    """The record does not wait for a decision any more."""

    code = "not_held"
    sentence = "This record no longer waits for a decision. Reload the page to see how it stands."


class SyncBusy(Refusal):
    """Another worker holds the connection."""

    code = "sync_busy"
    sentence = "The sync of this connection is running just now. Try again in a moment."


class ConnectionNotReady(Refusal):
    """The connection cannot do this in its state."""

    code = "connection_not_ready"
    sentence = "This connection is {state}, so it cannot be {wanted} now."


class PreviewStopped(Refusal):
    """The remote could not be read to the end while a preview was made; nothing was written to either side."""

    code = "preview_stopped"
    sentence = "The preview could not be made, and nothing was written. {reason}"
    status = 422


class AskedToWait(Refusal):
    """The remote named a time before which it wants no call; nothing was sent."""

    code = "asked_to_wait"
    sentence = "Nothing is sent before {until}, so no preview can be made until then. {reason}"
    status = 409


class NoHints(Refusal):
    """This remote never calls us."""

    code = "no_hints"
    sentence = "{remote} sends no webhooks, so there is no key to enter: it is looked at as often as the pace says."
    status = 422


class NotPutBack(Refusal):
    """The value that lost a conflict cannot be put back as it is."""

    code = "not_put_back"
    sentence = "The other value was not put back. {reason}"
    status = 422


class ReadOnlyCopy(Refusal):
    """The connection belongs to another installation of which this database is a copy."""

    code = "read_only_copy"
    sentence = (
        "This database is a copy of another installation's, so its connections only look. Do this there, or say on the "
        "connection's health page that this installation is the real one now."
    )
    status = 409


class NoCopy(Refusal):
    """The connection belongs to this installation already."""

    code = "no_copy"
    sentence = "This connection belongs to this installation already, so there is nothing to take over."
