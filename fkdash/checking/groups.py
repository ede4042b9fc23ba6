"""Findings of one shape in many schemas or databases, as one: tenants have the same tables again and again.

Who reads two thousand lines that say the same misses the one that does not.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fkdash.catalog.table_name import visible
from fkdash.checking.alike import (
    FEWEST,
    biting_words,
    differ_words,
    numbered,
    places_words,
    referenced_of_any,
    referenced_words,
)
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog
    from fkdash.checking.result import CheckReport, Reported
    from fkdash.rules.finding import Finding

Shape = tuple[object, ...]
Place = tuple[int, str]
"""A schema of one of several reports, by the report's number."""


@fact
class Group:
    """Findings of one shape, in the order in which they were found; `first` stands for all of them.

    `places` are where they are and `differs` where the table is without such a finding: schemas, or databases
    where these are what is compared; `databases` is the one of each member.
    """

    members: tuple[Reported, ...]
    databases: tuple[str, ...]
    shape: str
    places: tuple[str, ...]
    differs: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say how many of what shape, as the summary names it: a number, a sign and the shape."""
        return f"{len(self.members):,} \N{MULTIPLICATION SIGN} {self.shape}"

    @property
    def first(self) -> Reported:
        """The first one."""
        return self.members[0]

    @property
    def biting(self) -> int:
        """How many hold rows back today."""
        return sum(each.impact is not None and each.impact.state == "biting" for each in self.members)


def groups_of(reports: Sequence[CheckReport]) -> tuple[Group, ...]:
    """Give the groups, those of the worst severity first, then those with something odd, then the largest."""
    found: defaultdict[Shape, list[tuple[Place, Reported]]] = defaultdict(list)
    for number, report in enumerate(reports):
        for each in report.findings:
            # What stands in a file has its own place there.
            if each.place is None:
                found[_shape(each)].append(((number, each.finding.key.table.schema), each))
    there = _places(reports)
    by_database = len(reports) > 1 and all(len({schema for _, schema in places}) == 1 for places in there.values())
    groups = []
    for members in found.values():
        places = dict.fromkeys(place for place, _ in members)
        if len(places) < FEWEST:
            continue
        key = members[0][1].finding.key
        others = [place for place in there[key.table.name] if place not in places]
        if len(others) >= len(places):
            # Nothing that most of them have in common: nobody differs from it.
            others = []
        groups.append(
            Group(
                tuple(each for _, each in members),
                tuple(reports[number].database or reports[number].where for (number, _), _ in members),
                shape_words(members[0][1].finding),
                tuple(sorted((_named(reports, each, by_database=by_database) for each in places), key=numbered)),
                tuple(sorted((_named(reports, each, by_database=by_database) for each in others), key=numbered)),
            )
        )
    return tuple(
        sorted(groups, key=lambda each: (each.first.finding.severity.rank, not each.differs, -len(each.members)))
    )


def alone(reports: Sequence[CheckReport], groups: Iterable[Group]) -> Iterator[tuple[CheckReport, list[Reported]]]:
    """Give each report with its findings that are in no group, the odd ones of a family of tables first."""
    together = {id(each) for group in groups for each in group.members}
    families = {group.first.finding.key.table.name for group in groups}
    for report in reports:
        left = [each for each in report.findings if id(each) not in together]
        left.sort(key=lambda each: (each.finding.severity.rank, each.finding.key.table.name not in families))
        yield report, left


def shape_words(finding: Finding) -> str:
    """Give `users.workspace_id → workspaces`, names without their schema."""
    key = finding.key
    return f"{visible(key.table.name)}.{', '.join(map(visible, key.columns))} → {referenced_words(key)}"


def group_words(group: Group) -> str:
    """Give the words of a group with `in t1 … t2000, 3 bite; 1 differs: t17`."""
    words = f"{group.words} in {places_words(group.places)}"
    if group.biting:
        words += f", {biting_words(group.biting)}"
    if group.differs:
        words += f"; {differ_words(group.differs)}"
    return words


def schemas_of(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Give the schemas that have a table of a name, by that name."""
    schemas: defaultdict[str, list[str]] = defaultdict(list)
    for name, table in catalog.tables.items():
        if table.partition_of is None:
            schemas[name.name].append(name.schema)
    return {name: tuple(sorted(each)) for name, each in schemas.items()}


def _shape(reported: Reported) -> Shape:
    finding, key = reported.finding, reported.finding.key
    return (
        finding.rule,
        finding.severity,
        finding.certain,
        reported.known,
        finding.columns,
        key.table.name,
        key.columns,
        referenced_of_any(key),
        key.referenced_columns,
        key.on_delete,
        key.on_update,
        key.validated,
    )


def _places(reports: Sequence[CheckReport]) -> Mapping[str, list[Place]]:
    """Give where there are tables of a name, by that name."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for number, report in enumerate(reports):
        for name, schemas in report.schemas.items():
            found[name] += [(number, schema) for schema in schemas]
    return found


def _named(reports: Sequence[CheckReport], place: Place, *, by_database: bool) -> str:
    number, schema = place
    if len(reports) == 1:
        return schema
    database = reports[number].database or reports[number].where
    return database if by_database else f"{database}.{schema}"
