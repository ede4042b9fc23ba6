"""Which type a word means, how format_type spells it, and which operator class and comparison go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.facts import TypeRef
from fkdash.catalog.files.identifiers import identifier
from fkdash.catalog.files.known_extensions import unknown
from fkdash.catalog.files.reading.tokens import Cursor, NotReadError
from fkdash.catalog.files.reading.types import type_said
from fkdash.catalog.files.state import TEMPORARY, DoubtfulError, RefusedError, State
from fkdash.sqlstates import DATATYPE_MISMATCH, INVALID_TABLE_DEFINITION, UNDEFINED_OBJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.facts import Relation, TypeFact
    from fkdash.catalog.files.reading.nodes import TypeSaid
    from fkdash.catalog.files.reading.tokens import Token

_SPELLED: Final = {
    "bool": "boolean",
    "bpchar": "character",
    "varchar": "character varying",
    "varbit": "bit varying",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "char": '"char"',
}
_RANGES: Final = ("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange")
_MULTIRANGES: Final = tuple(each.replace("range", "multirange") for each in _RANGES)

BTREE: Final = {
    "int2": "int2_ops", "int4": "int4_ops", "int8": "int8_ops", "numeric": "numeric_ops", "float4": "float4_ops",
    "float8": "float8_ops", "text": "text_ops", "varchar": "text_ops", "bpchar": "bpchar_ops", "name": "name_ops",
    "char": "char_ops", "bytea": "bytea_ops", "bool": "bool_ops", "date": "date_ops", "time": "time_ops",
    "timetz": "timetz_ops", "timestamp": "timestamp_ops", "timestamptz": "timestamptz_ops",
    "interval": "interval_ops", "uuid": "uuid_ops", "inet": "inet_ops", "cidr": "inet_ops",
    "macaddr": "macaddr_ops",
    "macaddr8": "macaddr8_ops", "bit": "bit_ops", "varbit": "varbit_ops", "oid": "oid_ops", "money": "money_ops",
    "jsonb": "jsonb_ops", "tsvector": "tsvector_ops", "tsquery": "tsquery_ops", "pg_lsn": "pg_lsn_ops",
    "xid8": "xid8_ops", "tid": "tid_ops", "oidvector": "oidvector_ops", "regclass": "oid_ops",
    "regproc": "oid_ops",
    "regtype": "oid_ops", "regrole": "oid_ops", "regnamespace": "oid_ops",
    **dict.fromkeys(_RANGES, "range_ops"), **dict.fromkeys(_MULTIRANGES, "multirange_ops"),
}  # fmt: skip
"""The default operator classes for btree, by pg_catalog's name of the type."""

_OTHERS: Final = {
    "json", "jsonpath", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "txid_snapshot",
    "pg_snapshot", "xid", "cid", "int2vector", "refcursor", "aclitem", "pg_node_tree", "regprocedure", "regoper",
    "regoperator", "regconfig", "regdictionary", "regcollation", "gtsvector", "record", "unknown", "cstring",
}  # fmt: skip
BUILT_IN: Final = frozenset(BTREE) | _OTHERS
SERIAL: Final = {
    "serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2",
    "serial2": "int2",
}  # fmt: skip
"""What the serial types stand for."""

_HASH: Final = {"cidr": "inet_ops", "varchar": "text_ops", "money": "", "bit": "", "varbit": ""}
_GIN: Final = {"jsonb": "jsonb_ops", "tsvector": "tsvector_ops"}
_GIST: Final = {
    "point": "point_ops", "box": "box_ops", "polygon": "poly_ops", "circle": "circle_ops",
    "tsvector": "tsvector_ops",
    "tsquery": "tsquery_ops", **dict.fromkeys(_RANGES, "range_ops"),
    **dict.fromkeys(_MULTIRANGES, "multirange_ops"),
}  # fmt: skip

_NUMBERS: Final = {name: rank for rank, name in enumerate(("int2", "int4", "int8", "numeric", "float4", "float8"))}
TEXTS: Final = frozenset({"text", "varchar", "bpchar", "name"})
_WITHOUT_COLLATION: Final = BUILT_IN - TEXTS - {"pg_node_tree", "unknown", "record", "cstring"}
FROM_NUMBER: Final = (
    TEXTS
    | frozenset(_NUMBERS)
    | {"money", "oid", *(each for each in (*BTREE, *_OTHERS) if each.startswith("reg"))}
)
"""What a number can become by itself when it is stored."""

_MOMENTS: Final = {"date": 0, "timestamp": 1, "timestamptz": 2}
_ALIKE: Final = ({"inet", "cidr"}, {"bit", "varbit"}, {"oid", "regclass", "regtype", "regproc", "regrole", "int4"})


