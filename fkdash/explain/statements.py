"""The statements in an error's text: those that foreign keys run, the operator's own, ADD FOREIGN KEY.

A foreign key's own statements are made in ri_triggers.c and look alike in every version and language: names are
quoted, values are parameters, and the comparison is spelled OPERATOR(schema.name). A partitioned table has no
ONLY.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from fkdash.explain.languages import CONTEXT, STATEMENT, any_of
from fkdash.explain.sentences import QUOTES
from fkdash.fact import fact

# A name is followed by the quotation mark that closes the statement, and by those that wrap it, more often than it
# ends in one itself.
_QUOTED: Final = r'(?:"[^"]{1,130}"(?!"\w)|"(?:[^"]|""){1,200}?"(?!"))'
_NAME: Final = rf"(?:{_QUOTED}|[^\W\d][\w$]{{0,62}})"
_TABLE: Final = rf"({_QUOTED})\.({_QUOTED})"
_OWN_WRITE: Final = re.compile(
    rf"\b(DELETE FROM|UPDATE)\s+(?:ONLY\s+)?{_TABLE}(?:\s+SET\s+((?:(?!\bWHERE\b).){{1,4000}}?))?"
    r"\s+WHERE\s+(\$\d+(?:::[\w.\" ]+)?\s+OPERATOR\((?:(?!\n\n)[^;]){1,8000})",
    re.DOTALL,
)
_CUT_OFF: Final = re.compile(rf"\b(DELETE FROM|UPDATE)\s+ONLY\s+{_TABLE}")
_OWN_LOOK: Final = re.compile(
    rf"\bSELECT 1 FROM\s+(?:ONLY\s+)?{_TABLE} x\s+WHERE\s+((?:(?!\n\n)[^;]){{1,8000}}?)(?:\s+FOR KEY SHARE|$)",
    re.DOTALL,
)
_OWN_VALIDATION: Final = re.compile(
    rf"\bSELECT fk\.(?:(?!\n\n)[^;]){{1,4000}}? FROM\s+(?:ONLY\s+)?{_TABLE} fk"
    rf"\s+LEFT OUTER JOIN\s+(?:ONLY\s+)?{_TABLE} pk"
    r"\s+ON\s+\(((?:(?!\n\n)[^;)]|\(|\)(?!\s+WHERE)){1,8000})",
    re.DOTALL,
)
_COMPARED: Final = re.compile(rf"OPERATOR\([^)]*\)\s*(?:fk\.)?({_QUOTED})")
_COMPARED_LEFT: Final = re.compile(rf"({_QUOTED})(?:::[\w.\" ]+?)?\s+OPERATOR\(")
_SET: Final = re.compile(rf"({_QUOTED})\s*=\s*(NULL|DEFAULT|\$\d+)")
_OPERATORS: Final = re.compile(
    rf"\b(delete\s+from|update|insert\s+into|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?"
    rf"({_NAME})(?:\s*\.\s*({_NAME}))?(?=([^\n]{{0,200}}))",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(
    rf"(?:{any_of(STATEMENT)}|Command was|SQL|sql|query|statement|Failed query)\W{{0,6}}$"
)
_SQL_STATEMENT: Final = (
    r"(?:SQL statement|SQL-Anweisung|SQL-Befehl|instruction SQL|sentencia SQL|SQL-оператор|SQL文|SQL 语句"
    r"|comando SQL|istruzione SQL|instrukcja SQL|SQL-sats|SQL 구문)"
)
_INSIDE_FUNCTION: Final = re.compile(rf"{_SQL_STATEMENT}\W{{0,4}}$", re.IGNORECASE)
_INNER: Final = re.compile(rf"{_SQL_STATEMENT}\W{{0,6}}(?=\w)", re.IGNORECASE)
_CONTEXT_BEGINS: Final = re.compile(
    rf"(?:(?:{any_of(CONTEXT)})|Where|(?<!\w)where)\\*[\"']?\s?(?::|=>?)\s*\\*[\"'`]?(?=(\S[^\n]{{0,300}}))"
)
_COPIED: Final = re.compile(r"COPY ([^\n]{1,130}?), \S{1,20} \d")
_REPLICATED: Final = re.compile(
    rf"[^{QUOTES}\n]{{1,130}}[^\n]{{0,130}}?[{QUOTES}](?:INSERT|UPDATE|DELETE)[{QUOTES}][^{QUOTES}\n]{{1,100}}"
    rf"[{QUOTES}][^\n.]{{1,63}}\.[^\n]{{1,63}}[{QUOTES}]"
)
"""What an apply worker says of a change it received: `… type "INSERT" for … relation "public.line" …`."""
_FUNCTIONS_LINE: Final = re.compile(r"[^\"»“\n]{0,20}PL/pgSQL|SQL function ")
_NO_NAME: Final = re.compile(r"(?:materialized )?view \W|a table referenced in")
"""What stands where a table's name would: `update view "v"`, `cannot truncate a table referenced in …`."""
_ADDED: Final = re.compile(
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?({_NAME})(?:\s*\.\s*({_NAME}))?"
    rf"\s+ADD\s+(?:CONSTRAINT\s+({_NAME})\s+)?"
    rf"FOREIGN\s+KEY\s*\(([^)]{{1,2000}})\)\s*REFERENCES\s+(?:ONLY\s+)?"
    rf"({_NAME})(?:\s*\.\s*({_NAME}))?(?:\s*\(([^)]{{1,2000}})\))?",
    re.IGNORECASE,
)


