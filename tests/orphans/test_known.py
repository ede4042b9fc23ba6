"""References that an operator confirmed: read from their spelling, known to scan, check and preview."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fkdash.catalog.confirmed_references import known_references, spelled_reference, with_known
from fkdash.catalog.model import Catalog, Column, ForeignKey, Table
from fkdash.catalog.table_name import TableName
from fkdash.errors import UsageError
from fkdash.rules.registry import findings, rule
from tests.support.program import run
from tests.support.servers import TestDatabase


def table(name: str, *columns: str) -> Table:
    return Table(TableName("public", name), columns=tuple(Column(n, c, "int") for n, c in enumerate(columns, 1)))


_CATALOG = Catalog(
    tables={
        each.name: each
        for each in (
            table("lines", "id", "tenant", "order_id"),
            table("orders", "tenant", "id"),
            table('we"ird', "a.b"),
        )
    },
    foreign_keys=(),
)


def test_a_reference_is_read_as_it_is_spelled() -> None:
    for own, theirs, columns in (
        ("lines.order_id", "orders.id", ("order_id",)),
        ("public.Lines.ORDER_ID", "public.orders.id", ("order_id",)),
        ("lines.(tenant, order_id)", "orders.(tenant,id)", ("tenant", "order_id")),
        ("public.lines(tenant, order_id)", "orders(tenant, id)", ("tenant", "order_id")),
        ('lines."order_id"', '"we""ird"."a.b"', ("order_id",)),
    ):
        [key] = known_references(_CATALOG, {own: theirs})
        assert (key.table.name, key.columns, key.name, key.enforced) == ("lines", columns, "", False)
        assert known_references(_CATALOG, dict([_unquoted(spelled_reference(key))])) == (key,)


def _unquoted(line: str) -> tuple[str, str]:
    own, theirs = (json.loads(side) for side in line.split(" = "))
    return own, theirs


@pytest.mark.parametrize(
    ("own", "theirs", "said"),
    [
        ("lines.nope", "orders.id", 'names the column "nope"'),
        ("nowhere.x", "orders.id", 'no table "nowhere"'),
        ("lines.(tenant, order_id)", "orders.id", "names 2 and 1 columns"),
        ("order_id", "orders.id", "names no table"),
    ],
)
def test_a_reference_that_is_none_says_why(own: str, theirs: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        known_references(_CATALOG, {own: theirs})
    assert said in caught.value.what


def test_a_confirmed_reference_is_no_guess_any_more_and_a_declared_one_is_none() -> None:
    known = with_known(_CATALOG, {"lines.(tenant, order_id)": "orders.(tenant, id)"})
    found = [each for each in findings(known, [rule("FK207")]) if each.certain]
    assert [(each.columns, each.severity.value) for each in found] == [(("tenant", "order_id"), "warning")]
    key = ForeignKey("fk", TableName("public", "lines"), ("order_id",), TableName("public", "orders"), ("id",))
    declared = Catalog(tables=_CATALOG.tables, foreign_keys=(key,))
    assert known_references(declared, {"lines.order_id": "orders.id"}) == ()


@pytest.mark.newest_version
async def test_a_preview_counts_what_it_would_leave_behind(database: TestDatabase, tmp_path: Path) -> None:
    await database.execute(
        "create table orders (id int primary key); create table lines (id int primary key, of bigint);"
        "insert into orders select generate_series(1, 5); insert into lines select g, g % 7 from generate_series(1, 70) g"
    )
    config = tmp_path / "fkdash.toml"
    config.write_text('[references]\n"lines.of" = "orders.id"\n"elsewhere.x" = "orders.id"\n')
    common = (database.dsn, "--config", str(config), "--format", "json")
    asked = await run("preview", "--table", "orders", "--where", "id < 3", *common, state=tmp_path)
    [note] = json.loads(asked.out)["notes"]
    assert note.startswith("20 rows of public.lines refer to public.orders by of"), asked.err
    checked = await run("check", *common, state=tmp_path)
    assert "elsewhere.x" in checked.out
    assert "as [references] says" in checked.out
    scanned = await run("orphans", "scan", *common, state=tmp_path)
    assert (scanned.code, "elsewhere" in scanned.err) == (2, True)
    config.write_text('[references]\n"lines.of" = "orders.id"\n')
    [result] = json.loads((await run("orphans", "scan", *common, state=tmp_path)).out)["results"]
    assert (result["constraint"], result["declared"], result["confirmed"], result["rows"]) == (
        None,
        False,
        True,
        20,
    )
