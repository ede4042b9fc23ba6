"""What looking did not run of other roles' code, for people and for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fkdash.errors import NotRun


def not_run_field(not_run: Sequence[NotRun]) -> dict[str, Any]:
    """Give the field of a document, nothing where everything was run."""
    return {"not_run": [asdict(each) for each in not_run]} if not_run else {}


def not_run_lines(not_run: Sequence[NotRun]) -> Iterable[str]:
    """Give a line for each, and how the operator accepts that it is run."""
    for each in not_run:
        accepted = f"; if you trust the owner: {each.accept}" if each.accept else ""
        yield f"not run: {each.words}, {each.reason}{accepted}"
