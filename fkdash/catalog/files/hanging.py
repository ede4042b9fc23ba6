"""What only hangs on tables, columns and types: it changes nothing, but PostgreSQL keeps what it uses.

Which columns a policy's condition or a function's body uses is read by words alone, so that a statement that takes
one of them away is doubted rather than refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fkdash.catalog.files.expressions import want_columns, without_queries
from fkdash.catalog.files.facts import Hanging
from fkdash.catalog.files.named import want_all
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.views import used_by
from fkdash.sqlstates import (
    DUPLICATE_FUNCTION,
    DUPLICATE_OBJECT,
    UNDEFINED_OBJECT,
    UNDEFINED_TABLE,
    WRONG_OBJECT_TYPE,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from fkdash.catalog.files.facts import Relation
    from fkdash.catalog.files.reading.nodes import HangsOn, Name

_NOWHERE = 0


def hang(state: State, node: HangsOn) -> None:
    """Carry out CREATE, ALTER or DROP of something that hangs on others, where its table or schema is known.

    A function that is renamed or moved is forgotten: `forget`.
    """
    if node.doing == "forget":
        forget_routines(state, node.name)
        return
    for other in node.others:
        hang(state, replace(node, name=(other,), others=()))
    place = _place(state, node)
    if place is None:
        return
    if not (node.kind == "function" and state.unchecked_bodies):
        want_all(state, node.named)
    where = (node.kind, place, f"{node.name[-1]}({node.signature})")
    before = state.hanging.get(where)
    if node.kind == "policy":
        _judge_policy(state, node, place, before)
    elif node.kind == "function" and node.doing == "create" and before is not None and not node.or_replace:
        _want_new(state, node)
    elif node.kind == "publication" and (node.doing == "create") is (before is not None) and not state.doubted:
        _judge_publication(node)
    if node.doing == "drop":
        state.put(state.hanging, where, None)
    elif node.renamed:
        if before is not None:
            state.put(state.hanging, where, None)
            name = f"{node.renamed}({node.signature})"
            state.put(state.hanging, (node.kind, place, name), replace(before, name=node.renamed))
    else:
        made = _made(state, node, place)
        if node.doing == "alter" and before is not None:
            made = replace(made, uses=made.uses | before.uses, words=made.words | before.words)
        state.put(state.hanging, where, made)


def _place(state: State, node: HangsOn) -> int | None:
    """Give the table of a policy, or the schema of a function."""
    if node.kind == "policy":
        table = state.find(node.table)
        if table is None and not node.if_exists and (len(node.table) == 1 or node.table[-2] in state.schemas):
            raise RefusedError(UNDEFINED_TABLE, f"there is no table {'.'.join(node.table)}")
        return table.oid if table is not None else None
    if node.kind == "publication":
        return _NOWHERE
    if len(node.name) > 1:
        return state.schemas.get(node.name[-2])
    return next((state.schemas[each] for each in state.path if each in state.schemas), None)


def _judge_policy(state: State, node: HangsOn, place: int, before: Hanging | None) -> None:
    """Raise where a policy is there already or is not, or asks for a column that its table does not have."""
    table, name = state.relations[place], node.name[-1]
    if table.kind not in "rp":
        raise RefusedError(WRONG_OBJECT_TYPE, f"{table.name} is not a table")
    wanted = node.renamed or (name if node.doing == "create" else "")
    left = ("policy", place, f"{wanted}()") in state.left
    if wanted and ("policy", place, f"{wanted}()") in state.hanging and not left:
        raise RefusedError(DUPLICATE_OBJECT, f"there is a policy {wanted} of {table.name} already")
    if ("policy", place, f"{name}()") in state.left:
        if not node.if_exists:
            raise DoubtfulError(f"whether the policy {name} of {table.name} is still there is not known")
    elif node.doing != "create" and before is None and not node.if_exists:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no policy {name} of {table.name}")
    for each in node.conditions if not (table.unknown or table.partial) else ():
        columns = {column.name: column.number for column in table.columns}
        want_columns(without_queries(each), columns, table.name)


def _want_new(state: State, node: HangsOn) -> None:
    """Raise RefusedError for a function with the arguments of one that is there."""
    if state.doubted:
        raise DoubtfulError(f"whether there is a function {node.name[-1]} still is not known")
    raise RefusedError(DUPLICATE_FUNCTION, f"there is a function {node.name[-1]} with these arguments already")


def _judge_publication(node: HangsOn) -> None:
    """Raise RefusedError for one that is there already, or is not."""
    if node.doing == "create":
        raise RefusedError(DUPLICATE_OBJECT, f"there is a publication {node.name[-1]} already")
    if not node.if_exists:
        raise RefusedError(UNDEFINED_OBJECT, f"there is no publication {node.name[-1]}")


def _made(state: State, node: HangsOn, place: int) -> Hanging:
    table = place if node.kind == "policy" else 0
    own = state.relations[table].columns if table else ()
    uses = {*used_by(state, node.words), *((table, each.number) for each in own if each.name in node.words)}
    uses |= {(table, 0)} if table else set()
    if node.kind == "publication":
        uses = {each for each in uses if each[1]}  # a table that goes leaves a publication by itself
    types: set[int] = set()
    for name in node.types:
        found, relation = state.find_type(name), state.find(name)
        if found is not None:
            types.add(found.oid)
        elif relation is not None:
            uses.add((relation.oid, 0))
        elif (
            len(name) > 1
            and name[-2] in state.schemas
            and state.schemas[name[-2]] not in state.extensions.values()
        ):
            raise RefusedError(UNDEFINED_OBJECT, f"there is no type {'.'.join(name)}")
    return Hanging(node.kind, node.name[-1], table, frozenset(uses), frozenset(types), node.words, node.steady)


def forget_routines(state: State, name: Name) -> None:
    """Forget the functions of a name, one of which is dropped, renamed or moved."""
    for where in [each for each in state.hanging if each[0] == "function"]:
        if where[2].startswith(f"{name[-1]}(") and (len(name) == 1 or state.schemas.get(name[-2]) == where[1]):
            state.put(state.hanging, where, None)


def want_nothing_hanging(
    state: State, table: Relation, column: int, *, cascade: bool, together: Collection[int] = ()
) -> None:
    """Drop what uses a table or a column that goes with CASCADE; else raise where something seems to use it."""
    for where, each in list(state.hanging.items()):
        if (
            (table.oid, column) not in each.uses
            or each.table in together
            or (each.table == table.oid and not column)
        ):
            continue
        if not cascade:
            raise DoubtfulError(f"the {each.kind} {each.name} seems to use {_said(table, column)}")
        _leave(state, where, surely=each.table == table.oid)


def want_type_unused(state: State, oid: int, name: str, *, cascade: bool) -> None:
    """Drop the functions with a type that goes with CASCADE; else raise where there is one."""
    for where, each in list(state.hanging.items()):
        if oid in each.types:
            if not cascade:
                raise DoubtfulError(f"the {each.kind} {each.name} seems to use the type {name}")
            _leave(state, where, surely=True)


def _leave(state: State, where: tuple[str, int, str], *, surely: bool) -> None:
    """Forget what has gone along with what it uses; of a policy that name is in doubt from now on.

    What may still be there goes on keeping what it uses.
    """
    if surely:
        state.put(state.hanging, where, None)
    if where[0] == "policy":
        state.put(state.left, where, state.statement)


def callers(state: State, function: str) -> list[str]:
    """Give the policies that seem to call a function."""
    return [each.name for each in state.hanging.values() if each.kind == "policy" and function in each.words]


def drop_functions_in(state: State, schema: int, name: str, *, cascade: bool) -> None:
    """Drop the functions of a schema that goes with CASCADE; else raise where it seems to have one."""
    for where, each in list(state.hanging.items()):
        if where[:2] == ("function", schema):
            if not cascade:
                raise DoubtfulError(f"the schema {name} seems to have the function {each.name}")
            state.put(state.hanging, where, None)


def _said(table: Relation, column: int) -> str:
    return table.names.get(column, table.name) if column else table.name
