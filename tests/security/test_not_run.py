"""What was not run for safety's sake is named, with whose it is and what to type to have it run after all."""

from __future__ import annotations

import asyncpg
import pytest

from tests.security.faces import ended
from tests.security.plants import plants_of
from tests.security.stage import PLANTER, SUPERUSER, make_roles, stage_for
from tests.support.servers import TestServer, fresh_database

pytestmark = [pytest.mark.newest_version, pytest.mark.usefixtures("own_folders")]
_COMMANDS = {
    "check": ("check", "--format", "json"),
    "orphans": ("orphans", "scan", "--all", "--format", "json"),
    "preview": ("preview", "--table", "public.a18", "--keys-json", '[{"id": 1}]', "--format", "json"),
    "preview of all": ("preview", "--table", "public.a18", "--all", "--format", "json"),
    "preview of some": ("preview", "--table", "public.a18", "--where", "id > 0", "--format", "json"),
}


async def test_every_document_names_what_was_not_run_and_how_to_accept_it(server: TestServer) -> None:
    async with stage_for(server, plants_of("planner")) as stage:
        for name, arguments in _COMMANDS.items():
            command = await ended(*arguments, stage.dsn(SUPERUSER))
            assert command.code in (1, 4), (name, command.err)
            entries = command.document["not_run"]
            assert entries, name
            for entry in entries:
                assert set(entry) == {"object", "function", "owner", "reason", "accept"}, name
                assert (entry["owner"], entry["accept"]) == (PLANTER, f"--trust-owner {PLANTER}"), name
                assert entry["object"], name


async def test_what_hangs_on_it_is_unknown_and_the_rest_is_answered(server: TestServer) -> None:
    plants = [plant for plant in plants_of("planner") if plant.name == "index expression"]
    async with stage_for(server, plants) as stage:
        await stage.database.execute(
            "CREATE TABLE plain (id int PRIMARY KEY, hub_id int); INSERT INTO plain VALUES (1, 77), (2, 1);"
            "ALTER TABLE plain ADD CONSTRAINT plain_hub FOREIGN KEY (hub_id) REFERENCES hub NOT VALID"
        )
        scan = await ended("orphans", "scan", "--all", "--format", "json", stage.dsn(SUPERUSER))
        states = {each["table"]: (each["status"], each["rows"]) for each in scan.document["results"]}
        assert states["plain"] == ("complete", 1)
        assert states["a01"][0] == "unknown"
        delete = await ended(
            "preview",
            "--table",
            "public.hub01",
            "--keys-json",
            '[{"id": 1}]',
            "--format",
            "json",
            stage.dsn(SUPERUSER),
        )
        assert delete.document["verdict"] in ("unknown", "blocked")
        assert (delete.document["verdict"], delete.code) in (("unknown", 4), ("blocked", 1))
        assert delete.document["not_run"]


@pytest.mark.parametrize("name", [*_COMMANDS])
async def test_whom_the_operator_trusts_is_run_and_nobody_else(server: TestServer, name: str) -> None:
    async with stage_for(server, plants_of("planner")) as stage:
        arguments = (*_COMMANDS[name], stage.dsn(SUPERUSER))
        stage.ran()
        other = await ended(*arguments, "--trust-owner", "reader")
        assert other.document["not_run"]
        assert stage.ran() == []
        trusting = await ended(*arguments, "--trust-owner", PLANTER)
        assert trusting.code in (0, 1), trusting.err
        assert not trusting.document.get("not_run")
        assert stage.ran()


@pytest.mark.parametrize(
    ("helper", "column"),
    [
        ("(anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1, 'x') $$", "checked"),
        ("(anyarray) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = '{x}' $$", "checked[]"),
    ],
)
async def test_a_superuser_s_function_of_any_type_runs_no_check_of_somebody_else_s_type(
    server: TestServer, helper: str, column: str
) -> None:
    await make_roles(server)
    async with fresh_database(server) as database:
        await database.execute(f"GRANT ALL ON SCHEMA public TO {PLANTER}; CREATE FUNCTION helper{helper}")
        await database.execute(
            f"SET ROLE {PLANTER}; CREATE TABLE p (id int PRIMARY KEY);"
            "CREATE FUNCTION refused(text, text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
            f"  IF current_user <> '{PLANTER}' THEN RAISE EXCEPTION 'ran'; END IF; RETURN true; END $$;"
            "CREATE DOMAIN checked AS text CHECK (refused('c', 'c') AND refused(value, 'c'));"
            f"CREATE TABLE c (id int, p int REFERENCES p ON DELETE CASCADE, v {column});"
            "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, NULL); CREATE INDEX ON c (helper(v)); RESET ROLE"
        )
        with pytest.raises(asyncpg.RaiseError, match="ran"):
            await database.execute("EXPLAIN SELECT count(*) FROM c")
        command = await ended("preview", "--table", "p", "--where", "true", "--format", "json", database.dsn)
        assert command.document["verdict"] == "unknown"
        assert {(each["function"], each["owner"]) for each in command.document["not_run"]} == {
            ("public.refused(text,text)", PLANTER)
        }
