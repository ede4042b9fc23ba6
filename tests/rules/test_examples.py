"""Every rule's example does what it says, on every version that accepts it."""

from __future__ import annotations

import re

import asyncpg
import pytest

from fkdash.catalog.postgres.read import read_catalog
from fkdash.db.statements import OpenTransaction
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.registry import RULES, findings
from tests.rules.catalogs import sound
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

# The example cannot be run: it needs ten million rows, or an extension the embedded servers lack.
_ONLY_WORDS = {"FK303", "FK403"}
_NEEDS_ANOTHER_ROLE = {"FK205"}
_SINCE = {"FK103": 15, "FK104": 15, "FK202": 18}


def _statements(example: str) -> list[str]:
    """Split an example as psql does, function bodies in one piece."""
    text = re.sub(r"--.*", "", example)
    return [each for each in re.split(r";(?=(?:[^']*'[^']*')*[^']*$)", text) if each.strip()]


async def test_every_example_has_its_problem_and_raises_the_error_it_announces(database: TestDatabase) -> None:
    connection = await database.connection()
    for rule in RULES:
        if rule.id in _ONLY_WORDS or database.version < _SINCE.get(rule.id, 0):
            continue
        announced = re.search(r"ERROR (\w{5})", rule.example)
        transaction = connection.transaction()
        await transaction.start()
        raised = await _run(connection, rule)
        if rule.id in _NEEDS_ANOTHER_ROLE:
            await connection.execute("CREATE ROLE somebody; SET LOCAL ROLE somebody")
        session = OpenTransaction(connection, where="a test", statement_seconds=10)
        found = findings(await read_catalog(session), [rule])
        await transaction.rollback()
        assert (rule.id, raised) == (rule.id, announced[1] if announced else "")
        assert found, rule.id
        _is_well_worded(found[0])
        if announced and found[0].error is not None:
            assert (rule.id, found[0].error.sqlstate) == (rule.id, raised)


async def _run(connection: asyncpg.Connection[asyncpg.Record], rule: Rule) -> str:
    """Run an example statement by statement and give the SQLSTATE of the last error, empty without one."""
    raised = ""
    for statement in _statements(rule.example):
        try:
            async with connection.transaction():
                await connection.execute(statement)
        except asyncpg.PostgresError as error:
            raised = str(error.sqlstate)
    return raised


def _is_well_worded(finding: Finding) -> None:
    for text in (finding.message, finding.explanation):
        assert text == text.strip()
        assert text.endswith(".")
        assert "  " not in text
        assert "None" not in text
        # An article would have to fit the name: a row of agents, never a agents row.
        for table in (finding.key.table, finding.key.referenced):
            assert not re.search(rf"\b{re.escape(table.name)} rows?\b", text)
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
