"""What an operator looked at and did in one session, as Markdown: the marks in order, then the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.fact import fact
from fkdash.report.diagnosis import applied_lines
from fkdash.report.markdown import escaped, fenced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fkdash.apply.journal.records import RecordedRun

_MOMENT: Final = "%Y-%m-%d %H:%M:%SZ"


@fact
class Table:
    """Rows under titles, cells as they were shown; `beyond` is the number of rows left out."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    beyond: int = 0


@fact
class Shown:
    """What a screen showed: what it was about, its sentence, its tables and the lines of its text."""

    subject: str
    said: str = ""
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()


@fact
class Mark:
    """Something shown that the operator kept, with the moment (in UTC), the place and a title, "" without one."""

    moment: datetime
    where: str
    shown: Shown
    title: str = ""


def session_markdown(marks: Sequence[Mark], runs: Sequence[RecordedRun], *, begun: datetime) -> str:
    """Give the document; everything in it is shown as it is, no name is taken for markup."""
    return "\n".join(_lines(marks, runs, begun)) + "\n"


def _lines(marks: Sequence[Mark], runs: Sequence[RecordedRun], begun: datetime) -> Iterator[str]:
    yield "# What was looked at and done"
    yield ""
    yield f"A session of fkdash, begun {begun.strftime(_MOMENT)}."
    for number, mark in enumerate(marks, 1):
        yield from _mark(number, mark)
    yield from applied_lines(runs)


def _mark(number: int, mark: Mark) -> Iterator[str]:
    shown = mark.shown
    yield from ("", f"## {number}. {escaped(mark.title or shown.subject)}", "")
    about = f"{escaped(shown.subject)}, " if mark.title and shown.subject else ""
    yield f"{about}{escaped(mark.where)}, {mark.moment.strftime(_MOMENT)}"
    if shown.said:
        yield from ("", escaped(shown.said))
    for table in shown.tables:
        yield from _table(table)
    if shown.lines:
        yield ""
        yield from fenced("\n".join(map(plain, shown.lines)), "text")


def _table(table: Table) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(map(escaped, table.titles))} |"
    yield f"|{'---|' * len(table.titles)}"
    for row in table.rows:
        yield f"| {' | '.join(map(escaped, row))} |"
    if table.beyond:
        yield from ("", f"{counted(table.beyond, 'more rows were', 'more row was')} shown.")
