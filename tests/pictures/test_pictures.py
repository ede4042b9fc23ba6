"""Whatever stands in them: no picture is wider than asked, has anything to interpret in it, or loses a number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fkdash.db.text import plain
from fkdash.pictures.bars import Bar, bars
from fkdash.pictures.fates import Outcome, fates
from fkdash.pictures.path import Hop, path
from fkdash.pictures.picture import ASCII, LEAST_CELLS, UNICODE, Pen, Picture, Span, bar, text_of
from fkdash.pictures.relations import Reference, relation_map
from fkdash.pictures.timeline import StepTime, duration, timeline
from fkdash.pictures.tree import Node, guides, tree
from fkdash.pictures.waits import Waiting, age, concerning, waits
from tests.pictures.hostile import ACTIONS, DRAWN_WIDTHS, NAMES, NUMBERS, PENS, WIDTHS


def width_of(row: Sequence[Span]) -> int:
    return sum(cell_len(span.text) for span in row)


BARS = st.lists(st.builds(Bar, NAMES, NUMBERS, st.booleans()), max_size=6)
NODES = st.lists(
    st.builds(Node, st.integers(0, 40), NAMES, ACTIONS, NAMES, NUMBERS, st.just("deletes"), st.booleans()),
    max_size=8,
)
REFERENCES = st.lists(st.builds(Reference, NAMES, NAMES, ACTIONS, st.booleans()), max_size=20)
SECONDS = st.floats(0, 1e9)
WAITING = st.lists(
    st.builds(
        Waiting,
        st.integers(-2, 12),
        NAMES,
        NAMES,
        st.none() | SECONDS,
        st.lists(st.integers(-2, 12), max_size=3).map(tuple),
        st.none() | SECONDS,
        st.booleans(),
        NAMES,
    ),
    max_size=8,
    unique_by=lambda each: each.id,
)
STEPS = st.lists(
    st.builds(
        StepTime,
        st.integers(1, 99),
        NAMES,
        st.sampled_from(["done", "under way", "waits", "to come", "failed"]),
        st.none() | SECONDS,
        NAMES,
        st.none() | st.floats(0, 1),
        NAMES,
    ),
    max_size=5,
)
OUTCOMES = st.lists(
    st.builds(Outcome, NAMES, st.none() | st.booleans(), NAMES, NUMBERS, NUMBERS, NUMBERS), max_size=6
)
EVERY = st.one_of(
    st.tuples(st.just(bars), BARS),
    st.tuples(st.just(tree), NODES),
    st.tuples(st.just(relation_map), NAMES, REFERENCES, REFERENCES),
    st.tuples(st.just(waits), WAITING),
    st.tuples(st.just(timeline), STEPS),
    st.tuples(st.just(fates), OUTCOMES),
    st.tuples(st.just(path), NAMES, st.lists(st.builds(Hop, ACTIONS, NAMES), max_size=4), st.just("23502")),
)


def drawn(drawing: tuple[object, ...], width: int, pen: Pen) -> Picture:
    function, *arguments = drawing
    assert callable(function)
    picture: Picture = function(*arguments, width, pen)
    return picture


def squeezed(picture: Picture) -> str:
    """Give the text without spaces and breaks: words may go on below."""
    return "".join(text_of(picture).split())


@settings(max_examples=200)
@given(EVERY, WIDTHS, PENS)
def test_no_picture_is_wider_than_asked_or_has_anything_to_interpret(
    drawing: tuple[object, ...], width: int, pen: Pen
) -> None:
    for row in drawn(drawing, width, pen):
        text = "".join(span.text for span in row)
        assert width_of(row) <= width
        assert plain(f" {text}") == f" {text}"
        assert not pen.ascii_only or text.isascii()


@settings(max_examples=40)
@given(BARS, DRAWN_WIDTHS, PENS)
def test_bars_lose_no_number_and_the_largest_stands_first(items: list[Bar], width: int, pen: Pen) -> None:
    picture = bars(items, width, pen)
    told = [row[1].text.strip() for row in picture]
    assert told == [item.told for item in sorted(items, key=lambda item: -item.number)]
    lengths = [width_of((row[2],)) for row in picture]
    assert lengths == sorted(lengths, reverse=True)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), NUMBERS), min_size=1, max_size=8), DRAWN_WIDTHS, PENS)
def test_a_tree_loses_nothing_of_what_happens(found: list[tuple[int, int]], width: int, pen: Pen) -> None:
    nodes = [Node(depth, "table", "CASCADE", f"BLOCKS {rows:,} rows, 23502", rows) for depth, rows in found]
    told = squeezed(tree(nodes, width, pen))
    assert all("".join(node.says.split()) in told for node in nodes)


@settings(max_examples=40)
@given(st.lists(NUMBERS, min_size=1, max_size=5), DRAWN_WIDTHS, PENS)
def test_the_options_side_by_side_lose_no_number(numbers: list[int], width: int, pen: Pen) -> None:
    outcomes = [Outcome(f"option {n}", works=True, words=f"works: {n:,} set NULL", changed=n) for n in numbers]
    told = squeezed(fates(outcomes, width, pen))
    assert all(f"works:{n:,}setNULL" in told for n in numbers)


@settings(max_examples=40)
@given(WAITING, PENS)
def test_every_session_of_a_chain_stands_in_it_once(sessions: list[Waiting], pen: Pen) -> None:
    assert len(waits(sessions, 80, pen)) == len(sessions)


@given(st.lists(st.integers(0, 30), max_size=20))
def test_the_lines_of_a_tree_end_where_nothing_follows(depths: list[int]) -> None:
    ways = guides(depths, UNICODE)
    for above, below in pairwise(ways):
        for place, character in enumerate(below):
            if character in "│├└" and place < len(above):
                assert above[place] in "│├", "a line comes from nowhere"
    assert not any(character in "├│" for character in (ways[-1] if ways else ""))


@pytest.mark.parametrize("pen", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_whatever_is_there_can_be_seen_in_a_bar(pen: Pen) -> None:
    assert bar(1, 2**62, 20, pen)
    assert not bar(0, 10, 20, pen)
    assert len(bar(10, 10, 20, pen)) == 20


def test_in_less_room_than_a_number_needs_nothing_is_drawn() -> None:
    assert bars([Bar("users", 1)], LEAST_CELLS - 1, UNICODE) == ()


def test_the_way_of_a_delete_ends_in_the_error() -> None:
    way = path("workspaces", [Hop("SET NULL", "users.primary_workspace_id")], "23502", 78, UNICODE)
    assert text_of(way) == "  workspaces ─delete─▶ SET NULL ──▶ users.primary_workspace_id  ✗ 23502"
    narrow = path("workspaces", [Hop("CASCADE", "teams"), Hop("SET NULL", "members.team_id")], "23502", 40, ASCII)
    assert text_of(narrow).split("\n") == [
        "  workspaces delete",
        "  `- CASCADE --> teams",
        "     `- SET NULL --> members.team_id",
        "        x 23502",
    ]


def test_the_branch_that_stops_a_delete_is_marked() -> None:
    nodes = [
        Node(0, "workspaces", says="1 deleted"),
        Node(1, "users", "SET NULL", "BLOCKS 1,204 rows, 23502", stops=True),
        Node(1, "api_keys", "CASCADE", "12 deleted"),
        Node(2, "api_key_uses", "CASCADE", "8,231 deleted"),
        Node(1, "audit_log", "SET NULL", "40 set NULL"),
    ]
    assert text_of(tree(nodes, 60, UNICODE)).split("\n") == [
        "workspaces                    1 deleted",
        "├─ ✗ users          SET NULL  BLOCKS 1,204 rows, 23502",
        "├─ api_keys         CASCADE   12 deleted",
        "│  └─ api_key_uses  CASCADE   8,231 deleted",
        "└─ audit_log        SET NULL  40 set NULL",
    ]


def test_a_map_has_what_is_referenced_above_and_what_refers_below_with_conflicts_marked() -> None:
    above = [
        Reference("organizations", "organization_id", "NO ACTION"),
        Reference("teams", "team_id", "SET NULL", conflicts=True),
    ]
    below = [Reference("sessions", "user_id", "CASCADE")]
    assert text_of(relation_map("users", above, below, 70, UNICODE)).split("\n") == [
        "┌──┤   organizations  NO ACTION  organization_id",
        "├──∅ ✗ teams          SET NULL   team_id",
        "users",
        "└─━▶   sessions       CASCADE    user_id",
    ]


def test_who_holds_everybody_up_stands_first_and_how_long_its_transaction_is_open() -> None:
    sessions = [
        Waiting(900, "fkdash", "active", 0.1, (812,), 0.025, ours=True),
        Waiting(812, "app", "active", 2.5, (4711,), 2.1),
        Waiting(4711, "alice psql", "idle in transaction", 183.0),
    ]
    assert text_of(waits(sessions, 70, UNICODE)).split("\n") == [
        "4711 alice psql, idle in transaction 3 min 3 s",
        "└─ 812 app, waits 2.1 s",
        "   └─ 900 fkdash, waits 25 ms",
    ]


def test_a_chain_leaves_out_what_it_does_not_concern() -> None:
    sessions = [
        Waiting(1, "a", "idle in transaction", 9.0),
        Waiting(2, "b", "active", 1.0, (1,)),
        Waiting(3, "c", "active", 1.0, (1,)),
        Waiting(7, "x", "active", 1.0),
        Waiting(8, "y", "active", 1.0, (7,)),
    ]
    assert {each.id for each in concerning(sessions, [2])} == {1, 2, 3}


def test_sessions_that_wait_for_each_other_are_all_shown() -> None:
    ring = [Waiting(1, "a", "active", 2.0, (2,), 1.0), Waiting(2, "b", "active", 3.0, (1,), 1.0)]
    assert text_of(waits(ring, 60, ASCII)).split("\n") == ["2 b, waits 1.0 s", "`- 1 a, waits 1.0 s"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "400 ms"), (2.04, "2.0 s"), (184, "3 min 4 s"), (3600, "1 h"), (183_600, "2 d 3 h")],
)
def test_an_age_is_told_in_its_two_largest_units(seconds: float, told: str) -> None:
    assert age(seconds) == told


def test_a_step_shows_how_long_it_took_and_whom_it_stopped() -> None:
    steps = [
        StepTime(1, "swap", "done", 0.012, "readers and writers wait"),
        StepTime(2, "check", "under way", 2.0, "nobody waits", 0.61),
        StepTime(3, "verify", "to come"),
    ]
    assert text_of(timeline(steps, 70, UNICODE)).split("\n") == [
        "✓ 1 swap    12 ms  readers and writers wait  ▏",
        "◐ 2 check   2.0 s  nobody waits              ████████████████",
        "    ██████░░░░ 61%",
        "○ 3 verify",
    ]


def test_times_that_are_said_to_be_equal_are_drawn_equal() -> None:
    steps = [StepTime(1, "swap", "done", 0.0039999), StepTime(2, "check", "done", 0.004)]
    first, second = text_of(timeline(steps, 60, UNICODE)).split("\n")
    assert first.removeprefix("✓ 1 swap ") == second.removeprefix("✓ 2 check")
    assert "4 ms" in first


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0004, "0 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (9.96, "10 s"), (95, "95 s")]
)
def test_a_time_is_never_said_in_a_unit_that_it_fills(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_words_about_an_option_go_on_below_where_they_began_and_so_does_its_bar() -> None:
    outcomes = [
        Outcome("today", works=False, words="refused with 23502 (1,204 users)", stopping=2),
        Outcome("allow NULL", works=True, words="works", changed=2),
    ]
    assert text_of(fates(outcomes, 40, UNICODE)).split("\n") == [
        "✗ today       refused with 23502 (1,204",
        "              users)",
        "              ██████████████████████████",
        "✓ allow NULL  works",
        "              ░░░░░░░░░░░░░░░░░░░░░░░░░░",
    ]


def test_words_that_a_long_name_leaves_no_room_stand_below_it() -> None:
    outcomes = [Outcome("set blocking rows to NULL", works=False, words="refused with 23503", stopping=2)]
    assert text_of(fates(outcomes, 36, UNICODE)).split("\n") == [
        "✗ set blockin…",
        "    refused with 23503",
        "    ██████████████████████████████",
    ]


@pytest.mark.parametrize("pen", [UNICODE, ASCII])
def test_the_largest_numbers_and_the_widest_names_stay_within_the_narrowest_picture(pen: Pen) -> None:
    largest = 2**63 - 1
    session = Waiting(1, "用户表格的名字很长很长", "用户表格", None, does="👩‍👩‍👧 family " * 3)
    for width in range(LEAST_CELLS, 110):
        for picture in (
            bars([Bar("users", largest, exact=False)], width, pen),
            waits([session], width, pen),
            tree(
                [Node(0, "", "CASCADE", "👩‍👩‍👧 family", largest), Node(0, "", "CASCADE", "x" * 63, 1)], width, pen
            ),
        ):
            assert max(map(width_of, picture)) <= width
