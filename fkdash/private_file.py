"""Files in the state folder that only their owner may read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path


def write_private(prefix: str, suffix: str, text: str) -> Path:
    """Write `text` to a new file, mode 0600, in fkdash's state folder and give its path; raises OSError."""
    import platformdirs  # noqa: PLC0415 - not before the first frame

    folder = Path(platformdirs.user_state_dir("fkdash", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    path = folder / f"{prefix}-{moment}{suffix}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
