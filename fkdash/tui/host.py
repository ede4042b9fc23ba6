"""The application as an open database sees it: what it may ask beside what Textual and every application has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.tui.safe_app import SafeApp

if TYPE_CHECKING:
    from fkdash.db.target import Target
    from fkdash.tui.marking import Marking


class Host(SafeApp):
    """The application around open databases, which implements all of this; `marking` is what was marked in any."""

    marking: Marking

    def show_place(self) -> None:
        """Show where one is in the header of the present screen."""
        raise NotImplementedError

    def ask_password_for(self, target: Target, *, looking: bool) -> None:
        """Have a password asked for, of the login that looks or of the other; the database begins again."""
        raise NotImplementedError
