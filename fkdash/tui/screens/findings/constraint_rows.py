"""The rows of the Constraints screen, and what its pane says of one: pure functions over what is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.catalog.table_name import quoted, visible
from fkdash.counted import counted
from fkdash.fact import fact
from fkdash.rules.severity import Severity
from fkdash.rules.sql.shown import shown
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.widgets.sql_text import sql_line
from fkdash.tui.words import (
    ACTION_TONES,
    behaviour,
    consequence,
    fails_deletes,
    fails_here,
    shown_columns,
    shown_name,
)

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.orphans.scan import ScannedReference
    from fkdash.preview.rows.blocked import BlockedRow, Impact
    from fkdash.rules.finding import Finding
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.screens.findings.folds import Folds
    from fkdash.tui.widgets.drawing import Drawing

_SYMBOLS = {Severity.ERROR: "!", Severity.WARNING: "~", Severity.INFO: "-"}
_DIGITS = {
    Severity.ERROR: ("1", "contradictions"),
    Severity.WARNING: ("2", "warnings"),
    Severity.INFO: ("3", "notes"),
}
_TONES: dict[Severity, Tone] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "muted"}


@fact
class ConstraintRow:
    """A reference, its findings with the worst first, and the rows it holds back where counted.

    `scanned` has its orphans where it was found doubtful; a reference that nobody declared has no name.

    `idle_way` says that no row goes the way on which a delete would fail further down.
    `rank` sorts the worst first; it is kept because tens of thousands are sorted often.
    """

    key: ForeignKey
    findings: tuple[Finding, ...]
    impact: Impact | None
    idle_way: bool = False
    scanned: ScannedReference | None = None
    rank: tuple[int, int, int, str, str] = field(default=(0, 0, 0, "", ""), compare=False)

    @property
    def severity(self) -> Severity | None:
        """The worst finding's severity, a warning where there are orphans, None without either."""
        worst = self.findings[0].severity if self.findings else None
        if self.orphans:
            return Severity.WARNING if worst is None or worst.rank > Severity.WARNING.rank else worst
        return worst if self.declared or worst is not None else Severity.INFO

    @property
    def declared(self) -> bool:
        """Whether a foreign key stands behind it."""
        return self.scanned is None or self.scanned.reference.declared

    @property
    def orphans(self) -> int:
        """How many rows are known that refer to nothing."""
        return (self.scanned.orphans.rows or 0) if self.scanned is not None else 0

    @property
    def state(self) -> str:
        """Its state in a word or two."""
        if any(map(fails_here, self.findings)):
            if self.impact is None:
                return "counting"
            if self.impact.state == "biting":
                return f"BITES {self.impact.referenced_rows or 0:,}{'' if self.impact.exact else '+'}"
            return self.impact.state
        if any(map(fails_deletes, self.findings)):
            return "latent" if self.idle_way else "may bite"
        return self._standing

    @property
    def _standing(self) -> str:
        if self.orphans and self.scanned is not None:
            least = "" if self.scanned.orphans.status == "complete" else "+"
            return f"{self.orphans:,}{least} {'orphan' if self.orphans == 1 else 'orphans'}"
        if not (self.declared and self.key.enforced):
            return "not enforced" if self.declared else "undeclared"
        return "" if self.key.validated else "not valid"

    @property
    def brief(self) -> str:
        """Its worst finding in a word or two, "" without one."""
        from fkdash.rules.registry import rule  # not before the first frame

        worst = self.findings[0] if self.findings else None
        return (rule(worst.rule).brief or worst.rule) if worst else ""

    @property
    def reasons(self) -> str:
        """The rules that have something to say."""
        return " ".join(dict.fromkeys(finding.rule for finding in self.findings))


FIELDS: dict[str, Callable[[ConstraintRow], str]] = {
    "severity": lambda row: row.severity.value if row.severity else "none",
    "table": lambda row: row.key.table.name,
    "schema": lambda row: row.key.table.schema,
    "referenced": lambda row: row.key.referenced.name,
    "action": lambda row: row.key.on_delete.value,
    "rule": lambda row: " ".join(f"{finding.rule} {finding.name}" for finding in row.findings),
    "state": lambda row: row.state,
    "constraint": lambda row: row.key.name,
}
"""What an export holds; a key without findings has severity "none"."""

