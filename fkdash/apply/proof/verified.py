"""One check of what a change has promised."""

from __future__ import annotations

from fkdash.fact import fact


@fact
class Verified:
    """One check and how it ended; `ok` is None where it could not be made, `detail` then says why.

    `role` is the one with whose rights something was tried for it, "" where nothing was. `hindrance` names what
    still stops what was promised, although this key does not.
    """

    check: str
    ok: bool | None
    detail: str = ""
    role: str = ""
    hindrance: str = ""
