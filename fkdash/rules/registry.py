"""All rules, and what they find in a catalog. A new rule is a module and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.rules import fk101_set_null_on_not_null

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding, Rule

RULES: Final[tuple[Rule, ...]] = (fk101_set_null_on_not_null.RULE,)


def rule(rule_id: str) -> Rule:
    """Give the rule with this id or name; raises KeyError for any other word."""
    for known in RULES:
        if rule_id.lower() in {known.id.lower(), known.name}:
            return known
    raise KeyError(rule_id)


def findings(catalog: Catalog, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Give what the rules find, the worst first, then by table and constraint."""
    found = [finding for each in rules for finding in each.find(catalog)]
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    return (finding.severity.rank, finding.rule, *finding.key.table, finding.key.name)
