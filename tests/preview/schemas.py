"""Random schemas, rows and deletes, everything that a foreign key can be combined with in it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

NAMES = ["a", "b", "c", "d", "Mixed Case", 'quo"te', "select", "üñï", "order", "x.y", "p'q"]
DOMAINS = {
    "d_notnull": "CREATE DOMAIN {s}.d_notnull AS int NOT NULL",
    "d_check": "CREATE DOMAIN {s}.d_check AS int CONSTRAINT dom_ck CHECK (VALUE IS NOT NULL)",
    "d_small": "CREATE DOMAIN {s}.d_small AS int CONSTRAINT dom_small CHECK (VALUE < 4)",
    "d_default": "CREATE DOMAIN {s}.d_default AS int DEFAULT 2",
    "d_over": "CREATE DOMAIN {s}.d_over AS {s}.d_notnull",
}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Table:
    schema: str
    name: str
    columns: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    keys: list[tuple[str, ...]] = field(default_factory=list)
    ddl: list[str] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass
class Case:
    """A generated case: statements that set it up and the delete."""

    setup: list[str]
    tables: list[Table]
    target: Table
    condition: str

    @property
    def statement(self) -> str:
        return f"DELETE FROM {self.target.sql} WHERE {self.condition}"


@dataclass
class _Key:
    table: Table
    columns: tuple[str, ...]
    referenced: Table
    referenced_columns: tuple[str, ...]


ACTIONS = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]
_DELETE_WEIGHTS = [3, 2, 5, 5, 4]
_UPDATE_WEIGHTS = [3, 1, 4, 2, 2]


class Maker:
    """Makes one case from a seed."""

    def __init__(self, seed: int, major: int) -> None:
        self.chance = random.Random(seed)
        self.major = major
        self.keys: list[_Key] = []
        self.after: list[str] = []

    def case(self) -> Case:
        chance = self.chance
        schemas = ["s1"] if chance.random() < 0.6 else ["s1", "S 2"]
        names = chance.sample(NAMES, k=chance.randint(2, 7))
        tables = [Table(chance.choice(schemas), name) for name in names]
        setup = [f"CREATE SCHEMA {quoted(schema)}" for schema in schemas]
        setup += [text.format(s="s1") for text in DOMAINS.values()]
        for table in tables:
            self._columns(table)
        wanted = chance.randint(1, len(tables) + 3)
        for number in range(wanted):
            self._key(chance.choice(tables), chance.choice(tables), number)
        for table in tables:
            self._constraints(table)
        for table in tables:
            columns = ", ".join([*table.ddl])
            setup.append(f"CREATE TABLE {table.sql} ({columns})")
        chance.shuffle(self.after)
        setup += sorted(self.after, key=lambda text: "FOREIGN KEY" in text)
        for table in tables:
            self._rows(table)
        setup.append("SET session_replication_role = replica")
        setup += self._inserts(tables)
        setup.append("RESET session_replication_role")
        referenced = [key.referenced for key in self.keys] or tables
        target = chance.choice(referenced if chance.random() < 0.9 else tables)
        return Case(setup, tables, target, self._condition(target))

    def _columns(self, table: Table) -> None:
        chance = self.chance
        table.ddl.append("rid int")
        kind = chance.choice(["int", "int", "int", "bigint", "text", "numeric"])
        if chance.random() < 0.25:
            self._add(table, "k1", "int", not_null=True)
            self._add(table, "k2", "int", not_null=True)
            table.ddl.append("PRIMARY KEY (k1, k2)")
            table.keys.append(("k1", "k2"))
        else:
            self._add(table, "id", kind, not_null=True)
            table.ddl.append("PRIMARY KEY (id)")
            table.keys.append(("id",))
        if chance.random() < 0.35:
            self._add(table, "u", "int", default=chance.choice([None, None, "3", "4"]))
            deferrable = chance.choice(["", "", "", "", " DEFERRABLE"])
            suffix = "" if deferrable else ""
            table.ddl.append(f"CONSTRAINT {quoted(table.name + '_u')} UNIQUE (u){suffix}")
            table.keys.append(("u",))
        if chance.random() < 0.15:
            self._add(table, "v", "int")
            self._add(table, "w", "int")
            table.ddl.append("UNIQUE (v, w)")
            table.keys.append(("v", "w"))

    def _add(self, table: Table, name: str, kind: str, *, not_null: bool = False, default: str | None = None) -> None:
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

    def _default(self, kind: str) -> str | None:
        chance = self.chance
        if chance.random() < 0.35:
            return None
        if kind == "text":
            return chance.choice(["'1'", "'2'", "'9'", "NULL"])
        return chance.choice(["1", "2", "3", "9", "NULL", "1 + 1", "abs(-3)"])

    def _key(self, table: Table, referenced: Table, number: int) -> None:
        chance = self.chance
        target = chance.choice(referenced.keys)
        columns: list[str] = []
        for i, name in enumerate(target):
            kind = referenced.types[name]
            reusable = [c for c in table.columns if table.types[c] == kind and c not in columns]
            if reusable and chance.random() < 0.3:
                columns.append(chance.choice(reusable))
                continue
            own = f"f{number}{'abc'[i]}"
            mine = kind
            if kind in ("int", "bigint", "numeric"):
                mine = chance.choice([kind, kind, "int"])
                if mine == "int" and chance.random() < 0.2:
                    mine = chance.choice(list(DOMAINS))
            self._add(table, own, mine, not_null=chance.random() < 0.15, default=self._default(mine))
            columns.append(own)
        delete = chance.choices(ACTIONS, _DELETE_WEIGHTS)[0]
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
        self.keys.append(_Key(table, tuple(columns), referenced, target))

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
        if chance.random() < 0.2:
            unique = quoted(f"{table.name}_uq")
            more = chance.sample(table.columns, k=chance.randint(0, 1))
            columns = ", ".join(dict.fromkeys([one, *more]))
            options = [
                f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique} UNIQUE ({columns})",
                f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique} UNIQUE ({columns}) DEFERRABLE",
                f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique} UNIQUE ({columns}) DEFERRABLE INITIALLY DEFERRED",
                f"CREATE UNIQUE INDEX {unique} ON {table.sql} ({other}) WHERE {one} IS NULL",
                f"CREATE UNIQUE INDEX {unique} ON {table.sql} (coalesce({one}::text, '0'))",
                f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique} EXCLUDE ({one} WITH =)",
            ]
            if self.major >= 15:
                options += [f"ALTER TABLE {table.sql} ADD CONSTRAINT {unique} UNIQUE NULLS NOT DISTINCT ({columns})"] * 2
            self.after.append(chance.choice(options))
        if chance.random() < 0.06 and table.types[one] in ("int", "bigint", "numeric"):
            table.ddl.append(f"g int GENERATED ALWAYS AS (({one} * 2)::int) STORED" + chance.choice(["", " NOT NULL"]))

    def _rows(self, table: Table) -> None:
        for rid in range(1, self.chance.choice([1, 2, 3, 4, 5]) + 1):
            table.rows.append({"rid": rid})

    def _inserts(self, tables: list[Table]) -> list[str]:
        chance = self.chance
        for table in tables:
            for row in table.rows:
                for column in table.columns:
                    row[column] = self._value(table, column)
        for _ in range(3):
            for key in self.keys:
                for row in key.table.rows:
                    if key.referenced.rows and chance.random() < 0.8:
                        parent = chance.choice(key.referenced.rows)
                        for mine, theirs in zip(key.columns, key.referenced_columns, strict=True):
                            if chance.random() < 0.92:
                                row[mine] = parent[theirs]
        statements: list[str] = []
        for table in tables:
            for row in table.rows:
                names = ", ".join(["rid", *table.columns])
                values = ", ".join(_literal(row[name]) for name in ["rid", *table.columns])
                statements.append(f"INSERT INTO {table.sql} ({names}) VALUES ({values}) -- may fail")
        return statements

    def _value(self, table: Table, column: str) -> object:
        if column not in table.not_null and self.chance.random() < 0.15:
            return None
        return self.chance.randint(1, 4)

    def _condition(self, target: Table) -> str:
        chance = self.chance
        if chance.random() < 0.2:
            return "true"
        count = chance.choice([1, 1, 1, 2, 3])
        rids = chance.sample(range(1, 6), k=count)
        return f"rid IN ({', '.join(str(rid) for rid in rids)})"


def _literal(value: object) -> str:
    return "NULL" if value is None else f"'{value}'"


def make(seed: int, major: int) -> Case:
    """Give the case of a seed, for a server of that major version."""
    return Maker(seed, major).case()
