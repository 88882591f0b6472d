--
-- Pace: a batch is found at once, however many are done and whatever plans are cached
--
SET client_min_messages = warning;
CREATE TABLE page (id int PRIMARY KEY);
INSERT INTO page SELECT generate_series(1, 5000);
ANALYZE page;
-- what a transaction has read of williams_batch: scans of the table, rows through its index;
-- what earlier ones read is reported before it begins
CREATE FUNCTION reads() RETURNS TABLE (seq_scans bigint, by_index bigint) LANGUAGE sql AS $$
	SELECT pg_stat_get_xact_numscans(c.oid), pg_stat_get_xact_tuples_returned(i.oid)
	FROM pg_class c, pg_class i, pg_extension e WHERE c.relname = 'williams_batch' AND i.relname = 'williams_batch_pkey'
	AND extname = 'williams' AND c.relnamespace = extnamespace AND i.relnamespace = extnamespace $$;

-- plans are made while the tables are small and their statistics say so
SELECT williams_create_task('small', 'page', 'SELECT $1, $2', 1, '0', max_items => 250);
ANALYZE williams_batch, williams_task;
CALL williams_run('small');
ANALYZE williams_batch, williams_task;
SELECT williams_create_task('large', 'page', 'SELECT $1, $2', 1, '0', max_items => 1, pause_ms => 0);
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT williams_run_batch('large');
SELECT seq_scans, by_index < 50 AS few FROM reads();
COMMIT;
-- a split, a failure, a retry and the end use the index, too
SELECT williams_create_task('bad', 'page', 'SELECT 1 / (id - 3) FROM page WHERE id BETWEEN $1 AND $2', 1, '0', max_items => 2500);
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT count(williams_run_batch('bad')) FROM generate_series(1, 30);
SELECT williams_retry('bad');
SELECT williams_drop_task('bad');
SELECT seq_scans FROM reads();
COMMIT;
-- near the end, in a new session: a run stores how far it came, even if it is interrupted
DO $$
BEGIN
	FOR i IN 1 .. 4900 LOOP PERFORM williams_run_batch('large'); END LOOP;
END $$;
SELECT first_pending > 4600 AS told FROM williams_task WHERE name = 'large';
SELECT williams_alter_task('large', throttle => '1 / 0 > 0');
CALL williams_run('large');
SELECT first_pending FROM williams_task WHERE name = 'large';
\c -
SET client_min_messages = warning;
SELECT williams_alter_task('large', throttle => 'false');
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT williams_run_batch('large');
SELECT seq_scans, by_index < 50 AS few FROM reads();
COMMIT;
-- williams_run raises first_pending as it goes and at its end; williams_retry lowers it
CALL williams_run('large');
SELECT first_pending FROM williams_task WHERE name = 'large';
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT williams_run_batch('large');
SELECT seq_scans, by_index < 50 AS few FROM reads();
COMMIT;
UPDATE williams_batch SET state = 'failed' WHERE task = 'large' AND batch_no IN (1234, 777, 4321);
SELECT williams_retry('large');
SELECT first_pending FROM williams_task WHERE name = 'large';
SELECT williams_run_batch('large');
SELECT williams_retry('large');
SELECT first_pending FROM williams_task WHERE name = 'large';
CALL williams_run('large');
SELECT state, done, failed FROM williams_progress WHERE task = 'large';
SELECT williams_drop_task('small'), williams_drop_task('large');

--
-- At most 8 kB of a message are stored, whole characters
--
CREATE FUNCTION shout(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'a%', repeat('€', n); END $$;
SELECT williams_create_task('loud', 'page', 'SELECT shout(1000000 * ($1 / $2))', 1, '0', max_items => 10000);
SELECT williams_create_task('quiet', 'page', 'SELECT shout(10) WHERE $1 <= $2', 1, '0', max_items => 10000);
UPDATE williams_batch SET lower_key = upper_key;
SELECT williams_run_batch('loud'), williams_run_batch('quiet');
SELECT task, octet_length(message), left(message, 3) AS begins, right(message, 2) AS ends FROM williams_batch ORDER BY task;
SELECT williams_drop_task('loud'), williams_drop_task('quiet');
DROP FUNCTION shout, reads;
DROP TABLE page;

--
-- A session that has loaded the library knows the setting
--
\c -
SHOW williams.max_workers;
SELECT williams_optimal_batch_size(100);
SELECT current_setting('williams.max_workers')::int >= 0 AS known;
\c 'options=''-c session_preload_libraries=williams'''
SELECT current_setting('williams.max_workers')::int >= 0 AS known;
