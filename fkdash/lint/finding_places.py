"""Where a finding stands in the files: the statement that completed it, and the one that began it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.table_name import visible
from fkdash.lint.place import Place
from fkdash.rules.finding import HangsOn
from fkdash.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fkdash.catalog.files.facts import Constraint, Relation, TypeRef
    from fkdash.catalog.files.script import Said, Script
    from fkdash.catalog.model import ForeignKey
    from fkdash.catalog.table_name import TableName
    from fkdash.rules.finding import Finding

_LONGEST: Final = 160


def spots_of(script: Script, finding: Finding) -> tuple[Place | None, Place | None]:
    """Give where a finding was completed and where it began; None where that is not known or the same."""
    key = finding.path[-1] if finding.path else finding.key
    numbers = sorted({number for number in _numbers(script, finding, key) if number})
    if not numbers:
        return None, None
    words = (key.name, *finding.columns)
    completed = spot(script.said[numbers[-1]], words)
    if len(numbers) == 1:
        return completed, None
    own = _own(script, key)
    began = own if own and own != numbers[-1] else numbers[-2]
    return completed, spot(script.said[began], words)


def _numbers(script: Script, finding: Finding, key: ForeignKey) -> Iterator[int]:
    """Give the statements that said what a finding hangs on."""
    hangs_on = rule(finding.rule).hangs_on
    yield _own(script, key)
    for each in finding.path:
        yield _own(script, each)
    table = _table(script, key.table)
    if table is None:
        return
    columns = finding.columns if finding.key is key else key.columns
    yield from _of_columns(script, hangs_on, table, columns)
    if HangsOn.CODE in hangs_on:
        yield from _of_what_runs(script, table, finding)
    if HangsOn.CHECKS in hangs_on:
        yield from _of_checks(script, table, columns)
    if HangsOn.UNIQUE in hangs_on:
        names = {column.number for column in table.columns if column.name in columns}
        yield from (
            index.made for index in script.state.indexes_on(table.oid)
            if index.index is not None and index.index.unique and names & set(index.index.columns)
        )  # fmt: skip
    if HangsOn.TYPES in hangs_on:
        referenced = _table(script, key.referenced)
        if referenced is not None:
            yield from _of_columns(script, hangs_on, referenced, key.referenced_columns)


def _of_columns(
    script: Script, hangs_on: frozenset[HangsOn], table: Relation, names: Iterable[str]
) -> Iterator[int]:
    for name in names:
        column = table.column(name)
        if column is None:
            continue
        if HangsOn.NOT_NULL in hangs_on and column.not_null:
            yield column.null_set or column.made
        if HangsOn.DEFAULTS in hangs_on:
            yield column.default_set
        if HangsOn.TYPES in hangs_on:
            yield column.type_set
        if HangsOn.COLUMNS in hangs_on:
            yield column.made
        yield from _of_domains(script, hangs_on, column.type)


def _of_domains(script: Script, hangs_on: frozenset[HangsOn], kind: TypeRef) -> Iterator[int]:
    """Give the statements about a column's domain, and about those that it is built on."""
    domain = script.state.types.get(kind.oid)
    if domain is None or domain.base is None:
        return
    if HangsOn.NOT_NULL in hangs_on and domain.not_null:
        yield domain.null_set or domain.made
    if HangsOn.DEFAULTS in hangs_on:
        yield domain.default_set or domain.made
    if HangsOn.CHECKS in hangs_on:
        yield from (
            each.made
            for each in script.state.constraints.values()
            if each.domain == domain.oid and each.kind == "c"
        )
    yield from _of_domains(script, hangs_on, domain.base)


def _of_checks(script: Script, table: Relation, names: Iterable[str]) -> Iterator[int]:
    numbers = {column.number for column in table.columns if column.name in names}
    for check in script.state.constraints_on(table.oid, "c"):
        if numbers & set(check.columns):
            yield check.made


def _of_what_runs(script: Script, table: Relation, finding: Finding) -> Iterator[int]:
    """Give the statements that made, or let fire, the triggers and rules that a finding names as evidence."""
    state = script.state
    for trigger in table.triggers:
        if any(each.startswith(f"trigger {visible(trigger.name)} runs ") for each in finding.evidence):
            yield trigger.made
            yield state.functions[trigger.function].made
    for rewriting in table.rules:
        if any(each.startswith(f"rule {visible(rewriting.name)} ") for each in finding.evidence):
            yield rewriting.made
    for partition in state.children(table.oid) if table.kind == "p" else ():
        yield from _of_what_runs(script, partition, finding)


def _table(script: Script, name: TableName) -> Relation | None:
    return script.state.find((name.schema, name.name))


def constraint_of(script: Script, key: ForeignKey) -> Constraint | None:
    """Give the constraint that a foreign key of the catalog is."""
    table = _table(script, key.table)
    return script.state.constraint(table, key.name) if table is not None and key.name else None


def _own(script: Script, key: ForeignKey) -> int:
    found = constraint_of(script, key)
    return found.made if found is not None else 0


def spot(said: Said, words: Iterable[str]) -> Place:
    """Give a statement's place with its first line and the first that names one of the words."""
    statement = said.statement
    lines = (statement.shown or statement.text).splitlines() or [""]
    telling = next(
        (number for word in words if word for number, line in enumerate(lines) if word.lower() in line.lower()), 0
    )
    chosen = sorted({0, telling})
    return Place(
        said.file,
        statement.line,
        statement.column,
        tuple((statement.line + number, lines[number].rstrip()[:_LONGEST]) for number in chosen),
    )
