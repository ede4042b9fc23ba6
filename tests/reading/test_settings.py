"""A settings file is read strictly; each mistake is told with file, line and keys, and never with its value."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fkdash.checking.configuration_file import load_baseline, load_configuration
from fkdash.errors import UsageError
from fkdash.profiles import load_settings
from fkdash.reading.files import read_text
from fkdash.reading.lines import json_line, toml_line
from fkdash.rules.severity import Severity


def _refusal(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        load_settings(file)
    assert str(file) in refused.value.what
    assert refused.value.next_step
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.prod]\ndsn = 5\n", "line 2: profiles.prod.dsn is a whole number, it must be text"),
        ('[profiles."my db"]\n\nread_only = "false"\n', 'line 3: profiles."my db".read_only is text, it must be true or'),
        ('[labels]\n"public.users" = "email"\n', 'line 2: labels."public.users" is text, it must be a list'),
        ("profiles.x.trust.owners = [1]\n", "line 1: profiles.x.trust.owners[1] is a whole number"),
        ("profiles = 5\n", "line 1: profiles is a whole number, it must be a table"),
        ("[keys]\n'screen.refresh' = 5\n", 'line 2: keys."screen.refresh" is a whole number, it must be text or a list'),
        ("[profiles]\nprod = { dsn = 1.5 }\n", "line 2: profiles.prod.dsn is a number, it must be text"),
        ("[profiles.a]\nenvironment = 2020-01-01\n", "line 2: profiles.a.environment is a date or a time, it must be text"),
        ("dsn = \n", "cannot be read as TOML"),
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("x = " + "9" * 5000, "cannot be read as TOML"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_a_mistake_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in _refusal(tmp_path / "config.toml", text)


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    said = _refusal(tmp_path / "config.toml", '[profiles.a]\ndsn = 5\nread_only = 1\n[labels]\nx = "y"\n')
    assert all(f"line {number}: " in said for number in (2, 3, 5))


def test_no_value_is_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in _refusal(
        tmp_path / "config.toml", '[profiles.a]\ndsn = ["hunter2"]\nread_only = "hunter2"\n'
    )


def test_an_unknown_key_is_a_warning_with_the_nearest_known_one(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.prod]\ndsn = "x"\nreadonly = true\n[rules]\nFK301 = "off"\n')
    settings = load_settings(file)
    assert settings.profiles["prod"].dsn == "x"
    assert settings.warnings == (
        f"{file}: line 3: profiles.prod.readonly is not known: did you mean read_only?",
        f"{file}: line 4: rules has no effect here; it belongs into fkdash.toml",
    )


def test_an_unknown_key_is_told_beside_mistakes_and_one_mistake_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "fkdash.toml").write_text(
        'basline = "x"\nprofiles = 1\n[rules]\nFK999 = "off"\n[[override]]\nseverity = 3\n[[override]]\nrule = "nope"\nseverity = "off"\n'
        '[[ignore]]\nreason = "x"\nuntil = "2030"\n'
    )
    with pytest.raises(UsageError) as refused:
        load_configuration(start=tmp_path)
    said = str(refused.value)
    for each in (
        "line 1: basline is not known: did you mean baseline?",
        "line 2: profiles has no effect here; it belongs into config.toml",
        "line 4: rules.FK999 names no rule",
        "line 6: override[1].severity is a whole number",
        "line 8: override[2].rule names no rule",
        "line 12: ignore[1].until is text that is no date",
    ):
        assert each in said


def test_a_service_with_spaces_stays_one_service(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.prod]\nservice = "a b\'c"\n')
    assert load_settings(file).profiles["prod"].dsn == "service='a b\\'c'"


def test_a_team_says_what_it_shares(tmp_path: Path) -> None:
    (tmp_path / "fkdash.toml").write_text("""
        baseline = "known.json"
        [rules]
        FK301 = "info"
        [[ignore]]
        rule = "FK101"
        reason = "until the migration"
        until = 2999-12-31
        [labels]
        "public.users" = ["email"]
        [references]
        "members.workspace_id" = "workspaces.id"
        [lint]
        paths = ["drizzle"]
        tool = "drizzle"
    """)
    found = load_configuration(start=tmp_path)
    assert (found.severities, found.baseline, found.lint_paths) == (
        {"FK301": Severity.INFO},
        "known.json",
        ("drizzle",),
    )
    assert (found.labels, found.lint_tool) == ({"public.users": ("email",)}, "drizzle")
    assert found.references == {"members.workspace_id": "workspaces.id"}
    assert [each.reason for each in found.ignores] == ["until the migration"]
    assert found.warnings == ()


@pytest.mark.parametrize("text", ["tool = 1\n", "[tool]\nfkdash = 1\n", "[project]\nname = 'x'\n"])
def test_a_pyproject_of_somebody_elses_is_passed_over_and_a_wrong_table_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "fkdash.toml").write_text('[rules]\nFK301 = "info"\n')
    below = tmp_path / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text(text)
    if "fkdash" in text:
        with pytest.raises(UsageError, match=r"tool\.fkdash is a whole number, it must be a table"):
            load_configuration(start=below)
    else:
        assert load_configuration(start=below).severities == {"FK301": Severity.INFO}


def test_a_mistake_in_a_pyproject_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\n[[tool.fkdash.ignore]]\nreason = "x"\n[[tool.fkdash.ignore]]\nreason = 5\n'
    )
    with pytest.raises(UsageError, match=r"line 5: tool\.fkdash\.ignore\[2\]\.reason is a whole number"):
        load_configuration(start=tmp_path)


@pytest.mark.parametrize("text", ["[]", '{"kind": "check"}', '{"kind": "baseline", "findings": [{}]}', "[" * 100_000, "1" * 5000, "\x00"])  # fmt: skip
def test_what_is_no_baseline_is_refused_naming_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "known.json").write_text(text)
    with pytest.raises(UsageError) as refused:
        load_baseline(tmp_path / "known.json")
    assert "known.json" in refused.value.what
    assert "--write-baseline" in refused.value.next_step


def test_a_device_a_pipe_and_a_folder_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place, kind in ((Path("/dev/zero"), "a device"), (tmp_path / "pipe", "a pipe"), (tmp_path, "a folder")):
        with pytest.raises(UsageError, match=f"is {kind}, not a file"):
            read_text(place)


def test_a_file_larger_than_any_of_ours_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UsageError, match="larger than 64 MB"):
        read_text(tmp_path / "large")


_keys = st.text(min_size=1, max_size=4)
_documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=12,
)


def _paths(document: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path, *(each for key, value in inside for each in _paths(value, (*path, key)))]


@given(_documents)
def test_every_value_of_a_json_file_is_found_on_its_line(document: object) -> None:
    paths = _paths(document)
    marked: Any = json.loads(json.dumps(document))
    for path in paths[1:]:
        inside = marked
        for key in path[:-1]:
            inside = inside[key]
        before, inside[path[-1]] = inside[path[-1]], "the marked one"
        text = json.dumps(marked, indent=1, ensure_ascii=False)
        wanted = text[: text.index('"the marked one"')].count("\n") + 1
        assert json_line(text)(path) == wanted
        inside[path[-1]] = before


def test_lines_of_toml_are_found_below_headers_dots_and_quotes() -> None:
    line = toml_line('a = 1\n[b."c.d"]\ne.f = 2\n[[g]]\nh = 1\n[[g]]\n# h\nh = 2\n[g.i]\nj = 3\n')
    places = {
        ("a",): 1,
        ("b", "c.d"): 2,
        ("b", "c.d", "e", "f"): 3,
        ("g", 0, "h"): 5,
        ("g", 1, "h"): 8,
        ("g", 1, "i", "j"): 10,
    }
    assert {path: line(path) for path in places} == places
    assert line(("b", "c.d", "x")) == 2
    assert line(("z",)) is None
