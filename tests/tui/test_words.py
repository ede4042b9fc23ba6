"""The sentences that tell an operator what a finding means."""

from __future__ import annotations

import pytest

from fkdash.catalog.action import Action, Statement
from fkdash.catalog.model import ForeignKey
from fkdash.catalog.table_name import TableName
from fkdash.checking.result import Reported, impact_words
from fkdash.counted import counted
from fkdash.preview.rows.blocked import Impact
from fkdash.rules.finding import Finding, PredictedError
from fkdash.rules.severity import Severity
from fkdash.tui.words import behaviour, consequence, fails_here, holds_rows_back, shown_columns

POINTING = "workspace_id pointing there, and it cannot be NULL."
NOTHING_TODAY = "Nothing fails today: no row of users refers to a row of workspaces."
KEY = ForeignKey(
    name="users_fk",
    table=TableName("public", "users"),
    columns=("workspace_id",),
    referenced=TableName("public", "workspaces"),
    referenced_columns=("id",),
    on_delete=Action.SET_NULL,
)
FINDING = Finding(
    rule="FK101",
    name="set-null-on-not-null",
    severity=Severity.ERROR,
    key=KEY,
    columns=("workspace_id",),
    message="The message.",
    statements=(Statement.DELETE,),
    error=PredictedError("23502", 'null value in column "workspace_id" violates not-null constraint'),
)


@pytest.mark.parametrize(
    ("impact", "sentence"),
    [
        (None, "The message."),
        (
            Impact(412, 3911),
            f"Deleting any of 412 workspaces fails: 3,911 users have {POINTING}",
        ),
        (
            Impact(1, 1),
            f"Deleting 1 row of workspaces fails: 1 row of users has {POINTING}",
        ),
        (
            Impact(9, 10_000, exact=False),
            f"Deleting any of at least 9 workspaces fails: at least 10,000 users have {POINTING}",
        ),
        (
            Impact(0, 0),
            f"{NOTHING_TODAY} Once one does, deleting that row fails.",
        ),
        (
            Impact(None, None, reason="permission denied for table users"),
            "The message. How many rows that is, is not known: permission denied for table users.",
        ),
    ],
)
def test_a_contradiction_is_told_by_what_it_does_to_the_rows_that_exist(
    impact: Impact | None, sentence: str
) -> None:
    assert consequence(FINDING, impact) == sentence


def test_names_show_the_schema_only_where_it_is_not_public() -> None:
    assert shown_columns(KEY) == "users.workspace_id"
    composite = ForeignKey(
        "fk", TableName("billing", "invoices"), ("a", "b"), TableName("public", "cases"), ("a", "b")
    )
    assert shown_columns(composite) == "billing.invoices.(a,b)"


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_told_in_words(action: Action) -> None:
    key = ForeignKey("fk", KEY.table, KEY.columns, KEY.referenced, KEY.referenced_columns, on_delete=action)
    assert behaviour(key).startswith("Deleting a row of workspaces ")
    assert holds_rows_back(key, ()) is (action in {Action.NO_ACTION, Action.RESTRICT})


def test_only_the_key_that_refuses_holds_rows_back() -> None:
    assert fails_here(FINDING)
    assert holds_rows_back(KEY, (FINDING,))
    assert not holds_rows_back(KEY, ())


@pytest.mark.parametrize(("number", "words"), [(0, "0 warnings"), (1, "1 warning"), (1200, "1,200 warnings")])
def test_one_thing_is_not_called_several(number: int, words: str) -> None:
    assert counted(number, "warnings") == words


def test_what_a_thing_does_agrees_with_its_number() -> None:
    assert counted(1, "rows refer", "row refers") == "1 row refers"
    assert counted(2, "rows refer", "row refers") == "2 rows refer"


@pytest.mark.parametrize(
    ("impact", "words"),
    [
        (Impact(1, 1), "biting: 1 row of workspaces cannot be deleted, 1 row of users refers to it"),
        (Impact(1, 2), "biting: 1 row of workspaces cannot be deleted, 2 rows of users refer to it"),
        (Impact(2, 3), "biting: 2 rows of workspaces cannot be deleted, 3 rows of users refer to them"),
        (Impact(0, 0), "latent: no row of users refers to a row of workspaces"),
        (
            Impact(1, 0, every=True),
            "biting: 1 row of workspaces cannot be deleted, whether a row of users refers to it or not",
        ),
    ],
)
def test_a_report_says_how_many_rows_a_finding_bites(impact: Impact, words: str) -> None:
    assert impact_words(Reported(FINDING, impact)) == words
