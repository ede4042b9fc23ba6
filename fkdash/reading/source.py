"""A file that was parsed, and what can be said of it: every mistake with its line, all of them at once."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.errors import UsageError, reason_of
from fkdash.fact import fact
from fkdash.reading.files import MOST_BYTES, read_text
from fkdash.reading.lines import json_line, toml_line
from fkdash.reading.typed import Found, Remark, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fkdash.reading.lines import Path as Keys

_T = TypeVar("_T")
_MOST_SHOWN: Final = 20


class MistakesError(UsageError):
    """A file cannot be used; `mistakes` are all of them, each with its line, `unused` the keys nobody knows."""

    def __init__(self, origin: str, mistakes: Sequence[str], advice: str, unused: Sequence[str] = ()) -> None:
        first, *others = mistakes
        also = f" It has {counted(len(others), 'more mistakes')}." if others else ""
        shown = (*others[:_MOST_SHOWN], *unused[:_MOST_SHOWN], advice)
        super().__init__(f"{origin} cannot be used: {first}.{also}", next_step="\n".join(shown))
        self.mistakes = tuple(mistakes)
        self.unused = tuple(unused)


def _nowhere(_path: Keys) -> None:
    return None


@fact
class Source:
    """Where a document came from; `origin` names it, `line_of` gives the line of a path of keys."""

    origin: str
    line_of: Callable[[Keys], int | None] = _nowhere
    document: Any = field(default=None, repr=False)

    def part(self, path: Keys) -> object:
        """Give what the document says at a path of keys; raises LookupError where it says nothing."""
        found: Any = self.document
        for key in path:
            inside = (
                found if isinstance(found, dict) else dict(enumerate(found)) if isinstance(found, list) else {}
            )
            found = inside[key]
        return found

    def as_type(self, document: object, wanted: type[_T], found: Found, *, within: Keys = ()) -> _T:
        """Give a document, or the part at `within`, as a dataclass.

        Unknown keys are added to `found`. Raises UsageError with every mistake, and every unknown key beside them.
        """
        value = typed(document, wanted, found, within)
        if value is None or found.mistakes:
            raise self.refusal(found.mistakes, unused=found.unknown)
        return value

    def refusal(
        self,
        mistakes: Sequence[Remark],
        *,
        unused: Sequence[Remark] = (),
        advice: str = "Correct it, or move it away.",
    ) -> MistakesError:
        """Give the MistakesError that tells all of them, the first one in `what`, and what is not used."""
        told = [self.words(each) for each in mistakes]
        return MistakesError(plain(self.origin), told, advice, [self.words(each) for each in unused])

    def words(self, remark: Remark) -> str:
        """Give a remark with its line."""
        return plain(remark.words(self.line_of(remark.path)))

    def warnings(self, remarks: Sequence[Remark]) -> tuple[str, ...]:
        """Give remarks that stop nothing, each naming the file."""
        return tuple(f"{plain(self.origin)}: {self.words(each)}" for each in remarks)


def parsed_toml(path: Path, what: str) -> tuple[dict[str, Any], Source]:
    """Give a TOML file's document and its source.

    Raises FileNotFoundError where there is none, UsageError for one that cannot be read.
    """
    import tomllib  # most operators have no such file, and the first frame waits for this

    text = read_text(path, what, next_step="Correct it, or move it away.")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, what, error, "TOML") from error
    return document, Source(str(path), toml_line(text), document)


def parsed_json(path: Path, what: str, *, next_step: str, most_bytes: int = MOST_BYTES) -> tuple[Any, Source]:
    """Give a JSON file's document and its source; raises UsageError for one that is missing or cannot be read."""
    try:
        text = read_text(path, what, next_step=next_step, most_bytes=most_bytes)
    except FileNotFoundError as error:
        raise UsageError(
            plain(f"The {what} {path} cannot be read: {reason_of(error)}."), next_step=next_step
        ) from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, what, error, "JSON", next_step) from error
    return document, Source(str(path), json_line(text), document)


def _unreadable(
    path: Path, what: str, error: Exception, kind: str, next_step: str = "Correct it, or move it away."
) -> UsageError:
    why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return UsageError(plain(f"The {what} {path} cannot be read as {kind}: {why}."), next_step=next_step)
