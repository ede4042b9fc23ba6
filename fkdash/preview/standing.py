"""What stands beside an answer about rows: where one looks from, and rows that a query shows and no key sees."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.as_a_replica import as_a_replica
from fkdash.catalog.refused_writes import refused_writes
from fkdash.preview.model import Blocker, Verdict
from fkdash.sqlstates import READ_ONLY_SQL_TRANSACTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog
    from fkdash.preview.each.answer import EachPreview
    from fkdash.preview.model import Preview


def as_it_stands(catalog: Catalog, answer: Preview) -> Preview:
    """Give an answer about rows with what the server says before it looks at any, and what may look like a row.

    A standby and a role that only reads are where one looks from: a note. What holds for everybody in the database
    blocks the delete, and is what PostgreSQL reports.
    """
    answer = replace(answer, notes=(*answer.notes, *_inherited(catalog, answer), *_subscribed(catalog, answer)))
    answer = _as_a_replica(catalog, answer)
    refused = refused_writes(catalog.server)
    if refused is None:
        return answer
    if refused.where != "database":
        note = f"{refused.words}: the answer is for {refused.instead}."
        return replace(answer, notes=(*answer.notes, note))
    refusal = Blocker(None, answer.target.table, (), READ_ONLY_SQL_TRANSACTION, rows=0, first=True)
    others = (replace(each, first=False) for each in answer.blockers)
    note = f"{refused.words}: what else is said is for {refused.instead}."
    return replace(
        answer, verdict=Verdict.BLOCKED, blockers=(refusal, *others), notes=(*answer.notes, note), cut_short=False
    )


def each_as_it_stands(catalog: Catalog, found: EachPreview) -> EachPreview:
    """Give the answer about every row of a table in the same way: a database that only reads holds back all."""
    answer = as_it_stands(catalog, found.preview)
    if found.cannot and answer.verdict is Verdict.UNKNOWN:
        return replace(found, preview=answer, cannot=0, unknown=found.unknown + found.cannot, rows=())
    if len(answer.blockers) == len(found.preview.blockers):
        return replace(found, preview=answer)
    every = answer.target_rows
    return replace(found, preview=answer, cannot=every, unknown=0, holds_back=(every, *found.holds_back))


def _as_a_replica(catalog: Catalog, answer: Preview) -> Preview:
    """Say that no foreign key acts in sessions here. Where it is so for everybody, what one would do is not known.

    Triggers that fire in such sessions only were not followed; where no key has anything to do, the answer stands.
    """
    replica = as_a_replica(catalog.server)
    if replica is None:
        return answer
    note = f"{replica.words}. The answer is for a session that sets it to origin."
    differs = answer.blockers or answer.taken_along or answer.changed
    verdict = Verdict.UNKNOWN if replica.for_all and differs else answer.verdict
    return replace(answer, verdict=verdict, notes=(*answer.notes, note))


def _inherited(catalog: Catalog, answer: Preview) -> Iterator[str]:
    """Say of rows that are missing that those of inheriting tables do not count, where there are such tables."""
    for name in dict.fromkeys(each.missing for each in answer.blockers if each.missing is not None):
        heirs = [str(heir) for heir in catalog.heirs.get(name, ())]
        if heirs:
            yield (
                f"Rows of {', '.join(heirs)} stand in a query of {name}, which is inherited from, but are no "
                f"rows that a foreign key can refer to; SELECT ... FROM ONLY {name} leaves them out."
            )


def _subscribed(catalog: Catalog, answer: Preview) -> Iterator[str]:
    """Say what it means to change rows that a subscription writes (manual, "Logical Replication", "Conflicts")."""
    changed = {answer.target.table, *(effect.table for effect in answer.effects)}
    written: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(changed & catalog.tables.keys()):
        parts = (each.replication for each in catalog.with_partitions(name))
        writers = dict.fromkeys(one for each in parts if each is not None for one in each.subscriptions)
        if writers:
            written.setdefault(tuple(writers), []).append(str(name))
    for by, names in written.items():
        which = "subscription" if len(by) == 1 else "subscriptions"
        yield (
            f"Rows of {', '.join(names)} are written by {which} {', '.join(by)}: what is deleted or changed here "
            "stays as it is at the publisher, whose later changes of these rows find none or undo this, and are "
            "applied past the foreign keys. Delete at the publisher."
        )
