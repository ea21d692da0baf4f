"""Canonical forms: which spellings are one value, and which are not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from instep.kernel.canonical import (
    canon_email,
    canon_multiline,
    canon_name,
    canon_phone,
    canon_tax_number,
    canon_text,
    canon_url,
    valid_tax_number,
)
from tests.kernel.strategies import any_text, phone_text, quick, tax_text, url_text

au_phone = partial(canon_phone, region="AU")
au_tax = partial(canon_tax_number, country="AU")


FORMS = {
    "text": canon_text,
    "multiline": canon_multiline,
    "email": canon_email,
    "url": canon_url,
    "name": canon_name,
    "phone": au_phone,
    "tax number": au_tax,
}


@pytest.mark.capability("X-12")
@pytest.mark.parametrize("name", FORMS)
@quick
@given(text=st.none() | any_text | phone_text | url_text | tax_text)
@example(text="＋61 412 345 678")
@example(text="https://http://x/ /")
@example(text="a\x00\ud800\u200b\ufeff")
def test_every_form_takes_any_text_and_is_its_own_form(name: str, text: str | None) -> None:
    form: Callable[[str | None], str | None] = FORMS[name]
    once = form(text)
    assert once is None or once.strip() == once != ""
    assert form(once) == once


@pytest.mark.parametrize(
    ("form", "same"),
    [
        (canon_text, ["Zoë  Smith", " Zoe\u0308 Smith\n", "Zoë\xa0Smith", "\ufeffZoë \u200bSmith\x00"]),
        (canon_text, [None, "", " \t\n", "\x00"]),
        (canon_email, ["Mary@Example.COM", " mary@example.com "]),
        (canon_url, ["example.com", "http://example.com", "HTTPS://Example.com/", "//example.com"]),
        (canon_url, ["www.example.com/Path", "https://WWW.example.com/Path/"]),
        (canon_url, ["ftp://Me@host/X", "FTP://Me@HOST/X/"]),
        (canon_url, [None, "", "https://", "/"]),
        (canon_name, ["Smith & Sons Pty. Ltd.", "SMITH AND SONS P/L", "Smith and Sons, Proprietary Limited"]),
        (canon_name, ["Café Müller GmbH", "CAFE MULLER"]),
        (canon_name, ["A.B.C. Inc", "abc"]),
        (canon_name, [None, "", "  "]),
    ],
)
def test_these_are_one_value(form: Callable[[str | None], str | None], same: list[str | None]) -> None:
    assert len({form(t) for t in same}) == 1


@pytest.mark.parametrize(
    ("form", "different"),
    [
        (canon_text, ["Smith", "smith", "Smi th"]),
        (canon_multiline, ["a\nb", "a b", "a\n\nb", "a\n b"]),
        (canon_url, ["example.com/a", "example.com/A", "www.example.com/a", "ftp://example.com/a", "example.com/a?b"]),
        (canon_email, ["a@example.com", "b@example.com"]),
        (canon_name, ["Limited", "Ltd", "Pty", "!!!", "???", "Smith", "Smith Holdings", "東京", "東京 2", "की", "का"]),
        (au_tax, ["51824753556", "51824753557", "NA", None]),
        (au_phone, ["0412 345 678", "0412 345 679", "02 9876 5432", "02 9876 5432 x 1", "n/a", "tba", "12345", None]),
        (au_phone, ["0412 345 678 (Bob, site)", "0412 345 678 (Eva, site)", "0412 345 678"]),
    ],
)
def test_these_are_different_values(form: Callable[[str | None], str | None], different: list[str | None]) -> None:
    assert len({form(t) for t in different}) == len(different)


@pytest.mark.capability("A-17", "X-12")
def test_an_address_keeps_its_line_breaks_whatever_their_kind() -> None:
    kept = "Level 2\n5 George St\n\nSydney NSW 2000"
    typed = [
        kept,
        "Level 2\r\n5 George St\r\n\r\nSydney NSW 2000\r\n",
        "\n\nLevel 2  \n5 George St\t\n \nSydney\xa0NSW 2000 ",
        "Level 2\r5 George St\r\rSydney NSW 2000",
    ]
    assert {canon_multiline(t) for t in typed} == {kept}


@pytest.mark.capability("A-24", "X-12")
@pytest.mark.parametrize(
    ("region", "typed", "form"),
    [
        (
            "AU",
            ["04 1234 5678", "0412345678", "+61 412 345 678", "+61 (0)412 345 678", "0011 61 412345678"],
            "+61412345678",
        ),
        ("AU", ["(02) 9876 5432", "Ph: 02-9876-5432", "\u202a+61 2 9876 5432\u202c"], "+61298765432"),
        ("AU", ["02 9876 5432 ext 12", "(02) 9876 5432 x12", "+61298765432;ext=12"], "+61298765432;ext=12"),
        ("AU", ["1300 975 707", "+61 1300 975 707"], "+611300975707"),
        ("AU", ["+44 20 7946 0958", "0011 44 20 7946 0958"], "+442079460958"),
        ("GB", ["020 7946 0958", "+44 (0)20 7946 0958"], "+442079460958"),
        ("au", ["0412 345 678"], "+61412345678"),
        ("AU", ["9876-5432", "9876 5432"], "98765432"),
        ("AU", ["+1 555 123-4567"], "+15551234567"),
        ("AU", ["٩٨٧٦ ٥٤٣٢"], "98765432"),
        ("ZZ", ["0412 345 678"], "0412345678"),
        (None, ["0412 345 678"], "0412345678"),
        (None, ["+61 412 345 678"], "+61412345678"),
    ],
)
def test_a_phone_number_is_e164_where_valid_and_its_digits_where_not(
    region: str | None, typed: list[str], form: str
) -> None:
    assert {canon_phone(t, region) for t in typed} == {form}


@pytest.mark.capability("A-24")
def test_every_country_s_numbers_stay_put_however_they_are_written_and_whoever_reads_them() -> None:
    styles = (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number(region)
        form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert {canon_phone(phonenumbers.format_number(number, style), region) for style in styles} == {form}
        assert canon_phone(form, "AU") == form


@pytest.mark.capability("A-23", "X-12")
@pytest.mark.parametrize(
    ("country", "typed", "form"),
    [
        (
            "AU",
            ["51 824 753 556", "51824753556", "ABN 51-824-753-556", "abn: 51 824 753 556", "５１ 824 753 556"],
            "51824753556",
        ),
        ("GB", ["GB 980 7806 84", "980780684", "VAT 980-7806-84", "GB VAT 980780684"], "980780684"),
        ("NZ", ["NZBN 9429 0412 3456 7"], "9429041234567"),
        ("AU", ["GB 980 7806 84", "gb980780684"], "GB980780684"),
        ("", ["ABN 51 824 753 556"], "ABN51824753556"),
    ],
)
def test_a_tax_number_is_its_digits_whatever_the_spacing(country: str, typed: list[str], form: str) -> None:
    assert {canon_tax_number(t, country) for t in typed} == {form}


@pytest.mark.capability("A-23")
@pytest.mark.parametrize(
    ("text", "country", "valid"),
    [
        ("51 824 753 556", "AU", True),
        ("ABN 51 824 753 556", "au", True),
        ("51 824 753 557", "AU", False),
        ("5182475355", "AU", False),
        ("n/a", "AU", False),
        ("GB 980 7806 84", "GB", True),
        ("980 7806 85", "GB", False),
        ("GB 980 7806 84", "AU", True),
        ("GB 980 7806 85", "AU", False),
        ("49091850", "NZ", True),
        ("49091851", "NZ", False),
        ("NZBN 9429000000017", "NZ", True),
        ("9429000000018", "NZ", False),
        ("anything", "ZZ", True),
        ("", "AU", True),
        (None, "AU", True),
    ],
)
def test_only_wrong_check_digits_are_worth_a_warning(text: str | None, country: str, valid: bool) -> None:
    assert valid_tax_number(text, country) is valid


@quick
@given(text=st.none() | any_text | tax_text, country=st.sampled_from(["AU", "GB", "NZ", "US", ""]))
def test_the_check_of_a_tax_number_never_fails(text: str | None, country: str) -> None:
    assert valid_tax_number(text, country) in (True, False)
