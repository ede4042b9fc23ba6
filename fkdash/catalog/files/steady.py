"""Whether what an index or a generated column is made of may change by itself, as far as types tell.

PostgreSQL asks for functions that are IMMUTABLE. Of many the type of an argument decides: `date_trunc` of a
timestamp is, of a timestamptz it hangs on the session's time zone. Types are worked out of columns, casts, AT TIME
ZONE, COALESCE and `->>` alone; where these are not enough, it is said to be unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import TypeRef
from fkdash.catalog.files.reading.spans import bare, closing, is_at, outermost
from fkdash.catalog.files.reading.tokens import NUMBER, QUOTED, SIGN, STRING, WORD, cut_name
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.types import TEXTS, base_of, type_written
from fkdash.sqlstates import INVALID_OBJECT_DEFINITION
from fkdash.versions import INTERVALS_HAVE_STYLES, STEADY_WITH_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fkdash.catalog.files.reading.tokens import Token

_MOMENT: Final = "timestamptz"
_BY_MOMENT: Final = {"date_trunc": 1, "date_part": 1, "date": 0}
"""Functions that are steady but of a timestamptz, with the argument that decides."""
_BY_COUNT: Final = {"to_tsvector": 1, "to_tsquery": 1, "plainto_tsquery": 1, "phraseto_tsquery": 1,
                    "websearch_to_tsquery": 1, "age": 1, "to_timestamp": 2}  # fmt: skip
"""Functions that change by themselves with so many arguments: a configuration, or a moment, is missing then."""
_WITH_ZONE: Final = 2
_CASTS: Final = {
    "timestamptz": frozenset({"date", "time", "timetz", "timestamp"}),
    "timestamp": frozenset({"timestamptz"}),
    "date": frozenset({"timestamptz"}),
    "time": frozenset({"timetz"}),
    "money": frozenset({"numeric"}),
    "numeric": frozenset({"money"}),
    "int4": frozenset({"money"}),
    "int8": frozenset({"money"}),
}
_UNSTEADY_AS_TEXT: Final = frozenset(
    {"date", "timestamp", "timestamptz", "money", "regclass", "regtype", "regproc"}
)
_UNSTEADY_OF_TEXT: Final = frozenset(
    {"date", "interval", "money", "time", "timetz", "timestamp", "timestamptz", "xml", "regclass"}
)
_WITHOUT_ZONE: Final = frozenset({"date", "time", "timetz"})
_OTHER_MOMENTS: Final = frozenset({"date", "timestamp"})
_COMPARED: Final = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})
_LOWEST: Final = _COMPARED | {"+", "-", "*", "/", "||", "and", "or"}
_UNKNOWN: Final = ""
_BEFORE: Final = frozenset({"and", "or", "not", "in", "when", "then", "else"})


def want_steady(state: State, tokens: Sequence[Token], types: Mapping[str, TypeRef]) -> None:
    """Raise where an expression over such columns changes by itself, DoubtfulError where that is not known."""
    _Steady(state, tokens, types).want()


class _Steady:
    def __init__(self, state: State, tokens: Sequence[Token], types: Mapping[str, TypeRef]) -> None:
        self.state = state
        self.tokens = tokens
        self.types = types

    def want(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.kind in {WORD, QUOTED} and self._is(at + 1, "("):
                if not self._want_made(at) and not self._is(at - 1, "."):
                    self._want_call(at, token.value)
            elif token.kind == SIGN and token.value == "::":
                self._want_cast(self._before(at), at + 1)
            elif (
                self._is(at, "at") and self._is(at + 1, "time") and self._type(*self._before(at)) in _WITHOUT_ZONE
            ):
                raise RefusedError(INVALID_OBJECT_DEFINITION, "AT TIME ZONE of it hangs on the time zone")
            elif token.kind == SIGN and token.value in _COMPARED | {"+", "-"}:
                self._want_moments(at)

    # --- functions and casts

    def _want_made(self, at: int) -> bool:
        """Raise where a function that a file makes is not said to be IMMUTABLE; tell whether it is one."""
        state, name = self.state, cut_name(self.tokens[at].value)
        qualified = self._is(at - 1, ".") and at > 1
        schema = state.schemas.get(self.tokens[at - 2].value, -1) if qualified else None
        found = [
            each
            for where, each in state.hanging.items()
            if where[0] == "function" and each.name == name and schema in {None, where[1]}
        ]
        if found and all(each.steady == "" for each in found):
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"the function {name} is not IMMUTABLE")
        if found and all(each.steady != "immutable" for each in found):
            # What is in a function of SQL takes its place, if it can.
            raise DoubtfulError(f"whether what the function {name} does is IMMUTABLE is not known")
        return bool(found)

    def _want_call(self, at: int, name: str) -> None:
        begin, end = at + 2, self._closing(at + 1)
        if name == "cast":
            place = next((n for n in range(begin, end) if self._is(n, "as")), end)
            self._want_cast((begin, place), place + 1)
            return
        if name == "extract":
            place = next((n for n in range(begin, end) if self._is(n, "from")), end)
            self._want_of(name, (place + 1, end))
            return
        arguments = self._arguments(begin, end)
        if name in _BY_COUNT and len(arguments) == _BY_COUNT[name]:
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"what {name} gives hangs on settings of the session")
        zoned = name == "date_trunc" and len(arguments) > _WITH_ZONE and self.state.version >= STEADY_WITH_ZONE
        if name in _BY_MOMENT and len(arguments) > _BY_MOMENT[name] and not zoned:
            self._want_of(name, arguments[_BY_MOMENT[name]])

    def _want_of(self, name: str, span: tuple[int, int]) -> None:
        found = self._type(*span)
        if found == _MOMENT or (found == "date" and name == "date_trunc"):
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"what {name} gives here hangs on the time zone")
        if found is None:
            raise DoubtfulError(f"whether what {name} gives here changes by itself is not known")

    def _want_cast(self, span: tuple[int, int], at: int) -> None:
        source, target = self._full(*span), self._said(at)
        if source is None or target is None or target.array or source == target:
            return
        if source.oid:
            kind = self.state.types[source.oid].kind
            unsteady = kind in "ecrm" and target.builtin in TEXTS
        elif source.array:
            unsteady = target.builtin in TEXTS
        else:
            own = source.builtin
            unsteady = target.builtin in _CASTS.get(own, ()) or (
                target.builtin in TEXTS
                and (own in _UNSTEADY_AS_TEXT or own.endswith("range") or (own == "interval" and self._styled()))
            )
            unsteady = unsteady or (own in TEXTS and target.builtin in _UNSTEADY_OF_TEXT)
        if unsteady:
            raise RefusedError(INVALID_OBJECT_DEFINITION, "a cast in it hangs on settings of the session")

    def _styled(self) -> bool:
        return self.state.version >= INTERVALS_HAVE_STYLES

    def _want_moments(self, at: int) -> None:
        """Raise where a timestamptz meets an interval, or what is not of its kind."""
        left, right = self._type(*self._before(at)), self._type(*self._behind(at))
        if self.tokens[at].value in {"+", "-"}:
            unsteady = _MOMENT in {left, right} and not {"interval", *_OTHER_MOMENTS}.isdisjoint({left, right})
        else:
            unsteady = _MOMENT in {left, right} and not _OTHER_MOMENTS.isdisjoint({left, right})
        if unsteady:
            raise RefusedError(INVALID_OBJECT_DEFINITION, f"what is done to a {_MOMENT} hangs on the time zone")

    # --- types

    def _type(self, begin: int, end: int) -> str | None:
        """Give the type of an expression by pg_catalog's name, "" for another one, None where it is not known."""
        found = self._full(begin, end)
        if found is not None:
            return found.builtin if not found.array else _UNKNOWN
        if end - begin == 1 and self.tokens[begin].kind in {STRING, NUMBER}:
            return _UNKNOWN
        return None

    def _full(self, begin: int, end: int) -> TypeRef | None:  # noqa: PLR0911 - one line for each form
        begin, end = bare(self.tokens, begin, end)
        if begin >= end or end > len(self.tokens):
            return None
        if end - begin == 1:
            token = self.tokens[begin]
            type_ref = self.types.get(cut_name(token.value)) if token.kind in {WORD, QUOTED} else None
            return base_of(self.state, type_ref) if type_ref is not None else None
        places = outermost(self.tokens, begin, end)
        if any(self._is(n, each) for n in places for each in _LOWEST):
            return None
        if any(self._is(n, "->>") or self._is(n, "#>>") for n in places):
            return TypeRef("text")
        zone = next((n for n in places if self._is(n, "at") and self._is(n + 1, "time")), None)
        if zone is not None:
            return self._shifted(begin, zone)
        casts = [n for n in places if self._is(n, "::")]
        if casts:
            return self._said(casts[-1] + 1)
        if self.tokens[begin].value in {"date", "timestamp", "timestamptz", "interval", "time"}:
            return self._said(begin) if self.tokens[end - 1].kind == STRING else None
        if self._is(begin, "coalesce") and self._is(begin + 1, "(") and self._closing(begin + 1) == end - 1:
            found = [self._full(*each) for each in self._arguments(begin + 2, end - 1)]
            return next((each for each in found if each is not None), None)
        return None

    def _shifted(self, begin: int, zone: int) -> TypeRef | None:
        shifted = {_MOMENT: "timestamp", "timestamp": _MOMENT}.get(self._type(begin, zone) or "")
        return TypeRef(shifted) if shifted else None

    def _said(self, at: int) -> TypeRef | None:
        """Give the type that is written there."""
        found = type_written(self.state, self.tokens[at:], more=True)
        return base_of(self.state, found) if found is not None else None

    # --- places

    def _is(self, at: int, value: str) -> bool:
        return is_at(self.tokens, at, value)

    def _closing(self, at: int) -> int:
        return closing(self.tokens, at)

    def _arguments(self, begin: int, end: int) -> list[tuple[int, int]]:
        commas = [n for n in outermost(self.tokens, begin, end) if self._is(n, ",")]
        starts = [begin, *(n + 1 for n in commas)]
        return [(start, stop) for start, stop in zip(starts, [*commas, end], strict=True) if start < stop]

    def _before(self, at: int) -> tuple[int, int]:
        """Give the operand that ends before a place: a word, a string, or parentheses with what calls them."""
        begin = at - 1
        if self._is(begin, ")"):
            begin = next((n for n in range(begin, -1, -1) if self._is(n, "(") and self._closing(n) == at - 1), at)
            if begin and self.tokens[begin - 1].kind in {WORD, QUOTED} and not self._stands_before(begin - 1):
                begin -= 1
        elif begin > 0 and self._is(begin - 1, "::"):
            begin = self._before(begin - 1)[0]
        return max(begin, 0), at

    def _stands_before(self, at: int) -> bool:
        return self.tokens[at].kind == WORD and self.tokens[at].value in _BEFORE

    def _behind(self, at: int) -> tuple[int, int]:
        """Give the operand that begins behind a place."""
        end = at + 2
        if self._is(at + 1, "("):
            end = self._closing(at + 1) + 1
        elif self._is(at + 2, "("):
            end = self._closing(at + 2) + 1
        elif at + 2 < len(self.tokens) and self.tokens[at + 2].kind == STRING:
            end = at + 3
        while self._is(end, "::"):
            end += 2
        return at + 1, min(end, len(self.tokens))
