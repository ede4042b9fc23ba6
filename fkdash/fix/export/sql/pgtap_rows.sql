-- What a pgTAP test of a foreign key deletes: a referenced row of its own and one that refers to it, both gone again
-- with the test's transaction. PostgreSQL 14 and later; run by the owner of both tables, under the pinned path of
-- pgtap_path.sql; only their INSERT and DELETE run under the application's. :'...' are put in beforehand.
CREATE TEMP TABLE fkdash_rows (referenced jsonb, referencing jsonb) ON COMMIT DROP;

-- Other keys, checks and triggers could stop the rows for reasons that are not this test's.
DO $setup$
DECLARE
  target regclass;
  other record;
BEGIN
  FOREACH target IN ARRAY ARRAY[:'referencing', :'referenced']::regclass[] LOOP
    FOR other IN
      SELECT conname FROM pg_constraint
      WHERE conrelid = target AND contype IN ('f', 'c') AND coninhcount = 0 AND conparentid = 0
        AND NOT (conrelid = :'referencing'::regclass AND conname = :'constraint')
    LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', target, other.conname);
    END LOOP;
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', target);
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
  END LOOP;
END
$setup$;

CREATE FUNCTION pg_temp.fkdash_row(target regclass, given jsonb, keys text[], pairs jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $row$
DECLARE
  filled jsonb := given;
  own record;
  value jsonb;
  listed text;
  statement text;
BEGIN
  FOR own IN
    SELECT a.attname::text AS name, CASE WHEN d.typtypmod <> -1 THEN d.typtypmod ELSE a.atttypmod END AS modifier, t.typcategory AS category, t.oid AS type, t.typname AS called
    FROM pg_attribute AS a
    JOIN pg_type AS d ON d.oid = a.atttypid
    JOIN pg_type AS t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid)
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND ((a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') OR a.attname = ANY (keys))
      AND NOT given ? a.attname
  LOOP
    IF own.called = 'uuid' THEN
      value := to_jsonb(gen_random_uuid());
    ELSIF own.category = 'N' THEN
      EXECUTE format('SELECT to_jsonb(coalesce(max(%I), 0) + 1) FROM %s', own.name, target) INTO value;
    ELSIF own.category = 'S' THEN
      value := to_jsonb(left(md5(random()::text), greatest(CASE WHEN own.modifier > 4 THEN own.modifier - 4 ELSE 32 END, 1)));
    ELSIF own.category = 'B' THEN
      value := to_jsonb(true);
    ELSIF own.called = 'timetz' OR own.called = 'time' THEN
      value := to_jsonb('12:00'::text);
    ELSIF own.category = 'D' THEN
      value := to_jsonb(now());
    ELSIF own.category = 'T' THEN
      value := to_jsonb('1 day'::text);
    ELSIF own.category = 'E' THEN
      SELECT to_jsonb(enumlabel) FROM pg_enum WHERE enumtypid = own.type ORDER BY enumsortorder LIMIT 1 INTO value;
    ELSIF own.category = 'I' THEN
      value := to_jsonb('127.0.0.1'::text);
    ELSIF own.category = 'R' THEN
      value := to_jsonb('empty'::text);
    ELSIF own.category = 'A' THEN
      value := '[]';
    ELSIF own.called IN ('json', 'jsonb') THEN
      value := '{}';
    ELSE
      value := to_jsonb(''::text);
    END IF;
    filled := filled || jsonb_build_object(own.name, value);
  END LOOP;
  -- A row of a table that refers to itself refers to itself.
  SELECT filled || coalesce(jsonb_object_agg(key, filled -> (pairs ->> key)), '{}')
  FROM jsonb_object_keys(pairs) AS key WHERE filled ? (pairs ->> key)
  INTO filled;
  SELECT string_agg(quote_ident(key), ', ') FROM jsonb_object_keys(filled) AS key INTO listed;
  statement := format(
    'INSERT INTO %1$s AS "fkdash row" (%2$s) OVERRIDING SYSTEM VALUE '
    'SELECT %2$s FROM pg_catalog.jsonb_populate_record(NULL::%1$s, $1) '
    'RETURNING pg_catalog.to_jsonb("fkdash row")', target, listed
  );
  PERFORM set_config('search_path', current_setting('fkdash.path'), true);
  EXECUTE statement USING filled INTO filled;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  RETURN filled;
END
$row$;

DO $rows$
DECLARE
  pairs jsonb := :'pairs';
  keys text[] := ARRAY(SELECT value FROM jsonb_each_text(pairs));
  referenced jsonb;
  given jsonb;
BEGIN
  referenced := pg_temp.fkdash_row(
    :'referenced', '{}', keys, CASE WHEN :'referenced'::regclass = :'referencing'::regclass THEN pairs ELSE '{}' END
  );
  SELECT jsonb_object_agg(key, referenced -> (pairs ->> key)) FROM jsonb_object_keys(pairs) AS key INTO given;
  INSERT INTO pg_temp.fkdash_rows VALUES (referenced, pg_temp.fkdash_row(:'referencing', given, '{}', '{}'));
END
$rows$;

CREATE FUNCTION pg_temp.fkdash_delete() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $delete$
DECLARE
  wanted jsonb;
  statement text;
BEGIN
  SELECT jsonb_object_agg(key.value, rows.referenced -> key.value)
  FROM pg_temp.fkdash_rows AS rows, jsonb_each_text(:'pairs') AS key INTO wanted;
  statement := format(
    'DELETE FROM %s AS "fkdash row" WHERE pg_catalog.to_jsonb("fkdash row") OPERATOR(pg_catalog.@>) $1',
    :'referenced'::regclass
  );
  PERFORM set_config('search_path', current_setting('fkdash.path'), true);
  EXECUTE statement USING wanted;
  SET CONSTRAINTS ALL IMMEDIATE;
END
$delete$;

CREATE FUNCTION pg_temp.fkdash_sqlstate() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $state$
BEGIN
  PERFORM pg_temp.fkdash_delete();
  RETURN '00000';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$state$;

CREATE FUNCTION pg_temp.fkdash_referencing() RETURNS SETOF jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $left$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT to_jsonb("fkdash row") FROM %s AS "fkdash row", pg_temp.fkdash_rows AS rows '
    'WHERE to_jsonb("fkdash row") - $1 = rows.referencing - $1',
    :'referencing'::regclass
  ) USING ARRAY(SELECT jsonb_object_keys(:'pairs'));
END
$left$;

