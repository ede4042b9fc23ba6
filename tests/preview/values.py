"""Types that keys can have, and the ways in which each spells a small number."""

from __future__ import annotations

# Each spelling of one line is equal to the others as a key.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "int": ("{n}",),
    "smallint": ("{n}",),
    "bigint": ("{n}",),
    "numeric": ("{n}", "{n}.0", "{n}.00"),
    "text": ("{n}",),
    "varchar(4)": ("{n}",),
    "char(3)": ("{n}", "{n} "),
    "float8": ("{n}", "{n}.0"),
    "real": ("{n}",),
    "date": ("2020-01-0{n}",),
    "timestamp": ("2020-01-0{n}", "2020-01-0{n} 00:00:00"),
    "timestamptz": ("2020-01-0{n} 00:00:00+00", "2020-01-0{n} 01:00:00+01"),
    "interval": ("{n} days", "{n} days 0 hours"),
    "uuid": ("00000000-0000-0000-0000-00000000000{n}",),
    "bytea": ("\\x0{n}",),
    "inet": ("10.0.0.{n}", "10.0.0.{n}/32"),
    "int4range": ("[{n},{n}]",),
    "text[]": ("{{x,{n}}}",),
    "cidr": ("10.0.{n}.0/24",),
    "money": ("{n}",),
    "jsonb": ("{n}", "{n}.0"),
    "int[]": ("{{{n}}}",),
    "bit(4)": ("000{n}",),
    '"char"': ("{n}",),
    "time": ("0{n}:00",),
}
# What a column may have to reference a column of the other type.
MAY_REFERENCE: dict[str, tuple[str, ...]] = {
    "int": ("int", "smallint"),
    "bigint": ("bigint", "int", "smallint"),
    "numeric": ("numeric", "int", "bigint"),
    "float8": ("float8", "real"),
    "text": ("text", "varchar(4)", "char(3)"),
    "varchar(4)": ("varchar(4)", "text"),
    "char(3)": ("char(3)", "text"),
    "timestamp": ("timestamp", "date"),
}


def spelled(kind: str, number: int, choice: int) -> str:
    """Give a number as a value of a type, in one of the type's spellings."""
    forms = SPELLINGS.get(kind, ("{n}",))
    return forms[choice % len(forms)].format(n=number)
