"""What is known of extensions is what they bring to a server that has them."""

from __future__ import annotations

import pytest

from fkdash.catalog.files.known_extensions import brought_by, unknown
from tests.catalog.files.test_scripts import read
from tests.support.servers import TestDatabase

_BROUGHT = """
SELECT e.extname AS name,
       ARRAY(SELECT t.typname::text FROM pg_depend d JOIN pg_type t ON t.oid = d.objid
              WHERE d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_type'::regclass
                AND t.typcategory <> 'A' AND t.typname NOT LIKE 'pg\\_%') AS types,
       EXISTS (SELECT FROM pg_depend d LEFT JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
                WHERE d.refobjid = e.oid AND d.deptype = 'e'
                  AND (c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relname NOT LIKE 'pg\\_%'
                       OR d.classid = 'pg_namespace'::regclass)) AS relations,
       EXISTS (SELECT FROM pg_depend d LEFT JOIN pg_opclass o ON o.oid = d.objid AND d.classid = 'pg_opclass'::regclass
                WHERE d.refobjid = e.oid AND d.deptype = 'e'
                  AND (o.opcintype < 16384 OR d.classid = 'pg_am'::regclass)) AS classes
  FROM pg_extension e ORDER BY e.extname"""


@pytest.mark.every_version
async def test_what_is_known_of_an_extension_is_what_it_brings(database: TestDatabase) -> None:
    for [name] in await database.fetch("SELECT name FROM pg_available_extensions"):
        if not [*unknown([name])]:
            await database.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE')
    brought = await database.fetch(_BROUGHT)
    assert len(brought) > 1
    for row in brought:
        known = brought_by(row["name"])
        assert set(row["types"]) <= set(known.types), row["name"]  # an older one may lack some
        assert (row["relations"], row["classes"]) == (known.relations, known.classes), row["name"]


@pytest.mark.parametrize("name", ["isn", "hstore", "pgstattuple"])
def test_a_type_that_a_known_extension_does_not_bring_is_missed(name: str) -> None:
    [reason] = [each.reason for each in read(f'create extension "{name}"; create table t (a nope)', 18).incomplete]
    assert "there is no type nope" in reason


def test_the_types_of_an_extension_come_move_and_go_with_it() -> None:
    script = "create extension isn; create table t (a ismn13); create schema s; alter extension isn set schema s; "
    assert read(f"{script} create table u (a s.ismn13)", 18).incomplete == []
    assert read(f"{script} create table u (a public.ismn13)", 18).incomplete != []
    assert read(f"{script} drop extension isn; create table u (a s.ismn13)", 18).incomplete != []
