"""The box for tokens, and what is left of a text once the tokens are out of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from pytest_django import Settings

from instep.connect.secrets import HIDDEN, SecretsUnreadable, open_, redact, reseal, seal

pytestmark = pytest.mark.capability("X-22")

TOKEN = "s3cr3t/+=&\"'ü token"


@settings_of(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=30), st.text(max_size=200), max_size=4))
def test_what_was_sealed_comes_out_again(values: dict[str, str]) -> None:
    assert open_(seal(values)) == values


def test_the_sealed_text_shows_nothing_and_differs_each_time() -> None:
    first, second = seal({"access_token": TOKEN}), seal({"access_token": TOKEN})

    assert first != second
    assert "access_token" not in first
    assert TOKEN not in first


def test_keys_of_any_length_work_and_rotate(settings: Settings) -> None:
    settings.SECRET_BOX_KEYS = ["k"]
    old = seal({"access_token": TOKEN})
    settings.SECRET_BOX_KEYS = ["a new key, " * 40, "k"]

    assert open_(old) == {"access_token": TOKEN}
    new = reseal(old)
    settings.SECRET_BOX_KEYS = ["a new key, " * 40]
    assert open_(new) == {"access_token": TOKEN}
    with pytest.raises(SecretsUnreadable):
        open_(old)


@pytest.mark.parametrize("keys", [["another key"], []])
def test_without_the_key_there_is_a_sentence_and_no_text(settings: Settings, keys: list[str]) -> None:
    settings.SECRET_BOX_KEYS = ["the key"]
    sealed = seal({"access_token": TOKEN})
    settings.SECRET_BOX_KEYS = keys

    with pytest.raises(SecretsUnreadable, match="sign in to the remote again") as caught:
        open_(sealed)
    assert sealed not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("damage", ["", "1:", "{}", "1:gAAAAAB", "2:x", '{"access_token": "plain"}', "1:ü"])
def test_what_was_never_sealed_is_refused(damage: str) -> None:
    with pytest.raises(SecretsUnreadable):
        open_(damage)


def test_a_changed_character_is_noticed() -> None:
    sealed = seal({"access_token": TOKEN})
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]

    with pytest.raises(SecretsUnreadable):
        open_(changed)


def test_a_token_is_hidden_in_every_form_in_which_it_travels() -> None:
    text = "\n".join(
        [
            f"Authorization: {TOKEN}",
            json.dumps({"token": TOKEN}),
            "?access_token=s3cr3t%2F%2B%3D%26%22%27%C3%BC%20token",
            "body=s3cr3t%2F%2B%3D%26%22%27%C3%BC+token",
            "Basic czNjcjN0Lys9JiInw7wgdG9rZW4=",
        ]
    )
    left = redact(text, {"access_token": TOKEN, "empty": ""})

    assert "s3cr3t" not in left
    assert "czNjcjN0" not in left
    assert left.count(HIDDEN) == 5


def test_one_secret_a_list_and_a_mapping_all_work_and_a_longer_secret_goes_first() -> None:
    assert redact("abc abcdef", "abc") == f"{HIDDEN} {HIDDEN}def"
    assert redact("abc abcdef", ["abc", "abcdef"]) == f"{HIDDEN} {HIDDEN}"
    assert redact("pasted: abc", ["abc\n", " "]) == f"pasted: {HIDDEN}"
    assert redact("nothing", {}) == "nothing"
