"""What a watch counted, as lines for people and as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.watch.counts import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from fkdash.watch.counts import Counted, Counts

_MINUTE: Final = "%Y-%m-%dT%H:%M:00Z"
_SHOWN_NAMES: Final = 3


def watch_line(each: Counted, findings: Mapping[str, str]) -> str:
    """Give one minute of one constraint: when, how often, what, which finding explains it, who had it."""
    minute = each.what.minute.strftime("%Y-%m-%d %H:%MZ") if each.what.minute is not None else "time not known   "
    parts = [
        minute,
        each.what.sqlstate,
        f"{each.count:>6,}",
        plain(name_of(each.what) or "(constraint not known)"),
    ]
    if each.key and each.key != each.what.constraint:
        parts.append(f"in the action of {plain(each.key)}")
    finding = findings.get(each.key) or findings.get(each.what.constraint)
    if finding:
        parts.append(finding)
    who = [*_most(each.applications), *(f"as {role}" for role in _most(each.roles))]
    if who:
        parts.append(f"({', '.join(who)})")
    return "  ".join([*parts, *(f"\n    {plain(statement)}" for statement in each.statements)])


def watch_document(each: Counted, findings: Mapping[str, str]) -> dict[str, Any]:
    """Give the same as a document."""
    what = each.what
    document: dict[str, Any] = {
        "fkdash": 1,
        "kind": "watch",
        "minute": what.minute.strftime(_MINUTE) if what.minute is not None else None,
        "constraint": what.constraint or None,
        "sqlstate": what.sqlstate,
        "count": each.count,
        "schema": what.schema or None,
        "table": what.table or None,
    }
    if not what.constraint:
        document["column"] = what.column or None
    return {
        **document,
        "key": each.key or None,
        "finding": findings.get(each.key) or findings.get(what.constraint),
        "applications": dict(each.applications),
        "roles": dict(each.roles),
        **({"statements": each.statements} if each.statements else {}),
    }


def summary_lines(counts: Counts, notes: Sequence[str]) -> Iterator[str]:
    """Give what it comes to: how many, of which constraints, when last, what a fix did, what is not known."""
    if counts.total:
        last = f", the last at {_moment(counts.last)}" if counts.last is not None else ""
        yield f"{counted(counts.total, 'errors')} of {counted(len(counts.seen), 'constraints')}{last}."
        for seen in sorted(counts.seen.values(), key=lambda each: -each.count):
            yield f"  {seen.count:>6,}  {seen.sqlstate}  {plain(seen.name) or '(constraint not known)'}"
    else:
        yield "No integrity error was seen."
    for key, moment in counts.fixed.items():
        before, after = counts.before[key], counts.after[key]
        if before or after:
            stopped = "none since" if not after else f"{after:,} SINCE"
            yield f"{plain(key)} was changed at {_moment(moment)}: {before:,} before, {stopped}."
    yield from notes


def summary_document(counts: Counts, notes: Sequence[str]) -> dict[str, Any]:
    """Give the same as a document."""
    return {
        "fkdash": 1,
        "kind": "watch-summary",
        "violations": counts.total,
        "unclassified": counts.unclassified,
        "other_databases": counts.elsewhere,
        "last": _moment(counts.last) if counts.last is not None else None,
        "fixed": [
            {
                "constraint": key,
                "at": _moment(moment),
                "before": counts.before[key],
                "after": counts.after[key],
            }
            for key, moment in counts.fixed.items()
        ],
        "notes": list(notes),
    }


def _moment(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else ""


def _most(names: Mapping[str, int]) -> list[str]:
    most = sorted(names.items(), key=lambda each: -each[1])
    return [plain(name) for name, _ in most[:_SHOWN_NAMES]]
