"""What makes an outcome unpredictable: code of the user's, hidden rows; and what the owner may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind
from fkdash.preview.model import MayStay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from fkdash.preview.declared.facts import RefusedFunction, TableFact, TriggerFact
    from fkdash.preview.declared.reached import Facts


def rule_doubts(table: TableFact, event: str) -> Iterator[MayStay]:
    """Give doubts about a statement on a table that a rule rewrites."""
    if table.rewrites(event):
        yield MayStay(f"A rule ON {event} rewrites the statement on {table.name}.")


def foreign_doubts(table: TableFact) -> Iterator[str]:
    """Give doubts about writing a row elsewhere."""
    if table.kind is TableKind.FOREIGN:
        yield f"{table.name} is a foreign table."


def before_triggers(
    table: TableFact, event: str, columns: Collection[str] = (), *, row: bool
) -> Iterator[TriggerFact]:
    """Give the BEFORE triggers for a statement or for a row.

    `columns` are those an UPDATE sets of a row; a trigger ON UPDATE OF others does not fire.
    """
    for trigger in table.firing(event, row=row, before=True):
        if not (
            row and event == "UPDATE" and trigger.columns and not set(table.names(trigger.columns)) & set(columns)
        ):
            yield trigger


def reading_doubts(facts: Facts, relation: int) -> tuple[str, ...]:
    """Give doubts about what this session can see of a table; policies, which are others' code, are not run."""
    table = facts.tables[relation]
    if not table.readable:
        return (f"This role may not read {table.name}.",)
    if table.hides_rows:
        return (f"Row-level security hides rows of {table.name} from this role.",)
    return ()


def after_doubt(trigger: TriggerFact, table: TableFact) -> str:
    """Give the doubt about an AFTER trigger of the user's."""
    return f'Trigger "{trigger.name}" on {table.name} runs code of its own, which may change anything.'


def before_doubt(trigger: TriggerFact, table: TableFact) -> MayStay:
    """Give the doubt about a BEFORE trigger."""
    return MayStay(
        f'Trigger "{trigger.name}" on {table.name} runs code of its own before the write, which may change it.'
    )


def refusal(owner: str, refused: Sequence[RefusedFunction], what: str) -> str:
    """Say which function is refused to whom; no full stop."""
    names = ", ".join(function.name for function in refused)
    return f"The action runs as {owner}, who may not execute {names} in {what}"
