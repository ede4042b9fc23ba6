"""The rows that cannot be deleted as text, JSON, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from fkdash.catalog.table_name import TableName
from fkdash.preview.each.answer import EachPreview
from fkdash.preview.model import Blocker, DeleteTarget, Effect, Preview, Verdict
from fkdash.preview.rows.blocked import BlockedRow, RowIdentity
from fkdash.report.preview.each import each_csv, each_json, each_markdown, each_sentence, each_text

WORKSPACES = TableName("public", "workspaces")
USERS = TableName("public", "users")
FOUND = EachPreview(
    preview=Preview(
        target=DeleteTarget(WORKSPACES),
        verdict=Verdict.BLOCKED,
        exact=True,
        blockers=(Blocker(None, USERS, ("home",), "23502", 5, first=True),),
        effects=(Effect(WORKSPACES, deleted=8),),
        target_rows=8,
    ),
    cannot=3,
    unknown=0,
    holds_back=(3,),
    key_columns=("tenant", "id"),
    label_columns=("name",),
    rows=(
        BlockedRow(RowIdentity(("1", "7"), ('Acme "[b]" | \x1b[31m',)), 4),
        BlockedRow(RowIdentity(("1", "8"), (None,)), 1),
    ),
)


def test_the_document_keeps_the_fields_of_a_preview_and_adds_its_own() -> None:
    document = json.loads(each_json(FOUND))
    assert list(document)[:7] == ["fkdash", "kind", "verdict", "exact", "blockers", "effects", "notes"]
    assert (document["verdict"], document["exact"], document["each_row"]) == ("blocked", True, True)
    assert (document["cannot_be_deleted"], document["not_known"], document["more_rows"]) == (3, 0, True)
    assert (document["blockers"][0]["rows"], document["blockers"][0]["holds_back"]) == (5, 3)
    assert document["rows"][1] == {
        "key": {"tenant": "1", "id": "8"},
        "labels": {"name": None},
        "blocking_rows": 1,
    }


def test_rows_that_a_limit_did_not_let_be_counted_are_null() -> None:
    preview = Preview(FOUND.preview.target, Verdict.UNKNOWN, exact=False, cut_short=True)
    cut = replace(FOUND, preview=preview, cannot=0, holds_back=(), rows=())
    assert json.loads(each_json(cut))["not_known"] is None


def test_the_sentence_says_how_many_of_how_many_and_why() -> None:
    assert each_sentence(FOUND) == (
        "3 of 8 rows of public.workspaces cannot be deleted: "
        "5 rows of public.users would get no home, which cannot be NULL."
    )
    assert each_sentence(replace(FOUND, unknown=2)).startswith("At least 3 of 8 rows")
    free = replace(FOUND, preview=replace(FOUND.preview, verdict=Verdict.ALLOWED), cannot=0)
    assert each_sentence(free) == "Each of the 8 rows of public.workspaces can be deleted by itself."


def test_nothing_from_the_database_is_interpreted() -> None:
    for text in (each_text(FOUND), each_markdown(FOUND), each_csv(FOUND)):
        assert "\x1b" not in text
    assert 'tenant=1,id=7  "Acme' in each_text(FOUND)
    assert "the first 2 of 3" in each_text(FOUND)
    [line] = [line for line in each_markdown(FOUND).splitlines() if "Acme" in line]
    assert line.replace("\\|", "").count("|") == 3


def test_csv_has_a_column_for_each_key_and_label() -> None:
    rows = list(csv.reader(io.StringIO(each_csv(FOUND))))
    assert rows[0] == ["tenant", "id", "name", "blocking_rows"]
    assert rows[1][:2] == ["1", "7"]
    assert rows[2] == ["1", "8", "", "1"]