_SEVERITY_WORDS = {
    Severity.ERROR: "error contradiction",
    Severity.WARNING: "warning",
    Severity.INFO: "info note",
}
FILTER_FIELDS: dict[str, Callable[[ConstraintRow], str]] = {
    **FIELDS,
    "severity": lambda row: " ".join(dict.fromkeys(_SEVERITY_WORDS[each.severity] for each in row.findings)),
    "references": lambda row: row.key.referenced.name,
    "on_delete": lambda row: row.key.on_delete.value,
    "foreign_key": lambda row: f"{row.key.table.name} {' '.join(row.key.columns)} {row.key.name}",
}
"""What `name:text` conditions look at: also by the names above the columns, in the words of the screen."""


def constraint_rows(knowledge: Knowledge) -> list[ConstraintRow]:
    """Give a row for every foreign key and every reference without one, the worst first."""
    undeclared = [each.reference.key for each in knowledge.scanned if not each.reference.declared]
    keys = (*knowledge.catalog.foreign_keys, *undeclared)
    return sorted((constraint_row(knowledge, key) for key in keys), key=_rank)


def renewed_rows(
    rows: Sequence[ConstraintRow], knowledge: Knowledge, counted_keys: Collection[str]
) -> list[ConstraintRow]:
    """Give the rows after more keys have been counted; those that it does not concern stay as they are."""
    concerned = {name for key in counted_keys for name in (key, *knowledge.led_over.get(key, ()))}
    renewed = [constraint_row(knowledge, row.key) if row.key.qualified in concerned else row for row in rows]
    return sorted(renewed, key=_rank)


def constraint_row(knowledge: Knowledge, key: ForeignKey) -> ConstraintRow:
    """Give the row of one foreign key."""
    findings, impacts = knowledge.findings_of(key), knowledge.impacts
    if not key.name:
        findings = tuple(finding for finding in findings if finding.key.columns == key.columns)
    ways = [finding.path for finding in findings if fails_deletes(finding) and not fails_here(finding)]
    idle = all(any(_is_idle(impacts.get(step.qualified)) for step in way) for way in ways)
    scanned = knowledge.orphans_by_key.get((key.qualified, key.columns))
    row = ConstraintRow(key, findings, impacts.get(key.qualified), bool(ways) and idle, scanned)
    return replace(row, rank=_by_severity(row))


def _is_idle(impact: Impact | None) -> bool:
    return impact is not None and impact.state == "latent"


def columns(folds: Folds) -> list[ListColumn[ConstraintRow]]:
    """Give the list's columns; a row may stand for others."""
    return [
        ListColumn("", _symbol, 1, tone=_tone),
        ListColumn(
            "foreign key",
            lambda row: shown_columns(row.key),
            16,
            shown=folds.name,
            also=lambda row: row.key.name,  # which errors have
        ),
        ListColumn("references", lambda row: shown_name(row.key.referenced), 10, priority=1),
        ListColumn(
            "on delete",
            lambda row: row.key.on_delete.value if row.declared else "none",
            9,
            priority=2,
            tone=lambda row: ACTION_TONES[row.key.on_delete] if row.declared else "muted",
        ),
        ListColumn("rule", lambda row: row.reasons, 5, priority=3, extra=True),
        ListColumn("state", lambda row: row.state or row.brief, 10, tone=_tone, shown=folds.state),
    ]


def orders() -> list[Order[ConstraintRow]]:
    """Give the list's orders, the first as `constraint_rows` gives them."""
    return [
        Order("severity"),
        Order("table", _by_table),
        Order("referenced", lambda row: "\0".join((*row.key.referenced, _by_table(row)))),
        Order("action", lambda row: f"{row.key.on_delete.value}\0{_by_table(row)}"),
        Order("constraint", lambda row: row.key.name),
    ]


def summary(knowledge: Knowledge) -> str:
    """Give the answer above the list: how much is wrong in how much; partitions are no tables of their own."""
    from fkdash.checking.result import severities_in_words  # not before the first frame

    return f"{severities_in_words(knowledge.findings) or 'Nothing wrong found'} in {scope(knowledge)}"


def counts(found: Iterable[Finding]) -> list[tuple[Severity, int]]:
    """Give how many findings there are of each severity that occurs, the worst first, as `check` counts them."""
    severities = Counter(finding.severity for finding in found)
    return [(severity, severities[severity]) for severity in Severity if severities[severity]]


def count_parts(found: Sequence[tuple[Severity, int]]) -> Line:
    """Give the counts with the digit that filters by each."""
    parts: list[Part] = []
    for severity, count in found:
        digit, noun = _DIGITS[severity]
        mark = Part(f" {_SYMBOLS[severity]} {counted(count, noun)}   ", _TONES[severity])
        parts += [Part("["), Part(digit, "key"), Part("]"), mark]
    return tuple(parts)


