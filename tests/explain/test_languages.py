"""What servers say in other languages is read as what they say in English."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain

pytestmark = pytest.mark.newest_version
_LANGUAGES = tomllib.loads((Path(__file__).parent / "messages.toml").read_text(encoding="utf-8"))
_RAISED = tomllib.loads((Path(__file__).parent / "raised.toml").read_text(encoding="utf-8"))
SCHEMA = """
create table catalogue (id int primary key);
create table line (id int primary key, item int not null constraint line_item references catalogue on delete set null,
                   other int constraint line_other references catalogue,
                   third int constraint line_third references catalogue on delete set null
                     constraint has_third check (third is not null));
create table period (id int primary key) partition by range (id);
create table period_1 partition of period for values from (0) to (9);
create table entry (period_id int constraint entry_period references period);
create domain must as int not null;
create table dom (id int primary key, c must constraint dom_c references catalogue on delete set null);
create table uniq (id int, c int default 1 unique constraint uniq_c references catalogue on delete set default);
create table stock (id int primary key);
create table ident (c int generated always as identity constraint ident_c references stock on delete set null);
create table part (c int constraint part_c references stock on delete set null) partition by list (c);
create table slow (c int constraint slow_c references stock on delete cascade);
create table refuse (c int constraint refuse_c references stock on delete cascade);
create table loose (id int, cat int);
"""
_NAMES = {
    "held": ("catalogue", "line_other", "line"),
    "held_detail": ("id", "1", "line"),
    "missing": ("line", "line_other"),
    "missing_detail": ("other", "9", "catalogue"),
    "null": ("item", "line"),
    "check": ("line", "has_third"),
    "detached": ("period_1", "entry_period"),
    "has_nulls": ("item", "line"),
    "no_key": ("line_other", "line"),
    "not_possible": ("line_other",),
}


def _said(language: str, message: str, detail: str = "") -> str:
    words = _LANGUAGES[language]
    text = f"{words['error']}:  {words[message].format(*_NAMES[message])}"
    return f"{text}\n{words['detail']}:  {words[detail].format(*_NAMES[detail])}" if detail in words else text


async def test_a_violation_leads_to_its_key_in_every_language_and_is_not_reversed(schema: Catalog) -> None:
    wrong = []
    for language, words in _LANGUAGES.items():
        for message, detail, key, part in (
            ("held", "held_detail", "line_other", "a row of catalogue is still referred to by line (other)"),
            ("held", "", "line_other", "a row of catalogue is still referred to by line (other)"),
            ("missing", "missing_detail", "line_other", "a row of line was written whose (other) is not in"),
            ("missing", "", "line_other", "a row of line was written whose (other) is not in"),
            ("null", "", "line_item", "is ON DELETE SET NULL"),
            ("check", "", "line_third", "is ON DELETE SET NULL"),
            ("detached", "", "entry_period", "would not be in period any more"),
        ):
            if message in words:
                text = _said(language, message, detail)
                told = [(each.key.name, part in each.message) for each in explain(schema, text).answers]
                if told != [(key, True)]:
                    wrong.append((language, message, told))
    assert wrong == [], wrong


async def test_what_is_no_violation_leads_to_no_key_in_any_language(schema: Catalog) -> None:
    wrong = [
        (language, message)
        for language, words in _LANGUAGES.items()
        for message in ("has_nulls", "no_key", "not_possible")
        if message in words and explain(schema, _said(language, message)).answers
    ]
    assert wrong == [], wrong


async def test_whatever_else_is_raised_leads_where_it_does_in_english(schema: Catalog) -> None:
    wrong = []
    for error, texts in _RAISED.items():
        answered = {
            (language, context): _answers(schema, text if context else _without_context(text))
            for language, text in texts.items()
            for context in (True, False)
        }
        assert answered["en", True], error
        wrong += [
            (error, language, context, told, answered["en", context])
            for (language, context), told in answered.items()
            if told != answered["en", context]
        ]
    assert wrong == [], wrong


def _answers(catalog: Catalog, text: str) -> tuple[tuple[str, str, str], ...] | str:
    found = explain(catalog, text)
    told = tuple((each.key.name, each.sqlstate, each.message) for each in found.answers)
    return told or (found.headline if found.understood else "")


def _without_context(text: str) -> str:
    """Leave out what clients show only on demand: the statement that a foreign key ran by itself."""
    lines = text.split("\n")
    return "\n".join(lines[: next((at for at, line in enumerate(lines) if "OPERATOR(" in line), len(lines))])
