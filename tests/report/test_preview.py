"""A preview as text, JSON and Markdown."""

from __future__ import annotations

import csv
import io
import json

from fkdash.catalog.table_name import TableName
from fkdash.preview.model import Blocker, DeleteTarget, Effect, Preview, Scan, Verdict
from fkdash.report.preview.delete import preview_csv, preview_json, preview_markdown, preview_text, sentence

WORKSPACES = TableName("public", "workspaces")
USERS = TableName("public", "users")
TARGET = DeleteTarget(WORKSPACES, keys=({"id": 1},))
BLOCKED = Preview(
    target=TARGET,
    verdict=Verdict.BLOCKED,
    exact=True,
    blockers=(Blocker(None, USERS, ("home",), "23502", 3, first=True),),
    effects=(Effect(WORKSPACES, deleted=1), Effect(USERS, set_null=3)),
    target_rows=1,
)


def test_the_json_document_keeps_its_contract() -> None:
    document = json.loads(preview_json(BLOCKED))
    assert list(document)[:2] == ["fkdash", "kind"]
    assert document["fkdash"] == 1
    assert document["kind"] == "preview"
    assert document["verdict"] == "blocked"
    assert document["exact"] is True
    assert document["blockers"] == [
        {
            "constraint": None,
            "schema": "public",
            "table": "users",
            "columns": ["home"],
            "sqlstate": "23502",
            "rows": 3,
            "first": True,
        }
    ]
    effect = document["effects"][1]
    assert {name: effect[name] for name in ("schema", "table", "deleted", "set_null", "set_default")} == {
        "schema": "public",
        "table": "users",
        "deleted": 0,
        "set_null": 3,
        "set_default": 0,
    }
    assert document["notes"] == []


def test_a_blocker_that_is_not_the_first_is_not_marked() -> None:
    later = Preview(
        TARGET,
        Verdict.BLOCKED,
        exact=True,
        blockers=(Blocker("c_fk", USERS, ("home",), "23503", 1),),
        target_rows=1,
    )
    assert "first" not in json.loads(preview_json(later))["blockers"][0]
    assert "PostgreSQL reports" not in preview_text(later)


def test_the_text_says_the_consequence_first() -> None:
    assert preview_text(BLOCKED).splitlines()[0] == (
        "BLOCKED: Deleting 1 row of public.workspaces fails: "
        "3 rows of public.users would get no home, which cannot be NULL."
    )


def test_numbers_that_a_bound_cut_short_say_at_least() -> None:
    cut = Preview(
        TARGET,
        Verdict.BLOCKED,
        exact=False,
        blockers=(Blocker("c_fk", USERS, ("home",), "23503", 5),),
        target_rows=1,
        cut_short=True,
    )
    assert "at least 5 rows" in preview_text(cut)
    assert "≥ 5" in preview_markdown(cut)
    assert cut.exit_code == 1


def test_names_from_the_database_are_never_markup_or_control_sequences() -> None:
    evil = TableName("public", "x\x1b[2J|`<b>")
    shown = Preview(
        DeleteTarget(evil), Verdict.ALLOWED, exact=True, effects=(Effect(evil, deleted=1),), target_rows=1
    )
    assert "\x1b" not in preview_text(shown)
    assert "\x1b" not in preview_markdown(shown)
    assert "<b>" not in preview_markdown(shown)


def test_exit_codes_tell_allowed_blocked_and_unanswered() -> None:
    def code(verdict: Verdict, *, exact: bool = True, cut_short: bool = False) -> int:
        return Preview(TARGET, verdict, exact=exact, cut_short=cut_short).exit_code

    assert code(Verdict.ALLOWED) == 0
    assert code(Verdict.BLOCKED) == 1
    assert code(Verdict.UNKNOWN) == 4
    assert code(Verdict.UNKNOWN, exact=False, cut_short=True) == 4


def test_a_scan_that_wants_consent_is_named_with_its_size() -> None:
    asking = Preview(
        TARGET, Verdict.UNKNOWN, exact=False, scans=(Scan(USERS, ("home",), 2_000_000, 10**8),), target_rows=1
    )
    assert "2,000,000 rows" in preview_text(asking)
    assert "--allow-scan" in preview_text(asking)
    assert json.loads(preview_json(asking))["scans"][0]["table"] == "users"


def test_nothing_to_delete_is_said() -> None:
    nothing = Preview(TARGET, Verdict.ALLOWED, exact=True, notes=("Nothing to delete: ...",))
    assert sentence(nothing) == "Nothing to delete from public.workspaces."


def test_csv_has_a_line_for_each_blocker_and_each_table() -> None:
    lines = list(csv.DictReader(io.StringIO(preview_csv(BLOCKED))))
    assert [(line["what"], line["table"], line["rows"], line["set_null"]) for line in lines] == [
        ("blocker", "users", "3", ""),
        ("effect", "workspaces", "", "0"),
        ("effect", "users", "", "3"),
    ]
    assert (lines[0]["sqlstate"], lines[0]["columns"], lines[0]["exact"]) == ("23502", "home", "True")


def test_csv_shows_control_characters_instead_of_sending_them() -> None:
    hostile = Preview(
        TARGET,
        Verdict.BLOCKED,
        exact=True,
        blockers=(Blocker("a\x1b[31m,b\n", USERS, ("x\ty",), "23503", 1),),
        target_rows=1,
    )
    text = preview_csv(hostile)
    assert "\x1b" not in text
    assert len(list(csv.reader(io.StringIO(text)))) == 2
