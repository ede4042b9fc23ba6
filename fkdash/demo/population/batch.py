"""The rows of one table, as the loader wants them."""

from __future__ import annotations

from fkdash.fact import fact


@fact
class Batch:
    """Rows for `table` of `schema`, their values in the order of `columns`."""

    table: str
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    schema: str = "public"
