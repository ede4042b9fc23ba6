-- Functions in public that fit better than pg_catalog's own, found without any change of the path. The newest version.

-- plant: overloads of polymorphic functions
-- fires: select * from unnest(array['x'])
DO $do$
DECLARE element text; other text;
BEGIN
    FOREACH element IN ARRAY ARRAY['text', 'name', 'oid', 'bigint', 'integer', 'smallint', '"char"', 'boolean'] LOOP
        EXECUTE format('CREATE FUNCTION public.unnest(%s[]) RETURNS SETOF %1$s LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN QUERY SELECT pg_catalog.unnest($1); END', 'public.unnest of ' || element));
        EXECUTE format('CREATE FUNCTION public.cardinality(%s[]) RETURNS int LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.cardinality($1); END', 'public.cardinality of ' || element));
        EXECUTE format('CREATE FUNCTION public.array_to_string(%s[], text) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.array_to_string($1, $2); END', 'public.array_to_string of ' || element));
        EXECUTE format('CREATE FUNCTION public.to_jsonb(%s) RETURNS jsonb LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.to_jsonb($1); END', 'public.to_jsonb of ' || element));
        EXECUTE format('CREATE FUNCTION public.collect(%s[], %1$s) RETURNS %1$s[] LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.array_append($1, $2); END', 'public.array_agg of ' || element));
        EXECUTE format('CREATE AGGREGATE public.array_agg(%s) (SFUNC = public.collect, STYPE = %1$s[])', element);
        EXECUTE format('CREATE FUNCTION public.one_more(bigint, %s) RETURNS bigint LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN $1 + 1; END', 'public.count of ' || element));
        EXECUTE format('CREATE AGGREGATE public.count(%s) (SFUNC = public.one_more, STYPE = bigint, INITCOND = %L)', element, '0');
        EXECUTE format('CREATE FUNCTION public.concat(%s) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.concat($1); END', 'public.concat of ' || element));
        EXECUTE format('CREATE FUNCTION public.format(text, %s) RETURNS text LANGUAGE plpgsql AS %L', element,
            format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.format($1, $2); END', 'public.format of ' || element));
        FOREACH other IN ARRAY ARRAY['text', 'name', 'integer'] LOOP
            EXECUTE format('CREATE FUNCTION public.jsonb_build_object(text, %s, text, %s) RETURNS jsonb LANGUAGE plpgsql AS %L', element, other,
                format('BEGIN PERFORM evil.probe(%L); RETURN pg_catalog.jsonb_build_object($1, $2, $3, $4); END', 'public.jsonb_build_object'));
        END LOOP;
        FOREACH other IN ARRAY ARRAY['oid', 'integer'] LOOP
            CONTINUE WHEN element = other;
            -- An exact operator is preferred to an implicit cast: smallint = oid and its kind do not exist in pg_catalog.
            BEGIN
                EXECUTE format('CREATE FUNCTION public.%I(%s, %s) RETURNS boolean LANGUAGE plpgsql AS %L', 'equal_' || element || other, element, other,
                    format('BEGIN PERFORM evil.probe(%L); RETURN $1::text OPERATOR(pg_catalog.=) $2::text; END', 'public.= of ' || element || ' and ' || other));
                EXECUTE format('CREATE OPERATOR public.= (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.%I)', element, other, 'equal_' || element || other);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
    END LOOP;
END $do$;

-- plant: array operators and names of other types
-- fires: select array['x'] = array['x']
DO $do$
DECLARE sign text; element text;
BEGIN
    FOREACH sign IN ARRAY ARRAY['=', '<>', '@>', '<@', '&&'] LOOP
        FOREACH element IN ARRAY ARRAY['text', 'oid', 'smallint', 'name', '"char"'] LOOP
            EXECUTE format('CREATE FUNCTION public.%I(%s[], %2$s[]) RETURNS boolean LANGUAGE plpgsql AS %L', 'arrays_' || sign, element,
                format('BEGIN PERFORM evil.probe(%L); RETURN $1 OPERATOR(pg_catalog.%s) $2; END', 'array operators and names of other types', sign));
            EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s[], RIGHTARG = %2$s[], FUNCTION = public.%I)', sign, element, 'arrays_' || sign);
        END LOOP;
    END LOOP;
    CREATE FUNCTION public.glue(text, name) RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN PERFORM evil.probe('array operators and names of other types'); RETURN pg_catalog.concat($1, $2); END $$;
    CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = name, FUNCTION = public.glue);
END $do$;

-- plant: tables with references, to have something to ask about
-- fires: select * from unnest(array['x'])
CREATE TABLE c01 (id int PRIMARY KEY, hub_id int NOT NULL REFERENCES hub ON DELETE SET NULL, code text UNIQUE);
INSERT INTO c01 VALUES (1, 1, 'a'), (2, 2, 'b');
CREATE TABLE c02 (id int, at date, code text REFERENCES c01 (code) ON DELETE SET DEFAULT, CHECK (length(code) < 9), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE c02_rest PARTITION OF c02 DEFAULT;
INSERT INTO c02 VALUES (1, '2026-01-01', 'a');
CREATE TABLE c03 (id uuid PRIMARY KEY, hub_id int REFERENCES hub ON DELETE CASCADE, up_id uuid REFERENCES c03 ON DELETE SET NULL);
INSERT INTO c03 VALUES ('00000000-0000-0000-0000-000000000001', 1, NULL);
ALTER TABLE c03 ADD CONSTRAINT c03_loose FOREIGN KEY (hub_id) REFERENCES hub NOT VALID;
