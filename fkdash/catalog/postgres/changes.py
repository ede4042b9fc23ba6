"""Whether what is declared has changed since it was read, and what: cheaply asked, then compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.counted import counted
from fkdash.db.queries import query

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog, ForeignKey
    from fkdash.db.session import Session

_NAMED: Final = 2


async def digest(session: Session) -> str:
    """Give what changes with any foreign key and with NOT NULL of its columns; raises the session's errors."""
    return await session.value(query("fkdash.catalog.postgres", "declared_digest")) or ""


def changes_in_words(before: Catalog, after: Catalog) -> str:
    """Say which foreign keys came, went or are otherwise than before, "" where none is."""
    then, now = _keys(before), _keys(after)
    told = {
        "new": sorted(now.keys() - then.keys()),
        "gone": sorted(then.keys() - now.keys()),
        "changed": sorted(
            name
            for name in then.keys() & now.keys()
            if _definition(before, then[name]) != _definition(after, now[name])
        ),
    }
    return "; ".join(_words(what, names) for what, names in told.items() if names)


def _keys(catalog: Catalog) -> dict[str, ForeignKey]:
    return {key.qualified: key for key in catalog.foreign_keys}


def _definition(catalog: Catalog, key: ForeignKey) -> object:
    nullability = tuple(column.not_null for column in catalog.columns(key))
    return replace(key, oid=None, index=None, copies=(), comment=None), nullability


def _words(what: str, names: list[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{counted(len(names), 'foreign keys')} {what}: {', '.join(names[:_NAMED])}{more}"
