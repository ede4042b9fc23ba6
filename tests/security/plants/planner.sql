-- What the planner computes while it plans a mere `select count(*)`. Versions 14-18.
-- Each plant: `fires` is the statement of a careless tool, which proves that the plant is alive.

-- plant: index expression
-- fires: select count(*) from public.a01
CREATE TABLE a01 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE CASCADE, v int);
INSERT INTO a01 VALUES (1, 1, 1);
CREATE INDEX ON a01 ((v + evil.imm('index expression')));

-- plant: index predicate
-- fires: select count(*) from public.a02
CREATE TABLE a02 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO a02 VALUES (1, 1);
CREATE INDEX ON a02 (hub_id) WHERE evil.imm('index predicate') = 1;

-- plant: extended statistics
-- fires: select count(*) from public.a03
CREATE TABLE a03 (id int PRIMARY KEY, hub_id int REFERENCES hub, v int);
INSERT INTO a03 VALUES (1, 1, 1);
CREATE STATISTICS a03_extended ON (v + evil.imm('extended statistics')), hub_id FROM a03;

-- plant: partition key
-- fires: select count(*) from public.a04
CREATE TABLE a04 (id int, hub_id int REFERENCES hub ON DELETE CASCADE) PARTITION BY RANGE ((id + evil.imm('partition key')));
CREATE TABLE a04_rest PARTITION OF a04 DEFAULT;
INSERT INTO a04 VALUES (1, 1);

-- plant: partition key of a partition
-- fires: select count(*) from public.a05
CREATE TABLE a05 (id int, hub_id int REFERENCES hub ON DELETE SET NULL) PARTITION BY LIST (id);
CREATE TABLE a05_more PARTITION OF a05 DEFAULT PARTITION BY HASH ((id + evil.imm('partition key of a partition')));
CREATE TABLE a05_more_0 PARTITION OF a05_more FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO a05 VALUES (1, 1);

-- plant: partition constraint spelled
-- fires: select pg_get_partition_constraintdef('public.a06_rest'::regclass)
CREATE TABLE a06 (id int, hub_id int REFERENCES hub ON DELETE SET NULL) PARTITION BY RANGE ((id + evil.imm('partition constraint spelled')));
CREATE TABLE a06_low PARTITION OF a06 FOR VALUES FROM (0) TO (10);
CREATE TABLE a06_rest PARTITION OF a06 DEFAULT;
INSERT INTO a06 VALUES (1, 1);

-- plant: check with constraint_exclusion
-- fires: set constraint_exclusion = on; select count(*) from public.a07 where hub_id is not null
CREATE TABLE a07 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
ALTER TABLE a07 ADD CHECK (evil.imm('check with constraint_exclusion') = 1);
INSERT INTO a07 VALUES (1, 1);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET constraint_exclusion = on', current_database()); END $$;

-- plant: check of a partitioned table, no setting needed
-- fires: set constraint_exclusion = partition; select count(*) from public.a08 where hub_id is not null
CREATE TABLE a08 (id int, hub_id int REFERENCES hub ON DELETE SET NULL,
    CHECK (evil.imm('check of a partitioned table, no setting needed') = 1)) PARTITION BY RANGE (id);
CREATE TABLE a08_rest PARTITION OF a08 DEFAULT;
INSERT INTO a08 VALUES (1, 1);

-- plant: check of a member of union all, no setting needed
-- fires: set constraint_exclusion = partition; select count(*) from (select hub_id from public.a09 union all select hub_id from public.a09) a where hub_id is not null
CREATE TABLE a09 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
ALTER TABLE a09 ADD CHECK (evil.imm('check of a member of union all, no setting needed') = 1);
INSERT INTO a09 VALUES (1, 1);

-- plant: inlined SQL wrapper around a column
-- fires: select count(*) from public.a10
CREATE FUNCTION evil.wrap(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT $1 + evil.imm('inlined SQL wrapper around a column') $$;
CREATE TABLE a10 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE CASCADE, v int);
INSERT INTO a10 VALUES (1, 1, 1);
CREATE INDEX ON a10 (evil.wrap(v));

-- plant: inlined twice, begin atomic
-- fires: select count(*) from public.a11
CREATE FUNCTION evil.inner_wrap(v int) RETURNS int LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC; SELECT v + evil.imm('inlined twice, begin atomic'); END;
CREATE FUNCTION evil.outer_wrap(v int) RETURNS int LANGUAGE sql IMMUTABLE RETURN evil.inner_wrap(v);
CREATE TABLE a11 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a11 VALUES (1, 1, 1);
CREATE INDEX ON a11 (evil.outer_wrap(v));

