-- Everything of pg_catalog that can be copied, in a schema that the database's owner puts in front of it.
-- The newest version. Whatever fkdash does not resolve under a path of its own is found here first.

-- plant: every function
-- fires: set search_path = evil, pg_catalog; select lower('X')
DO $do$
DECLARE f record; list text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    FOR f IN SELECT p.oid, p.proname, p.proargtypes, pg_get_function_identity_arguments(p.oid) AS signature,
                    p.pronargs, format_type(p.prorettype, NULL) AS result, p.proretset
               FROM pg_proc p
              WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0
                AND p.proargmodes IS NULL AND p.prorettype <> ALL ('{internal,cstring,record,void,trigger,event_trigger}'::regtype[])
                AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a JOIN pg_type t ON t.oid = a WHERE t.typtype = 'p')
                AND (SELECT typtype FROM pg_type WHERE oid = p.prorettype) <> 'p'
    LOOP
        list := (SELECT coalesce(string_agg('$' || n, ', '), '') FROM generate_series(1, f.pronargs) n);
        BEGIN
            EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L', f.proname,
                (SELECT coalesce(string_agg(format_type(t, NULL), ', ' ORDER BY n), '') FROM unnest(f.proargtypes) WITH ORDINALITY u(t, n)),
                CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END, f.result,
                format(CASE WHEN f.proretset THEN 'BEGIN PERFORM evil.probe(%L); RETURN QUERY SELECT * FROM pg_catalog.%I(%s); END'
                            ELSE 'BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.%I(%s); END' END,
                       'function ' || f.proname || '(' || f.signature || ')', f.proname, list));
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $do$;

