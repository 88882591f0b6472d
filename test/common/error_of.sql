\set ECHO none
-- pg_temp.error_of(command): the error that a command raises, "SQLSTATE: message (detail) (hint)",
-- or "no error". The tests of pg_regress read it through PG_ABS_SRCDIR, without an echo:
--   \getenv abs_srcdir PG_ABS_SRCDIR
--   \i :abs_srcdir/common/error_of.sql
CREATE FUNCTION pg_temp.error_of(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE command;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE || ':', message, '(' || nullif(detail, '') || ')', '(' || nullif(hint, '') || ')');
END $$;
\set ECHO all
