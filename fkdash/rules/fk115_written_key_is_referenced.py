"""FK115: an action changes columns that other rows refer to in turn.

Writing a referenced column is an UPDATE of that key for the next table, whose ON
UPDATE action decides, whatever its ON DELETE says (CREATE TABLE, "ON UPDATE").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.rules.cascades import taken_by
from fkdash.rules.enforcement import action_runs, refusal_error
from fkdash.rules.finding import Finding, Rule, Severity, Statement
from fkdash.rules.obstacles import Kind, failing_writes, obstacles_to
from fkdash.rules.once import once_per_catalog
from fkdash.rules.rescues import rescues
from fkdash.rules.values import NOT_NULL
from fkdash.rules.writes import Write, writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.rules.finding import PredictedError
    from fkdash.rules.values import Results


_STEPS: Final = 2


@once_per_catalog
def knock_ons(catalog: Catalog) -> tuple[Finding, ...]:
    """Give every finding of this rule; a write that fails by itself changes no key."""
    stopped = failing_writes(catalog)
    return tuple(
        finding
        for write in (*writes(catalog), *_carried_keys(catalog))
        if id(write) not in stopped
        for other in catalog.referencing.get(write.key.table, ())
        if other is not write.key
        and not set(other.referenced_columns).isdisjoint(write.columns)
        and action_runs(catalog, other, Statement.UPDATE)
        for finding in _verdict(catalog, write, other)
    )


def _carried_keys(catalog: Catalog) -> Iterator[Write]:
    for key in catalog.foreign_keys:
        cascades = key.on_update is Action.CASCADE and key.table in catalog.referencing
        if cascades and action_runs(catalog, key, Statement.UPDATE):
            yield Write(key, Action.CASCADE, key.columns, (Statement.UPDATE,))


def _values(catalog: Catalog, write: Write) -> Mapping[str, Results]:
    if write.action is Action.CASCADE:
        return dict.fromkeys(write.columns, NOT_NULL)
    return write.values(catalog)


def _verdict(catalog: Catalog, write: Write, other: ForeignKey) -> Iterator[Finding]:
    values = _values(catalog, write)
    if other.on_update in {Action.NO_ACTION, Action.RESTRICT}:
        yield _refused(catalog, write, other)
    elif other.on_update is Action.CASCADE:
        carried = {
            own: values[theirs]
            for own, theirs in zip(other.columns, other.referenced_columns, strict=True)
            if theirs in values
        }
        met = obstacles_to(catalog, Write(other, write.action, tuple(carried), write.statements), carried)
        certain = next((each for each in met if each.certain and each.kind is not Kind.UNIQUE), None)
        if certain is not None:
            spared = (
                *rescues(catalog, write.key, write.statements[0], write.columns),
                *filter(None, (taken_by(catalog, write.key.referenced, other.table, _STEPS),)),
            )
            yield _finding(
                write,
                other,
                severity=Severity.WARNING if spared else Severity.ERROR,
                certain=not spared,
                message=f"{write.doing} of {write.key.table.name} is carried on by {other.name} (ON UPDATE "
                f"CASCADE), where {certain.reason}: {write.verbs} a referenced row of {write.key.referenced.name} "
                f"{'can fail' if spared else 'fails'} with {certain.error.sqlstate} as soon as a row of "
                f"{other.table.name} is reached.",
                explanation=f"{write.key.name} writes {', '.join(write.columns)} of {write.key.table.name}, "
                f"which {other.table.name} refers to. Its ON UPDATE CASCADE takes the new value over, but "
                f"{certain.reason}.",
                error=certain.error,
            )


def _refused(catalog: Catalog, write: Write, other: ForeignKey) -> Finding:
    error = refusal_error(catalog, other, other.on_update)
    late = " at COMMIT" if other.initially_deferred and other.on_update is Action.NO_ACTION else ""
    return _finding(
        write,
        other,
        severity=Severity.WARNING,
        message=f"{write.doing} changes {write.key.table.name}.{', '.join(write.columns)}, which "
        f"{other.table.name} refers to ON UPDATE {other.on_update}: {write.verbs} a referenced row of "
        f"{write.key.referenced.name} fails with {error.sqlstate}{late} as soon as a row of {other.table.name} "
        "is affected.",
        explanation=f"{write.key.name} writes columns of {write.key.table.name} that {other.name} refers to. "
        f"For {other.table.name} that is an UPDATE of the key it refers to, and its ON UPDATE {other.on_update} "
        "refuses it, whatever its ON DELETE says.",
        error=error,
        certain=False,
    )


def _finding(
    write: Write,
    other: ForeignKey,
    *,
    severity: Severity,
    message: str,
    explanation: str,
    error: PredictedError,
    certain: bool = True,
) -> Finding:
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=severity,
        key=write.key,
        columns=tuple(name for name in write.columns if name in other.referenced_columns),
        message=message,
        explanation=explanation,
        statements=write.statements,
        error=error,
        evidence=(f"{other.qualified} refers to {write.key.table} ({', '.join(other.referenced_columns)})",),
        fixes=("no-action", "restrict", "cascade"),
        certain=certain,
        path=(write.key, other),
    )


RULE = Rule(
    id="FK115",
    name="written-key-is-referenced",
    severity=Severity.ERROR,
    summary="An action changes columns that other rows refer to in turn",
    explanation="SET NULL, SET DEFAULT or ON UPDATE CASCADE writes a column that a third table refers to. For "
    "that table it is an UPDATE of the key it refers to: ON UPDATE NO ACTION or RESTRICT refuses it (SQLSTATE "
    "23503, 23001 for RESTRICT from PostgreSQL 18 on) as soon as a row is affected (a warning), and ON UPDATE "
    "CASCADE carries the value on, into a column that may refuse it (23502, 23514, 23503: an error).",
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
    find=knock_ons,
)
