"""What PostgreSQL says of a row in a partition: it names the partition, and the index or the key as it has it.

Where there are several partitions, one stands for all: which one a row is in is not known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.model import TableKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.obstacle import Kind, Obstacle
    from fkdash.rules.finding import PredictedError

    _What = tuple[Kind, tuple[str, ...]]


def a_leaf(catalog: Catalog, name: TableName) -> TableName:
    """Give the first partition that has rows of a partitioned table, the table itself where there is none."""
    for partition in catalog.partitions.get(name, ()):
        leaf = a_leaf(catalog, partition)
        if catalog.tables[leaf].kind is not TableKind.PARTITIONED:
            return leaf
    return name


def of_their_own(met: Collection[Sequence[Obstacle]], at_root: Collection[_What]) -> Iterator[Obstacle]:
    """Give what partitions refuse beside what their table does; it is certain only where every one does.

    `met` has what is in the way in each of them.
    """
    found: dict[_What, list[Obstacle]] = {}
    for each in met:
        own: dict[_What, Obstacle] = {}
        for obstacle in each:
            own.setdefault((obstacle.kind, obstacle.columns), obstacle)
        for what, obstacle in own.items():
            if what not in at_root:
                found.setdefault(what, []).append(obstacle)
    for alike in found.values():
        everywhere = len(alike) == len(met) and all(obstacle.certain for obstacle in alike)
        yield alike[0] if everywhere else replace(alike[0], certain=False)


def as_reported(
    found: Iterable[Obstacle], met: Mapping[TableName, Sequence[Obstacle]], entered: Sequence[TableName]
) -> list[Obstacle]:
    """Give what a partitioned table refuses with the error of a partition, of one that the row comes to if known.

    Indexes over the same columns are in the same order in the table and in its partitions.
    """
    leaf = next(iter((*entered, *met)), None)
    errors: defaultdict[_What, list[PredictedError]] = defaultdict(list)
    for each in met[leaf] if leaf is not None else ():
        errors[each.kind, each.columns].append(each.error)
    return [
        replace(each, error=same.pop(0)) if (same := errors.get((each.kind, each.columns))) else each
        for each in found
    ]
