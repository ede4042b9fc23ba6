"""The options for a foreign key side by side, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fkdash.db.text import plain
from fkdash.fix.statements.values import asking
from fkdash.report.fix.plan import locks_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.fix.option import Option
    from fkdash.fix.plan import Plan
    from fkdash.report.preview.promises import Promise
    from fkdash.rules.finding import Finding

_SHORTEST_WORTH_SAYING = 0.1
_ORDER = "in the order of the rule, what changes least for existing rows first; none is chosen for you"


def options_text(
    finding: Finding,
    offered: Sequence[Option],
    plans: Mapping[str, Plan],
    seconds: Mapping[str, float | None],
    rows: Mapping[str, Promise],
) -> str:
    """Give the options as text, those that are refused last with the reason; `seconds` as far as sizes tell.

    `rows` has how many rows each frees, where that was counted.
    """
    about = f"{finding.rule}: {finding.message}" if finding.rule else finding.message
    lines = [plain(finding.key.qualified), f"  {plain(about)}", f"  {_ORDER}", ""]
    for option in sorted(offered, key=lambda option: bool(option.refused)):
        lines.append(f"{option.id}  ({plain(option.title)})")
        if option.refused:
            lines += [f"  not possible: {plain(option.refused)}", ""]
            continue
        lines += [
            f"  then         {plain(option.then)}",
            f"  application  {plain(option.application)}",
            f"  undo         {plain(option.undo)}",
        ]
        if option.blocked:
            lines.append(f"  blocked      {plain(option.blocked)}")
        if option.id in rows:
            lines.append(f"  rows         {plain(rows[option.id].words)}")
        if option.asks:
            lines.append(f"  asks         for the key of an existing row: {asking(option.asks)}")
        if option.of_rows:
            lines.append("  of           the rows that are to be freed: --of KEY, once for each")
        if option.id in plans:
            plan = plans[option.id]
            lines.append(
                f"  locks        {plain(locks_in_words(lock for step in plan.steps for lock in step.locks))}"
            )
            lines.append(f"  takes        {_takes(seconds.get(option.id))}")
            lines.append(f"  how          {plain(plan.procedure)}")
        lines.append("")
    return "\n".join(lines)


def _takes(seconds: float | None) -> str:
    if seconds is None:
        return "as long as reading the table; it was never analysed"
    return f"about {seconds:.1f} s, while nobody waits" if seconds >= _SHORTEST_WORTH_SAYING else "milliseconds"


def options_document(
    finding: Finding,
    offered: Sequence[Option],
    plans: Mapping[str, Plan],
    seconds: Mapping[str, float | None],
    rows: Mapping[str, Promise],
) -> dict[str, Any]:
    """Give the options as the versioned document that scripts read."""
    return {
        "fkdash": 1,
        "kind": "options",
        "constraint": finding.key.qualified,
        "rule": finding.rule,
        "message": finding.message,
        "options": [
            {
                "option": option.id,
                "title": option.title,
                "then": option.then,
                "application": option.application,
                "frees": option.frees,
                "blocked": option.blocked,
                "cannot_be_deleted": _counted(rows.get(option.id)),
                "undo": option.undo,
                "refused": option.refused,
                "asks": list(option.asks),
                "of_rows": option.of_rows,
                "procedure": plans[option.id].procedure if option.id in plans else None,
                "expected_seconds": seconds.get(option.id),
            }
            for option in offered
        ],
    }


def _counted(found: Promise | None) -> dict[str, Any] | None:
    return None if found is None else {"today": found.today, "then": found.then, "words": found.words}
