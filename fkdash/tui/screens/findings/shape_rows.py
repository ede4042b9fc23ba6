"""The findings of several databases as rows, those of one shape as one until they are unfolded: no screen here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fkdash.checking.alike import places_words
from fkdash.checking.groups import Group, groups_of, shape_words
from fkdash.counted import counted
from fkdash.rules.severity import Severity
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.painting import Line, Part, Tone, line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fkdash.checking.result import CheckReport, Reported
    from fkdash.profiles import Destination

SYMBOLS: dict[Severity, str] = {Severity.ERROR: "!", Severity.WARNING: "~", Severity.INFO: "-"}
TONES: dict[Severity, Tone] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "muted"}
_MOST_ODD = 8


@dataclass(frozen=True, slots=True, eq=False)
class FindingRow:
    """A finding in a database. `rank` is where it stands among all; `group` is what it is of one shape with."""

    destination: Destination
    reported: Reported
    several_schemas: bool
    rank: tuple[int, int, int, int]
    group: Group | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from all others, whatever else is found."""
        finding = self.reported.finding
        target = self.destination.target
        named = (finding.key.qualified, finding.key.columns)
        return self.destination.name, target.describe(), finding.fingerprint, *named

    @property
    def place(self) -> str:
        """The database, with the schema where it has several."""
        schema = self.reported.finding.key.table.schema
        return f"{self.destination.name}: {schema}" if self.several_schemas else self.destination.name


def finding_rows(found: Sequence[tuple[Destination, CheckReport]]) -> list[FindingRow]:
    """Give the findings of all databases: the worst first, then the odd ones of a family, then the groups."""
    # Profiles are named as the operator names them.
    groups = groups_of([replace(report, database=destination.name) for destination, report in found])
    of = {id(each): (number, group) for number, group in enumerate(groups) for each in group.members}
    families = {group.first.finding.key.table.name for group in groups}
    rows = []
    for number, (destination, report) in enumerate(found):
        several = len({each.finding.key.table.schema for each in report.findings}) > 1
        for each in report.findings:
            place, group = of.get(id(each), (number, None))
            if group is not None:
                kind = 2 if group.differs else 3
            else:
                kind = 1 if each.finding.key.table.name in families else 4
            rank = (each.finding.severity.rank, kind, place, number)
            rows.append(FindingRow(destination, each, several, rank, group))
    return sorted(rows, key=lambda row: row.rank)


class ShapeFolds:
    """Which rows stand for others; `count` gives how many a row that is shown stands for, itself included."""

    def __init__(self) -> None:
        self.count: Callable[[FindingRow], int] = lambda _: 1
        self._open: set[tuple[str, str]] = set()

    def shape(self, row: FindingRow) -> tuple[str, str, int] | None:
        """Give what the rows have in common that one stands for, None for a row that is shown by itself."""
        group = row.group
        if group is None or (row.reported.finding.rule, group.shape) in self._open:
            return None
        return row.reported.finding.rule, group.shape, row.rank[2]

    def stands_for_others(self, row: FindingRow) -> bool:
        """Tell whether a row that is shown stands for others as well."""
        return self.shape(row) is not None and self.count(row) > 1

    def unfold(self, row: FindingRow) -> None:
        """Show the rows that this one stands for, until all are folded again."""
        if row.group is not None:
            self._open.add((row.reported.finding.rule, row.group.shape))

    def fold_all(self) -> None:
        """Fold all again."""
        self._open.clear()

    def name(self, row: FindingRow) -> str:
        """Give what the list calls a row: how many of what."""
        shape = shape_words(row.reported.finding)
        return f"{self.count(row):,} \N{MULTIPLICATION SIGN} {shape}" if self.stands_for_others(row) else shape

    def where(self, row: FindingRow) -> str:
        """Give where the list says that a row is, and the others that it stands for."""
        group = row.group
        if group is None or not self.stands_for_others(row):
            return row.place
        return places_words(group.places) if self.count(row) == len(group.members) else f"{row.place} …"

    def differs(self, row: FindingRow) -> str:
        """Give where it is otherwise, of a row that stands for others."""
        group = row.group
        if group is None or not group.differs or not self.stands_for_others(row):
            return ""
        return places_words(group.differs)


def finding_columns(folds: ShapeFolds) -> list[ListColumn[FindingRow]]:
    """Give the list's columns."""
    return [
        ListColumn("", lambda row: SYMBOLS[row.reported.finding.severity], 1, tone=_tone),
        ListColumn("rule", lambda row: row.reported.finding.rule, 5),
        ListColumn("finding", lambda row: shape_words(row.reported.finding), 24, shown=folds.name),
        ListColumn("where", lambda row: row.place, 12, shown=folds.where),
        ListColumn("otherwise in", folds.differs, 12, tone=lambda _: "warning"),
    ]


def finding_orders() -> list[Order[FindingRow]]:
    """Give the list's orders, what is worst and odd as the first of them."""
    return [
        Order("worst and odd first"),
        Order("rule", lambda row: row.reported.finding.rule),
        Order("database", lambda row: row.destination.name),
    ]


def findings_in_words(rows: Sequence[FindingRow], databases: int, unread: int) -> str:
    """Give the answer above the list: how many findings, in how many databases, and of how many shapes."""
    alone = sum(row.group is None for row in rows)
    shapes = len({id(row.group) for row in rows if row.group is not None})
    said = f"{counted(len(rows), 'findings')} in {counted(databases, 'databases')}"
    if shapes:
        said += f": {counted(shapes, 'shapes')} that many have, and {alone:,} by themselves"
    return said + (f"; {unread:,} still to read" if unread else "") + "."


def described_finding(row: FindingRow, folds: ShapeFolds) -> list[Line | str]:
    """Give what the pane says of a row: what is wrong, where, where it is otherwise, what enter does."""
    finding, group = row.reported.finding, row.group
    lines: list[Line | str] = [
        line(Part(f"{finding.rule} {finding.name}", TONES[finding.severity])),
        line(Part(finding.message, "strong")),
    ]
    if finding.explanation:
        lines.append(finding.explanation)
    if group is not None and folds.stands_for_others(row):
        lines.append(f"One of {len(group.members):,} alike, in {places_words(group.places)}.")
        if group.differs:
            odd = places_words(group.differs, _MOST_ODD)
            lines.append(
                line(Part("Otherwise in ", "warning"), f"{odd}: the table is there, this finding is not.")
            )
        lines.append("Enter shows each; r folds them again.")
    else:
        lines.append(f"In {row.place}. Enter goes into this database.")
    return lines


def _tone(row: FindingRow) -> Tone:
    return TONES[row.reported.finding.severity]
