"""Makes columns of what is said of them: types, serial, identity, defaults, generation, collation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.expressions import template
from fkdash.catalog.files.facts import Attribute, Relation, Template, TypeRef
from fkdash.catalog.files.identifiers import identifier
from fkdash.catalog.files.possible import want_default, want_expression
from fkdash.catalog.files.reading.tokens import STRING
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.types import SERIAL, base_of, is_whole_number, type_of, want_collatable
from fkdash.sqlstates import (
    DATATYPE_MISMATCH,
    DUPLICATE_COLUMN,
    INTERNAL_ERROR,
    INVALID_COLUMN_DEFINITION,
    INVALID_OBJECT_DEFINITION,
    INVALID_PARAMETER_VALUE,
    INVALID_TABLE_DEFINITION,
    SYNTAX_ERROR,
    TOO_MANY_COLUMNS,
    UNDEFINED_COLUMN,
    UNDEFINED_TABLE,
)
from fkdash.versions import NOT_NULL_CONSTRAINTS, VIRTUAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fkdash.catalog.files.reading.nodes import ColumnSaid, ExpressionSaid

_NULL: Final = ("null",)
_SYSTEM_COLUMNS: Final = frozenset({"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"})
_MOST_COLUMNS: Final = 1600


def column_of(table: Relation, name: str) -> Attribute:
    """Give a column by name; raises RefusedError without it."""
    found = table.column(name)
    if found is None:
        raise RefusedError(UNDEFINED_COLUMN, f"there is no column {name} in {table.name}")
    return found


def make_column(  # noqa: C901, PLR0912 - one line for each kind of constraint
    state: State,
    schema: int,
    table: str,
    said: ColumnSaid,
    number: int,
    *,
    made_along: Sequence[int] = (),
    of: TypeRef | None = None,
) -> tuple[Attribute, list[int]]:
    """Give a column without its constraints, and the sequences that were made for it.

    Generation expressions are put in later, when all columns are known. `made_along` are the sequences of the same
    statement: names are made up before any of them is there, so that two may be the same, which is refused. `of`
    is the type of a column that does not say its own.
    """
    if said.type is None and of is None:
        raise RefusedError(INVALID_TABLE_DEFINITION, f"{said.name} has no type")
    _want_possible(said, number)
    plain = said.type is not None and len(said.type.name) == 1 and not said.type.quoted
    serial = SERIAL.get(said.type.name[-1]) if said.type is not None and plain else None
    sequences: list[int] = []
    default: Template | None = None
    from_sequence = 0
    if serial is not None and any(each.kind == "identity" for each in said.constraints):
        raise RefusedError(SYNTAX_ERROR, f"{said.name} numbers its rows in two ways")
    if serial is not None:
        type_ref = TypeRef(serial)
        sequence = make_sequence(state, schema, table, said.name, unseen=made_along)
        sequences.append(sequence.oid)
        from_sequence = sequence.oid
    elif of is not None or said.type is None:
        type_ref = of or TypeRef()
    else:
        type_ref = type_of(state, said.type)
    want_one_answer(
        state, said, never_null=bool(sequences) or any(each.kind == "identity" for each in said.constraints)
    )
    identity, collation, generated = "", None, ""
    for each in said.constraints:
        if each.kind == "identity":
            identity = "a" if each.always else "d"
            named = _named_in(each.value[0])
            sequence = make_sequence(state, schema, table, said.name, named, identity=True, unseen=made_along)
            sequences.append(sequence.oid)
        elif each.kind == "default":
            if from_sequence or default is not None or identity:
                raise RefusedError(SYNTAX_ERROR, f"{said.name} has more than one default")
            assert each.expression is not None  # noqa: S101 - a default has one
            default = default_of(state, each.expression, type_ref)
            from_sequence = sequence_in(state, each.expression)
        elif each.kind == "generated":
            stored = each.stored if each.stored is not None else state.version < VIRTUAL_COLUMNS
            if not stored and state.version < VIRTUAL_COLUMNS:
                raise RefusedError(SYNTAX_ERROR, "virtual columns are known from PostgreSQL 18 on")
            if each.stored is None and state.version < VIRTUAL_COLUMNS:
                raise RefusedError(SYNTAX_ERROR, "a generated column must be STORED before PostgreSQL 18")
            generated = "s" if stored else "v"
        elif each.kind == "collate":
            want_collatable(type_ref)
            collation = each.value[-1]
    if identity and not is_whole_number(type_ref):
        raise RefusedError(INVALID_PARAMETER_VALUE, f"{said.name} cannot be an identity column of this type")
    now = state.statement
    column = Attribute(
        number,
        said.name,
        type_ref,
        default=default if not from_sequence else None,
        sequence=from_sequence,
        identity=identity,
        generated=generated,
        collation=None if collation == "default" else collation,
        made=now,
        type_set=now,
        default_set=now,
    )
    return column, sequences


def _want_possible(said: ColumnSaid, number: int) -> None:
    want_column_name(said.name)
    if number > _MOST_COLUMNS:
        raise RefusedError(TOO_MANY_COLUMNS, f"a table has {_MOST_COLUMNS} columns at most")
    computed = [each.kind for each in said.constraints if each.kind in {"default", "identity", "generated"}]
    if len(computed) > 1:
        raise RefusedError(SYNTAX_ERROR, f"{said.name} has more than one value by itself")


def want_column_name(name: str) -> None:
    """Raise RefusedError for a name that every table has a column of."""
    if name in _SYSTEM_COLUMNS:
        raise RefusedError(DUPLICATE_COLUMN, f"{name} is the name of a system column")


def want_one_default(one: Attribute, other: Attribute, *, decided: bool) -> None:
    """Raise where two parents have different defaults for a column, unless the table has its own.

    That one of them generates it and the other does not is refused whatever the table has.
    """
    if one.generated != other.generated:
        raise RefusedError(
            DATATYPE_MISMATCH, f"{one.name} is generated in one of the tables above, not in the other"
        )
    both = [(each.sequence, each.default) for each in (one, other) if each.sequence or each.default]
    if decided or len(both) < 2 or both[0] == both[1]:  # noqa: PLR2004 - both of them
        return
    values = [_plain_value(default) for _, default in both]
    if values[0] is not None and values[0] == values[1]:
        return
    # Other expressions than values may be one and the same, however they are written.
    if all(each is not None and len(each) == 1 for each in values):
        raise RefusedError(INVALID_COLUMN_DEFINITION, f"{one.name} inherits different defaults")
    raise DoubtfulError(f"whether {one.name} inherits different defaults is not known")


def _plain_value(default: Template | None) -> tuple[str, ...] | None:
    """Give the words of a default that names no column, None for any other."""
    if default is None or not all(isinstance(part, str) for part in default.parts):
        return None
    from fkdash.catalog.files.reading.tokens import Cursor

    return tuple(token.value for token in Cursor("".join(map(str, default.parts))).tokens)


def want_one_answer(state: State, said: ColumnSaid, *, never_null: bool) -> None:
    """Raise RefusedError where a column says of NULL what does not go together; `never_null` says its type."""
    kinds = [each.kind for each in said.constraints]
    forbids = [each for each in said.constraints if each.kind == "n"]
    named = state.version >= NOT_NULL_CONSTRAINTS
    never = never_null or (named and "p" in kinds)
    if "null" in kinds and (forbids or never):
        raise RefusedError(SYNTAX_ERROR, f"{said.name} is both NULL and NOT NULL")
    alone = [each for each in forbids if each.no_inherit]
    if named and alone and (never or len(alone) < len(forbids)):
        raise RefusedError(SYNTAX_ERROR, f"NOT NULL of {said.name} is both inherited and not")
    if named and len({each.name for each in forbids if each.name is not None}) > 1:
        raise RefusedError(INTERNAL_ERROR, f"NOT NULL of {said.name} has two names")


def generation_of(state: State, said: ColumnSaid, relation: Relation) -> Template | None:
    """Give a column's generation expression over its table."""
    for each in said.constraints:
        if each.kind == "generated" and each.expression is not None:
            names = {column.name: column.number for column in relation.columns}
            want_expression(state, each.expression, relation, steady=True)
            made = template(each.expression, names, relation.name)
            if any(column.generated and column.number in made.columns for column in relation.columns):
                raise RefusedError(INVALID_OBJECT_DEFINITION, f"{said.name} is generated from a generated column")
            return made
    return None


