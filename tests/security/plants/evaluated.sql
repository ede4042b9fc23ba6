-- What a preview would have to evaluate, and what reading and spelling values dispatches to. The newest version.

-- plant: default
-- fires: insert into public.b01 values (9, default)
CREATE TABLE b01 (id int PRIMARY KEY, hub_id int DEFAULT evil.imm('default') REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO b01 VALUES (1, 1), (2, 2);

-- plant: volatile default
-- fires: insert into public.b02 values (9, default)
CREATE TABLE b02 (id int PRIMARY KEY, hub_id int DEFAULT length(evil.probe('volatile default')) REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO b02 VALUES (1, 1), (2, 2);

-- plant: generated column
-- fires: insert into public.b03 values (9, 1)
CREATE TABLE b03 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL,
    g int GENERATED ALWAYS AS (evil.imm_of(hub_id, 'generated column')) STORED);
INSERT INTO b03 VALUES (1, 1), (2, 2);

-- plant: check over columns
-- fires: insert into public.b04 values (9, 1)
CREATE TABLE b04 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL,
    CHECK (evil.imm_of(hub_id, 'check over columns') IS NOT NULL OR hub_id IS NULL));
INSERT INTO b04 VALUES (1, 1), (2, 2);

-- plant: unique index over a column
-- fires: insert into public.b05 values (9, 1)
CREATE TABLE b05 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b05 VALUES (1, 1), (2, 2);
CREATE UNIQUE INDEX ON b05 (evil.imm_of(hub_id, 'unique index over a column'), id);

-- plant: index predicate over a column
-- fires: insert into public.b06 values (9, 1)
CREATE TABLE b06 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b06 VALUES (1, 1), (2, 2);
CREATE UNIQUE INDEX ON b06 (hub_id, id) WHERE evil.imm_of(hub_id, 'index predicate over a column') > 0;

-- plant: trigger condition
-- fires: begin; update public.b07 set hub_id = null; rollback
CREATE TABLE b07 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b07 VALUES (1, 1), (2, 2);
CREATE FUNCTION evil.nothing_done() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER b07_before BEFORE UPDATE ON b07 FOR EACH ROW
    WHEN (evil.imm_of(old.id, 'trigger condition') = 1) EXECUTE FUNCTION evil.nothing_done();

-- plant: trigger
-- fires: begin; update public.b08 set hub_id = null; rollback
CREATE TABLE b08 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b08 VALUES (1, 1), (2, 2);
CREATE FUNCTION evil.trigger_probe() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM evil.probe('trigger'); RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END; END $$;
CREATE TRIGGER b08_before BEFORE UPDATE OR DELETE ON b08 FOR EACH ROW EXECUTE FUNCTION evil.trigger_probe();

-- plant: trigger of the referenced table
-- fires: begin; delete from public.b09_p; rollback
CREATE TABLE b09_p (id int PRIMARY KEY);
INSERT INTO b09_p VALUES (1), (2);
CREATE FUNCTION evil.trigger_probe_p() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM evil.probe('trigger of the referenced table'); RETURN old; END $$;
CREATE TRIGGER b09_before BEFORE DELETE ON b09_p FOR EACH ROW EXECUTE FUNCTION evil.trigger_probe_p();
CREATE TABLE b09 (id int PRIMARY KEY, p_id int REFERENCES b09_p ON DELETE CASCADE);
INSERT INTO b09 VALUES (1, 1), (2, 2);

-- plant: partition a written row goes to
-- fires: insert into public.b10 values (9, 1)
CREATE TABLE b10 (id int, hub_id int REFERENCES hub ON DELETE SET NULL) PARTITION BY RANGE (evil.imm_of(hub_id, 'partition a written row goes to'));
CREATE TABLE b10_low PARTITION OF b10 FOR VALUES FROM (0) TO (10);
CREATE TABLE b10_rest PARTITION OF b10 DEFAULT;
INSERT INTO b10 VALUES (1, 1), (2, 2);

-- plant: domain check
-- fires: select '1'::text::evil.small
CREATE DOMAIN evil.small AS int DEFAULT 1 CHECK (evil.imm_of(value, 'domain check') > 0);
CREATE TABLE b11_p (id evil.small PRIMARY KEY);
INSERT INTO b11_p VALUES (1), (2);
CREATE TABLE b11 (id int PRIMARY KEY, p_id evil.small NOT NULL REFERENCES b11_p ON DELETE SET DEFAULT);
INSERT INTO b11 VALUES (1, 1), (2, 2);

