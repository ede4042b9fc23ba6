"""The real migration tools, installed once into the cache that the whole CI run shares."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

NODE_PACKAGES = (
    "drizzle-orm@0.45.4", "drizzle-kit@0.31.11", "pg@8.22.0", "typescript@5.9.3", "knex@3.3.0", "typeorm@1.1.1",
    "reflect-metadata@0.2.2", "sequelize@6.37.8", "sequelize-cli@6.6.5", "node-pg-migrate@9.0.0", "dbmate@2.36.0",
)  # fmt: skip
NEXT_DRIZZLE = ("drizzle-orm@1.0.0-rc.5", "drizzle-kit@1.0.0-rc.5", "pg@8.22.0", "typescript@5.9.3")
PRISMA = ("prisma@6.19.3", "@prisma/adapter-pg@6.19.3", "pg@8.22.0")
"""Its engine for migrations is in the package as WebAssembly; the native one is downloaded, which no test does."""
LIQUIBASE = ("liquibase@4.28.0",)
"""The whole distribution, for a Java that is there."""
SUPABASE = ("supabase@3.1.0",)
_WITHOUT_SCRIPTS = frozenset({PRISMA})
PYTHON_PACKAGES = ("alembic==1.20.1", "sqlalchemy==2.1.9", "psycopg[binary]==3.3.9", "django==5.2.19")


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fkdash-ci" / "tools"


def _folder_of(kind: str, packages: tuple[str, ...]) -> Path:
    return _cache_folder() / f"{kind}-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"


@contextmanager
def filling(folder: Path) -> Iterator[bool]:
    """Tell whether a folder is empty and to be filled, to one process at a time: runs of the tests share the cache.

    What was cut off before is begun anew.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / ".complete"
        empty = not complete.exists()
        if empty:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield empty
        complete.touch()


@cache
def node(packages: tuple[str, ...] = NODE_PACKAGES) -> Path:
    """Give the folder `node_modules` with the packages in it."""
    folder = _folder_of("node", packages)
    with filling(folder) as empty:
        if empty:
            (folder / "package.json").write_text('{"private": true}')
            quiet = (
                "--silent",
                "--no-audit",
                "--no-fund",
                *(("--ignore-scripts",) if packages in _WITHOUT_SCRIPTS else ()),
            )
            _run("npm", "install", *quiet, *packages, cwd=folder)
    return folder / "node_modules"


@cache
def python() -> Path:
    """Give the folder `bin` of an environment with the packages in it."""
    folder = _folder_of("python", PYTHON_PACKAGES)
    with filling(folder) as empty:
        if empty:
            venv.create(folder, with_pip=True)
            _run(folder / "bin" / "python", "-m", "pip", "install", "-q", *PYTHON_PACKAGES, cwd=folder)
    return folder / "bin"


@cache
def pgtap() -> Path | None:
    """Give the script that makes pgTAP's functions, None where Debian's package cannot be had."""
    folder = _cache_folder() / "pgtap"
    script = folder / "usr/share/postgresql/15/extension/pgtap.sql"
    if not script.is_file() and shutil.which("apt-get") and shutil.which("dpkg"):
        try:
            with filling(folder) as empty:
                if empty:
                    _run("apt-get", "download", "postgresql-15-pgtap", cwd=folder)
                    _run("dpkg", "-x", *sorted(folder.glob("*.deb")), folder, cwd=folder)
        except RuntimeError:
            return None
    return script if script.is_file() else None


def lacking(packages: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of Debian's packages that are not installed; `.ci/run` installs them."""
    asked = ("dpkg-query", "--show", "--showformat", "${db:Status-Status}")
    if shutil.which(asked[0]) is None:
        return packages
    return tuple(
        each
        for each in packages
        if subprocess.run([*asked, each], capture_output=True, text=True, check=False).stdout != "installed"
    )


def missing(programs: tuple[str, ...], packages: tuple[str, ...]) -> tuple[str, ...]:
    """Give what a test needs and the machine has not: programs, packages of Debian."""
    return tuple(each for each in programs if shutil.which(each) is None) + lacking(packages)


def _run(*words: str | Path, cwd: Path) -> None:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise RuntimeError(f"{words[0]} failed in {cwd}")
