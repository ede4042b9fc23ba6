"""What refuses the UPDATE that SET NULL or SET DEFAULT is, in the order in which PostgreSQL says so.

Identity columns (GENERATED ALWAYS) when the statement is rewritten, then for
each row: domains, the search for a partition, NOT NULL, CHECKs in the order of
their names, unique indexes, and at last the row's own foreign keys. Only the first is ever reported.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from fkdash.catalog.action import Action, Match
from fkdash.catalog.model import TableKind
from fkdash.catalog.table_name import listed
from fkdash.rules.actions.defaults import known
from fkdash.rules.actions.enforcement import check_runs, no_such_row_error, refers_to_itself_only
from fkdash.rules.actions.moving import leaves_entered, of_entered
from fkdash.rules.actions.obstacle import Kind, Obstacle, check_error, not_null_error
from fkdash.rules.actions.of_partitions import as_reported, of_their_own
from fkdash.rules.actions.routing import is_left, leaving, refusing_null, without_default
from fkdash.rules.actions.unhindered import is_unhindered
from fkdash.rules.actions.writes import writes
from fkdash.rules.finding import PredictedError
from fkdash.rules.per_catalog import once_per_catalog
from fkdash.rules.sql.shown import shown
from fkdash.rules.sql.values import ANYTHING, NULL_ONLY
from fkdash.sqlstates import (
    CHECK_VIOLATION,
    EXCLUSION_VIOLATION,
    GENERATED_ALWAYS,
    NOT_NULL_VIOLATION,
    UNIQUE_VIOLATION,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fkdash.catalog.model import Catalog, Column, Domain, ForeignKey, Index, Table
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.actions.writes import Write
    from fkdash.rules.sql.values import Results


@once_per_catalog
def obstacles(catalog: Catalog) -> tuple[tuple[Write, tuple[Obstacle, ...]], ...]:
    """Give every write that meets an obstacle, with all of them, the first reported first."""
    full = _full_keys(catalog)
    asked = (write for write in writes(catalog) if write.key.table in full or not is_unhindered(catalog, write))
    found = ((write, obstacles_to(catalog, write, write.values(catalog))) for write in asked)
    return tuple((write, met) for write, met in found if met)


def obstacles_to(catalog: Catalog, write: Write, values: Mapping[str, Results]) -> tuple[Obstacle, ...]:
    """Give what refuses `values` in the referencing row of a key, the first reported first."""
    tables = catalog.with_partitions(write.key.table)
    root = tables[0]
    written = _written(root, values)
    found: list[Obstacle] = [*_identities(root, write, written)]
    if refers_to_itself_only(write.key):
        return tuple(found)
    found += _domains(root, written, values)
    found += _without_partition(catalog, root, written, values)
    found += _of_table(root, write, written, values)
    if len(tables) > 1:
        met = {
            leaf.name: tuple(_of_table(leaf, write, _written(leaf, values), values))
            for leaf in tables
            if leaf.kind is not TableKind.PARTITIONED
        }
        own = of_their_own(met.values(), {(each.kind, each.columns) for each in found})
        leaves = leaves_entered(catalog, root, values)
        came = tuple(of_entered(leaves, root, write, values))
        messages = {each.error.message for each in came}
        found = as_reported(found, met, [leaf.name for leaf in leaves])
        found += [*came, *(each for each in own if each.error.message not in messages)]
    found += _half_keys(catalog, write, values)
    # Nothing is in the way of most writes.
    return () if not found else tuple(sorted(found, key=lambda obstacle: obstacle.kind))


def _of_table(
    table: Table, write: Write, written: Iterable[Column], values: Mapping[str, Results]
) -> Iterator[Obstacle]:
    met: set[tuple[Kind, tuple[str, ...], str]] = set()
    for obstacle in (
        *_not_nulls(table, written, values),
        *_checks(table, write, values),
        *_uniques(table, written, values),
    ):
        what = (obstacle.kind, obstacle.columns, obstacle.error.message)
        if what not in met:
            met.add(what)
            yield obstacle


def _identities(table: Table, write: Write, written: Iterable[Column]) -> Iterator[Obstacle]:
    for column in written:
        if column.identity_always and write.action is Action.SET_NULL:
            yield Obstacle(
                Kind.IDENTITY,
                (column.name,),
                f"{table.name}.{column.shown} is GENERATED ALWAYS AS IDENTITY and can only be updated to DEFAULT",
                PredictedError(GENERATED_ALWAYS, f'column "{column.name}" can only be updated to DEFAULT'),
            )


def _domains(table: Table, written: Iterable[Column], values: Mapping[str, Results]) -> Iterator[Obstacle]:
    """Give what domains refuse; a domain's own constraints come after those it is built on."""
    for column in written:
        for domain in reversed(column.domain.chain if column.domain else ()):
            obstacle = _domain_obstacle(table, column, domain, values[column.name])
            if obstacle is not None:
                yield obstacle
                if obstacle.certain:
                    break


