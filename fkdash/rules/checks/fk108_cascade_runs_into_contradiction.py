"""FK108: a CASCADE leads into a foreign key that lets no row be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.rules.actions.barred import any_row
from fkdash.rules.actions.hopeless import hopeless_paths
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.hopeless import HopelessPath


def _find(catalog: Catalog) -> Iterator[Finding]:
    for hopeless in hopeless_paths(catalog):
        yield _finding(catalog, hopeless)


def _finding(catalog: Catalog, hopeless: HopelessPath) -> Finding:
    path, error, reached = hopeless.path, hopeless.contradiction.error, hopeless.contradiction.reached
    first, last = path.cascades[0], path.last
    where = last.referenced.shown
    certain = not hopeless.spared
    if reached is None:
        when = f"{last.shown} does not let {any_row(catalog, last)} go, referred to or not"
    elif reached == last.table:
        when = f"{last.shown} lets no row of {where} go that a row of {reached.shown} refers to"
    else:
        when = f"{last.shown} lets no row of {where} go where a row of {reached.shown} hangs on it"
    way = f"cascades to {first.table.shown}" + (f" and on to {where}" if len(path.cascades) > 1 else "")
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity if certain else Severity.WARNING,
        key=first,
        columns=first.columns,
        message=f"Deleting a row of {first.referenced.shown} {way} and {'fails' if certain else 'can fail'} there "
        f"with {error.sqlstate}: {when}.",
        explanation=f"The delete takes this way: {path.words}. Up to {where} everything is CASCADE; at "
        f"{last.shown} the action can never succeed, so the whole DELETE fails and nothing is deleted. Repair "
        f"{last.qualified}, not this foreign key.",
        statements=(Statement.DELETE,),
        error=error,
        evidence=(*(f"{key.qualified}: ON DELETE {key.on_delete}" for key in path.keys), *hopeless.spared),
        certain=certain,
        path=(*path.keys, *hopeless.contradiction.beyond),
    )


RULE = Rule(
    id="FK108",
    name="cascade-runs-into-contradiction",
    severity=Severity.ERROR,
    summary="CASCADE leads into a foreign key that lets no row be deleted",
    explanation="Deleting a row here cascades, over one or more foreign keys, to rows that cannot be deleted "
    "at all because a foreign key further down contradicts itself (SET NULL into a NOT NULL column, say). The "
    "whole DELETE fails with that error, which names tables the operator never mentioned. It is an error where "
    "nothing can delete the failing row first, and a warning (possible) where another CASCADE way or a trigger "
    "may. The cure is at the end of the path, not here.",
    example="CREATE TABLE organizations (id int PRIMARY KEY);\n"
    "CREATE TABLE workspaces (id int PRIMARY KEY, organization_id int REFERENCES organizations ON DELETE "
    "CASCADE);\n"
    "CREATE TABLE users (id int PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspaces ON DELETE SET "
    "NULL);\n"
    "INSERT INTO organizations VALUES (1);\n"
    "INSERT INTO workspaces VALUES (1, 1);\n"
    "INSERT INTO users VALUES (10, 1);\n"
    "DELETE FROM organizations;  -- ERROR 23502, in users\n",
    find=_find,
    hangs_on=frozenset({HangsOn.NOT_NULL}),
)