-- plant: default of an argument
-- fires: select count(*) from public.a12
CREATE FUNCTION evil.with_default(v int, w int DEFAULT evil.imm('default of an argument')) RETURNS int
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN v; END $$;
CREATE TABLE a12 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a12 VALUES (1, 1, 1);
CREATE INDEX ON a12 (evil.with_default(v));

-- plant: cast of an array's elements
-- fires: select count(*) from public.a13
CREATE TYPE evil.mood AS ENUM ('calm', 'angry');
CREATE FUNCTION evil.mood_text(evil.mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('cast of an array''s elements'); RETURN 'calm'; END $$;
CREATE CAST (evil.mood AS text) WITH FUNCTION evil.mood_text(evil.mood);
CREATE TABLE a13 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a13 VALUES (1, 1, 1);
CREATE INDEX ON a13 (((ARRAY['calm'::evil.mood]::text[])[v]));

-- plant: operator
-- fires: select count(*) from public.a14
CREATE TABLE a14 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO a14 VALUES (1, 1);
CREATE INDEX ON a14 (hub_id) WHERE 1 OPERATOR(evil.===) 1;

-- plant: operator over an array
-- fires: select count(*) from public.a15
CREATE TABLE a15 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO a15 VALUES (1, 1);
CREATE INDEX ON a15 (hub_id) WHERE 1 OPERATOR(evil.===) ANY ('{1,2}'::int[]);

-- plant: operator of an exclusion constraint's expression
-- fires: select count(*) from public.a16
CREATE TABLE a16 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int,
    EXCLUDE ((v + evil.imm('operator of an exclusion constraint''s expression')) WITH =));
INSERT INTO a16 VALUES (1, 1, 1);

-- plant: index of the referenced table
-- fires: select count(*) from public.a17_p
CREATE TABLE a17_p (id int PRIMARY KEY, v int);
INSERT INTO a17_p VALUES (1, 1);
CREATE INDEX ON a17_p ((v + evil.imm('index of the referenced table')));
CREATE TABLE a17 (id int PRIMARY KEY, p_id int NOT NULL REFERENCES a17_p ON DELETE SET NULL);
INSERT INTO a17 VALUES (1, 1);

-- plant: index two tables away
-- fires: select count(*) from public.a18_far
CREATE TABLE a18 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE CASCADE);
CREATE TABLE a18_far (id int PRIMARY KEY, near_id int NOT NULL REFERENCES a18 ON DELETE SET NULL, v int);
INSERT INTO a18 VALUES (1, 1);
INSERT INTO a18_far VALUES (1, 1, 1);
CREATE INDEX ON a18_far ((v + evil.imm('index two tables away')));

-- plant: index of a partition only
-- fires: select count(*) from public.a19
CREATE TABLE a19 (id int, hub_id int REFERENCES hub ON DELETE SET NULL, v int) PARTITION BY RANGE (id);
CREATE TABLE a19_rest PARTITION OF a19 DEFAULT;
INSERT INTO a19 VALUES (1, 1, 1);
CREATE INDEX ON a19_rest ((v + evil.imm('index of a partition only')));

-- plant: unique index expression
-- fires: select count(*) from public.a20
CREATE TABLE a20 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a20 VALUES (1, 1, 1), (2, 1, 1);
CREATE UNIQUE INDEX ON a20 ((id + evil.imm('unique index expression')));

-- plant: undeclared reference
-- fires: select count(*) from public.a21
CREATE TABLE a21 (id int PRIMARY KEY, hub_id int, v int);
INSERT INTO a21 VALUES (1, 77, 1);
CREATE INDEX ON a21 ((v + evil.imm('undeclared reference')));

-- plant: reference that is not valid
-- fires: select count(*) from public.a22
CREATE TABLE a22 (id int PRIMARY KEY, hub_id int, v int);
INSERT INTO a22 VALUES (1, 77, 1);
ALTER TABLE a22 ADD CONSTRAINT a22_hub FOREIGN KEY (hub_id) REFERENCES hub ON DELETE SET NULL NOT VALID;
CREATE INDEX ON a22 ((v + evil.imm('reference that is not valid')));

-- plant: reference of an empty table to itself
-- fires: select count(*) from public.a23
CREATE TABLE a23 (id int PRIMARY KEY, up_id int NOT NULL REFERENCES a23 ON DELETE SET NULL, v int);
INSERT INTO a23 VALUES (1, 1, 1);
CREATE INDEX ON a23 ((v + evil.imm('reference of an empty table to itself')));

