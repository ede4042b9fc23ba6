"""FK110: the same rows are reached by CASCADE on one way and refused on another.

Actions run breadth first: those of the deleted row, then those of the rows they
deleted, and so on. NO ACTION (unless deferred) and RESTRICT look when their turn
comes, so a row that a longer way would have deleted still refuses.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Statement
from fkdash.rules.actions.cascades import ancestors, cascade_parents, cascades, node, refusing, roots
from fkdash.rules.actions.enforcement import action_runs, refusal_error
from fkdash.rules.actions.rivals import acts_before, reference, same_reference
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.catalog.table_name import TableName


_FAR: Final = 1_000_000


def _find(catalog: Catalog) -> Iterator[Finding]:
    tops, reached = roots(catalog), cascade_parents(catalog)
    for key in refusing(catalog):
        holder = tops.get(key.table, key.table)
        if holder not in reached or (key.on_delete is Action.NO_ACTION and key.initially_deferred):
            continue
        held = tops.get(key.referenced, key.referenced)
        if held == holder:
            continue
        found = _conflict(held, ancestors(catalog, holder), ancestors(catalog, held))
        if found is None or (not found[1] and reference(key) in same_reference(catalog)):
            continue
        top, refused_first = found
        rivals = _direct_rivals(catalog, key) if top == held and not refused_first else ()
        if any(_goes_with(other, key) and acts_before(catalog, other, key) for other in rivals):
            continue
        turn = (
            Turn.FIRST
            if refused_first or (rivals and _is_first(catalog, key, rivals))
            else _turn(catalog, key, rivals)
        )
        yield _finding(catalog, key, top, turn, rivals)


def _by_the_same_name(catalog: Catalog, key: ForeignKey, top: TableName) -> bool:
    """Tell whether a CASCADE way from `top` to the key's table begins with a column called as the key's own.

    `tasks.tenant_id` beside `projects.tenant_id` is the same tenant; `reports.access_user_id` beside
    `reports.user_id` is a user in another part.
    """
    holder = node(catalog, key.table)
    between = ancestors(catalog, holder)
    called = set(zip(key.columns, key.referenced_columns, strict=True))
    return any(
        each.parent == top
        and each.child in between
        and not called.isdisjoint(zip(each.key.columns, each.key.referenced_columns, strict=True))
        for each in cascades(catalog)
    )


def _conflict(
    held: TableName, reach: Mapping[TableName, int], above: Mapping[TableName, int]
) -> tuple[TableName, bool] | None:
    """Give the table whose delete runs into the refusal, and whether the refusal comes first for certain.

    The refusing row is looked at one step after the row it holds is deleted.
    """
    first: tuple[int, TableName] | None = None
    tied: tuple[int, TableName] | None = None
    for top, steps in reach.items():
        turn = 1 if top == held else above.get(top, _FAR) + 1
        if steps > turn:
            first = min(first, (turn, top)) if first is not None else (turn, top)
        elif steps == turn:
            tied = min(tied, (turn, top)) if tied is not None else (turn, top)
    if first is not None:
        return first[1], True
    return (tied[1], False) if tied is not None else None


class Turn(Enum):
    """When the refusing key is looked at, compared with the CASCADE that would delete its row."""

    FIRST = "first"
    LAST = "last"
    NOT_KNOWN = "not known"


def _direct_rivals(catalog: Catalog, key: ForeignKey) -> tuple[ForeignKey, ...]:
    """Give the CASCADE keys from the same table to the same one."""
    return tuple(
        other
        for other in catalog.declared_on[key.table]
        if other.referenced == key.referenced
        and other.on_delete is Action.CASCADE
        and action_runs(catalog, other, Statement.DELETE)
    )


def _goes_with(other: ForeignKey, key: ForeignKey) -> bool:
    """Tell whether a row that refers to something by `key` refers to the very same row by `other`."""
    mine = set(zip(key.columns, key.referenced_columns, strict=True))
    return set(zip(other.columns, other.referenced_columns, strict=True)) <= mine


def _is_first(catalog: Catalog, key: ForeignKey, rivals: tuple[ForeignKey, ...]) -> bool:
    return not key.copies and all(acts_before(catalog, key, other) for other in rivals)


def _turn(catalog: Catalog, key: ForeignKey, rivals: tuple[ForeignKey, ...]) -> Turn:
    last = rivals and not key.copies and all(acts_before(catalog, other, key) for other in rivals)
    return Turn.LAST if last else Turn.NOT_KNOWN


def _finding(
    catalog: Catalog, key: ForeignKey, top: TableName, turn: Turn, rivals: tuple[ForeignKey, ...]
) -> Finding:
    error = refusal_error(catalog, key, key.on_delete)
    names = " and ".join(other.shown for other in rivals)
    # Where the key refers to `top` itself, both ways need not lead to one and the same row.
    same_row = top != node(catalog, key.referenced) or _by_the_same_name(catalog, key, top)
    if turn is Turn.FIRST:
        message = (
            f"Deleting a row of {top.shown} would cascade to {key.table.shown} as well, but {key.shown} "
            f"({key.on_delete}) is looked at before those rows are gone and refuses with {error.sqlstate} where "
            "one refers to what goes."
        )
    elif turn is Turn.LAST:
        message = (
            f"Deleting a row of {top.shown} fails with {error.sqlstate} where a row of {key.table.shown} refers "
            f"to it by {key.shown} ({key.on_delete}) only: one that refers to it by {names} (CASCADE) too is "
            f"deleted first."
        )
    else:
        message = (
            f"Deleting a row of {top.shown} reaches {key.table.shown} by {names or 'CASCADE'} and by {key.shown} "
            f"({key.on_delete}) at the same moment: of two keys the one whose internal trigger has the lower "
            f"name, normally the older, comes first, and the delete then succeeds or fails with {error.sqlstate}."
        )
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity if same_row else Severity.INFO,
        key=key,
        columns=key.columns,
        message=message,
        explanation=f"Rows of {key.table.shown} hang on {top.shown} in two ways: over CASCADE, which would delete "
        f"them, and over {key.qualified}, which is {key.on_delete}. PostgreSQL runs actions breadth first and "
        "does not wait for the cascade to finish. A NO ACTION key that is DEFERRABLE INITIALLY DEFERRED would "
        "be looked at last."
        + (
            ""
            if same_row
            else f" No CASCADE from {top.shown} goes by columns of the same names: the two ways need not meet in "
            "one row, and the refusal may be what was meant."
        ),
        statements=(Statement.DELETE,),
        error=error,
        evidence=(f"{key.qualified}: ON DELETE {key.on_delete}", f"{top} cascades to {key.table}"),
        fixes=("cascade",),
        certain=turn is Turn.FIRST and top == node(catalog, key.referenced),
    )


RULE = Rule(
    id="FK110",
    name="conflicting-paths",
    severity=Severity.WARNING,
    summary="The same rows are reached by CASCADE on one way and refused on another",
    explanation="Rows hang on the same ancestor in two ways: a CASCADE path would delete them, and a NO ACTION "
    "or RESTRICT key refuses to let go of what they refer to. Actions run breadth first; where the refusing "
    "key is nearer than the end of the CASCADE path it refuses first (SQLSTATE 23503, 23001 for RESTRICT from "
    "PostgreSQL 18 on), although the cascade would have removed the row. At equal distance the order of the "
    "internal trigger names decides, normally the order of creation. Where the refusing key refers to the very "
    "table at the top, by columns that no CASCADE from there is called by (approver_id beside user_id), the two "
    "ways mostly lead to different rows: that is a note.",
    example="CREATE TABLE tenants (id int PRIMARY KEY);\n"
    "CREATE TABLE projects (id int PRIMARY KEY, tenant_id int REFERENCES tenants ON DELETE CASCADE);\n"
    "CREATE TABLE tasks (\n"
    "  id int PRIMARY KEY,\n"
    "  project_id int REFERENCES projects ON DELETE CASCADE,\n"
    "  tenant_id int REFERENCES tenants\n"
    ");\n"
    "INSERT INTO tenants VALUES (1);\n"
    "INSERT INTO projects VALUES (1, 1);\n"
    "INSERT INTO tasks VALUES (1, 1, 1);\n"
    "DELETE FROM tenants;  -- ERROR 23503, although the tasks would have been deleted\n",
    find=_find,
)
