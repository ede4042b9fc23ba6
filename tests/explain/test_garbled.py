"""Names beyond ASCII, and what programs that cannot print them put in their place: bytes, numbers, question marks."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain

pytestmark = pytest.mark.newest_version

SCHEMA = """
create table people (id int primary key);
create table "🎫 tickets" (id int primary key, "👤 owner" int not null
  constraint "🔗 owner" references people on delete set null);
create table "Bestellung → Zeile" (id int primary key, "Größe" int constraint "fk: Größe → Maß" references people);
create table docs (id int primary key, a_id int constraint "docs→a" references people,
                   b_id int constraint "docs⇒a" references people);
"""
_NULL = 'ERROR:  null value in column "👤 owner" of relation "🎫 tickets" violates not-null constraint'
_HELD = (
    'ERROR:  update or delete on table "people" violates foreign key constraint "fk: Größe → Maß" on table '
    '"Bestellung → Zeile"'
)


def _keys(catalog: Catalog, text: str) -> list[str]:
    return [answer.key.name for answer in explain(catalog, text).answers]


def _each(text: str, spelled: Callable[[str], str]) -> str:
    return "".join(each if each.isascii() else spelled(each) for each in text)


def _bytes(form: str) -> Callable[[str], str]:
    return lambda each: "".join(form.format(byte) for byte in each.encode())


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps({"log": json.dumps({"message": text})}),
    "Python": ascii,
    "Python's bytes": lambda text: repr(text.encode()),
    "Go": lambda text: _each(text, lambda each: f"\\U{ord(each):08x}"),
    "Rust, Ruby and Swift": lambda text: _each(text, lambda each: f"\\u{{{ord(each):x}}}"),
    "octal": lambda text: _each(text, _bytes("\\{:03o}")),
    "syslog": lambda text: _each(text, _bytes("#{:03o}")),
    "journald's bytes": lambda text: json.dumps({"_PID": "23505", "MESSAGE": list(text.encode())}),
    "Node's Buffer": lambda text: json.dumps({"type": "Buffer", "data": list(text.encode())}, indent=2),
    "Latin-1": lambda text: text.encode().decode("latin-1"),
    "Windows": lambda text: "".join(
        bytes([byte]).decode("cp1252") if byte not in b"\x81\x8d\x8f\x90\x9d" else chr(byte) for byte in text.encode()
    ),
    "Latin-1, twice": lambda text: text.encode().decode("latin-1").encode().decode("latin-1"),
    "a question mark": lambda text: _each(text, lambda _: "?"),
    "a question mark a byte": lambda text: _each(text, _bytes("?")),
    "a replacement character": lambda text: _each(text, lambda _: "\ufffd"),
    "an empty box": lambda text: _each(text, lambda _: "\u25a1"),
}  # fmt: skip


@pytest.mark.parametrize("spelling", _SPELLINGS)
async def test_a_name_that_somebody_could_not_print_is_still_that_name(schema: Catalog, spelling: str) -> None:
    written = _SPELLINGS[spelling]
    assert _keys(schema, written(_NULL)) == ["🔗 owner"]
    assert _keys(schema, written(_HELD)) == ["fk: Größe → Maß"]
    assert _keys(schema, json.dumps({"error": written(_HELD)})) == ["fk: Größe → Maß"]


async def test_what_names_nothing_here_is_not_taken_for_what_looks_like_it(schema: Catalog) -> None:
    text = 'ERROR:  insert or update on table "docs" violates foreign key constraint "{}"'
    assert _keys(schema, text.format("docs?b")) == []
    assert _keys(schema, text.format("docs→a")) == ["docs→a"]
    asked = 'why does "fk: ? ?" not cascade? is it "docs?a"?'
    assert _keys(schema, asked) == []


@pytest.mark.parametrize("ending", ["", ">", "...", "…", " …", "[...]", "(truncated)", "<truncated>"])
async def test_a_message_that_was_cut_off_in_a_name_leads_to_what_begins_so(schema: Catalog, ending: str) -> None:
    held = 'update or delete on table "people" violates foreign key constraint "fk: Grö'
    assert _keys(schema, held + ending) == ["fk: Größe → Maß"]
    null = 'null value in column "👤 owner" of relation "🎫 tick'
    for cut in range(null.index('" of') + 1, len(null) + 1):
        assert _keys(schema, null[:cut] + ending) == ["🔗 owner"], null[:cut]
    logged = json.dumps({"error": null})[:-2]
    assert _keys(schema, logged + ending) == ["🔗 owner"]
