"""What a statement may be about, chosen at random from what the statements before it have made."""

from __future__ import annotations

from random import Random

from fkdash.catalog.files.facts import Attribute, Constraint, Relation, TypeFact
from fkdash.catalog.files.state import State
from fkdash.catalog.table_name import quoted

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
KEY_TYPES = ("int", "bigint", "text", "uuid", "int", "int")


class Choices:
    """Chooses names, types and what there is by now, and spells the parts of statements."""

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
        if self.chance(0.12):
            own = [each for each in self.state.types.values() if each.kind in "decrm" and self.named(each)]
            if own:
                chosen = self.random.choice(own)
                return f"{quoted(self.state.schema_name(chosen.schema))}.{quoted(chosen.name)}"
        return self.random.choice(_TYPES)

    def named(self, type_fact: TypeFact) -> bool:
        """Tell a type that somebody made from the row type of a table."""
        return (type_fact.schema, type_fact.name) in self.state.type_names

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