-- plant: polymorphic functions for the types that matter
-- fires: set search_path = evil, pg_catalog; select * from unnest(array['x'])
DO $do$
DECLARE name text; element text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    FOREACH element IN ARRAY ARRAY['text', 'name', 'oid', 'bigint', 'integer', 'smallint', 'boolean', 'oidvector', 'int2vector', '"char"'] LOOP
        FOREACH name IN ARRAY ARRAY['cardinality', 'array_ndims', 'array_dims'] LOOP
            EXECUTE format('CREATE OR REPLACE FUNCTION evil.%I(%s[]) RETURNS int LANGUAGE plpgsql AS %L', name, element,
                format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.cardinality($1); END', name || ' of ' || element));
        END LOOP;
        EXECUTE format('CREATE FUNCTION evil.unnest(%s[]) RETURNS SETOF %1$s LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN QUERY SELECT pg_catalog.unnest($1); END', 'unnest of ' || element));
        EXECUTE format('CREATE FUNCTION evil.array_to_string(%s[], text) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.array_to_string($1, $2); END', 'array_to_string of ' || element));
        EXECUTE format('CREATE FUNCTION evil.array_position(%s[], %1$s) RETURNS int LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.array_position($1, $2); END', 'array_position of ' || element));
        EXECUTE format('CREATE FUNCTION evil.format(text, %s) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.format($1, $2); END', 'format of ' || element));
        EXECUTE format('CREATE FUNCTION evil.concat(%s) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.concat($1); END', 'concat of ' || element));
        EXECUTE format('CREATE FUNCTION evil.to_jsonb(%s) RETURNS jsonb LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.to_jsonb($1); END', 'to_jsonb of ' || element));
        EXECUTE format('CREATE FUNCTION evil.collect(%s[], %1$s) RETURNS %1$s[] LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.array_append($1, $2); END', 'array_agg of ' || element));
        EXECUTE format('CREATE AGGREGATE evil.array_agg(%s) (SFUNC = evil.collect, STYPE = %1$s[])', element);
        EXECUTE format('CREATE FUNCTION evil.one_more(bigint, %s) RETURNS bigint LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN $1 OPERATOR(pg_catalog.+) 1; END', 'count of ' || element));
        EXECUTE format('CREATE AGGREGATE evil.count(%s) (SFUNC = evil.one_more, STYPE = bigint, INITCOND = %L)', element, '0');
    END LOOP;
    EXECUTE $$ CREATE FUNCTION evil.one_more(bigint) RETURNS bigint LANGUAGE plpgsql AS
        'BEGIN PERFORM evil.probe(''count(*)''); RETURN $1 OPERATOR(pg_catalog.+) 1; END' $$;
    EXECUTE $$ CREATE AGGREGATE evil.count(*) (SFUNC = evil.one_more, STYPE = bigint, INITCOND = '0') $$;
    EXECUTE $$ CREATE FUNCTION evil.both(boolean, boolean) RETURNS boolean LANGUAGE plpgsql AS
        'BEGIN PERFORM evil.probe(''bool_or''); RETURN $1 OR $2; END' $$;
    EXECUTE $$ CREATE AGGREGATE evil.bool_or(boolean) (SFUNC = evil.both, STYPE = boolean) $$;
    EXECUTE $$ CREATE AGGREGATE evil.bool_and(boolean) (SFUNC = evil.both, STYPE = boolean) $$;
    EXECUTE $$ CREATE FUNCTION evil.longer(text, text, text) RETURNS text LANGUAGE plpgsql AS
        'BEGIN PERFORM evil.probe(''string_agg''); RETURN pg_catalog.concat($1, $3, $2); END' $$;
    EXECUTE $$ CREATE AGGREGATE evil.string_agg(text, text) (SFUNC = evil.longer, STYPE = text) $$;
    EXECUTE $$ CREATE FUNCTION evil.summed(bigint, bigint) RETURNS bigint LANGUAGE plpgsql AS
        'BEGIN PERFORM evil.probe(''sum''); RETURN $1 OPERATOR(pg_catalog.+) $2; END' $$;
    EXECUTE $$ CREATE AGGREGATE evil.sum(bigint) (SFUNC = evil.summed, STYPE = bigint, INITCOND = '0') $$;
    EXECUTE $$ CREATE AGGREGATE evil.max(bigint) (SFUNC = evil.summed, STYPE = bigint, INITCOND = '0') $$;
    EXECUTE $$ CREATE AGGREGATE evil.min(bigint) (SFUNC = evil.summed, STYPE = bigint, INITCOND = '0') $$;
END $do$;

-- plant: every operator
-- fires: set search_path = evil, pg_catalog; select 1 = 1
DO $do$
DECLARE o record; sides text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    FOR o IN SELECT p.oid, p.oprname, p.oprleft, p.oprright, format_type(p.oprresult, NULL) AS result
               FROM pg_operator p JOIN pg_type r ON r.oid = p.oprright AND r.typtype <> 'p'
               JOIN pg_type t ON t.oid = p.oprresult AND t.typtype <> 'p'
               LEFT JOIN pg_type l ON l.oid = p.oprleft
              WHERE p.oprnamespace = 'pg_catalog'::regnamespace AND l.typtype IS DISTINCT FROM 'p'
    LOOP
        sides := CASE WHEN o.oprleft = 0 THEN format_type(o.oprright, NULL)
                      ELSE format_type(o.oprleft, NULL) || ', ' || format_type(o.oprright, NULL) END;
        EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', 'operator_' || o.oid, sides, o.result,
            format('BEGIN PERFORM evil.probe(%L); RETURN %s OPERATOR(pg_catalog.%s) %s; END', 'operator ' || o.oid::regoperator::text,
                   CASE WHEN o.oprleft = 0 THEN '' ELSE '$1' END, o.oprname, CASE WHEN o.oprleft = 0 THEN '$1' ELSE '$2' END));
        EXECUTE format('CREATE OPERATOR evil.%s (%s RIGHTARG = %s, FUNCTION = evil.%I)', o.oprname,
            CASE WHEN o.oprleft = 0 THEN '' ELSE 'LEFTARG = ' || format_type(o.oprleft, NULL) || ',' END,
            format_type(o.oprright, NULL), 'operator_' || o.oid);
    END LOOP;
    -- Arrays have polymorphic operators only: one of the exact types is preferred to them.
    FOR o IN SELECT s AS sign, t AS element FROM unnest(ARRAY['=', '<>', '@>', '<@', '&&']) s, unnest(ARRAY['text', 'oid', 'smallint', 'name', 'bigint']) t LOOP
        EXECUTE format('CREATE FUNCTION evil.%I(%s[], %2$s[]) RETURNS boolean LANGUAGE plpgsql AS %L', 'arrays_' || o.sign, o.element,
            format('BEGIN PERFORM evil.probe(%L); RETURN $1 OPERATOR(pg_catalog.%s) $2; END', 'operator over arrays of ' || o.element, o.sign));
        EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s[], RIGHTARG = %2$s[], FUNCTION = evil.%I)', o.sign, o.element, 'arrays_' || o.sign);
    END LOOP;
