"""The options that change columns and the action of a key in one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.hypothetical import with_nullable
from fkdash.fix.changed_key import wanted_key
from fkdash.fix.option import Option
from fkdash.fix.undeclared import contradiction
from fkdash.rules.actions.refusal import can_drop_not_null, refusals
from fkdash.rules.finding import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding


def drop_not_null_set_null(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET NULL together with columns that accept NULL, where today some of them do not."""
    key = finding.key
    refusing = refusals(catalog, key, key.columns)
    new = wanted_key(catalog, finding, "set-null")
    if not refusing or new == key:
        return None
    names = ", ".join(key.columns)
    refused = next(filter(None, (can_drop_not_null(catalog, refusal) for refusal in refusing)), "")
    if not refused and new.period:
        refused = "a key WITH PERIOD knows no action but NO ACTION"
    if not refused and any(column.generated for column in catalog.columns(key)):
        refused = "a generated column cannot be written"
    if not refused:
        columns = tuple(dict.fromkeys(refusal.column.name for refusal in refusing))
        found = contradiction(with_nullable(catalog, key.table, columns), new, finding.statements or _DELETE)
        refused = found.message.rstrip(".") if found is not None else ""
    return Option(
        id="drop-not-null-set-null",
        title="SET NULL and allow NULL",
        then=f"deleting a row of {key.referenced.name} works; the rows of {key.table.name} stay, and their "
        f"{names} becomes NULL",
        application=f"must cope with NULL in {key.table.name}.{names}, and its own schema files must say so",
        frees=True,
        undo="until a NULL is written",
        refused=refused,
    )


def set_column_default(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer SET DEFAULT with a default that the operator names: the key of a row that is there."""
    key = finding.key
    new = wanted_key(catalog, finding, "set-default")
    names = ", ".join(new.set_columns)
    refused = ""
    if any(
        column.generated or column.identity for column in catalog.columns(key) if column.name in new.set_columns
    ):
        refused = "a generated or identity column takes no default"
    elif new.period:
        refused = "a key WITH PERIOD knows no action but NO ACTION"
    return Option(
        id="set-column-default",
        title="default you name",
        then=f"deleting a row of {key.referenced.name} works; the rows of {key.table.name} stay and then refer to "
        f"the row of {key.referenced.name} you name",
        application=f"gets that default in every new row of {key.table.name} that names no {names}; the row "
        "itself cannot be deleted any more",
        frees=True,
        undo="the default and the constraint any time; the rows stay where they were put",
        refused=refused,
        asks=new.set_columns,
    )


_DELETE: Final = (Statement.DELETE,)
COMBINED_OPTIONS: Final[tuple[Callable[[Catalog, Finding], Option | None], ...]] = (
    drop_not_null_set_null,
    set_column_default,
)
