"""The TLS that the operator asked for, and what the driver needs for it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import get_args
from urllib.parse import urlencode

from fkdash.db.secret import Secret
from fkdash.db.target import Address, Tls, TlsMode
from fkdash.db.text import plain
from fkdash.errors import UsageError, reason_of

_SYSTEM = "system"
_MODES: tuple[TlsMode, ...] = get_args(TlsMode)


def tls_of(values: Mapping[str, str]) -> Tls:
    """Give the TLS parameters out of libpq's; raises UsageError for a value that libpq refuses."""
    root_certificates = values.get("sslrootcert", "")
    wanted = values.get("sslmode") or ("verify-full" if root_certificates == _SYSTEM else "prefer")
    mode = next((mode for mode in _MODES if mode == wanted), None)
    if mode is None:
        raise UsageError(f"sslmode cannot be {plain(wanted)}.", next_step=f"Use one of: {', '.join(_MODES)}.")
    if root_certificates == _SYSTEM and mode != "verify-full":
        raise UsageError(
            f"sslmode={mode} is too weak for sslrootcert=system: anybody can get a certificate of those.",
            next_step="Use sslmode=verify-full.",
        )
    return Tls(
        mode=mode,
        negotiation=values.get("sslnegotiation", ""),
        root_certificates=root_certificates,
        certificate=values.get("sslcert", ""),
        key=values.get("sslkey", ""),
        key_password=Secret(values["sslpassword"]) if values.get("sslpassword") else None,
        revoked=values.get("sslcrl", ""),
        min_version=values.get("ssl_min_protocol_version", ""),
        max_version=values.get("ssl_max_protocol_version", ""),
    )


def driver_tls(tls: Tls, address: Address) -> tuple[str, TlsMode | ssl.SSLContext]:
    """Give the driver's DSN with the certificate parameters, and its `ssl` argument.

    Raises UsageError where the certificate files cannot be used. A unix socket
    is never encrypted (manual: Secure TCP/IP Connections with SSL).
    """
    if address.is_socket or tls.mode == "disable":
        return "postgresql://", "disable"
    _refuse_missing_files(tls)
    if tls.root_certificates == _SYSTEM:
        return "postgresql://", _system_context(tls)
    parameters = {
        "sslnegotiation": tls.negotiation,
        "sslrootcert": tls.root_certificates,
        "sslcert": tls.certificate,
        "sslkey": tls.key,
        "sslpassword": tls.key_password.reveal() if tls.key_password else "",
        "sslcrl": tls.revoked,
        "ssl_min_protocol_version": tls.min_version,
        "ssl_max_protocol_version": tls.max_version,
    }
    given = {name: value for name, value in parameters.items() if value}
    return ("postgresql://?" + urlencode(given) if given else "postgresql://"), tls.mode


def _refuse_missing_files(tls: Tls) -> None:
    files = {"sslcert": tls.certificate, "sslkey": tls.key}
    if tls.mode not in {"allow", "prefer"}:
        files |= {"sslrootcert": tls.root_certificates, "sslcrl": tls.revoked}
    for name, file in files.items():
        if file not in {"", _SYSTEM} and not Path(file).is_file():
            raise UsageError(f"The file of {name} does not exist: {plain(file)}.", next_step=f"Check {name}.")


def _system_context(tls: Tls) -> ssl.SSLContext:
    # The driver takes `system` for the name of a file.
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["postgresql"])
    if tls.certificate:
        password = tls.key_password.reveal() if tls.key_password else ""
        try:
            context.load_cert_chain(tls.certificate, tls.key or None, lambda: password)
        except OSError as error:
            raise UsageError(
                f"The client certificate {tls.certificate} cannot be used: {reason_of(error)}.",
                next_step="Check sslcert and sslkey.",
            ) from None
    return context
