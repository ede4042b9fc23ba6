"""The rows of the Constraints screen, and what its pane says of one: pure functions over what is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fkdash.catalog.model import quoted
from fkdash.checking.result import severities_in_words
from fkdash.counted import counted
from fkdash.fix.statements.definition import definition
from fkdash.pasting import for_psql
from fkdash.rules.finding import Severity, Statement
from fkdash.tui.widgets.columns import ListColumn, Order
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.words import behaviour, consequence, fails_deletes, fails_here, shown_columns, shown_name

if TYPE_CHECKING:
    from fkdash.catalog.model import ForeignKey
    from fkdash.preview.rows.blocked import Impact
    from fkdash.rules.finding import Finding
    from fkdash.tui.knowledge import Knowledge

_SYMBOLS = {Severity.ERROR: "!", Severity.WARNING: "~", Severity.INFO: "-"}
_TONES: dict[Severity, Tone] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "muted"}


@dataclass(frozen=True, slots=True)
class ConstraintRow:
    """A foreign key, its findings with the worst first, and the rows it holds back where counted.

    `idle_way` says that no row goes the way on which a delete would fail further down.
    `rank` sorts the worst first; it is kept because tens of thousands are sorted often.
    """

    key: ForeignKey
    findings: tuple[Finding, ...]
    impact: Impact | None
    idle_way: bool = False
    rank: tuple[int, int, int, str, str] = field(default=(0, 0, 0, "", ""), compare=False)

    @property
    def severity(self) -> Severity | None:
        """The worst finding's severity, None without findings."""
        return self.findings[0].severity if self.findings else None

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
        if not self.key.enforced:
            return "not enforced"
        return "" if self.key.validated else "not valid"

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

_SEVERITY_WORDS: dict[str, str] = {"error": "error contradiction", "info": "info note"}
FILTER_FIELDS: dict[str, Callable[[ConstraintRow], str]] = {
    **FIELDS,
    "severity": lambda row: _SEVERITY_WORDS.get(FIELDS["severity"](row), FIELDS["severity"](row)),
    "references": lambda row: row.key.referenced.name,
    "on_delete": lambda row: row.key.on_delete.value,
    "foreign_key": lambda row: f"{row.key.table.name} {' '.join(row.key.columns)} {row.key.name}",
}
"""What `name:text` conditions look at: also by the names above the columns, in the words of the screen."""


def constraint_rows(knowledge: Knowledge) -> list[ConstraintRow]:
    """Give a row for every foreign key, the worst first."""
    return sorted((constraint_row(knowledge, key) for key in knowledge.catalog.foreign_keys), key=_rank)


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
    ways = [finding.path for finding in findings if fails_deletes(finding) and not fails_here(finding)]
    idle = all(any(_is_idle(impacts.get(step.qualified)) for step in way) for way in ways)
    row = ConstraintRow(key, findings, impacts.get(key.qualified), idle_way=bool(ways) and idle)
    return replace(row, rank=_by_severity(row))


def _is_idle(impact: Impact | None) -> bool:
    return impact is not None and impact.state == "latent"


def columns() -> list[ListColumn[ConstraintRow]]:
    """Give the list's columns."""
    return [
        ListColumn("", _symbol, 1, tone=_tone),
        ListColumn("foreign key", lambda row: shown_columns(row.key), 16),
        ListColumn("references", lambda row: shown_name(row.key.referenced), 10, priority=1),
        ListColumn("on delete", lambda row: row.key.on_delete.value, 9, priority=2),
        ListColumn("rule", lambda row: row.reasons, 5, priority=3),
        ListColumn("state", lambda row: row.state, 12, tone=_tone),
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
    keys = knowledge.catalog.foreign_keys
    tables = [table for table in knowledge.catalog.tables.values() if table.partition_of is None]
    unreadable = sum(1 for table in tables if table.privileges and not table.privileges.select)
    found = severities_in_words(knowledge.findings)
    undeclared = sum(not finding.key.name for finding in knowledge.findings)
    beside = f"; {counted(undeclared, 'undeclared references')}: o" if undeclared else ""
    scope = f"in {counted(len(keys), 'foreign keys')} in {counted(len(tables), 'tables')}"
    hidden = f" ({unreadable:,} not readable)" if unreadable else ""
    return f"{found or 'Nothing found'} {scope}{hidden}{beside}"


def described(row: ConstraintRow) -> list[Line]:
    """Give what the pane says of a foreign key: what it means, the very error, the declaration."""
    paragraphs: list[Line] = []
    for finding in row.findings:
        paragraphs += _finding_lines(finding, row.impact)
    if not row.findings:
        paragraphs.append(line(behaviour(row.key)))
    paragraphs.append(line(Part(statement_of(row.key), "code")))
    if row.key.comment:
        paragraphs.append(line(f"Comment: {row.key.comment}"))
    return paragraphs


def title_of(row: ConstraintRow) -> str:
    """Give the heading of the pane: the worst rule, and the constraint's name."""
    worst = row.findings[0] if row.findings else None
    return f"{worst.rule} {worst.name}  {row.key.name}" if worst else row.key.name


def statement_of(key: ForeignKey) -> str:
    """Give the statement that declares the key."""
    return for_psql(f"ALTER TABLE {key.table.sql} ADD CONSTRAINT {quoted(key.name)} {definition(key)}")


def _finding_lines(finding: Finding, impact: Impact | None) -> list[Line]:
    lines = [line(Part(consequence(finding, impact), "strong"))]
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
    held = (row.impact.referenced_rows or 0) if row.impact else 0
    return (rank, latent, -held, str(row.key.table), row.key.name)
