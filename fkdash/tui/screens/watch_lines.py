"""The words of the watch: whether the errors have stopped, and what is known of those of one constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.tui.widgets.painting import Line, Part, Tone, line
from fkdash.tui.words import rows_of

if TYPE_CHECKING:
    from datetime import datetime

    from fkdash.catalog.model import ForeignKey
    from fkdash.orphans.scan import OrphanCount
    from fkdash.tui.knowledge import Knowledge
    from fkdash.tui.watching import Watching
    from fkdash.watch.seen import Seen

_SHOWN_NAMES = 5


def outcome(watching: Watching, about: ForeignKey | None, now: datetime) -> tuple[str, Tone]:
    """Give the answer above the list: of the constraint that was fixed, else of all."""
    counts = watching.counts
    if counts is None:
        if watching.no_log is not None:
            return f"Whether there are errors is not known: {watching.no_log.what}", "warning"
        return "Are there still errors? The server's log is read.", "plain"
    if about is not None and about.qualified in counts.fixed:
        fixed = counts.fixed[about.qualified]
        before, after = counts.before[about.qualified], counts.after[about.qualified]
        minutes = counted(int((now - fixed).total_seconds() // 60), "minutes")
        if after:
            return (
                f"{about.qualified} still fails: {counted(after, 'errors')} since the fix {minutes} ago.",
                "error",
            )
        return f"No error of {about.qualified} since the fix {minutes} ago; {before:,} before.", "good"
    since = f" since {watching.since.astimezone():%H:%M}" if watching.since is not None else ""
    if not counts.total:
        return f"No integrity error was seen{since}.", "good"
    last = f", the last at {counts.last.astimezone():%H:%M:%S}" if counts.last is not None else ""
    return f"{counted(counts.total, 'integrity errors')}{since}{last}.", "error"


def about(seen: Seen, watching: Watching, knowledge: Knowledge, orphans: OrphanCount | None) -> list[Line | str]:
    """Give what is known of the errors of one constraint; `orphans` as far as they were counted."""
    counts = watching.counts
    lines: list[Line | str] = []
    fixed = counts.fixed.get(seen.key) if counts is not None else None
    if counts is not None and fixed is not None:
        before, after = counts.before[seen.key], counts.after[seen.key]
        since = Part("none since", "good") if not after else Part(f"{after:,} since", "error")
        lines.append(
            line(Part(f"Changed at {fixed.astimezone():%H:%M:%S}: ", "strong"), f"{before:,} before, ", since)
        )
    if seen.key and seen.key != seen.name:
        lines.append(f"In the action of {seen.key}.")
    finding = next((each for each in knowledge.findings if each.key.qualified == seen.key), None)
    if finding is not None:
        lines.append(line(Part(f"{finding.rule} ", "strong"), finding.message))
    impact = knowledge.impacts.get(seen.key)
    if impact is not None and impact.referenced_rows is not None and finding is not None:
        lines.append(
            f"Blocked now: {rows_of(impact.referenced_rows, finding.key.referenced, exact=impact.exact)}."
        )
    if orphans is not None:
        from fkdash.report.orphans import count_words  # loaded when it is wanted

        lines.append(f"Rows that refer to nothing: {count_words(orphans)}.")
    for title, names in (("By", seen.applications), ("As", seen.roles)):
        most = ", ".join(f"{name} ({number:,})" for name, number in names.most_common(_SHOWN_NAMES))
        if most:
            lines.append(f"{title} {most}")
    return lines


def statistics_lines(watching: Watching) -> list[Line | str]:
    """Give what statistics tell beside the log, or instead of it, and what must be known of the count."""
    lines: list[Line | str] = []
    if watching.no_log is not None:
        lines += [line(Part(watching.no_log.what, "warning")), watching.no_log.next_step]
    since = watching.counters
    if since is not None:
        rolled_back = counted(since.rolled_back, "transactions rolled back", "transaction rolled back")
        lines.append(
            f"Statistics since this was opened: {rolled_back}, {since.committed:,} committed, "
            f"{counted(since.deadlocks, 'deadlocks')} (pg_stat_database; every error rolls back, and so does an "
            "application that means to; what fkdash looks at is not among them)."
        )
        if since.deletes is not None:
            lines.append(
                f"DELETEs from {watching.table} that went through: {since.deletes:,} (pg_stat_statements)."
            )
    return [*lines, *watching.notes]
