"""FK101: SET NULL into a column that cannot be NULL.

PostgreSQL accepts the declaration and runs the action as an ordinary UPDATE, so
the column's NOT NULL (its own, a primary key's or a domain's) refuses it and the
statement on the referenced table fails (CREATE TABLE, "SET NULL").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.rules.enforcement import action_runs
from fkdash.rules.finding import Finding, PredictedError, Rule, Severity, Statement
from fkdash.rules.refusal import Refusal, can_drop_not_null, refusals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog, ForeignKey

_COLUMN_LISTS_SINCE: Final = 150000
_VERBS: Final = {Statement.DELETE: "deleting", Statement.UPDATE: "changing the key of"}


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        finding = _verdict(catalog, key)
        if finding is not None:
            yield finding


def _verdict(catalog: Catalog, key: ForeignKey) -> Finding | None:
    written = _written(catalog, key)
    refusing = refusals(catalog, key, {name for names in written.values() for name in names})
    if not refusing:
        return None
    columns = tuple(dict.fromkeys(refusal.column.name for refusal in refusing))
    statements = tuple(each for each, names in written.items() if not set(columns).isdisjoint(names))
    doing = " and ".join(f"ON {statement} SET NULL" for statement in statements)
    verbs = " or ".join(_VERBS[statement] for statement in statements)
    names = " and ".join(f"{key.table.name}.{name}" for name in columns)
    reasons = "; ".join(refusal.reason for refusal in refusing)
    return Finding(
        rule=RULE.id,
        name=RULE.name,
        severity=RULE.severity,
        key=key,
        columns=columns,
        message=f"{doing} writes NULL into {names}, which cannot be NULL: "
        f"{verbs} a referenced {key.referenced.name} row fails with 23502.",
        explanation=f"{key.name} promises to set {names} to NULL when its {key.referenced.name} row goes away, "
        f"but {reasons}. PostgreSQL accepted the declaration all the same; {verbs} any {key.referenced.name} "
        f"row that a {key.table.name} row refers to fails. Rows that nothing refers to are not affected.",
        statements=statements,
        error=_error(refusing[0]),
        evidence=tuple(refusal.reason for refusal in refusing),
        fixes=_fixes(catalog, key, statements, refusing),
    )


def _written(catalog: Catalog, key: ForeignKey) -> dict[Statement, tuple[str, ...]]:
    """Give, for each statement whose SET NULL action runs, the columns it writes."""
    written: dict[Statement, tuple[str, ...]] = {}
    if key.on_delete is Action.SET_NULL and action_runs(catalog, key, Statement.DELETE):
        written[Statement.DELETE] = key.set_columns
    if key.on_update is Action.SET_NULL and action_runs(catalog, key, Statement.UPDATE):
        written[Statement.UPDATE] = key.columns
    return written


def _error(refusal: Refusal) -> PredictedError:
    column = refusal.column
    if refusal.by_domain and column.domain is not None:
        return PredictedError("23502", f"domain {column.domain.name} does not allow null values")
    return PredictedError(
        "23502",
        f'null value in column "{column.name}" of relation "{refusal.table.name.name}" '
        "violates not-null constraint",
    )


def _fixes(
    catalog: Catalog, key: ForeignKey, statements: tuple[Statement, ...], refusing: tuple[Refusal, ...]
) -> tuple[str, ...]:
    fixes = ["no-action"]
    if not any(can_drop_not_null(catalog, refusal) for refusal in refusing):
        fixes.append("drop-not-null")
    fixes += ["restrict", "cascade"]
    nullable = set(key.columns) - {refusal.column.name for refusal in refusing}
    lists_known = catalog.server is None or catalog.server.version_number >= _COLUMN_LISTS_SINCE
    if nullable and statements == (Statement.DELETE,) and lists_known:
        fixes.append("set-null-columns")
    return tuple(fixes)


RULE = Rule(
    id="FK101",
    name="set-null-on-not-null",
    severity=Severity.ERROR,
    summary="SET NULL into a column that cannot be NULL",
    explanation="The referential action is SET NULL, but at least one column that it writes cannot hold "
    "NULL: it is NOT NULL, part of the primary key, an identity column, or has a NOT NULL domain. PostgreSQL "
    "accepts the declaration without a word and refuses the action with SQLSTATE 23502 whenever it runs: every "
    "DELETE (or UPDATE of the key) of a referenced row fails. Rows that nothing refers to can still be "
    "deleted. Either the action or the NOT NULL has to go.",
    example="CREATE TABLE workspaces (id int PRIMARY KEY);\n"
    "CREATE TABLE users (\n"
    "  id int PRIMARY KEY,\n"
    "  primary_workspace_id int NOT NULL REFERENCES workspaces ON DELETE SET NULL\n"
    ");\n"
    "INSERT INTO workspaces VALUES (1);\n"
    "INSERT INTO users VALUES (10, 1);\n"
    "DELETE FROM workspaces WHERE id = 1;  -- ERROR 23502\n",
    find=_find,
)
