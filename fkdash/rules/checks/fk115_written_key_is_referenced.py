"""FK115: an action changes columns that other rows refer to in turn.

Writing a referenced column is an UPDATE of that key for the next table, whose ON
UPDATE action decides, whatever its ON DELETE says (CREATE TABLE, "ON UPDATE").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.knock_ons import knock_ons
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.knock_ons import KnockOn


def _find(catalog: Catalog) -> Iterator[Finding]:
    for found in knock_ons(catalog):
        yield _finding(found, *(_refused(found) if found.refused_by is None else _carried_on(found)))


def _way(found: KnockOn) -> str:
    """Give the keys that carry a value on: `badges_fk and stamps_fk`."""
    return " and ".join(key.shown for key in (*found.between, found.other))


def _carried_on(found: KnockOn) -> tuple[str, str]:
    """Give message and explanation where ON UPDATE CASCADE takes the value to what refuses it."""
    write, other, way = found.write, found.other, (*found.between, found.other)
    return (
        (
            f"{write.doing} of {write.key.table.shown} is carried on by {_way(found)} (ON UPDATE "
            f"CASCADE), where {found.refused_by}: {write.verbs} a referenced row of {write.key.referenced.shown} "
            f"{'fails' if found.certain else 'can fail'} with {found.error.sqlstate} as soon as a row of "
            f"{other.table.shown} is reached."
        ),
        (
            f"{write.key.shown} writes {listed(write.columns)} of {write.key.table.shown}, "
            f"which {way[0].table.shown} refers to. ON UPDATE CASCADE takes the new value over, but "
            f"{found.refused_by}."
        ),
    )


def _refused(found: KnockOn) -> tuple[str, str]:
    """Give message and explanation where the next key refuses that its referenced row changes."""
    write, other = found.write, found.other
    late = " at COMMIT" if other.initially_deferred and other.on_update is Action.NO_ACTION else ""
    return (
        (
            f"{write.doing} changes {write.key.table.shown}.{listed(write.columns)}, which "
            f"{_carrying(found)}{other.table.shown} refers to ON UPDATE {other.on_update}: {write.verbs} a "
            f"referenced row of {write.key.referenced.shown} fails with {found.error.sqlstate}{late} as soon as a "
            f"row of {other.table.shown} is affected."
        ),
        (
            f"{write.key.shown} writes columns of {write.key.table.shown} that {_way(found)} refers to. "
            f"For {other.table.shown} that is an UPDATE of the key it refers to, and its ON UPDATE "
            f"{other.on_update} refuses it, whatever its ON DELETE says."
        ),
    )


def _carrying(found: KnockOn) -> str:
    if not found.between:
        return ""
    names = " and ".join(key.shown for key in found.between)
    return f"{names} (ON UPDATE CASCADE) {'carries' if len(found.between) == 1 else 'carry'} on to what "


def _finding(found: KnockOn, message: str, explanation: str) -> Finding:
    write, other = found.write, found.other
    way = (*found.between, other)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=Severity.ERROR if found.certain else Severity.WARNING,
        key=write.key,
        columns=tuple(name for name in write.columns if name in way[0].referenced_columns),
        message=message,
        explanation=explanation,
        statements=write.statements,
        error=found.error,
        evidence=(
            *(f"{key.qualified} refers to {key.referenced} ({listed(key.referenced_columns)})" for key in way),
            *(f"then also: {each}" for each in found.behind),
        ),
        # A key that follows the change of what it refers to writes its columns all the same.
        fixes=("no-action", "restrict", *(() if Statement.UPDATE in write.statements else ("cascade",))),
        certain=found.certain,
        path=(write.key, *way),
    )


RULE = Rule(
    id="FK115",
    name="written-key-is-referenced",
    severity=Severity.ERROR,
    summary="An action changes columns that other rows refer to in turn",
    explanation="SET NULL, SET DEFAULT or ON UPDATE CASCADE writes a column that a third table refers to. For "
    "that table it is an UPDATE of the key it refers to: ON UPDATE NO ACTION or RESTRICT refuses it (SQLSTATE "
    "23503, 23001 for RESTRICT from PostgreSQL 18 on) as soon as a row is affected (a warning), and ON UPDATE "
    "CASCADE carries the value on, key by key, into a column that refuses it (23502, 23514, 23503: an error) or "
    "may (also 23505: a warning).",
    example="CREATE TABLE people (id int PRIMARY KEY);\n"
    "CREATE TABLE members (id int PRIMARY KEY, person_id int UNIQUE REFERENCES people ON DELETE SET NULL);\n"
    "CREATE TABLE badges (\n"
    "  id int PRIMARY KEY,\n"
    "  person_id int NOT NULL REFERENCES members (person_id) ON UPDATE CASCADE\n"
    ");\n"
    "INSERT INTO people VALUES (1);\n"
    "INSERT INTO members VALUES (5, 1);\n"
    "INSERT INTO badges VALUES (50, 1);\n"
    "DELETE FROM people;  -- ERROR 23502\n",
    find=_find,
    by_row=True,
)