def type_of(state: State, said: TypeSaid) -> TypeRef:
    """Give the type that is meant; raises RefusedError for one that does not exist, DoubtfulError where unsure."""
    name = said.name
    built_in = name[-1] if len(name) == 1 or name[-2] == "pg_catalog" else ""
    if len(name) == 1 and _hidden(state, name[0]):
        raise DoubtfulError(f"whether the type {name[0]} is PostgreSQL's own or one of that name is not known")
    if built_in and (len(name) > 1 or not said.quoted or built_in != "char") and built_in in BUILT_IN:
        return TypeRef(built_in, 0, _modifier(built_in, said.modifier), said.array)
    if built_in == "char" and said.quoted:
        return TypeRef("char", array=said.array)
    if built_in.startswith("_") and built_in[1:] in BUILT_IN:
        return TypeRef(built_in[1:], array=True)
    found = state.find_type(name)
    if found is not None:
        return TypeRef("", found.oid, said.modifier, said.array)
    return TypeRef("", _of_extension(state, said).oid, said.modifier, said.array)


def type_written(state: State, tokens: Sequence[Token], *, more: bool = False) -> TypeRef | None:
    """Give the type that stands there, None where it is none that is known; `more` may stand behind it."""
    cursor = Cursor("", tokens)
    try:
        said = type_said(cursor)
        return type_of(state, said) if more or cursor.done else None
    except (NotReadError, RefusedError, DoubtfulError):
        return None


def want_collatable(said: TypeRef) -> None:
    """Raise RefusedError for a type of PostgreSQL's own that surely has no collation."""
    if said.builtin in _WITHOUT_COLLATION:
        raise RefusedError(DATATYPE_MISMATCH, f"{said.builtin} has no collations")


def _hidden(state: State, name: str) -> bool:
    """Tell whether a type of this name, or a table, is found before those of pg_catalog."""
    before = state.path.index("pg_catalog") if "pg_catalog" in state.path else 0
    first = [state.schemas[each] for each in (TEMPORARY, *state.path[:before]) if each in state.schemas]
    return any((each, name) in state.type_names or (each, name) in state.relation_names for each in first)


def _modifier(name: str, said: str) -> str:
    if name == "numeric" and said and "," not in said:
        return f"{said},0"
    return said


def _of_extension(state: State, said: TypeSaid) -> TypeFact:
    """Give a type that only an extension can have brought, which one is not known."""
    from fkdash.catalog.files.facts import TypeFact

    relation = state.find(said.name)
    if relation is not None and relation.kind in "rpvmf":
        schema, name, kind = relation.schema, relation.name, "c"
    else:
        strangers = [*unknown(state.extensions)]
        if not strangers:
            state.want_schema_of(said.name)
            raise RefusedError(UNDEFINED_OBJECT, f"there is no type {'.'.join(said.name)}")
        schema, name, kind = state.extensions[strangers[-1]], said.name[-1], "x"
        if len(said.name) > 1:
            schema = state.schema(said.name[-2])
    made = TypeFact(state.new_oid(), schema, name, kind, made=state.statement)
    state.put(state.types, made.oid, made)
    if kind == "x":
        state.put(state.type_names, (schema, name), made.oid)
    return made


def want_no_member(state: State, type_ref: TypeRef, relation: Relation) -> None:
    """Raise RefusedError where a type has rows of a relation in it, of which it is to be a column."""
    if not type_ref.oid:
        return
    type_fact = state.types[type_ref.oid]
    if type_fact.base is not None:
        want_no_member(state, type_fact.base, relation)
    oid = state.relation_names.get((type_fact.schema, type_fact.name)) if type_fact.kind == "c" else None
    if oid == relation.oid:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{relation.name} cannot be a member of itself")
    for column in state.relations[oid].columns if oid is not None else ():
        want_no_member(state, column.type, relation)


def spelled(state: State, type_ref: TypeRef) -> str:
    """Give format_type's spelling with nothing but pg_catalog in the search path."""
    brackets = "[]" if type_ref.array else ""
    if type_ref.builtin:
        return _spelled_built_in(type_ref) + brackets
    type_fact = state.types[type_ref.oid]
    modifier = f"({type_ref.modifier})" if type_ref.modifier else ""
    return f"{identifier(state.schema_name(type_fact.schema))}.{identifier(type_fact.name)}{modifier}{brackets}"


def _spelled_built_in(type_ref: TypeRef) -> str:
    name, modifier = type_ref.builtin, type_ref.modifier
    if name == "bpchar" and not modifier:
        return "bpchar"
    words = _SPELLED.get(name, name)
    if not modifier:
        return words
    if name == "interval":
        return f"interval{modifier}"
    first, space, rest = words.partition(" ")
    if name in {"time", "timetz", "timestamp", "timestamptz"}:
        return f"{first}({modifier}){space}{rest}"
    return f"{words}({modifier})"


def base_of(state: State, type_ref: TypeRef) -> TypeRef:
    """Give what is left of a type below its domains."""
    while type_ref.oid and not type_ref.array:
        type_fact = state.types[type_ref.oid]
        if type_fact.kind != "d" or type_fact.base is None:
            return type_ref
        type_ref = type_fact.base
    return type_ref


