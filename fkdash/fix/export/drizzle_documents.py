"""What Drizzle's journals and snapshots are, as far as they are read here: a file that is otherwise is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from pathlib import Path


class Journal(msgspec.Struct):
    """`meta/_journal.json` of 0.x; what an entry must be is said by what reads them."""

    dialect: str
    entries: Any


class _Column(msgspec.Struct, rename="camel"):
    not_null: bool = False


class _ForeignKey(msgspec.Struct, rename="camel"):
    on_delete: str = ""
    on_update: str = ""


class _Table(msgspec.Struct, rename="camel"):
    columns: dict[str, _Column] = {}
    foreign_keys: dict[str, _ForeignKey] = {}


class State(msgspec.Struct, rename="camel"):
    """A snapshot of 0.x: the whole schema."""

    id: str
    tables: dict[str, _Table]
    prev_id: str = ""


class _Entity(msgspec.Struct, rename="camel"):
    entity_type: str
    name: str | None = None
    schema: str | None = None
    table: str | None = None


class _Delta(msgspec.Struct):
    op: str
    key: str = ""
    row: _Entity | None = None
    set: dict[str, Any] = {}


class Change(msgspec.Struct, rename="camel"):
    """A snapshot of 1.x: the whole schema in `ddl`, or what it changes in `deltas`."""

    id: str
    prev_ids: list[str] = []
    ddl: list[_Entity] = []
    deltas: list[_Delta] = []


def require(kind: type[msgspec.Struct], document: dict[str, Any], path: Path) -> None:
    """Raise UnfitFolderError where what stands in a file is not what drizzle-kit writes."""
    try:
        msgspec.convert(document, kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise UnfitFolderError(f"{path} is not as drizzle-kit writes it: {error}.") from error
