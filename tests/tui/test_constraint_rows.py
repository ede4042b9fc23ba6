"""The rows of the first screen: renewed one by one as counts become known, they are those made anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column
from fkdash.preview.rows.blocked import Impact
from fkdash.rules.registry import findings
from fkdash.tui.knowledge import Knowledge
from fkdash.tui.screens.findings.constraint_rows import FIELDS, constraint_rows, described, orders, renewed_rows
from fkdash.tui.screens.fix.options import subject
from tests.rules.catalogs import catalog, reference, table


def chain() -> Catalog:
    """Tenants cascade to agents, and agents cannot go: cases would get NULL where there must be none."""
    tenants = table("tenants")
    agents = table("agents", Column(2, "tenant_id", "bigint", not_null=True))
    cases = table("cases", Column(2, "agent_id", "bigint", not_null=True), Column(3, "other_id", "bigint"))
    return catalog(
        tenants,
        agents,
        cases,
        reference(agents, "tenant_id", tenants, Action.CASCADE),
        reference(cases, "agent_id", agents, Action.SET_NULL),
        reference(cases, "other_id", tenants, Action.NO_ACTION),
    )


@pytest.mark.parametrize("impact", [Impact(3, 9, 10), Impact(0, 0, 10), Impact(None, None, reason="locked")])
def test_rows_renewed_by_a_count_are_those_made_anew_and_the_others_are_untouched(impact: Impact) -> None:
    declared = chain()
    before = Knowledge(declared, findings(declared))
    rows = constraint_rows(before)
    name = "public.cases.cases_agent_id_fkey"
    after = before.with_impacts({name: impact})
    renewed = renewed_rows(rows, after, [name])
    assert renewed == constraint_rows(after)
    assert [row.rank for row in renewed] == [row.rank for row in constraint_rows(after)]
    states = {row.key.name: row.state for row in renewed}
    assert states["cases_agent_id_fkey"] == {"biting": "BITES 3"}.get(impact.state, impact.state)
    assert states["agents_tenant_id_fkey"] == ("latent" if impact.state == "latent" else "may bite")
    untouched = next(row for row in rows if row.key.name == "cases_other_id_fkey")
    assert any(row is untouched for row in renewed)


def test_what_is_known_of_the_findings_is_not_looked_up_again() -> None:
    declared = chain()
    before = Knowledge(declared, findings(declared))
    assert before.with_impacts({}).findings_by_key is before.findings_by_key
    assert Knowledge(declared, ()).led_over == {}


def test_of_a_comment_of_millions_of_characters_the_beginning_is_shown() -> None:
    declared = chain()
    keys = [replace(key, comment=f"asked for by billing {'x' * 5_000_000}") for key in declared.foreign_keys]
    known = replace(declared, foreign_keys=tuple(keys))
    said = described(constraint_rows(Knowledge(known, findings(known)))[0])
    assert "Comment: asked for by billing xxx" in str(said)
    assert len(str(said)) < 10_000


def test_every_order_sorts_by_what_it_names() -> None:
    declared = chain()
    rows = constraint_rows(Knowledge(declared, findings(declared)))
    rows.append(replace(rows[0], key=replace(rows[0].key, table=rows[0].key.table._replace(schema="billing"))))
    sorted_by = {each.title: sorted(rows, key=each.key) for each in orders() if each.key is not None}
    assert sorted_by["table"][0].key.table.schema == "billing"
    for title, field in (("referenced", "referenced"), ("action", "action"), ("constraint", "constraint")):
        values = [FIELDS[field](row) for row in sorted_by[title]]
        assert values == sorted(values)


def test_what_a_fix_is_about_comes_from_what_is_known_already() -> None:
    """Judging fifty thousand keys again, to find that one is sound, would keep the screen from answering."""
    declared = chain()
    broken = next(key for key in declared.foreign_keys if key.name == "cases_agent_id_fkey")
    assert subject(Knowledge(declared, findings(declared)), broken).rule == "FK101"
    assert subject(Knowledge(declared, ()), broken).rule == ""
