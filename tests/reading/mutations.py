"""Documents and words that nobody meant: valid ones with something in them replaced, torn out or repeated."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

Json = Any
_DEEP: Json = "x"
for _ in range(200):
    _DEEP = [_DEEP]
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, -1, 1.5, 10**30, 2**63, 1e308, "", "x", "\0", "\x1b[2J\n", "\ud800", "x" * 5000, "(" * 2000, [], {}, [[]], [1],
     {"": 1}, {"kind": "plan"}, _DEEP, "9" * 5000, "select 1; select 2", "' or 1=1 --", "2020-13-45", ["a", "b", "c"], {"sql": 5}]
)  # fmt: skip
_DEEPEST = 8
TORN = st.sampled_from([b"", b"\x00", b"\xff\xfe", b"{", b"}", b"[" * 5000, b'"', b"\n", b"\r\n", b"=", b"'''", b"nan", b"1e999", b"9" * 5000, b"\xc3", b"#"])  # fmt: skip


def _places(document: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if len(path) > _DEEPEST:
        return []
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path, *(place for key, value in list(inside) for place in _places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, document: Json) -> Json:
    """Give a JSON document with one to three places replaced by junk, removed, or given a neighbour's value."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_places(found)))
        if not place:
            return copy.deepcopy(draw(JUNK))
        inside = found
        for key in place[:-1]:
            inside = inside[key]
        match draw(st.sampled_from(("junk", "remove", "other"))):
            case "junk":
                inside[place[-1]] = copy.deepcopy(draw(JUNK))
            case "remove":
                del inside[place[-1]]
            case "other":
                key = draw(st.sampled_from([*inside] if isinstance(inside, dict) else [*range(len(inside))]))
                inside[place[-1]] = copy.deepcopy(inside[key])
    return found


@st.composite
def torn(draw: st.DrawFn, text: bytes) -> bytes:
    """Give bytes with a piece cut out, put in or repeated, or cut off."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    match draw(st.sampled_from(("out", "in", "instead", "off", "twice"))):
        case "out":
            return text[:start] + text[end:]
        case "in":
            return text[:start] + draw(TORN) + text[start:]
        case "instead":
            return text[:start] + draw(TORN) + text[end:]
        case "off":
            return text[:start]
        case _:
            return text[:end] + text[start:]


def files(document: Json, *, lines: bool = False) -> st.SearchStrategy[bytes]:
    """Give what may stand in a file in the place of a JSON document, or of a document for each line."""
    if lines:
        whole = "".join(json.dumps(each) + "\n" for each in document).encode()
        some = st.integers(0, len(document) - 1).flatmap(
            lambda number: mutated(document[number]).map(
                lambda line: "".join(
                    json.dumps(each) + "\n" for each in [*document[:number], line, *document[number + 1 :]]
                ).encode()
            )
        )
        return some | torn(whole)
    return mutated(document).map(lambda found: json.dumps(found, indent=1).encode()) | torn(
        json.dumps(document, indent=1).encode()
    )
