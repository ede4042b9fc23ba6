"""Small schemas with one foreign key, drawn at random, set up and tried inside a rolled-back transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fkdash.catalog.model import Catalog
from fkdash.catalog.postgres.read import read_catalog
from fkdash.catalog.table_name import quoted
from fkdash.db.statements import OpenTransaction
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings, rule
from tests.support.servers import TestDatabase

at_random = settings(
    max_examples=7,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAMES = ["workspaces", "Users", 'we"ird', "select", "with space", "ümläut", "a%b"]
TYPES = {
    "int": ("1", "2", "3"),
    "bigint": ("10000000000", "10000000001", "10000000002"),
    "text": ("'a'", "'b'", "'c'"),
    "uuid": tuple(f"'00000000-0000-0000-0000-00000000000{n}'" for n in (1, 2, 3)),
}


@dataclass(frozen=True)
class Shape:
    """The parts of a scene that no rule is about: names, types, width, statement, partitions, neighbours."""

    parent: str
    child: str
    types: tuple[str, ...]
    statement: str = "DELETE"
    partitioned: bool = False
    neighbours: tuple[str, ...] = ()
    position: int = 0

    @property
    def width(self) -> int:
        return len(self.types)

    @property
    def parent_columns(self) -> tuple[str, ...]:
        return tuple(f"k{number}" for number in range(self.width))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"Fk {number}" for number in range(self.width))

    def values(self, which: int) -> str:
        return ", ".join(TYPES[each][which] for each in self.types)


@st.composite
def shapes(
    draw: st.DrawFn,
    *,
    widths: tuple[int, int] = (1, 3),
    statements: tuple[str, ...] = ("DELETE", "UPDATE"),
    types: tuple[str, ...] = tuple(TYPES),
    partitioned: bool = True,
) -> Shape:
    parent, child = draw(st.permutations(NAMES))[:2]
    width = draw(st.integers(*widths))
    return Shape(
        parent=parent,
        child=child,
        types=tuple(draw(st.lists(st.sampled_from(types), min_size=width, max_size=width))),
        statement=draw(st.sampled_from(statements)),
        partitioned=partitioned and draw(st.booleans()),
        neighbours=tuple(draw(st.lists(st.sampled_from(["n1 int", "n2 text", "n3 date"]), unique=True))),
        position=draw(st.integers(0, 3)),
    )


@dataclass(frozen=True)
class Scene:
    """A referencing table with all that decides what an action does to it, for the shape's statement."""

    shape: Shape
    action: str
    types: dict[int, str] = field(default_factory=dict)
    decorations: dict[int, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    more_columns: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    key_suffix: str = ""
    match: str = ""
    rows: int = 1
    parent_rows: tuple[int, ...] = (0, 1)

    @property
    def statements(self) -> list[str]:
        shape, parent, child = self.shape, quoted(self.shape.parent), quoted(self.shape.child)
        keys = ", ".join(shape.parent_columns)
        columns = ", ".join(map(quoted, shape.columns))
        own = [
            f"{quoted(name)} {self.types.get(number, shape.types[number])} {self.decorations.get(number, '')}"
            for number, name in enumerate(shape.columns)
        ]
        others = list(shape.neighbours)
        position = min(shape.position, len(others))
        body = ["rid int", *others[:position], *own, *others[position:], *self.more_columns, *self.constraints]
        body.append(
            f"CONSTRAINT the_key FOREIGN KEY ({columns}) REFERENCES {parent} ({keys}) {self.match} "
            f"ON {shape.statement} {self.action} {self.key_suffix}"
        )
        made = [
            (
                f"CREATE TABLE {parent} "
                f"({', '.join(f'{n} {t}' for n, t in zip(shape.parent_columns, shape.types, strict=True))}"
                f", UNIQUE ({keys}))"
            ),
            f"INSERT INTO {parent} VALUES " + ", ".join(f"({shape.values(each)})" for each in self.parent_rows),
            *self.before,
            f"CREATE TABLE {child} ({', '.join(body)})"
            + (" PARTITION BY RANGE (rid)" if shape.partitioned else ""),
        ]
        if shape.partitioned:
            made.append(f"CREATE TABLE a_partition PARTITION OF {child} FOR VALUES FROM (0) TO (100)")
        made += [
            f"INSERT INTO {child} (rid, {columns}) VALUES ({number + 1}, {shape.values(number)})"
            for number in range(self.rows)
        ]
        return [*made, *self.after]

    @property
    def trial(self) -> list[str]:
        """The statements that set the action off, one per row."""
        return [self._trial(number) for number in range(self.rows)]

    def _trial(self, number: int) -> str:
        parent = quoted(self.shape.parent)
        values = self.shape.values(number).split(", ")
        where = " AND ".join(f"{n} = {v}" for n, v in zip(self.shape.parent_columns, values, strict=True))
        if self.shape.statement == "DELETE":
            return f"DELETE FROM {parent} WHERE {where}"
        other = self.shape.values(2).split(", ")
        return f"UPDATE {parent} SET {self.shape.parent_columns[0]} = {other[0]} WHERE {where}"

    def changed(self, **changes: Any) -> Scene:  # noqa: ANN401 - any of the fields
        return replace(self, **changes)


@dataclass(frozen=True)
class Tried:
    """What the rules said and what the server did; `sqlstate` is empty when it succeeded."""

    findings: tuple[Finding, ...]
    catalog: Catalog
    sqlstate: str
    message: str

    def of(self, rule_id: str, key: str | None = "the_key") -> Finding | None:
        found = [each for each in self.findings if each.rule == rule_id and key in {None, each.key.name}]
        return found[0] if found else None


async def tried(database: TestDatabase, setting_up: list[str], trial: list[str], *rules: str) -> Tried:
    """Set a scene up, ask the rules about its catalog, run the trial to its deferred end, roll back."""
    connection = await database.connection()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("CREATE SCHEMA scene; SET LOCAL search_path = scene; " + "; ".join(setting_up))
        # Checks that wait are made now, so that the trial alone can fail.
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        catalog = await read_catalog(OpenTransaction(connection, where="a test", statement_seconds=None))
        found = findings(catalog, [rule(each) for each in rules] if rules else [])
        await connection.execute("SET LOCAL search_path = scene")
        sqlstate = message = ""
        try:
            await connection.execute("; ".join([*trial, "SET CONSTRAINTS ALL IMMEDIATE"]))
        except asyncpg.PostgresError as error:
            sqlstate, message = str(error.sqlstate), str(error).partition("\n")[0]
        return Tried(found, catalog, sqlstate, message)
    finally:
        await transaction.rollback()


async def fails_as_predicted(database: TestDatabase, scene: Scene, rule_id: str) -> Finding:
    """Assert that the rule finds it and that the server raises what the rule predicts."""
    outcome = await tried(database, scene.statements, scene.trial, rule_id)
    finding = outcome.of(rule_id)
    assert finding is not None, (scene.statements, outcome.message)
    assert finding.error is not None
    assert outcome.sqlstate == finding.error.sqlstate, (scene.statements, outcome.message, finding)
    if finding.certain:
        assert outcome.message == finding.error.message, (scene.statements, finding)
    return finding


async def succeeds_unflagged(database: TestDatabase, scene: Scene, rule_id: str) -> None:
    """Assert that the rule says nothing and that the statement succeeds."""
    outcome = await tried(database, scene.statements, scene.trial, rule_id)
    assert outcome.of(rule_id) is None, (scene.statements, outcome.of(rule_id))
    assert outcome.sqlstate == "", (scene.statements, outcome.message)
