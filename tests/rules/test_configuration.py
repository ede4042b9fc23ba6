"""Severities, exceptions with reasons and baselines do what the file says; a wrong file is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fkdash.catalog.model import Action, Catalog, Column
from fkdash.errors import UsageError
from fkdash.rules.configuration import (
    Configuration,
    baseline_document,
    baseline_from,
    compare,
    configuration_from,
    judge,
)
from fkdash.rules.finding import Finding, Severity
from fkdash.rules.registry import findings
from tests.rules.catalogs import catalog, reference, table

_KEY = "public.users.users_workspace_id_fkey"


def _broken(*, name: str = "users_workspace_id_fkey", indexed: bool = False) -> Catalog:
    workspaces = table("workspaces")
    users = table(
        "users",
        Column(2, "workspace_id", "bigint", not_null=True),
        indexed=("workspace_id",) if indexed else (),
    )
    return catalog(
        workspaces, users, replace(reference(users, "workspace_id", workspaces, Action.SET_NULL), name=name)
    )


def _configured(**document: Any) -> Configuration:  # noqa: ANN401 - what TOML holds
    return configuration_from(document, "fkdash.toml")


def _rules(found: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in found]


def test_without_configuration_the_rules_severities_stand() -> None:
    judged = judge(findings(_broken()), Configuration())
    assert _rules(judged.findings) == [("FK101", Severity.ERROR), ("FK301", Severity.WARNING)]
    assert judged.ignored == ()


def test_a_rule_is_reweighted_by_id_or_name_or_switched_off() -> None:
    judged = judge(findings(_broken()), _configured(rules={"set-null-on-not-null": "info", "FK301": "off"}))
    assert _rules(judged.findings) == [("FK101", Severity.INFO)]


def test_the_worst_comes_first_after_reweighting() -> None:
    judged = judge(findings(_broken()), _configured(rules={"FK101": "info"}))
    assert _rules(judged.findings) == [("FK301", Severity.WARNING), ("FK101", Severity.INFO)]


@pytest.mark.parametrize("pattern", [_KEY, "public.users.*", "*.users_workspace_id_fkey"])
def test_an_override_applies_to_the_constraints_it_names(pattern: str) -> None:
    override = {"rule": "FK101", "constraint": pattern, "severity": "warning"}
    judged = judge(findings(_broken(indexed=True)), _configured(override=[override]))
    assert _rules(judged.findings) == [("FK101", Severity.WARNING)]
    elsewhere = judge(
        findings(_broken(indexed=True)), _configured(override=[override | {"constraint": "public.orders.*"}])
    )
    assert _rules(elsewhere.findings) == [("FK101", Severity.ERROR)]


def test_an_ignored_finding_is_set_apart_with_its_reason() -> None:
    ignore = {"rule": "FK101", "constraint": _KEY, "reason": "never deleted"}
    judged = judge(findings(_broken(indexed=True)), _configured(ignore=[ignore]))
    assert judged.findings == ()
    assert [(each.finding.rule, each.reason) for each in judged.ignored] == [("FK101", "never deleted")]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"ignore": [{"rule": "FK101", "constraint": _KEY}]}, "no reason"),
        ({"ignore": [{"rule": "FK101", "constraint": _KEY, "reason": "  "}]}, "no reason"),
        ({"rules": {"FK999": "off"}}, "FK999"),
        ({"rules": {"FK101": "loud"}}, "loud"),
        ({"rules": {"FK101": True}}, "True"),
        ({"rules": ["FK101"]}, "not a table"),
        ({"rule": {}}, "unknown entry rule"),
        ({"override": {"rule": "FK101"}}, "list of tables"),
        ({"override": [{"rule": "FK101", "severety": "info"}]}, "severety"),
        ({"baseline": 3}, "file name"),
    ],
)
def test_a_wrong_configuration_is_refused_naming_the_entry(document: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError) as refused:
        configuration_from(document, "fkdash.toml")
    assert named in refused.value.what
    assert "fkdash.toml" in refused.value.what
    assert refused.value.next_step


def test_a_baseline_makes_a_legacy_schema_green_and_survives_a_rename() -> None:
    baseline = baseline_from(baseline_document(findings(_broken())), "baseline.json")
    compared = compare(findings(_broken(name="renamed")), baseline)
    assert (compared.new, len(compared.known), compared.gone) == ((), 2, ())


def test_a_baseline_tells_what_is_new_and_what_is_gone() -> None:
    baseline = baseline_from(baseline_document(findings(_broken())), "baseline.json")
    repaired = compare(findings(_broken(indexed=True)), baseline)
    assert repaired.gone == (f"FK301 {_KEY}",)
    assert [finding.rule for finding in repaired.known] == ["FK101"]
    worse = compare(findings(_broken()), baseline_from(baseline_document(repaired.known), "baseline.json"))
    assert [finding.rule for finding in worse.new] == ["FK301"]


def test_a_second_copy_of_a_known_finding_is_new() -> None:
    found = findings(_broken(indexed=True))
    baseline = baseline_from(baseline_document(found), "baseline.json")
    compared = compare((*found, *found), baseline)
    assert (len(compared.known), len(compared.new)) == (1, 1)


@pytest.mark.parametrize("document", [[], {}, {"kind": "check"}, {"kind": "baseline", "findings": [{}]}])
def test_what_is_no_baseline_is_refused(document: object) -> None:
    with pytest.raises(UsageError):
        baseline_from(document, "baseline.json")
