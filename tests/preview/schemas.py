"""Random schemas, rows and deletes, everything that a foreign key can be combined with in it."""

from __future__ import annotations

import random

from fkdash.catalog.table_name import quoted
from tests.preview.oddities import odd_keys, perhaps_identity, renamed_triggers
from tests.preview.schema_parts import Case, Key, Table
from tests.preview.values import MAY_REFERENCE, SPELLINGS, spelled

NAMES = ["a", "b", "c", "d", "Mixed Case", 'quo"te', "select", "üñï", "order", "x.y", "p'q"]
DOMAINS = {
    "d_notnull": "CREATE DOMAIN {s}.d_notnull AS int NOT NULL",
    "d_check": "CREATE DOMAIN {s}.d_check AS int CONSTRAINT dom_ck CHECK (VALUE IS NOT NULL)",
    "d_small": "CREATE DOMAIN {s}.d_small AS int CONSTRAINT dom_small CHECK (VALUE < 4)",
    "d_default": "CREATE DOMAIN {s}.d_default AS int DEFAULT 2",
    "d_over": "CREATE DOMAIN {s}.d_over AS {s}.d_notnull",
}


ACTIONS = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]
_DELETE_WEIGHTS = [3, 2, 5, 5, 4]
_BROAD_WEIGHTS = [2, 1, 4, 4, 0]
_UPDATE_WEIGHTS = [3, 1, 4, 2, 2]


