"""What the pane says of a branch of a delete's way: pure functions over the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.tui.widgets.painting import Line, Part, line
from fkdash.tui.words import rows_of, shown_name

if TYPE_CHECKING:
    from fkdash.preview.model import Preview
    from fkdash.preview.tree import Branch


def rows_in_words(branch: Branch, answer: Preview) -> str:
    """Give what the rows of a branch do or suffer, as the end of a sentence."""
    from fkdash.report.preview.delete import effect_words, limit_word  # loaded when it is wanted

    name = shown_name(branch.table)
    if branch.blockers:
        told = (f"{limit_word(answer)}{rows_of(each.rows, branch.table)}" for each in branch.blockers)
        states = ", ".join(each.sqlstate for each in branch.blockers)
        return f"{' and '.join(told)} in the way ({states})."
    if branch.effect is None:
        return f"the rows of {name} on this way; the table is counted as a whole further up."
    return f"of {name} {effect_words(branch.effect)}, by whatever way; these are the rows on this one."


def branch_lines(branch: Branch | None, answer: Preview) -> list[Line | str]:
    """Give what stops the delete on a branch and by which actions; for the target, what happens to each table."""
    from fkdash.report.preview.delete import effect_words, limit_word  # loaded when it is wanted

    if branch is None:
        return []
    least = limit_word(answer)
    lines: list[Line | str] = []
    for each in branch.blockers:
        reported = "; PostgreSQL reports this one" if each.first and len(answer.blockers) > 1 else ""
        columns = ", ".join(each.columns)
        words = f"{least}{counted(each.rows, 'rows')} of {shown_name(each.table)}, {columns}{reported}"
        lines.append(line(Part(f"ERROR {each.sqlstate} ", "error"), words))
    if branch.key is not None:
        action = f"ON DELETE {branch.key.on_delete}, ON UPDATE {branch.key.on_update}"
        lines.append(f"{branch.key.qualified}: {action}")
    if branch.effect is not None and branch.blockers:
        lines.append(f"If nothing stopped it: {least}{effect_words(branch.effect)}")
    if branch.key is None and answer.effects:
        title = (
            "What happens, by table"
            if not answer.blockers
            else "What would happen if nothing stopped it, by table"
        )
        lines.append(line(Part(title, "strong")))
        lines += [f"  {shown_name(effect.table)}: {least}{effect_words(effect)}" for effect in answer.effects]
    return lines


def note_lines(answer: Preview) -> list[Line | str]:
    """Give the notes, and the tables that wait for consent to be read."""
    from fkdash.report.preview.delete import scan_words  # loaded when it is wanted

    notes = [line(Part("Note ", "warning"), note) for note in answer.notes]
    return [
        *notes,
        *not_run_lines(answer),
        *(line(Part("A reads it ", "warning"), scan_words(scan)) for scan in answer.scans),
    ]


def not_run_lines(answer: Preview) -> list[Line | str]:
    """Say of each piece of other roles' code that was not run where it stands, and which key accepts it."""
    return [
        line(Part("O accepts " if each.accept else "Not run ", "warning"), f"{each.words}: {each.reason}")
        for each in answer.not_run
    ]
