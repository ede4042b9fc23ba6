"""Reads connection strings by libpq's rules (manual: libpq, Connection Strings).

No error repeats a part of the string: any part may be a piece of a password
that was not escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from fkdash.errors import UsageError
from fkdash.masking import SECRET_WORDS

_SCHEME = re.compile(r"(?:jdbc:)?(postgres(?:ql)?)(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE_ADVICE = "Inside a URI, write @ as %40, / as %2F, : as %3A and % as %25, also in the password."
_QUOTE_ADVICE = "Write it as name=value pairs; quote a value with spaces: password='two words'."


def is_connection_string(text: str) -> bool:
    """Say whether psql would take it for a connection string rather than a database's name."""
    return is_uri(text) or "=" in text


def is_uri(text: str) -> bool:
    """Say whether it is a PostgreSQL URI, also one with an ORM's driver in the scheme."""
    return _SCHEME.match(text) is not None


def parse_connection_string(text: str) -> dict[str, str]:
    """Give the parameters of a URI or of a keyword string, unchecked; raises UsageError."""
    return _parse_uri(text) if is_uri(text) else _parse_keywords(text)


def without_password(text: str) -> str:
    """Give a connection string without its passwords; one without any, or a mere name, stays as it is."""
    if not is_connection_string(text):
        return text
    parameters = parse_connection_string(text)
    kept = {name: value for name, value in parameters.items() if name not in SECRET_WORDS}
    if len(kept) == len(parameters):
        return text
    return " ".join(f"{name}={spelled(value)}" for name, value in kept.items())


def spelled(value: str) -> str:
    """Give a value as a keyword string takes it, whatever is in it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _parse_keywords(text: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    rest = text.strip()
    while rest:
        match = re.match(r"([^\s=']+)\s*=\s*", rest)
        if not match:
            raise UsageError("The connection string has a word without a value.", next_step=_QUOTE_ADVICE)
        value, rest = _keyword_value(rest[match.end() :])
        parameters[match[1]] = value
        rest = rest.lstrip()
    return parameters


def _keyword_value(text: str) -> tuple[str, str]:
    quoted = text.startswith("'")
    pattern = r"'((?:[^'\\]|\\.)*)'" if quoted else r"((?:[^\s\\]|\\.)*)"
    match = re.match(pattern, text, re.DOTALL)
    if not match:
        raise UsageError("The connection string has a quote that is not closed.", next_step=_QUOTE_ADVICE)
    return re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), text[match.end() :]


def _parse_uri(text: str) -> dict[str, str]:
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    parameters: dict[str, str] = {}
    before_path = re.match(r"[^@/]*@", rest)
    if before_path:
        user, _, password = before_path[0][:-1].partition(":")
        parameters |= {"user": _decoded(user), "password": _decoded(password)}
        rest = rest[before_path.end() :]
    location, question_mark, query = rest.partition("?")
    if "@" in location:
        raise UsageError("The URI has an @ that belongs to no part of it.", next_step=_ESCAPE_ADVICE)
    hosts, _, database = location.partition("/")
    parameters |= _hosts_and_ports(hosts)
    parameters["dbname"] = _decoded(database)
    asked = dict(_query(query)) if question_mark else {}
    # An empty part of a URI counts as not given. The parameters after ? come first: they win.
    return asked | {name: value for name, value in parameters.items() if value and name not in asked}


def _hosts_and_ports(text: str) -> dict[str, str]:
    hosts: list[str] = []
    ports: list[str] = []
    for one in text.split(","):
        match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]*))(?::(\d*))?", one)
        if not match:
            raise UsageError("The URI has a host or a port that cannot be read.", next_step=_ESCAPE_ADVICE)
        hosts.append(_decoded(match[1] or match[2] or ""))
        ports.append(match[3] or "")
    return {"host": _joined(hosts), "port": _joined(ports)}


def _joined(parts: list[str]) -> str:
    return ",".join(parts) if any(parts) else ""


def _query(text: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, text.split("&")):
        name, equals, value = pair.partition("=")
        if not equals or "=" in value:
            raise UsageError(
                "The URI has a parameter after ? that is not name=value.",
                next_step=f"{_ESCAPE_ADVICE} Write = inside a value as %3D.",
            )
        if "@" in pair:
            raise UsageError("The URI has an @ in its parameters.", next_step=_ESCAPE_ADVICE)
        yield _decoded(name), _decoded(value)


def _decoded(text: str) -> str:
    if _BAD_ESCAPE.search(text) or "%00" in text:
        raise UsageError("The URI has a % that starts no escape.", next_step=_ESCAPE_ADVICE)
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("The URI has escapes that are not UTF-8.", next_step=_ESCAPE_ADVICE) from None
