"""Finds a service in the connection service files (manual: libpq, The Connection Service File)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from fkdash.db.text import plain
from fkdash.errors import UsageError

_SYSTEM_FOLDERS = ("/etc/postgresql-common", "/etc")
"""Where packages put pg_service.conf when PGSYSCONFDIR does not say."""


def service_parameters(name: str, environment: Mapping[str, str], *, file: str = "") -> dict[str, str]:
    """Give the parameters of the service, the first of a repeated one; raises UsageError when unknown.

    `file` is the servicefile parameter; then PGSERVICEFILE, else
    ~/.pg_service.conf, then the file of PGSYSCONFDIR or of the system.
    """
    chosen = file or environment.get("PGSERVICEFILE", "")
    if chosen and not Path(chosen).is_file():
        raise UsageError(
            f"The service file {plain(chosen)} does not exist.", next_step="Check PGSERVICEFILE or servicefile."
        )
    looked_at = list(_files(chosen, environment))
    for path in looked_at:
        parameters = _section(path, name)
        if parameters is not None:
            return parameters
    files = " or ".join(plain(str(path)) for path in looked_at)
    why = f"it is not in {files}" if files else "there is no service file"
    raise UsageError(
        f"The service {plain(name)} is not defined: {why}.",
        next_step="Check PGSERVICE or service=, and PGSERVICEFILE.",
    )


def home(environment: Mapping[str, str]) -> Path:
    """Give the operator's home folder."""
    return Path(environment.get("HOME") or Path.home())


def _files(chosen: str, environment: Mapping[str, str]) -> Iterator[Path]:
    system = environment.get("PGSYSCONFDIR")
    candidates = [Path(chosen) if chosen else home(environment) / ".pg_service.conf"]
    candidates += [Path(folder) / "pg_service.conf" for folder in ([system] if system else _SYSTEM_FOLDERS)]
    return (path for path in candidates if path.is_file())


def _section(path: Path, name: str) -> dict[str, str] | None:
    parameters: dict[str, str] | None = None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"The service file {plain(str(path))} cannot be read.", next_step="Check its permissions and encoding."
        ) from None
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            if parameters is not None:
                break
            parameters = {} if line == f"[{name}]" else None
        elif parameters is not None:
            key, value = _setting(line, path, number)
            parameters.setdefault(key, value)
    return parameters


def _setting(line: str, path: Path, number: int) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or key in {"service", "servicefile"} or line.startswith("ldap"):
        raise UsageError(
            f"Line {number} of the service file {plain(str(path))} cannot be used.",
            next_step="Write name=value; a service inside a service and LDAP look-ups are not possible.",
        )
    return key, value.strip()
