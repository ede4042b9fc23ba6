"""What the benchmark of findings measures: contradictions in schemas as public ones are shaped come true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fkdash.rules.registry import findings
from tests.benchmarks.findings import Figures, executed, judge
from tests.support.looking import catalog_of

pytestmark = pytest.mark.every_version

if TYPE_CHECKING:
    from tests.support.servers import TestDatabase


async def test_every_contradiction_of_a_seeded_schema_comes_true(database: TestDatabase) -> None:
    figures = Figures()
    await judge(database, 3, figures)
    assert figures.executed["true"]
    assert not figures.false


async def test_a_contradiction_that_is_none_is_told_from_a_true_one(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p_id int NOT NULL REFERENCES p ON DELETE SET NULL)"
    )
    catalog = await catalog_of(database)
    [finding] = [each for each in findings(catalog) if each.rule == "FK101"]
    assert await executed(database, catalog, finding) == "true"
    await database.execute("ALTER TABLE c ALTER p_id DROP NOT NULL")
    assert await executed(database, catalog, finding) == "false"
    await database.execute("ALTER TABLE c ADD CHECK (false)")
    assert await executed(database, catalog, finding) == "not decidable"
