"""What one statement would come to that takes referencing rows away, or writes into their key's columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.table_name import visible
from fkdash.errors import NotPermittedError, NotRunError, ServerRefusedError, StoppedError
from fkdash.fact import fact
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.evaluating.attempts import Failure
from fkdash.preview.evaluating.equality import plain_type
from fkdash.preview.evaluating.evaluate import Evaluator
from fkdash.preview.model import Selection, Verdict
from fkdash.preview.outcome import QueueAnswer, agreed
from fkdash.preview.preview import rooted
from fkdash.preview.queue.following import outcomes_in_orders
from fkdash.preview.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from fkdash.db.session import Session
    from fkdash.preview.declared.facts import KeyFact
    from fkdash.preview.declared.reached import Facts
    from fkdash.preview.model import Limits
    from fkdash.preview.outcome import QueueOutcome
    from fkdash.preview.queue.follow import Run
    from fkdash.preview.row import RowId

MOST_ROWS: Final = 2_000
"""So many of the rows are followed: more than a batch, and what takes no longer than a moment."""


@fact
class RowChange:
    """A change of rows of `table`, which refer to `referenced` by `key`; all three are OIDs.

    `selected` has, by the OID of each table that holds some, the end of a query for the rows, from FROM on, in
    which these are called `c`. `written` has a constant in SQL for each column that is written, None for NULL;
    without any the rows are deleted.
    """

    table: int
    referenced: int
    key: int
    selected: Mapping[int, str]
    written: Mapping[str, str | None]


async def change_of_rows(session: Session, change: RowChange, limits: Limits) -> QueueAnswer:
    """Give what the change would come to for the first of the rows, MOST_ROWS of them, in the session's snapshot.

    Read-only. Unknown, with the reason, where a limit, a lock, a missing right or other roles' code is in the way.
    The caller has made sure that reading what `selected` names runs nobody's code. Raises UnreachableError.
    """
    try:
        return await (_write(session, change, limits) if change.written else _delete(session, change, limits))
    except NotRunError as error:
        return replace(_not_known(error.what), not_run=error.not_run)
    except (StoppedError, ServerRefusedError, NotPermittedError) as error:
        return _not_known(error.what)


async def _delete(session: Session, change: RowChange, limits: Limits) -> QueueAnswer:
    facts = await read_facts(session, change.table)
    reader = Reader(session, facts, limits)
    rows = await _rows(reader, change)
    return await _answer(reader, Evaluator(reader), lambda run: run.delete(rows))


async def _write(session: Session, change: RowChange, limits: Limits) -> QueueAnswer:
    # What an action of the key may meet that writes the rows is what any other statement meets that does.
    facts = _writing(await read_facts(session, change.referenced, (), (change.key,)), change.key)
    key = facts.keys.get(change.key)
    if key is None:
        return _not_known("the key checks nothing today")
    reader = Reader(session, facts, limits)
    evaluator = Evaluator(reader)
    values = await _values(facts, evaluator, key, change.written)
    rows = await _rows(reader, change)
    return await _answer(reader, evaluator, lambda run: run.write(key, rows, values))


async def _answer(
    reader: Reader, evaluator: Evaluator, statement: Callable[[Run], Awaitable[QueueOutcome]]
) -> QueueAnswer:
    answer = agreed(await outcomes_in_orders(reader, evaluator, statement))
    return replace(answer, blockers=rooted(reader.facts, answer.blockers))


def _writing(facts: Facts, declared: int) -> Facts:
    """Give the facts with a key, and its copies on partitions, whose action writes: rows are read in full then."""
    keys = {
        oid: replace(key, on_delete=Action.SET_NULL) if facts.root_key(key).oid == declared else key
        for oid, key in facts.keys.items()
    }
    return replace(facts, keys=keys)


async def _values(
    facts: Facts, evaluator: Evaluator, key: KeyFact, written: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """Give constants as the text that the server prints of them."""
    columns = facts.tables[key.relation].columns_by_name
    found: dict[str, str | None] = {}
    for name, constant in written.items():
        value = None
        if constant is not None:
            value = await evaluator.text(constant, plain_type(facts, columns[name]))
        if isinstance(value, Failure):
            raise StoppedError(f"{constant} is no value of {visible(name)}: {value.message}.")
        found[name] = value
    return found


async def _rows(reader: Reader, change: RowChange) -> list[RowId]:
    """Find the first of the rows, table by table; where a row stands the server goes to at once."""
    found: list[RowId] = []
    for oid, rows in change.selected.items():
        wanted = f"array(select c.ctid {rows} limit {MOST_ROWS - len(found)})"
        table = reader.facts.tables[oid]
        chosen = Selection(f"ctid operator(pg_catalog.=) any ({wanted})")
        found += await reader.targets(table, table.name.name, chosen)
        if len(found) >= MOST_ROWS:
            break
    return found


def _not_known(reason: str) -> QueueAnswer:
    return QueueAnswer(Verdict.UNKNOWN, (), (), (reason,), exact=False)
