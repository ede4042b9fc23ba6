"""Writes what stands together: several actions in one statement, several objects, and what hangs on others."""

from __future__ import annotations

import re
from collections.abc import Callable

from fkdash.catalog.files.facts import Relation
from fkdash.catalog.files.types import spelled
from fkdash.catalog.table_name import quoted
from tests.catalog.files.choices import KEY_TYPES
from tests.catalog.files.naming import Naming

_ALONE = re.compile(r"(?:RENAME|SET SCHEMA|ATTACH|DETACH)\b")
_TRIES = 12


class Together(Naming):
    """Writes one of them for the state there is, None where nothing is there that it could be about.

    `fixed` is the table that everything is about while several actions of one are written.
    """

    fixed: Relation | None = None

    def table(self, kinds: str = "rp") -> Relation | None:
        if self.fixed is not None and self.fixed.kind in kinds and self.chance(0.8):
            return self.fixed
        return super().table(kinds)

    def together(self, writers: list[Callable[[], str | None]]) -> str | None:
        """Write any of them; `writers` write what may be an action of ALTER TABLE."""
        return self.random.choice(
            (lambda: self.several(writers), lambda: self.several(writers), lambda: self.several(writers), self.dropped,
             self.policy, self.routine, self.with_partition, self.whole_column, self.not_null, self.likes, self.spelling),
        )()  # fmt: skip

    def several(self, writers: list[Callable[[], str | None]]) -> str | None:
        """Write two or three actions on one table: PostgreSQL carries them out in an order of its own."""
        self.fixed = super().table("rp")
        if self.fixed is None:
            return None
        begin = f"ALTER TABLE {self.sql(self.fixed)} "
        wanted, actions = self.random.randint(2, 3), []
        for _ in range(_TRIES):
            said = self.random.choice(writers)() or ""
            action = said.removeprefix(begin)
            if action != said and not _ALONE.match(action):
                actions.append(action)
            if len(actions) == wanted:
                break
        self.fixed = None
        exists = self.one("", "IF EXISTS ")
        return f"ALTER TABLE {exists}{begin.removeprefix('ALTER TABLE ')}{', '.join(actions)}" if actions else None

    def dropped(self) -> str | None:
        """Write DROP of several, which may depend on each other."""
        kinds, word = self.random.choice(
            (("rp", "TABLE"), ("rp", "TABLE"), ("iI", "INDEX"), ("S", "SEQUENCE"), ("v", "VIEW"))
        )
        found = self.relations(kinds)
        if len(found) < 2:
            return None
        names = ", ".join(self.sql(each) for each in self.random.sample(found, 2))
        return f"DROP {word} {self.one('', 'IF EXISTS ')}{names}{self.one('', ' CASCADE', ' RESTRICT')}"

    def policy(self) -> str | None:
        """Write a policy: what its condition uses cannot go."""
        table, other = self.table(), self.table()
        if (
            table is None
            or other is None
            or not table.columns
            or not other.columns
            or table.temporary
            or other.temporary
        ):
            return None
        held = [where for where in self.state.hanging if where[0] == "policy" and where[1] in self.state.relations]
        if held and self.chance(0.5):
            _, oid, name = self.random.choice(held)
            place = f"{quoted(name.removesuffix('()'))} ON {self.sql(self.state.relations[oid])}"
            return self.one(
                f"DROP POLICY {place}", f"DROP POLICY {place}", f"ALTER POLICY {place} RENAME TO {self.name()}"
            )
        asked = quoted(self.random.choice(table.columns).name)
        far = f"EXISTS (SELECT FROM {self.sql(other)} o WHERE o.{quoted(self.random.choice(other.columns).name)} IS NULL)"
        said = self.one(f"{asked} IS NOT NULL", f"{asked} IS NULL OR {far}")
        return f"CREATE POLICY {self.name()} ON {self.sql(table)} {self.one('', 'FOR DELETE ', 'TO PUBLIC ')}USING ({said})"

    def routine(self) -> str | None:
        """Write a function that takes or gives a type or a row."""
        types = [each for each in self.state.types.values() if each.kind in "de"]
        table = self.table("r")
        held = [where for where in self.state.hanging if where[0] == "function"]
        if held and self.chance(0.4):
            _, schema, said = self.random.choice(held)
            names = {oid: name for name, oid in self.state.schemas.items()}
            name = f"{quoted(names[schema])}.{quoted(said.split('(')[0])}"
            return self.one(f"DROP FUNCTION {name}", f"DROP FUNCTION IF EXISTS {name} CASCADE")
        self.number += 1
        place = f"{self.schema()}.made{self.number}"
        if types and self.chance(0.6):
            chosen = self.random.choice(types)
            kind = f"{quoted(self.state.schema_name(chosen.schema))}.{quoted(chosen.name)}"
            return f"CREATE FUNCTION {place}(users int, a {kind}) RETURNS int LANGUAGE sql AS 'SELECT 1'"
        if table is None or table.temporary:
            return None
        return f"CREATE FUNCTION {place}() RETURNS SETOF {self.sql(table)} LANGUAGE sql AS 'SELECT * FROM {self.sql(table)}'"

    def with_partition(self) -> str | None:
        """Write a partition with constraints and defaults of its own."""
        parents = [each for each in self.relations("p") if each.strategy == "list" and each.columns]
        if not parents:
            return None
        parent = self.random.choice(parents)
        self.number += 1
        name = quoted(self.random.choice(parent.columns).name)
        elements = [
            f"{name} {self.one('NOT NULL', 'DEFAULT NULL', 'WITH OPTIONS UNIQUE', 'CHECK (true)')}",
            f"CONSTRAINT {self.name()} CHECK ({name} IS NOT NULL)", f"UNIQUE ({name})", f"PRIMARY KEY ({name})",
        ]  # fmt: skip
        target = self.key_to_refer_to()
        if target is not None and len(target[1]) == 1:
            fitting = [each for each in parent.columns if each.type == target[1][0].type]
            elements += [
                f"FOREIGN KEY ({quoted(each.name)}) REFERENCES {self.sql(target[0])} ({quoted(target[1][0].name)})"
                for each in fitting[:1]
            ]
        said = ", ".join(self.random.sample(elements, self.random.randint(1, 2)))
        return f"CREATE TABLE {self.placed()} PARTITION OF {self.sql(parent)} ({said}) FOR VALUES IN ({self.number + 1000})"

    def whole_column(self) -> str | None:
        """Write a column with everything that one can have."""
        table, target = self.table(), self.key_to_refer_to()
        if table is None:
            return None
        name, parts = self.name(), []
        kind = self.random.choice(KEY_TYPES)
        if (
            target is not None
            and len(target[1]) == 1
            and target[1][0].type.builtin
            and not target[1][0].type.array
        ):
            kind = spelled(self.state, target[1][0].type)
            parts.append(
                f"CONSTRAINT {self.name()} REFERENCES {self.sql(target[0])} ({quoted(target[1][0].name)})"
            )
        parts += [
            f"CHECK ({name} IS NOT NULL)",
            "UNIQUE",
            "NULL",
            "DEFAULT NULL",
            f"CONSTRAINT {self.name()} PRIMARY KEY",
        ]
        said = " ".join(self.random.sample(parts, self.random.randint(1, 3)))
        return f"ALTER TABLE {self.sql(table)} ADD COLUMN {self.one('', 'IF NOT EXISTS ')}{name} {kind} {said}"

    def not_null(self) -> str | None:
        """Write NOT NULL with a name, or without inheritance (PostgreSQL 18)."""
        table = self.table()
        column = self.column(table) if table is not None else None
        if table is None or column is None or self.state.version < 18:
            return None
        name = quoted(column.name)
        said = self.one(
            f"ADD CONSTRAINT {self.name()} NOT NULL {name}", f"ADD NOT NULL {name} NO INHERIT",
            f"ADD CONSTRAINT {self.name()} NOT NULL {name} NO INHERIT", f"ADD {self.name()} int NOT NULL NO INHERIT",
            f"ADD CONSTRAINT {self.name()} NOT NULL {name} NOT VALID",
        )  # fmt: skip
        return f"ALTER TABLE {self.sql(table)} {said}"

    def likes(self) -> str | None:
        """Write a table that is like another, or two."""
        table, other = self.table("rp"), self.table("rp")
        if table is None or other is None:
            return None
        including = self.one(
            "",
            " INCLUDING ALL",
            " INCLUDING DEFAULTS",
            " INCLUDING ALL EXCLUDING CONSTRAINTS",
            " INCLUDING IDENTITY",
        )
        second = f", LIKE {self.sql(other)}" if other is not table and self.chance(0.4) else ""
        own = f", {self.name()} int" if self.chance(0.4) else ""
        return f"CREATE TABLE {self.placed()} (LIKE {self.sql(table)}{including}{second}{own})"

    def spelling(self) -> str | None:
        """Write strings, names and comments as few people do."""
        table = self.table()
        if table is None:
            return None
        self.number += 1
        said = self.one(
            "E'it\\'s; \\n'", "U&'\\0061;'", "$$;'$$", "$a$ $$ $a$", "'a'\n'b'", "'--' /* ; */", "'a' -- ;\n", "(/* ' */ 'c')",
        )  # fmt: skip
        name = self.one(
            f'U&"\\0061d{self.number}"', f"Ünï{self.number}", f'"say ""{self.number}"""', f"q{self.number}$x"
        )
        return f"ALTER /* /* ; */ ' */ TABLE {self.sql(table)} -- $$\n ADD {name} text DEFAULT {said}"