def scope(knowledge: Knowledge) -> str:
    """Give in how many tables how many foreign keys were looked at; partitions are no tables of their own."""
    tables = [table for table in knowledge.catalog.tables.values() if table.partition_of is None]
    unreadable = sum(1 for table in tables if table.privileges and not table.privileges.select)
    hidden = f" ({unreadable:,} not readable)" if unreadable else ""
    keys = counted(len(knowledge.catalog.foreign_keys), "foreign keys")
    undeclared = sum(1 for each in knowledge.scanned if not each.reference.declared)
    without = f", {undeclared:,} undeclared" if undeclared else ""
    return f"{keys} of {counted(len(tables), 'tables')}{without}{hidden}"


def described(row: ConstraintRow, held: Sequence[BlockedRow] = ()) -> list[Line | Drawing]:
    """Give what the pane says of a foreign key: what it means, the way to the error, the declaration.

    `held` are the referenced rows that most others hold, where they have been read.
    """
    paragraphs: list[Line | Drawing] = []
    paragraphs += _orphan_lines(row)
    for place, finding in enumerate(row.findings):
        paragraphs += _finding_lines(finding, row.impact, held if place == 0 else ())
    if not row.declared:
        return paragraphs
    if not row.findings:
        paragraphs.append(line(behaviour(row.key)))
    paragraphs.append(sql_line(statement_of(row.key)))
    if row.key.comment:
        paragraphs.append(line(f"Comment: {shown(row.key.comment)}"))
    return paragraphs


def title_of(row: ConstraintRow) -> str:
    """Give the heading of the pane: the worst rule, and the constraint's name."""
    worst = row.findings[0] if row.findings else None
    name = visible(row.key.name) if row.key.name else "not declared"
    return f"{worst.rule} {worst.name}  {name}" if worst else name


def statement_of(key: ForeignKey) -> str:
    """Give the statement that declares the key."""
    from fkdash.fix.statements.definition import definition  # not before the first frame
    from fkdash.pasting import for_psql

    return for_psql(f"ALTER TABLE {key.table.sql} ADD CONSTRAINT {quoted(key.name)} {definition(key)}")


def _orphan_lines(row: ConstraintRow) -> list[Line]:
    scanned = row.scanned
    if scanned is None or not (row.orphans or not row.declared):
        return []
    from fkdash.report.orphans import arrow, count_words, why  # loaded when it is wanted

    # A finding says why, and what an undeclared one looks like, at length.
    reasons = "" if row.findings else ", ".join(why(scanned.reference))
    return [
        line(Part(f"{count_words(scanned.orphans)}: ", "strong"), arrow(row.key), "; o shows the rows"),
        *([line(reasons)] if reasons else []),
    ]


def _finding_lines(finding: Finding, impact: Impact | None, held: Sequence[BlockedRow]) -> list[Line | Drawing]:
    from fkdash.tui.screens.findings.drawings import largest_held, way_to_error  # not before the first frame

    lines: list[Line | Drawing] = [line(Part(consequence(finding, impact), "strong"))]
    pictures = (way_to_error(finding), largest_held(held, impact) if impact is not None else None)
    lines += [picture for picture in pictures if picture is not None]
    if finding.error is not None:
        lines.append(line(Part(f"  ERROR {finding.error.sqlstate}: ", "error"), finding.error.message))
    if finding.path and len(finding.path) > 1:
        lines.append(line(f"The way there: {', then '.join(step.name for step in finding.path)}."))
    if Statement.DELETE not in finding.statements and Statement.UPDATE in finding.statements:
        lines.append(line(f"Only changing the key of a row of {shown_name(finding.key.referenced)} sets it off."))
    if finding.explanation:
        lines.append(line(finding.explanation))
    return lines


def _symbol(row: ConstraintRow) -> str:
    return _SYMBOLS[row.severity] if row.severity else ""


def _tone(row: ConstraintRow) -> Tone:
    return _TONES[row.severity] if row.severity else "plain"


def _by_table(row: ConstraintRow) -> str:
    """Give one string, which sorts several times faster than a tuple of them; no name holds a NUL."""
    return "\0".join((*row.key.table, *row.key.columns))


def _rank(row: ConstraintRow) -> tuple[int, int, int, str, str]:
    return row.rank


def _by_severity(row: ConstraintRow) -> tuple[int, int, int, str, str]:
    severity = row.severity
    rank = severity.rank if severity else len(Severity)
    latent = 1 if row.state == "latent" else 0
    held = (row.impact.referenced_rows or 0) if row.impact else row.orphans
    return (rank, latent, -held, str(row.key.table), row.key.name)
