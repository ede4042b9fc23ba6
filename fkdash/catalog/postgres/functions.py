"""What is known of the functions behind stored expressions: whose code it is, and whether looking may run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.queries import query
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from fkdash.catalog.postgres.node_tree import ExpressionTree
    from fkdash.db.session import Row, Session

IMMUTABLE: Final = "i"
STABLE: Final = "s"


@fact
class Function:
    """A function that an expression calls; `volatility` is pg_proc's letter.

    `trusted` says whether its owner's code may be run by looking. `plain` is a built-in one that reads nothing
    but its arguments, `restricted` one that not everybody may execute. `inlined` says that the planner may put
    its body in the place of a call. What follows is None where it is trusted: `source` is its text, `body` and
    `defaults` are stored expressions. `types` are those of users that it takes and gives; a call of one that is
    `polymorphic` brings others.
    """

    oid: int
    name: str
    owner: str
    trusted: bool
    volatility: str
    plain: bool
    restricted: bool
    inlined: bool
    source: str | None = None
    body: str | None = None
    defaults: str | None = None
    types: tuple[int, ...] = ()
    polymorphic: bool = False

    @property
    def evaluable(self) -> bool:
        """Whether fkdash may have the server evaluate a call: trusted, and the same for the same arguments.

        Of stable functions only built-in ones about plain values are: others may read what a read-only
        session must not, or turn a value into something by code of its type's owner.
        """
        return self.trusted and (self.volatility == IMMUTABLE or (self.volatility == STABLE and self.plain))


@fact
class Functions:
    """Functions by OID, those behind operators by the operator's OID, those of ranges by the type."""

    by_oid: Mapping[int, Function]
    by_operator: Mapping[int, Function]
    by_type: Mapping[int, tuple[Function, ...]]

    def called(self, tree: ExpressionTree) -> tuple[Function, ...]:
        """Give every function that an expression calls, by OID: by name, through an operator, to make a range.

        Every union of ranges and every text that becomes one is brought into the common form of its type.
        """
        found = {oid: self.by_oid[oid] for oid in tree.functions if oid in self.by_oid}
        for oid in tree.operators:
            if oid in self.by_operator:
                found[self.by_operator[oid].oid] = self.by_operator[oid]
        found.update(
            (each.oid, each) for oid in tree.types | tree.conversions for each in self.by_type.get(oid, ())
        )
        return tuple(found[oid] for oid in sorted(found))


def knowing_trust(name: str) -> str:
    """Give the text of a query of this room that asks whose code may be run."""
    return query("fkdash.catalog.postgres", name).replace(
        "{trusted_roles}", query("fkdash.catalog.postgres", "trusted_roles")
    )


async def read_functions(
    session: Session, trees: Iterable[ExpressionTree], more: Collection[int] = ()
) -> Functions:
    """Give the functions that expressions call, and `more` by OID; raises the session's errors."""
    listed = list(trees)
    wanted = sorted({*more, *(oid for tree in listed for oid in tree.functions)} - {0})
    operators = sorted({oid for tree in listed for oid in tree.operators} - {0})
    types = sorted({oid for tree in listed for oid in tree.types | tree.conversions})
    if not wanted and not operators and not types:
        return Functions({}, {}, {})
    by_oid: dict[int, Function] = {}
    by_operator: dict[int, Function] = {}
    by_type: dict[int, tuple[Function, ...]] = {}
    for row in await session.asked(knowing_trust("functions"), wanted, operators, types):
        function = _function(row)
        by_oid[function.oid] = function
        by_operator.update(dict.fromkeys(row["operators"], function))
        by_type.update({oid: (*by_type.get(oid, ()), function) for oid in row["ranges"]})
    return Functions(by_oid, by_operator, by_type)


def _function(row: Row) -> Function:
    return Function(
        oid=row["oid"],
        name=row["name"],
        owner=row["owner"],
        trusted=row["trusted"],
        volatility=row["volatility"],
        plain=row["plain"],
        restricted=row["restricted"],
        inlined=row["inlined"],
        source=row["source"],
        body=row["body"],
        defaults=row["defaults"],
        types=tuple(row["types"] or ()),
        polymorphic=row["polymorphic"],
    )
