"""The fixes that answer a finding, side by side, each with the words of its consequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fkdash.fix.targets import COLUMN_LISTS_SINCE, nullable_columns, refused_columns
from fkdash.rules.finding import Statement
from fkdash.rules.refusal import can_drop_not_null

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding

RESTRICT_HAS_ITS_OWN_CODE_SINCE: Final = 180000


@dataclass(frozen=True, slots=True)
class Option:
    """A fix an operator may choose; never chosen for them.

    `then` says what deleting a referenced row does afterwards, `application` what the application has to cope
    with, `undo` whether and until when there is a way back. `refused` is the reason why it is impossible here,
    empty when it can be planned. `frees` tells whether rows that are blocked today can be deleted afterwards.
    """

    id: str
    title: str
    then: str
    application: str
    frees: bool
    undo: str
    refused: str = ""


def options(catalog: Catalog, finding: Finding) -> tuple[Option, ...]:
    """Give every option for a finding, those that change least for existing rows first."""
    made = (make(catalog, finding) for make in _MAKERS)
    return tuple(option for option in made if option is not None)


def _no_action(_: Catalog, finding: Finding) -> Option:
    key = finding.key
    return Option(
        id="no-action",
        title="NO ACTION",
        then=f"{_verb(finding)} a referenced {key.referenced.name} row is refused with 23503 "
        f"until no {key.table.name} row refers to it",
        application=f"gets a clear error that names {key.name}; "
        f"{key.table.name} rows must be moved or deleted first",
        frees=False,
        undo="any time",
    )


def _drop_not_null(catalog: Catalog, finding: Finding) -> Option:
    key = finding.key
    refusing = refused_columns(catalog, finding)
    names = ", ".join(dict.fromkeys(f"{refusal.table.name.name}.{refusal.column.name}" for refusal in refusing))
    reasons = filter(None, (can_drop_not_null(catalog, refusal) for refusal in refusing))
    return Option(
        id="drop-not-null",
        title="allow NULL",
        then=f"{_verb(finding)} a {key.referenced.name} row works; the {key.table.name} rows stay, "
        f"and their {', '.join(key.set_columns)} becomes NULL",
        application=f"must cope with NULL in {names}, and its own schema files must say so",
        frees=True,
        undo="until a NULL is written",
        refused=next(reasons, ""),
    )


def _cascade(_: Catalog, finding: Finding) -> Option:
    key = finding.key
    deletes = Statement.DELETE in finding.statements
    return Option(
        id="cascade",
        title="CASCADE",
        then=f"deleting a {key.referenced.name} row also deletes every {key.table.name} row that refers to it, "
        "and whatever hangs on those"
        if deletes
        else f"changing the key of a {key.referenced.name} row changes it in every {key.table.name} row too",
        application=f"loses {key.table.name} rows without being asked" if deletes else "sees the new key",
        frees=True,
        undo="the constraint any time, the deleted rows never" if deletes else "any time",
    )


def _restrict(catalog: Catalog, _: Finding) -> Option:
    version = catalog.server.version_number if catalog.server else 0
    code = "23001" if version >= RESTRICT_HAS_ITS_OWN_CODE_SINCE else "23503"
    return Option(
        id="restrict",
        title="RESTRICT",
        then=f"as NO ACTION, with {code}, and never deferred to the end of the transaction",
        application="gets a clear error at once, even inside a transaction that would put things right later",
        frees=False,
        undo="any time",
    )


def _set_null_columns(catalog: Catalog, finding: Finding) -> Option | None:
    key = finding.key
    nullable = nullable_columns(catalog, finding)
    if len(key.columns) == 1:
        return None
    version = catalog.server.version_number if catalog.server else COLUMN_LISTS_SINCE
    refused = ""
    if not nullable:
        refused = "every column of the key refuses NULL"
    elif version < COLUMN_LISTS_SINCE:
        refused = "column lists for SET NULL exist from PostgreSQL 15 on"
    elif finding.statements != (Statement.DELETE,):
        refused = "ON UPDATE SET NULL takes no column list"
    return Option(
        id="set-null-columns",
        title=f"SET NULL ({', '.join(nullable)})",
        then=f"deleting a {key.referenced.name} row works; the {key.table.name} rows stay, only "
        f"{', '.join(nullable) or 'no column'} becomes NULL",
        application=f"must cope with NULL in {', '.join(nullable) or 'no column'}",
        frees=True,
        undo="any time for the constraint; the NULLs stay",
        refused=refused,
    )


def _verb(finding: Finding) -> str:
    return "deleting" if Statement.DELETE in finding.statements else "changing the key of"


_MAKERS: Final[tuple[Callable[[Catalog, Finding], Option | None], ...]] = (
    _no_action,
    _drop_not_null,
    _set_null_columns,
    _cascade,
    _restrict,
)