class Maker:
    """Makes one case from a seed."""

    def __init__(self, seed: int, major: int) -> None:
        self.chance = random.Random(seed)
        self.major = major
        self.keys: list[Key] = []
        self.after: list[str] = []
        self.partitions: list[str] = []
        self.attached: list[tuple[Table, str, str]] = []
        self.parts: list[tuple[Table, str]] = []
        # "broad": what sets of rows can answer, unless a row is met twice.
        # "chained": referenced keys are themselves foreign keys, so that ON UPDATE actions follow.
        self.style = self.chance.choice(["plain", "typed", "chained", "partitioned", "inherited", "broad"])

    def case(self) -> Case:
        chance = self.chance
        schemas = ["s1"] if chance.random() < 0.6 else ["s1", "S 2"]
        names = chance.sample(NAMES, k=chance.randint(2, 4 if self.style == "broad" else 7))
        tables = [Table(chance.choice(schemas), name) for name in names]
        setup = [f"CREATE SCHEMA {quoted(schema)}" for schema in schemas]
        setup += [text.format(s="s1") for text in DOMAINS.values()]
        for table in tables:
            self._columns(table)
        wanted = chance.randint(2, len(tables) + 5)
        popular = chance.choice(tables)
        for number in range(wanted):
            referenced = popular if chance.random() < 0.3 else chance.choice(tables)
            self._key(chance.choice(tables), referenced, number)
        for table in tables:
            self._constraints(table)
        if self.style == "inherited":
            tables += [self._heir(table) for table in tables if chance.random() < 0.3]
        setup += self._created(tables)
        self.after += odd_keys(chance, tables, self.parts)
        chance.shuffle(self.after)
        late = [text for text in self.after if " DEFERRABLE" in text and " UNIQUE " in text]
        setup += sorted((text for text in self.after if text not in late), key=lambda text: "FOREIGN KEY" in text)
        for table in tables:
            self._rows(table)
        setup.append("SET session_replication_role = replica")
        setup += self._inserts(tables)
        setup += self._rearranged(tables)
        setup.append("RESET session_replication_role")
        setup += renamed_triggers(chance)
        setup += late  # a replica does not check a deferrable unique constraint while rows come in
        referenced_tables = [key.referenced for key in self.keys] or tables
        if chance.random() < 0.5 and popular in referenced_tables:
            referenced_tables = [popular]
        target = chance.choice(referenced_tables if chance.random() < 0.95 else tables)
        return Case(setup, tables, target, self._condition())

    def _created(self, tables: list[Table]) -> list[str]:
        """The statements that create tables and partitions."""
        chance = self.chance
        made: list[str] = []
        for table in tables:
            if table.inherits:
                made.append(f"CREATE TABLE {table.sql} () INHERITS ({table.inherits})")
                continue
            columns = ", ".join([*table.ddl])
            suffix = f" PARTITION BY {table.partitioned}" if table.partitioned else ""
            hole = "gone int, " if chance.random() < 0.1 else ""
            made.append(f"CREATE TABLE {table.sql} ({hole}{columns}){suffix}")
            made += [f"ALTER TABLE {table.sql} DROP gone"] if hole else []
        made += self.partitions
        for table, part, bound in self.attached:
            own = [f"{c} s1.{t}" if t.startswith("d_") else f"{c} {t}" for c, t in table.types.items()]
            chance.shuffle(own)
            needed = ", ".join(f"ALTER {c} SET NOT NULL" for c in sorted(table.not_null))
            made.append(f"CREATE TABLE {part} (gone text, {', '.join(own)}, rid int)")
            made += [f"ALTER TABLE {part} DROP gone", f"ALTER TABLE {part} {needed}"]
            made.append(f"ALTER TABLE {table.sql} ATTACH PARTITION {part} {bound}")
        return made

    def _rearranged(self, tables: list[Table]) -> list[str]:
        """Statements that move rows and change plans, so that rows are visited in another order."""
        chance = self.chance
        made: list[str] = []
        for table in tables:
            if table.rows and chance.random() < 0.3:
                made.append(f"UPDATE {table.sql} SET rid = rid WHERE rid = {chance.randint(1, 3)}")
            if chance.random() < 0.15:
                made.append(f"CREATE INDEX ON {table.sql} ({chance.choice(table.columns)})")
        if chance.random() < 0.2:
            made.append("ANALYZE")
        return made

    def _columns(self, table: Table) -> None:
        chance = self.chance
        table.ddl.append("rid int")
        if self.style == "partitioned" and chance.random() < 0.6:
            self._partitioned(table)
            return
        if self.style == "chained" and chance.random() < 0.8:
            self._add(table, "id", "int", not_null=True)
            table.ddl.append("PRIMARY KEY (id)")
            table.keys.append(("id",))
            if chance.random() < 0.7:
                self._add(table, "u", "int", default=chance.choice([None, "2", "3", "9"]))
                table.ddl.append(f"CONSTRAINT {quoted(table.name + '_u')} UNIQUE (u)")
                table.keys.append(("u",))
            else:
                self._add(table, "u", "int", default=chance.choice([None, "2"]))
                self._add(table, "z", "int")
                table.ddl.append("UNIQUE (u, z)")
                table.keys.append(("u", "z"))
            return
        if self.style == "broad":
            self._add(table, "id", "int", not_null=True)
            table.ddl.append("PRIMARY KEY (id)")
            table.keys.append(("id",))
            return
        kind = chance.choice(["int", "int", "int", "bigint", "text", "numeric"])
        if self.style == "typed":
            kind = chance.choice(list(SPELLINGS))
        if chance.random() < 0.25:
            self._add(table, "k1", "int", not_null=True)
            self._add(table, "k2", "int", not_null=True)
            table.ddl.append("PRIMARY KEY (k1, k2)")
            table.keys.append(("k1", "k2"))
        else:
            self._add(table, "id", kind, not_null=True)
            table.ddl.append("PRIMARY KEY (id)")
            table.keys.append(("id",))
        if chance.random() < 0.5:
            kind = chance.choice(list(SPELLINGS)) if self.style == "typed" else "int"
            self._add(table, "u", kind, default=self._default(kind))
            table.ddl.append(f"CONSTRAINT {quoted(table.name + '_u')} UNIQUE (u)")
            table.keys.append(("u",))
        if chance.random() < 0.15:
            self._add(table, "v", "int")
            self._add(table, "w", "int")
            table.ddl.append("UNIQUE (v, w)")
            table.keys.append(("v", "w"))

    def _partitioned(self, table: Table) -> None:
        """A table with partitions, by its key or by a column that a foreign key may write."""
        chance = self.chance
        by = chance.choice(["id", "id", "f"])
        self._add(table, "id", "int", not_null=True)
        if by == "id":
            table.ddl.append("PRIMARY KEY (id)")
            table.keys.append(("id",))
            method, bounds = chance.choice(
                [
                    ("LIST (id)", ["FOR VALUES IN (1, 2)", "FOR VALUES IN (3)", "DEFAULT"]),
                    ("RANGE (id)", ["FOR VALUES FROM (0) TO (2)", "FOR VALUES FROM (2) TO (100)"]),
                    ("HASH (id)", [f"FOR VALUES WITH (MODULUS 2, REMAINDER {i})" for i in range(2)]),
                ]
            )
        else:
            self._add(table, "f", "int", default=chance.choice([None, "2", "9"]))
            if chance.random() < 0.6:
                table.ddl.append("UNIQUE (id, f)")
                table.keys.append(("id", "f"))
            else:
                table.keys.append(())
            method, bounds = (
                "LIST (f)",
                [
                    "FOR VALUES IN (1, 3)",
                    "FOR VALUES IN (2, 4)",
                    *chance.sample(["FOR VALUES IN (NULL)", "DEFAULT"], 1),
                ],
            )
            if chance.random() < 0.3:
                bounds.pop()
        table.partitioned = method
        for number, bound in enumerate(bounds):
            part = f"{quoted(table.schema)}.{quoted(f'{table.name}_{number}')}"
            self.parts.append((table, part))
            if chance.random() < 0.3:
                # A partition whose columns stand in another order, with a hole.
                self.attached.append((table, part, bound))
            else:
                self.partitions.append(f"CREATE TABLE {part} PARTITION OF {table.sql} {bound}")
            if chance.random() < 0.1:
                self.after.append(
                    f"ALTER TABLE {part} ADD CONSTRAINT {quoted(f'{table.name}_pc')} CHECK (id <> 2) NOT VALID"
                )

    def _add(
        self, table: Table, name: str, kind: str, *, not_null: bool = False, default: str | None = None
    ) -> None:
        table.columns.append(name)
        table.types[name] = kind
        if not_null:
            table.not_null.add(name)
        spelled = f"s1.{kind}" if kind.startswith("d_") else kind
        text = f"{name} {spelled}"
        if default is not None:
            text += f" DEFAULT {default}"
        if not_null and not any(part.startswith(f"{name} ") for part in table.ddl):
            text += " NOT NULL"
        table.ddl.append(text)

    def _heir(self, table: Table) -> Table:
        """A table that inherits another's columns, and none of its keys."""
        return Table(
            table.schema,
            f"{table.name}_heir",
            columns=list(table.columns),
            types=dict(table.types),
            not_null=set(table.not_null),
            inherits=table.sql,
        )

    def _default(self, kind: str) -> str | None:
        chance = self.chance
        if chance.random() < 0.35:
            return None
        if kind not in ("int", "bigint", "numeric") and kind not in DOMAINS:
            values = [f"'{spelled(kind, n, chance.randint(0, 1))}'" for n in (1, 2, 3, 5)]
            if kind in ("varchar(4)", "char(3)") and chance.random() < 0.1:
                return "'longer'"
            return chance.choice([*values, "NULL"])
        return chance.choice(["1", "2", "3", "9", "NULL", "1 + 1", "abs(-3)"])

    def _key(self, table: Table, referenced: Table, number: int) -> None:
        chance = self.chance
        possible = [key for key in referenced.keys if key]
        if not possible:
            return
        target = chance.choice(possible if chance.random() < 0.6 else possible[-2:])
        if chance.random() < 0.3:
            target = target[::-1]
        columns: list[str] = []
        for i, name in enumerate(target):
            kind = referenced.types[name]
            reusable = [c for c in table.columns if table.types[c] == kind and c not in columns]
            written = [c for c in reusable if c in ("u", "f", "z")]
            if written and chance.random() < (0.7 if self.style != "plain" else 0.4):
                columns.append(chance.choice(written))
                continue
            if reusable and chance.random() < 0.3:
                columns.append(chance.choice(reusable))
                continue
            own = f"f{number}{'abc'[i]}"
            mine = kind
            if chance.random() < 0.5:
                mine = chance.choice(MAY_REFERENCE.get(kind, (kind,)))
            if mine == "int" and chance.random() < 0.2:
                mine = chance.choice(list(DOMAINS))
            self._add(table, own, mine, not_null=chance.random() < 0.15, default=self._default(mine))
            table.ddl[-1] = perhaps_identity(chance, table.ddl[-1], mine)
            columns.append(own)
        delete = chance.choices(ACTIONS, _BROAD_WEIGHTS if self.style == "broad" else _DELETE_WEIGHTS)[0]
        update = chance.choices(ACTIONS, _UPDATE_WEIGHTS)[0]
        text = (
            f"ALTER TABLE {table.sql} ADD CONSTRAINT {quoted(f'{table.name}_fk{number}')}"
            f" FOREIGN KEY ({', '.join(columns)}) REFERENCES {referenced.sql} ({', '.join(target)})"
        )
        if chance.random() < 0.2:
            text += " MATCH FULL"
        text += f" ON DELETE {delete}"
        if delete.startswith("SET") and len(columns) > 1 and self.major >= 15 and chance.random() < 0.5:
            text += f" ({chance.choice(columns)})"
        text += f" ON UPDATE {update}"
        text += chance.choice(["", "", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        if self.major >= 18 and chance.random() < 0.04:
            text += " NOT ENFORCED"
        elif chance.random() < 0.15:
            text += " NOT VALID"
        self.after.append(text)
        self.keys.append(Key(table, tuple(columns), referenced, target))

    def _constraints(self, table: Table) -> None:
        chance = self.chance
        mine = [column for column in table.columns if column.startswith("f")]
        if not mine:
            return
        one = chance.choice(mine)
        other = chance.choice(table.columns)
        name = quoted(f"{table.name}_{chance.choice('az')}c")
        if chance.random() < 0.2:
            check = chance.choice(
                [
                    f"{one} IS NOT NULL",
                    f"{one} IS NOT NULL OR {other} IS NOT NULL",
                    f"num_nonnulls({one}, {other}) >= 1",
                    f"{one}::text <> '2'",
                    f"{other}::text <> '3'",
                ]
            )
            suffix = chance.choice(["", "", " NOT VALID"])
            self.after.append(f"ALTER TABLE {table.sql} ADD CONSTRAINT {name} CHECK ({check}){suffix}")
        if chance.random() < 0.4:
            unique = quoted(f"{table.name}_uq")
            more = chance.sample(table.columns, k=chance.randint(0, 1))
            columns = ", ".join(dict.fromkeys([one, *more]))
            add = f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique}"
            options = [
                f"{add} UNIQUE ({columns})",
                f"{add} UNIQUE ({columns}) DEFERRABLE",
                f"{add} UNIQUE ({columns}) DEFERRABLE INITIALLY DEFERRED",
                f"CREATE UNIQUE INDEX {unique} ON {table.sql} ({other}) WHERE {one} IS NULL",
                f"CREATE UNIQUE INDEX {unique} ON {table.sql} (coalesce({one}::text, '0'))",
                f"{add} EXCLUDE ({one} WITH =)",
            ]
            if self.major >= 15:
                options += [f"{add} UNIQUE NULLS NOT DISTINCT ({columns})"] * 2
            self.after.append(chance.choice(options))
        if chance.random() < 0.06 and table.types[one] in ("int", "bigint", "numeric"):
            computed = [f"(({one} * 2)::int) STORED", f"((coalesce({one}, 0) + 1)::int) STORED"]
            if self.major >= 18:
                computed += [f"((100 / {one})::int) VIRTUAL", f"((100 / coalesce({one}, 0))::int) VIRTUAL"]
            chosen = chance.choice(computed)
            more = ["", " NOT NULL", " CHECK (g > 1)", *([" UNIQUE"] if "STORED" in chosen else [])]
            table.ddl.append(f"g int GENERATED ALWAYS AS {chosen}{chance.choice(more)}")

    def _rows(self, table: Table) -> None:
        for rid in range(1, self.chance.choice([2, 3, 4, 5, 6]) + 1):
            table.rows.append({"rid": rid})

    def _inserts(self, tables: list[Table]) -> list[str]:
        chance = self.chance
        for table in tables:
            for row in table.rows:
                for column in table.columns:
                    row[column] = row["rid"] if column in ("id", "k1", "u", "v") else self._value(table, column)
        for _ in range(3):
            for key in self.keys:
                for row in key.table.rows:
                    if key.referenced.rows and chance.random() < 0.9:
                        parent = chance.choice(key.referenced.rows)
                        for mine, theirs in zip(key.columns, key.referenced_columns, strict=True):
                            if chance.random() < 0.95 and (
                                mine not in ("id", "k1", "u", "v") or chance.random() < 0.5
                            ):
                                row[mine] = parent[theirs]
        statements: list[str] = []
        for table in tables:
            for row in table.rows:
                names = ", ".join(["rid", *table.columns])
                values = ", ".join(self._literal(table, row, name) for name in ["rid", *table.columns])
                statements.append(
                    f"INSERT INTO {table.sql} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values}) -- may fail"
                )
        return statements

    def _literal(self, table: Table, row: dict[str, object], name: str) -> str:
        value = row[name]
        if not isinstance(value, int):
            return "NULL"
        return f"'{spelled(table.types.get(name, 'int'), value, self.chance.randint(0, 2))}'"

    def _value(self, table: Table, column: str) -> object:
        if column not in table.not_null and self.chance.random() < 0.15:
            return None
        return self.chance.randint(1, 4)

    def _condition(self) -> str:
        chance = self.chance
        if chance.random() < 0.2:
            return "true"
        count = chance.choice([1, 1, 1, 2, 3])
        rids = chance.sample(range(1, 5), k=count)
        return f"rid IN ({', '.join(str(rid) for rid in rids)})"


def make(seed: int, major: int) -> Case:
    """Give the case of a seed, for a server of that major version."""
    return Maker(seed, major).case()
