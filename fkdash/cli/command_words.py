"""Finds the command among the words of a command line: options may stand before it, in it and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.errors import UsageError

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Collection, Iterable, Sequence

_NONE_OR_ONE = "?"


def command_in(
    argv: Sequence[str], commands: Collection[str], options: Callable[[], Iterable[Action]]
) -> tuple[str, list[str]]:
    """Give the command (or the first word of one), "" for the dashboard, and the words without it.

    `options` gives those that any command takes, and is asked only where one stands before a command. Raises
    UsageError for a command that comes after a database's name.
    """
    groups = {name.partition(" ")[0] for name in commands if " " in name}
    first_words = groups | {name.partition(" ")[0] for name in commands}
    if not first_words.intersection(argv):
        return "", list(argv)
    simple = argv[0] in commands or " ".join(argv[:2]) in commands
    places = _free_words(argv, () if simple else options(), first_words)
    words = [argv[place] for place in places]
    if not words or words[0] not in first_words:
        _refuse_late(words, first_words)
        return "", list(argv)
    length = 2 if " ".join(words) in commands else 1
    return " ".join(words[:length]), _without(argv, places[:length])


def refuse_command_as_database(name: str | None, commands: Iterable[str]) -> None:
    """Raise UsageError for a word that names a command and stands where a database's name does."""
    if name is not None and name in {each.partition(" ")[0] for each in commands}:
        raise _says_how(name)


def _refuse_late(words: Sequence[str], first_words: Collection[str]) -> None:
    late = next((word for word in words if word in first_words), None)
    if late is not None:
        raise _says_how(late)


def _says_how(word: str) -> UsageError:
    return UsageError(
        f"{word} is a command and stands where a database is named.",
        next_step=f"Put the command first: fkdash {word} ...; a database of that name is -d {word}.",
    )


def _without(argv: Sequence[str], places: Sequence[int]) -> list[str]:
    """Give the words without the command; what stood before it comes last, where no word follows."""
    last = places[-1]
    before = [word for place, word in enumerate(argv[:last]) if place not in places]
    after = list(argv[last + 1 :])
    end = after.index("--") if "--" in after else len(after)
    return [*after[:end], *before, *after[end:]]


def _free_words(argv: Sequence[str], options: Iterable[Action], first_words: Collection[str]) -> list[int]:
    """Give the places of the first two words that belong to no option; after `--` every word is free."""
    takes = {name: action.nargs for action in options for name in action.option_strings if action.nargs != 0}
    found: list[int] = []
    place = 0
    while place < len(argv) and len(found) < 2:  # noqa: PLR2004 - no command has more words
        word = argv[place]
        if not word.startswith("-") or word == "-":
            found.append(place)
        elif word == "--":
            break
        elif word in takes and place + 1 < len(argv):
            following = argv[place + 1]
            free = takes[word] == _NONE_OR_ONE and (following.startswith("-") or following in first_words)
            place += 0 if free else 1
        place += 1
    return found
