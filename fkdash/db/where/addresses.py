"""The addresses that host, hostaddr and port name, in order (manual: libpq, Specifying Multiple Hosts)."""

from __future__ import annotations

from collections.abc import Mapping

from fkdash.counted import counted
from fkdash.db.target import Address
from fkdash.errors import UsageError

_DEFAULT_HOSTS = ("/var/run/postgresql", "/tmp", "localhost")  # noqa: S108 - PostgreSQL's default
_DEFAULT_PORT = "5432"
_LARGEST_PORT = 65535
_LONGEST_PORT = 20


def addresses_of(values: Mapping[str, str], *, verify_name: bool) -> tuple[tuple[Address, ...], list[str]]:
    """Give the addresses and notes on them; raises UsageError where the lists do not match.

    Without a host: the socket directories that packages use, then localhost.
    With `verify_name`, hostaddr is left out: the driver compares the certificate
    with the address it connects to.
    """
    hosts = _split(values.get("host", ""))
    routes = _split(values.get("hostaddr", ""))
    if hosts and routes and len(hosts) != len(routes):
        do_not_go = counted(len(hosts), "hosts do not go", "host does not go")
        raise UsageError(
            f"{do_not_go} with {counted(len(routes), 'addresses', 'address')}.",
            next_step="Give hostaddr one entry for each entry of host.",
        )
    names = [host or _DEFAULT_HOSTS[0] for host in hosts] or routes or list(_DEFAULT_HOSTS)
    ports = _ports(values.get("port", ""), len(names))
    if verify_name and hosts and any(routes):
        return (
            tuple(map(Address, names, ports)),
            ["hostaddr is not used with sslmode=verify-full: the host names are looked up."],
        )
    for name in names:
        _require_name(name)
    routes = routes if hosts else []
    return tuple(map(Address, names, ports, routes or [""] * len(names))), []


def _require_name(host: str) -> None:
    """Raise UsageError for what no name service can be asked for (RFC 1035: labels of 1 to 63 bytes)."""
    try:
        if not host.startswith("/"):
            host.encode("idna")
    except UnicodeError:
        raise UsageError(
            "The host's name cannot be one: a part of it is empty or longer than 63 letters.",
            next_step="Check -h, PGHOST or the URI.",
        ) from None


def _split(text: str) -> list[str]:
    return text.split(",") if text else []


def _ports(text: str, count: int) -> list[int]:
    words = _split(text) or [_DEFAULT_PORT]
    if len(words) == 1:
        words *= count
    if len(words) != count:
        raise UsageError(
            f"{len(words)} ports do not go with {counted(count, 'hosts')}.",
            next_step="Give one port, or one for each host.",
        )
    return [_port(word or _DEFAULT_PORT) for word in words]


def _port(word: str) -> int:
    # Not repeated in the message: it may be a piece of a password that was not escaped.
    if not (word.isascii() and word.isdigit() and len(word) <= _LONGEST_PORT and 1 <= int(word) <= _LARGEST_PORT):
        raise UsageError("The port is not a number from 1 to 65535.", next_step="Check -p, PGPORT or the URI.")
    return int(word)
