"""The reason a connection attempt failed and what to do about it, by the kind of the error."""

from __future__ import annotations

import socket
import ssl
from functools import singledispatch
from typing import NamedTuple

import asyncpg

from fkdash.db.probe import ProbeAnswer
from fkdash.db.refused.translate import server_message
from fkdash.db.target import Address, Target
from fkdash.db.text import plain

CHECK_ADDRESS = "Check the host and the port, and that the server is running and may be reached from here."
CHECK_TLS = "Check the ssl parameters."
TRY_LATER = "The server is starting up, shutting down or recovering: try again in a moment."
_TLS_OPTIONAL = {"disable", "allow", "prefer"}


class Reason(NamedTuple):
    """Why, without a full stop, and the next step."""

    why: str
    next_step: str


@singledispatch
def certain_reason(error: Exception, address: Address) -> Reason | None:  # noqa: ARG001 - for the kinds below
    """Give the reason that the error alone tells; None where the address has to be asked."""
    return None


@certain_reason.register
def _(error: socket.gaierror, address: Address) -> Reason:  # noqa: ARG001 - its kind says all
    return Reason(f"the host name {plain(address.host)} is not known", "Check its spelling, the DNS and the VPN.")


@certain_reason.register
def _(error: ssl.SSLCertVerificationError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason(
        f"its certificate is not accepted: {plain(error.verify_message)}",
        "Check sslrootcert, and that the host name is one the certificate was made for.",
    )


@certain_reason.register
def _(error: ssl.SSLError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason(f"TLS failed: {plain(error.reason or 'the handshake broke off')}", CHECK_TLS)


@certain_reason.register
def _(error: asyncpg.TargetServerAttributeNotMatched, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason(
        "the server is not of the kind that target_session_attrs asks for", "Check target_session_attrs."
    )


@certain_reason.register
def _(error: asyncpg.InterfaceError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason(f"the connection parameters cannot be used: {plain(str(error))}", CHECK_TLS)


@certain_reason.register
def _(error: ConnectionRefusedError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason("nothing listens there (connection refused)", CHECK_ADDRESS)


@certain_reason.register
def _(error: FileNotFoundError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    if address.is_socket:
        return Reason("there is no socket", CHECK_ADDRESS)
    return Reason("a file that the ssl parameters name does not exist", CHECK_TLS)


@certain_reason.register
def _(error: PermissionError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    if address.is_socket:
        return Reason("this user may not open the socket", "Check the permissions of the socket's directory.")
    return Reason("a file that the ssl parameters name may not be read by this user", CHECK_TLS)


@certain_reason.register
def _(error: asyncpg.CannotConnectNowError, address: Address) -> Reason:  # noqa: ARG001 - same for all
    return Reason(server_message(error), TRY_LATER)


def reason_by_answer(answer: ProbeAnswer, error: Exception, target: Target) -> Reason:
    """Give the reason that the address's own answer tells, else the words of the error."""
    if answer is ProbeAnswer.NO_TLS and target.tls.mode not in _TLS_OPTIONAL:
        return Reason(
            f"the server does not offer TLS, and sslmode={target.tls.mode} demands it",
            "Turn on TLS on the server or, on a network you trust, use sslmode=prefer.",
        )
    if answer in _BY_ANSWER:
        return _BY_ANSWER[answer]
    if isinstance(error, TimeoutError):
        return no_answer(target, f"{CHECK_ADDRESS} A firewall may drop the packets.")
    return Reason(_words_of(error), CHECK_ADDRESS)


def no_answer(target: Target, next_step: str) -> Reason:
    """Give the reason for a connection that was not answered in the target's time."""
    within = f" within {target.connect_seconds:g} s" if target.connect_seconds else ""
    return Reason(f"no answer{within}", next_step)


_BY_ANSWER = {
    ProbeAnswer.OTHER: Reason(
        "what answers there is not PostgreSQL", "Check the port: PostgreSQL usually listens on 5432."
    ),
    ProbeAnswer.CLOSED: Reason(
        "what listens there closes the connection at once, which PostgreSQL does not",
        "Check the port, and the proxy, tunnel or firewall in between.",
    ),
    ProbeAnswer.SILENT: Reason(
        "something accepts the connection and does not answer",
        "Check the port, and the proxy or tunnel in between; the server may be overloaded.",
    ),
}


def _words_of(error: Exception) -> str:
    if isinstance(error, asyncpg.PostgresError):
        return server_message(error)
    return plain(getattr(error, "strerror", None) or str(error) or type(error).__name__)
