"""`-- fkdash: ignore FK101 because …`: findings that a comment on their statement accepts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.catalog.files.script import Script
    from fkdash.lint.place import Place
    from fkdash.rules.finding import Finding

_COMMENT: Final = re.compile(
    r"fkdash:\s*ignore\s+(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)\s+because\s+(?P<reason>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_ATTEMPT: Final = re.compile(r"fkdash:\s*ignore\b", re.IGNORECASE)


def ignored_by_comment(
    script: Script, placed: Iterable[tuple[Finding, Place | None, Place | None]]
) -> Mapping[int, str]:
    """Give the reasons by the id of the finding; either statement of a finding may carry the comment.

    A comment that names no rule or no reason accepts nothing and is said to be incomplete.
    """
    said: dict[tuple[str, int, int], list[tuple[frozenset[str], str]]] = {}
    for each in script.said:
        for comment in each.statement.comments:
            match = _COMMENT.search(comment)
            where = (each.file, each.statement.line, each.statement.column)
            if match is not None:
                rules = frozenset(word.strip().lower() for word in match.group("rules").split(","))
                reason = match.group("reason").removesuffix("*/").strip()
                said.setdefault(where, []).append((rules, reason))
            elif _ATTEMPT.search(comment):
                script.remark(each, "this comment accepts nothing: write -- fkdash: ignore FK101 because …")
    found: dict[int, str] = {}
    for finding, *spots in placed:
        for spot in spots:
            for rules, reason in said.get((spot.file, spot.line, spot.column), ()) if spot is not None else ():
                if {finding.rule.lower(), finding.name} & rules:
                    found[id(finding)] = reason
    return found