-- plant: domain check without a column, computed with the type
-- fires: select '1'::text::evil.checked_here
CREATE DOMAIN evil.checked_here AS int CHECK (evil.imm('domain check without a column, computed with the type') = 1);
CREATE TABLE b12_p (id evil.checked_here PRIMARY KEY);
INSERT INTO b12_p VALUES (1), (2);
CREATE TABLE b12 (id int PRIMARY KEY, p_id evil.checked_here REFERENCES b12_p ON DELETE SET NULL);
INSERT INTO b12 VALUES (1, 1), (2, 2);

-- plant: default of a domain
-- fires: insert into public.b13 (id) values (9)
CREATE DOMAIN evil.defaulted AS int DEFAULT evil.imm('default of a domain');
CREATE TABLE b13 (id int PRIMARY KEY, hub_id evil.defaulted REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO b13 VALUES (1, 1), (2, 2);

-- plant: cast to a planted domain in a check
-- fires: insert into public.b14 values (9, 1)
CREATE DOMAIN evil.positive AS int CHECK (evil.imm_of(value, 'cast to a planted domain in a check') > 0);
CREATE TABLE b14 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, CHECK ((hub_id::evil.positive) IS DISTINCT FROM 99));
INSERT INTO b14 VALUES (1, 1), (2, 2);

-- plant: enum to text
-- fires: select id::text from public.b15_p
CREATE TYPE evil.colour AS ENUM ('red', 'blue');
CREATE FUNCTION evil.colour_text(evil.colour) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('enum to text'); RETURN 'red'; END $$;
CREATE CAST (evil.colour AS text) WITH FUNCTION evil.colour_text(evil.colour) AS ASSIGNMENT;
CREATE TABLE b15_p (id evil.colour PRIMARY KEY, name evil.colour);
INSERT INTO b15_p VALUES ('red', 'red'), ('blue', 'blue');
CREATE TABLE b15 (id int PRIMARY KEY, p_id evil.colour NOT NULL REFERENCES b15_p ON DELETE SET NULL);
INSERT INTO b15 VALUES (1, 'red'), (2, 'blue');

-- plant: text to enum
-- fires: select 'red'::text::evil.paint
CREATE TYPE evil.paint AS ENUM ('red', 'blue');
CREATE FUNCTION evil.text_paint(text) RETURNS evil.paint LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('text to enum'); RETURN pg_catalog.enum_first(NULL::evil.paint); END $$;
CREATE CAST (text AS evil.paint) WITH FUNCTION evil.text_paint(text) AS IMPLICIT;
CREATE TABLE b16_p (id evil.paint PRIMARY KEY);
INSERT INTO b16_p VALUES ('red'), ('blue');
CREATE TABLE b16 (id int PRIMARY KEY, p_id evil.paint NOT NULL REFERENCES b16_p ON DELETE SET NULL);
INSERT INTO b16 VALUES (1, 'red'), (2, 'blue');

-- plant: enum to json and jsonb
-- fires: select to_jsonb(b) from public.b17 b
CREATE TYPE evil.shade AS ENUM ('dark', 'light');
CREATE FUNCTION evil.shade_json(evil.shade) RETURNS json LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('enum to json and jsonb'); RETURN '1'; END $$;
CREATE FUNCTION evil.shade_jsonb(evil.shade) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('enum to json and jsonb'); RETURN '1'; END $$;
CREATE CAST (evil.shade AS json) WITH FUNCTION evil.shade_json(evil.shade);
CREATE CAST (evil.shade AS jsonb) WITH FUNCTION evil.shade_jsonb(evil.shade);
CREATE TABLE b17_p (id evil.shade PRIMARY KEY, name text);
INSERT INTO b17_p VALUES ('dark', 'd'), ('light', 'l');
CREATE TABLE b17 (id int PRIMARY KEY, p_id evil.shade NOT NULL REFERENCES b17_p ON DELETE SET NULL);
INSERT INTO b17 VALUES (1, 'dark'), (2, 'light');

