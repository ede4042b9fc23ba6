"""Strings that stand for a value of a type: which of them PostgreSQL cannot read as one.

Only what is certain is refused: nothing is said of moments, of types of extensions, and of lengths.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.state import RefusedError, State
from fkdash.catalog.files.types import base_of
from fkdash.sqlstates import (
    INVALID_TEXT_REPRESENTATION,
    NUMERIC_VALUE_OUT_OF_RANGE,
    UNSAFE_NEW_ENUM_VALUE_USAGE,
)

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import TypeRef

_WHOLE: Final = re.compile(r"\s*[+-]?\d+\s*")
_OTHER_BASE: Final = re.compile(r"\s*[+-]?0[xob]|_", re.IGNORECASE)
_BITS: Final = {"int2": 15, "int4": 31, "int8": 63}
_NUMBER: Final = re.compile(
    r"\s*[+-]?(?:(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?|nan|inf(?:inity)?|0[xob][\da-f_]+)\s*",
    re.IGNORECASE,
)
_NUMBERS: Final = frozenset({"numeric", "float4", "float8"})
_TRUTHS: Final = ("true", "false", "yes", "no", "on", "off", "1", "0")
_UUID: Final = re.compile(r"\{?(?:[0-9a-f]{4}-?){8}\}?", re.IGNORECASE)


def want_literal(state: State, text: str, type_ref: TypeRef) -> None:
    """Raise RefusedError where a string is no value of a type."""
    base = base_of(state, type_ref)
    if base.array:
        fits = text.lstrip()[:1] in {"{", "["}
    elif base.oid:
        labels = state.types[base.oid].labels  # none where the models do not tell them
        fits = not labels or text in labels
        if fits and (base.oid, text) in state.fresh_labels:
            raise RefusedError(UNSAFE_NEW_ENUM_VALUE_USAGE, f"the new value {text} has to be committed first")
    else:
        fits = _fits(text, base.builtin)
    if not fits:
        raise RefusedError(INVALID_TEXT_REPRESENTATION, f"'{text}' is no value of the type")


def _fits(text: str, builtin: str) -> bool:
    if builtin in _BITS:
        whole = _WHOLE.fullmatch(text)
        if whole is not None and not -(2 ** _BITS[builtin]) <= int(text) < 2 ** _BITS[builtin]:
            raise RefusedError(NUMERIC_VALUE_OUT_OF_RANGE, f"'{text}' is out of range")
        return whole is not None or _OTHER_BASE.search(text) is not None
    if builtin in _NUMBERS:
        return _NUMBER.fullmatch(text) is not None
    if builtin == "bool":
        said = text.strip().lower()
        return bool(said) and any(each.startswith(said) for each in _TRUTHS if said != "o")
    if builtin == "uuid":
        return _UUID.fullmatch(text) is not None
    return builtin not in {"json", "jsonb"} or _is_json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def _no_constant(said: str) -> float:
    raise ValueError(said)
