"""Text from a database is shown as it is, and nothing in it is hidden or obeyed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fkdash.db.text import plain
from fkdash.pictures.cells import fit
from fkdash.tui.plain import ASCII, UNICODE, glyphs_for, wrapped_words
from fkdash.tui.widgets.painting import Part, wrap
from fkdash.tui.widgets.sql_text import sql_line
from tests.tui.hostile import HOSTILE, INVISIBLE


@pytest.mark.parametrize("name", HOSTILE)
def test_what_can_be_seen_is_shown_verbatim(name: str) -> None:
    assert plain(name) == name


@pytest.mark.parametrize(("text", "visible"), INVISIBLE.items(), ids=INVISIBLE.values())
def test_what_cannot_be_seen_is_spelt_out(text: str, visible: str) -> None:
    assert plain(text) == visible


@given(st.text())
def test_plain_text_holds_no_control_or_format_character(text: str) -> None:
    assert not {unicodedata.category(character) for character in plain(text)} & {"Cc", "Cf", "Zl", "Zp", "Cs"}
    assert plain(plain(text)) == plain(text)


@given(st.text(), st.integers(0, 30))
def test_cut_text_never_exceeds_its_cells(text: str, width: int) -> None:
    cut = fit(plain(text), width)
    assert cell_len(cut) <= width
    assert cut == plain(text) or width == 0 or cut.endswith("…")


def test_a_wide_character_is_not_cut_in_half() -> None:
    assert fit("表の名前", 6) == "表の…"
    assert fit("表の名前", 8) == "表の名前"


@given(st.text(), st.integers(1, 20))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    assert "".join(wrapped_words(plain(text), width)) == plain(text)


@given(st.text())
def test_the_ascii_glyphs_send_ascii_only(text: str) -> None:
    assert ASCII.plain(text).isascii()


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({"LANG": "en_GB.UTF-8", "TERM": "xterm"}, False),
        ({"LANG": "C.utf8", "TERM": "linux"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({}, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "vt100"}, True),
    ],
)
def test_the_locale_decides_between_unicode_and_ascii(environment: dict[str, str], ascii_only: bool) -> None:
    assert glyphs_for(environment).ascii_only is ascii_only
    assert glyphs_for(environment, ascii_only=False) is UNICODE


@given(st.lists(st.text(' (a".漢', max_size=12), max_size=6), st.integers(6, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(texts: list[str], width: int) -> None:
    paragraph = tuple(Part(text, "code" if number % 2 else "plain") for number, text in enumerate(texts))
    lines = wrap(paragraph, width, UNICODE)
    assert all(sum(cell_len(part.text) for part in line) <= width for line in lines)
    assert _without_spaces(lines) == _without_spaces([paragraph])


def test_a_line_of_sql_does_not_end_in_a_bracket() -> None:
    text = (
        'ADD CONSTRAINT "users_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces" ("id") NOT VALID'
    )
    for width in range(30, 110):
        for parts in wrap(sql_line(text, "  "), width, UNICODE):
            assert not "".join(part.text for part in parts).rstrip().endswith(("(", "."))


def test_a_name_that_an_indented_line_has_no_room_for_stands_further_left_whole() -> None:
    paragraph = (Part("Application  "), Part("gets an error that names users_primary_workspace_id_fk"))
    assert ["".join(part.text for part in parts) for parts in wrap(paragraph, 34, UNICODE)] == [
        "Application  gets an error that",
        "             names",
        "     users_primary_workspace_id_fk",
    ]


def _without_spaces(lines: Iterable[Iterable[Part]]) -> str:
    return "".join(part.text for line in lines for part in line).replace(" ", "")
