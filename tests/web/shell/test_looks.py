"""The tokens: enough contrast in both themes, and no colour, no unknown token and no unknown icon elsewhere."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from django.template.loader import get_template

from instep.web.components import icons
from instep.web.shell.styles import STYLES

WEB = Path(__file__).parents[3] / "src" / "instep" / "web"
CSS = WEB / "static" / "instep" / "css"
TOKENS = (CSS / "tokens.css").read_text()
LIGHT, DARK = 0, 1
GROUNDS = ("canvas", "surface", "raised", "sunken", "hover", "selected")
TONES = ("neutral", "info", "ok", "changed", "ask", "bad")


def _colours() -> dict[str, tuple[str, str]]:
    root = TOKENS.split("@media")[0]
    found = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6,8}),\s*(#[0-9a-f]{6,8})\)", root)
    return {name: (light, dark) for name, light, dark in found}


COLOURS = _colours()


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str, theme: int) -> float:
    """The WCAG contrast ratio of two tokens in a theme."""
    light, dark = sorted((_luminance(COLOURS[name][theme]) for name in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_words_read_on_every_ground(theme: int) -> None:
    for word, ground in product(("text", "muted", "faint", "accent", "accent-hover"), GROUNDS):
        assert contrast(word, ground, theme) >= 4.5, f"{word} on {ground}"
    for fill in ("accent-fill", "accent-fill-hover"):
        assert contrast("on-accent", fill, theme) >= 4.5, fill
    assert contrast("on-bad", "bad-fill", theme) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("tone", TONES)
def test_a_tone_reads_on_its_own_ground_and_on_the_pages(theme: int, tone: str) -> None:
    for ground in (f"{tone}-soft", "surface", "canvas", "raised", "hover", "selected"):
        assert contrast(f"{tone}-ink", ground, theme) >= 4.5, ground
    for word in ("text", "muted"):
        assert contrast(word, f"{tone}-soft", theme) >= 4.5, word
    assert contrast(f"{tone}-dot", "surface", theme) >= 3
    assert contrast(f"{tone}-dot", f"{tone}-soft", theme) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_what_can_be_changed_and_what_has_the_focus_is_seen(theme: int) -> None:
    for ground in ("canvas", "surface", "raised"):
        assert contrast("control", ground, theme) >= 3, ground
    for ground in GROUNDS:
        assert contrast("focus", ground, theme) >= 3, ground


def test_only_the_tokens_name_a_colour() -> None:
    for name in STYLES:
        if name != "tokens":
            text = re.sub(r"/\*.*?\*/", "", (CSS / f"{name}.css").read_text(), flags=re.DOTALL)
            assert not re.search(r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(", text, re.IGNORECASE), name


def test_every_token_that_is_used_exists_and_every_file_is_linked() -> None:
    text = "\n".join(path.read_text() for path in CSS.glob("*.css"))
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used - defined == set()
    assert {path.stem for path in CSS.glob("*.css")} == set(STYLES)


def test_every_script_is_imported_by_the_entrance() -> None:
    scripts = WEB / "static" / "instep" / "js"
    texts = {path.stem: path.read_text() for path in scripts.glob("*.js")}
    imported = set(re.findall(r'from "\./([\w-]+)\.js"|import "\./([\w-]+)\.js"', "\n".join(texts.values())))
    assert {one or other for one, other in imported} == set(texts) - {"instep"}


def test_every_icon_that_a_template_names_is_drawn() -> None:
    templates = "\n".join(path.read_text() for path in (WEB / "templates").rglob("*.html"))
    named = set(re.findall(r'{% icon "([\w-]+)"', templates)) | set(re.findall(r'\bicon="([a-z-]+)"', templates))
    assert named - icons.names() == set()


def test_every_template_compiles() -> None:
    folder = WEB / "templates"
    paths = [path for path in folder.rglob("*.html") if "allauth" not in path.parts]
    assert len(paths) > 50
    for path in paths:
        get_template(str(path.relative_to(folder)))


def test_no_page_of_the_kit_names_a_level_of_the_work_outright() -> None:
    for folder in ("layouts", "shell", "cotton", "components", "forms", "account"):
        for path in (WEB / "templates" / folder).rglob("*.html"):
            words = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
            assert not re.search(r"\b(projects?|jobs?|phases?)\b", words, re.IGNORECASE), path.name
