"""Settings the operator asked for, where a pooler refuses startup parameters or drops them silently."""

from __future__ import annotations

from collections.abc import Mapping

from fkdash.db.literals import literal

_OPTIONS = "options"


def applied_locally(settings: Mapping[str, str]) -> str:
    """Give SQL that applies the settings to the transaction that has begun, "" for none."""
    return "".join(
        f"SELECT pg_catalog.set_config({literal(name)}, {literal(value)}, true);\n"
        for name, value in settings.items()
        if name != _OPTIONS
    )


def not_applied(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Say what is lost behind a pooler that takes no startup parameters."""
    if _OPTIONS not in settings:
        return ()
    return ("The pooler takes no startup parameters: PGOPTIONS (options) is not applied.",)