def _domain_obstacle(table: Table, column: Column, domain: Domain, value: Results) -> Obstacle | None:
    where = f"{table.name}.{column.shown}"
    outermost = column.domain or domain
    if domain.not_null and None in value:
        return Obstacle(
            Kind.DOMAIN,
            (column.name,),
            f"{where} has a NOT NULL domain, {domain.schema}.{domain.shown}",
            PredictedError(NOT_NULL_VIOLATION, f"domain {outermost.name} does not allow null values"),
            certain=value == NULL_ONLY,
        )
    return _domain_check(table, column, domain, value) if domain.checks else None


def _domain_check(table: Table, column: Column, domain: Domain, value: Results) -> Obstacle | None:
    from fkdash.rules.actions.meeting import CheckOutcome, domain_outcome
    from fkdash.rules.sql.expression import bracketed  # the SQL parser takes a while to load

    for check in sorted(domain.checks, key=lambda check: check.name):
        outcome = domain_outcome(check.expression, value)
        if outcome is not CheckOutcome.HOLDS:
            return Obstacle(
                Kind.DOMAIN,
                (column.name,),
                f"{table.name}.{column.shown} has a domain, {domain.schema}.{domain.shown}, with CHECK "
                f"{bracketed(check.expression)}",
                PredictedError(
                    CHECK_VIOLATION,
                    f'value for domain {(column.domain or domain).name} violates check constraint "{check.name}"',
                ),
                certain=outcome is CheckOutcome.FAILS,
            )
    return None


def _without_partition(
    catalog: Catalog, root: Table, written: Iterable[Column], values: Mapping[str, Results]
) -> Iterator[Obstacle]:
    """Give the written values that no partition takes: the row would have to move and has nowhere to go."""
    inside = root.kind is TableKind.PARTITIONED or root.partition_of is not None
    for column in written if inside else ():
        if values[column.name] != NULL_ONLY:
            yield from _perhaps_without_partition(catalog, root, column)
            continue
        homeless = leaving(catalog, root, column.name) or refusing_null(catalog, root, column.name)
        if homeless is not None and homeless.own:
            yield Obstacle(
                Kind.PARTITION,
                (column.name,),
                f"{root.name} is the partition for other values of {column.shown}",
                PredictedError(
                    CHECK_VIOLATION, f'new row for relation "{root.name.name}" violates partition constraint'
                ),
                certain=homeless.certain,
            )
        elif homeless is not None:
            yield Obstacle(
                Kind.PARTITION,
                (column.name,),
                f"{homeless.table.name} is partitioned by {column.shown} and no partition takes NULL",
                PredictedError(
                    CHECK_VIOLATION, f'no partition of relation "{homeless.table.name.name}" found for row'
                ),
                certain=homeless.certain,
            )


def _perhaps_without_partition(catalog: Catalog, root: Table, column: Column) -> Iterator[Obstacle]:
    """Give where a value that is not NULL may have no partition: the bounds of partitions are not known."""
    if is_left(catalog, root, column.name):
        reason = f"{root.name} is the partition for some values of {column.shown} only"
        message = f'new row for relation "{root.name.name}" violates partition constraint'
    elif (found := without_default(catalog, root, column.name)) is not None:
        reason = f"{found.name} is partitioned by {column.shown} and has no DEFAULT partition"
        message = f'no partition of relation "{found.name.name}" found for row'
    else:
        return
    yield Obstacle(Kind.PARTITION, (column.name,), reason, PredictedError(CHECK_VIOLATION, message), certain=False)


def _not_nulls(table: Table, written: Iterable[Column], values: Mapping[str, Results]) -> Iterator[Obstacle]:
    if table.generated_columns:
        values = {**_computed(table, values), **values}
        written = _written(table, values)
    for column in written:
        value = values[column.name]
        # What a generated column of a locked table is computed from is not known.
        if not column.not_null or None not in value or (column.generated and not column.default):
            continue
        where = f"{table.name}.{column.shown}"
        reason = "is part of the primary key" if column.name in table.primary_key else "is NOT NULL"
        if column.identity:
            reason = "is an identity column"
        if column.generated:
            reason = f"is NOT NULL and computed from it as {shown(column.default or '')}"
        yield Obstacle(
            Kind.NOT_NULL,
            (column.name,),
            f"{where} {reason}",
            not_null_error(table, column),
            certain=value == NULL_ONLY,
            generated=column.generated,
        )


def _computed(table: Table, values: Mapping[str, Results]) -> Mapping[str, Results]:
    from fkdash.rules.actions.meeting import generated_from  # the SQL parser takes a while to load

    return generated_from(table, values)


def _checks(table: Table, write: Write, values: Mapping[str, Results]) -> Iterator[Obstacle]:
    checks = [check for check in table.checks if check.enforced and check.expression]
    if not checks:
        return
    from fkdash.rules.actions.meeting import CheckOutcome, check_outcome
    from fkdash.rules.sql.expression import bracketed  # the SQL parser takes a while to load

    for check in sorted(checks, key=lambda check: check.name):
        outcome = check_outcome(table, check.expression, values, referring=write.key.columns, held=check.validated)
        # Rows from before may violate it, and every UPDATE evaluates it again.
        unproven = outcome is CheckOutcome.HOLDS and not check.validated
        if outcome is CheckOutcome.HOLDS and not unproven:
            continue
        unchecked = "" if check.validated else ", NOT VALID: rows from before may violate it"
        read = {table.columns_by_number[number].name for number in check.columns}
        touched = tuple(name for name in write.columns if name in read) or write.columns
        yield Obstacle(
            Kind.CHECK,
            touched,
            f"{table.name} has CHECK {check.shown} {bracketed(check.expression)}{unchecked}",
            check_error(table, check),
            certain=outcome is CheckOutcome.FAILS,
            unproven=(table.name, check.name) if unproven else None,
        )


