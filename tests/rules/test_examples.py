"""Every rule's example does what it says, on every version that accepts it."""

from __future__ import annotations

import re

import asyncpg
import pytest

from fkdash.catalog.postgres import read_catalog
from fkdash.db.statements import OpenTransaction
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.registry import RULES, findings
from tests.rules.catalogs import sound
from tests.support.servers import TestDatabase

# The example cannot be run: it needs ten million rows, or an extension the embedded servers lack.
_ONLY_WORDS = {"FK303", "FK403"}
_NEEDS_ANOTHER_ROLE = {"FK205"}
_SINCE = {"FK103": 15, "FK104": 15, "FK202": 18}


def _statements(example: str) -> list[str]:
    """Split an example as psql does, function bodies in one piece."""
    text = re.sub(r"--.*", "", example)
    return [each for each in re.split(r";(?=(?:[^']*'[^']*')*[^']*$)", text) if each.strip()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
async def test_the_example_has_the_problem_and_raises_the_error_it_announces(
    database: TestDatabase, rule: Rule
) -> None:
    if rule.id in _ONLY_WORDS or database.version < _SINCE.get(rule.id, 0):
        pytest.skip("this server cannot run the example")
    announced = re.search(r"ERROR (\w{5})", rule.example)
    raised = ""
    connection = await database.connection()
    for statement in _statements(rule.example):
        try:
            await connection.execute(statement)
        except asyncpg.PostgresError as error:
            raised = str(error.sqlstate)
    assert raised == (announced[1] if announced else "")
    transaction = connection.transaction()
    await transaction.start()
    if rule.id in _NEEDS_ANOTHER_ROLE:
        await connection.execute("CREATE ROLE somebody; SET LOCAL ROLE somebody")
    catalog = await read_catalog(OpenTransaction(connection, where="a test", statement_seconds=10))
    await transaction.rollback()
    found = [finding for finding in findings(catalog, [rule]) if finding.rule == rule.id]
    assert found
    _is_well_worded(found[0])
    if announced and found[0].error is not None:
        assert found[0].error.sqlstate == raised


def _is_well_worded(finding: Finding) -> None:
    for text in (finding.message, finding.explanation):
        assert text == text.strip()
        assert text.endswith(".")
        assert "  " not in text
        assert "None" not in text
    assert set(finding.fixes) <= {
        "no-action",
        "restrict",
        "cascade",
        "set-null",
        "set-null-columns",
        "set-default",
        "drop-not-null",
        "validate",
        "create-index",
        "enable-triggers",
        "drop-duplicate",
    }


def test_ids_and_names_are_unique_and_of_a_known_family() -> None:
    assert len({rule.id for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"FK[1-5]\d\d", rule.id) for rule in RULES)
    assert [rule.id for rule in RULES] == sorted(rule.id for rule in RULES)


def test_every_rule_is_quiet_about_a_sound_schema() -> None:
    assert findings(sound()) == ()
