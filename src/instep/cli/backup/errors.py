"""Why a backup cannot be made or put back."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class FileThere(Refusal):
    """Nothing is written over."""

    code = "file_there"
    sentence = "{file} is there already, and nothing is written over. Choose another name."


class CannotWrite(Refusal):
    """The disk or the folder does not take it."""

    code = "cannot_write"
    sentence = "{file} cannot be written: {problem}. Nothing was left behind."


class ToolMissing(Refusal):
    """PostgreSQL is kept by its own programs."""

    code = "tool_missing"
    sentence = (
        "{tool} is not installed here. Install the client programs of PostgreSQL (the package is called "
        "postgresql-client on Debian and Ubuntu, libpq on macOS) in the version of the server or a newer one."
    )


class ToolFailed(Refusal):
    """One of them met something."""

    code = "tool_failed"
    sentence = "{tool} did not do it: {problem}. Nothing was changed."


class DamagedBackup(Refusal):
    """It is no backup, or not all of one."""

    code = "damaged_backup"
    sentence = "{file} cannot be put back: {problem}. Nothing was changed. Take another backup."
    status = 422


class NewerBackup(Refusal):
    """It was made by a version that knows more than this one."""

    code = "newer_backup"
    sentence = (
        "{file} was made by a newer version of Instep, which has {count} changes of the tables that this one does not "
        "know ({first}). Nothing was changed. Install that version, then put it back."
    )


class OtherDatabase(Refusal):
    """A backup goes back into the kind of database that it was made of."""

    code = "other_database"
    sentence = "{file} is of a {was} database, and this installation uses {now}. Set DATABASE_URL for the former."


class HouseRuns(Refusal):
    """Nobody may work while the database is exchanged."""

    code = "house_runs"
    sentence = "Instep is running here: {who}. Stop it first (web and worker), then put the backup back."


class NotConfirmed(Refusal):
    """What is there now would be gone."""

    code = "not_confirmed"
    sentence = "Nothing was changed. To put it in the place of what is there now, say it again with --yes."


class NoKeys(Refusal):
    """The backup has no keys in it."""

    code = "no_keys"
    sentence = "{file} has no keys in it. Put it back without --with-keys; the keys of this installation stay."
