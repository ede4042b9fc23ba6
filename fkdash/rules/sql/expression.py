"""What an SQL expression can come to when all that is known of its columns is whether they are NULL.

An expression is reduced to the set of results it can have: None for NULL, True
and False, a Decimal or a string where the value is a constant, and SOME for a
value that is not NULL and not known. The set may be too large (columns are
taken to be independent), never too small: what is not in it cannot happen.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from fkdash.rules.sql.comparison_results import COMPARISONS, cast_to, compared
from fkdash.rules.sql.depth import walkable
from fkdash.rules.sql.shown import shown
from fkdash.rules.sql.values import (
    ANYTHING,
    EITHER,
    MOST_RESULTS,
    NOT_NULL,
    NULL_ONLY,
    SOME,
    Result,
    Results,
    as_condition,
    disjunction,
    negated,
    number_of,
    widened,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# Built-in functions that give NULL as soon as an argument is NULL (proisstrict).
_STRICT: Final = (
    exp.Lower,
    exp.Upper,
    exp.Length,
    exp.Trim,
    exp.Abs,
    exp.Substring,
    exp.Round,
    exp.Floor,
    exp.Ceil,
    exp.Neg,
)
_STRICT_OPERATORS: Final = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Pow,
    exp.RegexpLike,
    exp.RegexpILike,
    exp.Like,
    exp.ILike,
)


# Built in, unqualified where search_path is pg_catalog alone, and never NULL for arguments that are not.
_NEVER_NULL: Final = frozenset(
    {
        "nextval",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "pg_backend_pid",
        "uuidv4",
        "uuidv7",
    }
)
# Those of them that the parser has a node for; CURRENT_SCHEMA is none, it may be NULL.
_NEVER_NULL_NODES: Final = (
    exp.AtTimeZone,
    exp.CurrentCatalog,
    exp.CurrentDatabase,
    exp.CurrentDate,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentUser,
    exp.Localtime,
    exp.Localtimestamp,
    exp.MD5,
    exp.Rand,
    exp.SessionUser,
    exp.Uuid,
)


@cache
def parsed(text: str) -> exp.Expr | None:
    """Give an expression's tree, None where it cannot be read or is too deep to be walked."""
    try:
        statement = sqlglot.parse_one(f"SELECT {text}", read="postgres")
    except (SqlglotError, RecursionError):
        return None
    found = statement.expressions if isinstance(statement, exp.Select) else []
    tree = found[0] if len(found) == 1 and isinstance(found[0], exp.Expr) else None
    return None if tree is None else walkable(tree)


def bracketed(text: str) -> str:
    """Give an expression on one line and in one pair of parentheses, where the catalog put one already too."""
    line = shown(text)
    return line if isinstance(parsed(text), exp.Paren) else f"({line})"


def column_name(column: exp.Expr) -> str:
    """Give a column's name as the catalog stores it: folded to lower case unless quoted."""
    identifier = column.this
    if isinstance(identifier, exp.Identifier) and identifier.args.get("quoted"):
        return str(identifier.this)
    return str(column.name).lower()


def columns_of(node: exp.Expr) -> frozenset[str]:
    """Give the names of the columns in an expression."""
    return frozenset(column_name(column) for column in node.find_all(exp.Column))


def sql_of(node: exp.Expr) -> str:
    """Give the SQL of a part of an expression, spelled once: every combination of conditions asks for it."""
    text = node.meta.get("sql")
    if text is None:
        text = node.meta["sql"] = node.sql(dialect="postgres")
    return str(text)


def results(node: exp.Expr, columns: Mapping[str, Results], atoms: Mapping[str, Results]) -> Results:
    """Give what an expression can come to.

    `columns` says what is known of columns (anything is possible for others);
    `atoms` fixes whole conditions by their SQL, so that one condition that
    occurs twice comes to the same thing twice.
    """
    if atoms:
        fixed = atoms.get(sql_of(node))
        if fixed is not None:
            return fixed
    return _Evaluation(columns, atoms).of(node)


