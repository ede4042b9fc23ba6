"""What counting orphans takes beside the best anti-join that somebody writes by hand, in turns in the same minute.

    python -m tests.benchmarks.orphans_scan [--rows 5000000] [--rounds 5] [--versions 16,18]

Aim: at most 1.15 times the fastest of the hand-written queries, by the medians; both find the same number.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from statistics import median
from time import monotonic

from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.orphans.scan import count_orphans
from tests.support.servers import TestServer, fresh_database, running_server

_AIM = 1.15
_SCHEMA = """
create table parents (id int primary key);
create table children (id int primary key, parent_id int not null, filler text);
insert into parents select generate_series(1, {parents});
insert into children select g, 1 + g % ({parents} + {orphans}), md5(g::text) from generate_series(1, {rows}) g;
alter table children add constraint ck foreign key (parent_id) references parents not valid;
vacuum analyze parents; vacuum analyze children
"""
_BY_HAND = {
    "not exists": "select count(*) from children c where not exists (select from parents p where p.id = c.parent_id)",
    "left join": "select count(*) from children c left join parents p on p.id = c.parent_id where p.id is null",
    "distinct first": "select coalesce(sum(n), 0) from (select parent_id, count(*) as n from children group by parent_id) c"
    " left join parents p on p.id = c.parent_id where p.id is null",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--versions", default="18")
    arguments = parser.parse_args()
    for version in map(int, arguments.versions.split(",")):
        with running_server(version, {"max_wal_size": "4GB", "synchronous_commit": "off"}) as server:
            asyncio.run(_measure(server, arguments.rows, arguments.rounds))


async def _measure(server: TestServer, rows: int, rounds: int) -> None:
    async with fresh_database(server) as database:
        for statement in _SCHEMA.format(rows=rows, parents=rows // 10, orphans=max(1, rows // 1000)).split(";"):
            await database.execute(statement)
        pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
        try:
            catalog = await read_whole_catalog(pool)
            [key] = catalog.foreign_keys
            took: dict[str, list[float]] = {}
            found: set[int | None] = set()
            for _ in range(rounds):
                for name, sql in _BY_HAND.items():
                    began = monotonic()
                    found.add(int(await database.value(sql)))
                    took.setdefault(name, []).append(monotonic() - began)
                began = monotonic()
                found.add((await count_orphans(pool, catalog, key, seconds=600)).rows)
                took.setdefault("fkdash", []).append(monotonic() - began)
        finally:
            await pool.close()
    _tell(server, rows, {name: median(each) for name, each in took.items()}, found)


def _tell(server: TestServer, rows: int, took: dict[str, float], found: set[int | None]) -> None:
    ours = took.pop("fkdash")
    best = min(took, key=lambda name: took[name])
    ratio = ours / took[best]
    by_hand = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items())
    verdict = "ok" if ratio <= _AIM and len(found) == 1 else "MISSED"
    sys.stdout.write(
        f"{server.major} {rows:,} rows, {found} orphans: fkdash {ours:.2f} s, {by_hand}: "
        f"{ratio:.2f} x {best}: {verdict}\n"
    )


if __name__ == "__main__":
    main()
