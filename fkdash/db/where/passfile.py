"""Looks a password up in the password file (manual: libpq, The Password File)."""

from __future__ import annotations

import stat
from pathlib import Path

from fkdash.db.secret import Secret
from fkdash.db.text import plain
from fkdash.fact import fact

_FIELDS = 5
_DEFAULT_SOCKETS = {"/var/run/postgresql", "/run/postgresql", "/tmp"}  # noqa: S108 - PostgreSQL's default


@fact
class Passwords:
    """The entries of a password file; `note` says why the file was not used, "" where it was."""

    entries: tuple[tuple[tuple[str, str, str, str], Secret], ...] = ()
    note: str = ""

    def find(self, host: str, port: int, database: str, user: str) -> Secret | None:
        """Give the first password whose four fields match; a default socket directory matches localhost."""
        hosts = {host, "localhost"} if host in _DEFAULT_SOCKETS else {host}
        for (entry_host, entry_port, entry_database, entry_user), password in self.entries:
            if (
                entry_host in {*hosts, "*"}
                and entry_port in {str(port), "*"}
                and entry_database in {database, "*"}
                and entry_user in {user, "*"}
            ):
                return password
        return None


def read_passwords(path: Path) -> Passwords:
    """Read a password file; one that others may read is not used, as with libpq, and the note says so."""
    try:
        if not path.exists():
            return Passwords()
        if not path.is_file():
            return Passwords(note=f"The password file {plain(str(path))} is not a plain file and was not used.")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return Passwords(
                note=f"The password file {plain(str(path))} may be read by others and was not used:"
                " chmod 0600 makes it usable."
            )
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return Passwords(note=f"The password file {plain(str(path))} cannot be read and was not used.")
    return Passwords(tuple(entry for line in lines if (entry := _entry(line.removesuffix("\r"))) is not None))


def _entry(line: str) -> tuple[tuple[str, str, str, str], Secret] | None:
    if line.startswith("#"):
        return None
    fields = [""]
    characters = iter(line)
    for character in characters:
        if character == "\\":
            fields[-1] += next(characters, "")
        elif character == ":" and len(fields) < _FIELDS:
            fields.append("")
        else:
            fields[-1] += character
    if len(fields) < _FIELDS:
        return None
    host, port, database, user, password = fields
    return (host, port, database, user), Secret(password)
