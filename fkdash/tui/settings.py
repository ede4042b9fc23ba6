"""How the operator wants the dashboard, decided before Textual is loaded."""

from __future__ import annotations

from dataclasses import field

from fkdash.fact import fact
from fkdash.profiles import Profile, is_production
from fkdash.tui.plain import UNICODE, Glyphs


@fact
class DashboardOptions:
    """What the command line and the configuration decide about the dashboard.

    `environment` is the label of the profile ("production" colours the header
    and asks for the database's name); `read_only` refuses every change.
    `label_columns` names, for a table as `schema.table`, the columns that make
    its rows recognisable. `refresh` is after how many seconds what is declared is looked at again, None for never.
    `keymap` maps binding ids to keys. `profiles` are
    those of the configuration, for the list of databases; `jobs` of a server are looked into at a time.
    """

    environment: str = ""
    read_only: bool = False
    theme: str = "ansi-dark"
    glyphs: Glyphs = UNICODE
    mouse: bool | None = None
    label_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    keymap: dict[str, str] = field(default_factory=dict)
    refresh: float | None = None
    profiles: dict[str, Profile] = field(default_factory=dict)
    jobs: int | None = None

    @property
    def production(self) -> bool:
        """Whether the environment asks for the greatest care."""
        return is_production(self.environment)