class Doing(StrEnum):
    """What a foreign key's own statement does."""

    DELETE = "delete"
    SET_NULL = "set null"
    SET_DEFAULT = "set default"
    UPDATE = "update"
    FIND_REFERENCING = "find referencing rows"
    FIND_REFERENCED = "find the referenced row"
    VALIDATE = "validate"


WRITING: Final = frozenset({Doing.DELETE, Doing.SET_NULL, Doing.SET_DEFAULT, Doing.UPDATE})


@fact
class OwnStatement:
    """A statement that a foreign key ran by itself on `table` (schema, name).

    `columns` are those it compares: the referencing ones, for FIND_REFERENCED the referenced ones; empty where the
    text was cut off. `other` is the referenced table of VALIDATE.
    """

    doing: Doing
    table: tuple[str, str]
    columns: tuple[str, ...]
    other: tuple[str, str] | None = None


@fact
class AddedKey:
    """An ALTER TABLE that adds a foreign key; `name` is empty where the server makes one."""

    table: tuple[str, ...]
    name: str
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    referenced_columns: tuple[str, ...]


def own_statements(text: str) -> tuple[OwnStatement, ...]:
    """Give the statements of foreign keys in the order of the text: the innermost, which failed, first."""
    if "ONLY" not in text and "OPERATOR(" not in text:
        return ()
    found: list[tuple[int, OwnStatement]] = []
    for match in _OWN_WRITE.finditer(text):
        verb, schema, name, changes, where = match.groups()
        doing = Doing.DELETE if verb.startswith("DELETE") else _what_is_set(changes or "")
        if doing is not None:
            found.append((match.start(), OwnStatement(doing, (bare(schema), bare(name)), _columns(where))))
    whole = {place for place, _ in found}
    for match in _CUT_OFF.finditer(text):
        if match.start() not in whole and match[1].startswith("DELETE") | text[match.end() :].lstrip().startswith(
            "SET"
        ):
            rest = text[match.end() : match.end() + 300]
            doing = Doing.DELETE if match[1].startswith("DELETE") else _what_is_set(rest)
            if doing is not None:
                found.append((match.start(), OwnStatement(doing, (bare(match[2]), bare(match[3])), ())))
    found += [
        (match.start(), _look((bare(match[1]), bare(match[2])), match[3]))
        for match in _OWN_LOOK.finditer(text)
        if "OPERATOR(" in match[3]
    ]
    for match in _OWN_VALIDATION.finditer(text):
        table, other = (bare(match[1]), bare(match[2])), (bare(match[3]), bare(match[4]))
        found.append((match.start(), OwnStatement(Doing.VALIDATE, table, _columns(match[5]), other)))
    found.sort(key=lambda each: each[0])
    return tuple(dict.fromkeys(statement for _, statement in found))


