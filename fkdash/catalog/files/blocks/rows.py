"""The rows that the system catalogs and the information schema would have, as far as files tell.

What a column holds that no file tells is UNKNOWN; a column that is not here at all is not known either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.action import Action
from fkdash.catalog.files.types import BUILT_IN, spelled
from fkdash.versions import CLONED_TRIGGERS_ARE_USERS, NOT_NULL_CONSTRAINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fkdash.catalog.files.facts import Attribute, Constraint, Relation, TypeRef
    from fkdash.catalog.files.state import State

Row = dict[str, object]
UNKNOWN: Final = object()
"""Stands for a value that is there but cannot be told from files."""

_KINDS: Final = {"p": "PRIMARY KEY", "u": "UNIQUE", "f": "FOREIGN KEY", "c": "CHECK", "n": "CHECK"}
_TABLE_TYPES: Final = {"v": "VIEW", "f": "FOREIGN", "r": "BASE TABLE", "p": "BASE TABLE"}
_WITH_ROW_TYPE: Final = "rpfvmc"


def _constraints(state: State) -> Iterator[Row]:
    for each in state.constraints.values():
        foreign = each.kind == "f"
        yield {
            "oid": each.oid,
            "conname": each.name,
            "contype": each.kind,
            "connamespace": each.schema,
            "conrelid": each.table,
            "contypid": each.domain,
            "conindid": each.index,
            "conparentid": each.parent,
            "confrelid": each.referenced,
            "conkey": list(each.columns) or None,
            "confkey": list(each.referenced_columns) or None,
            "confdelsetcols": list(each.delete_columns) or None,
            "confdeltype": Action(each.on_delete).letter if foreign else " ",
            "confupdtype": Action(each.on_update).letter if foreign else " ",
            "confmatchtype": {"FULL": "f"}.get(each.match, "s") if foreign else " ",
            "condeferrable": each.deferrable,
            "condeferred": each.initially_deferred,
            "convalidated": each.validated,
            "conenforced": each.enforced,
            "conperiod": each.period,
            "conislocal": each.local,
            "coninhcount": each.inherited,
            "connoinherit": each.no_inherit,
        }


def _types(state: State) -> Iterator[Row]:
    for each in state.types.values():
        kind = {"x": "b", "s": "p"}.get(each.kind, each.kind)
        yield {"oid": each.oid, "typname": each.name, "typnamespace": each.schema, "typtype": kind, "typrelid": 0}
    for relation in state.relations.values():
        if relation.kind in _WITH_ROW_TYPE and (relation.schema, relation.name) not in state.type_names:
            yield {
                "oid": UNKNOWN,
                "typname": relation.name,
                "typnamespace": relation.schema,
                "typtype": "c",
                "typrelid": relation.oid,
            }
    for name in BUILT_IN:
        yield {"oid": UNKNOWN, "typname": name, "typnamespace": _PG_CATALOG, "typtype": "b", "typrelid": 0}


_PG_CATALOG: Final = 11


def _classes(state: State) -> Iterator[Row]:
    for each in state.relations.values():
        yield {
            "oid": each.oid,
            "relname": each.name,
            "relnamespace": each.schema,
            "relkind": each.kind,
            "relispartition": each.is_partition,
            "relrowsecurity": each.row_security,
            "relforcerowsecurity": each.force_row_security,
        }


def _attributes(state: State) -> Iterator[Row]:
    for table in state.relations.values():
        if table.kind in "vm":
            # A view has columns, which are not known.
            yield {"attrelid": table.oid, **dict.fromkeys(("attname", "attnum", "attnotnull"), UNKNOWN)}
        for each in table.columns:
            yield {
                "attrelid": table.oid,
                "attname": each.name,
                "attnum": each.number,
                "attnotnull": each.not_null,
                "atthasdef": each.default is not None or bool(each.sequence),
                "attidentity": each.identity,
                "attgenerated": each.generated,
                "attisdropped": False,
            }


def _tables(state: State) -> Iterator[Row]:
    for schema, each in _relations(state, "rpfv"):
        yield {"table_schema": schema, "table_name": each.name, "table_type": _TABLE_TYPES[each.kind]}


def _is_not_null(state: State, type_ref: TypeRef) -> bool:
    """Tell a domain that forbids NULL itself; the information schema asks of no domain below it."""
    found = state.types.get(type_ref.oid) if not type_ref.array else None
    return found is not None and found.not_null


def _columns(state: State) -> Iterator[Row]:
    for schema, table in _relations(state, "rpfv"):
        where = {"table_schema": schema, "table_name": table.name}
        if table.kind == "v":
            yield {**where, "column_name": UNKNOWN}
        for each in table.columns:
            yield {
                **where,
                "column_name": each.name,
                "ordinal_position": UNKNOWN,
                "is_nullable": "NO" if each.not_null or _is_not_null(state, each.type) else "YES",
                "data_type": _data_type(state, each),
                "udt_name": UNKNOWN if not each.type.builtin else f"{'_' * each.type.array}{each.type.builtin}",
                "is_identity": "YES" if each.identity else "NO",
                "is_generated": "ALWAYS" if each.generated else "NEVER",
                "column_default": UNKNOWN if each.default is not None or each.sequence else None,
            }


def _data_type(state: State, column: Attribute) -> str:
    if column.type.array:
        return "ARRAY"
    if not column.type.builtin:
        return "USER-DEFINED"
    first, _, rest = spelled(state, column.type).partition("(")
    return first + rest.partition(")")[2]


def _relations(state: State, kinds: str) -> Iterator[tuple[str, Relation]]:
    schemas = {oid: name for name, oid in state.schemas.items()}
    for each in state.relations.values():
        if each.kind in kinds:
            yield schemas[each.schema], each


def _constraints_of_tables(state: State) -> Iterator[tuple[Row, Constraint, Relation]]:
    schemas = {oid: name for name, oid in state.schemas.items()}
    for each in state.constraints.values():
        table = state.relations.get(each.table)
        if table is not None and each.kind in _KINDS:
            # Every NOT NULL is there as a check with a name made of numbers.
            name = f"{each.schema}_{each.table}_{each.columns[0]}_not_null" if each.kind == "n" else each.name
            row: Row = {
                "constraint_schema": schemas[each.schema],
                "constraint_name": name,
                "table_schema": schemas[table.schema],
                "table_name": table.name,
            }
            yield row, each, table


def _table_constraints(state: State) -> Iterator[Row]:
    for row, each, _ in _constraints_of_tables(state):
        yield {
            **row,
            "constraint_type": _KINDS[each.kind],
            "is_deferrable": "YES" if each.deferrable else "NO",
            "initially_deferred": "YES" if each.initially_deferred else "NO",
            "enforced": "YES" if each.enforced else "NO",
        }
    for table in state.relations.values():
        for column in table.columns:
            if column.not_null and state.version < NOT_NULL_CONSTRAINTS:
                schema = state.schema_name(table.schema)
                yield {
                    "constraint_schema": schema,
                    "constraint_name": f"{table.schema}_{table.oid}_{column.number}_not_null",
                    "table_schema": schema,
                    "table_name": table.name,
                    "constraint_type": "CHECK",
                }


def _key_column_usage(state: State) -> Iterator[Row]:
    for row, each, table in _constraints_of_tables(state):
        for place, number in enumerate(each.columns if each.kind in "puf" else (), 1):
            yield {**row, "column_name": table.names[number], "ordinal_position": place}


def _constraint_column_usage(state: State) -> Iterator[Row]:
    for row, each, table in _constraints_of_tables(state):
        used, numbers = table, each.columns
        if each.kind == "f":
            used, numbers = state.relations[each.referenced], each.referenced_columns
        where = {"table_schema": state.schema_name(used.schema), "table_name": used.name}
        for number in numbers if each.kind != "n" else ():
            yield {**row, **where, "column_name": used.names.get(number, UNKNOWN)}


def _referential_constraints(state: State) -> Iterator[Row]:
    for row, each, _ in _constraints_of_tables(state):
        if each.kind == "f":
            yield {
                "constraint_schema": row["constraint_schema"],
                "constraint_name": each.name,
                "match_option": each.match if each.match != "SIMPLE" else "NONE",
                "update_rule": each.on_update,
                "delete_rule": each.on_delete,
            }


def _pg_tables(state: State) -> Iterator[Row]:
    for schema, each in _relations(state, "rp"):
        yield {"schemaname": schema, "tablename": each.name, "rowsecurity": each.row_security}


def _pg_views(kind: str, column: str) -> Callable[[State], Iterator[Row]]:
    def rows(state: State) -> Iterator[Row]:
        for schema, each in _relations(state, kind):
            yield {"schemaname": schema, column: each.name}

    return rows


def _pg_indexes(state: State) -> Iterator[Row]:
    for schema, each in _relations(state, "iI"):
        assert each.index is not None  # noqa: S101 - it is an index
        table = state.relations[each.index.table]
        yield {"schemaname": schema, "indexname": each.name, "tablename": table.name}


def _indexes(state: State) -> Iterator[Row]:
    for _, each in _relations(state, "iI"):
        fact = each.index
        assert fact is not None  # noqa: S101 - it is an index
        yield {
            "indexrelid": each.oid,
            "indrelid": fact.table,
            "indisunique": fact.unique,
            "indisprimary": fact.primary,
            "indisvalid": fact.valid,
        }


def _schemas(state: State) -> Iterator[Row]:
    # Nothing that is followed stands in the schemas of the system: any number of their own will do.
    named = {**state.schemas, "pg_catalog": _PG_CATALOG, "information_schema": -1, "pg_toast": -2}
    for name, oid in named.items():
        yield {"oid": oid, "nspname": name, "schema_name": name}


def _extensions(state: State) -> Iterator[Row]:
    for name in (*state.extensions, "plpgsql"):
        yield {"extname": name}


def _triggers(state: State) -> Iterator[Row]:
    for table in state.relations.values():
        for each in table.triggers:
            yield {
                "tgname": each.name,
                "tgrelid": table.oid,
                "tgisinternal": each.parent and state.version < CLONED_TRIGGERS_ARE_USERS,
                "tgenabled": each.enabled,
                "trigger_name": each.name,
                "event_object_schema": state.schema_name(table.schema),
                "event_object_table": table.name,
                "trigger_schema": state.schema_name(table.schema),
            }


def _inherits(state: State) -> Iterator[Row]:
    for table in state.relations.values():
        for place, parent in enumerate(table.parents, 1):
            yield {"inhrelid": table.oid, "inhparent": parent, "inhseqno": place}


ROWS: Final[Mapping[str, Callable[[State], Iterator[Row]]]] = {
    "pg_constraint": _constraints,
    "pg_type": _types,
    "pg_class": _classes,
    "pg_attribute": _attributes,
    "pg_index": _indexes,
    "pg_tables": _pg_tables,
    "pg_views": _pg_views("v", "viewname"),
    "pg_matviews": _pg_views("m", "matviewname"),
    "pg_sequences": _pg_views("S", "sequencename"),
    "pg_indexes": _pg_indexes,
    "pg_namespace": _schemas,
    "pg_extension": _extensions,
    "pg_trigger": _triggers,
    "pg_inherits": _inherits,
    "information_schema.columns": _columns,
    "information_schema.tables": _tables,
    "information_schema.table_constraints": _table_constraints,
    "information_schema.key_column_usage": _key_column_usage,
    "information_schema.constraint_column_usage": _constraint_column_usage,
    "information_schema.referential_constraints": _referential_constraints,
    "information_schema.schemata": _schemas,
    "information_schema.triggers": _triggers,
}
"""What can be asked, with the rows that it has; the catalogs by their plain names."""
