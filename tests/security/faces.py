"""Every command that only looks, as an operator runs it, in this process; and the dashboard under the pilot."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from fkdash.cli.main import main
from fkdash.db.where.resolve import ConnectionArguments, resolve
from fkdash.tui.app import DashboardApp
from fkdash.tui.settings import DashboardOptions
from tests.support.patience import LONG_ENOUGH
from tests.support.screens import shown


@dataclass(frozen=True)
class Ended:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.out)
        return found


async def ended(*arguments: str) -> Ended:
    """Run one command to its end in a thread of this process: each makes connections of its own."""
    return await asyncio.to_thread(_run, arguments)


def _run(arguments: tuple[str, ...]) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), _nobody_types():
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 2
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def _nobody_types() -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before
        gc.enable()  # `check` ends with its process, and turns the collector off


ERROR = (
    'update or delete on table "hub" violates foreign key constraint "a01_hub_id_fkey" on table "a01"\n'
    "DETAIL: Key (id)=(1) is still referenced from table"
)


def database_faces(dsn: str) -> dict[str, tuple[str, ...]]:
    """Give the commands about a whole database, each under its name."""
    return {
        "check": ("check", "--format", "json", dsn),
        "check --no-counts": ("check", "--no-counts", "--format", "markdown", dsn),
        "check, several": ("check", "--format", "json", dsn, dsn),
        "list": ("list", "--format", "json", dsn),
        "explain": ("explain", "--format", "json", "-d", dsn, ERROR),
        "orphans scan": ("orphans", "scan", "--format", "json", dsn),
        "orphans scan --all": ("orphans", "scan", "--all", "--seconds", "5", "--format", "json", dsn),
        "snapshot": ("snapshot", dsn),
        "guard": ("guard", "hub", "--format", "json", dsn),
        "grants": ("grants", "--format", "json", dsn),
        "report": ("report", dsn),
        "report --rows": ("report", "--rows", dsn),
        "fix history": ("fix", "history", dsn),
        "fix history of a view": ("fix", "history", "--journal-in-database", "ops", dsn),
        "fix history of a table": ("fix", "history", "--journal-in-database", "ops_table", dsn),
    }


def preview_faces(table: str, key: object, dsn: str) -> dict[str, tuple[str, ...]]:
    """Give the commands about deletes from one table."""
    return brief_preview_faces(table, key, dsn) | {
        f"preview {table} --where": (
            "preview",
            "--table",
            table,
            "--where",
            "id is not null",
            "--format",
            "json",
            dsn,
        ),
        f"preview {table} --where true": ("preview", "--table", table, "--where", "true", "--format", "json", dsn),
    }


def brief_preview_faces(table: str, key: object, dsn: str) -> dict[str, tuple[str, ...]]:
    """Give the two commands about deletes that go the most different ways."""
    keys = json.dumps([{"id": key}])
    return {
        f"preview {table} --keys-json": (
            "preview",
            "--table",
            table,
            "--keys-json",
            keys,
            "--list",
            "3",
            "--format",
            "json",
            dsn,
        ),
        f"preview {table} --all": ("preview", "--table", table, "--all", "--allow-scan", "--format", "json", dsn),
    }


def plan_faces(constraint: str, dsn: str) -> dict[str, tuple[str, ...]]:
    """Give the commands about what can be changed at one foreign key."""
    options = (
        "no-action",
        "cascade",
        "set-null",
        "set-default",
        "validate",
        "create-index",
        "null-orphans",
        "delete-orphans",
    )
    plans = {
        f"fix plan {constraint} {option}": ("fix", "plan", constraint, "--option", option, "--format", "json", dsn)
        for option in options
    }
    # Nobody confirms it: it ends behind the preflight.
    looked_into = {
        f"fix apply {constraint} {option}": ("fix", "apply", constraint, "--option", option, dsn)
        for option in ("set-default", "delete-orphans")
    }
    return (
        plans
        | looked_into
        | {
            f"fix plan {constraint}": ("fix", "plan", constraint, dsn),
            f"orphans scan {constraint}": ("orphans", "scan", "--constraint", constraint, "--format", "json", dsn),
            f"explain {constraint}": (
                "explain",
                "-d",
                dsn,
                f'update or delete on table "hub" violates foreign key constraint "{constraint}"',
            ),
        }
    )


async def walk(dsn: str, keys: str = "b p f t x o") -> str:
    """Look at the first screen, then go to each screen and back, as far as the keys lead; gives the last screen."""
    app = DashboardApp(resolve(ConnectionArguments(dsn=dsn), {}), options=DashboardOptions())
    async with app.run_test(size=(120, 40)) as pilot:

        async def settled() -> None:
            async with asyncio.timeout(LONG_ENOUGH):
                await pilot.pause()
                while any(not worker.is_finished for worker in app.workers):
                    await pilot.pause(0.01)
                await pilot.pause()

        async def until(condition: Callable[[], bool]) -> None:
            async with asyncio.timeout(LONG_ENOUGH):
                while not condition():
                    await pilot.pause(0.01)

        await settled()
        for key in keys.split():
            depth = len(app.screen_stack)
            await pilot.press(key)
            await settled()
            if len(app.screen_stack) > depth:
                for deeper in ("enter", "j", "w" if key == "p" else "j", "A" if key == "p" else "k"):
                    await pilot.press(deeper)
                    await settled()
            for _ in range(6):
                if len(app.screen_stack) <= depth:
                    break
                await pilot.press("escape")
                await settled()
            await pilot.press("j")
            await settled()
        await until(lambda: bool(shown(app).strip()))
        return shown(app)
