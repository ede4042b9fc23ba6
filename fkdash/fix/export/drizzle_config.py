"""What `drizzle.config.*` says of a folder of migrations, as far as it stands there in plain constants."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from fkdash.fact import fact
from fkdash.fix.export.folder import above, folders, names, read
from fkdash.fix.export.model import UnfitFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME: Final = re.compile(
    r"drizzle(?:[.-][\w.-]+)?\.config\.(?:ts|mts|cts|js|mjs|cjs|json)|drizzle\.config\.[\w.]+"
)
_MOST_FOLDERS: Final = 2_000
_BOOK: Final = "__drizzle_migrations"
_SCHEMA: Final = "drizzle"
_STRING: Final = r"""(?:"([^"\n]*)"|'([^'\n]*)'|`([^`$\n]*)`)"""
_COMMENTS: Final = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)|/\*.*?\*/|//[^\n]*""", re.DOTALL
)


@fact
class Config:
    """Where the schema is, as written, and where the migrator keeps its book; `path` is None for none.

    `base` is the folder that its paths start from: drizzle-kit takes the one that it is run in.
    """

    path: Path | None = None
    base: Path | None = None
    casing: str = ""
    schemas: tuple[str, ...] = ()
    migrations_table: str = _BOOK
    migrations_schema: str = _SCHEMA


def of(out: Path) -> Config:
    """Give what the configuration says whose `out` is this folder; the defaults where none does."""
    upwards = list(above(out))
    home = next((each for each in upwards if (each / "package.json").is_file()), None)
    # Without a package nothing says where the project ends.
    below = folders(home) if home is not None else ()
    for folder in dict.fromkeys(chain(upwards, islice(below, _MOST_FOLDERS))):
        for path, text in _in(folder):
            base = next((each for each in above(folder) if _leads_to(text, each, out)), None)
            if base is not None:
                return _config(path, text, base)
    return Config()


def _in(folder: Path) -> Iterator[tuple[Path, str]]:
    for name in names(folder):
        if _NAME.fullmatch(name):
            try:
                text = read(folder / name).text
            except UnfitFolderError:
                continue
            yield folder / name, _COMMENTS.sub(lambda match: match[1] or " ", text)


def _leads_to(text: str, base: Path, out: Path) -> bool:
    return (base / (_value(text, "out") or "./drizzle")).resolve() == out.resolve()


def _config(path: Path, text: str, base: Path) -> Config:
    book = re.search(r"""["']?\bmigrations["']?\s*:\s*\{([^}]*)\}""", text)
    inside = book[1] if book else ""
    return Config(
        path=path,
        base=base,
        casing=_value(text, "casing"),
        schemas=_values(text, "schema", outside=book),
        migrations_table=_value(inside, "table") or _BOOK,
        migrations_schema=_value(inside, "schema") or _SCHEMA,
    )


def _value(text: str, name: str) -> str:
    found = re.search(rf"""["']?\b{name}["']?\s*:\s*{_STRING}""", text)
    return next((each for each in found.groups() if each is not None), "") if found else ""


def _values(text: str, name: str, *, outside: re.Match[str] | None) -> tuple[str, ...]:
    if outside is not None:
        text = text[: outside.start()] + text[outside.end() :]
    single = _value(text, name)
    if single:
        return (single,)
    listed = re.search(rf"""["']?\b{name}["']?\s*:\s*\[([^\]]*)\]""", text)
    if not listed:
        return ()
    return tuple(next(each for each in found if each) for found in re.findall(_STRING, listed[1]) if any(found))