def _what_is_set(changes: str) -> Doing | None:
    values = {value for _, value in _SET.findall(changes)}
    if not values:
        return None
    if "NULL" in values:
        return Doing.SET_NULL
    return Doing.SET_DEFAULT if "DEFAULT" in values else Doing.UPDATE


def _columns(where: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bare(name) for name in _COMPARED.findall(where)))


def _look(table: tuple[str, str], where: str) -> OwnStatement:
    columns = _columns(where)
    if columns and "$" in where.split("OPERATOR(", maxsplit=1)[0]:
        return OwnStatement(Doing.FIND_REFERENCING, table, columns)
    referenced = tuple(dict.fromkeys(bare(name) for name in _COMPARED_LEFT.findall(where)))
    return OwnStatement(Doing.FIND_REFERENCED, table, referenced)


def operators_statement(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Give the statement with which it began: its verb and its table's parts; None where there is none.

    That of a function, or COPY, where CONTEXT shows that it was the nearest to foreign keys; else the operator's
    own, a labelled one before others.
    """
    chosen = nearest_statement(text)
    if chosen is not None:
        return chosen
    for found in _OPERATORS.finditer(text):
        verb = found[1].split()[0].upper()
        rest = found[4].lower()
        internal = "operator(" in rest or (" only " in found[0].lower() and "= null" in rest)
        if internal or not _names_a_table(found):
            continue
        before = text[max(0, found.start() - 60) : found.start()]
        if _INSIDE_FUNCTION.search(before):
            continue
        statement = verb, tuple(bare(part) for part in (found[2], found[3]) if part)
        if _LABELLED.search(before):
            return statement
        chosen = chosen or statement
    return chosen


def _names_a_table(found: re.Match[str]) -> bool:
    """Tell a statement from words such as `update or delete on table`, `cannot delete from table "c"`."""
    rest = found[4].lower()
    if found[2].lower() in {"or", "on", "of", "table"} or _NO_NAME.match(found[2] + rest):
        return False
    sets = re.match(r"(?:\s+(?:as\s+)?\w+)?\s*\bset\b|\s*\W?\s*$", rest, re.IGNORECASE)
    return found[1].lower() != "update" or sets is not None


def nearest_statement(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Give the innermost statement in CONTEXT around those of foreign keys: what began their work."""
    begins = _CONTEXT_BEGINS.search(text)
    if begins is None:
        return None
    copied = _COPIED.match(begins[1])
    if copied is not None:
        return "INSERT", (copied[1],)
    began: tuple[str, tuple[str, ...]] | None = None
    waiting = True
    for inner in _INNER.finditer(text, begins.end()):
        found = _OPERATORS.match(text, inner.end())
        if found is not None and "operator(" in found[4].lower():
            began, waiting = None, True
        elif waiting:
            waiting = False
            if found is not None and _names_a_table(found):
                began = found[1].split()[0].upper(), tuple(bare(part) for part in (found[2], found[3]) if part)
    return began


def is_of_no_key(text: str) -> bool:
    """Tell whether CONTEXT begins with what a function, COPY or replication did: then no key wrote the row."""
    begins = _CONTEXT_BEGINS.search(text)
    if begins is None or own_statements(text):
        return False
    if begins[1].rstrip("\"'`, \\").endswith("RAISE"):
        # It hands on the message of another error, of which CONTEXT tells nothing.
        return False
    inner = _INNER.match(text, begins.end())
    return inner is not None or any(each.match(begins[1]) for each in (_COPIED, _REPLICATED, _FUNCTIONS_LINE))


def added_key(text: str) -> AddedKey | None:
    """Give the foreign key that a statement in the text was to add."""
    found = _ADDED.search(text)
    if found is None:
        return None
    table = tuple(bare(part) for part in (found[1], found[2]) if part)
    referenced = tuple(bare(part) for part in (found[5], found[6]) if part)
    return AddedKey(table, bare(found[3] or ""), _listed(found[4]), referenced, _listed(found[7] or ""))


def _listed(names: str) -> tuple[str, ...]:
    return tuple(bare(name) for name in re.findall(_NAME, names))


def bare(name: str) -> str:
    """Give a name as the catalog stores it."""
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()
