"""Wraps written statements as migrations do: in transactions with savepoints, and in DO blocks with guards."""

from __future__ import annotations

from fkdash.catalog.table_name import quoted
from fkdash.db.literals import literal
from tests.catalog.files.migrations import Writer

_PERIOD_SINCE = 18
_CAUGHT = (
    "duplicate_object", "duplicate_table", "undefined_table", "undefined_column", "undefined_object", "duplicate_column",
    "invalid_table_definition", "dependent_objects_still_exist", "duplicate_object OR duplicate_table OR duplicate_column",
)  # fmt: skip


class Wrapper:
    """Writes what a writer does, with transactions and blocks around it."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.begun = False
        self.savepoints: list[str] = []

    def statement(self) -> str:
        """Write one statement."""
        if self.writer.chance(0.12):
            return self._of_transaction()
        if self.writer.chance(0.1):
            return self._block()
        if self.writer.state.version >= _PERIOD_SINCE and self.writer.chance(0.06):
            return self._temporal()
        return self.writer.statement()

    def after_refusal(self) -> str:
        """Write what has to come after a statement that was refused, "" for nothing."""
        if not self.begun:
            return ""
        if self.savepoints and self.writer.chance(0.7):
            at = self.writer.random.randrange(len(self.savepoints))
            del self.savepoints[at + 1 :]
            return f"ROLLBACK TO {self.writer.one('', 'SAVEPOINT ')}{self.savepoints[at]}"
        return self._ended("ROLLBACK")

    def end_file(self) -> None:
        """Begin anew, as a session does."""
        self.begun = False
        self.savepoints.clear()

    def _ended(self, word: str) -> str:
        self.end_file()
        return word

    def _of_transaction(self) -> str:
        writer = self.writer
        if not self.begun:
            self.begun = True
            return writer.one("BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE")
        if writer.chance(0.45):
            self.savepoints.append(writer.one("s1", '"S 2"', "a"))
            return f"SAVEPOINT {self.savepoints[-1]}"
        if self.savepoints and writer.chance(0.7):
            name = writer.random.choice(self.savepoints)
            at = len(self.savepoints) - 1 - self.savepoints[::-1].index(name)
            if writer.chance(0.3):
                del self.savepoints[at:]
                return f"RELEASE {writer.one('', 'SAVEPOINT ')}{name}"
            del self.savepoints[at + 1 :]
            return f"ROLLBACK TO {name}"
        return self._ended(writer.one("COMMIT", "END", "COMMIT", "ROLLBACK", "ABORT"))

    # --- temporal keys

    def _temporal(self) -> str:
        writer = self.writer
        keys = [each for each in writer.relations("i") if each.index and each.index.overlaps]
        if not keys or writer.chance(0.4):
            kind = writer.one("PRIMARY KEY", "UNIQUE", "PRIMARY KEY")
            return f"CREATE TABLE {writer.placed()} (span daterange, rid int4range, more int, {kind} (rid, span WITHOUT OVERLAPS))"
        index = writer.random.choice(keys)
        assert index.index is not None
        referenced = writer.state.relations[index.index.table]
        first, last = (quoted(referenced.names[number]) for number in index.index.columns)
        listed = writer.one("", f" ({first}, PERIOD {last})", f" ({first}, PERIOD {last})", f" ({first}, {last})")
        said = f"FOREIGN KEY (rid, PERIOD span) REFERENCES {writer.sql(referenced)}{listed}"
        said += writer.one("", "", "", " ON DELETE CASCADE", " DEFERRABLE", " MATCH FULL", " ON UPDATE NO ACTION")
        tables = [each for each in writer.relations("rp") if {"rid", "span"} <= {c.name for c in each.columns}]
        if tables and writer.chance(0.5):
            return (
                f"ALTER TABLE {writer.sql(writer.random.choice(tables))} ADD {said}{writer.one('', ' NOT VALID')}"
            )
        tail = writer.one("", "", " PARTITION BY LIST (part)")
        return f"CREATE TABLE {writer.placed()} (rid int4range, span daterange, part int, {said}){tail}"

    # --- blocks

    def _block(self) -> str:
        writer = self.writer
        kind = writer.one("caught", "guarded", "loop", "looked up")
        if kind == "caught":
            body = self._caught()
        elif kind == "guarded":
            body = f"BEGIN\n  IF {self._condition()} THEN {writer.statement()};{self._else()} END IF;\nEND"
        elif kind == "loop":
            body = self._loop()
        else:
            body = self._looked_up()
        return f"DO $block$ {body} $block$"

    def _caught(self) -> str:
        writer = self.writer
        many = "".join(f" {writer.statement()};" for _ in range(writer.random.randint(1, 2)))
        handled = "NULL" if writer.chance(0.7) else writer.statement()
        return f"BEGIN{many} EXCEPTION WHEN {writer.one(*_CAUGHT)} THEN {handled}; END"

    def _else(self) -> str:
        writer = self.writer
        if writer.chance(0.2):
            return f" ELSIF {self._condition()} THEN {writer.statement()};"
        return f" ELSE {writer.statement()};" if writer.chance(0.3) else ""

    def _condition(self) -> str:
        writer = self.writer
        said = self._asked()
        if writer.chance(0.5):
            said = f"NOT {said}"
        return f"{said} {writer.one('AND', 'OR')} {self._asked()}" if writer.chance(0.2) else said

    def _asked(self) -> str:
        writer = self.writer
        table = writer.table()
        if table is None or not table.columns or table.temporary:
            return f"to_regclass({literal(writer.name())}) IS {writer.one('', 'NOT ')}NULL"
        schema, name = literal(writer.state.schema_name(table.schema)), literal(table.name)
        oid = f"{literal(writer.sql(table))}::regclass"
        constraints = writer.state.constraints_on(table.oid, "pucf")
        named = writer.random.choice(constraints).name if constraints and writer.chance(0.8) else writer.word()
        column = writer.random.choice(table.columns)
        return writer.one(
            f"EXISTS (SELECT 1 FROM pg_constraint WHERE conname = {literal(named)} AND conrelid = {oid})",
            f"EXISTS (SELECT FROM pg_catalog.pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE t.relname = {name} "
            f"AND c.contype = 'f' AND c.confdeltype IN ('n', 'c'))",
            f"EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {name} AND "
            f"column_name = {literal(column.name)} AND is_nullable = '{writer.one('YES', 'NO')}')",
            f"(SELECT count(*) FROM information_schema.table_constraints WHERE table_name = {name} AND constraint_schema = "
            f"{schema} AND constraint_type = '{writer.one('FOREIGN KEY', 'PRIMARY KEY', 'UNIQUE')}') {writer.one('=', '>')} 0",
            f"(SELECT attnotnull FROM pg_attribute WHERE attrelid = {oid} AND attname = {literal(column.name)})",
            f"EXISTS (SELECT FROM pg_attribute a JOIN pg_constraint k ON k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey) "
            f"WHERE a.attrelid = {oid} AND a.attname = {literal(column.name)} AND k.contype = 'f')",
            f"EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = {oid} AND contype = 'f' AND pg_get_constraintdef(oid) "
            f"LIKE '%ON DELETE {writer.one('SET NULL', 'CASCADE', 'RESTRICT')}%')",
            f"EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = {schema} AND tablename = {name} AND indexname = {literal(named)})",
            f"to_regclass({literal(writer.sql(table))}) IS NOT NULL",
            f"EXISTS (SELECT FROM information_schema.referential_constraints r JOIN information_schema.key_column_usage u USING "
            f"(constraint_name) WHERE u.table_name = {name} AND u.column_name = {literal(column.name)} AND r.delete_rule = 'SET NULL')",
            f"EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {oid} AND NOT tgisinternal)",
            f"EXISTS (SELECT FROM pg_type WHERE typname = {name})",
        )  # fmt: skip

    def _loop(self) -> str:
        writer = self.writer
        table = writer.table()
        if table is None:
            return "BEGIN NULL; END"
        act = writer.one("DROP CONSTRAINT %I", "VALIDATE CONSTRAINT %I", "DROP CONSTRAINT %I CASCADE")
        side = writer.one("conrelid", "confrelid")
        return (
            "DECLARE r record; BEGIN FOR r IN SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'f' AND "
            f"conparentid = 0 AND {side} = {literal(writer.sql(table))}::regclass ORDER BY conname, oid LOOP "
            f"EXECUTE format('ALTER TABLE %s {act}', r.place, r.conname); END LOOP; END"
        )

    def _looked_up(self) -> str:
        writer = self.writer
        table = writer.table()
        if table is None:
            return "BEGIN NULL; END"
        ending = writer.one("", " || ' CASCADE'", " || ' RESTRICT'")
        return (
            f"DECLARE found_name name; BEGIN SELECT conname INTO found_name FROM pg_constraint WHERE conrelid = "
            f"{literal(writer.sql(table))}::regclass AND contype = '{writer.one('f', 'p', 'u')}' ORDER BY conname LIMIT 1; "
            f"IF found_name IS NOT NULL THEN EXECUTE 'ALTER TABLE ' || {literal(writer.sql(table))} || ' DROP CONSTRAINT ' || "
            f"quote_ident(found_name){ending}; ELSE {writer.statement()}; END IF; END"
        )
