"""DROP of each kind of object, with what PostgreSQL drops along or refuses to drop without CASCADE (pg_depend)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fkdash.catalog.files.dropped_relations import drop_relation, drop_sequence
from fkdash.catalog.files.dropping_code import (
    drop_function,
    drop_routine,
    drop_rule,
    drop_trigger,
    want_no_call_into,
)
from fkdash.catalog.files.extensions import drop_extension
from fkdash.catalog.files.hanging import drop_functions_in
from fkdash.catalog.files.made_types import drop_type, remove_type
from fkdash.catalog.files.servers import drop_server
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.views import want_there
from fkdash.sqlstates import (
    DEPENDENT_OBJECTS_STILL_EXIST,
    INVALID_SCHEMA_NAME,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import Drop, Name

_RELATION_KINDS: Final = {
    "table": "rp",
    "foreign table": "f",
    "view": "v",
    "materialized view": "m",
    "index": "iI",
    "sequence": "S",
}
# Of which DROP says undefined_object where they are not there (tablecmds.c, dropmsgstringarray).
_NO_TABLES: Final = frozenset({"index", "foreign table"})


def drop(state: State, said: Drop) -> None:
    """Carry out DROP; several objects of one statement may depend on each other."""
    if said.kind in _RELATION_KINDS:
        _drop_relations(state, said)
        return
    dropping = _DROPS.get(said.kind)
    if dropping is None:
        raise DoubtfulError(f"DROP {said.kind.upper()} is not followed")
    for at, name in enumerate(said.names):
        dropping(state, replace(said, names=(name,), signatures=said.signatures[at : at + 1]), name)


def _drop_relations(state: State, said: Drop) -> None:
    found: list[Relation] = []
    for name in said.names:
        relation = state.find(name)
        if relation is None:
            if len(name) > 1 and name[-2] not in state.schemas and not said.if_exists:
                raise RefusedError(INVALID_SCHEMA_NAME, f"there is no schema {name[-2]}")
            if not said.if_exists:
                state_of = UNDEFINED_OBJECT if said.kind in _NO_TABLES else UNDEFINED_TABLE
                raise RefusedError(state_of, f"there is no {said.kind} {'.'.join(name)}")
            continue
        if relation.kind not in _RELATION_KINDS[said.kind]:
            raise RefusedError(WRONG_OBJECT_TYPE, f"{'.'.join(name)} is not a {said.kind}")
        if not said.if_exists:
            want_there(state, relation)
        found.append(relation)
    together = {each.oid for each in found}
    for relation in found:
        if relation.oid in state.relations:
            drop_relation(state, relation, cascade=said.cascade, together=together)


def _drop_schema(state: State, said: Drop, name: Name) -> None:
    schema = state.schemas.get(name[-1])
    if schema is None:
        if said.if_exists:
            return
        raise RefusedError(INVALID_SCHEMA_NAME, f"there is no schema {name[-1]}")
    inside = [each for each in state.relations.values() if each.schema == schema]
    types = [each for each in state.types.values() if each.schema == schema]
    functions = [each for each in state.functions.values() if each.schema == schema and each.language]
    if (inside or types or functions) and not said.cascade:
        raise RefusedError(DEPENDENT_OBJECTS_STILL_EXIST, f"the schema {name[-1]} is not empty")
    drop_functions_in(state, schema, name[-1], cascade=said.cascade)
    want_no_call_into(state, name[-1], schema)
    together = {each.oid for each in inside}
    for relation in inside:
        if relation.oid in state.relations and relation.kind in "rpfvm":
            drop_relation(state, relation, cascade=True, together=together)
    for relation in inside:
        if relation.oid in state.relations:
            if relation.kind == "S":
                drop_sequence(state, relation, cascade=True)
            else:
                state.remove_relation(relation)
    for type_fact in types:
        if type_fact.oid in state.types:
            remove_type(state, type_fact, cascade=True)
    for function in [each for each in state.functions.values() if each.schema == schema]:
        drop_function(state, function, cascade=True)
    state.put(state.schemas, name[-1], None)
    state.put(state.schemas_left, name[-1], schema)


_DROPS: Final[dict[str, Callable[[State, Drop, Name], None]]] = {
    "type": drop_type,
    "domain": drop_type,
    "schema": _drop_schema,
    "extension": drop_extension,
    "server": drop_server,
    "trigger": drop_trigger,
    "rule": drop_rule,
    **dict.fromkeys(
        ("function", "procedure", "routine", "operator", "aggregate", "cast", "collation"), drop_routine
    ),
}
