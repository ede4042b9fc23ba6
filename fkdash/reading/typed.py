"""Turns what a parser gives into dataclasses, and collects every mistake instead of stopping at the first.

msgspec judges each single value strictly (`"false"` is no truth value, 5 is no text); the way through tables and
lists is our own, so that each mistake has its path of keys. A key that nobody knows is no mistake: a newer file
must not stop an older fkdash.
"""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fkdash.reading.lines import Path

_T = TypeVar("_T")
_WORDS: Final = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "date": "a date",
}
_EXPECTED: Final = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


@fact
class Remark:
    """A mistake, or an unknown key, at a path of keys. It never repeats a value, which may be a password."""

    path: Path
    what: str

    def words(self, line: int | None) -> str:
        """Give it as `line 3: profiles.prod.dsn is a whole number, it must be text`."""
        where = f"line {line}: " if line is not None else ""
        return f"{where}{dotted(self.path)} {self.what}" if self.path else f"{where}it {self.what}"


@dataclass(slots=True)
class Found:
    """What was wrong with a document, and the keys that nobody knows."""

    mistakes: list[Remark] = field(default_factory=list)
    unknown: list[Remark] = field(default_factory=list)


def typed(document: object, wanted: type[_T], found: Found, path: Path = ()) -> _T | None:
    """Give a parsed document as the dataclass `wanted`; None where `found` gets any mistake.

    A field's name is its key, or what its metadata calls "key".
    """
    before = len(found.mistakes)
    value = _value(document, wanted, path, found)
    return value if len(found.mistakes) == before else None


def dotted(path: Path) -> str:
    """Give a path as TOML writes it: `profiles."my db".dsn`; an entry of a list by its number from 1."""
    said = ""
    for key in path:
        if isinstance(key, int):
            said += f"[{key + 1}]"
        else:
            bare = key if _BARE.fullmatch(key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
            said += f".{bare}" if said else bare
    return said


def _value(value: object, wanted: Any, path: Path, found: Found) -> Any:  # noqa: ANN401 - any type, any value
    origin, arguments = get_origin(wanted), get_args(wanted)
    if is_dataclass(wanted):
        return _table(value, wanted, path, found)
    if origin in {Union, types.UnionType} and type(None) in arguments:
        return None if value is None else _value(value, _without_none(arguments), path, found)
    if origin is dict and isinstance(value, dict):
        return {key: _value(each, arguments[1], (*path, key), found) for key, each in value.items()}
    if origin in {list, tuple} and isinstance(value, list) and (origin is list or arguments[-1] is ...):
        entries = (_value(each, arguments[0], (*path, number), found) for number, each in enumerate(value))
        return origin(entries)
    return _leaf(value, wanted, path, found)


def _table(value: object, wanted: Any, path: Path, found: Found) -> Any:  # noqa: ANN401 - any dataclass
    if not isinstance(value, dict):
        found.mistakes.append(Remark(path, f"is {_kind(value)}, it must be a table"))
        return None
    hints = _hints(wanted)
    known = {each.metadata.get("key", each.name): each for each in fields(wanted)}
    given: dict[str, object] = {}
    for key, each in value.items():
        if key in known:
            given[known[key].name] = _value(each, hints[known[key].name], (*path, key), found)
        else:
            found.unknown.append(Remark((*path, key), f"is not known{_nearest(key, known)}"))
    missing = [key for key, each in known.items() if _required(each) and each.name not in given]
    found.mistakes += [Remark((*path, key), "is missing") for key in missing]
    return None if missing or any(each.path[: len(path)] == path for each in found.mistakes) else wanted(**given)


def _leaf(value: object, wanted: Any, path: Path, found: Found) -> Any:  # noqa: ANN401 - any type
    import msgspec  # most operators have no file to read, and the first frame would wait for it

    if _holds_no_text(value):
        found.mistakes.append(Remark(path, "holds a character that no text of a database can hold"))
        return None
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        found.mistakes.append(Remark(path, _in_words(str(error), value, wanted)))
    except (TypeError, RecursionError, OverflowError):
        found.mistakes.append(Remark(path, f"is {_kind(value)}, which cannot stand here"))
    return None


def _holds_no_text(value: object) -> bool:
    """Say whether there is such a text in it; what a pair or a table's name has is one value here."""
    if isinstance(value, list):
        return any(_holds_no_text(each) for each in value)
    return isinstance(value, str) and _NO_TEXT.search(value) is not None


def _in_words(said: str, value: object, wanted: Any) -> str:  # noqa: ANN401 - any type
    match = _EXPECTED.search(said)
    if match is not None:
        expected = " or ".join(_WORDS.get(each.strip(), each) for each in match[1].split("|"))
        return f"is {_kind(value)}, it must be {expected}"
    members = getattr(wanted, "__members__", None)
    if members is not None:
        known = [str(each.value) for each in members.values()]
        return f"cannot be that{_nearest(str(value), known) or ': it is one of ' + ', '.join(known)}"
    if wanted is date:
        return f"is {_kind(value)} that is no date, write it as 2027-05-31"
    return f"cannot be that: {said[:1].lower()}{said[1:]}"


def _kind(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
        (dict, "a table"),
        (type(None), "nothing"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "a date or a time")


def _nearest(word: str, known: Mapping[str, object] | list[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def _required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _without_none(arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any type
    return Union[tuple(each for each in arguments if each is not type(None))]  # noqa: UP007 - of a tuple


@cache
def _hints(wanted: Callable[..., object]) -> dict[str, Any]:
    return get_type_hints(wanted, include_extras=True)
