"""An index on the referencing columns, so that a delete need not read the whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import listed
from fkdash.fix.option import Option
from fkdash.fix.plan import Goal
from fkdash.fix.remedy import Remedy, planned
from fkdash.fix.steps.index import adopted, drop_index_steps, index_name, index_steps, serving, valid_index
from fkdash.rules.compared_types import are_compared_as_they_are

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.fix.plan import Plan
    from fkdash.fix.remedy import Asked
    from fkdash.rules.finding import Finding


def _offer(catalog: Catalog, finding: Finding) -> Option | None:
    """Offer the index on the referencing columns, where none on exactly these is there."""
    key = finding.key
    if serving(catalog.tables[key.table], key.columns) is not None:
        return None
    parts = adopted(catalog, key)
    return Option(
        id="create-index",
        title=f"index on ({listed(key.columns)})",
        then=f"deleting a row of {key.referenced.shown} finds the rows of {key.table.shown} by "
        f"{index_name(catalog, key.table, key.columns)} instead of reading the whole table",
        application=f"notices nothing while it is built; writing rows of {key.table.shown} costs a little more",
        frees=False,
        undo="not by itself: indexes of partitions became parts of it" if parts else "any time",
        refused=_never_used(catalog, finding),
    )


def _never_used(catalog: Catalog, finding: Finding) -> str:
    """Say, as a clause, of which column an index could not serve; "" where it can."""
    own = catalog.columns(finding.key)
    columns = catalog.tables[finding.key.referenced].columns_by_name
    for column, name in zip(own, finding.key.referenced_columns, strict=True):
        mine, theirs = column.plain_type, columns[name].plain_type
        if not are_compared_as_they_are(mine, theirs):
            return f"an index on {column.shown} would not be used: each look-up casts it from {mine} to {theirs}"
    return ""


def _plan(catalog: Catalog, finding: Finding, option: Option, _asked: Asked) -> Plan:
    key = finding.key
    name = index_name(catalog, key.table, key.columns)
    partitioned = bool(catalog.partitions.get(key.table))
    return planned(
        catalog,
        finding,
        option,
        procedure="CREATE INDEX CONCURRENTLY reads the table twice and stops nobody; it runs outside a "
        "transaction, waits for those that are open, and what a failed try leaves behind is dropped"
        + (
            "; a partitioned table gets an index on each partition, and one on the whole they are attached to"
            if partitioned
            else ""
        ),
        steps=index_steps(catalog, key),
        undo=drop_index_steps(catalog, key),
        goal=Goal(key=key, checks=((f"index {name} is there and valid", valid_index(key.table, name)),)),
    )


def _is_possible(catalog: Catalog, finding: Finding) -> bool:
    return serving(catalog.tables[finding.key.table], finding.key.columns) is None and not _never_used(
        catalog, finding
    )


def _so(catalog: Catalog, finding: Finding) -> str:
    serves = serving(catalog.tables[finding.key.table], finding.key.columns)
    return f"the index {serves.shown} serves it" if serves is not None else ""


REMEDY = Remedy("create-index", _offer, _plan, _so, is_possible=_is_possible)
