"""What statements say, once read: plain facts, with names as written and nothing looked up yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from fkdash.catalog.files.facts import RuleFact
    from fkdash.catalog.files.reading.named_nodes import Named
    from fkdash.catalog.files.reading.tokens import Token

Name = tuple[str, ...]
"""A dotted name, as the catalog would store its parts."""


@fact
class TypeSaid:
    """A type as it is written; `modifier` is what stands in its parentheses."""

    name: Name
    modifier: str = ""
    array: bool = False
    quoted: bool = False


@fact
class ExpressionSaid:
    """An expression as it is written."""

    text: str
    tokens: tuple[Token, ...]


@fact
class References:
    """What a foreign key says behind REFERENCES; no `columns` mean the primary key."""

    table: Name
    columns: tuple[str, ...] = ()
    match: str = "SIMPLE"
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    delete_columns: tuple[str, ...] = ()
    period: bool = False


@fact
class IndexPart:
    """One column or expression of an index."""

    column: str | None = None
    expression: ExpressionSaid | None = None
    opclass: Name = ()
    operator: str = ""


@fact
class ConstraintSaid:
    """A constraint or another property of a column.

    `kind` is pg_constraint's letter (p, u, c, f, x, n), or `null`, `default`, `identity`, `generated`, `collate`.
    `value` is ALWAYS's or the collation's.
    """

    kind: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    expression: ExpressionSaid | None = None
    references: References | None = None
    include: tuple[str, ...] = ()
    parts: tuple[IndexPart, ...] = ()
    method: str = "btree"
    predicate: ExpressionSaid | None = None
    using_index: str | None = None
    nulls_not_distinct: bool = False
    without_overlaps: bool = False
    period: bool = False
    deferrable: bool | None = None
    initially_deferred: bool = False
    not_valid: bool = False
    enforcement: tuple[bool, ...] = ()
    no_inherit: bool = False
    always: bool = False
    stored: bool | None = None
    value: Name = ()

    @property
    def enforced(self) -> bool:
        """Whether it is enforced, as everything is that does not say otherwise."""
        return all(self.enforcement)


OwnConstraint = tuple[ConstraintSaid, tuple[str, ...]]
"""A constraint and the columns that it is on."""


@fact
class ColumnSaid:
    """A column of CREATE TABLE or ADD COLUMN; `type` is None in a typed table or a partition."""

    name: str
    type: TypeSaid | None
    constraints: tuple[ConstraintSaid, ...] = ()


@fact
class LikeSaid:
    """LIKE table with what it includes."""

    table: Name
    including: frozenset[str] = frozenset()


@fact
class Partitioning:
    """PARTITION BY; a column is None for an expression."""

    strategy: str
    columns: tuple[str | None, ...]
    expressions: tuple[ExpressionSaid, ...] = ()


@fact
class CreateTable:
    """CREATE TABLE in all its forms; `kind` is r or f, `bound` the partition's bound as written."""

    name: Name
    elements: tuple[ColumnSaid | ConstraintSaid | LikeSaid, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    on_commit_drop: bool = False
    kind: str = "r"
    inherits: tuple[Name, ...] = ()
    partition_of: Name | None = None
    bound: str = ""
    of_type: Name | None = None
    partitioning: Partitioning | None = None
    query: str | None = None
    server: str = ""


@fact
class Act:
    """One action of ALTER TABLE: `what` in a few words, and what goes with it."""

    what: str
    name: str = ""
    other: str = ""
    column: ColumnSaid | None = None
    constraint: ConstraintSaid | None = None
    type: TypeSaid | None = None
    expression: ExpressionSaid | None = None
    table: Name = ()
    if_exists: bool = False
    cascade: bool = False
    only: bool = False
    flags: tuple[tuple[str, bool], ...] = ()


@fact
class AlterTable:
    """ALTER TABLE, also spelled ALTER VIEW and the like (`kind`)."""

    kind: str
    name: Name
    acts: tuple[Act, ...]
    if_exists: bool = False
    only: bool = False


@fact
class CreateIndex:
    """CREATE INDEX."""

    table: Name
    parts: tuple[IndexPart, ...]
    name: str | None = None
    unique: bool = False
    if_not_exists: bool = False
    only: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    predicate: ExpressionSaid | None = None


@fact
class Drop:
    """DROP of what is followed; `kind` in lower case. `signatures` are those of functions, None if not said."""

    kind: str
    names: tuple[Name, ...]
    if_exists: bool = False
    cascade: bool = False
    on: Name = ()
    signatures: tuple[str | None, ...] = ()


@fact
class CreateOther:
    """CREATE of something that only has a name here: schema, sequence, view, type, extension.

    `detail` is the kind of a type, `words` are those of a view's query, which reads from `named`, `inner` what is
    made in a schema, `owner` the column that a sequence goes with, `query` a view's,
    `labels` an enum's.
    """

    kind: str
    name: Name
    if_not_exists: bool = False
    or_replace: bool = False
    temporary: bool = False
    detail: str = ""
    schema: str = ""
    columns: tuple[ColumnSaid, ...] = ()
    words: frozenset[str] = frozenset()
    inner: tuple[Node, ...] = ()
    named: tuple[Named, ...] = ()
    owner: Name = ()
    query: tuple[Token, ...] = ()
    labels: tuple[str, ...] = ()


@fact
class CreateDomain:
    """CREATE DOMAIN."""

    name: Name
    type: TypeSaid
    constraints: tuple[ConstraintSaid, ...] = ()


@fact
class AlterDomain:
    """ALTER DOMAIN, one action."""

    name: Name
    act: Act


@fact
class AlterOther:
    """ALTER of an index, a type, a schema, a sequence, an extension, a function or a trigger, one action."""

    kind: str
    name: Name
    act: Act
    if_exists: bool = False


@fact
class AlterAttributes:
    """ALTER TYPE of a composite type's attributes, in the words for a table's columns."""

    name: Name
    acts: tuple[Act, ...]


@fact
class CreateFunction:
    """CREATE FUNCTION of one that triggers run, with its language and what stands behind AS."""

    name: Name
    language: str
    source: str | None
    or_replace: bool = False


@fact
class CreateTrigger:
    """CREATE TRIGGER; `columns` are those of UPDATE OF, `asked` those that WHEN reads.

    `keeps` says that it has transition tables, `wrong` the SQLSTATE and the words of a form that there is none of.
    """

    name: str
    table: Name
    function: Name
    before: bool = False
    row: bool = False
    events: frozenset[str] = frozenset()
    or_replace: bool = False
    constraint: bool = False
    columns: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()
    conditional: bool = False
    instead: bool = False
    keeps: bool = False
    wrong: tuple[str, str] | None = None


@fact
class CreateRule:
    """CREATE RULE; `asked` are the columns that it reads of OLD or NEW, `named` what its action reads from."""

    rule: RuleFact
    table: Name
    asked: frozenset[str]
    or_replace: bool = False
    named: tuple[Named, ...] = ()


@fact
class SetPath:
    """SET search_path; None for DEFAULT."""

    path: tuple[str, ...] | None
    local: bool = False


@fact
class Transaction:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ROLLBACK TO, RELEASE."""

    what: str
    name: str = ""


@fact
class CommentOnConstraint:
    """COMMENT ON CONSTRAINT of a table."""

    name: str
    table: Name
    text: str | None


@fact
class Do:
    """DO with the text of its block."""

    body: str
    language: str = "plpgsql"


@fact
class Skipped:
    """A statement that can touch nothing that is followed."""


@fact
class HangsOn(Skipped):
    """A policy, a function or a publication, which keeps what it uses; `doing` is create, alter, drop or forget.

    `types` are those of a function, `words` what a condition or a body may use, `conditions` those of a policy,
    `named` what a query in it reads from, `steady` whether a function is `immutable` or its text decides (`sql`),
    `others` the publications that go with one.
    """

    kind: str
    name: Name
    doing: str
    table: Name = ()
    words: frozenset[str] = frozenset()
    types: tuple[Name, ...] = ()
    signature: str = ""
    renamed: str = ""
    if_exists: bool = False
    conditions: tuple[ExpressionSaid, ...] = ()
    named: tuple[Named, ...] = ()
    steady: str = ""
    or_replace: bool = False
    others: tuple[str, ...] = ()


@fact
class Doubtful:
    """A statement that might change what is followed and is not understood."""

    reason: str


Node = (
    CreateTable
    | AlterTable
    | CreateIndex
    | Drop
    | CreateOther
    | CreateDomain
    | AlterDomain
    | AlterOther
    | AlterAttributes
    | CreateFunction
    | CreateTrigger
    | CreateRule
    | SetPath
    | Transaction
    | CommentOnConstraint
    | Do
    | Skipped
    | Doubtful
)

ROUTINES: Final = frozenset({"function", "procedure", "routine"})
"""What DROP calls functions and their like."""

SKIPPED = Skipped()
