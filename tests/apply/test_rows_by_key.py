"""A row that an operator names by its key is the one that the key's own equality finds, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fkdash.apply.proof.preflight_lines import Standing
from fkdash.catalog.postgres.equality import own_equality
from fkdash.catalog.spelling import compared_type, parameter
from fkdash.catalog.table_name import TableName
from fkdash.errors import UsageError
from fkdash.fix.template_row import template_words
from tests.support.changes import Workbench, good, workbench
from tests.support.servers import TestDatabase

_SHORTENED = {
    "varchar(3)": ("abc", "abcdef"),
    "char(3)": ("abc", "abcd"),
    "numeric(5,2)": ("1.00", "1.004"),
    "bit(3)": ("101", "1011"),
    "timestamp(0)": ("2026-01-01 00:00:00", "2026-01-01 00:00:00.4"),
    "interval day": ("1 day", "1 day 02:00"),
}
_ALIKE = {
    "citext": ("Abc", "aBC"),
    "twice": ("Abc", "aBC"),
    "ltree": ("Top.A", "Top.A"),
    "isbn": ("0-393-04002-X", "978-0-393-04002-9"),
}
_EXTENSIONS = {"isbn": "isn", "twice": "citext"}


async def _keyed(database: TestDatabase, kind: str, stored: str) -> None:
    await database.execute(
        f"CREATE TABLE p (id {kind} PRIMARY KEY, name text);"
        f"CREATE TABLE c (id int PRIMARY KEY, p {kind} CONSTRAINT ck REFERENCES p);"
        f"INSERT INTO p VALUES ('{stored}', 'mine'); INSERT INTO c VALUES (1, '{stored}')"
    )


async def _like(bench: Workbench, word: str) -> tuple[str, ...]:
    [key] = bench.catalog.foreign_keys
    return await template_words(bench.pool, bench.catalog, key, [word], seconds=5)


@pytest.mark.parametrize("kind", _SHORTENED)
async def test_a_key_that_is_longer_than_its_type_is_not_cut_to_another_rows(
    database: TestDatabase, tmp_path: Path, kind: str
) -> None:
    stored, given = _SHORTENED[kind]
    await _keyed(database, kind, stored)
    async with workbench(database, tmp_path) as bench:
        lines = await bench.preflight(await bench.plan("ck", "delete-blockers", of=[given]))
        assert [line.what for line in lines if line.standing is Standing.STOP] == [
            f"public.p has no row id = {given}"
        ]
        with pytest.raises(UsageError, match="has no row"):
            await _like(bench, given)
        assert await _like(bench, stored) == ("name=mine",)
        good(await bench.apply_of("ck", "delete-blockers", of=[stored]))
        assert await database.value("SELECT count(*) FROM c") == 0


@pytest.mark.parametrize("kind", _ALIKE)
async def test_a_key_is_found_by_the_equality_that_its_type_brought(
    database: TestDatabase, tmp_path: Path, kind: str
) -> None:
    extension = _EXTENSIONS.get(kind, kind)
    if not await database.fetch("SELECT FROM pg_available_extensions WHERE name = $1", extension):
        pytest.skip(f"this build of PostgreSQL comes without {extension}")
    stored, given = _ALIKE[kind]
    await database.execute(f"CREATE EXTENSION {extension}")
    if kind == "twice":
        await database.execute("CREATE DOMAIN once AS citext; CREATE DOMAIN twice AS once")
    await _keyed(database, kind, stored)
    async with workbench(database, tmp_path) as bench:
        table = (await bench.look()).tables[TableName("public", "p")]
        async with bench.pool.session() as session:
            equals = (await own_equality(session, table, ["id"]))["id"]
            value = parameter(1, compared_type(table.columns_by_name["id"]))
            assert (
                await session.value(f"SELECT count(*) FROM public.p WHERE id operator({equals}) {value}", given)
                == 1
            )
        assert await _like(bench, given) == ("name=mine",)
        good(await bench.apply_of("ck", "delete-blockers", of=[given]))
        assert await database.value("SELECT count(*) FROM c") == 0


async def test_a_type_whose_name_looks_limited_is_taken_for_no_other(
    database: TestDatabase, tmp_path: Path
) -> None:
    await database.execute(
        "CREATE TYPE \"kind(3)\" AS ENUM ('a', 'b'); CREATE FUNCTION planted(text) RETURNS bool LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'planted code ran'; END $$; CREATE DOMAIN kind AS text CHECK (planted(VALUE))"
    )
    await _keyed(database, '"kind(3)"', "a")
    async with workbench(database, tmp_path) as bench:
        await bench.look()
        assert await _like(bench, "a") == ("name=mine",)
