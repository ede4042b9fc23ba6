"""What a fix of a foreign key is about: what is wrong with it, or, if nothing is, its ON DELETE action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.action import Statement
from fkdash.catalog.table_name import listed
from fkdash.fix.declare import is_new
from fkdash.fix.options import options
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog, ForeignKey


def subject_of(catalog: Catalog, key: ForeignKey, option_id: str = "") -> Finding:
    """Give the worst finding about a key that has a fix; else a stand-in of no rule, so that it can be changed.

    With `option_id`, the worst one that this option answers.
    """
    for finding in subjects_of(catalog, key):
        if not option_id or any(option.id == option_id for option in options(catalog, finding)):
            return finding
    return _stand_in(catalog, key, (each for each in findings(catalog) if each.key.qualified == key.qualified))


def subject_among(catalog: Catalog, key: ForeignKey, known: Iterable[Finding]) -> Finding:
    """Give the same where the findings about the key are known already, the worst first."""
    about = tuple(known)
    return next((finding for finding in about if options(catalog, finding)), None) or _stand_in(
        catalog, key, about
    )


def subjects_of(catalog: Catalog, key: ForeignKey) -> tuple[Finding, ...]:
    """Give the findings about a key that have a fix, the worst first."""
    return tuple(
        finding
        for finding in findings(catalog)
        if finding.key.qualified == key.qualified and options(catalog, finding)
    )


def _stand_in(catalog: Catalog, key: ForeignKey, known: Iterable[Finding]) -> Finding:
    if is_new(catalog, key):
        return _about_new(key)
    found = " ".join(f"{each.rule}: {each.message}" for each in known if not options(catalog, each))
    stand_in = anything_about(key)
    return replace(stand_in, message=f"No option here is a fix of what is found. {found}") if found else stand_in


def _about_new(key: ForeignKey) -> Finding:
    own, theirs = listed(key.columns), listed(key.referenced_columns)
    said = f"{key.table} ({own}) refers to {key.referenced} ({theirs}), which no constraint guarantees."
    return replace(anything_about(key), message=said)


def anything_about(key: ForeignKey) -> Finding:
    """Give a stand-in of no rule, which offers everything that can be done with a key."""
    return Finding(
        rule="",
        name="",
        severity=Severity.INFO,
        key=key,
        columns=key.columns,
        message=f"Nothing is wrong with {key.qualified}.",
        statements=(Statement.DELETE,),
    )