def default_of(state: State, said: ExpressionSaid, type_ref: TypeRef) -> Template | None:
    """Give a default; a plain NULL is none, unless a domain stands behind it or the type has a length.

    Then PostgreSQL stores the cast to that length (cookDefault, AddRelationNewConstraints).
    """
    want_default(state, said, type_ref)
    words = tuple(token.value for token in said.tokens if token.value not in {"(", ")"})
    is_null = words[:1] == _NULL and (len(words) == 1 or words[1] == "::")
    if is_null and base_of(state, type_ref) == type_ref and not type_ref.modifier:
        return None
    return template(said, {})


def sequence_in(state: State, said: ExpressionSaid) -> int:
    """Give the sequence of `nextval('…'::regclass)`, 0 for any other expression; raises where there is none."""
    tokens = [token for token in said.tokens if token.value not in {"pg_catalog", "."}]
    if [token.value for token in tokens[:2]] != ["nextval", "("] or len(tokens) < 4:  # noqa: PLR2004 - up to its end
        return 0
    from fkdash.catalog.files.reading.tokens import Cursor

    after = [token.value for token in tokens[3:]]
    if tokens[2].kind != STRING or after not in ([")"], ["::", "regclass", ")"]):
        return 0
    found = state.find(Cursor(tokens[2].value).qualified())
    if found is None:
        state.want_schema_of(Cursor(tokens[2].value).qualified())
        raise RefusedError(UNDEFINED_TABLE, f"there is no sequence {tokens[2].value}")
    return found.oid if found.kind == "S" else 0


