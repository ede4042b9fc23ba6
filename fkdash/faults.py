"""A fault of fkdash itself: the details go into a private file, the operator gets a sentence."""

from __future__ import annotations

import traceback

from fkdash.errors import reason_of
from fkdash.masking import masked
from fkdash.private_file import write_private

CRASHED = 70
"""The exit status after a fault in fkdash itself: EX_SOFTWARE of sysexits.h."""


def details_of(fault: BaseException | None) -> str:
    """Write the details of a fault into a private file and say in a sentence what it was and where they are."""
    details = (
        masked("".join(traceback.format_exception(fault))) if fault else "The input of the terminal failed.\n"
    )
    try:
        where = f"The details are in {write_private('crash', '.log', details)}"
    except OSError as error:
        where = f"The details could not be written ({reason_of(error)})"
    kind = type(fault).__name__ if fault else "an input fault"
    return f"fkdash stopped because of a fault of its own ({kind}). {where}"


def account_of(fault: BaseException | None) -> str:
    """Write the details of a fault into a file and give the words for the operator; None: the input failed."""
    return (
        f"{details_of(fault)};\n"
        "please report it with that file. No change was under way unless `fkdash fix history` lists one."
    )