-- plant: case, coalesce and row around a call
-- fires: select count(*) from public.a24
CREATE TABLE a24 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a24 VALUES (1, 1, 1);
CREATE INDEX ON a24 ((CASE WHEN v IS NULL THEN 0 ELSE coalesce(NULLIF(evil.imm('case, coalesce and row around a call'), 3), v) END));

-- plant: implicit cast of a reference across types
-- fires: select count(*) from public.a25 c join public.hub p on p.id = c.hub_id
CREATE TYPE evil.level AS ENUM ('low', 'high');
CREATE FUNCTION evil.level_int(evil.level) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('implicit cast of a reference across types'); RETURN 1; END $$;
CREATE CAST (evil.level AS int) WITH FUNCTION evil.level_int(evil.level) AS IMPLICIT;
CREATE TABLE a25 (id int PRIMARY KEY, hub_id evil.level REFERENCES hub ON DELETE SET NULL);
INSERT INTO a25 VALUES (1, 'low');

-- plant: row security policy
-- fires: set role reader; select count(*) from public.a26
CREATE TABLE a26 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL);
INSERT INTO a26 VALUES (1, 1);
ALTER TABLE a26 ENABLE ROW LEVEL SECURITY;
CREATE POLICY a26_all ON a26 USING (evil.yes('row security policy'));

