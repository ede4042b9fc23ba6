"""Tables of which no file tells the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.facts import Relation

if TYPE_CHECKING:
    from fkdash.catalog.files.reading.nodes import CreateTable
    from fkdash.catalog.files.state import State


def name_alone(state: State, said: CreateTable, schema: int) -> None:
    """Keep that there is a table; what asks for its columns finds out that they are not known."""
    state.want_free_name(schema, said.name[-1])
    made = Relation(
        state.new_oid(), schema, said.name[-1], "r", temporary=said.temporary, unknown=True, made=state.statement
    )
    state.add_relation(made)
