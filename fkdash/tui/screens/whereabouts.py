"""Where am I: server, encryption, role and rights, pooler, engine, the DSN to copy, and the newest migrations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from fkdash.catalog.postgres.migrations import newest_migrations
from fkdash.db.whereabouts import Whereabouts, dsn_of, whereabouts
from fkdash.tui import keys
from fkdash.tui.changed import migration_lines
from fkdash.tui.screens.base import BaseScreen
from fkdash.tui.widgets.bars import RuleLine
from fkdash.tui.widgets.frame import Frame
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from fkdash.catalog.model import Catalog
    from fkdash.db.target import Target
    from fkdash.tui.database import Database

_LABEL_CELLS = 14


class WhereaboutsScreen(BaseScreen):
    """Asks the server once; `y` copies the DSN, which has no password in it.

    The newest migrations are told where the `catalog` of the database is known.
    """

    BINDINGS: ClassVar[list[BindingType]] = [keys.COPY, keys.REFRESH]

    def __init__(self, database: Database, catalog: Catalog | None) -> None:
        super().__init__()
        self.database, self._catalog = database, catalog
        self._title, self.pane = RuleLine(), TextPane(id="whereabouts")

    def body(self) -> Iterable[Widget]:
        """Give the text."""
        yield Frame(self._title, self.pane, id="left")

    def on_mount(self) -> None:
        """Show what is known without asking, and ask."""
        self.consequence.tell("Where am I, and what may this session do?")
        target = self.database.connection.target
        self._title.tell(target.database)
        self.pane.show(_labelled({"Database": target.database, "Role": target.user, **_asked_for(target)}))
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self.run_cancellable(self._read, doing="Asking the server", group="whereabouts")

    async def _read(self) -> None:
        pool = await self.database.connection.pool()
        async with pool.session() as session:
            found = await whereabouts(session)
        options = self.database.options
        forbidden = "--read-only or the profile forbids every change" if options.read_only else ""
        lines = _lines(found, self.database.connection.target, pooled=pool.is_pooled, forbidden=forbidden)
        self.pane.show(lines)
        if self._catalog is not None:
            self.pane.show([*lines, *migration_lines(await newest_migrations(pool, self._catalog))])

    def action_copy(self) -> None:
        """Copy the DSN."""
        self.copy(f"{dsn_of(self.database.connection.target)}\n")


def _lines(found: Whereabouts, target: Target, *, pooled: bool, forbidden: str) -> list[Line]:
    looking = target.looking
    told = {
        "Database": found.database,
        "Server": found.engine,
        "Address": found.address or f"unix socket {looking.addresses[0]}",
        "Encryption": found.tls or ("none needed: a unix socket" if not found.address else "none"),
        "Pooler": "yes: sessions are shared, each transaction may be in another server process"
        if pooled
        else "none",
        "Standing": "standby: nothing can be written here" if found.standby else "primary",
        "Role": found.role if found.role == found.login else f"{found.role}, logged in as {found.login}",
        "Rights": ", ".join(found.rights) or "no attribute beyond its grants",
        "This session": "READ ONLY, as the server says"
        if found.read_only
        else "the server does not say READ ONLY",
        "Changes": forbidden or f"only after the names are typed, as {target.user}",
        "Up since": found.started,
        "Process": str(found.pid),
        **_asked_for(target),
    }
    return _labelled(told)


def _asked_for(target: Target) -> dict[str, str]:
    """Give what is known before anything answers."""
    return {"Decided by": target.source or "the arguments", "DSN (y copies)": dsn_of(target)}


def _labelled(told: dict[str, str]) -> list[Line]:
    return [line(Part(f"{name:<{_LABEL_CELLS}}  ", "strong"), value) for name, value in told.items()]
