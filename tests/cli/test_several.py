"""Which databases several arguments mean, for the check and for the dashboard alike."""

from __future__ import annotations

import argparse
from types import ModuleType

import pytest

from fkdash.cli import check, dashboard
from fkdash.cli.several import destinations_of
from fkdash.errors import UsageError
from fkdash.profiles import Profile, Settings

SETTINGS = Settings(
    profiles={
        "prod": Profile("prod", dsn="postgresql://dba@db-eu-1/app", environment="production", read_only=True),
        "staging": Profile("staging", dsn="postgresql://dba@db-eu-2/app"),
        "lab": Profile("lab", dsn="postgresql://dba@lab/lab"),
    }
)


def named(command: ModuleType, *arguments: str, settings: Settings = SETTINGS) -> list[tuple[str, str, str]]:
    parser = argparse.ArgumentParser(add_help=False)
    command.configure(parser)
    found = destinations_of(parser.parse_intermixed_args(arguments), settings)
    return [(each.name, each.target.addresses[0].host, each.target.database) for each in found]


@pytest.mark.parametrize("command", [check, dashboard])
@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--profiles"], ["prod", "staging", "lab"]),
        (["--profiles", "lab, prod"], ["lab", "prod"]),
        (["--profile", "lab"], ["lab"]),
        (["--profile", "lab", "--profile", "prod", "--profile", "lab"], ["lab", "prod"]),
        (["--profile", "lab", "--profiles", "staging"], ["lab", "staging"]),
        (["one", "--profiles", "lab", "-h", "elsewhere"], ["one", "lab"]),
        (["one", "postgresql://h/two", "-U", "me"], ["one", "two"]),
    ],
)
def test_several_databases_are_named_by_profiles_and_dsns(
    command: ModuleType, arguments: list[str], names: list[str]
) -> None:
    assert [name for name, _, _ in named(command, *arguments)] == names


@pytest.mark.parametrize("command", [check, dashboard])
def test_without_a_name_it_is_the_one_that_psql_would_connect_to(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "db-eu-1")
    monkeypatch.setenv("PGDATABASE", "app")
    assert named(command) == [("app", "db-eu-1", "app")]


def test_what_a_profile_says_comes_along() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    dashboard.configure(parser)
    prod, lab = destinations_of(parser.parse_intermixed_args(["--profiles", "prod,lab"]), SETTINGS)
    assert (prod.environment, prod.target.read_only) == ("production", True)
    assert (lab.environment, lab.target.read_only) == ("", False)


def test_profiles_that_do_not_exist_are_said_with_those_that_do() -> None:
    with pytest.raises(UsageError) as refused:
        named(dashboard, "--profiles", "prod,nowhere")
    assert "nowhere" in refused.value.what
    assert "prod, staging, lab" in refused.value.next_step
    with pytest.raises(UsageError) as none:
        named(dashboard, "--profiles", settings=Settings())
    assert "There is no profile" in none.value.what
    assert "[profiles.prod]" in none.value.next_step
