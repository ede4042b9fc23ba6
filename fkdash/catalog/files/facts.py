"""What pg_catalog would hold: the facts that statements make and change, related by object numbers as there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.catalog.table_name import quoted
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Mapping


@fact
class Template:
    """An expression in which columns are attribute numbers, so that it follows when they are renamed.

    0 is the whole row; `columns` are the numbers in it, each once, in order.
    """

    parts: tuple[str | int, ...]
    columns: tuple[int, ...] = ()

    def text(self, names: Mapping[int, str]) -> str:
        """Give the expression with the columns' names as they are now."""
        return "".join(
            part if isinstance(part, str) else quoted(names.get(part, "*")) if part else "*" for part in self.parts
        )

    def moved(self, numbers: Mapping[int, int]) -> Template:
        """Give the same over the columns of another table."""
        return Template(
            tuple(part if isinstance(part, str) else numbers.get(part, part) for part in self.parts),
            tuple(sorted(numbers.get(number, number) for number in self.columns)),
        )


@fact
class TypeRef:
    """A type: `builtin` is its name in pg_catalog, else `oid` one of ours; `modifier` as it was written."""

    builtin: str = ""
    oid: int = 0
    modifier: str = ""
    array: bool = False


@fact
class Attribute:
    """A column. `identity` is a or d, `generated` s or v; the rest is as in pg_attribute.

    `sequence` is the one that the default takes its next value from, whatever it is called by then; `default_type`
    is the type that the column had when its default was set, if it has another by now.

    `made`, `null_set`, `type_set` and `default_set` are the statements that said so last.
    """

    number: int
    name: str
    type: TypeRef
    not_null: bool = False
    default: Template | None = None
    sequence: int = 0
    default_type: int = 0
    identity: str = ""
    generated: str = ""
    collation: str | None = None
    local: bool = True
    inherited: int = 0
    made: int = 0
    null_set: int = 0
    type_set: int = 0
    default_set: int = 0


@fact
class FunctionFact:
    """A function that triggers run; `language` is "" and `source` None where no file says what it does."""

    oid: int
    schema: int
    name: str
    language: str = ""
    source: str | None = None
    made: int = 0


@fact
class Hanging:
    """A policy of `table`, a function or a publication: what it uses stays as long as it does.

    `uses` are relations with 0 or the number of a column, `types` those of a function, `words` all that it says.
    `steady` says of a function that it is `immutable`, or that its text decides (`sql`).
    """

    kind: str
    name: str
    table: int
    uses: frozenset[tuple[int, int]]
    types: frozenset[int]
    words: frozenset[str]
    steady: str = ""


@fact
class TriggerFact:
    """A trigger that somebody made; `constraint` is that of a constraint trigger.

    `columns` are those of UPDATE OF, `asked` those that WHEN reads, `conditional` says that there is a WHEN.
    `root` is a number that it shares with what partitions have of it; `parent` says that it is one of these.
    """

    name: str
    function: int
    before: bool
    row: bool
    events: frozenset[str]
    columns: tuple[int, ...] = ()
    asked: frozenset[int] = frozenset()
    conditional: bool = False
    enabled: str = "O"
    parent: bool = False
    root: int = 0
    constraint: int = 0
    made: int = 0

    @property
    def used(self) -> frozenset[int]:
        """Every column of the table that it hangs on."""
        return self.asked.union(self.columns)


@fact
class RuleFact:
    """A rewrite rule of an INSERT, UPDATE or DELETE; `alike`: its action has a statement of that kind.

    `asked` are the columns of its table that it reads of OLD or NEW, `words` all names in it, `calls` those of
    functions, `nothing` says that it does nothing.
    """

    name: str
    event: str
    instead: bool = False
    conditional: bool = False
    alike: bool = False
    nothing: bool = False
    asked: frozenset[int] = frozenset()
    words: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    enabled: str = "O"
    made: int = 0


