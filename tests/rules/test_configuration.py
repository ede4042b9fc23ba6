"""Severities, exceptions with reasons and baselines do what the file says; a wrong file is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column
from fkdash.checking.policy import (
    Configuration,
    baseline_document,
    baseline_from,
    compare,
    configuration_from,
    judge,
)
from fkdash.errors import UsageError
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings
from fkdash.rules.severity import Severity
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
        ({"ignore": [{"rule": "FK101", "constraint": _KEY}]}, "ignore[1].reason is missing"),
        ({"ignore": [{"rule": "FK101", "constraint": _KEY, "reason": "  "}]}, "ignore[1].reason is empty"),
        ({"ignore": [{"reason": "x", "until": 5}]}, "ignore[1].until is a whole number, it must be a date"),
        ({"rules": {"FK999": "off"}}, "FK999"),
        ({"rules": {"FK101": "loud"}}, "loud"),
        ({"rules": {"FK101": True}}, "rules.FK101 is true or false, it must be text"),
        ({"rules": ["FK101"]}, "rules is a list, it must be a table"),
        ({"override": {"rule": "FK101"}}, "override is a table, it must be a list"),
        ({"override": [{"rule": "FK101"}]}, "override[1].severity is missing"),
        ({"baseline": 3}, "baseline is a whole number, it must be text"),
        ({"labels": {"public.users": "email"}}, 'labels."public.users" is text, it must be a list'),
        ({"lint": {"paths": [5]}}, "lint.paths[1] is a whole number"),
        (5, "it is a whole number"),
    ],
)
def test_a_wrong_configuration_is_refused_naming_the_entry(document: object, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        configuration_from(document, "fkdash.toml")
    assert named in refused.value.what
    assert "fkdash.toml" in refused.value.what
    assert refused.value.next_step


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        _configured(rules={"FK101": "loud", "FK999": "off"}, ignore=[{"reason": ""}])
    assert "2 more mistakes" in refused.value.what
    assert all(each in str(refused.value) for each in ("loud", "FK999", "ignore[1].reason"))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"rule": {}}, "rule is not known: did you mean rules?"),
        ({"override": [{"rule": "FK101", "severety": "info", "severity": "info"}]}, "did you mean severity?"),
        ({"profiles": {}}, "it belongs into config.toml"),
        ({"a newer thing": 5}, '"a newer thing" is not known'),
    ],
)
def test_what_is_not_known_is_a_warning_and_stops_nothing(document: dict[str, Any], said: str) -> None:
    assert [said in each for each in configuration_from(document, "fkdash.toml").warnings] == [True]


def test_an_accepted_finding_is_reported_again_after_its_last_day() -> None:
    ignore = {"rule": "FK101", "reason": "until the migration", "until": date(2027, 5, 31)}
    held = configuration_from({"ignore": [ignore]}, "fkdash.toml", today=date(2027, 5, 31))
    assert judge(findings(_broken(indexed=True)), held).findings == ()
    ended = configuration_from({"ignore": [ignore]}, "fkdash.toml", today=date(2027, 6, 1))
    assert [each.rule for each in judge(findings(_broken(indexed=True)), ended).findings] == ["FK101"]
    assert "ended on 2027-05-31" in ended.warnings[0]


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
