"""Explain errors: in 50 MB of noise of several kinds, and with 50,000 foreign keys.

    python -m tests.benchmarks.explain_error [--megabytes 50] [--dsn DSN]

For each kind of noise the seconds of one core to read it with one error in its middle; aim: at most one for each 10 MB. Then, on the
random schema of 10,000 tables and 50,000 foreign keys (a throwaway server that takes a minute or two to fill; or the
database of --dsn), the seconds for each kind of error, the first of them with what is looked up once.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator, Mapping
from time import process_time

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog
from fkdash.catalog.postgres.read import read_whole_catalog
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.demo.server import throwaway_server
from fkdash.explain.bounded import picked
from fkdash.explain.find import explain
from tests.benchmarks.large_schema import make_large_schema
from tests.rules.catalogs import sound

_MIB = 1024 * 1024
_CHUNK = 256 * 1024
_ERROR = (
    b'\nERROR:  update or delete on table "organizations" violates foreign key constraint '
    b'"workspaces_organization_id_fkey" on table "workspaces"\n'
    b'DETAIL:  Key (id)=(7) is still referenced from table "workspaces".\n'
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--dsn")
    arguments = parser.parse_args()
    for name, noise in _noises().items():
        _in_noise(name, noise, arguments.megabytes * _MIB)
    if arguments.dsn is not None:
        asyncio.run(_with_keys_of(arguments.dsn))
        return
    with throwaway_server() as dsn:
        asyncio.run(make_large_schema(dsn))
        asyncio.run(_with_keys_of(dsn))


def _noises() -> Mapping[str, bytes]:
    return {
        "log": b"".join(b"2026-07-02 21:40:22 UTC [%d] LOG:  duration: %d ms\n" % (n, n) for n in range(30_000)),
        "binary": random.Random(1).randbytes(_MIB),
        "endless line": b'{"a":1,"b":"some text"},' * (_MIB // 24),
        "the same error": b'2026-07-02 [1] ERROR:  duplicate key value violates unique constraint "a_pkey"\n'
        * 12_000,
        "different errors": b"".join(
            b'2026-07-02 [1] ERROR:  null value in column "%x" violates not-null constraint\n' % hash(str(n))
            for n in range(12_000)
        ),
    }


def _in_noise(name: str, noise: bytes, size: int) -> None:
    def chunks() -> Iterator[bytes]:
        given = 0
        while given < size:
            for start in range(0, len(noise), _CHUNK):
                yield noise[start : start + _CHUNK]
            if given < size // 2 <= given + len(noise):
                yield _ERROR
            given += len(noise)

    started = process_time()
    read = picked(chunks())
    between = process_time()
    found = explain(sound(), read.text)
    ended = process_time()
    keys = ", ".join(each.key.name for each in found.answers) or "NOT FOUND"
    sys.stdout.write(
        f"{name:<17} {read.size / _MIB:6.1f} MB  picked {between - started:5.2f} s  explained {ended - between:5.2f} s  "
        f"{(ended - started) * 10 * _MIB / read.size:5.2f} s each 10 MB  {keys}\n"
    )


async def _with_keys_of(dsn: str) -> None:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=dsn), {}))
    try:
        catalog = await read_whole_catalog(pool)
    finally:
        await pool.close()
    sys.stdout.write(f"{len(catalog.foreign_keys):,} foreign keys\n")
    for name, text in _messages(catalog).items():
        started = process_time()
        found = explain(catalog, text)
        took = process_time() - started
        sys.stdout.write(f"{name:<22} {took:6.2f} s  {len(found.answers)} answers: {found.headline[:60]}\n")


def _messages(catalog: Catalog) -> Mapping[str, str]:
    refusing = next(key for key in catalog.foreign_keys if key.on_delete is Action.NO_ACTION)
    setting = next(key for key in catalog.foreign_keys if key.on_delete is Action.SET_NULL)
    held = (
        f'update or delete on table "{refusing.referenced.name}" violates foreign key constraint "{refusing.name}" on '
        f'table "{refusing.table.name}"'
    )
    [column] = setting.columns
    own = f'UPDATE ONLY "public"."{setting.table.name}" SET "{column}" = NULL WHERE $1 OPERATOR(pg_catalog.=) "{column}"'
    timeout = "ERROR:  canceling statement due to statement timeout"
    return {
        "a key by name": f"ERROR:  {held}",
        "the same once more": f"ERROR:  {held}",
        "a key by structure": f"ERROR:  {held.replace(refusing.name, 'other')}",
        "NULL in a column": f'ERROR:  null value in column "{column}" of relation "{setting.table.name}" violates '
        "not-null constraint",
        "a key's statement": f'{timeout}\nCONTEXT:  SQL statement "{own}"',
        "a timeout": f"{timeout}\nSTATEMENT:  DELETE FROM {refusing.referenced.name} WHERE id = 1",
        "a code alone": "23502",
        "forty errors": "\n".join(f"ERROR:  {held.replace(refusing.name, f'other{n}')}" for n in range(40)),
    }


if __name__ == "__main__":
    main()
