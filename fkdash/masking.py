"""Takes passwords out of what is said. Errors go through it, as any of them may repeat what somebody typed."""

from __future__ import annotations

import re
from typing import Final

SECRET_WORDS: Final = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)
"""The connection parameters that are secrets (manual: libpq, Parameter Key Words)."""

_MASK: Final = "***"
# A scheme, however misspelled, or a role may stand before the password, and anything in it, also / and @. Compiled
# where one is first met (re keeps it): most starts meet none, and it takes longer than the rest of a module.
_URI: Final = r"(?i)(//[^\s/:@]*:|\bpostgres\w*:/?[^\s/:@]*:|\b[\w.-]+:(?=[^\s@]*@[\w.-]+(?::\d+)?/))(?!//)\S*@"
_PAIR: Final = rf"(?i)\b({'|'.join(sorted(SECRET_WORDS))})(\s*(?:=|%3D)\s*)('(?:[^'\\]|\\.)*'?|[^\s&]+)"
_LIKE_A_URI: Final = re.compile(r"\W*(?:jdbc:)?postgres\w*\W|[^@]*//", re.IGNORECASE)


def masked(text: str) -> str:
    """Give text with *** for what looks like a password in a URI or a keyword string."""
    if "=" in text or "%3" in text:
        text = re.sub(_PAIR, rf"\1\2{_MASK}", text)
    return re.sub(_URI, rf"\1{_MASK}@", text) if "@" in text else text


def may_hold_a_password(text: str) -> bool:
    """Tell whether a name looks like a URI with a password: mistyped, in quotes, or where none is read."""
    return masked(text) != text or (
        _LIKE_A_URI.match(text) is not None and re.search(r":[^@]*@", text) is not None
    )
