"""What the stored expressions of the reached tables call, and which of them a preview may have evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.catalog.postgres.functions import IMMUTABLE, STABLE, read_functions
from fkdash.catalog.postgres.node_tree import TOO_LONG, read_tree
from fkdash.catalog.postgres.planted import EVALUATED, not_run
from fkdash.fact import derived, deriving_fact, fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.catalog.postgres.functions import Functions
    from fkdash.db.session import Session
    from fkdash.errors import NotRun

VOLATILE: Final = "v"
_NOT_PLAIN: Final = frozenset({"SQLVALUEFUNCTION", "COERCEVIAIO", "SUBLINK", "PARAM", TOO_LONG})
_JOINING: Final = frozenset({2003, 2004})
"""The OIDs of textanycat and anytextcat: what `||` calls for a text and a value of another type."""
_USER_DEPENDENT: Final = ("CURRENT_USER", "SESSION_USER", "CURRENT_ROLE", "current_user", "session_user")


@fact
class MadeOf:
    """A type: the types that it consists of, and the stored expressions of its own checks."""

    parts: tuple[int, ...]
    checks: tuple[str, ...]


@deriving_fact
class Called:
    """The functions behind expressions, and what the types are made of that they turn something into."""

    functions: Functions
    types: Mapping[int, MadeOf]

    def risk(self, text: str | None) -> str | None:
        """Give `v` where only the real run can evaluate an expression, else `s`, `i`, or None without a call.

        What looking must not run counts as volatile: what the server says of it is not known.
        """
        tree = read_tree(text)
        if TOO_LONG in tree.kinds:
            return VOLATILE
        called = self.functions.called(tree)
        # What || makes of a type of users is that one's cast, which may be anybody's.
        joining = frozenset() if tree.types else _JOINING
        if (
            any(not each.evaluable and each.oid not in joining for each in called)
            or self.unsafe & tree.conversions
        ):
            return VOLATILE
        if any(each.volatility == STABLE for each in called):
            return STABLE
        return IMMUTABLE if called else None

    def steady(self, text: str | None, sql: str | None) -> bool:
        """Tell whether evaluating an expression now gives what the real run would get."""
        return self.risk(text) != VOLATILE and not (sql and any(word in sql for word in _USER_DEPENDENT))

    def plain(self, text: str | None) -> bool:
        """Tell whether the columns in an expression decide it alone, and nobody is refused its functions."""
        tree = read_tree(text)
        return (
            text is not None
            and not _NOT_PLAIN & tree.kinds
            and not self.unsafe & tree.conversions
            and all(
                each.volatility == IMMUTABLE and each.trusted and not each.restricted
                for each in self.functions.called(tree)
            )
        )

    def restricted(self, *texts: str | None) -> tuple[int, ...]:
        """Give the functions in expressions that not everybody may execute."""
        called = (each for text in texts for each in self.functions.called(read_tree(text)))
        return tuple(dict.fromkeys(each.oid for each in called if each.restricted))

    def not_run(self, what: str, *texts: str | None) -> tuple[NotRun, ...]:
        """Give what is not evaluated of expressions in the object `what`, as it is another role's code."""
        trees = [read_tree(text) for text in texts]
        trees += [read_tree(check) for tree in trees for oid in tree.conversions for check in self._checks_in(oid)]
        called = (each for tree in trees for each in self.functions.called(tree))
        return tuple(dict.fromkeys(not_run(what, each, EVALUATED) for each in called if not each.trusted))

    def checks_of_type(self, what: str, oid: int) -> tuple[NotRun, ...]:
        """Give what turning a text into a type would run of other roles' code, a domain's own checks aside."""
        parts = self.types[oid].parts if oid in self.types else ()
        return self.not_run(what, *(check for part in parts for check in self._checks_in(part)))

    @derived
    def unsafe(self) -> frozenset[int]:
        """The types of which a text becomes a value only through checks that must not be evaluated here."""
        return frozenset(
            oid for oid in self.types if any(self.risk_of_check(check) for check in self._checks_in(oid))
        )

    def risk_of_check(self, check: str) -> bool:
        """Tell whether a domain's check must not be evaluated here, or is not known."""
        tree = read_tree(check)
        return TOO_LONG in tree.kinds or any(not each.evaluable for each in self.functions.called(tree))

    def _checks_in(self, oid: int) -> Iterable[str]:
        """Give the checks of a type and of everything that it is made of."""
        seen: set[int] = set()
        left = [oid]
        while left:
            each = left.pop()
            if each not in seen and each in self.types:
                seen.add(each)
                yield from self.types[each].checks
                left.extend(self.types[each].parts)


async def read_called(session: Session, texts: Iterable[str | None], types: Mapping[int, MadeOf]) -> Called:
    """Give what expressions call; raises the session's errors."""
    checks = (check for each in types.values() for check in each.checks)
    trees = [read_tree(text) for text in {*texts, *checks} if text]
    return Called(await read_functions(session, trees), types)


def conversions_of(texts: Iterable[str | None]) -> frozenset[int]:
    """Give the types of users that expressions turn something into."""
    return frozenset(oid for text in texts for oid in read_tree(text).conversions)
