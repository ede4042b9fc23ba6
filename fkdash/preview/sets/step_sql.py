"""Spells what one step does in SQL: which rows it meets, how SET NULL leaves them, and what refuses that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.spelling import is_null
from fkdash.catalog.table_name import quoted
from fkdash.preview.evaluating.equality import clause, key_columns, plain_type
from fkdash.preview.outcome import Obstacle
from fkdash.sqlstates import CHECK_VIOLATION, FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION, RESTRICT_VIOLATION
from fkdash.versions import RESTRICT_HAS_ITS_OWN_SQLSTATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.declared.graph import SetPlan, Step
    from fkdash.preview.declared.reached import Facts


def match(
    facts: Facts,
    key: KeyFact,
    *,
    referenced: str = "p",
    referencing: str = "c",
    spelled: Sequence[str] | None = None,
) -> str:
    """Say that one row references another, by the key's own operators.

    The rows are called by these aliases; `spelled` replaces the names of the referencing columns.
    """
    own, other = key_columns(facts, key)
    names = spelled or [quoted(column.name) for column in own]
    return " AND ".join(
        clause(f"{referenced}.{quoted(theirs.name)}", facts.operators[operator], f"{referencing}.{mine}")
        for mine, theirs, operator in zip(names, other, key.pf_operators, strict=True)
    )


def still_referencing(facts: Facts, step: Step) -> Obstacle:
    """Give what a check stops at, with the SQLSTATE that this server's version raises."""
    key = facts.root_key(step.key)
    restrict = step.kind == "restrict" and facts.major >= RESTRICT_HAS_ITS_OWN_SQLSTATE
    return Obstacle(
        key.name,
        facts.tables[key.relation].name,
        key.columns,
        RESTRICT_VIOLATION if restrict else FOREIGN_KEY_VIOLATION,
        deferred=step.deferred,
    )


def as_set_null(facts: Facts, step: Step) -> str:
    """Give the select list for a row `c` as a step's SET NULL leaves it, under the table's own column names."""
    table = facts.tables[step.key.relation]
    return ", ".join(
        f"NULL::{plain_type(facts, column)} AS {quoted(name)}"
        if name in step.key.set_columns
        else f"c.{quoted(name)}"
        for name, column in table.columns_by_name.items()
    )


def refusals(facts: Facts, step: Step, domains: Sequence[Obstacle]) -> list[tuple[str, Obstacle]]:
    """Give what can refuse a row that a step sets NULL, in PostgreSQL's order, with a condition for each."""
    table = facts.tables[step.key.relation]
    written = set(step.key.set_columns)
    found = [("true", each) for each in domains]
    for name, column in table.columns_by_name.items():
        obstacle = Obstacle(None, table.name, (name,), NOT_NULL_VIOLATION)
        if column.not_null and obstacle not in domains and (name in written or column.unproven):
            empty = is_null(quoted(name), plain_type(facts, column))
            found.append(("true" if name in written else empty, obstacle))
    for check in table.checks:
        read = table.names(check.columns)
        columns = tuple(name for name in read if name in written) or read
        found.append(
            (f"({check.expression}) IS FALSE", Obstacle(check.name, table.name, columns, CHECK_VIOLATION))
        )
    return found


def wanted_columns(plan: SetPlan, oid: int) -> dict[str, None]:
    """Give the columns of a table by which the rows that reference it are found."""
    return dict.fromkeys(name for step in plan.from_table(oid) for name in step.key.referenced_columns)
