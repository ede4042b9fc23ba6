"""What a finding means for an operator, in sentences; pure functions over what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action, Statement
from fkdash.report.names import shown_columns, shown_name
from fkdash.rules.severity import Severity
from fkdash.sqlstates import NOT_NULL_VIOLATION

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding
    from fkdash.tui.widgets.painting import Tone

__all__ = [
    "ACTION_TONES",
    "behaviour",
    "consequence",
    "fails_deletes",
    "fails_here",
    "holds_rows_back",
    "rows_of",
    "shown_columns",
    "shown_name",
]

_DELETES: Final = {
    Action.CASCADE: "also deletes every row of {table} that refers to it",
    Action.SET_NULL: "keeps the rows of {table} that refer to it and sets {columns} to NULL",
    Action.SET_DEFAULT: "keeps the rows of {table} that refer to it and sets {columns} to its default",
    Action.NO_ACTION: "is refused while a row of {table} refers to it",
    Action.RESTRICT: "is refused at once while a row of {table} refers to it",
}
ACTION_TONES: Final[dict[Action, Tone]] = {
    Action.CASCADE: "deletes",
    Action.SET_NULL: "nulls",
    Action.SET_DEFAULT: "nulls",
    Action.NO_ACTION: "refuses",
    Action.RESTRICT: "refuses",
}
"""What an action does to the referencing rows has one look on every screen."""
_REFUSING: Final = (Action.NO_ACTION, Action.RESTRICT)


def rows_of(number: int, name: TableName, *, exact: bool = True) -> str:
    """Give a number of rows of a table; a lower limit says so."""
    return f"{'' if exact else 'at least '}{number:,} {'row of ' if number == 1 else ''}{shown_name(name)}"


def holds_rows_back(key: ForeignKey, findings: tuple[Finding, ...]) -> bool:
    """Tell whether referenced rows cannot be deleted while they are referred to."""
    return key.on_delete in _REFUSING or any(map(fails_here, findings))


def fails_deletes(finding: Finding) -> bool:
    """Tell whether a finding makes deletes fail, rather than only risking something."""
    return finding.severity is Severity.ERROR and Statement.DELETE in finding.statements and finding.certain


def fails_here(finding: Finding) -> bool:
    """Tell whether it is this very foreign key that refuses, not one further down the way of the delete."""
    return fails_deletes(finding) and len(finding.path) <= 1


def consequence(finding: Finding, impact: Impact | None) -> str:
    """Give what a contradiction does to the rows that exist, in one or two sentences."""
    key = finding.key
    if impact is None or not fails_here(finding):
        return finding.message
    if impact.referenced_rows is None or impact.blocking_rows is None:
        return f"{finding.message} How many rows that is, is not known: {impact.reason}."
    table = shown_name(key.table)
    if impact.every and impact.referenced_rows:
        blocked = rows_of(impact.referenced_rows, key.referenced, exact=impact.exact)
        any_of = "" if impact.referenced_rows == 1 else "any of "
        return f"Deleting {any_of}{blocked} fails, referred to or not. {finding.message}"
    if not impact.blocking_rows:
        return (
            f"Nothing fails today: no row of {table} refers to a row of {shown_name(key.referenced)}. "
            "Once one does, deleting that row fails."
        )
    blocked = rows_of(impact.referenced_rows, key.referenced, exact=impact.exact)
    blocking = rows_of(impact.blocking_rows, key.table, exact=impact.exact)
    any_of = "" if impact.referenced_rows == 1 else "any of "
    columns = " and ".join(finding.columns)
    nulled = finding.error is not None and finding.error.sqlstate == NOT_NULL_VIOLATION and not finding.path
    if nulled and key.on_delete is Action.SET_NULL:
        have = "has" if impact.blocking_rows == 1 else "have"
        cannot = "it cannot be NULL" if len(finding.columns) == 1 else "they cannot be NULL"
        return f"Deleting {any_of}{blocked} fails: {blocking} {have} {columns} pointing there, and {cannot}."
    return f"Deleting {any_of}{blocked} fails: referred to by {blocking}. {finding.message}"


def behaviour(key: ForeignKey) -> str:
    """Give what deleting a referenced row does, going by the declaration alone."""
    columns = " and ".join(key.set_columns)
    if not key.enforced:
        return "It is NOT ENFORCED: deleting a referenced row does nothing here, and nothing is checked."
    effect = _DELETES[key.on_delete].format(table=shown_name(key.table), columns=columns)
    return f"Deleting a row of {shown_name(key.referenced)} {effect}."
