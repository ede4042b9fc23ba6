"""What is suggested loses no row, can be taken back, and says why it and not another here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column, ForeignKey
from fkdash.fix.fix_for import anything_about, subject_of
from fkdash.fix.options import options
from fkdash.fix.suggestion import Suggestion, suggestion
from tests.rules.catalogs import catalog, reference, table


def suggested(
    declared: Catalog, key: ForeignKey, holding: int | None = None, *, orphaned: bool = False
) -> Suggestion:
    finding = subject_of(declared, key)
    found = suggestion(declared, finding, options(declared, finding), holding=holding, orphaned=orphaned)
    assert found is not None
    return found


def conflict() -> tuple[Catalog, ForeignKey]:
    workspaces = table("workspaces")
    users = table("users", Column(2, "workspace_id", "bigint", not_null=True))
    teams = table("teams", Column(2, "workspace_id", "bigint", not_null=True))
    key = reference(users, "workspace_id", workspaces, Action.SET_NULL)
    other = reference(teams, "workspace_id", workspaces, Action.CASCADE)
    return catalog(workspaces, users, teams, key, other), key


def test_a_contradiction_is_answered_by_what_touches_no_row_and_says_what_is_left() -> None:
    found = suggested(*conflict(), holding=5000)
    assert found.option.id == "no-action"
    said = "; ".join(found.reasons)
    assert "5,000 rows of users hold others" in said
    assert "never met a NULL in workspace_id" in said
    assert "of the 1 other foreign key to workspaces: 1 CASCADE" in said
    assert "allowing NULL once the application can meet it" in found.tomorrow


def test_where_nothing_is_held_that_is_said_instead() -> None:
    assert any("no row of users holds another" in reason for reason in suggested(*conflict(), holding=0).reasons)
    assert not any("hold" in reason for reason in suggested(*conflict()).reasons)


@pytest.mark.parametrize(
    ("on_delete", "remedy"), [(Action.SET_NULL, "null-orphans"), (Action.NO_ACTION, "quarantine-orphans")]
)
def test_no_check_is_suggested_that_is_known_to_fail(on_delete: Action, remedy: str) -> None:
    workspaces, users = table("workspaces"), table("users", Column(2, "workspace_id", "bigint"))
    key = replace(reference(users, "workspace_id", workspaces, on_delete), validated=False)
    declared = catalog(workspaces, users, key)
    assert suggested(declared, key).option.id == "validate"
    found = suggested(declared, key, orphaned=True)
    assert found.option.id == remedy
    assert found.reasons[0] == "rows refer to nothing, so checking them as they are would fail"


def test_nothing_is_suggested_for_a_key_with_which_nothing_is_wrong() -> None:
    workspaces, users = table("workspaces"), table("users", Column(2, "workspace_id", "bigint"))
    key = reference(users, "workspace_id", workspaces, Action.NO_ACTION)
    declared = catalog(workspaces, users, key)
    about = anything_about(key)
    assert suggestion(declared, about, options(declared, about)) is None
    assert suggestion(declared, about, options(declared, about), orphaned=True) is not None
    undeclared = catalog(workspaces, users)
    assert suggestion(undeclared, about, options(undeclared, about)) is not None


def test_what_cannot_be_planned_is_not_suggested() -> None:
    declared, key = conflict()
    finding = subject_of(declared, key)
    assert suggestion(declared, finding, ()) is None
