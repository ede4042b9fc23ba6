"""FK119: a publication forbids the statement that an action is.

A table that publishes updates or deletes needs a replica identity; a row filter, a column list and, from 18 on,
what is published of generated columns must fit it. Otherwise PostgreSQL refuses every UPDATE or DELETE of it, an
action's too (CREATE PUBLICATION, "Notes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.rules.actions.barred import Bar, any_row, barred, event_of, publication_bar
from fkdash.rules.actions.enforcement import action_runs
from fkdash.rules.actions.rivals import action_of
from fkdash.rules.actions.writes import verbs
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey


def _find(catalog: Catalog) -> Iterator[Finding]:
    always = set()
    for bar in barred(catalog):
        if bar.rule == RULE.id:
            always.add(id(bar.key))
            yield _finding(catalog, bar, certain=True)
    ruled = {name for name, table in catalog.tables.items() if table.unpublishable}
    for name, keys in catalog.declared_on.items() if ruled else ():
        if any(table.name in ruled for table in catalog.with_partitions(name)):
            yield from (
                _finding(catalog, bar, certain=False)
                for key in keys
                if id(key) not in always
                for bar in _some(catalog, key)
            )


def _some(catalog: Catalog, key: ForeignKey) -> Iterator[Bar]:
    """Give what holds for the rows of one partition, which the key's columns choose."""
    for statement in Statement:
        event = event_of(action_of(key, statement), statement)
        found = (
            (table, each)
            for table in catalog.with_partitions(key.table)
            for each in table.unpublishable
            if each.event == event
        )
        for table, refused in found if event and action_runs(catalog, key, statement) else ():
            yield publication_bar(key, statement, table, refused)
            return


def _finding(catalog: Catalog, bar: Bar, *, certain: bool) -> Finding:
    key = bar.key
    fails = f"{verbs(bar.statements)} {any_row(catalog, key)} fails with {bar.error.sqlstate}, referred to or not"
    if not certain:
        where = f"a row of {key.referenced.shown} that leads there"
        fails = f"{verbs(bar.statements)} {where} fails with {bar.error.sqlstate}"
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity if certain else Severity.WARNING,
        key=key,
        columns=key.columns,
        message=f"{bar.doing} of {key.shown} is refused, as {bar.reason}: {fails}.",
        explanation=f"{bar.doing} is an ordinary statement on {key.table.shown}, and {bar.reason}. PostgreSQL "
        "refuses it before it looks for rows. Give the table a primary key or a REPLICA IDENTITY that the "
        "publication can use, or take it out of the publication.",
        statements=bar.statements,
        error=bar.error,
        evidence=(bar.reason,),
        certain=certain,
    )


RULE = Rule(
    id="FK119",
    name="publication-forbids-action",
    severity=Severity.ERROR,
    summary="A publication forbids the statement that the action is",
    explanation="The referencing table is in a publication that publishes updates or deletes, and PostgreSQL "
    "could not tell a subscriber which row went: the table has no replica identity (SQLSTATE 55000), or a row "
    "filter, a column list or generated columns that are not published do not fit it (42P10). CASCADE, SET NULL "
    "and SET DEFAULT are such statements, so deleting any referenced row fails, even one that nothing refers to. "
    "Of a partitioned table one partition is enough.",
    example="CREATE TABLE projects (id int PRIMARY KEY);\n"
    "CREATE TABLE usage_log (project_id int REFERENCES projects ON DELETE CASCADE, day date);\n"
    "CREATE PUBLICATION changes FOR TABLE usage_log;\n"
    "INSERT INTO projects VALUES (1);\n"
    "DELETE FROM projects;  -- ERROR 55000, although nothing was used\n",
    find=_find,
    needs_server="what is published",
)
