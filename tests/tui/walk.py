"""An operator at the keyboard, from a conflict to a verified fix."""

from __future__ import annotations

from time import monotonic

from textual import events

from fkdash.apply.events import RunOutcome
from fkdash.tui.screens.fix.confirm import FixConfirmScreen
from fkdash.tui.screens.fix.run import FixRunScreen
from fkdash.tui.settings import DashboardOptions
from tests.support.servers import TestDatabase
from tests.tui.test_dashboard import Session

NAME = "users_primary_workspace_id_workspaces_id_fk"
PLAIN = DashboardOptions(environment="staging")


class Walk:
    """An operator at the keyboard; `keystrokes` counts everything but the typed confirmation."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.keystrokes = 0

    async def press(self, *keys: str) -> None:
        self.keystrokes += len(keys)
        await self.session.press(*keys)

    async def paste(self, name: str) -> None:
        self.session.app.screen.post_message(events.Paste(name))
        await self.session.pilot.pause()

    async def to_plan(self, *moves: str) -> None:
        await self.session.until_shown("BITES 412")
        await self.press("f", *moves, "enter")
        await self.session.until(lambda: "a apply" in self.session.screen)

    async def confirm(self, *names: str) -> None:
        await self.press("a")
        await self.session.until(lambda: asks(self.session))
        for name in names:
            await self.paste(name)
            await self.press("enter")
        await self.press("right", "enter")

    async def to_end(self) -> RunOutcome:
        await self.session.until(lambda: isinstance(self.session.app.screen, FixRunScreen))
        await self.session.until(lambda: self.session.app.applying.ended is not None)
        ended = self.session.app.applying.ended
        assert ended is not None
        await self.session.until_shown("u undo")
        return ended.outcome


def asks(session: Session) -> bool:
    screen = session.app.screen
    return isinstance(screen, FixConfirmScreen) and screen.takes_keys_from < monotonic()


async def state_of(database: TestDatabase) -> tuple[str, bool]:
    rows = await database.fetch(
        "select confdeltype::text, attnotnull from pg_constraint join pg_attribute "
        "on attrelid = conrelid and attnum = conkey[1] where conname = $1",
        NAME,
    )
    return rows[0][0], rows[0][1]
