"""Several databases: told as they come, bounded by what the server has free, gone on with after a cut."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from fkdash.checking import databases
from fkdash.checking.databases import check_each, databases_of, room_at
from fkdash.checking.kept_run import Verdict, kept_run
from fkdash.checking.result import CheckReport, Scope
from fkdash.checking.turns import Room
from fkdash.db.pool import ReadPool
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.errors import FkdashError, NoConnectionLeftError, StoppedError, TimedOutError, UnreachableError
from tests.db.listeners import listener, never_answers, unused_port
from tests.support.commands import fkdash
from tests.support.servers import TestDatabase, TestServer, fresh_database
from tests.support.targets import target_at

pytestmark = pytest.mark.newest_version
_WRONG = "create table w (id int primary key); create table u (w_id int not null references w on delete set null);"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def _report(name: str) -> CheckReport:
    return CheckReport(name, name, Scope(0, 0))


async def test_one_that_hangs_or_refuses_does_not_hold_up_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENT_SECONDS", 0.05)
    heard: dict[int, CheckReport | FkdashError] = {}
    others_are_through = asyncio.Event()

    def hear(number: int, found: CheckReport | FkdashError) -> None:
        heard[number] = found
        if len(heard) == 8:
            others_are_through.set()

    async def hangs() -> CheckReport:
        await others_are_through.wait()
        raise UnreachableError("at last")

    async def refuses() -> CheckReport:
        raise UnreachableError("no")

    async def fine(number: int) -> CheckReport:
        return _report(str(number))

    looks: list[Callable[[], Awaitable[CheckReport]]] = [hangs, refuses, *(partial(fine, n) for n in range(2, 9))]
    async with asyncio.timeout(60):
        await check_each(looks, hear, jobs=1)
    assert list(heard) == [*range(1, 9), 0]
    assert isinstance(heard[0], UnreachableError)
    assert isinstance(heard[1], UnreachableError)


async def test_one_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "MOST_SECONDS", 0.05)
    heard: dict[int, CheckReport | FkdashError] = {}

    async def hangs() -> CheckReport:
        await asyncio.Event().wait()
        raise AssertionError

    await check_each([hangs], heard.__setitem__)
    assert isinstance(heard[0], TimedOutError)


async def test_each_server_has_its_own_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENT_SECONDS", 60.0)
    running = {"a": 0, "b": 0, "c": 0}
    most = dict(running)
    free = {"a": 9, "b": 3, "c": None}

    async def look(server: str) -> CheckReport:
        running[server] += 1
        most[server] = max(most[server], running[server])
        for _ in range(5):
            await asyncio.sleep(0)
        running[server] -= 1
        return _report(server)

    async def room(server: Hashable, _numbers: object) -> Room:
        return Room(server, free[str(server)])

    servers = ["a", "b", "c"] * 10
    await check_each(
        [partial(look, server) for server in servers],
        lambda *_: None,
        place_of=servers.__getitem__,
        room_of=room,
        jobs=5,
    )
    # Two connections a look, and two that are left to others.
    assert most == {"a": 3, "b": 1, "c": 5}


async def test_two_names_of_one_server_share_what_it_has_room_for() -> None:
    running: list[int] = []
    most: list[int] = []
    heard: dict[int, CheckReport | FkdashError] = {}

    async def look(number: int) -> CheckReport:
        running.append(number)
        most.append(len(running))
        for _ in range(5):
            await asyncio.sleep(0)
        running.remove(number)
        return _report(str(number))

    async def room(place: Hashable, _numbers: object) -> Room:
        return Room("the same", 9 if place == 1 else 7)

    await check_each(
        [partial(look, number) for number in range(30)],
        heard.__setitem__,
        place_of=lambda number: number % 2,
        room_of=room,
        jobs=8,
    )
    # The first of each name begins before anybody knows; then the role with fewer connections decides.
    assert max(most) <= 3
    assert max(most[8:]) == 2
    assert sorted(heard) == list(range(30))


async def test_a_server_without_a_connection_is_asked_again_and_not_for_every_database_when_it_stays_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(databases, "_PAUSES", (0.0, 0.0))
    tries: Counter[int] = Counter()
    heard: dict[int, CheckReport | FkdashError] = {}

    async def look(number: int) -> CheckReport:
        tries[number] += 1
        if number == 2 and tries[number] == 3:
            return _report("2")
        raise NoConnectionLeftError("full")

    await check_each([partial(look, number) for number in range(10)], heard.__setitem__, jobs=1)
    assert isinstance(heard.pop(2), CheckReport)
    assert all(isinstance(each, NoConnectionLeftError) for each in heard.values())
    # One that had its connection in the end says that the server is not full.
    assert list(tries.values()) == [3, 3, 3, 3, 3, 3, 1, 1, 1, 1]


async def test_a_server_short_of_connections_gets_one_at_a_time(database: TestDatabase) -> None:
    pool = await ReadPool.open(resolve(ConnectionArguments(dsn=database.dsn), {}))
    try:
        names, room = await databases_of(pool)
        assert database.name in names
        assert room.connections is not None
        assert room.places is not None
        assert 1 < room.places < room.connections < int(await database.value("show max_connections"))
        await database.execute("create role few login connection limit 2")
        try:
            await database.execute(f"grant connect on database {database.name} to few")
            few = await ReadPool.open(
                resolve(ConnectionArguments(dsn=database.dsn.replace("postgres@", "few@")), {})
            )
            try:
                told = (await databases_of(few))[1]
                assert (told.server, told.places) == (room.server, 1)
            finally:
                await few.close()
        finally:
            await database.execute("drop owned by few; drop role few")
    finally:
        await pool.close()


async def test_a_look_that_was_broken_off_is_told_of_and_stops_no_other() -> None:
    heard: dict[int, CheckReport | FkdashError] = {}

    async def broken_off() -> CheckReport:
        raise asyncio.CancelledError

    async def fine() -> CheckReport:
        return _report("fine")

    await check_each([broken_off, fine], heard.__setitem__)
    assert isinstance(heard[0], StoppedError)
    assert isinstance(heard[1], CheckReport)


async def test_who_may_not_see_others_sessions_counts_them_too(database: TestDatabase) -> None:
    await database.execute("create role plain login")
    taken: list[asyncpg.Connection[asyncpg.Record]] = []
    dsn = database.dsn.replace("postgres@", "plain@")
    try:
        before = await room_at([target_at(dsn)], "?")
        taken += [await asyncpg.connect(database.dsn) for _ in range(9)]
        after = await room_at([target_at(dsn.replace("plain@", "nobody@")), target_at(dsn)], "?")
        assert before.server == after.server != "?"
        assert before.connections is not None
        assert after.connections is not None
        # Others may come and go on this server.
        assert before.connections - after.connections > 4
    finally:
        for each in taken:
            await each.close()
        await database.execute("drop role plain")


async def test_a_server_that_cannot_be_asked_is_known_by_its_name() -> None:
    nowhere = target_at(f"postgresql://postgres@127.0.0.1:{unused_port()}/gone")
    assert await room_at([nowhere], "its name") == Room("its name")
    assert Room("its name").places is None


async def test_lines_come_with_one_for_each_database_and_the_summary_last(database: TestDatabase) -> None:
    nowhere = f"postgresql://postgres@127.0.0.1:{unused_port()}/gone"
    ended = await fkdash("check", "--format", "jsonl", database.dsn, nowhere)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == UnreachableError.exit_code
    assert [line["kind"] for line in lines] == ["check", "check", "check-summary"]
    assert len(lines[-1]["failed"]) == 1
    await database.execute(_WRONG)
    assert (await fkdash("check", "--format", "jsonl", database.dsn, nowhere)).returncode == 1


async def test_a_server_that_hangs_is_told_and_the_others_are_checked(database: TestDatabase) -> None:
    async with listener(never_answers) as port:
        hanging = f"postgresql://postgres@127.0.0.1:{port}/db?connect_timeout=2"
        ended = await fkdash("check", "--jobs", "1", "--format", "jsonl", hanging, database.dsn)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == UnreachableError.exit_code
    assert {line["server"]["database"] for line in lines[:-1]} == {database.name, "db"}


async def test_a_run_that_was_cut_off_goes_on_and_says_everything(
    server: TestServer, database: TestDatabase
) -> None:
    async with fresh_database(server) as other:
        await other.execute(_WRONG)
        whole = await fkdash("check", "--format", "jsonl", database.dsn, other.dsn)
        places = [resolve(ConnectionArguments(dsn=each.dsn), {}).describe() for each in (database, other)]
        run = kept_run(places)
        assert run.finished
        # As a kill after the first database leaves it, in the middle of a line.
        cut = run.path.read_text().splitlines()[0] + '\n{"where": "'
        run.path.write_text(cut)
        again = await fkdash("check", "--format", "jsonl", "--resume", database.dsn, other.dsn)
        summary = json.loads(again.stdout.splitlines()[-1])
        assert (again.returncode, summary["resumed"], summary["databases"]) == (1, 1, 2)
        assert sorted(whole.stdout.splitlines()[:-1]) == sorted(again.stdout.splitlines()[:-1])
        fresh = await fkdash("check", "--format", "jsonl", "--resume", database.dsn, other.dsn)
        assert json.loads(fresh.stdout.splitlines()[-1])["resumed"] == 0


async def test_what_was_worst_last_time_comes_first(server: TestServer, database: TestDatabase) -> None:
    async with fresh_database(server) as other:
        await other.execute(_WRONG)
        command = ("check", "--jobs", "1", "--format", "jsonl", database.dsn, other.dsn)
        await fkdash(*command)
        ended = await fkdash(*command)
        first = json.loads(ended.stdout.splitlines()[0])
        assert first["server"]["database"] == other.name


async def test_resuming_wants_lines() -> None:
    ended = await fkdash("check", "--resume", "postgresql://127.0.0.1:1/a", "postgresql://127.0.0.1:1/b")
    assert ended.returncode == 2
    assert "--format jsonl" in ended.stderr


def test_what_is_kept_is_the_owners_alone_and_a_broken_file_is_as_none(state: Path) -> None:
    run = kept_run(["a", "b"])
    run.begin(())
    run.add("a", Verdict("error", failed=False, complete=True, document={"findings": []}))
    run.close()
    assert run.path.stat().st_mode & 0o077 == 0
    assert kept_run(["b", "a"]).verdicts == run.verdicts
    assert not kept_run(["b", "a"]).finished
    run.path.write_bytes(b"\xff\x00 no json")
    assert kept_run(["a", "b"]).verdicts == {}
    run.path.unlink()
    run.path.symlink_to(state / "elsewhere")
    kept_run(["a", "b"]).begin(())
    assert not (state / "elsewhere").exists()
