\set ECHO none
-- pg_temp.plan_has(command, what): does a line of a command's plan contain this text?
-- See error_of.sql for how tests read this file.
CREATE FUNCTION pg_temp.plan_has(command text, what text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || command LOOP
        IF line LIKE '%' || what || '%' THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
\set ECHO all
