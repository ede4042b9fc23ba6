"""Writes what only names things: rows that are none, privileges, comments, upkeep, queries over several tables."""

from __future__ import annotations

from fkdash.catalog.files.facts import Relation
from fkdash.catalog.table_name import quoted
from tests.catalog.files.rarer import Rarer

_MISSING = ("nowhere", '"No Where"', "s9.nowhere")


class Naming(Rarer):
    """Writes one of them for the state there is; now and then of something that is not there."""

    def naming(self) -> str | None:
        """Write any of them."""
        return self.random.choice(
            (self.rows, self.rows, self.rows, self.privilege, self.remark, self.upkeep, self.emptied, self.conflict,
             self.many, self.many, self.setting, self.typed, self.typed, self.steady, self.steady),
        )()  # fmt: skip

    def said(self, kinds: str = "rp") -> tuple[str, Relation | None]:
        """Give a relation's name, sometimes one that there is none of."""
        table = self.table(kinds)
        if table is None or self.chance(0.08):
            return self.one(*_MISSING), None
        plain = (
            table.name.isidentifier() and table.name.isascii() and table.name.islower() and table.name != "select"
        )
        return (table.name if plain and self.chance(0.1) else self.sql(table)), table

    def named_columns(self, table: Relation | None, most: int = 3) -> list[str]:
        """Give some columns of a table, sometimes with one that it does not have."""
        found = [quoted(each.name) for each in table.columns] if table is not None else []
        picked = self.random.sample(found, min(len(found), self.random.randint(1, most)))
        return [*picked, self.one("nope", '"No Pe"')] if self.chance(0.08) or not picked else picked

    def rows(self) -> str | None:
        """Write an INSERT, UPDATE or DELETE of no row."""
        name, table = self.said("rpv")
        columns = self.named_columns(table)
        first = columns[0]
        if table is not None and (table.kind == "v" or table.rules):
            return f"SELECT FROM {name}"  # what rules make of it is another question
        nothing = ", ".join("NULL" for _ in columns)
        alias = self.one("", " x", " AS x")
        asked = first if not alias else self.one(first, f"x.{first}")
        return self.one(
            f"INSERT INTO {name} ({', '.join(columns)}) SELECT {nothing} WHERE false",
            f"INSERT INTO {name}{alias.replace(' x', ' AS x').replace('AS AS', 'AS')} ({', '.join(columns)}) SELECT {nothing} WHERE false ON CONFLICT DO NOTHING",
            f"INSERT INTO {name} ({', '.join(columns)}, {first}) SELECT {nothing}, NULL WHERE false",
            f"UPDATE {name}{alias} SET {first} = DEFAULT WHERE {asked} IS NULL AND false",
            f"DELETE FROM {name}{alias} WHERE {asked} IS NULL AND false",
            f"DELETE FROM {name}{alias} WHERE {asked} IS NOT DISTINCT FROM {asked} AND false",
        )  # fmt: skip

    def conflict(self) -> str | None:
        """Write ON CONFLICT over columns that a unique index may be over, or not."""
        name, table = self.said()
        if (
            table is None
            or not table.columns
            or any(each.event != "DELETE" and not each.nothing for each in table.rules)
        ):
            return None
        indexes = [each.index for each in self.state.indexes_on(table.oid) if each.index and each.index.unique]
        columns = self.named_columns(table, 2)
        if indexes and self.chance(0.8):
            index = self.random.choice(indexes)
            columns = [quoted(table.names[number]) for number in index.columns if number] or columns
        target = f"({', '.join(columns)}){self.one('', '', ' WHERE true')}"
        named = self.constraint(table, "puxf")
        if named is not None and self.chance(0.1):
            target = f"ON CONSTRAINT {quoted(named.name)}"
        done = self.one("NOTHING", f"UPDATE SET {columns[0]} = excluded.{columns[0]}")
        return f"INSERT INTO {name} ({columns[0]}) SELECT NULL WHERE false ON CONFLICT {target} DO {done}"

    def privilege(self) -> str:
        """Write GRANT or REVOKE."""
        name, table = self.said("rpvS")
        columns = f" ({', '.join(self.named_columns(table))})" if table is not None and table.kind in "rp" else ""
        who = self.one("GRANT", "REVOKE")
        to = "TO PUBLIC" if who == "GRANT" else "FROM PUBLIC"
        return self.one(
            f"{who} SELECT ON {name} {to}", f"{who} ALL ON TABLE {name} {to}", f"{who} SELECT{columns} ON {name} {to}",
            f"{who} USAGE ON SCHEMA {self.one('public', 's1', 's9')} {to}", f"{who} USAGE ON SEQUENCE {name} {to}",
            f"{who} SELECT ON ALL TABLES IN SCHEMA {self.one('public', 's1', 's9')} {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {self.one('public', 's1', 's9')} {who} SELECT ON TABLES {to}",
        )  # fmt: skip

    def remark(self) -> str:
        """Write COMMENT ON something."""
        name, table = self.said("rpvmSiI")
        column = self.named_columns(table, 1)[0]
        kind = {
            "r": "TABLE",
            "p": "TABLE",
            "v": "VIEW",
            "m": "MATERIALIZED VIEW",
            "S": "SEQUENCE",
            "i": "INDEX",
            "I": "INDEX",
        }
        said = kind[table.kind] if table is not None and self.chance(0.9) else self.one("TABLE", "VIEW", "INDEX")
        if table is not None and table.kind in "rp" and self.chance(0.5):
            return f"COMMENT ON COLUMN {name}.{column} IS {self.one('NULL', chr(39) + 'x' + chr(39))}"
        if table is not None and table.triggers and self.chance(0.5):
            return f"COMMENT ON TRIGGER {quoted(self.random.choice(table.triggers).name)} ON {name} IS 'x'"
        return f"COMMENT ON {said} {name} IS 'x'"  # fmt: skip

    def upkeep(self) -> str:
        """Write ANALYZE and what else only looks at a table."""
        name, table = self.said("rp" if self.chance(0.8) else "m")
        column = self.named_columns(table, 1)[0]
        if table is not None and table.kind == "m":
            return f"REFRESH MATERIALIZED VIEW {name} WITH NO DATA"
        return self.one(
            f"ANALYZE {name}", f"ANALYZE {name} ({column})", f"CREATE STATISTICS st{self.number} ON {column}, ctid FROM {name}",
            f"ALTER TABLE {name} ALTER {column} SET STATISTICS 10",
        ) if self.chance(0.9) else f"REFRESH MATERIALIZED VIEW {name}"  # fmt: skip

    def emptied(self) -> str:
        """Write TRUNCATE, which keys of other tables forbid."""
        names = [self.said()[0] for _ in range(self.random.randint(1, 2))]
        return f"TRUNCATE {', '.join(dict.fromkeys(names))}{self.one('', '', ' CASCADE')}"

    def setting(self) -> str:
        """Write setval of a sequence."""
        name, _ = self.said("S")
        escaped = name.replace("'", "''")
        return f"SELECT setval('{escaped}', 5)"

    def many(self) -> str | None:
        """Write a query over several tables, or what has one in it."""
        (one, _), (other, _) = self.said("rpv"), self.said("rpv")
        query = self.one(
            f"SELECT 1 AS one FROM {one} a, {other} b",
            f"SELECT 1 AS one FROM {one} a JOIN ({other} b CROSS JOIN {one} c) ON true",
            f"WITH nothing AS (SELECT FROM {one}) SELECT 1 AS one FROM nothing, {other} b",
            f"SELECT extract(year FROM now()) AS one FROM ONLY {one} a LEFT JOIN LATERAL (SELECT FROM {other}) b ON true",
            f"(SELECT 1 AS one FROM {one} LIMIT 0) UNION ALL SELECT 2 FROM generate_series(1, 2) a, {other} b",
            f"SELECT EXISTS (SELECT FROM {one}) AS one, (SELECT count(*) FROM {other}) AS two",
            f"SELECT 1 AS one WHERE 1 IS DISTINCT FROM (SELECT count(*) FROM {one})",
        )
        self.number += 1
        return self.one(
            query, f"CREATE VIEW {self.placed()} AS {query}", f"CREATE MATERIALIZED VIEW {self.placed()} AS {query}",
            f"CREATE FUNCTION {self.schema()}.asked{self.number}() RETURNS SETOF record LANGUAGE sql AS $f${query}$f$",
        )  # fmt: skip

    def typed(self) -> str | None:
        """Write a typed table, or what is done to one or its type."""
        types = [each for each in self.relations("c") if each.columns]
        if not types or self.chance(0.15):
            return f"CREATE TYPE {self.placed()} AS (a int, b {self.one('text', 'int', 'uuid')}, c bigint)"
        made = self.random.choice(types)
        name, attribute = self.sql(made), quoted(self.random.choice(made.columns).name)
        tables = [each for each in self.relations("rp") if each.of_type]
        if tables and self.chance(0.3):
            table = self.random.choice(tables)
            column = quoted(self.random.choice(table.columns).name) if table.columns else "a"
            return f"ALTER TABLE {self.sql(table)} " + self.one(
                "ADD x int", f"DROP COLUMN {column}", f"ALTER {column} TYPE text", f"RENAME {column} TO x", "NOT OF",
                f"ALTER {column} SET NOT NULL", f"ADD UNIQUE ({column})", f"OF {name}",
            )  # fmt: skip
        if self.chance(0.4):
            tail = self.one("", " CASCADE", " CASCADE")
            return f"ALTER TYPE {name} " + self.one(
                f"ADD ATTRIBUTE {self.name()} int{tail}", f"DROP ATTRIBUTE {attribute}{tail}",
                f"RENAME ATTRIBUTE {attribute} TO {self.name()}{tail}", f"ALTER ATTRIBUTE {attribute} TYPE text{tail}",
            )  # fmt: skip
        if self.chance(0.1):
            return f"DROP TYPE {name}{self.one('', ' CASCADE')}"
        target = self.key_to_refer_to()
        fitting = []
        if target is not None and len(target[1]) == 1:
            fitting = [each for each in made.columns if each.type == target[1][0].type]
        options = [
            "", f" ({attribute} WITH OPTIONS NOT NULL)", f" (PRIMARY KEY ({attribute}))",
            f" ({attribute} WITH OPTIONS UNIQUE, CHECK ({attribute} IS NOT NULL))", f" ({attribute} DEFAULT NULL)",
        ]  # fmt: skip
        if target is not None and fitting:
            refers = f"REFERENCES {self.sql(target[0])} ({quoted(target[1][0].name)}) ON DELETE SET NULL"
            options += [f" ({quoted(fitting[0].name)} WITH OPTIONS {refers})"] * 3
        tail = self.one("", "", "", f" PARTITION BY LIST ({attribute})")
        return f"CREATE TABLE {self.placed()} OF {name}{self.random.choice(options)}{tail}"

    def steady(self) -> str | None:
        """Write an index or a generated column over what may change by itself, as the type has it."""
        table = self.table()
        column = self.column(table) if table is not None else None
        if table is None or column is None or column.generated:
            return None
        name = quoted(column.name)
        moment = column.type.builtin in {"timestamptz", "timestamp", "date"} and not column.type.array
        said = self.one(f"{name}::text", f"md5({name}::text)", f"coalesce({name})::text")
        if moment:
            said = self.one(
                f"date_trunc('day', {name})", f"extract(year FROM {name})", f"{name}::date", f"{name}::timestamp",
                f"date_trunc('day', {name} AT TIME ZONE 'UTC')", f"{name} + '1 day'::interval", f"date_part('year', {name})",
                f"({name} AT TIME ZONE 'UTC')::date", f"date_trunc('month', coalesce({name}, {name}))", f"{name}::timestamptz",
                f"({name})::text", f"date({name})",
            )  # fmt: skip
        elif column.type.builtin in {"text", "varchar"} and not column.type.array:
            said = self.one(
                f"{name}::date", f"{name}::int", f"to_tsvector('english', {name})", f"to_tsvector({name})",
                f"{name}::uuid", f"{name}::interval", f"({name} || '-' || coalesce({name}, ''))",
            )  # fmt: skip
        if self.chance(0.15):
            return f"CREATE INDEX ON {self.sql(table)} ({name}) WHERE ({said}) IS NOT NULL"
        return f"CREATE INDEX ON {self.sql(table)} (({said}))"
