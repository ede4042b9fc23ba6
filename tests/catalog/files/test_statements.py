"""How a text falls into statements, whatever stands in them and in whatever pieces it comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fkdash.catalog.files.reading.splitting import split

PARTS = (
    "select 1", "'a;b'", "''';'", "e'\\';'", "E'\\\\'", '"a;b"', '"a"";"', "$$;$$", "$t$ $$ ; $t$", "$1", "a$b$c",
    "-- ;'\n", "/* ; /* ' */ ; */", "(;)", "x", "\n", "  ", "é$;", "U&'\\0041'",
)  # fmt: skip


def texts(text: str, size: int) -> list[tuple[str, int, int]]:
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return [(each.text, each.line, each.column) for each in split(pieces) if not each.fault]


@settings(max_examples=150)
@given(st.lists(st.lists(st.sampled_from(PARTS[:-2]), max_size=5), max_size=6), st.integers(1, 9))
def test_pieces_make_no_difference(statements: list[list[str]], size: int) -> None:
    text = ";\n".join("y " + " ".join(parts) for parts in statements)
    assert texts(text, size) == texts(text, len(text) + 1)


@settings(max_examples=150)
@given(st.lists(st.lists(st.sampled_from([p for p in PARTS if p != "é$;"]), max_size=5), min_size=1, max_size=6))
def test_every_statement_is_found_where_it_stands(statements: list[list[str]]) -> None:
    written = ["y " + " ".join(parts) + "\nz" for parts in statements]
    text = ";\n".join(written) + ";"
    found = texts(text, 7)
    assert [each for each, _, _ in found] == written
    lines = text.split("\n")
    for said, line, column in found:
        assert lines[line - 1][column - 1 :].startswith(said.split("\n")[0])


def test_comments_belong_to_the_statement_below_and_on_its_line() -> None:
    [first, second] = split(iter(["-- above\n/* also */ a /* in */ b; -- behind\n-- next\nc"]))
    assert first.comments == ("-- above", "/* also */", "/* in */", "-- behind")
    assert "-- next" in second.comments


def test_a_breakpoint_ends_a_statement_without_a_semicolon() -> None:
    text = "create table a ()\n--> statement-breakpoint\ncreate table b ();--> statement-breakpoint\ncreate table c ()"
    assert [each.text for each in split(iter([text]), breakpoints="--> statement-breakpoint")] == [
        "create table a ()",
        "create table b ()",
        "create table c ()",
    ]


def test_copy_data_is_passed_over_however_much_it_is() -> None:
    def pieces() -> object:
        yield "COPY t (a, b) FROM stdin;\n"
        for _ in range(200):
            yield "1\tdrop table t; 'x\n" * 100
        yield "\\.\nselect 'after';"

    assert [each.text for each in split(pieces())] == ["COPY t (a, b) FROM stdin", "select 'after'"]  # type: ignore[arg-type] # an iterator
