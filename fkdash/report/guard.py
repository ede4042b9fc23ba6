"""A guard's query as the code that an application runs before it deletes, in the style of its tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.db.text import plain
from fkdash.pasting import for_psql, in_comment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fkdash.preview.guard import Guard, Parameter

TOOLS: Final = ("sql", "node-postgres", "drizzle", "prisma", "sqlalchemy", "django", "rails")


def guard_code(guard: Guard, tool: str) -> str:
    """Give the code for one of TOOLS."""
    return _TOOLS[tool](guard)


def _sql(guard: Guard) -> str:
    lines = [f"-- {line}" for line in _comment(guard)]
    lines += [f"-- ${number}: the {each.column}s to delete, {each.type}[]" for number, each in _numbered(guard)]
    return "\n".join((*map(_one_line, lines), f"{for_psql(guard.sql(lambda number: f'${number}'))};", ""))


def _node_postgres(guard: Guard) -> str:
    names = _names(guard, camel=True)
    return "\n".join(
        (
            *_slashes(guard),
            f"const GUARD = `{_template(guard.sql(lambda number: f'${number}'))}`;",
            "",
            f"export async function {_function(guard)}(client, {', '.join(names)}) {{",
            f"  const {{ rows }} = await client.query(GUARD, [{', '.join(names)}]);",
            "  return rows.map((row) => ({ ...row, rows: Number(row.rows) }));",
            "}",
            "",
        )
    )


def _drizzle(guard: Guard) -> str:
    names = _names(guard, camel=True)
    query = _template(guard.sql(_PLACE.format))
    query = _placed(query, (f"${{sql.param({name})}}" for name in names))
    return "\n".join(
        (
            *_slashes(guard),
            'import { sql } from "drizzle-orm";',
            "",
            f"export async function {_function(guard)}(db, {', '.join(names)}) {{",
            f"  const {{ rows }} = await db.execute(sql`{query}`);",
            "  return rows.map((row) => ({ ...row, rows: Number(row.rows) }));",
            "}",
            "",
        )
    )


def _prisma(guard: Guard) -> str:
    names = _names(guard, camel=True)
    query = _template(guard.sql(_PLACE.format))
    query = _placed(query, (f"${{{name}}}" for name in names))
    return "\n".join(
        (
            *_slashes(guard),
            f"export async function {_function(guard)}(prisma, {', '.join(names)}) {{",
            f"  const rows = await prisma.$queryRaw`{query}`;",
            "  return rows.map((row) => ({ ...row, rows: Number(row.rows) }));",
            "}",
            "",
        )
    )


def _sqlalchemy(guard: Guard) -> str:
    names = _names(guard)
    query = guard.sql(_PLACE.format).replace(":", "\\:")
    query = _placed(query, (f":{name}" for name in names))
    given = ", ".join(f'"{name}": {name}' for name in names)
    return "\n".join(
        (
            *_hashes(guard),
            "from sqlalchemy import text",
            "",
            f"_GUARD = text({_python(query)})",
            "",
            "",
            f"def {_function(guard, snake=True)}(connection, {', '.join(names)}):",
            f"    return connection.execute(_GUARD, {{{given}}}).mappings().all()",
            "",
        )
    )


def _django(guard: Guard) -> str:
    names = _names(guard)
    query = guard.sql(_PLACE.format).replace("%", "%%")
    query = _placed(query, ("%s" for _ in names))
    return "\n".join(
        (
            *_hashes(guard),
            f"_GUARD = {_python(query)}",
            "",
            "",
            f"def {_function(guard, snake=True)}(connection, {', '.join(names)}):",
            "    with connection.cursor() as cursor:",
            f"        cursor.execute(_GUARD, [{', '.join(names)}])",
            "        columns = [column[0] for column in cursor.description]",
            "        return [dict(zip(columns, row)) for row in cursor.fetchall()]",
            "",
        )
    )


def _rails(guard: Guard) -> str:
    names = _names(guard)
    query = guard.sql(lambda number: f"${number}")
    ending = "GUARD"
    while ending in query:
        ending += "_"
    binds = [
        f'      ActiveRecord::Relation::QueryAttribute.new("{name}", encoder.encode({name}), '
        "ActiveRecord::Type::String.new)"
        for name in names
    ]
    return "\n".join(
        (
            *_hashes(guard),
            f"module {_function(guard)[0].upper()}{_function(guard)[1:]}",
            f"  GUARD_SQL = <<~'{ending}'",
            *(f"    {line}" for line in query.split("\n")),
            f"  {ending}",
            "",
            f"  def self.call({', '.join(names)}, connection: ActiveRecord::Base.connection)",
            "    encoder = PG::TextEncoder::Array.new",
            '    connection.exec_query(GUARD_SQL, "guard", [',
            ",\n".join(binds),
            "    ]).to_a",
            "  end",
            "end",
            "",
        )
    )


_PLACE: Final = "\0{}\0"
"""Stands for a parameter until the rest is escaped: no name in PostgreSQL can hold it."""

_TOOLS: Final[dict[str, Callable[[Guard], str]]] = {
    "sql": _sql,
    "node-postgres": _node_postgres,
    "drizzle": _drizzle,
    "prisma": _prisma,
    "sqlalchemy": _sqlalchemy,
    "django": _django,
    "rails": _rails,
}


def _placed(query: str, parameters: Iterable[str]) -> str:
    """Put each parameter, as the tool spells it, where the query has the mark that stands for it."""
    for number, parameter in enumerate(parameters, start=1):
        query = query.replace(_PLACE.format(number), parameter)
    return query


def _comment(guard: Guard) -> Iterator[str]:
    yield f"Who would refuse a DELETE from {guard.table}: a line for each key, none where it goes through."
    yield f"Counting stops at {guard.limit} rows; run it in the transaction of the DELETE."
    for each in guard.not_asked:
        yield f"Not asked: {each}"


def _slashes(guard: Guard) -> list[str]:
    return [_one_line(f"// {line}") for line in _comment(guard)]


def _hashes(guard: Guard) -> list[str]:
    return [_one_line(f"# {line}") for line in _comment(guard)]


def _one_line(text: str) -> str:
    """Give a comment that ends with its line, whatever a name has in it; JavaScript knows two more line ends."""
    return plain(in_comment(text)).replace("\u2028", " ").replace("\u2029", " ")


def _template(sql: str) -> str:
    return sql.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")


def _python(sql: str) -> str:
    """Spell a text as Python does, over several lines."""
    body = sql.replace("\\", "\\\\").replace('""', '\\"\\"')
    return f'"""{body}"""'


def _numbered(guard: Guard) -> Iterator[tuple[int, Parameter]]:
    return enumerate(guard.parameters, start=1)


def _names(guard: Guard, *, camel: bool = False) -> list[str]:
    """Give a variable for each parameter: `ids`, or the column's words with an s; by number where they clash."""
    found: list[str] = []
    for number, each in enumerate(guard.parameters, start=1):
        words = _words(each.column) or [f"key{number}"]
        name = (words[0] + "".join(word.capitalize() for word in words[1:]) if camel else "_".join(words)) + "s"
        found.append(name if name not in found and name not in _TAKEN else f"{name}{number}")
    return found


_TAKEN: Final = frozenset({"rows", "columns", "this", "class", "as", "is"})


def _function(guard: Guard, *, snake: bool = False) -> str:
    words = _words(guard.table.name) or ["rows"]
    if snake:
        return "_".join(("what", "blocks", *words))
    return "whatBlocks" + "".join(word.capitalize() for word in words)


def _words(name: str) -> list[str]:
    """Give the words of a name that may stand in an identifier of any language."""
    plain_name = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name.lower())
    words = plain_name.split()
    return words if words and words[0][0].isalpha() else []