def default_text(state: State, relation: Relation, column: Attribute) -> str | None:
    """Give a column's default or generation expression with the names as they are now."""
    if column.sequence in state.relations:
        return nextval(state, state.relations[column.sequence])
    return column.default.text(relation.names) if column.default is not None else None


def nextval(state: State, sequence: Relation) -> str:
    """Give the default that takes the next value of a sequence, as PostgreSQL spells it."""
    name = f"{identifier(state.schema_name(sequence.schema))}.{identifier(sequence.name)}"
    return f"nextval('{name.replace(chr(39), chr(39) * 2)}'::regclass)"


def _named_in(options: str) -> tuple[str, ...]:
    """Give the name that the options of an identity ask for (pg_dump writes SEQUENCE NAME)."""
    from fkdash.catalog.files.reading.tokens import Cursor

    cursor = Cursor(options)
    while not cursor.done:
        if cursor.take("sequence", "name"):
            return cursor.qualified()
        cursor.at += 1
    return ()


def make_sequence(
    state: State,
    schema: int,
    table: str,
    column: str,
    name: tuple[str, ...] = (),
    *,
    identity: bool = False,
    unseen: Sequence[int] = (),
) -> Relation:
    """Make a sequence for a column, by the name that is asked for or the one that PostgreSQL makes up."""
    if name:
        where, called = state.creation_schema(name) if len(name) > 1 else schema, name[-1]
    else:
        where, called = schema, state.relation_name(schema, table, column, "seq", unseen=unseen)
    made = Relation(state.new_oid(), where, called, "S", identity=identity, made=state.statement)
    state.add_relation(made)
    return made


def add_identity_sequence(state: State, relation: Relation, column: Attribute, options: str) -> None:
    """Make the sequence of a column that becomes an identity."""
    sequence = make_sequence(state, relation.schema, relation.name, column.name, _named_in(options), identity=True)
    state.change(sequence, owned_by=(relation.oid, column.number))
