"""Refusals of whole files; each says in one sentence what to do."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class NoSuchFile(Refusal):
    """The file cannot be opened."""

    code = "no_such_file"
    sentence = "The file {name} cannot be opened. Check that it is still there, then try again."
    status = 422


class EmptyFile(Refusal):
    """Nothing, or nothing but headings."""

    code = "empty_file"
    sentence = "The file has no rows. Export the register again, then import that file."
    status = 422


class FileTooLarge(Refusal):
    """More than an import takes at once."""

    code = "file_too_large"
    sentence = "The file is larger than {megabytes} MB. Split it and import the parts one after the other."
    status = 422


class WrongEncoding(Refusal):
    """Not UTF-8."""

    code = "wrong_encoding"
    sentence = "The file is not UTF-8 text (from byte {position}). Save it as CSV UTF-8, then import it again."
    status = 422


class WrongColumns(Refusal):
    """The headings are not those of the register."""

    code = "wrong_columns"
    sentence = "The columns are not those of a contract register: {problem}. Export the register again without changes."
    status = 422


class MalformedCsv(Refusal):
    """The text cannot be cut into rows."""

    code = "malformed_csv"
    sentence = "The file is damaged near line {line}: {problem}. Export the register again, then import that file."
    status = 422
