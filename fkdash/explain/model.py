"""What is answered to a pasted error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.action import Action
    from fkdash.catalog.model import ForeignKey
    from fkdash.explain.clues import Clues


@fact
class Cause:
    """A foreign key that explains the error.

    `message` says how, `paths` are the ways on which a delete gets there (each
    from the table deleted from to this key; the key alone for a direct one), and
    `next_step` is what to do. `outdated` says that the foreign key as it is declared
    now raises no such error any more.
    """

    key: ForeignKey
    sqlstate: str
    message: str
    paths: tuple[tuple[ForeignKey, ...], ...]
    next_step: str
    outdated: bool = False


@fact
class Explanation:
    """What an error means in this database: a headline, and the foreign keys behind it, likeliest first.

    Without answers no foreign key of this database explains it; the headline says what was understood, and
    `understood` whether that is an explanation nevertheless: of a key that could not be added, say.
    `advice` is empty where nothing is to be added, else it says what would make the answer certain, or what to do.
    `ambiguous` says that the text does not tell which of several foreign keys it was, or whether it was one.
    """

    clues: Clues
    headline: str
    answers: tuple[Cause, ...]
    advice: str = ""
    understood: bool = False
    ambiguous: bool = False


@fact
class Changed:
    """What was changed in a foreign key, by its qualified name, and when (`YYYY-MM-DD HH:MM`, UTC).

    `done` is the moment it was finished, to the second in ISO 8601, "" where that is not known. `on_delete` is the
    action that it gave the key, None where it left that as it was.
    """

    key: str
    at: str
    how: str
    done: str = ""
    on_delete: Action | None = None


def with_changes(found: Explanation, changes: Sequence[Changed]) -> Explanation:
    """Give the same with what the journals tell of the foreign keys in it, `changes` being the newest first."""
    answers = []
    for answer in found.answers:
        change = next((each for each in changes if each.key == answer.key.qualified), None)
        if change is None:
            answers.append(answer)
            continue
        since = change.on_delete is answer.key.on_delete
        told = (
            f" Since {change.at} UTC it says ON DELETE {answer.key.on_delete} ({change.how})"
            if since
            else f" On {change.at} UTC something about it was changed ({change.how})"
        )
        told += (
            ": this error is from before."
            if since and answer.outdated
            else "; an older error may have another reason."
        )
        answers.append(replace(answer, message=answer.message + told))
    return replace(found, answers=tuple(answers))


def path_words(path: Sequence[ForeignKey]) -> str:
    """Give a way in words: `organizations → workspaces → users`."""
    return " → ".join([referenced_table(path[0]), *(key.table.shown for key in path)])


def referenced_table(key: ForeignKey) -> str:
    """Name what a key refers to, with the schema where that is another than the key's own."""
    return key.referenced.beside(key.table)