-- plant: SQL function with planted operator, inlined
-- fires: select count(*) from public.a27
CREATE FUNCTION evil.by_operator(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN 1 OPERATOR(evil.===) 1 THEN v ELSE 0 END $$;
CREATE TABLE a27 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a27 VALUES (1, 1, 1);
CREATE INDEX ON a27 (evil.by_operator(v));

-- plant: statistics with an inlined wrapper
-- fires: select count(*) from public.a28
CREATE TABLE a28 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a28 VALUES (1, 1, 1);
CREATE FUNCTION evil.wrap_statistics(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT $1 + evil.imm('statistics with an inlined wrapper') $$;
CREATE STATISTICS a28_extended ON (evil.wrap_statistics(v)) FROM a28;

-- plant: partition key with an inlined wrapper
-- fires: select count(*) from public.a29
CREATE FUNCTION evil.wrap_key(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT $1 + evil.imm('partition key with an inlined wrapper') $$;
CREATE TABLE a29 (id int, hub_id int REFERENCES hub ON DELETE SET NULL) PARTITION BY RANGE (evil.wrap_key(id));
CREATE TABLE a29_rest PARTITION OF a29 DEFAULT;
INSERT INTO a29 VALUES (1, 1);

-- plant: strict function of a null
-- fires: select count(*) from public.a30
CREATE TABLE a30 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a30 VALUES (1, 1, 1);
CREATE INDEX ON a30 (hub_id) WHERE v IS DISTINCT FROM evil.imm_of(NULL::int, 'strict function of a null');

-- plant: parameterless function
-- fires: select count(*) from public.a31
CREATE FUNCTION evil.nothing() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('parameterless function'); RETURN 1; END $$;
CREATE TABLE a31 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a31 VALUES (1, 1, 1);
CREATE INDEX ON a31 (hub_id) INCLUDE (v) WHERE v < 100 + evil.nothing();

-- plant: cast to a domain whose check is planted
-- fires: select count(*) from public.a32
CREATE DOMAIN evil.checked AS int CHECK (evil.imm('cast to a domain whose check is planted') = 1);
CREATE TABLE a32 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a32 VALUES (1, 1, 1);
CREATE INDEX ON a32 ((v::evil.checked));

-- plant: cast to an array of domains
-- fires: select count(*) from public.a33
CREATE DOMAIN evil.checked_element AS int CHECK (evil.imm('cast to an array of domains') = 1);
CREATE TABLE a33 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int[]);
INSERT INTO a33 VALUES (1, 1, '{1}');
CREATE INDEX ON a33 ((v::evil.checked_element[]));

-- plant: argument that is a domain, in statistics
-- fires: select count(*) from public.a34
CREATE DOMAIN evil.checked_argument AS int CHECK (evil.imm('argument that is a domain, in statistics') = 1);
CREATE FUNCTION evil.of_domain(v evil.checked_argument) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$;
CREATE TABLE a34 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a34 VALUES (1, 1, 1);
CREATE STATISTICS a34_extended ON (evil.of_domain(v)), hub_id FROM a34;

-- plant: partition key cast to a domain over a domain
-- fires: select count(*) from public.a35
CREATE DOMAIN evil.checked_below AS int CHECK (evil.imm('partition key cast to a domain over a domain') = 1);
CREATE DOMAIN evil.checked_above AS evil.checked_below;
CREATE TABLE a35 (id int, hub_id int REFERENCES hub ON DELETE SET NULL) PARTITION BY RANGE ((abs(id::evil.checked_above)));
CREATE TABLE a35_rest PARTITION OF a35 DEFAULT;
INSERT INTO a35 VALUES (1, 1);

-- plant: composite with a domain in it
-- fires: select count(*) from public.a36
CREATE DOMAIN evil.checked_field AS int CHECK (evil.imm('composite with a domain in it') = 1);
CREATE TYPE evil.with_domain AS (a evil.checked_field);
CREATE TABLE a36 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a36 VALUES (1, 1, 1);
CREATE INDEX ON a36 (hub_id) WHERE (row(v)::evil.with_domain) IS NOT NULL;

-- plant: body spelled with escapes
-- fires: select count(*) from public.a37
CREATE FUNCTION evil.escaped(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT v + U&"\0065vil".U&"\0069mm"('body spelled with escapes') $$;
CREATE TABLE a37 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a37 VALUES (1, 1, 1);
CREATE INDEX ON a37 (evil.escaped(v));

-- plant: name in another script
-- fires: select count(*) from public.a38
CREATE FUNCTION evil.ÀÇ() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.probe('name in another script'); RETURN 1; END $$;
CREATE FUNCTION evil.in_script(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v + evil.ÀÇ() $$;
CREATE TABLE a38 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a38 VALUES (1, 1, 1);
CREATE INDEX ON a38 (evil.in_script(v));

-- plant: h39, a call between quotes that stand in strings
-- fires: select count(*) from public.a39
CREATE FUNCTION evil.between_quotes(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT v + length('"') + evil.imm('h39') + length('"') $$;
CREATE TABLE a39 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a39 VALUES (1, 1, 1);
CREATE INDEX ON a39 (evil.between_quotes(v));

-- plant: literal of an enum that is cast implicitly
-- fires: select count(*) from public.a40
CREATE TYPE evil.grade AS ENUM ('good');
CREATE FUNCTION evil.grade_int(evil.grade) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('literal of an enum that is cast implicitly'); RETURN 1; END $$;
CREATE CAST (evil.grade AS int) WITH FUNCTION evil.grade_int(evil.grade) AS IMPLICIT;
CREATE FUNCTION evil.with_literal(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v + evil.grade 'good' $$;
CREATE TABLE a40 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a40 VALUES (1, 1, 1);
CREATE INDEX ON a40 (evil.with_literal(v));

-- plant: enum cast where a function returns it
-- fires: select count(*) from public.a41
CREATE TYPE evil.step AS ENUM ('first');
CREATE FUNCTION evil.step_int(evil.step) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('enum cast where a function returns it'); RETURN 1; END $$;
CREATE CAST (evil.step AS int) WITH FUNCTION evil.step_int(evil.step) AS ASSIGNMENT;
CREATE FUNCTION evil.returns_cast(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT evil.step 'first' $$;
CREATE TABLE a41 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a41 VALUES (1, 1, 1);
CREATE INDEX ON a41 (evil.returns_cast(v));

-- plant: default of an inlined function's argument
-- fires: select count(*) from public.a42
CREATE TYPE evil.rank AS ENUM ('top');
CREATE FUNCTION evil.rank_int(evil.rank) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('default of an inlined function''s argument'); RETURN 1; END $$;
CREATE CAST (evil.rank AS int) WITH FUNCTION evil.rank_int(evil.rank) AS IMPLICIT;
CREATE FUNCTION evil.added_rank(v int, r evil.rank DEFAULT 'top') RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v + r $$;
CREATE TABLE a42 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a42 VALUES (1, 1, 1);
CREATE INDEX ON a42 (evil.added_rank(v));

-- plant: domain whose check is inlined or completed
-- fires: select count(*) from public.a43
CREATE FUNCTION evil.completed(v int, w bool DEFAULT evil.yes('domain whose check is inlined or completed')) RETURNS bool
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN true; END $$;
CREATE FUNCTION evil.inlined_check(v int) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT evil.completed(v) $$;
CREATE DOMAIN evil.by_inlining AS int CHECK (evil.inlined_check(value));
CREATE TABLE a43 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a43 VALUES (1, 1, 1);
CREATE INDEX ON a43 ((v::evil.by_inlining));

-- plant: SQL function that returns a domain
-- fires: select count(*) from public.a44
CREATE DOMAIN evil.returned AS int CHECK (evil.imm('SQL function that returns a domain') = 1);
CREATE FUNCTION evil.as_domain(v int) RETURNS evil.returned LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE TABLE a44 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a44 VALUES (1, 1, 1);
CREATE INDEX ON a44 ((evil.as_domain(v) + 0));

-- plant: check added to a domain later
-- fires: select count(*) from public.a45
CREATE DOMAIN evil.added_later AS int;
CREATE TABLE a45 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a45 VALUES (1, 1, 1);
CREATE INDEX ON a45 ((v::evil.added_later));
ALTER DOMAIN evil.added_later ADD CHECK (evil.imm('check added to a domain later') = 1) NOT VALID;

-- plant: name longer than names are
-- fires: select count(*) from public.a46
CREATE FUNCTION evil.a_name_that_is_much_longer_than_a_name_may_be_and_is_cut_somewhere_on_its_way() RETURNS int
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.probe('name longer than names are'); RETURN 1; END $$;
CREATE FUNCTION evil.of_long_name(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT v + evil.a_name_that_is_much_longer_than_a_name_may_be_and_is_cut_somewhere_else_on_its_way() $$;
CREATE TABLE a46 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a46 VALUES (1, 1, 1);
CREATE INDEX ON a46 (evil.of_long_name(v));

-- plant: quoted name after a quotation mark in a string
-- fires: select count(*) from public.a47
CREATE FUNCTION evil."in words"() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('quoted name after a quotation mark in a string'); RETURN 1; END $$;
CREATE FUNCTION evil.of_words(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT v + length('"') + evil."in words"() $$;
CREATE TABLE a47 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a47 VALUES (1, 1, 1);
CREATE INDEX ON a47 (evil.of_words(v));

-- plant: quoted name with quotation marks in it after one in a comment
-- fires: select count(*) from public.a48
CREATE FUNCTION evil."says ""no"" "() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM evil.probe('quoted name with quotation marks in it after one in a comment'); RETURN 1; END $$;
CREATE FUNCTION evil.of_marks(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT /* " */ v + evil."says ""no"" "() $$;
CREATE TABLE a48 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a48 VALUES (1, 1, 1);
CREATE STATISTICS a48_extended ON (evil.of_marks(v)), hub_id FROM a48;

-- plant: function of another expression called with a constant
-- fires: select count(*) from public.a49
CREATE FUNCTION evil.seems_plain(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v $$;
CREATE FUNCTION evil.calls_plain(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v + evil.seems_plain(-1) $$;
CREATE TABLE a49 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a49 VALUES (1, 1, 1);
CREATE INDEX ON a49 (evil.seems_plain(v));
CREATE INDEX ON a49 (evil.calls_plain(v));
CREATE OR REPLACE FUNCTION evil.seems_plain(v int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN v = -1 THEN length(pg_create_restore_point('PLANTED-BY-CATALOG')::text) ELSE v END $$;

-- plant: literal of a domain that is spelled as a call
-- fires: select count(*) from public.a50
CREATE DOMAIN evil.called_domain AS int CHECK (evil.imm('literal of a domain that is spelled as a call') = 1);
CREATE FUNCTION evil.calls_domain(v int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT v + evil.called_domain('1') $$;
CREATE TABLE a50 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v int);
INSERT INTO a50 VALUES (1, 1, 1);
CREATE INDEX ON a50 (evil.calls_domain(v));

-- plant: literal that takes the type of a polymorphic argument
-- fires: select count(*) from public.a51
CREATE DOMAIN evil.of_any AS int CHECK (evil.imm('literal that takes the type of a polymorphic argument') = 1);
CREATE FUNCTION evil.of_anything(v anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(v, '1') $$;
CREATE TABLE a51 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v evil.of_any);
INSERT INTO a51 VALUES (1, 1, 1);
CREATE INDEX ON a51 (evil.of_anything(v));

-- plant: literal in an array of rows that a polymorphic argument is compared with
-- fires: select count(*) from public.a52
CREATE DOMAIN evil.in_rows AS int CHECK (evil.imm_of(value, 'literal in an array of rows that a polymorphic argument is compared with') > 0);
CREATE TYPE evil.a_row AS (v evil.in_rows);
CREATE FUNCTION evil.of_any_array(v anyarray) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT v = '{(1)}' $$;
CREATE TABLE a52 (id int PRIMARY KEY, hub_id int REFERENCES hub ON DELETE SET NULL, v evil.a_row[]);
INSERT INTO a52 VALUES (1, 1);
CREATE INDEX ON a52 (evil.of_any_array(v));