-- plant: composite to text
-- fires: select name::text from public.b18_p
CREATE TYPE evil.pair AS (a int, b int);
CREATE FUNCTION evil.pair_text(evil.pair) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('composite to text'); RETURN '(1,2)'; END $$;
CREATE CAST (evil.pair AS text) WITH FUNCTION evil.pair_text(evil.pair) AS ASSIGNMENT;
CREATE TABLE b18_p (id evil.pair PRIMARY KEY, name evil.pair);
INSERT INTO b18_p VALUES ((1, 2), (1, 2)), ((3, 4), (3, 4));
CREATE TABLE b18 (id int PRIMARY KEY, p_id evil.pair NOT NULL REFERENCES b18_p ON DELETE SET NULL);
INSERT INTO b18 VALUES (1, (1, 2)), (2, (3, 4));

-- plant: row type of the table to text
-- fires: select p::text from public.b19_p p
CREATE TABLE b19_p (id int PRIMARY KEY, name text);
INSERT INTO b19_p VALUES (1, 'a'), (2, 'b');
CREATE FUNCTION evil.row_text(b19_p) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('row type of the table to text'); RETURN ''; END $$;
CREATE CAST (b19_p AS text) WITH FUNCTION evil.row_text(b19_p) AS ASSIGNMENT;
CREATE FUNCTION evil.row_json(b19_p) RETURNS json LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('row type of the table to text'); RETURN '{}'; END $$;
CREATE CAST (b19_p AS json) WITH FUNCTION evil.row_json(b19_p);
CREATE TABLE b19 (id int PRIMARY KEY, p_id int NOT NULL REFERENCES b19_p ON DELETE SET NULL);
INSERT INTO b19 VALUES (1, 1), (2, 2);

-- plant: column that is a function of the row
-- fires: select p.secret from public.b20_p p
CREATE TABLE b20_p (id int PRIMARY KEY, name text);
INSERT INTO b20_p VALUES (1, 'a'), (2, 'b');
CREATE FUNCTION public.secret(b20_p) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('column that is a function of the row'); RETURN ''; END $$;
CREATE FUNCTION public.ctid(b20_p) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('column that is a function of the row'); RETURN ''; END $$;
CREATE TABLE b20 (id int PRIMARY KEY, p_id int NOT NULL REFERENCES b20_p ON DELETE SET NULL);
INSERT INTO b20 VALUES (1, 1), (2, 2);

-- plant: range with a planted subtype_diff
-- fires: create temporary table r (r evil.span); create index on r using gist (r); insert into r select evil.span(g, g + 2) from generate_series(1, 400) g
CREATE FUNCTION evil.difference(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('range with a planted subtype_diff'); RETURN 1; END $$;
CREATE TYPE evil.span AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = evil.difference);
CREATE TABLE b21_p (id evil.span PRIMARY KEY);
INSERT INTO b21_p VALUES ('[1,2)'), ('[3,4)');
CREATE TABLE b21 (id int PRIMARY KEY, p_id evil.span NOT NULL REFERENCES b21_p ON DELETE SET NULL);
INSERT INTO b21 VALUES (1, '[1,2)'), (2, '[3,4)');

-- plant: text query of ts_rewrite
-- fires: select pg_catalog.ts_rewrite('a'::tsquery, $$select 'a'::tsquery, ('b' || length(evil.probe('text query of ts_rewrite')))::tsquery$$)
CREATE TABLE b22 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL,
    CHECK (pg_catalog.ts_rewrite('a'::tsquery, $$select 'a'::tsquery, ('b' || length(evil.probe('text query of ts_rewrite')))::tsquery$$) IS NOT NULL) NOT VALID);
INSERT INTO b22 VALUES (1, 1), (2, 2);

