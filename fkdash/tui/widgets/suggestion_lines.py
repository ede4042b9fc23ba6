"""What an experienced hand would do tonight, in two lines above the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.tui.widgets.bars import Wrapped
from fkdash.tui.widgets.painting import Part, line

if TYPE_CHECKING:
    from fkdash.fix.suggestion import Suggestion


class SuggestionLines(Wrapped):
    """The option and its first reasons; all of them stand where the option is told of."""

    def __init__(self) -> None:
        super().__init__(id="suggestion", most=2)

    def tell(self, suggested: Suggestion | None, number: str) -> None:
        """Suggest this; None says that nothing here can be planned."""
        if suggested is None:
            self.put(line(Part("Nothing that answers this can be planned here.", "muted")))
            return
        self.put(
            line(
                Part("Suggested tonight: ", "muted"),
                Part(f"{number} {suggested.option.title}", "good"),
                f", because {'; '.join(suggested.reasons)}.",
            )
        )
