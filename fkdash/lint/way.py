"""FK6xx: not what the schema becomes but how a migration gets there: locks, and moments without protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.reading.nodes import AlterTable
from fkdash.catalog.table_name import listed, quoted
from fkdash.fact import fact
from fkdash.lint.finding_places import constraint_of, spot
from fkdash.rules.checks.fk6_the_way import (
    INDEX_LATER,
    NO_LOCK_TIMEOUT,
    UNPROTECTED_MOMENT,
    VALIDATED_AT_ONCE,
    VALIDATING_ADD,
)
from fkdash.rules.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.files.facts import Constraint, Relation
    from fkdash.catalog.files.reading.nodes import Act
    from fkdash.catalog.files.script import Said, Script
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.lint.place import Place
    from fkdash.rules.finding import Rule

Found = tuple[Finding, "Place | None", "Place | None"]


@fact
class _Step:
    """An action on a constraint by name: which statement, on which table, in which transaction."""

    number: int
    table: str
    act: Act
    said: Said


def way_findings(script: Script, catalog: Catalog) -> Iterator[Found]:
    """Give what is found about the way, each with its statement and the one that it is about."""
    steps = [*_steps(script)]
    for key in catalog.foreign_keys:
        constraint = constraint_of(script, key)
        if constraint is None or not constraint.made:
            continue
        said, table = script.said[constraint.made], script.state.relations[constraint.table]
        if not isinstance(said.node, AlterTable) or not _existed_before(script, table, said):
            continue
        yield from _of_key(script, key, constraint, table, steps)


def _steps(script: Script) -> Iterator[_Step]:
    for number, said in enumerate(script.said):
        if isinstance(said.node, AlterTable):
            for act in said.node.acts:
                if "constraint" in act.what:
                    yield _Step(number, said.node.name[-1], act, said)


def _existed_before(script: Script, table: Relation, said: Said) -> bool:
    """Tell whether a table is from an earlier file: what a file makes itself nobody uses yet."""
    return bool(table.made) and script.said[table.made].file != said.file


def _of_key(
    script: Script, key: ForeignKey, constraint: Constraint, table: Relation, steps: list[_Step]
) -> Iterator[Found]:
    said = script.said[constraint.made]
    assert isinstance(said.node, AlterTable)  # noqa: S101 - the caller saw it
    here = spot(said, (key.name, *key.columns))
    added = next((act for act in said.node.acts if _adds(act, key)), None)
    not_valid = added is not None and added.constraint is not None and added.constraint.not_valid
    if added is not None and not not_valid and key.enforced:
        message = (
            f"{_adding(key)} reads all of {key.table.shown} while writers of it and of {key.referenced.shown} "
            "wait."
        )
        yield _finding(VALIDATING_ADD, key, message, _not_valid(key)), here, None
    validated = next(
        (each for each in steps if each.act.what == "validate constraint" and each.number > constraint.made
         and each.act.name == key.name and each.table == table.name), None,
    )  # fmt: skip
    if not_valid and validated is not None and validated.said.transaction == said.transaction:
        message = (
            f"{key.shown} is validated in the transaction that adds it, under the lock that NOT VALID was to "
            "avoid."
        )
        yield _finding(VALIDATED_AT_ONCE, key, message, _not_valid(key)), spot(validated.said, (key.name,)), here
    dropped = _dropped(key, constraint, steps)
    if dropped is not None and dropped.said.transaction != said.transaction:
        message = (
            f"{key.shown} was dropped in one transaction and comes back in another: in between nothing checks "
            f"{key.table.shown}."
        )
        yield _finding(UNPROTECTED_MOMENT, key, message, _swap(key)), here, spot(dropped.said, (key.name,))
    if said.file not in script.lock_timeouts:
        message = (
            f"{_adding(key)} waits for its locks as long as it takes, and everybody behind it: set lock_timeout "
            "before."
        )
        yield _finding(NO_LOCK_TIMEOUT, key, message, ("SET lock_timeout = '5s';",)), here, None
    # A key that is replaced by one statement costs what it cost before.
    if not _replaces(said.node, key) and not _indexed(script, constraint):
        message = f"{_adding(key)} comes before any index on {key.table.shown} ({listed(key.columns)})."
        yield _finding(INDEX_LATER, key, message, (_index(key),)), here, None


def _adds(act: Act, key: ForeignKey) -> bool:
    said = act.constraint
    return act.what == "add constraint" and said is not None and said.kind == "f" and (
        said.name == key.name or (said.name is None and said.columns == key.columns)
    )  # fmt: skip


def _dropped(key: ForeignKey, constraint: Constraint, steps: list[_Step]) -> _Step | None:
    """Give the last drop of a foreign key of this name before the one there is was added."""
    found = [
        each for each in steps
        if each.act.what == "drop constraint" and each.act.name == key.name and each.table == key.table.name
        and each.number < constraint.made
    ]  # fmt: skip
    return found[-1] if found else None


def _replaces(node: AlterTable, key: ForeignKey) -> bool:
    """Tell whether a statement drops the key that it adds."""
    return any(act.what == "drop constraint" and act.name == key.name for act in node.acts)


def _indexed(script: Script, constraint: Constraint) -> bool:
    """Tell whether an index that begins with the key's columns was there when it was added."""
    wanted = set(constraint.columns)
    return any(
        index.index is not None
        and set(index.index.columns[: len(wanted)]) == wanted
        and index.index.predicate is None
        and index.made <= constraint.made
        for index in script.state.indexes_on(constraint.table)
    )


def _finding(rule: Rule, key: ForeignKey, message: str, instead: tuple[str, ...]) -> Finding:
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=rule.severity,
        key=key,
        columns=key.columns,
        message=message,
        explanation=f"{rule.explanation} Write instead: {' '.join(instead)}",
        evidence=tuple(f"instead: {each}" for each in instead),
    )


def _adding(key: ForeignKey) -> str:
    return f"ADD CONSTRAINT {key.shown}"


def _definition(key: ForeignKey) -> str:
    own = ", ".join(map(quoted, key.columns))
    theirs = ", ".join(map(quoted, key.referenced_columns))
    said = f"FOREIGN KEY ({own}) REFERENCES {key.referenced.sql} ({theirs})"
    if key.match == "FULL":
        said += " MATCH FULL"
    if key.on_delete != "NO ACTION":
        said += f" ON DELETE {key.on_delete}"
        if key.delete_columns:
            said += f" ({', '.join(map(quoted, key.delete_columns))})"
    if key.on_update != "NO ACTION":
        said += f" ON UPDATE {key.on_update}"
    if key.deferrable:
        said += " DEFERRABLE INITIALLY DEFERRED" if key.initially_deferred else " DEFERRABLE"
    return said


def _not_valid(key: ForeignKey) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {key.table.sql} ADD CONSTRAINT {quoted(key.name)} {_definition(key)} NOT VALID;",
        f"ALTER TABLE {key.table.sql} VALIDATE CONSTRAINT {quoted(key.name)}; -- in a later transaction",
    )


def _swap(key: ForeignKey) -> tuple[str, ...]:
    name = quoted(key.name)
    return (
        f"ALTER TABLE {key.table.sql} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {_definition(key)} NOT VALID;",
    )


def _index(key: ForeignKey) -> str:
    return f"CREATE INDEX CONCURRENTLY ON {key.table.sql} ({', '.join(map(quoted, key.columns))});"