@fact
class IndexFact:
    """What makes an index one; `labels` are the names of its own columns, the included ones among them."""

    table: int
    columns: tuple[int, ...]
    labels: tuple[str, ...]
    opclasses: tuple[str, ...]
    unique: bool = False
    primary: bool = False
    valid: bool = True
    method: str = "btree"
    expressions: tuple[Template, ...] = ()
    predicate: Template | None = None
    nulls_not_distinct: bool = False
    replica_identity: bool = False
    exclusion: tuple[str, ...] = ()
    include: tuple[int, ...] = ()
    deferrable: bool = False
    parent: int = 0
    overlaps: bool = False

    @property
    def used(self) -> frozenset[int]:
        """Every column of the table that it hangs on."""
        more = [number for each in self.expressions for number in each.columns]
        more += self.predicate.columns if self.predicate else ()
        return frozenset((*self.columns, *self.include, *more)) - {0}


@fact
class Relation:
    """Anything in pg_class; `kind` is relkind, with c for a composite type.

    `uses` are the relations and columns that a view's query may read, 0 for the relation itself, `surely` those of
    which it is certain, `calls` the names of the functions in it. `owned_by` is the
    table and column that a sequence goes with. `silenced` are the foreign keys whose triggers on this table do not
    fire as usual, with tgenabled. Of a table that is `unknown` only the name is known, one that
    is `partial` has more columns than are known. `of_type` is the composite
    type of a typed table.
    """

    oid: int
    schema: int
    name: str
    kind: str
    columns: tuple[Attribute, ...] = ()
    next_number: int = 1
    parents: tuple[int, ...] = ()
    is_partition: bool = False
    bound: str = ""
    strategy: str = ""
    key: tuple[int, ...] = ()
    key_expressions: tuple[Template, ...] = ()
    row_security: bool = False
    force_row_security: bool = False
    rules: tuple[RuleFact, ...] = ()
    triggers: tuple[TriggerFact, ...] = ()
    silenced: tuple[tuple[int, str], ...] = ()
    index: IndexFact | None = None
    uses: frozenset[tuple[int, int]] = frozenset()
    surely: frozenset[tuple[int, int]] = frozenset()
    calls: frozenset[str] = frozenset()
    owned_by: tuple[int, int] | None = None
    identity: bool = False
    temporary: bool = False
    unlogged: bool = False
    unknown: bool = False
    partial: bool = False
    of_type: int = 0
    server: str = ""
    made: int = 0

    def column(self, name: str) -> Attribute | None:
        """Give a column by name."""
        return next((column for column in self.columns if column.name == name), None)

    def is_partitioned_by(self, number: int) -> bool:
        """Tell whether it is partitioned by a column, or by an expression that reads it."""
        return number in self.key or any(number in each.columns for each in self.key_expressions)

    @property
    def names(self) -> dict[int, str]:
        """The columns' names by number."""
        return {column.number: column.name for column in self.columns}


@fact
class Constraint:
    """Anything in pg_constraint; `kind` is contype. `table` is 0 for a domain's, whose number is `domain`.

    `local` and `inherited` are conislocal and coninhcount, `parent` conparentid.
    """

    oid: int
    schema: int
    name: str
    kind: str
    table: int
    columns: tuple[int, ...] = ()
    expression: Template | None = None
    index: int = 0
    referenced: int = 0
    referenced_columns: tuple[int, ...] = ()
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    delete_columns: tuple[int, ...] = ()
    match: str = "SIMPLE"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    enforced: bool = True
    no_inherit: bool = False
    period: bool = False
    local: bool = True
    inherited: int = 0
    parent: int = 0
    domain: int = 0
    operators: tuple[str, ...] = ()
    comment: str | None = None
    made: int = 0


@fact
class TypeFact:
    """A type of a schema: `kind` is d domain, e enum, c composite, r range, m multirange, x of an extension.

    `base` is what a domain is built on, `labels` are an enum's; `made`, `null_set` and `default_set` are the
    statements that said so last.
    """

    oid: int
    schema: int
    name: str
    kind: str
    base: TypeRef | None = None
    not_null: bool = False
    default: str | None = None
    labels: tuple[str, ...] = ()
    made: int = 0
    null_set: int = 0
    default_set: int = 0
