/*
 * max_items.sql
 *		How many rows should a batch have if no memory budget cuts it? One UPDATE of
 *		10 M rows, in batches of 1,000 to 100,000 rows. Not part of `make bench` unless
 *		BENCH_FILES names it, because it takes half an hour; docs/run.md has its results.
 *
 * Commits are flushed to the disk, because that is what small batches pay for. Before
 * each run the table is filled again and vacuumed, and a checkpoint is made.
 */
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
ALTER SYSTEM SET fsync = on;
SELECT pg_reload_conf() \gset
CREATE EXTENSION williams;

SELECT greatest(:rounds / 3, 3) AS rounds
\gset
\echo max_items: :rounds rounds, interleaved; the shortest times

CREATE TABLE document (id int PRIMARY KEY, seen int NOT NULL, title text);
CREATE TABLE took (max_items bigint, batches bigint, plan_s float8, run_s float8, median_ms float8, longest_ms float8, wal numeric);

CREATE PROCEDURE measure(max_items bigint) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	planned timestamptz;
	ended timestamptz;
	lsn pg_lsn;
BEGIN
	PERFORM williams_create_task('task', 'document', 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2',
		max_items => max_items);
	COMMIT;
	planned := clock_timestamp();
	lsn := pg_current_wal_insert_lsn();
	CALL williams_run('task');
	ended := clock_timestamp();
	INSERT INTO took SELECT measure.max_items, count(*), extract(epoch FROM planned - started), extract(epoch FROM ended - planned),
			percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms), max(duration_ms), pg_current_wal_insert_lsn() - lsn
		FROM williams_batch;
	ASSERT (SELECT bool_and(state = 'done') AND sum(rows) = 10000000 FROM williams_batch);
	PERFORM williams_drop_task('task');
END $$;

SELECT c FROM generate_series(1, :rounds) r, unnest('{1000,3000,10000,30000,100000}'::bigint[]) m,
	unnest(ARRAY['TRUNCATE document', 'INSERT INTO document SELECT i, 0, ''document '' || i FROM generate_series(1, 10000000) i',
		'VACUUM (ANALYZE, FREEZE) document', 'VACUUM williams_batch', 'CHECKPOINT', format('CALL measure(%s)', m)])
		WITH ORDINALITY c (c, i)
ORDER BY r, m, i \gexec

\pset border 2
SELECT max_items, batches, round(min(plan_s)::numeric, 1) AS plan_s, round(min(run_s)::numeric, 1) AS run_s,
	round(min(run_s)::numeric / 10, 2) AS us_per_row, round(min(median_ms)::numeric, 1) AS median_ms,
	round(min(longest_ms)::numeric, 1) AS longest_ms, round(min(wal) / 10000000) AS wal_bytes_per_row
FROM took GROUP BY max_items, batches ORDER BY max_items;