-- plant: query_to_xml and its kind
-- fires: insert into public.b23 values (9, default)
CREATE TABLE b23 (id int PRIMARY KEY, hub_id int
    DEFAULT pg_catalog.length(pg_catalog.query_to_xml($$select evil.probe('query_to_xml and its kind')$$, true, true, '')::text) - pg_catalog.length(pg_catalog.query_to_xml($$select evil.probe('query_to_xml and its kind')$$, true, true, '')::text) + 1
    REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO b23 VALUES (1, 1), (2, 2);

-- plant: pg_catalog alone
-- fires: insert into public.b24 values (9, default)
CREATE TABLE b24 (id int PRIMARY KEY, hub_id int
    DEFAULT CASE WHEN pg_catalog.pg_create_restore_point('PLANTED-BY-CATALOG') IS NULL THEN 1 ELSE 2 END REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO b24 VALUES (1, 1), (2, 2);

-- plant: pg_catalog alone in a check, a trigger's condition, a generated domain
-- fires: insert into public.b25 values (9, 1, 1)
CREATE DOMAIN evil.restoring AS int;
CREATE TABLE b25_p (id evil.restoring PRIMARY KEY);
CREATE TABLE b25 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL,
    p_id evil.restoring REFERENCES b25_p ON DELETE SET NULL);
INSERT INTO b25_p VALUES (1), (2);
INSERT INTO b25 VALUES (1, 1, 1), (2, 2, 2);
ALTER DOMAIN evil.restoring ADD CHECK (pg_catalog.pg_create_restore_point('PLANTED-BY-CATALOG') IS NOT NULL) NOT VALID;
ALTER TABLE b25 ADD CHECK (pg_catalog.pg_create_restore_point('PLANTED-BY-CATALOG') IS NOT NULL) NOT VALID;
CREATE TRIGGER b25_before BEFORE UPDATE ON b25 FOR EACH ROW
    WHEN (pg_catalog.pg_create_restore_point('PLANTED-BY-CATALOG') IS NOT NULL) EXECUTE FUNCTION evil.nothing_done();

-- plant: aggregate in a policy
-- fires: set role reader; select count(*) from public.b26
CREATE FUNCTION evil.level_sum(state int, value int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('aggregate in a policy'); RETURN state + value; END $$;
CREATE AGGREGATE evil.counted(int) (SFUNC = evil.level_sum, STYPE = int, INITCOND = '0');
CREATE TABLE b26 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b26 VALUES (1, 1), (2, 2);
ALTER TABLE b26 ENABLE ROW LEVEL SECURITY;
CREATE POLICY b26_all ON b26 USING ((SELECT evil.counted(1)) > 0);

-- plant: rule
-- fires: begin; update public.b27 set hub_id = null; rollback
CREATE TABLE b27 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b27 VALUES (1, 1), (2, 2);
CREATE RULE b27_update AS ON UPDATE TO b27 WHERE evil.yes('rule') DO ALSO SELECT evil.probe('rule');

-- plant: journal that is a view
-- fires: select * from ops.fkdash_journal
CREATE SCHEMA ops;
CREATE VIEW ops.fkdash_journal AS SELECT 1::bigint AS line, 'run'::text AS run, evil.probe('journal that is a view') AS event,
    pg_catalog.now() AS at, 'postgres'::name AS role, '{}'::jsonb AS facts WHERE evil.yes('journal that is a view');

-- plant: journal with an index
-- fires: select count(*) from ops_table.fkdash_journal
CREATE SCHEMA ops_table;
CREATE TABLE ops_table.fkdash_journal (line bigint PRIMARY KEY, run text, event text, at timestamptz DEFAULT now(), role name DEFAULT session_user, facts jsonb);
INSERT INTO ops_table.fkdash_journal VALUES (1, 'r', 'plan', now(), 'postgres', '{}');
CREATE INDEX ON ops_table.fkdash_journal ((evil.imm('journal with an index') + line));

-- plant: inheritance
-- fires: select count(*) from public.b28
CREATE TABLE b28 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO b28 VALUES (1, 1);
CREATE TABLE b28_below (v int) INHERITS (b28);
INSERT INTO b28_below VALUES (2, 2, 2);
CREATE INDEX ON b28_below ((v + evil.imm('inheritance')));

-- plant: tables and views called like a catalog's
-- fires: select count(*) from public.pg_stat_statements
CREATE VIEW public.pg_stat_statements AS SELECT 1::bigint AS queryid, evil.probe('tables and views called like a catalog''s') AS query,
    1::bigint AS calls, 1::oid AS dbid, 1::oid AS userid, 1.0::float8 AS total_exec_time, 1::bigint AS rows, true AS toplevel
    WHERE evil.yes('tables and views called like a catalog''s');
CREATE VIEW public.pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE evil.yes('tables and views called like a catalog''s');
CREATE VIEW public.pg_constraint AS SELECT c.* FROM pg_catalog.pg_constraint c WHERE evil.yes('tables and views called like a catalog''s');
CREATE VIEW public.pg_stat_activity AS SELECT c.* FROM pg_catalog.pg_stat_activity c WHERE evil.yes('tables and views called like a catalog''s');
