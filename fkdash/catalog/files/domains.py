"""CREATE DOMAIN and ALTER DOMAIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.files.expressions import template, want_columns
from fkdash.catalog.files.facts import Constraint, TypeFact
from fkdash.catalog.files.made_types import want_reached
from fkdash.catalog.files.possible import want_default, want_possible
from fkdash.catalog.files.state import DoubtfulError, RefusedError, State
from fkdash.catalog.files.tables.alter_names import want_types_to_move
from fkdash.catalog.files.tables.descent import DEEPEST
from fkdash.catalog.files.tables.sayable import want_sayable_of_domain
from fkdash.catalog.files.types import type_of, want_collatable
from fkdash.sqlstates import DUPLICATE_OBJECT, UNDEFINED_OBJECT
from fkdash.versions import DOMAIN_NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import Template
    from fkdash.catalog.files.reading.nodes import AlterDomain, ConstraintSaid, CreateDomain


def create_domain(state: State, said: CreateDomain) -> None:
    """CREATE DOMAIN."""
    schema = state.creation_schema(said.name)
    default: str | None = None
    not_null, null_name = False, ""
    want_sayable_of_domain(said.constraints)
    base = type_of(state, said.type)
    if any(each.kind == "collate" for each in said.constraints):
        want_collatable(base)
    for each in said.constraints:
        if each.kind == "default" and each.expression is not None:
            want_default(state, each.expression, base)
            words = [token.value for token in each.expression.tokens]
            default = None if words == ["null"] else template(each.expression, {}).text({})
        elif each.kind == "n":
            not_null, null_name = True, each.name or ""
    below = state.types.get(base.oid) if not base.array else None
    if below is not None and not any(each.kind == "default" for each in said.constraints):
        default = below.default
    _want_shallow(state, below)
    made = TypeFact(state.new_oid(), schema, said.name[-1], "d", base, not_null, default, made=state.statement)
    state.add_type(made)
    if not_null and state.version >= DOMAIN_NOT_NULL_CONSTRAINTS:
        _add(state, made, "n", null_name or state.constraint_name(schema, made.name, "", "not_null"), None)
    for each in said.constraints:
        if each.kind == "c":
            _add_check(state, made, each)


def _want_shallow(state: State, below: TypeFact | None) -> None:
    levels = 1
    while below is not None and below.base is not None:
        below, levels = state.types.get(below.base.oid), levels + 1
    if levels > DEEPEST:
        raise DoubtfulError(f"domains on domains on more than {DEEPEST} levels are not followed")


def _add_check(state: State, domain: TypeFact, said: ConstraintSaid) -> None:
    assert said.expression is not None  # noqa: S101 - a check has one
    want_possible(state, said.expression, {"value": domain.base} if domain.base is not None else {})
    want_columns(said.expression, {}, domain.name)
    name = said.name or state.constraint_name(domain.schema, domain.name, "", "check")
    if any(each.domain == domain.oid and each.name == name for each in state.constraints.values()):
        raise RefusedError(DUPLICATE_OBJECT, f"there is a constraint {name} already")
    _add(state, domain, "c", name, template(said.expression, {}))


def _add(state: State, domain: TypeFact, kind: str, name: str, expression: Template | None) -> None:
    state.add_constraint(
        Constraint(
            state.new_oid(),
            domain.schema,
            name,
            kind,
            0,
            expression=expression,
            domain=domain.oid,
            made=state.statement,
        )
    )


def alter_domain(state: State, said: AlterDomain) -> None:  # noqa: C901, PLR0912 - one line for each action
    """ALTER DOMAIN, one action."""
    found, act = state.find_type(said.name), said.act
    if found is None or found.kind != "d":
        state.want_schema_of(said.name)
        raise RefusedError(UNDEFINED_OBJECT, f"there is no domain {'.'.join(said.name)}")
    named = {each.name: each for each in state.constraints.values() if each.domain == found.oid}
    if act.what == "set default":
        if act.expression is not None and found.base is not None:
            want_default(state, act.expression, found.base)
        words = [token.value for token in act.expression.tokens] if act.expression is not None else ["null"]
        default = None if words == ["null"] or act.expression is None else template(act.expression, {}).text({})
        state.change_type(found, default=default, default_set=state.statement)
    elif act.what == "set not null":
        _forbid_null(state, found, "")
    elif act.what == "drop not null":
        _allow_null(state, found)
    elif act.what == "add constraint":
        assert act.constraint is not None  # noqa: S101 - it says which
        if act.constraint.kind == "n":
            _forbid_null(state, found, act.constraint.name or "")
        else:
            if not act.constraint.not_valid:
                want_reached(state, found)
            _add_check(state, found, act.constraint)
    elif act.what == "drop constraint":
        constraint = named.get(act.name)
        if constraint is None:
            if not act.if_exists:
                raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {act.name}")
        elif constraint.kind == "n":
            _allow_null(state, found)
        else:
            state.remove_constraint(constraint)
    elif act.what == "validate constraint":
        if act.name not in named:
            raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {act.name}")
        want_reached(state, found)
    elif act.what == "rename constraint":
        if act.name not in named:
            raise RefusedError(UNDEFINED_OBJECT, f"there is no constraint {act.name}")
        state.change_constraint(named[act.name], name=act.other)
    elif act.what == "rename":
        state.want_free_type(found.schema, act.name)
        state.change_type(found, name=act.name)
    elif act.what == "set schema":
        _set_schema(state, found, state.schema(act.name))
    else:
        raise DoubtfulError(f"{act.what} of a domain is not followed")


def _set_schema(state: State, domain: TypeFact, schema: int) -> None:
    if schema != domain.schema:
        want_types_to_move(state, schema, domain.name, domain.oid)
    state.change_type(domain, schema=schema)
    for constraint in [each for each in state.constraints.values() if each.domain == domain.oid]:
        state.change_constraint(constraint, schema=schema)


def _forbid_null(state: State, domain: TypeFact, name: str) -> None:
    if domain.not_null:
        return
    want_reached(state, domain)
    state.change_type(domain, not_null=True, null_set=state.statement)
    if state.version >= DOMAIN_NOT_NULL_CONSTRAINTS:
        _add(state, domain, "n", name or state.constraint_name(domain.schema, domain.name, "", "not_null"), None)


def _allow_null(state: State, domain: TypeFact) -> None:
    state.change_type(domain, not_null=False)
    for each in [each for each in state.constraints.values() if each.domain == domain.oid and each.kind == "n"]:
        state.remove_constraint(each)
