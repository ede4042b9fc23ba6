"""Finds the `.sql` files that stand beside the modules which run them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(package: str, name: str) -> str:
    """Give the text of `name`.sql in the `sql` folder of `package`; raises FileNotFoundError."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