def _uniques(table: Table, written: Iterable[Column], values: Mapping[str, Results]) -> Iterator[Obstacle]:
    """Give the unique indexes in which the written value, or what is computed from it, may stand already."""
    indexes = [index for index in table.indexes if index.unique or index.exclusion]
    computed = _computed_in(table, indexes, values)
    given = {**computed, **values}
    numbers = {column.number: column.name for column in (*written, *_written(table, computed))}
    for index in indexes:
        touched = tuple([numbers[number] for number in index.columns if number in numbers])
        enters = _enters(index, values)
        if not touched and not enters:
            continue
        if any(given[name] == NULL_ONLY for name in touched) and not index.nulls_not_distinct:
            continue
        alone = len(touched) == len(index.columns) and all(known(given[name]) for name in touched)
        named = tuple(name for name in touched if name in values) or enters or tuple(values)
        yield _unique_obstacle(
            table, index, named, alone=alone and index.predicate is None and not index.exclusion
        )


def _computed_in(table: Table, indexes: Iterable[Index], values: Mapping[str, Results]) -> Mapping[str, Results]:
    """Give what is known of the generated columns in these indexes; what a locked table's are is not known."""
    numbers = {number for index in indexes for number in index.columns}
    if all(column.number not in numbers or not column.default for column in table.generated_columns):
        return {}
    columns = table.columns_by_name
    return {name: each for name, each in _computed(table, values).items() if columns[name].default}


def _enters(index: Index, values: Mapping[str, Results]) -> tuple[str, ...]:
    """Give the written columns that decide whether a row is in an index, or that its entry is computed from."""
    if not index.predicate and not index.expressions:
        return ()
    from fkdash.rules.actions.predicate import computed_from, deciding  # the SQL parser takes a while to load

    return deciding(index, values) or computed_from(index, values)


def _unique_obstacle(table: Table, index: Index, touched: tuple[str, ...], *, alone: bool) -> Obstacle:
    if index.exclusion:
        error = PredictedError(
            EXCLUSION_VIOLATION, f'conflicting key value violates exclusion constraint "{index.name}"'
        )
    else:
        error = PredictedError(UNIQUE_VIOLATION, f'duplicate key value violates unique constraint "{index.name}"')
    distinct = " NULLS NOT DISTINCT" if index.nulls_not_distinct else ""
    what = "exclusion constraint" if index.exclusion else f"unique{distinct} index"
    return Obstacle(Kind.UNIQUE, touched, f"{table.name} has the {what} {index.shown}", error, certain=alone)


def _half_keys(catalog: Catalog, write: Write, values: Mapping[str, Results]) -> Iterator[Obstacle]:
    """Give the MATCH FULL keys that would be left half NULL (23503)."""
    for other in _full_keys(catalog).get(write.key.table, ()):
        touched = tuple(name for name in other.columns if name in values)
        if not touched:
            continue
        parts = [_after(write.key, other, name, values) for name in other.columns]
        half = any(part == NULL_ONLY for part in parts) and any(None not in part for part in parts)
        possible = any(None in part for part in parts) and any(part != NULL_ONLY for part in parts)
        if half or possible:
            yield Obstacle(
                Kind.MATCH_FULL,
                touched,
                f"{other.shown} is MATCH FULL over ({listed(other.columns)}): all of its columns are NULL or "
                "none is",
                no_such_row_error(catalog, other),
                certain=half,
            )


@once_per_catalog
def _full_keys(catalog: Catalog) -> Mapping[TableName, Sequence[ForeignKey]]:
    """Give for each table its MATCH FULL keys of several columns that are checked."""
    found: dict[TableName, list[ForeignKey]] = {}
    for key in catalog.foreign_keys:
        if key.match is Match.FULL and len(key.columns) > 1 and check_runs(catalog, key):
            found.setdefault(key.table, []).append(key)
    return found


def _after(key: ForeignKey, other: ForeignKey, name: str, values: Mapping[str, Results]) -> Results:
    """Give what is known of a MATCH FULL column afterwards; a referring row has none of them NULL."""
    if name in values:
        return values[name]
    whole = other is key or (other.validated and not set(key.columns).isdisjoint(other.columns))
    return ANYTHING - NULL_ONLY if whole or name in key.columns else ANYTHING


def _written(table: Table, names: Iterable[str]) -> Sequence[Column]:
    """Give the columns with these names in the table's order."""
    columns = table.columns_by_name
    found = [columns[name] for name in names if name in columns]
    return found if len(found) == 1 else sorted(found, key=attrgetter("number"))
