--
-- Change the options of a task: williams_alter_task
--
SET client_min_messages = warning;
CREATE TABLE page (id int PRIMARY KEY, times int NOT NULL DEFAULT 0);
INSERT INTO page SELECT generate_series(1, 100);
ANALYZE page;
CREATE VIEW options AS
	SELECT name, statement, throttle, pause_ms, time_limit_ms, max_attempts, stopped FROM williams_task;
SELECT williams_create_task('pages', 'page', 'SELECT $1, $2', 1, max_items => 10);

-- one at a time and together; options that are not given stay as they are
SELECT williams_alter_task('pages', pause_ms => 1);
SELECT williams_alter_task('pages', max_attempts => 5, time_limit_ms => 1000);
SELECT williams_alter_task('pages', 'UPDATE page SET times = times + 1 WHERE id BETWEEN $1 AND $2', throttle => 'true');
SELECT * FROM options;
SELECT williams_alter_task('pages');
SELECT williams_alter_task('pages', NULL, NULL, NULL, NULL, NULL);
SELECT * FROM options;
-- a change applies from the next batch on
SELECT williams_run_batch('pages');
SELECT williams_alter_task('pages', throttle => 'false', pause_ms => 0, time_limit_ms => 0);
SELECT williams_run_batch('pages');
SELECT * FROM options;
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;

-- refused like in williams_create_task, and nothing is changed
CREATE FUNCTION alter_error(options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE format('SELECT williams_alter_task(%s)', options);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT o AS options, alter_error(o) AS error FROM unnest(ARRAY[
	'''pages'', ''DELETE FROM page WHERE id >= $1''', '''pages'', ''SELECT $1''', '''pages'', ''SELECT $1, $2; SELECT 1''', '''pages'', ''VACUUM''',
	'''pages'', ''SELECT nothing WHERE $1 < $2''', '''pages'', ''''', '''pages'', throttle => ''1''', '''pages'', throttle => ''''',
	'''pages'', throttle => ''id > 1''', '''pages'', pause_ms => -1', '''pages'', time_limit_ms => -1',
	'''pages'', max_attempts => 0', '''page'', pause_ms => 1', 'NULL', '''''']) AS o;
SELECT * FROM options;
-- the plan cannot be changed
\set VERBOSITY terse
SELECT williams_alter_task('pages', max_items => 20);
\set VERBOSITY default
-- the texts are parsed under the search_path of the task, which they will run under
CREATE SCHEMA other;
CREATE TABLE other.page (id int PRIMARY KEY, other int);
SET search_path = other, public;
SELECT williams_alter_task('pages', 'UPDATE page SET times = times + 2 WHERE id BETWEEN $1 AND $2');
RESET search_path;
CALL williams_run('pages');
SELECT times, count(*) FROM page GROUP BY times ORDER BY times;
-- a stopped task stays stopped until williams_run starts it
SELECT williams_stop('pages');
SELECT williams_alter_task('pages', pause_ms => 0);
SELECT stopped FROM options;
SELECT williams_drop_task('pages');

-- the table has changed since
SELECT williams_create_task('pages', 'page', 'SELECT $1, $2', 1, max_items => 10);
ALTER TABLE page RENAME id TO page_id;
SELECT alter_error('''pages'', ''SELECT $1, $2'''), alter_error('''pages'', pause_ms => 1');
DROP TABLE page CASCADE;
SELECT alter_error('''pages'', ''SELECT $1, $2''') ~ '^42P01 . relation with OID \d+ does not exist$' AS gone;
SELECT williams_drop_task('pages');
BEGIN READ ONLY;
SELECT williams_alter_task('pages', pause_ms => 1);
ROLLBACK;
DROP FUNCTION alter_error;
DROP VIEW options;
DROP TABLE other.page;
DROP SCHEMA other;
