"""Writes sequences of migrations: statements that mostly fit what those before them have made.

What there is to alter is asked of the state that the reader has come to, so that a statement finds its object; a
server runs the same statements and says what is true.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fkdash.catalog.files.facts import Attribute, Constraint, Relation
from fkdash.catalog.files.state import State
from fkdash.catalog.files.types import spelled
from fkdash.catalog.model import quoted

SCHEMAS = ("public", "s1", "S 2")
_WORDS = (
    "a", "b", "a_b", "b_c", "id", "user_id", "Odd Name", "sélect", 'quo"te', "select", "users", "year", "text",
    "a_rather_long_name_that_is_cut_when_names_are_made_of_it_by_itself", "c" * 62 + "d", "é" * 31, "Ab",
)  # fmt: skip
_TYPES = (
    "int",
    "bigint",
    "text",
    "uuid",
    "varchar(20)",
    "numeric(10,2)",
    "timestamptz",
    "date",
    "int[]",
    "boolean",
)
_KEY_TYPES = ("int", "bigint", "text", "uuid", "int", "int")


class Writer:
    """Writes one statement after the other for the state there is."""

    def __init__(self, random: Random, state: State) -> None:
        self.random = random
        self.state = state
        self.number = 0

    # --- choosing

    def one(self, *options: str) -> str:
        return self.random.choice(options)

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def word(self) -> str:
        word = self.random.choice(_WORDS)
        if self.chance(0.5):
            self.number += 1
            word = f"{word[:40]}{self.number}"
        return word

    def name(self) -> str:
        word = self.word()
        plain = word.isidentifier() and word.isascii() and word.islower() and word != "select"
        return word if plain and self.chance(0.8) else quoted(word)

    def schema(self) -> str:
        return quoted(self.random.choice([each for each in SCHEMAS if each in self.state.schemas]))

    def placed(self) -> str:
        return (
            f"{self.schema()}.{self.name()}"
            if self.chance(0.4)
            else f"public.{self.name()}"
            if self.chance(0.5)
            else self.name()
        )

    def relations(self, kinds: str) -> list[Relation]:
        return [each for each in self.state.relations.values() if each.kind in kinds]

    def table(self, kinds: str = "rp") -> Relation | None:
        found = self.relations(kinds)
        return self.random.choice(found) if found else None

    def sql(self, relation: Relation) -> str:
        return f"{quoted(self.state.schema_name(relation.schema))}.{quoted(relation.name)}"

    def column(self, table: Relation) -> Attribute | None:
        return self.random.choice(table.columns) if table.columns else None

    def constraint(self, table: Relation, kinds: str) -> Constraint | None:
        found = self.state.constraints_on(table.oid, kinds)
        return self.random.choice(found) if found else None

    # --- parts

    def type(self) -> str:
        if self.chance(0.1):
            own = [each for each in self.state.types.values() if each.kind in "de"]
            if own:
                chosen = self.random.choice(own)
                return f"{quoted(self.state.schema_name(chosen.schema))}.{quoted(chosen.name)}"
        return self.random.choice(_TYPES)

    def column_said(self, name: str) -> str:
        said = f"{name} {self.one('serial', 'bigserial') if self.chance(0.08) else self.type()}"
        if self.chance(0.25):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            said += f" {named}NOT NULL"
        elif self.chance(0.05) and "serial" not in said:
            said += " NULL"
        if said.removesuffix(" NOT NULL").endswith((" int", " bigint")) and self.chance(0.3):
            said += self.one(" DEFAULT 0", " DEFAULT -1", " DEFAULT NULL")
        if self.chance(0.08):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            said += f" {named}CHECK ({name} IS NOT NULL)"
        if self.chance(0.07):
            said += " UNIQUE"
        return said

    def actions(self, columns: list[str]) -> str:
        said = ""
        if self.chance(0.2):
            said += self.one(" MATCH FULL", " MATCH SIMPLE")
        if self.chance(0.7):
            action = self.one("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION", "set null")
            said += f" ON DELETE {action}"
            if action.upper().startswith("SET") and self.chance(0.2) and self.state.version >= 15:
                said += f" ({self.random.choice(columns)})"
        if self.chance(0.3):
            said += f" ON UPDATE {self.one('CASCADE', 'SET NULL', 'NO ACTION', 'RESTRICT')}"
        if self.chance(0.15):
            said += self.one(" DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED", " NOT DEFERRABLE")
        return said

    def key_to_refer_to(self) -> tuple[Relation, list[Attribute], bool] | None:
        tables = [
            each for each in self.relations("rp")
            if any(i.index and i.index.unique and not i.index.predicate for i in self.state.indexes_on(each.oid))
        ]  # fmt: skip
        if not tables:
            return None
        table = self.random.choice(tables)
        indexes = [
            each.index for each in self.state.indexes_on(table.oid)
            if each.index and each.index.unique and not each.index.predicate and 0 not in each.index.columns
        ]  # fmt: skip
        if not indexes:
            return None
        index = self.random.choice(indexes)
        by_number = {column.number: column for column in table.columns}
        return table, [by_number[number] for number in index.columns], index.primary

    def condition(self, table_columns: list[str]) -> str:
        first = self.random.choice(table_columns)
        if self.chance(0.3) and len(table_columns) > 1:
            return f"{first} IS NOT NULL OR {self.random.choice(table_columns)} IS NULL"
        if self.chance(0.3):
            return f"num_nonnulls({', '.join(table_columns[:2])}) > 0"
        return f"{first} IS NOT NULL"

    # --- statements

    def create_table(self) -> str:
        names = list(dict.fromkeys(self.name() for _ in range(self.random.randint(1, 5))))
        names = [
            each
            for number, each in enumerate(names)
            if each.strip('"') not in {o.strip('"') for o in names[:number]}
        ]
        target = self.key_to_refer_to()
        elements = [self.column_said(name) for name in names]
        if self.chance(0.6):
            key = self.one('"key"', "id_", "k")
            extra = self.one("", "", " GENERATED ALWAYS AS IDENTITY", " GENERATED BY DEFAULT AS IDENTITY")
            elements.append(f"{key} {self.random.choice(_KEY_TYPES) if not extra else 'int'}{extra} PRIMARY KEY")
        elif self.chance(0.4):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            picked = self.random.sample(names, min(len(names), self.random.randint(1, 2)))
            if not any("[]" in element for element in elements):
                elements.append(f"{named}PRIMARY KEY ({', '.join(picked)})")
        if self.chance(0.2):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            picked = self.random.sample(names, min(len(names), self.random.randint(1, 2)))
            elements.append(f"{named}UNIQUE ({', '.join(picked)})")
        if self.chance(0.2):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            elements.append(f"{named}CHECK ({self.condition(names)})")
        if target is not None and self.chance(0.6):
            elements += self.referring(target)
        if self.chance(0.05) and (other := self.table("r")) is not None:
            elements = [
                f"LIKE {self.sql(other)}{self.one('', ' INCLUDING ALL', ' INCLUDING CONSTRAINTS INCLUDING INDEXES')}"
            ]
        if self.chance(0.1):
            elements.append("gen int GENERATED ALWAYS AS (1 + 1) STORED")
        tail = ""
        if self.chance(0.08) and (parent := self.table("r")) is not None:
            tail = f" INHERITS ({self.sql(parent)})"
        elif self.chance(0.15):
            elements.append("part int NOT NULL")
            tail = f" PARTITION BY {self.one('LIST', 'RANGE', 'HASH')} (part)"
            elements = [each.replace("PRIMARY KEY (", "PRIMARY KEY (part, ") for each in elements]
            elements = [
                each.replace(" PRIMARY KEY", "") if each.endswith("PRIMARY KEY") else each for each in elements
            ]
            elements = [
                each.replace(" UNIQUE", "") if not each.rstrip().endswith(")") else each for each in elements
            ]
        exists = "IF NOT EXISTS " if self.chance(0.1) else ""
        return f"CREATE TABLE {exists}{self.placed()} ({', '.join(elements)}){tail}"

    def referring(self, target: tuple[Relation, list[Attribute], bool]) -> list[str]:
        table, columns, primary = target
        made = [f"r{number}_{self.number}" for number, _ in enumerate(columns)]
        types = [spelled(self.state, column.type) for column in columns]
        null = self.one("", " NOT NULL")
        listed = "" if primary and self.chance(0.5) else f"({', '.join(quoted(c.name) for c in columns)})"
        if len(columns) == 1 and self.chance(0.5):
            named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
            return [f"{made[0]} {types[0]}{null} {named}REFERENCES {self.sql(table)} {listed}{self.actions(made)}"]
        named = f"CONSTRAINT {self.name()} " if self.chance(0.3) else ""
        return [
            *(f"{name} {kind}{null}" for name, kind in zip(made, types, strict=True)),
            f"{named}FOREIGN KEY ({', '.join(made)}) REFERENCES {self.sql(table)} {listed}{self.actions(made)}",
        ]

    def partition(self) -> str | None:
        parent = self.table("p")
        if parent is None:
            return None
        self.number += 1
        number = self.number
        bound = {
            "list": f"FOR VALUES IN ({number})"
            if self.chance(0.8)
            else self.one("DEFAULT", "FOR VALUES IN (NULL)"),
            "range": f"FOR VALUES FROM ({number * 10}) TO ({number * 10 + 10})" if self.chance(0.8) else "DEFAULT",
            "hash": f"FOR VALUES WITH (MODULUS 64, REMAINDER {number % 64})",
        }[parent.strategy]
        sub = " PARTITION BY LIST (part)" if self.chance(0.15) else ""
        return f"CREATE TABLE {self.placed()} PARTITION OF {self.sql(parent)} {bound}{sub}"

    def attach(self) -> str | None:
        parent = self.table("p")
        if parent is None:
            return None
        self.number += 1
        candidates = [
            each
            for each in self.relations("r")
            if not each.parents and {c.name for c in each.columns} == {c.name for c in parent.columns}
        ]
        if candidates and self.chance(0.8):
            bound = {
                "list": f"FOR VALUES IN ({self.number})",
                "range": f"FOR VALUES FROM ({self.number * 10}) TO ({self.number * 10 + 10})",
                "hash": f"FOR VALUES WITH (MODULUS 64, REMAINDER {self.number % 64})",
            }[parent.strategy]
            return f"ALTER TABLE {self.sql(parent)} ATTACH PARTITION {self.sql(self.random.choice(candidates))} {bound}"
        return f"CREATE TABLE {self.placed()} (LIKE {self.sql(parent)}{self.one('', ' INCLUDING ALL')})"

    def detach(self) -> str | None:
        partitions = [each for each in self.relations("rp") if each.is_partition]
        if not partitions:
            return None
        child = self.random.choice(partitions)
        return f"ALTER TABLE {self.sql(self.state.relations[child.parents[0]])} DETACH PARTITION {self.sql(child)}"

    def add_foreign_key(self) -> str | None:
        table, target = self.table(), self.key_to_refer_to()
        if table is None or target is None:
            return None
        referenced, columns, primary = target
        picked = []
        for column in columns:
            fitting = [each.name for each in table.columns if each.type == column.type and each.name not in picked]
            if not fitting:
                return None
            picked.append(self.random.choice(fitting))
        listed = "" if primary and self.chance(0.5) else f" ({', '.join(quoted(c.name) for c in columns)})"
        named = f"CONSTRAINT {self.name()} " if self.chance(0.4) else ""
        tail = " NOT VALID" if self.chance(0.2) else ""
        if self.state.version >= 18 and self.chance(0.05):
            tail = " NOT ENFORCED"
        quoted_names = [quoted(each) for each in picked]
        return (
            f"ALTER TABLE {self.sql(table)} ADD {named}FOREIGN KEY ({', '.join(quoted_names)}) "
            f"REFERENCES {self.sql(referenced)}{listed}{self.actions(quoted_names)}{tail}"
        )

    def add_column(self) -> str | None:
        table = self.table()
        if table is None:
            return None
        exists = "IF NOT EXISTS " if self.chance(0.1) else ""
        said = self.column_said(self.name())
        target = self.key_to_refer_to()
        if target is not None and len(target[1]) == 1 and self.chance(0.3):
            said = self.referring(target)[0]
            if "REFERENCES" not in said:
                said = self.column_said(self.name())
        more = f", ADD COLUMN {self.column_said(self.name())}" if self.chance(0.15) else ""
        return f"ALTER TABLE {self.sql(table)} ADD {self.one('COLUMN ', '') if not exists else 'COLUMN '}{exists}{said}{more}"

    def alter_column(self) -> str | None:
        table = self.table()
        column = self.column(table) if table is not None else None
        if table is None or column is None:
            return None
        act = self.one(
            "ALTER {} SET NOT NULL", "ALTER {} DROP NOT NULL", "ALTER COLUMN {} DROP DEFAULT",
            "ALTER COLUMN {} TYPE text", "ALTER {} SET DATA TYPE varchar(30)", "DROP COLUMN {}",
            "DROP {} CASCADE", "ALTER {} SET DEFAULT NULL", "ALTER {} TYPE bigint USING 1",
            "ALTER {} SET NOT NULL", "DROP COLUMN IF EXISTS {}",
        )  # fmt: skip
        more = ""
        if self.chance(0.15):
            more = f", ADD COLUMN {self.column_said(self.name())}"
        return f"ALTER TABLE {self.sql(table)} {act.format(quoted(column.name))}{more}"

    def alter_constraint(self) -> str | None:
        table = self.table()
        found = self.constraint(table, "pucfxn") if table is not None else None
        if table is None or found is None:
            return None
        name = quoted(found.name)
        act = self.one(
            f"DROP CONSTRAINT {name}", f"DROP CONSTRAINT {name} CASCADE", f"VALIDATE CONSTRAINT {name}",
            f"RENAME CONSTRAINT {name} TO {self.name()}", f"ALTER CONSTRAINT {name} DEFERRABLE",
            f"ALTER CONSTRAINT {name} NOT DEFERRABLE", f"RENAME CONSTRAINT {name} TO {self.name()}",
        )  # fmt: skip
        return f"ALTER TABLE {self.sql(table)} {act}"

    def add_constraint(self) -> str | None:
        table = self.table()
        if table is None or not table.columns:
            return None
        names = [
            quoted(each.name)
            for each in self.random.sample(table.columns, min(len(table.columns), self.random.randint(1, 2)))
        ]
        named = f"CONSTRAINT {self.name()} " if self.chance(0.4) else ""
        said = self.one(
            f"{named}CHECK ({self.condition(names)})", f"{named}CHECK ({self.condition(names)}) NOT VALID",
            f"{named}UNIQUE ({', '.join(names)})", f"{named}PRIMARY KEY ({', '.join(names)})",
        )  # fmt: skip
        if self.state.version >= 18 and self.chance(0.2):
            said = f"{named}NOT NULL {names[0]}{self.one('', ' NOT VALID')}"
        if self.state.version >= 15 and self.chance(0.1):
            said = f"{named}UNIQUE NULLS NOT DISTINCT ({', '.join(names)})"
        return f"ALTER TABLE {self.sql(table)} ADD {said}"

    def create_index(self) -> str | None:
        table = self.table()
        if table is None or not table.columns:
            return None
        names = [
            quoted(each.name)
            for each in self.random.sample(table.columns, min(len(table.columns), self.random.randint(1, 2)))
        ]
        texts = [
            quoted(each.name)
            for each in table.columns
            if each.type.builtin in {"text", "varchar"} and not each.type.array
        ]
        if texts and self.chance(0.25):
            names = [f"lower({self.random.choice(texts)})"]
        name = f"{self.name()} " if self.chance(0.4) else ""
        where = f" WHERE {names[0]} IS NOT NULL" if self.chance(0.15) and "lower" not in names[0] else ""
        return f"CREATE {self.one('', 'UNIQUE ', '')}INDEX {name}ON {self.sql(table)} ({', '.join(names)}){where}"

    def use_index(self) -> str | None:
        indexes = [each for each in self.relations("i") if each.index and each.index.unique]
        if not indexes:
            return None
        index = self.random.choice(indexes)
        assert index.index is not None
        named = f"CONSTRAINT {self.name()} " if self.chance(0.5) else ""
        table = self.state.relations[index.index.table]
        return f"ALTER TABLE {self.sql(table)} ADD {named}{self.one('UNIQUE', 'PRIMARY KEY')} USING INDEX {quoted(index.name)}"

    def rename(self) -> str | None:
        relation = self.table("rpiISv")
        if relation is None:
            return None
        if relation.kind in "rp" and relation.columns and self.chance(0.5):
            column = self.random.choice(relation.columns)
            return f"ALTER TABLE {self.sql(relation)} RENAME {self.one('COLUMN ', '')}{quoted(column.name)} TO {self.name()}"
        word = {"i": "INDEX", "I": "INDEX", "S": "SEQUENCE", "v": "VIEW"}.get(relation.kind, "TABLE")
        if self.chance(0.3) and relation.kind in "rpSv":
            return f"ALTER {word} {self.sql(relation)} SET SCHEMA {self.schema()}"
        return f"ALTER {word} {self.sql(relation)} RENAME TO {self.name()}"

    def drop(self) -> str | None:
        relation = self.table("rpiIS" if self.chance(0.5) else "rp")
        if relation is None:
            return None
        word = {"i": "INDEX", "I": "INDEX", "S": "SEQUENCE"}.get(relation.kind, "TABLE")
        return (
            f"DROP {word} {self.one('', 'IF EXISTS ')}{self.sql(relation)}{self.one('', ' CASCADE', ' CASCADE')}"
        )

    def domain(self) -> str:
        domains = [each for each in self.state.types.values() if each.kind == "d"]
        if domains and self.chance(0.6):
            chosen = self.random.choice(domains)
            name = f"{quoted(self.state.schema_name(chosen.schema))}.{quoted(chosen.name)}"
            act = self.one(
                "SET NOT NULL", "DROP NOT NULL", "SET DEFAULT 5", "DROP DEFAULT", "ADD CHECK (VALUE IS NOT NULL)",
                f"ADD CONSTRAINT {self.name()} CHECK (VALUE IS NOT NULL)", f"RENAME TO {self.name()}",
                f"SET SCHEMA {self.schema()}",
            )  # fmt: skip
            return f"ALTER DOMAIN {name} {act}"
        said = self.one(
            "", " NOT NULL", " DEFAULT 7", " CHECK (VALUE IS NOT NULL)", f" CONSTRAINT {self.name()} NOT NULL"
        )
        if self.chance(0.3):
            return f"CREATE TYPE {self.placed()} AS ENUM ('a', 'b')"
        return f"CREATE DOMAIN {self.placed()} AS int{said}"

    def schema_said(self) -> str:
        missing = [each for each in SCHEMAS if each not in self.state.schemas]
        if missing:
            return f"CREATE SCHEMA {quoted(self.random.choice(missing))}"
        return f"SET search_path = {self.one('public', 's1, public', chr(34) + 'S 2' + chr(34))}"

    def partition_index(self) -> str | None:
        parent = self.table("p")
        if parent is None or not parent.columns:
            return None
        open_ones = [each for each in self.relations("I") if each.index and not each.index.valid]
        if open_ones and self.chance(0.7):
            index = self.random.choice(open_ones)
            assert index.index is not None
            for partition in self.state.children(index.index.table):
                for other in self.state.indexes_on(partition.oid):
                    if other.index and not other.index.parent and other.index.labels == index.index.labels:
                        return f"ALTER INDEX {self.sql(index)} ATTACH PARTITION {self.sql(other)}"
                names = [quoted(partition_column) for partition_column in index.index.labels]
                return f"CREATE INDEX ON {self.sql(partition)} ({', '.join(names)})"
        column = self.random.choice(parent.columns)
        return f"CREATE INDEX {self.name()} ON ONLY {self.sql(parent)} ({quoted(column.name)})"

    def other(self) -> str | None:
        table = self.table()
        if table is None:
            return None
        return self.one(
            f"ALTER TABLE {self.sql(table)} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {self.sql(table)} DISABLE TRIGGER ALL",
            f"ALTER TABLE {self.sql(table)} ENABLE TRIGGER ALL",
            f"CREATE VIEW {self.placed()} AS SELECT 1 AS one",
            f"CREATE SEQUENCE {self.placed()}",
        )

    def function(self) -> str | None:
        """Write what is done to a function that triggers run."""
        found = [each for each in self.state.functions.values() if each.language]
        if found and self.chance(0.6):
            chosen = self.random.choice(found)
            name = f"{quoted(self.state.schema_name(chosen.schema))}.{quoted(chosen.name)}"
            body = f"begin new := old; -- {self.word()}\n return {self.one('old', 'new', 'null')}; end"
            return self.one(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $f${body}$f$",
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $f${body}$f$ LANGUAGE 'plpgsql' STRICT",
                f"ALTER FUNCTION {name}() RENAME TO {self.name()}",
                f"ALTER FUNCTION {name} SET SCHEMA {self.schema()}",
                f"DROP FUNCTION {name}()",
                f"DROP FUNCTION IF EXISTS {name} CASCADE",
            )
        replacing = self.one("", "OR REPLACE ")
        return f"CREATE {replacing}FUNCTION {self.placed()}() RETURNS trigger LANGUAGE plpgsql AS 'begin return old; end'"

    def trigger(self) -> str | None:
        """Write a trigger, a rewrite rule, or what is done to one."""
        table = self.table()
        if table is None or not table.columns:
            return None
        named = [(each, "TRIGGER") for each in table.triggers] + [(each, "RULE") for each in table.rules]
        if named and self.chance(0.3):
            chosen, kind = self.random.choice(named)
            name = quoted(chosen.name)
            return self.one(
                f"DROP {kind} {name} ON {self.sql(table)}",
                f"ALTER TABLE {self.sql(table)} {self.one('DISABLE', 'ENABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA')} {kind} {name}",
            )
        columns = [quoted(each.name) for each in self.random.sample(table.columns, min(2, len(table.columns)))]
        if self.chance(0.25):
            event = self.one("UPDATE", "DELETE", "INSERT")
            where = self.one("", f" WHERE {'new' if event == 'INSERT' else 'old'}.{columns[0]} IS NULL")
            action = self.one("NOTHING", f"DELETE FROM {self.sql(table)}", "(SELECT 1; SELECT 2)", "SELECT 1")
            replacing = self.one("", "OR REPLACE ")
            return f"CREATE {replacing}RULE {self.name()} AS ON {event} TO {self.sql(table)}{where} DO {self.one('ALSO ', 'INSTEAD ', '')}{action}"
        found = [each for each in self.state.functions.values() if each.language]
        if not found:
            return None
        function = self.random.choice(found)
        run = f"{quoted(self.state.schema_name(function.schema))}.{quoted(function.name)}"
        update = self.one("UPDATE", f"UPDATE OF {', '.join(columns)}")
        when = self.one(
            "", "", f" WHEN (OLD.{columns[0]} IS NULL)", " WHEN (OLD.* IS NOT NULL)", " WHEN (old IS NULL)"
        )
        replacing = "OR REPLACE " if self.chance(0.2) else ""
        return (
            f"CREATE {replacing}TRIGGER {self.name()} {self.one('BEFORE', 'AFTER')} {update} OR DELETE ON "
            f"{self.sql(table)} FOR EACH ROW{when} EXECUTE FUNCTION {run}()"
        )

    def inherit(self) -> str | None:
        child, parent = self.table("r"), self.table("r")
        if child is None or parent is None:
            return None
        if child.parents and not child.is_partition and self.chance(0.7):
            above = self.state.relations[child.parents[0]]
            return f"ALTER TABLE {self.sql(child)} NO INHERIT {self.sql(above)}"
        return f"ALTER TABLE {self.sql(child)} INHERIT {self.sql(parent)}" if child is not parent else None

    def statement(self) -> str:
        """Write one statement."""
        weighted: list[tuple[int, Callable[[], str | None]]] = [
            (22, self.create_table), (8, self.partition), (5, self.attach), (3, self.detach),
            (18, self.add_foreign_key), (8, self.add_column), (12, self.alter_column), (8, self.alter_constraint),
            (7, self.add_constraint), (6, self.create_index), (2, self.use_index), (7, self.rename), (4, self.drop),
            (4, self.domain), (4, self.schema_said), (2, self.partition_index), (4, self.other), (2, self.inherit),
            (4, self.function), (7, self.trigger),
        ]  # fmt: skip
        while True:
            weights = [weight for weight, _ in weighted]
            [write] = self.random.choices([each for _, each in weighted], weights)
            said = write()
            if said is not None:
                return said
