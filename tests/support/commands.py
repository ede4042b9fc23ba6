"""Runs fkdash as a process, as a shell would."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping


async def fkdash(
    *arguments: str, environment: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal and without the caller's connection settings."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DATABASE_URL"
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "fkdash", *arguments],
        capture_output=True,
        text=True,
        input=typed,
        env={**clean, **(environment or {})},
        check=False,
    )