class _Evaluation:
    """One evaluation, holding what is known."""

    def __init__(self, columns: Mapping[str, Results], atoms: Mapping[str, Results]) -> None:
        self._columns = columns
        self._atoms = atoms

    def of(self, node: exp.Expr) -> Results:
        for kind, rule in _RULES:
            if isinstance(node, kind):
                found = rule(self, node)
                return found if len(found) <= MOST_RESULTS else widened(found)
        return ANYTHING

    def sub(self, node: exp.Expr) -> Results:
        return results(node, self._columns, self._atoms)

    def condition(self, node: exp.Expr) -> Results:
        return as_condition(self.sub(node))

    def paren(self, node: exp.Expr) -> Results:
        return self.sub(node.this)

    def column(self, node: exp.Expr) -> Results:
        return self._columns.get(column_name(node), ANYTHING)

    def literal(self, node: exp.Expr) -> Results:
        if node.args.get("is_string"):
            return frozenset({str(node.this)})
        number = number_of(str(node.this))
        return NOT_NULL if number is None else frozenset({number})

    def null(self, _node: exp.Expr) -> Results:
        return NULL_ONLY

    def boolean(self, node: exp.Expr) -> Results:
        return frozenset({bool(node.this)})

    def both(self, node: exp.Expr) -> Results:
        pairs = product(negated(self.condition(node.this)), negated(self.condition(node.expression)))
        return negated(frozenset(disjunction(left, right) for left, right in pairs))

    def either(self, node: exp.Expr) -> Results:
        pairs = product(self.condition(node.this), self.condition(node.expression))
        return frozenset(disjunction(left, right) for left, right in pairs)

    def negation(self, node: exp.Expr) -> Results:
        return negated(self.condition(node.this))

    def test(self, node: exp.Expr) -> Results:
        """IS NULL, IS TRUE and their negations: never NULL."""
        wanted = node.expression
        if isinstance(wanted, exp.Null):
            found = self._null_test(node.this, negate=bool(node.args.get("negate")))
        elif isinstance(wanted, exp.Boolean):
            found = frozenset(each is bool(wanted.this) for each in self.condition(node.this))
            found = negated(found) if node.args.get("negate") else found
        else:
            found = EITHER
        return found

    def _null_test(self, operand: exp.Expr, *, negate: bool) -> Results:
        fields = _row_fields(operand)
        if fields is None:
            return frozenset((each is None) is not negate for each in self.sub(operand))
        # A row IS NULL when all its fields are, and IS NOT NULL when none is; in between it is neither.
        wanted = [frozenset((each is None) is not negate for each in self.sub(one)) for one in fields]
        return frozenset(all(chosen) for chosen in product(*wanted))

    def comparison(self, node: exp.Expr) -> Results:
        some_of = node.expression
        if isinstance(some_of, exp.Any):
            return self._membership(node, _array_items(some_of.this), wanted=exp.EQ)
        if isinstance(some_of, exp.Anonymous) and str(some_of.this).upper() == "ALL":
            items = _array_items(some_of.expressions[0]) if len(some_of.expressions) == 1 else None
            return self._membership(node, items, wanted=exp.NEQ)
        return frozenset().union(
            *(
                compared(type(node), left, right)
                for left, right in product(self.sub(node.this), self.sub(node.expression))
            )
        )

    def _membership(self, node: exp.Expr, items: list[exp.Expr] | None, *, wanted: type[exp.Expr]) -> Results:
        left = self.sub(node.this)
        if items is None or not isinstance(node, wanted):
            return as_condition(left | ANYTHING) if None in left else frozenset({True, False, None})
        found = self._in(left, items)
        return negated(found) if wanted is exp.NEQ else found

    def _in(self, left: Results, items: list[exp.Expr]) -> Results:
        values = [self.sub(item) for item in items]
        found: set[Result] = set()
        for each in left:
            any_of: Results = frozenset({False})
            for value in values:
                hit = frozenset().union(*(compared(exp.EQ, each, one) for one in value))
                any_of = frozenset(disjunction(before, now) for before, now in product(any_of, hit))
            found |= any_of
        return frozenset(found)

    def in_list(self, node: exp.Expr) -> Results:
        if node.args.get("query") is not None or node.args.get("unnest") is not None:
            return frozenset({True, False, None})
        return self._in(self.sub(node.this), list(node.expressions))

    def between(self, node: exp.Expr) -> Results:
        operand = node.this
        return self.both(
            exp.And(
                this=exp.GTE(this=operand.copy(), expression=node.args["low"].copy()),
                expression=exp.LTE(this=operand.copy(), expression=node.args["high"].copy()),
            )
        )

    def distinct(self, node: exp.Expr) -> Results:
        found: set[Result] = set()
        for left, right in product(self.sub(node.this), self.sub(node.expression)):
            if left is None or right is None:
                found.add((left is None) is not (right is None))
            else:
                found |= compared(exp.NEQ, left, right)
        return negated(frozenset(found)) if isinstance(node, exp.NullSafeEQ) else frozenset(found)

    def case(self, node: exp.Expr) -> Results:
        operand = node.args.get("this")
        found: set[Result] = set()
        for branch in node.args["ifs"]:
            condition = (
                self.comparison(exp.EQ(this=operand.copy(), expression=branch.this.copy()))
                if operand
                else self.condition(branch.this)
            )
            if True in condition:
                found |= self.sub(branch.args["true"])
            if condition == {True}:
                return frozenset(found)
        default = node.args.get("default")
        return frozenset(found | (self.sub(default) if default is not None else NULL_ONLY))

    def coalesce(self, node: exp.Expr) -> Results:
        found: set[Result] = set()
        for operand in (node.this, *node.expressions):
            one = self.sub(operand)
            found |= one - NULL_ONLY
            if None not in one:
                return frozenset(found)
        return frozenset(found | NULL_ONLY)

    def cast(self, node: exp.Expr) -> Results:
        return frozenset(cast_to(each, node.args["to"]) for each in self.sub(node.this))

    def negative(self, node: exp.Expr) -> Results:
        return frozenset(
            -each if isinstance(each, Decimal) else None if each is None else SOME for each in self.sub(node.this)
        )

    def strict(self, node: exp.Expr) -> Results:
        operands = [value for value in node.iter_expressions() if not isinstance(value, exp.DataType)]
        nulls = [self.sub(operand) for operand in operands]
        if any(found == NULL_ONLY for found in nulls):
            return NULL_ONLY
        return ANYTHING if any(None in found for found in nulls) else NOT_NULL

    def joined(self, node: exp.Expr) -> Results:
        """|| of texts is NULL with a NULL beside it, of arrays it is not."""
        if _is_text(node.this) and _is_text(node.expression):
            return self.strict(node)
        both = (self.sub(node.this), self.sub(node.expression))
        return ANYTHING if any(None in found for found in both) else NOT_NULL

    def filled(self, _node: exp.Expr) -> Results:
        """Give what is put together of anything: with NULLs in it it is not NULL itself."""
        return NOT_NULL

    def function(self, node: exp.Expr) -> Results:
        name = str(node.this).lower()
        if name in _NEVER_NULL:
            return NOT_NULL
        if name not in {"num_nonnulls", "num_nulls"} or any(
            isinstance(each, exp.Kwarg | exp.Star) or each.sql().upper().startswith("VARIADIC")
            for each in node.expressions
        ):
            return ANYTHING
        counted = [
            frozenset(int((each is None) is (name == "num_nulls")) for each in self.sub(one))
            for one in node.expressions
        ]
        sums = {0}
        for one in counted:
            sums = {total + add for total in sums for add in one}
        return frozenset(Decimal(total) for total in sums)


