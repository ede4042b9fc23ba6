"""Where one can go by name: every table and every foreign key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fkdash.tui.screens.commands import Command
from fkdash.tui.screens.findings.constraint_rows import constraint_row
from fkdash.tui.screens.findings.finding import FindingScreen
from fkdash.tui.screens.findings.relations import RelationsScreen
from fkdash.tui.words import shown_columns, shown_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.tui.database import Database
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.screens.base import BaseScreen


def places_of(database: Database, knowledge: Knowledge, go: Callable[[BaseScreen], object]) -> list[Command]:
    """Give a command for each table, then for each foreign key, by their names."""

    def to_table(table: TableName) -> None:
        go(RelationsScreen(database, knowledge, table))

    def to_key(key: ForeignKey) -> None:
        go(FindingScreen(database, knowledge, constraint_row(knowledge, key)))

    tables = [
        Command(f"relations of {shown_name(name)}", "", "table", partial(to_table, name))
        for name in sorted(knowledge.catalog.tables)
    ]
    keys = [
        Command(
            f"{shown_columns(key)} to {shown_name(key.referenced)}, {key.name}", "", "key", partial(to_key, key)
        )
        for key in sorted(knowledge.catalog.foreign_keys, key=lambda key: key.qualified)
    ]
    return [*tables, *keys]
