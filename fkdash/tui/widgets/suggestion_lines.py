"""What an experienced hand would do tonight, in a few lines above the options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.tui.widgets.bars import Wrapped
from fkdash.tui.widgets.painting import Part, line

if TYPE_CHECKING:
    from fkdash.fix.suggestion import Suggestion

_HIGH: Final = 32
"""From this height of the screen on, in lines, the reasons may take more than two of them."""


class SuggestionLines(Wrapped):
    """The option and its first reasons; all of them stand where the option is told of."""

    def __init__(self) -> None:
        super().__init__(id="suggestion", most=2)

    def on_resize(self) -> None:
        """Take more lines where the screen is high; below it the list needs them."""
        self._most = 2 if self.app.size.height < _HIGH else 4
        super().on_resize()

    def tell(self, suggested: Suggestion | None, number: str, *, otherwise: str = "") -> None:
        """Suggest this; None says `otherwise`, or that nothing here can be planned."""
        if suggested is None:
            self.put(line(Part(otherwise or "Nothing that answers this can be planned here.", "muted")))
            return
        self.put(
            line(
                Part("Suggested tonight: ", "muted"),
                Part(f"{number} {suggested.option.title}", "good"),
                f", because {'; '.join(suggested.reasons)}.",
            )
        )