def takes_number(state: State, type_ref: TypeRef) -> bool:
    """Tell whether a number can be the default of a column of this type; unknown types may have a cast."""
    base = base_of(state, type_ref)
    if base.array:
        return False
    if base.oid:
        return state.types[base.oid].kind not in "ecrm"
    return base.builtin in FROM_NUMBER


def default_class(state: State, type_ref: TypeRef, method: str) -> str:  # noqa: PLR0911 - one line for each case
    """Give the default operator class of a type for an index method, "" where it is not known."""
    base = base_of(state, type_ref)
    if base.array:
        return "pg_catalog.array_ops" if method in {"btree", "hash", "gin"} else ""
    if base.builtin:
        by_method = {"btree": BTREE, "gin": _GIN, "gist": _GIST}
        table = {**BTREE, **_HASH} if method == "hash" else by_method.get(method, {})
        found = table.get(base.builtin, "")
        if not found and method == "gist" and base.builtin in {"inet", "cidr"}:
            return ""
        return f"pg_catalog.{found}" if found else ""
    type_fact = state.types[base.oid]
    if type_fact.kind == "e" and method in {"btree", "hash"}:
        return "pg_catalog.enum_ops"
    if type_fact.kind == "r" and method in {"btree", "hash", "gist"}:
        return "pg_catalog.range_ops"
    if type_fact.kind == "m" and method in {"btree", "hash", "gist"}:
        return "pg_catalog.multirange_ops"
    if type_fact.kind == "c":
        return "pg_catalog.record_ops" if method in {"btree", "hash"} else ""
    if type_fact.kind == "x" and method in {"btree", "hash"}:
        return f"{identifier(state.schema_name(type_fact.schema))}.{identifier(type_fact.name + '_ops')}"
    return ""


def equality(state: State, referencing: TypeRef, referenced: TypeRef) -> str:
    """Give the operator that a foreign key compares with; raises RefusedError where there is none."""
    own, theirs = base_of(state, referencing), base_of(state, referenced)
    if own.array != theirs.array:
        raise RefusedError(DATATYPE_MISMATCH, "the key's columns are of incompatible types")
    if own.builtin and theirs.builtin:
        if own.array or _comparable(own.builtin, theirs.builtin):
            if own.array and own.builtin != theirs.builtin and not {own.builtin, theirs.builtin} <= TEXTS:
                raise RefusedError(DATATYPE_MISMATCH, "the key's columns are of incompatible types")
            return "pg_catalog.="
        raise RefusedError(DATATYPE_MISMATCH, "the key's columns are of incompatible types")
    kinds = {state.types[each.oid].kind for each in (own, theirs) if each.oid}
    if "e" in kinds and not own.array and (own, theirs) != (referencing, referenced):
        # The operators of enums take any enum, which no domain is.
        raise RefusedError(DATATYPE_MISMATCH, "a domain over an enum cannot be compared by a key")
    if own.oid == theirs.oid and kinds <= {"e", "r", "m", "c"}:
        return "pg_catalog.="
    if own.oid == theirs.oid:
        return f"{identifier(state.schema_name(state.types[own.oid].schema))}.="
    if kinds == {"e"}:
        raise RefusedError(DATATYPE_MISMATCH, "the key's columns are of incompatible types")
    return _with_extension(state, own, theirs)


def _with_extension(state: State, own: TypeRef, theirs: TypeRef) -> str:
    """Compare citext with text: a key follows the type that is referred to."""
    name = state.types[theirs.oid].name if theirs.oid else ""
    other = state.types[own.oid].name if own.oid else ""
    if name == "citext" and own.builtin in TEXTS:
        return f"{identifier(state.schema_name(state.types[theirs.oid].schema))}.="
    if other == "citext" and theirs.builtin in TEXTS:
        return "pg_catalog.="
    raise DoubtfulError("whether the types of the key's columns can be compared is not known")


def same_kind(state: State, one: TypeRef, other: TypeRef) -> bool:
    """Tell whether what is possible with one type is so with the other: numbers, texts, moments, the same."""
    first, second = base_of(state, one), base_of(state, other)
    if first.array != second.array or not (first.builtin and second.builtin):
        return first == second
    return first.builtin == second.builtin or any(
        {first.builtin, second.builtin} <= group for group in ({*_NUMBERS}, TEXTS, {*_MOMENTS})
    )


def _comparable(own: str, theirs: str) -> bool:
    """Tell whether there is an equality in the referenced key's family, or an implicit cast to its type."""
    if own == theirs:
        return True
    if own in _NUMBERS and theirs in _NUMBERS:
        ints, floats = {"int2", "int4", "int8"}, {"float4", "float8"}
        return {own, theirs} <= ints or {own, theirs} <= floats or _NUMBERS[own] < _NUMBERS[theirs]
    if own in TEXTS and theirs in TEXTS:
        return True
    if own in _MOMENTS and theirs in _MOMENTS:
        return True
    return any({own, theirs} <= group for group in _ALIKE)


def is_whole_number(type_ref: TypeRef) -> bool:
    """Tell whether an identity column can have this type; no domain is one."""
    return type_ref.builtin in {"int2", "int4", "int8"} and not type_ref.array
