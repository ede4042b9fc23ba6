"""The one of several Drizzle folders that has the foreign key; for 0.x and 1.x."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fkdash.fix.export.folder import only_one
from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_Fitting = TypeVar("_Fitting")


def only_fitting(
    candidates: Iterable[Path], checked: Callable[[Path], _Fitting], tool: str, folder: Path, *, sign: str
) -> _Fitting:
    """Give what `checked` makes of the one candidate that it does not refuse.

    Raises UnfitFolderError for none, with the reasons of those that were refused, and for several.
    """
    fitting: dict[Path, _Fitting] = {}
    reasons: list[UnfitFolderError] = []
    for each in candidates:
        try:
            fitting[each] = checked(each)
        except UnfitFolderError as error:
            reasons.append(error)
    if not fitting and len(reasons) == 1:
        raise reasons[0]
    if not fitting and reasons:
        raise UnfitFolderError(
            f"None of the {len(reasons)} Drizzle folders in {folder} fits.",
            next_step="\n".join(error.what for error in reasons),
        )
    return fitting[only_one(fitting, tool, folder, sign=sign)]
