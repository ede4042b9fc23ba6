"""The way a delete takes, for people: what happens on each branch in words, and all of it as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.counted import counted
from fkdash.db.text import plain
from fkdash.pictures.picture import TEXT_CELLS, Pen, text_of
from fkdash.pictures.relations import ROLES
from fkdash.pictures.tree import Node, tree
from fkdash.report.names import shown_name
from fkdash.report.preview.delete import effect_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fkdash.preview.tree import Branch

_MOST_BRANCHES = 40


def outcome(branch: Branch) -> str:
    """Give what happens on a branch in a few words."""
    if branch.blockers:
        return "; ".join(f"BLOCKS {counted(each.rows, 'rows')}, {each.sqlstate}" for each in branch.blockers)
    return effect_words(branch.effect) if branch.effect is not None else "as above"


def way_text(branches: Sequence[Branch], pen: Pen) -> Iterator[str]:
    """Give the section with the tree, a line each; none where the delete touches nothing else.

    At most 40 branches, those that stop it first, and how many more there are.
    """
    if len(branches) < 2:  # noqa: PLR2004 - the target and what it leads to
        return
    yield ""
    yield "The way it takes"
    shown = tree([_node(branch) for branch in branches[:_MOST_BRANCHES]], TEXT_CELLS - 3, pen)
    yield from (f"   {line}" for line in text_of(shown).split("\n"))
    if len(branches) > _MOST_BRANCHES:
        yield f"   {counted(len(branches) - _MOST_BRANCHES, 'more branches')}"


def _node(branch: Branch) -> Node:
    action = branch.key.on_delete.value if branch.key is not None else ""
    return Node(
        branch.depth,
        plain(shown_name(branch.table)),
        action,
        outcome(branch),
        role=ROLES.get(action, "plain"),
        stops=bool(branch.blockers),
    )
