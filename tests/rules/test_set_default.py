"""SET DEFAULT: what the rules predict is what the server raises, and without the contradiction it works."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fkdash.rules.checks.fk106_set_default_not_referenced import settled
from fkdash.rules.severity import Severity
from tests.rules.scenes import (
    TYPES,
    Scene,
    Shape,
    at_random,
    fails_as_predicted,
    shapes,
    succeeds_unflagged,
    tried,
)
from tests.support.servers import TestDatabase


def _defaults(shape: Shape, which: int) -> dict[int, str]:
    """Give each column the default that parent row `which` has there."""
    return {number: f"DEFAULT {TYPES[each][which]}" for number, each in enumerate(shape.types)}


@at_random
@given(shape=shapes(), number=st.integers(0, 2))
async def test_set_default_without_a_default_fails_with_23502_where_null_is_forbidden(
    database: TestDatabase, shape: Shape, number: int
) -> None:
    which = number % shape.width
    sound = Scene(shape, "SET DEFAULT")
    broken = sound.changed(decorations={which: "NOT NULL"})
    finding = await fails_as_predicted(database, broken, "FK105")
    assert finding.columns == (shape.columns[which],)
    await succeeds_unflagged(database, sound, "FK105")
    filled = {each: f"{text} NOT NULL" for each, text in _defaults(shape, 1).items()}
    await succeeds_unflagged(database, sound.changed(decorations=filled), "FK105")


@at_random
@given(shape=shapes(widths=(1, 1)), inner=st.booleans())
async def test_a_domain_s_default_counts_and_its_not_null_as_well(
    database: TestDatabase, shape: Shape, inner: bool
) -> None:
    default = f"DEFAULT {shape.values(1)}"
    domains = (
        f"CREATE DOMAIN d1 AS {shape.types[0]} {default if inner else ''} NOT NULL",
        f"CREATE DOMAIN d2 AS d1 {'' if inner else default}",
    )
    sound = Scene(shape, "SET DEFAULT", types={0: "d2"}, before=domains)
    await succeeds_unflagged(database, sound, "FK105")
    bare = tuple(each.replace(default, "") for each in domains)
    await fails_as_predicted(database, sound.changed(before=bare), "FK105")


@at_random
@given(shape=shapes(partitioned=False))
async def test_set_default_to_a_row_that_does_not_exist_fails_with_23503(
    database: TestDatabase, shape: Shape
) -> None:
    scene = Scene(shape, "SET DEFAULT", decorations=_defaults(shape, 1))
    broken = scene.changed(parent_rows=(0,))
    finding = await fails_as_predicted(database, broken, "FK106")
    assert finding.question is not None
    assert finding.severity is Severity.WARNING
    outcome = await tried(database, scene.statements, scene.trial, "FK106")
    assert outcome.sqlstate == ""
    missing = settled(outcome.catalog, finding, present=False)
    assert (missing.severity, missing.certain) == (Severity.ERROR, True)
    assert settled(outcome.catalog, finding, present=True).severity is Severity.INFO
    await succeeds_unflagged(database, Scene(shape, "SET DEFAULT"), "FK106")


@at_random
@given(shape=shapes(partitioned=False))
async def test_the_default_row_itself_cannot_go(database: TestDatabase, shape: Shape) -> None:
    scene = Scene(shape, "SET DEFAULT", decorations=_defaults(shape, 0))
    outcome = await tried(database, scene.statements, scene.trial, "FK106")
    finding = outcome.of("FK106")
    assert finding is not None
    present = settled(outcome.catalog, finding, present=True)
    assert present.error is not None
    assert (outcome.sqlstate, outcome.message) == (present.error.sqlstate, present.error.message)


@at_random
@given(shape=shapes(), number=st.integers(0, 2))
async def test_a_default_that_a_check_refuses_fails_with_23514(
    database: TestDatabase, shape: Shape, number: int
) -> None:
    which = number % shape.width
    column, kind = f'"{shape.columns[which]}"', shape.types[which]
    taken, free = TYPES[kind][1], TYPES[kind][2]
    scene = Scene(shape, "SET DEFAULT", decorations=_defaults(shape, 1))
    refused = f"CHECK ({column} <> {taken})"
    finding = await fails_as_predicted(database, scene.changed(constraints=(refused,)), "FK107")
    assert finding.certain
    allowed = f"CHECK ({column} <> {free})"
    await succeeds_unflagged(database, scene.changed(constraints=(allowed,)), "FK107")


@at_random
@given(shape=shapes(widths=(1, 1), types=("int", "bigint")))
async def test_both_bounds_of_between_refuse_a_default(database: TestDatabase, shape: Shape) -> None:
    column, scene = f'"{shape.columns[0]}"', Scene(shape, "SET DEFAULT", decorations=_defaults(shape, 1))
    here, first, second = TYPES[shape.types[0]][:3]
    wide = f"CHECK ({column} = {here} OR {column} BETWEEN {first} AND {first})"
    await succeeds_unflagged(database, scene.changed(constraints=(wide,)), "FK107")
    for low, high in ((second, second), (here, here)):
        narrow = f"CHECK ({column} = {here} OR {column} BETWEEN {low} AND {high})"
        await fails_as_predicted(database, scene.changed(constraints=(narrow,)), "FK107")


@at_random
@given(shape=shapes(partitioned=False, statements=("DELETE",)))
async def test_a_default_that_must_be_unique_fails_from_the_second_row_on(
    database: TestDatabase, shape: Shape
) -> None:
    columns = ", ".join(f'"{name}"' for name in shape.columns)
    scene = Scene(shape, "SET DEFAULT", decorations=_defaults(shape, 2), rows=2, parent_rows=(0, 1, 2))
    finding = await fails_as_predicted(database, scene.changed(constraints=(f"UNIQUE ({columns})",)), "FK112")
    assert finding.error is not None
    assert finding.error.sqlstate == "23505"
    await succeeds_unflagged(database, scene, "FK112")


@at_random
@given(shape=shapes(widths=(2, 3), partitioned=False), number=st.integers(0, 2))
async def test_defaults_that_are_half_null_break_match_full_with_23503(
    database: TestDatabase, shape: Shape, number: int
) -> None:
    defaults = _defaults(shape, 1)
    whole = Scene(shape, "SET DEFAULT", decorations=defaults, match="MATCH FULL")
    await succeeds_unflagged(database, whole, "FK113")
    half = {each: text for each, text in defaults.items() if each != number % shape.width}
    await fails_as_predicted(database, whole.changed(decorations=half), "FK113")
    await succeeds_unflagged(database, whole.changed(decorations=half, match=""), "FK113")
