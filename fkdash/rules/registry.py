"""All rules, and what they find in a catalog. A new rule is a module and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.garbage_collection import collector_at_rest
from fkdash.rules.checks import (
    fk101_set_null_on_not_null,
    fk102_set_null_breaks_check,
    fk103_set_null_breaks_match_full,
    fk104_set_null_breaks_unique,
    fk105_set_default_without_value,
    fk106_set_default_not_referenced,
    fk107_set_default_breaks_check,
    fk108_cascade_runs_into_contradiction,
    fk109_cascade_runs_into_refusal,
    fk110_conflicting_paths,
    fk111_conflicting_actions,
    fk112_set_default_breaks_unique,
    fk113_set_default_breaks_match_full,
    fk114_action_empties_generated_column,
    fk115_written_key_is_referenced,
    fk116_action_writes_identity,
    fk117_set_null_without_partition,
    fk118_owner_lacks_privilege,
    fk119_publication_forbids_action,
    fk201_not_valid,
    fk202_not_enforced,
    fk203_triggers_disabled,
    fk204_trigger_can_swallow_action,
    fk205_row_security_hides_rows,
    fk206_match_simple_nullable,
    fk207_undeclared_reference,
    fk208_rules_rewrite_actions,
    fk209_inheritance_not_covered,
    fk301_no_index,
    fk302_cascade_fan_out,
    fk303_fix_reads_large_table,
    fk401_type_mismatch,
    fk402_collation_mismatch,
    fk403_unusual_equality,
    fk501_duplicate,
    fk502_overlapping,
    fk503_nullable_referenced_key,
    fk504_closed_cycle,
    fk505_odd_one_out,
    fk506_differs_from_family,
)
from fkdash.rules.checks.fk6_the_way import FILE_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fkdash.catalog.model import Catalog
    from fkdash.rules.finding import Finding, Rule

RULES: Final[tuple[Rule, ...]] = (
    fk101_set_null_on_not_null.RULE,
    fk102_set_null_breaks_check.RULE,
    fk103_set_null_breaks_match_full.RULE,
    fk104_set_null_breaks_unique.RULE,
    fk105_set_default_without_value.RULE,
    fk106_set_default_not_referenced.RULE,
    fk107_set_default_breaks_check.RULE,
    fk108_cascade_runs_into_contradiction.RULE,
    fk109_cascade_runs_into_refusal.RULE,
    fk110_conflicting_paths.RULE,
    fk111_conflicting_actions.RULE,
    fk112_set_default_breaks_unique.RULE,
    fk113_set_default_breaks_match_full.RULE,
    fk114_action_empties_generated_column.RULE,
    fk115_written_key_is_referenced.RULE,
    fk116_action_writes_identity.RULE,
    fk117_set_null_without_partition.RULE,
    fk118_owner_lacks_privilege.RULE,
    fk119_publication_forbids_action.RULE,
    fk201_not_valid.RULE,
    fk202_not_enforced.RULE,
    fk203_triggers_disabled.RULE,
    fk204_trigger_can_swallow_action.RULE,
    fk205_row_security_hides_rows.RULE,
    fk206_match_simple_nullable.RULE,
    fk207_undeclared_reference.RULE,
    fk208_rules_rewrite_actions.RULE,
    fk209_inheritance_not_covered.RULE,
    fk301_no_index.RULE,
    fk302_cascade_fan_out.RULE,
    fk303_fix_reads_large_table.RULE,
    fk401_type_mismatch.RULE,
    fk402_collation_mismatch.RULE,
    fk403_unusual_equality.RULE,
    fk501_duplicate.RULE,
    fk502_overlapping.RULE,
    fk503_nullable_referenced_key.RULE,
    fk504_closed_cycle.RULE,
    fk505_odd_one_out.RULE,
    fk506_differs_from_family.RULE,
)
EVERY_RULE: Final = (*RULES, *FILE_RULES)
"""Also those that only the statements of files can break."""
_CALLED: Final = {word: each for each in EVERY_RULE for word in (each.id.lower(), each.name)}


def rule(rule_id: str) -> Rule:
    """Give the rule with this id or name, those of files among them; raises KeyError for any other word."""
    return _CALLED[rule_id.lower()]


def findings(catalog: Catalog, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Give what the rules find, in order."""
    with collector_at_rest():
        return in_order(finding for each in rules for finding in each.find(catalog))


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings in their order: the worst first, then by table and constraint."""
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    return (finding.severity.rank, finding.rule, *finding.key.table, finding.key.name)
