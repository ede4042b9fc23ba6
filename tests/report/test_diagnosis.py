"""The document for the others, from a real server."""

from __future__ import annotations

import pytest

from tests.support.commands import fkdash
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.minimum_version(18)


async def test_the_report_draws_what_is_around_the_table_whose_rows_cannot_be_deleted(
    incident_database: TestDatabase,
) -> None:
    report = await fkdash("report", incident_database.dsn, environment={"PYTHONIOENCODING": "utf-8"})
    assert report.returncode == 0, report.stderr
    drawn = report.stdout.split("```text\n")[2].split("```")[0]
    assert [line for line in drawn.split("\n") if line.startswith("workspaces")] == ["workspaces"]
    assert "\u251c\u2500\u2500\u2205 \u2717 users" in drawn
    assert drawn.count("CASCADE") == 6
    assert next(line for line in drawn.split("\n") if "\u25c0" in line).split()[-2] == "primary_workspace_id"
