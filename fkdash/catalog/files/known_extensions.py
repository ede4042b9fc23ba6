"""What extensions bring along, of those that are known: a file says no more than their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.fact import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@fact
class Extension:
    """What an extension brings: its types, relations, operator classes; `known` says whether these are all.

    `relations` are tables, views and sequences without pg_ in front of their names, or in a schema of its own;
    `classes` are methods of indexes and operator classes for types of PostgreSQL's own.
    """

    types: tuple[str, ...] = ()
    known: bool = True
    relations: bool = False
    classes: bool = False


_NOTHING: Final = Extension()
_ANYTHING: Final = Extension(known=False, relations=True, classes=True)

_KNOWN: Final = {
    **dict.fromkeys(
        (
            "amcheck", "autoinc", "dict_int", "dict_xsyn", "file_fdw", "fuzzystrmatch", "insert_username",
            "intagg", "moddatetime", "pageinspect", "pg_buffercache", "pg_freespacemap", "pg_prewarm",
            "pg_stat_statements", "pg_surgery", "pg_visibility", "pg_walinspect", "pgaudit", "pgcrypto",
            "pgrowlocks", "pgstattuple", "plpgsql", "postgres_fdw", "refint", "sslinfo", "tcn",
            "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "xml2",
        ),
        _NOTHING,
    ),
    "bloom": Extension(classes=True),
    "btree_gin": Extension(classes=True),
    "btree_gist": Extension(
        ("gbtreekey2", "gbtreekey4", "gbtreekey8", "gbtreekey16", "gbtreekey32", "gbtreekey_var"), classes=True
    ),
    "citext": Extension(("citext",)),
    "cube": Extension(("cube",)),
    "dblink": Extension(("dblink_pkey_results",)),
    "earthdistance": Extension(("earth",)),
    "hstore": Extension(("hstore", "ghstore")),
    "intarray": Extension(("query_int", "intbig_gkey"), classes=True),
    "ip4r": Extension(("ip4", "ip4r", "ip6", "ip6r", "ipaddress", "iprange")),
    "isn": Extension(("ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc")),
    "lo": Extension(("lo",)),
    "ltree": Extension(("ltree", "lquery", "ltxtquery", "ltree_gist")),
    "pg_cron": Extension(relations=True),
    "pg_trgm": Extension(("gtrgm",), classes=True),
    "postgis": Extension(
        (
            "geometry", "geography", "box2d", "box2df", "box3d", "gidx", "spheroid", "geometry_dump",
            "valid_detail", "raster",
        ),
        relations=True,
        classes=True,
    ),
    "postgis_raster": Extension(
        (
            "raster", "addbandarg", "agg_count", "agg_samealignment", "geomval", "histogram", "quantile",
            "rastbandarg", "reclassarg", "summarystats", "unionarg", "valuecount",
        ),
        relations=True,
        classes=True,
    ),
    "seg": Extension(("seg",)),
    "semver": Extension(("semver", "semverrange")),
    "tablefunc": Extension(("tablefunc_crosstab_2", "tablefunc_crosstab_3", "tablefunc_crosstab_4")),
    "vector": Extension(("vector", "halfvec", "sparsevec"), classes=True),
}  # fmt: skip


def brought_by(name: str) -> Extension:
    """Give what an extension brings; anything for one that is not known."""
    return _KNOWN.get(name, _ANYTHING)


def unknown(names: Iterable[str]) -> Iterator[str]:
    """Give those of the extensions that may have brought types that are not known."""
    return (name for name in names if not brought_by(name).known)


def may_bring_relations(names: Iterable[str]) -> bool:
    """Tell whether one of them may have brought a table, a view or a sequence, or a schema of its own."""
    return any(brought_by(name).relations for name in names)


def may_bring_classes(names: Iterable[str]) -> bool:
    """Tell whether one of them may have brought a method of indexes, or a class for types of PostgreSQL's own."""
    return any(brought_by(name).classes for name in names)
