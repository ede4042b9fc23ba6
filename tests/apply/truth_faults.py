"""What can happen to a run, each at a chosen moment on its way to the server."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import resource
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from fkdash.apply.events import Event, RunBegan, StepDone
from fkdash.fix.plan import Plan
from tests.apply.truth_onlooker import connected
from tests.support.disks import Disk
from tests.support.failover import FailingServer
from tests.support.gate import Gate, Moment

MOMENTS = [
    Moment(marker, nth, answered)
    for (marker, nth), answered in itertools.product(
        [
            (b"share update exclusive mode", 1),
            (b"DROP CONSTRAINT", 1),
            (b"pg_current_xact_id", 1),
            (b"COMMIT\x00", 1),
            (b"COMMIT\x00", 2),
            (b"COMMIT\x00", 3),
            (b"VALIDATE CONSTRAINT", 1),
            (b"CREATE INDEX CONC", 1),
            (b"WITH b", 2),
            (b"set constraints", 1),
        ],
        (False, True),
    )
]
STANDBY = "a standby that lagged takes over"
READ_ONLY_FOLDER = "the folder of journals is read-only"
_NO_ROOM = "there is no room for the journal"
_SOON_AFTER = 60
"""Within so many messages a second fault comes, while the run finds out what the first one did."""
_COPIES = {"a backup takes its place": FailingServer.back_up, STANDBY: FailingServer.stand_by}
_FKDASH = "application_name = 'fkdash' and backend_type = 'client backend'"
_DDL = [
    "alter table children alter constraint ck deferrable",
    "alter table children drop constraint ck",
    "alter table children rename constraint ck to other",
    "alter table children alter column needed drop not null, alter column parent_id set default 1",
]


def _moment(plan: Plan, drawn: random.Random, messages: int) -> Moment:
    """Draw a moment of a run that sends so many messages: just where much can go wrong, or anywhere."""
    sent = " ".join(step.sql for step in plan.steps).encode()
    fitting = [
        each
        for each in MOMENTS
        if each.marker in sent
        or (each.marker == b"COMMIT\x00" and each.nth <= len({step.transaction for step in plan.steps}))
        or (each.marker == b"share update exclusive mode" and any(step.reserve for step in plan.steps))
        or (each.marker == b"set constraints" and any(step.repeats for step in plan.steps))
    ]
    if fitting and drawn.random() < 0.5:
        return drawn.choice(fitting)
    return Moment(b"", drawn.randint(1, messages), answered=drawn.random() < 0.5)


@dataclass
class Run:
    """A run on its way, with what is done to it."""

    plan: Plan
    gate: Gate
    server: FailingServer
    disk: Disk | None = None
    so_before: tuple[int, ...] = ()
    task: asyncio.Future[Any] | None = None
    journal: Path | None = None
    copied_by: Callable[[FailingServer], None] | None = None
    copied_at: int = 0
    happened: list[tuple[str, str]] = field(default_factory=list)
    meddled: bool = False
    killed: bool = False
    failed_over: bool = False
    no_room: bool = False
    _size: int = 0
    _done: set[int] = field(default_factory=set)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def heard(self, event: Event) -> None:
        if isinstance(event, RunBegan):
            self.journal = event.journal
        elif isinstance(event, StepDone):
            before = len(self._done)
            self._done.add(event.step.transaction)
            if self.copied_by is not None and before < len(self._done) == self.copied_at:
                self.copied_by(self.server)

    def die(self) -> None:
        """End as kill -9 does: from here on nothing of it reaches the server, and nothing the journal."""
        self.killed = True
        self._size = self.journal.stat().st_size if self.journal is not None else 0

    def forget_what_came_after(self) -> None:
        if self.journal is not None:
            os.truncate(self.journal, self._size)


def read_only_folder(beside: Path) -> Path:
    """Give a folder in which nobody can make a file, not even root."""
    if os.geteuid() == 0:
        return Path("/proc/self")
    folder = beside.with_name(f"{beside.name}-read-only")
    folder.mkdir(mode=0o500, exist_ok=True)
    return folder


async def _cut(_: Run, __: int) -> bool:
    return False


async def _swallow(_: Run, __: int) -> None:
    return None


async def _silence(_: Run, __: int) -> bool:
    await asyncio.sleep(0.3)
    return False


async def _terminate(run: Run, _: int) -> bool:
    connection = await connected(run.server)
    try:
        await connection.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {_FKDASH}")
    finally:
        await connection.close()
    return True


async def _kill_backend(run: Run, _: int) -> bool:
    connection = await connected(run.server)
    try:
        pids = await connection.fetch(
            f"select pid from pg_stat_activity where {_FKDASH} order by backend_start desc"
        )
    finally:
        await connection.close()
    for row in pids[:1]:
        os.kill(row[0], signal.SIGKILL)
    return True


async def _kill_program(run: Run, _: int) -> bool:
    run.die()
    await run.gate.cut_for_good()
    assert run.task is not None
    run.task.cancel()
    return False


async def _cancel(run: Run, _: int) -> bool:
    assert run.task is not None
    run.task.cancel()
    return True


async def _cancel_twice(run: Run, after: int) -> bool:
    assert run.task is not None
    run.task.cancel()
    asyncio.get_running_loop().call_later(after / 100, run.task.cancel)
    return True


async def _crash(run: Run, _: int) -> bool:
    run.server.crash_and_return()
    return False


async def _restore(run: Run, _: int) -> bool:
    run.failed_over = True
    run.server.restore()
    run.gate.server_socket = run.server.socket
    return False


async def _fail_over(run: Run, later: int) -> bool:
    """Let the address lead to the standby, which is promoted at once or a little later."""
    run.failed_over = True
    run.server.fail_over()
    run.gate.server_socket = run.server.socket
    promoted = asyncio.Event()

    def promote() -> None:
        if not promoted.is_set():
            promoted.set()
            run.server.promote()

    async def promote_at_last() -> None:
        promote()

    run.closing.append(promote_at_last)
    if later % 2:
        asyncio.get_running_loop().call_later(later / 10, promote)
    else:
        promote()
    return False


async def _no_room(run: Run, how: int) -> bool:
    run.no_room = True
    if run.disk is None:
        size = run.journal.stat().st_size if run.journal is not None else 0
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    elif how % 2 and run.journal is not None:
        # Somebody else takes what the run had set aside for its last words.
        run.journal.with_suffix(".reserve").unlink(missing_ok=True)
    if run.disk is not None:
        run.disk.fill()

    async def room_again() -> None:
        if run.disk is None:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        else:
            run.disk.make_room()

    run.closing.append(room_again)
    return True


async def _lock(run: Run, how_long: int) -> bool:
    connection = await connected(run.server)

    async def let_go() -> None:
        connection.terminate()

    run.closing.append(let_go)
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.execute("begin; set local lock_timeout = 50; lock table children in row exclusive mode")
    if how_long % 2 or any(step.alone for step in run.plan.steps):
        # An index build waits for whoever wrote before it, however long that takes.
        asyncio.get_running_loop().call_later(how_long / 50, connection.terminate)
    return True


async def _ddl(run: Run, which: int) -> bool:
    connection = await connected(run.server)
    try:
        await connection.execute("set lock_timeout = 50")
        await connection.execute(_DDL[which % len(_DDL)])
        run.meddled = True
    except asyncpg.PostgresError:
        pass
    finally:
        await connection.close()
    return True


_HAPPENING: dict[str, Callable[[Run, int], Awaitable[bool | None]]] = {
    "the network is cut": _cut,
    "the network swallows the answer": _swallow,
    "the network is silent, then cut": _silence,
    "the backends are terminated": _terminate,
    "a backend is killed, kill -9": _kill_backend,
    "the program is killed, kill -9": _kill_program,
    "it is cancelled": _cancel,
    "it is cancelled twice": _cancel_twice,
    "the server crashes and comes back": _crash,
    "a backup takes its place": _restore,
    STANDBY: _fail_over,
    _NO_ROOM: _no_room,
    "somebody locks the table": _lock,
    "somebody changes the table": _ddl,
}
FAULTS = [*_HAPPENING, READ_ONLY_FOLDER]
_COME_FIRST = {*_COPIES, READ_ONLY_FOLDER}
_END_ALL = {"the program is killed, kill -9", _NO_ROOM, READ_ONLY_FOLDER}
"""After these nothing else happens: a server that starts again, say, would have no room either."""


@dataclass(frozen=True)
class Trouble:
    """A fault and its moment; `number` chooses among its variants (how far a standby lagged, which statement).

    `then` comes soon after, while the run finds out what became of it.
    """

    fault: str
    moment: Moment
    number: int
    then: Trouble | None = None

    def __str__(self) -> str:
        return f"{self.fault} ({self.number}), {self.moment}" + (f", then {self.then}" if self.then else "")

    @asynccontextmanager
    async def around(self, run: Run) -> AsyncIterator[None]:
        if self.fault in _COPIES:
            run.server.forget_copies()
            run.copied_by = _COPIES[self.fault]
            run.copied_at = self.number
            if not self.number:
                run.copied_by(run.server)
        run.gate.arm(self.moment, partial(self._happens, run))
        if self.fault == READ_ONLY_FOLDER:
            run.happened.append((self.fault, "from the beginning"))
            if run.disk is not None:
                run.disk.turn("ro")
        try:
            yield
        finally:
            run.gate.moment = None
            for close in run.closing:
                await close()
            if self.fault == READ_ONLY_FOLDER and run.disk is not None:
                run.disk.turn("rw")

    async def _happens(self, run: Run) -> bool | None:
        happening = _HAPPENING.get(self.fault)
        if happening is None:
            return True
        run.happened.append((self.fault, str(self.moment)))
        goes_on = await happening(run, self.number)
        if self.then is not None:
            run.gate.arm(self.then.moment, partial(self.then._happens, run))
        return goes_on


NO_TROUBLE = Trouble("nothing", Moment(b"", 1), 0)


def trouble(plan: Plan, drawn: random.Random, messages: int) -> Trouble:
    """Draw what happens to a run that would send so many messages, and sometimes what happens next."""
    fault = drawn.choice(FAULTS)
    then = None
    if fault not in _END_ALL and drawn.random() < 0.5:
        second = drawn.choice([each for each in FAULTS if each not in _COME_FIRST])
        moment = Moment(b"", drawn.randint(1, _SOON_AFTER), answered=drawn.random() < 0.5)
        then = Trouble(second, moment, drawn.randint(0, 3))
    return Trouble(fault, _moment(plan, drawn, messages), drawn.randint(0, 3), then)
