"""What the methods of indexes can do, of those that PostgreSQL has itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.known_extensions import may_bring_classes
from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.types import base_of, default_class
from fkdash.sqlstates import FEATURE_NOT_SUPPORTED, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Attribute
    from fkdash.catalog.files.reading.nodes import CreateIndex, Name

_METHODS: Final = frozenset({"btree", "hash", "gin", "gist", "spgist", "brin"})
_UNORDERED: Final = frozenset({"json", "point", "xml", "box"})
_ONE_COLUMN: Final = frozenset({"hash", "spgist"})
_WITH_MORE: Final = frozenset({"btree", "gist", "spgist"})


def want_method(state: State, said: CreateIndex) -> None:
    """Raise RefusedError where the method of an index is none, or cannot do what is asked for."""
    if said.method == "rtree":
        return  # what GiST was called once
    if said.method not in _METHODS:
        if not may_bring_classes(state.extensions):
            raise RefusedError(UNDEFINED_OBJECT, f"there is no method {said.method} for indexes")
        return
    refused = ""
    if said.unique and said.method != "btree":
        refused = "no unique indexes"
    elif len(said.parts) > 1 and said.method in _ONE_COLUMN:
        refused = "no indexes of several columns"
    elif said.include and said.method not in _WITH_MORE:
        refused = "no columns that are only included"
    if refused:
        raise RefusedError(FEATURE_NOT_SUPPORTED, f"{said.method} has {refused}")


def class_of(state: State, said: Name, column: Attribute | None, method: str) -> str:
    """Give the operator class of an index's column, "" where it is not known; raises RefusedError for none."""
    if said:
        return f"{said[-2] if len(said) > 1 else 'pg_catalog'}.{said[-1]}" if _built_in(said) else ""
    if column is None:
        return ""
    found = default_class(state, column.type, method)
    if not found:
        _want_class(state, column, method)
    if not found and method == "btree" and base_of(state, column.type).builtin in _UNORDERED:
        raise RefusedError(UNDEFINED_OBJECT, f"the type of {column.name} has no operator class for {method}")
    return found


def _built_in(said: Name) -> bool:
    return len(said) > 1 or said[-1].endswith("_ops")


def _want_class(state: State, column: Attribute, method: str) -> None:
    """Raise RefusedError where a type of PostgreSQL's own has no operator class for gin or gist by itself."""
    base = base_of(state, column.type)
    known = bool(base.builtin) and not may_bring_classes(state.extensions)
    if known and method in {"gin", "gist"} and (method == "gist" or not base.array):
        raise RefusedError(UNDEFINED_OBJECT, f"the type of {column.name} has no operator class for {method}")
