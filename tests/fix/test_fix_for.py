"""What a fix is about where what is found has none: it is told, and nothing is called right that a rule names."""

from __future__ import annotations

import pytest

from fkdash.fix.fix_for import subject_among, subject_of
from fkdash.rules.registry import findings
from tests.support.looking import catalog_of, key_named
from tests.support.servers import TestDatabase

pytestmark = pytest.mark.newest_version


async def test_a_key_whose_findings_have_no_fix_is_not_called_right(database: TestDatabase) -> None:
    await database.execute(
        "CREATE TABLE a (id numeric PRIMARY KEY); CREATE TABLE b (a int CONSTRAINT of_other_type REFERENCES a);"
        "CREATE INDEX ON b (a); CREATE TABLE c (id int PRIMARY KEY, a numeric CONSTRAINT sound REFERENCES a);"
        "CREATE INDEX ON c (a)"
    )
    catalog = await catalog_of(database)
    found = findings(catalog)
    for name, part in (
        ("of_other_type", "FK401: b.a is integer"),
        ("sound", "Nothing is wrong with public.c.sound"),
    ):
        key = key_named(catalog, name)
        about = [each for each in found if each.key.qualified == key.qualified]
        assert part in subject_of(catalog, key).message
        assert subject_among(catalog, key, about) == subject_of(catalog, key)
