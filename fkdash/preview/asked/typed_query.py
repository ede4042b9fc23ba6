"""A query that an operator types: one SELECT with parameters, which writes nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from fkdash.errors import UsageError
from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITING: Final = (exp.DDL, exp.DML, exp.Into, exp.Lock, exp.Command, exp.Placeholder)


@fact
class TypedQuery:
    """A query as it was typed, and the tables named in it, each as it is spelled there."""

    text: str
    tables: tuple[str, ...]

    def with_parameters(self, expressions: Sequence[str]) -> str:
        """Give the query with an expression in the place of each `$1`, `$2` …."""
        text, shift = self.text, 0
        for start, end, number in _parameters(self.text):
            put = expressions[number - 1]
            text = text[: start + shift] + put + text[end + shift :]
            shift += len(put) - (end - start)
        return text


def typed_query(text: str, *, parameters: int, columns: int) -> TypedQuery:
    """Give a query of `columns` columns that uses `$1` to `$parameters`; raises UsageError for anything else."""
    how = f"Write one SELECT of {columns} column{'s' if columns > 1 else ''} that uses $1"
    how += f" to ${parameters}." if parameters > 1 else "."
    try:
        parsed = sqlglot.parse(text, dialect="postgres")
    except SqlglotError:
        raise UsageError("The query cannot be read as SQL.", next_step=how) from None
    except RecursionError:
        raise UsageError("The query is nested too deeply to be read.", next_step=how) from None
    query = parsed[0] if len(parsed) == 1 else None
    tokens = sqlglot.tokenize(text, dialect="postgres")
    if (
        not isinstance(query, exp.Query)
        or any(token.token_type is TokenType.SEMICOLON for token in tokens)
        or any(isinstance(node, _WRITING) for node in query.walk())
    ):
        raise UsageError("It is not one query that only reads.", next_step=how)
    selected = query.selects
    if not query.is_star and len(selected) != columns:
        raise UsageError(f"The query gives {len(selected)} columns.", next_step=how)
    used = {number for _, _, number in _parameters(text)}
    if not used or max(used) > parameters:
        what = f"The query uses ${max(used)}." if used else "The query does not ask for the row: it has no $1."
        raise UsageError(what, next_step=how)
    tables = {_named(table) for table in query.find_all(exp.Table) if isinstance(table.this, exp.Identifier)}
    return TypedQuery(text, tuple(sorted(tables)))


def _named(table: exp.Table) -> str:
    """Spell a table's name as the server reads it: folded unless it was quoted."""
    parts = [part for part in (table.args.get("db"), table.this) if isinstance(part, exp.Identifier)]
    return ".".join('"' + _text(part).replace('"', '""') + '"' for part in parts)


def _text(part: exp.Identifier) -> str:
    return str(part.this) if part.quoted else str(part.this).lower()


def _parameters(text: str) -> list[tuple[int, int, int]]:
    """Give where each parameter stands in a text, from and to, and its number; those in strings are none."""
    tokens = sqlglot.tokenize(text, dialect="postgres")
    return [
        (token.start, following.end + 1, int(following.text))
        for token, following in pairwise(tokens)
        if token.token_type is TokenType.PARAMETER
        and following.text.isdigit()
        and token.end + 1 == following.start
    ]