_RULES: Final[tuple[tuple[type | tuple[type, ...], Callable[[_Evaluation, exp.Expr], Results]], ...]] = (
    (exp.Paren, _Evaluation.paren),
    (exp.Column, _Evaluation.column),
    (exp.Literal, _Evaluation.literal),
    (exp.Null, _Evaluation.null),
    (exp.Boolean, _Evaluation.boolean),
    (exp.And, _Evaluation.both),
    (exp.Or, _Evaluation.either),
    (exp.Not, _Evaluation.negation),
    (exp.Is, _Evaluation.test),
    ((exp.NullSafeEQ, exp.NullSafeNEQ), _Evaluation.distinct),
    (tuple(COMPARISONS), _Evaluation.comparison),
    (exp.In, _Evaluation.in_list),
    (exp.Between, _Evaluation.between),
    (exp.Case, _Evaluation.case),
    (exp.Coalesce, _Evaluation.coalesce),
    (exp.Cast, _Evaluation.cast),
    (exp.Neg, _Evaluation.negative),
    (_STRICT_OPERATORS + _STRICT + _NEVER_NULL_NODES, _Evaluation.strict),
    (exp.DPipe, _Evaluation.joined),
    (exp.Array, _Evaluation.filled),
    (exp.Anonymous, _Evaluation.function),
)


def _is_text(node: exp.Expr) -> bool:
    """Tell whether it is spelled that an operand is a text."""
    node = node.unnest()
    if isinstance(node, exp.DPipe):
        return _is_text(node.this) and _is_text(node.expression)
    return isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES and not node.to.expressions


def _row_fields(node: exp.Expr) -> list[exp.Expr] | None:
    node = node.unnest()
    if isinstance(node, exp.Tuple) or (isinstance(node, exp.Anonymous) and str(node.this).upper() == "ROW"):
        return list(node.expressions)
    return None


def _array_items(node: exp.Expr) -> list[exp.Expr] | None:
    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    return list(node.expressions) if isinstance(node, exp.Array) else None
