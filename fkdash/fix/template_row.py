"""Values for rows that are made again, taken from one that is there and looks as they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.postgres.planted import refuse_planted_of
from fkdash.catalog.spelling import as_text, source
from fkdash.catalog.table_name import quoted
from fkdash.errors import UsageError
from fkdash.fix.statements.values import as_referencing, in_words, is_row, named_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Sessions


async def template_words(
    sessions: Sessions, catalog: Catalog, key: ForeignKey, like: Sequence[str], *, seconds: float
) -> tuple[str, ...]:
    """Give COLUMN=VALUE for each other column of the referenced row that `like` names, as far as it is not NULL.

    Columns of the key, generated ones and identities are left out, and those that are unique by themselves: the
    row that is there has the value (23505). Raises UsageError where there is no such row, NotRunError where
    reading it would run other roles' code, and the session's errors.
    """
    table = catalog.tables[key.referenced]
    columns = table.columns_by_name
    unique = {index.columns for index in table.indexes if index.unique and not index.predicate}
    names = [
        each.name
        for each in table.columns
        if each.name not in key.referenced_columns
        and not each.generated
        and not each.identity_always
        and (each.number,) not in unique
    ]
    chosen = named_values(key.referenced_columns, like)
    same = is_row(catalog, key, as_referencing(key, chosen))
    shown = as_text((f"p.{quoted(name)}", columns[name].plain_type) for name in names) or "1"
    async with sessions.session(seconds) as session:
        await refuse_planted_of(session, (table,))
        row = await session.row(f"select {shown} from {source(catalog, key.referenced)} p where {same}")
    if row is None:
        raise UsageError(
            f"{key.referenced} has no row {in_words(chosen)}.",
            next_step="Name one that is there, or values for its columns.",
        )
    return tuple(f"{name}={row[number]}" for number, name in enumerate(names) if row[number] is not None)
