"""Rewrite rules, and what PostgreSQL drops or refuses because a rule uses it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.named import want_all
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.sqlstates import DEPENDENT_OBJECTS_STILL_EXIST, DUPLICATE_OBJECT

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.catalog.files.facts import Attribute, Relation
    from fkdash.catalog.files.reading.nodes import CreateRule

_EVERY_COLUMN: Final = frozenset({"*", "insert"})
"""Words with which a rule may use columns that it does not name."""


def create_rule(state: State, node: CreateRule) -> None:
    """CREATE RULE on a table; those of views decide nothing that is followed."""
    table = state.relation(node.table, "rpfvm")
    want_all(state, node.named)
    if table.kind in "vm":
        return
    others = tuple(each for each in table.rules if each.name != node.rule.name)
    if len(others) < len(table.rules) and not node.or_replace:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a rule {node.rule.name} already")
    asked = frozenset(column.number for column in table.columns if column.name in node.asked)
    state.change(table, rules=(*others, replace(node.rule, asked=asked, made=state.statement)))


def remove_rule(state: State, table: Relation, name: str) -> None:
    """Remove a rule of a table."""
    now = state.relations[table.oid]
    state.change(now, rules=tuple(each for each in now.rules if each.name != name))


def drop_rules_of_column(state: State, table: Relation, column: Attribute, *, cascade: bool) -> None:
    """Drop the rules of a table that read a column with CASCADE, else refuse; raise where one may use it."""
    for rule in state.relations[table.oid].rules:
        if column.number not in rule.asked:
            continue
        if not cascade:
            raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"the rule {rule.name} uses {column.name}")
        remove_rule(state, table, rule.name)
    want_no_rule(state, table, column.name)


def want_no_rule(state: State, table: Relation, column: str = "", together: Collection[int] = ()) -> None:
    """Raise where a rule may use a table that goes, or a column of it: what a rule uses is read by words alone.

    The rules of tables that go `together` go with them.
    """
    for relation in state.relations.values():
        if relation.oid in together or (relation.oid == table.oid and not column):
            continue
        for rule in relation.rules:
            named = relation.oid == table.oid or table.name in rule.words
            if named and (not column or column in rule.words or not _EVERY_COLUMN.isdisjoint(rule.words)):
                raise DoubtfulError(f"the rule {rule.name} of {relation.name} seems to use {column or table.name}")
