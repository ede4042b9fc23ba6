"""What a random schema consists of, and the delete that is asked about."""

from __future__ import annotations

from dataclasses import dataclass, field

from fkdash.catalog.table_name import quoted


@dataclass
class Table:
    schema: str
    name: str
    columns: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    keys: list[tuple[str, ...]] = field(default_factory=list)
    ddl: list[str] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    partitioned: str = ""
    inherits: str = ""

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass
class Case:
    """A generated case: statements that set it up and the delete."""

    setup: list[str]
    tables: list[Table]
    target: Table
    condition: str

    @property
    def statement(self) -> str:
        return f"DELETE FROM {self.target.sql} WHERE {self.condition}"


@dataclass
class Key:
    table: Table
    columns: tuple[str, ...]
    referenced: Table
    referenced_columns: tuple[str, ...]
