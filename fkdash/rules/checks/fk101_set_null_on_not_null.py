"""FK101: SET NULL into a column that cannot be NULL.

PostgreSQL accepts the declaration and runs the action as an ordinary UPDATE, so
the column's NOT NULL (its own, a primary key's or a domain's) refuses it and the
statement on the referenced table fails (CREATE TABLE, "SET NULL").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Match, Statement
from fkdash.rules.actions.obstacle import Kind
from fkdash.rules.actions.refusal import Refusal, can_drop_not_null, refusals, takes_column_lists
from fkdash.rules.actions.verdicts import Case, cases, finding
from fkdash.rules.finding import Finding, HangsOn, Rule
from fkdash.rules.severity import Severity
from fkdash.sqlstates import NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.rules.actions.obstacle import Obstacle


def _find(catalog: Catalog) -> Iterator[Finding]:
    for case in cases(catalog, Action.SET_NULL, _wanted, apart=False):
        table = catalog.tables[case.key.table]
        if all(table.columns_by_name[name].identity_always for name in case.columns):
            continue
        yield finding(
            RULE,
            case,
            message=f"{case.doing} writes NULL into {case.column_names}, which cannot be NULL: {case.fails}.",
            explanation=_explanation(case),
            fixes=_fixes(catalog, case, refusals(catalog, case.key, case.columns)),
        )


def _wanted(obstacle: Obstacle) -> bool:
    not_null = obstacle.kind in {Kind.NOT_NULL, Kind.DOMAIN} and obstacle.error.sqlstate == NOT_NULL_VIOLATION
    return not_null and not obstacle.generated


def _explanation(case: Case) -> str:
    key = case.key
    return (
        f"{key.shown} promises to set {case.column_names} to NULL when its row of {key.referenced.shown} goes "
        f"away, but {case.reasons}. PostgreSQL accepted the declaration all the same; {case.verbs} any row "
        f"of {key.referenced.shown} that a row of {key.table.shown} refers to fails. Rows that nothing refers to "
        "are not affected."
    )


def _fixes(catalog: Catalog, case: Case, refusing: tuple[Refusal, ...]) -> tuple[str, ...]:
    key = case.key
    fixes = ["no-action"]
    # Something else in the way, a CHECK say, would still refuse the NULL.
    if case.alone and not any(can_drop_not_null(catalog, refusal) for refusal in refusing):
        fixes.append("drop-not-null")
    fixes += ["restrict", "cascade"]
    nullable = set(key.columns) - {refusal.column.name for refusal in refusing}
    if (
        nullable
        and case.statements == (Statement.DELETE,)
        and takes_column_lists(catalog)
        and key.match is Match.SIMPLE
    ):
        fixes.append("set-null-columns")
    return tuple(fixes)


RULE = Rule(
    id="FK101",
    name="set-null-on-not-null",
    severity=Severity.ERROR,
    summary="SET NULL into a column that cannot be NULL",
    explanation="The referential action is SET NULL, but at least one column that it writes cannot hold NULL: "
    "it is NOT NULL, part of the primary key, an identity column, or has a NOT NULL domain. PostgreSQL accepts "
    "the declaration without a word and refuses the action with SQLSTATE 23502 whenever it runs: every DELETE "
    "(or UPDATE of the key) of a referenced row fails. Rows that nothing refers to can still be deleted. "
    "Either the action or the NOT NULL has to go.",
    example="CREATE TABLE workspaces (id int PRIMARY KEY);\n"
    "CREATE TABLE users (\n"
    "  id int PRIMARY KEY,\n"
    "  primary_workspace_id int NOT NULL REFERENCES workspaces ON DELETE SET NULL\n"
    ");\n"
    "INSERT INTO workspaces VALUES (1);\n"
    "INSERT INTO users VALUES (10, 1);\n"
    "DELETE FROM workspaces WHERE id = 1;  -- ERROR 23502\n",
    find=_find,
    hangs_on=frozenset({HangsOn.NOT_NULL}),
)
