"""FK2xx: what a foreign key claims is compared with what it does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fkdash.catalog.action import Action
from fkdash.catalog.model import Catalog, Column, Query
from fkdash.catalog.surroundings import Trigger, TriggerFunction
from fkdash.rules.finding import Finding
from fkdash.rules.registry import findings, rule
from fkdash.rules.severity import Severity
from tests.rules.catalogs import catalog, reference, sound, table
from tests.rules.scenes import tried
from tests.support.servers import TestDatabase


def _found(schema: Catalog, rule_id: str) -> list[Finding]:
    return list(findings(schema, [rule(rule_id)]))


def _with_query(schema: Catalog, sql: str) -> Catalog:
    return replace(schema, queries=(Query("view public.v", sql),))


def _undeclared(name: str, kind: str = "bigint") -> Catalog:
    return catalog(table("users"), table("orders", Column(2, name, kind)))


def test_a_column_named_and_typed_like_a_key_is_an_undeclared_reference() -> None:
    for name in ("user_id", "userId", "users_id", "created_by_user_id"):
        [finding] = _found(_undeclared(name), "FK207")
        assert finding.severity is Severity.INFO
        assert finding.key.name == ""
        assert finding.key.referenced.name == "users"
        assert "name and type" in finding.evidence[0]


def test_another_type_another_name_or_a_declared_key_is_none() -> None:
    assert _found(_undeclared("user_id", "uuid"), "FK207") == []
    assert _found(_undeclared("user_ids"), "FK207") == []
    assert _found(sound(), "FK207") == []


def test_a_join_is_stronger_evidence_than_a_name() -> None:
    for sql in (
        "SELECT 1 FROM public.orders o JOIN public.users u ON u.id = o.whose",
        "SELECT 1 FROM orders, users WHERE orders.whose = users.id",
        "SELECT (SELECT count(*) FROM orders o WHERE o.whose = u.id) FROM users u",
        "SELECT 1 FROM orders JOIN users ON users.id = whose",
    ):
        outside = "count" in sql
        found = _found(_with_query(_undeclared("whose"), sql), "FK207")
        assert bool(found) is not outside, sql
        if found:
            assert found[0].severity is Severity.WARNING
            assert "view public.v joins" in found[0].evidence[0]


def test_a_query_that_cannot_be_read_is_no_evidence() -> None:
    assert _found(_with_query(_undeclared("whose"), "SELECT = FROM ((("), "FK207") == []


def test_row_security_matters_to_a_role_that_it_applies_to() -> None:
    def schema(*, bypasses: bool, owns: bool, forced: bool) -> Catalog:
        made = sound()
        assert made.server is not None
        tables = {
            name: replace(
                each,
                row_security=True,
                force_row_security=forced,
                privileges=replace(each.privileges, own=owns) if each.privileges else None,
            )
            for name, each in made.tables.items()
        }
        return replace(made, tables=tables, server=replace(made.server, bypasses_row_security=bypasses))

    assert _found(schema(bypasses=False, owns=False, forced=False), "FK205")
    assert _found(schema(bypasses=False, owns=True, forced=True), "FK205")
    assert _found(schema(bypasses=False, owns=True, forced=False), "FK205") == []
    assert _found(schema(bypasses=True, owns=False, forced=True), "FK205") == []


def test_a_before_trigger_matters_where_the_action_fires_it() -> None:
    def schema(action: Action, event: str, returned: str = "NULL", enabled: str = "O") -> Catalog:
        code = TriggerFunction("public.f", "plpgsql", f"BEGIN RETURN {returned}; END")
        trigger = Trigger("t", "public.f", enabled=enabled, before=True, events=frozenset({event}), code=code)
        users, orders = table("users"), table("orders", Column(2, "user_id", "bigint"), indexed=("user_id",))
        return catalog(users, replace(orders, triggers=(trigger,)), reference(orders, "user_id", users, action))

    for action, event, swallowing in (
        (Action.CASCADE, "DELETE", "NEW"),
        (Action.SET_NULL, "UPDATE", "OLD"),
        (Action.SET_DEFAULT, "UPDATE", "NULL"),
    ):
        [found] = _found(schema(action, event, swallowing), "FK204")
        assert found.severity is Severity.WARNING
        [not_understood] = _found(schema(action, event, "what_it_wants()"), "FK204")
        assert not_understood.severity is Severity.INFO
        assert "public.f" in not_understood.message
        assert _found(schema(action, event, "OLD" if event == "DELETE" else "NEW"), "FK204") == []
        assert _found(schema(action, event, enabled="D"), "FK204") == []
    assert _found(schema(Action.CASCADE, "UPDATE"), "FK204") == []
    assert _found(schema(Action.NO_ACTION, "DELETE"), "FK204") == []


async def test_a_trigger_that_is_said_to_swallow_a_cascade_or_set_null_really_leaves_an_orphan(
    database: TestDatabase,
) -> None:
    def scene(action: str, event: str, body: str) -> list[str]:
        return [
            "CREATE TABLE p (id int PRIMARY KEY)",
            "INSERT INTO p VALUES (1)",
            f"CREATE TABLE c (n int, pid int CONSTRAINT the_key REFERENCES p ON DELETE {action})",
            "INSERT INTO c VALUES (1, 1)",
            f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {body} END'",
            f"CREATE TRIGGER t BEFORE {event} ON c FOR EACH ROW EXECUTE FUNCTION f()",
        ]

    still_there = (
        "DELETE FROM p",
        "DO 'BEGIN IF (SELECT count(*) FROM c WHERE pid = 1) = 0 THEN RAISE EXCEPTION ''it went''; END IF; END'",
    )
    for action, event, swallowing, harmless in (
        ("CASCADE", "DELETE", "RETURN NEW;", "RETURN OLD;"),
        ("SET NULL", "UPDATE", "RETURN OLD;", "NEW.n := 2; RETURN NEW;"),
        ("SET NULL", "UPDATE", "NEW.pid := OLD.pid; RETURN NEW;", "RETURN coalesce(NEW, OLD);"),
    ):
        swallowed = await tried(database, scene(action, event, swallowing), list(still_there), "FK204")
        finding = swallowed.of("FK204")
        assert finding is not None
        assert finding.severity is Severity.WARNING
        # Where the key itself was put back its own check says so.
        assert swallowed.sqlstate in {"", "23503"}
        carried_out = await tried(database, scene(action, event, harmless), list(still_there), "FK204")
        assert (carried_out.findings, carried_out.message) == ((), "it went")


async def test_a_trigger_on_other_columns_does_not_come_before_set_null(database: TestDatabase) -> None:
    scene = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (n int, pid int CONSTRAINT the_key REFERENCES p ON DELETE SET NULL)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ]
    of_another = [*scene, "CREATE TRIGGER t BEFORE UPDATE OF n ON c FOR EACH ROW EXECUTE FUNCTION f()"]
    assert (await tried(database, of_another, [], "FK204")).findings == ()
    of_the_key = [*scene, "CREATE TRIGGER t BEFORE UPDATE OF pid ON c FOR EACH ROW EXECUTE FUNCTION f()"]
    assert (await tried(database, of_the_key, [], "FK204")).of("FK204") is not None


def test_one_nullable_column_is_an_optional_reference_and_several_are_a_hole() -> None:
    def schema(*nullable: str) -> Catalog:
        cases = table("cases", Column(2, "tenant_id", "bigint", not_null=True))
        columns = [
            Column(number, name, "bigint", not_null=name not in nullable)
            for number, name in enumerate(("tenant_id", "case_id"), 2)
        ]
        invoices = table("invoices", *columns)
        key = replace(
            reference(invoices, "case_id", cases),
            columns=("tenant_id", "case_id"),
            referenced_columns=("tenant_id", "id"),
        )
        return catalog(cases, invoices, key)

    assert _found(schema(), "FK206") == []
    assert _found(schema("case_id"), "FK206")[0].severity is Severity.INFO
    assert _found(schema("case_id", "tenant_id"), "FK206")[0].severity is Severity.WARNING


async def test_disabled_triggers_are_found_on_either_side(database: TestDatabase) -> None:
    tables = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (id int CONSTRAINT the_key REFERENCES p ON DELETE CASCADE)",
    ]
    on_parent = await tried(database, [*tables, "ALTER TABLE p DISABLE TRIGGER ALL"], [], "FK203")
    finding = on_parent.of("FK203")
    assert finding is not None
    assert "ON DELETE action" in finding.message
    on_child = await tried(database, [*tables, "ALTER TABLE c DISABLE TRIGGER ALL"], [], "FK203")
    finding = on_child.of("FK203")
    assert finding is not None
    assert "check of new rows" in finding.message
    users_own = await tried(database, [*tables, "ALTER TABLE p DISABLE TRIGGER USER"], [], "FK203")
    assert users_own.findings == ()


async def test_not_valid_is_found_until_it_is_validated(database: TestDatabase) -> None:
    tables = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (id int)",
        "ALTER TABLE c ADD CONSTRAINT the_key FOREIGN KEY (id) REFERENCES p NOT VALID",
    ]
    assert (await tried(database, tables, [], "FK201")).of("FK201") is not None
    validated = [*tables, "ALTER TABLE c VALIDATE CONSTRAINT the_key"]
    assert (await tried(database, validated, [], "FK201")).of("FK201") is None


@pytest.mark.parametrize(
    ("check", "quiet"),
    [
        ("(a IS NULL) = (b IS NULL)", True),
        ("num_nonnulls(a, b) IN (0, 2)", True),
        ("num_nulls(a, b) <> 1", True),
        ("(a IS NULL AND b IS NULL) OR (a IS NOT NULL AND b IS NOT NULL)", True),
        ("ROW(a, b) IS NULL OR ROW(a, b) IS NOT NULL", True),
        ("a IS NOT NULL OR b IS NULL", False),
        ("(a IS NULL) = (b IS NULL) OR n > 3", False),
        ("a > 0", False),
    ],
)
async def test_a_check_that_forbids_half_a_key_leaves_nothing_to_say(
    database: TestDatabase, check: str, quiet: bool
) -> None:
    setting_up = [
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))",
        f"CREATE TABLE c (n int, a int, b int, CONSTRAINT the_key FOREIGN KEY (a, b) REFERENCES p, CHECK ({check}))",
    ]
    outcome = await tried(database, setting_up, ["INSERT INTO c VALUES (9, NULL, 7)"], "FK206")
    assert (outcome.of("FK206") is None) is quiet
    if quiet:
        assert outcome.sqlstate == "23514"


async def test_an_inheriting_table_with_a_key_of_its_own_is_left_out(database: TestDatabase) -> None:
    setting_up = [
        "CREATE TABLE usr (id int PRIMARY KEY)",
        "CREATE TABLE xact (id int PRIMARY KEY, usr int NOT NULL CONSTRAINT the_key REFERENCES usr)",
        "CREATE TABLE circulation () INHERITS (xact)",
    ]
    assert (await tried(database, setting_up, [], "FK209")).of("FK209") is not None
    own = [*setting_up, "ALTER TABLE circulation ADD FOREIGN KEY (usr) REFERENCES usr"]
    assert (await tried(database, own, [], "FK209")).of("FK209") is None
    another = [*setting_up, "ALTER TABLE circulation ADD FOREIGN KEY (id) REFERENCES usr"]
    assert (await tried(database, another, [], "FK209")).of("FK209") is not None


@pytest.mark.parametrize(
    ("action", "rule", "sqlstate", "found"),
    [
        ("CASCADE", "ON DELETE TO c DO INSTEAD NOTHING", "XX000", Severity.ERROR),
        (
            "CASCADE",
            "ON DELETE TO c DO INSTEAD UPDATE c SET gone = true WHERE id = OLD.id",
            "XX000",
            Severity.ERROR,
        ),
        ("CASCADE", "ON DELETE TO c WHERE OLD.id = 1 DO INSTEAD NOTHING", "", Severity.WARNING),
        ("CASCADE", "ON DELETE TO c DO ALSO NOTHING", "", None),
        ("CASCADE", "ON UPDATE TO c DO INSTEAD NOTHING", "", None),
        ("SET NULL", "ON DELETE TO c DO INSTEAD NOTHING", "", None),
        ("SET NULL", "ON UPDATE TO c DO INSTEAD NOTHING", "XX000", Severity.ERROR),
        ("SET NULL", "ON UPDATE TO c DO INSTEAD UPDATE other SET x = 1", "", Severity.WARNING),
    ],
)
async def test_a_rule_matters_where_it_replaces_the_statement_that_the_action_is(
    database: TestDatabase, action: str, rule: str, sqlstate: str, found: Severity | None
) -> None:
    setting_up = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE other (x int)",
        f"CREATE TABLE c (id int, gone bool, pid int CONSTRAINT the_key REFERENCES p ON DELETE {action})",
        f"CREATE RULE soft AS {rule}",
        "INSERT INTO p VALUES (1), (2)",
    ]
    # Not even a row that nothing refers to can go.
    outcome = await tried(database, setting_up, ["DELETE FROM p WHERE id = 2"], "FK208")
    finding = outcome.of("FK208")
    assert (finding.severity if finding is not None else None) is found
    assert outcome.sqlstate == sqlstate


@pytest.mark.newest_version
async def test_an_inheriting_table_whose_check_leaves_one_value_needs_no_key_of_its_own(
    database: TestDatabase,
) -> None:
    scene = [
        "CREATE TABLE kind (id int PRIMARY KEY)",
        "CREATE TABLE note (id int, kind int CONSTRAINT of_kind REFERENCES kind)",
        "CREATE TABLE invoice_note (CHECK (kind = 1)) INHERITS (note)",
    ]
    fixed = await tried(database, scene, ["SELECT"], "FK209")
    assert fixed.findings == ()
    ranged = [*scene, "CREATE TABLE other_note (CHECK (kind > 1)) INHERITS (note)"]
    found = (await tried(database, ranged, ["SELECT"], "FK209")).of("FK209", "of_kind")
    assert found is not None
    assert "rows of other_note are" in found.message
