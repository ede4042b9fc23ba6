"""Whatever a message was wrapped in, and whatever stands beside it, the answer is that of the bare message."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fkdash.catalog.model import Catalog
from fkdash.explain.find import explain
from tests.explain import test_explain
from tests.explain.wrappers import UNRELATED, WRAPPERS

pytestmark = pytest.mark.newest_version
SCHEMA = test_explain.SCHEMA

_OWN = 'SQL statement "UPDATE ONLY "app"."users" SET "workspace_id" = NULL WHERE $1 OPERATOR(pg_catalog.=) "workspace_id""'
MESSAGES = {
    **{form: text for form, (text, _, _) in test_explain._PASTED.items()},
    "timeout inside": f"ERROR:  canceling statement due to statement timeout\nCONTEXT:  {_OWN}\n"
    "STATEMENT:  DELETE FROM app.workspaces WHERE id = 1",
    "missing parent": 'ERROR:  insert or update on table "projects" violates foreign key constraint "refusing"\n'
    'DETAIL:  Key (workspace_id)=(23502) is not present in table "workspaces".',
    "still referenced": 'ERROR:  update or delete on table "workspaces" violates foreign key constraint "refusing" on table '
    '"projects"\nDETAIL:  Key (id)=(23502) is still referenced from table "projects".',
    "missing parent, German": "FEHLER:  Einfügen oder Aktualisieren in Tabelle »projects« verletzt Fremdschlüssel-Constraint "
    "»refusing«\nDETAIL:  Schlüssel (workspace_id)=(1) ist nicht in Tabelle »workspaces« vorhanden.",
    "missing parent, Russian": 'ОШИБКА:  INSERT или UPDATE в таблице "projects" нарушает ограничение внешнего ключа '
    '"refusing"\n\u041f\u041e\u0414\u0420\u041e\u0411\u041d\u041e\u0421\u0422\u0418:  Ключ (workspace_id)=(7) отсутствует в таблице "workspaces".',
    "missing parent, Japanese": 'ERROR:  テーブル"projects"への挿入、更新は外部キー制約"refusing"に違反しています\n'
    'DETAIL:  テーブル"workspaces"にキー(workspace_id)=(5)がありません。',
    "unrelated": 'ERROR:  relation "refusing" already exists',
    "of a constraint": 'ERROR:  constraint "refusing" for relation "projects" already exists',
    "a question": "why does refusing on projects not cascade?",
}


def _said(catalog: Catalog, text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((each.key.name, each.sqlstate, each.message) for each in explain(catalog, text).answers)


async def test_one_wrapper_changes_no_answer(schema: Catalog) -> None:
    wrong = [
        (form, name)
        for form, text in MESSAGES.items()
        for name, wrap in WRAPPERS.items()
        if _said(schema, wrap(text)) != _said(schema, text)
    ]
    assert wrong == [], wrong


async def test_wrappers_in_wrappers_among_unrelated_lines_change_no_answer(schema: Catalog) -> None:
    bare = {form: _said(schema, text) for form, text in MESSAGES.items()}

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(sorted(MESSAGES)),
        st.lists(st.sampled_from(sorted(WRAPPERS)), min_size=2, max_size=3),
        st.lists(st.sampled_from(UNRELATED), max_size=3),
        st.lists(st.sampled_from(UNRELATED), max_size=3),
    )
    def holds(form: str, wrappers: list[str], before: list[str], after: list[str]) -> None:
        text = MESSAGES[form]
        for name in wrappers:
            text = WRAPPERS[name](text)
        assert _said(schema, "\n".join([*before, text, *after])) == bare[form]

    holds()
