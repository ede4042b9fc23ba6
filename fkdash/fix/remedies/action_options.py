"""The options that change what happens when a referenced row goes or its key changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.model import Action
from fkdash.fix.changed_key import statements_of, wanted_key
from fkdash.fix.option import Option
from fkdash.fix.targets import nullable_columns, refused_columns
from fkdash.fix.undeclared import contradiction
from fkdash.rules.actions.enforcement import refusal_sqlstate
from fkdash.rules.actions.refusal import can_drop_not_null, takes_column_lists
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def no_action(catalog: Catalog, finding: Finding) -> Option:
    """Offer NO ACTION."""
    key = finding.key
    return Option(
        id="no-action",
        title="NO ACTION",
        then=f"{_verb(finding)} a referenced row of {key.referenced.name} is refused with 23503 "
        f"until no row of {key.table.name} refers to it",
        application=f"gets a clear error that names {key.name}; "
        f"rows of {key.table.name} must be moved or deleted first",
        frees=False,
        undo="any time",
        refused=_refused(catalog, finding, "no-action"),
    )


def drop_not_null(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer to let the columns be NULL, where the action writes NULL and they refuse it."""
    key = finding.key
    refusing = refused_columns(catalog, finding)
    if not refusing or not finding.rule:
        return None
    names = ", ".join(dict.fromkeys(f"{refusal.table.name.name}.{refusal.column.name}" for refusal in refusing))
    reasons = filter(None, (can_drop_not_null(catalog, refusal) for refusal in refusing))
    return Option(
        id="drop-not-null",
        title="allow NULL",
        then=f"{_verb(finding)} a row of {key.referenced.name} works; the rows of {key.table.name} stay, "
        f"and their {', '.join(key.set_columns)} becomes NULL",
        application=f"must cope with NULL in {names}, and its own schema files must say so",
        frees=True,
        undo="until a NULL is written",
        refused=next(reasons, ""),
    )


def cascade(catalog: Catalog, finding: Finding) -> Option:
    """Offer CASCADE."""
    key = finding.key
    deletes = Statement.DELETE in statements_of(finding)
    return Option(
        id="cascade",
        title="CASCADE",
        then=f"deleting a row of {key.referenced.name} also deletes every row of {key.table.name} that refers to "
        "it, and whatever hangs on those"
        if deletes
        else f"changing the key of a row of {key.referenced.name} changes it in every row of {key.table.name} too",
        application=f"loses rows of {key.table.name} without being asked" if deletes else "sees the new key",
        frees=True,
        undo="the constraint any time, the deleted rows never" if deletes else "any time",
        refused=_refused(catalog, finding, "cascade"),
    )


def restrict(catalog: Catalog, finding: Finding) -> Option:
    """Offer RESTRICT."""
    code = refusal_sqlstate(catalog, Action.RESTRICT)
    return Option(
        id="restrict",
        title="RESTRICT",
        then=f"as NO ACTION, with {code}, and never deferred to the end of the transaction",
        application="gets a clear error at once, even inside a transaction that would put things right later",
        frees=False,
        undo="any time",
        refused=_refused(catalog, finding, "restrict"),
    )


def set_null(catalog: Catalog, finding: Finding) -> Option:
    """Offer SET NULL of every column."""
    key = finding.key
    names = ", ".join(key.columns)
    return Option(
        id="set-null",
        title="SET NULL",
        then=f"{_verb(finding)} a row of {key.referenced.name} works; the rows of {key.table.name} stay, "
        f"and their {names} becomes NULL",
        application=f"must cope with NULL in {key.table.name}.{names}",
        frees=True,
        undo="the constraint any time; the NULLs stay",
        refused=_refused(catalog, finding, "set-null"),
    )


def set_null_columns(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET NULL of those columns only that accept it, for a key of several columns."""
    key = finding.key
    nullable = nullable_columns(catalog, finding)
    if len(key.columns) == 1:
        return None
    refused = ""
    if not nullable:
        refused = "every column of the key refuses NULL"
    elif not takes_column_lists(catalog):
        refused = "column lists for SET NULL exist from PostgreSQL 15 on"
    elif statements_of(finding) != (Statement.DELETE,):
        refused = "ON UPDATE SET NULL takes no column list"
    return Option(
        id="set-null-columns",
        title=f"SET NULL ({', '.join(nullable)})",
        then=f"deleting a row of {key.referenced.name} works; the rows of {key.table.name} stay, only "
        f"{', '.join(nullable) or 'no column'} becomes NULL",
        application=f"must cope with NULL in {', '.join(nullable) or 'no column'}",
        frees=True,
        undo="any time for the constraint; the NULLs stay",
        refused=refused or _refused(catalog, finding, "set-null-columns"),
    )


def set_default(catalog: Catalog, finding: Finding) -> Option:
    """Offer SET DEFAULT."""
    key = finding.key
    columns = catalog.tables[key.table].columns_by_name
    written = ", ".join(f"{name} = {columns[name].default or 'NULL'}" for name in key.columns)
    return Option(
        id="set-default",
        title="SET DEFAULT",
        then=f"{_verb(finding)} a row of {key.referenced.name} works; the rows of {key.table.name} stay and "
        f"then have {written}, which must be a row of {key.referenced.name}",
        application=f"finds rows of {key.table.name} under the default; that row cannot be deleted any more",
        frees=True,
        undo="the constraint any time; the rows stay where they were put",
        refused=_refused(catalog, finding, "set-default"),
    )


def _refused(catalog: Catalog, finding: Finding, option_id: str) -> str:
    key = finding.key
    wanted = wanted_key(catalog, finding, option_id)
    if wanted == key:
        return "that is what it does already"
    if wanted.period and (wanted.on_delete, wanted.on_update) != (Action.NO_ACTION, Action.NO_ACTION):
        return "a key WITH PERIOD knows no action but NO ACTION"
    if _generated(catalog, finding, option_id):
        return "a generated column cannot be written"
    found = contradiction(catalog, wanted, statements_of(finding))
    return found.message.rstrip(".") if found is not None else ""


def _generated(catalog: Catalog, finding: Finding, option_id: str) -> bool:
    writes = option_id in {"set-null", "set-null-columns", "set-default"}
    return writes and any(column.generated for column in catalog.columns(finding.key))


def _verb(finding: Finding) -> str:
    return "deleting" if Statement.DELETE in statements_of(finding) else "changing the key of"


ACTION_OPTIONS: Final[tuple[Callable[[Catalog, Finding], Option | None], ...]] = (
    no_action,
    drop_not_null,
    set_null,
    set_null_columns,
    set_default,
    restrict,
    cascade,
)
