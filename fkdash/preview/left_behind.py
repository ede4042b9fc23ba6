"""Which rows a delete leaves behind that refer to the deleted ones by a reference nobody declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.equality import compared
from fkdash.catalog.postgres.planted import refuse_planted_at
from fkdash.catalog.spelling import pairs, source
from fkdash.catalog.table_name import listed, quoted
from fkdash.counted import counted
from fkdash.errors import FkdashError
from fkdash.preview.asked.target import resolve, selection
from fkdash.preview.declared.loading import read_facts
from fkdash.preview.evaluating.equality import alias_beside
from fkdash.preview.model import Limits
from fkdash.preview.reader import Reader

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session
    from fkdash.preview.model import Preview

_MOST: Final = 1_000_000


async def left_behind(session: Session, catalog: Catalog, answer: Preview) -> tuple[str, ...]:
    """Say of each confirmed reference to a table that the delete reaches what becomes of the referring rows.

    Those that refer to the chosen rows are counted; of tables further down only the danger is named. It is said
    too where they cannot be counted.
    """
    reached = {answer.target.table, *(effect.table for effect in answer.effects if effect.deleted)}
    notes = []
    for key in catalog.known:
        if key.referenced == answer.target.table:
            notes.append(await _of_chosen(session, catalog, answer, key))
        elif key.referenced in reached:
            notes.append(f"Rows of {_refers(key)}: those of deleted rows stay and become orphans.")
    return tuple(note for note in notes if note)


async def _of_chosen(session: Session, catalog: Catalog, answer: Preview, key: ForeignKey) -> str:
    await session.execute("SAVEPOINT fkdash_left")
    try:
        await refuse_planted_at(session, catalog, key)
        rows = await _count(session, catalog, answer, await compared(session, catalog, key))
    except FkdashError as error:
        await session.execute("ROLLBACK TO SAVEPOINT fkdash_left")
        return f"Rows of {_refers(key)}; how many refer to the chosen ones is not known: {error.what}"
    if not rows:
        return ""
    said = f"at least {rows:,} rows" if rows > _MOST else counted(rows, "rows")
    return f"{said} of {_refers(key)}: they stay and become orphans."


async def _count(session: Session, catalog: Catalog, answer: Preview, key: ForeignKey) -> int:
    facts = await read_facts(session, await resolve(session, answer.target))
    chosen = selection(facts, answer.target)
    target = facts.tables[facts.target]
    name = target.name.name
    referring = alias_beside(name, "fk$referring")
    same = " AND ".join(
        f"{quoted(name)}.{quoted(theirs)} OPERATOR({operator}) {referring}.{quoted(own)}"
        for own, theirs, operator in pairs(key)
    )
    [row] = await Reader(session, facts, Limits()).ask_of(
        chosen,
        f"SELECT count(*) AS rows FROM (SELECT FROM {source(catalog, key.table)} AS {referring} WHERE EXISTS ("
        f"SELECT FROM {target.from_sql} AS {quoted(name)} {chosen.joined} WHERE {same} AND ({chosen.condition})) "
        f"LIMIT {_MOST + 1}) AS found",
        *chosen.arguments,
    )
    return int(row["rows"])


def _refers(key: ForeignKey) -> str:
    return f"{key.table} refer to {key.referenced} by {listed(key.columns)}, which no foreign key declares"
