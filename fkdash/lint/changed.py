"""Which files git says are new or changed since a revision."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from fkdash.errors import UsageError

if TYPE_CHECKING:
    from fkdash.lint.sources import Sources


def changed_files(revision: str, sources: Sources) -> frozenset[str]:
    """Give the labels of the sources that are new or changed since `revision`, untracked ones among them.

    Raises UsageError outside of a git repository and for a revision that it does not know.
    """
    if revision.startswith("-"):
        raise UsageError(f"{revision} is no revision.", next_step="Name a branch, a tag or a commit.")
    found: set[Path] = set()
    for folder in {file.path.resolve().parent for file in sources.files}:
        top = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
        _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", about=revision)
        listed = _git(folder, "diff", "--name-only", "-z", "--diff-filter=ACMR", revision, "--", about=revision)
        untracked = _git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ".")
        found |= {(top / name).resolve() for name in (listed + untracked).split("\0") if name}
    return frozenset(file.label for file in sources.files if file.path.resolve() in found)


def _git(folder: Path, *arguments: str, about: str = "") -> str:
    try:
        ended = subprocess.run(  # noqa: S603 - arguments of ours
            ("git", "-C", str(folder), *arguments),  # noqa: S607 - the operator's git
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError("git cannot be run.", next_step="--changed-since needs it.") from error
    if ended.returncode:
        if about:
            raise UsageError(f"git knows no revision {about}.", next_step="Fetch it first, or name another.")
        raise UsageError(f"{folder} is not in a git repository.", next_step="--changed-since needs one.")
    return ended.stdout