END $do$;

-- plant: every relation of the catalog
-- fires: set search_path = evil, pg_catalog; select count(*) from pg_class
DO $do$
DECLARE r record;
BEGIN
    FOR r IN SELECT relname FROM pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
              AND c.relkind IN ('r', 'v')
              AND c.relname NOT IN ('pg_statistic', 'pg_stats', 'pg_attribute', 'pg_statistic_ext_data', 'pg_stats_ext_exprs') LOOP
        EXECUTE pg_catalog.format('CREATE VIEW evil.%I AS SELECT c.* FROM pg_catalog.%1$I c WHERE evil.yes(%L)', r.relname, 'relation ' || r.relname);
    END LOOP;
    CREATE VIEW evil.pg_attribute AS SELECT attrelid, attname, attnum, atttypid, attnotnull, attisdropped FROM pg_catalog.pg_attribute
        WHERE evil.yes('relation pg_attribute');
END $do$;

-- plant: tables with references, to have something to ask about
-- fires: set search_path = evil, pg_catalog; select count(*) from public.c01
CREATE TABLE c01 (id int PRIMARY KEY, hub_id int NOT NULL REFERENCES hub ON DELETE SET NULL, code text UNIQUE);
INSERT INTO c01 VALUES (1, 1, 'a'), (2, 2, 'b');
CREATE TABLE c02 (id int, at date, code text REFERENCES c01 (code) ON DELETE SET DEFAULT, CHECK (length(code) < 9), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE c02_rest PARTITION OF c02 DEFAULT;
INSERT INTO c02 VALUES (1, '2026-01-01', 'a');
CREATE TABLE c03 (id uuid PRIMARY KEY, hub_id int REFERENCES hub ON DELETE CASCADE, up_id uuid REFERENCES c03 ON DELETE SET NULL, note text GENERATED ALWAYS AS (upper(id::text)) STORED);
INSERT INTO c03 VALUES ('00000000-0000-0000-0000-000000000001', 1, NULL);
ALTER TABLE c03 ADD CONSTRAINT c03_loose FOREIGN KEY (hub_id) REFERENCES hub NOT VALID;

-- plant: every type by name
-- fires: set search_path = evil, pg_catalog; select 'x'::text
DO $do$
DECLARE t record;
BEGIN
    FOR t IN SELECT y.typname FROM pg_catalog.pg_type y WHERE y.typnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace
              AND y.typtype OPERATOR(pg_catalog.=) ANY ('{b,r}'::pg_catalog."char"[]) AND y.typelem OPERATOR(pg_catalog.=) 0 LOOP
        BEGIN
            EXECUTE pg_catalog.format('CREATE DOMAIN evil.%I AS pg_catalog.%1$I CHECK (evil.yes(%L))', t.typname, 'type ' || t.typname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $do$;
DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = evil, pg_catalog, public', pg_catalog.current_database()); END $$;
