"""What the text of a trigger function says about the row it fires for: only what it says is believed."""

from __future__ import annotations

import pytest

from fkdash.catalog.surroundings import Trigger, TriggerFunction
from fkdash.rules.actions.trigger_code import Fate, fate, is_quiet


def _fate(event: str, source: str, *columns: str, language: str = "plpgsql") -> Fate:
    return fate(_trigger(source, language), event, columns or ("user_id",))


def _trigger(source: str, language: str = "plpgsql") -> Trigger:
    return Trigger(
        "t",
        "public.f",
        before=True,
        events=frozenset({"DELETE", "UPDATE"}),
        code=TriggerFunction("public.f", language, source),
    )


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ("UPDATE", "BEGIN NEW.updated_at := now(); RETURN NEW; END"),
        (
            "UPDATE",
            "begin\n  -- return null;\n  new.note = 'return null;';\n  return new; /* return old; */\nend;",
        ),
        ("UPDATE", "BEGIN IF NEW.user_id IS NULL THEN NEW.left_at = now(); END IF; RETURN (NEW); END"),
        ("DELETE", "BEGIN IF OLD.id = 1 THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END"),
        ("DELETE", "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END"),
        ("DELETE", "BEGIN IF (TG_OP IN ('INSERT', 'UPDATE')) THEN RETURN NEW; ELSE RETURN OLD; END IF; END"),
        (
            "UPDATE",
            "BEGIN IF TG_OP = 'DELETE' THEN RETURN OLD; ELSIF TG_OP <> 'DELETE' THEN RETURN NEW; END IF; END",
        ),
        ("DELETE", "BEGIN RETURN coalesce(NEW, OLD); END"),
        ("UPDATE", "BEGIN RETURN coalesce(NEW, OLD); END"),
    ],
)
def test_a_trigger_whose_every_return_lets_the_row_through_does_no_harm(event: str, source: str) -> None:
    assert _fate(event, source) is Fate.CARRIED_OUT


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ("DELETE", "BEGIN RETURN NULL; END"),
        ("DELETE", "BEGIN UPDATE spec SET rev = rev + 1 WHERE id = OLD.spec_id; RETURN NEW; END"),
        ("DELETE", "BEGIN IF OLD.kept THEN RETURN NULL; END IF; RETURN OLD; END"),
        ("UPDATE", "BEGIN RETURN OLD; END"),
        ("UPDATE", "BEGIN IF TG_OP = 'UPDATE' AND OLD.kept THEN RETURN NULL; END IF; RETURN NEW; END"),
        ("UPDATE", "BEGIN RETURN coalesce(OLD, NEW); END"),
    ],
)
def test_a_trigger_that_returns_null_new_in_a_delete_or_old_in_an_update_swallows_the_action(
    event: str, source: str
) -> None:
    assert _fate(event, source) is Fate.SWALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "BEGIN NEW.user_id := OLD.user_id; RETURN NEW; END",
        'BEGIN NEW."user_id" = 7; RETURN NEW; END',
        "BEGIN SELECT 1, id INTO NEW.other, NEW.user_id FROM users; RETURN NEW; END",
        "BEGIN NEW := OLD; RETURN NEW; END",
    ],
)
def test_a_trigger_that_assigns_a_column_of_the_key_changes_what_is_written(source: str) -> None:
    assert _fate("UPDATE", source) is Fate.CHANGED
    assert _fate("DELETE", source) is Fate.SWALLOWED


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("c", "moddatetime"),
        ("plpython3u", "return None"),
        ("plpgsql", "BEGIN RETURN CASE WHEN true THEN NEW ELSE OLD END; END"),
        ("plpgsql", "BEGIN RETURN some_row; END"),
        ("plpgsql", "BEGIN RAISE EXCEPTION 'never'; END"),
        ("plpgsql", "not a function at all"),
        ("plpgsql", "BEGIN RETURN 'unclosed"),
    ],
)
def test_what_is_not_understood_is_never_called_harmless(language: str, source: str) -> None:
    assert _fate("DELETE", source, language=language) is Fate.UNKNOWN
    assert _fate("UPDATE", source, language=language) is Fate.UNKNOWN
    assert fate(Trigger("t", "public.f", before=True), "DELETE", ()) is Fate.UNKNOWN


def test_a_function_with_statements_of_its_own_is_not_quiet() -> None:
    assert is_quiet(_trigger("BEGIN NEW.at := now(); RETURN NEW; END"), "UPDATE")
    assert not is_quiet(_trigger("BEGIN DELETE FROM orders WHERE user_id = OLD.id; RETURN OLD; END"), "DELETE")
    assert not is_quiet(_trigger("BEGIN PERFORM clean_up(OLD.id); RETURN OLD; END"), "DELETE")
