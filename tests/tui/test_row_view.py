"""Filtering, sorting and the cursor of the lists, and which columns fit."""

from __future__ import annotations

import pytest

from fkdash.tui.widgets.columns import ListColumn, Order, fitting, natural_widths
from fkdash.tui.widgets.row_filter import Term, matching, parse_filter, unknown_fields
from fkdash.tui.widgets.row_view import RowView

FIELDS = ("severity", "table", "action")


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", ()),
        ("Users", (Term("users"),)),
        ("!users", (Term("users", inverted=True),)),
        ("!", ()),
        ("severity:error table:users", (Term("error", "severity"), Term("users", "table"))),
        ("!action:cascade", (Term("cascade", "action", inverted=True),)),
        ("table:", ()),
        ('action:"set null" x', (Term("set null", "action"), Term("x"))),
        ('"set nu', (Term("set nu"),)),
        ("12:30", (Term("12:30"),)),
        ("colour:red", (Term("colour:red"),)),
    ],
)
def test_the_filter_language(typed: str, terms: tuple[Term, ...]) -> None:
    assert parse_filter(typed, FIELDS) == terms


@pytest.mark.parametrize(
    ("typed", "unknown"),
    [
        ("colour:red table:x", ("colour",)),
        ("severity:error", ()),
        ("12:30", ()),
        ("", ()),
        ("!Colour:red", ("Colour",)),
    ],
)
def test_a_name_before_a_colon_that_is_no_field_is_told(typed: str, unknown: tuple[str, ...]) -> None:
    assert unknown_fields(typed, FIELDS) == unknown


def test_every_condition_must_be_met() -> None:
    haystacks = ["users cascade", "users set null", "orders cascade"]
    terms = parse_filter("table:users !cascade", FIELDS)
    assert matching(terms, haystacks, lambda _table, number: haystacks[number].split()[0]) == [1]


def view_of(*rows: str) -> RowView[str]:
    view = RowView[str](
        key=lambda row: row, haystack=lambda row: row, orders=[Order("given"), Order("name", lambda row: row)]
    )
    view.replace(rows)
    return view


def test_a_row_that_a_refresh_leaves_as_it_was_is_not_looked_at_again() -> None:
    looked_at: list[str] = []

    def haystack(row: tuple[str, int]) -> str:
        looked_at.append(row[0])
        return row[0]

    view = RowView[tuple[str, int]](key=lambda row: row[0], haystack=haystack)
    rows = (("pear", 1), ("apple", 1), ("plum", 1))
    view.replace(rows)
    view.filter_by("p")
    assert looked_at == ["pear", "apple", "plum"]
    changed = (rows[0], ("peach", 2), rows[2])
    view.replace(changed)
    assert looked_at == ["pear", "apple", "plum", "peach"]
    view.filter_by("pea")
    assert [view[place][0] for place in range(len(view))] == ["pear", "peach"]
    view.replace((*changed, ("pea", 3)), view.look_at((*changed, ("pea", 3))))
    view.replace((), None)
    assert len(view) == 0


def test_the_cursor_stays_on_its_row_over_refresh_sort_and_filter() -> None:
    view = view_of("pear", "apple", "plum")
    view.go(2)
    view.replace(("fig", "pear", "apple", "kiwi", "plum"))
    assert view.row == "plum"
    view.sort_by_next()
    assert (view.row, view.order_title) == ("plum", "name")
    view.reverse()
    assert (view.row, view.order_title) == ("plum", "name reversed")
    view.filter_by("apple")
    assert view.row == "apple"
    view.filter_by("")
    assert view.row == "plum"


def test_the_cursor_finds_a_neighbour_when_its_row_is_gone() -> None:
    view = view_of("a", "b", "c")
    view.go(2)
    view.replace(("a", "b"))
    assert view.row == "b"
    view.replace(())
    assert view.row is None


def test_columns_drop_out_by_priority_and_the_state_column_never() -> None:
    leasts, naturals, priorities = [1, 10, 10, 8, 5], [1, 30, 20, 9, 5], [0, 0, 1, 2, 0]
    assert [number for number, _ in fitting(leasts, naturals, priorities, 80)] == [0, 1, 2, 3, 4]
    assert [number for number, _ in fitting(leasts, naturals, priorities, 37)] == [0, 1, 2, 4]
    assert [number for number, _ in fitting(leasts, naturals, priorities, 28)] == [0, 1, 4]
    assert [number for number, _ in fitting(leasts, naturals, priorities, 5)] == [0, 1, 4]


def test_a_short_word_is_not_cut_for_the_sake_of_a_long_one() -> None:
    leasts, naturals = [1, 16, 10, 9, 9], [1, 130, 60, 11, 11]
    assert [cells for _, cells in fitting(leasts, naturals, [0] * 5, 76)][3:] == [11, 11]
    # Where there is too little room for that, all get a part of it.
    assert sum(cells for _, cells in fitting(leasts, naturals, [0] * 5, 52)) == 48


def test_the_heading_of_a_last_column_of_numbers_does_not_run_into_the_one_before() -> None:
    leasts, naturals = [5, 5, 5], [20, 14, 16]
    assert [cells for _, cells in fitting(leasts, naturals, [0] * 3, 70, last_at_right=True)] == [21, 15, 17]
    assert [cells for _, cells in fitting(leasts, naturals, [0] * 3, 52, last_at_right=True)] == naturals


def test_a_heading_is_as_wide_as_what_is_shown_of_it() -> None:
    columns: list[ListColumn[str]] = [ListColumn("表の名前", str, 1), ListColumn("a\nb", str, 1)]
    assert natural_widths(columns, ()) == (8, 4)


@pytest.mark.parametrize("width", range(38, 90))
def test_columns_fill_the_width_and_no_more(width: int) -> None:
    leasts, naturals, priorities = [1, 10, 10, 8, 5], [1, 30, 20, 9, 5], [0, 0, 1, 2, 0]
    widths = fitting(leasts, naturals, priorities, width)
    used = sum(cells for _, cells in widths) + len(widths) - 1
    whole, apart = sum(naturals) + 4, 3
    assert used == (min(width, whole) if width < whole + apart else whole + apart)
    assert all(cells <= naturals[number] + (width >= whole + apart) for number, cells in widths)
