"""Canonical forms: what two systems' spellings of one text have in common, so that a format never counts as a change.

A canonical form is for comparing and for finding matches; what a person typed is what is kept and shown (A-24, X-12).
Every function here takes text or None, never raises, is idempotent, and gives None for what is empty.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from stdnum import ean
from stdnum.au import abn
from stdnum.gb import vat
from stdnum.nz import ird

# Characters nobody sees: controls, zero-width marks, direction marks, halves of surrogate pairs. Databases refuse some
# of them and remotes drop others, so they must not make a difference. Joiners stay: emoji and Indic scripts need them.
_UNSEEN: Final[dict[int, str | None]] = {
    **dict.fromkeys([*range(0x09), *range(0x0E, 0x1C), *range(0x7F, 0x85), *range(0x86, 0xA0)]),
    **dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]),
    **dict.fromkeys(range(0xD800, 0xE000)),
    0xA0: " ",
}
_LONGEST_PHONE_KEPT = 64
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST_END = re.compile(r"[/?#]")
_LEGAL_FORMS = frozenset(
    {"pty", "proprietary", "ltd", "limited", "pl", "inc", "incorporated", "corp", "corporation", "llc", "llp", "plc"}
    | {"gmbh", "ag", "bv", "nv", "sa", "sas", "sarl", "srl"}
)
_JOINED = {ord(c): None for c in ".'’‘`´ʼ"}
_TAX_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "AU": ("ABN", "ACN", "AU"),
    "GB": ("GBVAT", "VATGB", "VAT", "GB"),
    "NZ": ("NZBN", "GST", "IRD", "NZ"),
}


def _seen(text: str) -> str:
    """Composed (NFC) and without the unseen characters."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", text.translate(_UNSEEN))


def canon_text(text: str | None) -> str | None:
    """One line: every run of white space is one space, ends trimmed, accents composed. Case counts."""
    if not text:
        return None
    return " ".join(_seen(text).split()) or None


def canon_multiline(text: str | None) -> str | None:
    r"""Several lines: every kind of line break is "\n", lines lose trailing spaces, both ends lose blanks (A-17)."""
    if not text:
        return None
    if text.isascii() and text.isprintable():
        return text.strip() or None
    return "\n".join(line.rstrip() for line in _seen(text).splitlines()).strip() or None


def canon_email(text: str | None) -> str | None:
    """As one line, lower case. Nothing is checked."""
    line = canon_text(text)
    return unicodedata.normalize("NFC", line.lower()) if line else None


def canon_url(text: str | None) -> str | None:
    """Without `http://` or `https://` and without slashes at either end; the host, and any other scheme, lower case.

    "HTTPS://Www.Example.com/" and "www.example.com" are both "www.example.com". Path and query keep their case; "www."
    stays, since another host may answer there. The form is for comparing: it is not a link to follow.
    """
    rest = canon_text(text)
    if not rest:
        return None
    while True:
        low = rest[:8].lower()
        if low.startswith("https://"):
            rest = rest[8:]
        elif low.startswith("http://"):
            rest = rest[7:]
        elif low.startswith(("/", " ")):
            rest = rest.lstrip("/ ")
        else:
            break
    rest = rest.rstrip("/ ")
    if not rest:
        return None
    start = 0
    scheme = _SCHEME.match(rest)
    if scheme:
        start = scheme.end()
    end = _HOST_END.search(rest, start)
    stop = end.start() if end else len(rest)
    # A user name before the host keeps its case.
    start = max(start, rest.rfind("@", start, stop) + 1)
    head = rest[:start]
    if scheme:
        head = scheme.group().lower() + rest[scheme.end() : start]
    return unicodedata.normalize("NFC", head + rest[start:stop].lower() + rest[stop:])


def canon_phone(text: str | None, region: str | None) -> str | None:
    """E.164 ("+61412345678", with ";ext=12" behind it if there is an extension) when valid as dialled in `region`.

    Otherwise its digits and letters without anything between, lower case, a leading plus kept: what cannot be
    understood still compares by what it says. `region` is two letters (ISO 3166), None for none (A-24).
    """
    if not text:
        return None
    if len(text) > _LONGEST_PHONE_KEPT:
        return _phone(text, region)
    return _phone_kept(text, region)


def _phone(text: str, region: str | None) -> str | None:
    area = region.upper() if region else None
    line = canon_text(text)
    if not line:
        return None
    valid = _e164(line, area)
    if valid:
        return valid
    bare = _bare_phone(line)
    # The bare text may be valid where the written one was not; decided here, a second pass finds nothing new.
    return (_e164(bare, area) or bare) if bare else None


_phone_kept = lru_cache(maxsize=1 << 16)(_phone)
"""Parsing costs about 20 microseconds, and a sync asks for the same numbers again and again."""


def _e164(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{form};ext={number.extension}" if number.extension else form


def _bare_phone(line: str) -> str:
    kept = []
    for char in unicodedata.normalize("NFKC", line).casefold():
        if char.isalnum():
            digit = unicodedata.decimal(char, None)
            kept.append(char if digit is None else str(digit))
    bare = "".join(kept)
    return f"+{bare}" if bare and line.startswith(("+", "＋")) else bare


def canon_tax_number(text: str | None, country: str) -> str | None:
    """Upper-case letters and digits without anything between; an ABN, VAT or GST number is its digits alone (A-23).

    The label or country prefix before digits is dropped for the firm's own `country` (two letters): in AU,
    "ABN 51 824 753 556" is "51824753556"; in GB, "GB 980 7806 84" is "980780684". `valid_tax_number` does the checking.
    """
    line = canon_text(text)
    if not line:
        return None
    if not line.isascii():
        line = unicodedata.normalize("NFKC", line)
    number = "".join(filter(str.isalnum, line.upper()))
    for label in _TAX_LABELS.get(country.upper(), ()):
        if number.startswith(label) and number[len(label) :].isdecimal():
            return number[len(label) :]
    return number or None


def valid_tax_number(text: str | None, country: str) -> bool:
    """False when a person should look again: the check digits are wrong. A warning to show, never a reason to fail.

    True for nothing at all, and for a country whose numbers are not known here (AU: ABN; GB: VAT; NZ: GST or NZBN).
    A number that carries the prefix GB is checked as British whatever `country` says (A-23).
    """
    number = canon_tax_number(text, country)
    if not number:
        return True
    country = "GB" if number.startswith("GB") else country.upper()
    if country == "AU":
        return bool(abn.is_valid(number))
    if country == "GB":
        return bool(vat.is_valid(number))
    if country == "NZ":
        return bool(ird.is_valid(number)) or (len(number) == 13 and bool(ean.is_valid(number)))
    return True


def canon_name(text: str | None) -> str | None:
    """The name of an organisation for finding its match: no case, accents, punctuation or legal form at the end.

    "Smith & Sons Pty. Ltd." and "SMITH AND SONS P/L" are both "smith and sons". A name of nothing else keeps it.
    The form may be longer than the text ("&" becomes "and").
    """
    line = canon_text(text)
    if not line:
        return None
    folded = unicodedata.normalize("NFKD", line).casefold()
    folded = unicodedata.normalize("NFKD", folded).translate(_JOINED).replace("p/l", " pl ").replace("&", " and ")
    letters = "".join(c if c.isalnum() or _is_mark(c) else " " for c in folded if not "\u0300" <= c <= "\u036f")
    words = unicodedata.normalize("NFC", letters).split()
    if not words:
        return line.casefold()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _is_mark(char: str) -> bool:
    """Vowel signs of scripts where they are not decoration."""
    return unicodedata.category(char)[0] == "M"
