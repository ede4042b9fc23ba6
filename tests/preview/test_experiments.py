"""Each experiment's delete is previewed, then run for real and rolled back: the preview told the truth."""

from __future__ import annotations

import asyncpg
import pytest

from fkdash.preview.model import Verdict
from tests.preview.agree import differences, predict
from tests.preview.experiments import EXPERIMENTS, Experiment
from tests.preview.reality import run_delete
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.every_version

# What only the real statement can tell: code of the user's, volatile functions and defaults, hidden order.
UNKNOWABLE = frozenset(
    [
        "nn8",
        "nn17b",
        "di4",
        "di4b",
        "tr1",
        "tr2",
        "tr2b",
        "tr3",
        "tr4",
        "tr5",
        "ru3",
        "re3",
        "re3r",
        "pr5",
        "un13",
        "tr6",
        "generated1",
        "execute13",
        "execute14",
        "execute18",
        "when2",
        "when3",
        "when6",
        "when8",
        "when9",
        "when10",
        "when11",
        "when12",
        "when15",
        "when19",
        "pub13",
    ]
)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
async def test_a_preview_says_what_the_delete_really_does(
    shared_database: TestDatabase, experiment: Experiment
) -> None:
    if not experiment.first <= shared_database.version <= experiment.last:
        pytest.skip("this server has no such feature")
    await shared_database.execute("CREATE SCHEMA f; SET search_path = f, public")
    if "alice" in experiment.setup:
        await shared_database.execute("DROP ROLE IF EXISTS alice, bob; CREATE ROLE alice; CREATE ROLE bob")
        await shared_database.execute("GRANT ALL ON SCHEMA f TO alice, bob")
    try:
        await shared_database.execute(experiment.setup)
    except asyncpg.FeatureNotSupportedError as lacking:
        pytest.skip(f"this build of PostgreSQL: {lacking}")
    await shared_database.execute("SET search_path = f, public")
    connection = await shared_database.connection()
    predicted = await predict(connection, "f", experiment.table, experiment.condition)
    truth = await run_delete(
        connection, f"DELETE FROM {experiment.table} WHERE {experiment.condition}", [], effects=False
    )
    assert (predicted.verdict is Verdict.UNKNOWN) == (experiment.name in UNKNOWABLE), predicted.notes
    assert differences(predicted, truth, {}) == []
