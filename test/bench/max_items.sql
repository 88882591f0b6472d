/*
 * max_items.sql
 *		How many rows should a batch have if no memory budget cuts it? An UPDATE of
 *		10 M rows, in batches of 1,000 to 100,000 rows. Not part of `make bench` unless
 *		BENCH_FILES names it; docs/run.md has its results.
 *
 * Five tasks, each over a fifth of the table, take turns: each processes 100,000 rows
 * and commits after each batch, again and again, so that all of them meet the same
 * noise. In the next round each task has another fifth. Commits are flushed to the
 * disk, because that is what small batches pay for. Before each round the table is
 * filled again and vacuumed, and a checkpoint is made.
 */
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
ALTER SYSTEM SET fsync = on;
SELECT pg_reload_conf() \gset
CREATE EXTENSION williams;

\echo max_items: 5 rounds, interleaved; the time of 100,000 rows, 100 times for each size

CREATE TABLE document (id int PRIMARY KEY, seen int NOT NULL, title text);
CREATE TABLE took (task text, seconds float8, wal numeric);
CREATE TABLE batch (task text, ms float8);

CREATE PROCEDURE turn(task text) LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	lsn pg_lsn := pg_current_wal_insert_lsn();
BEGIN
	FOR i IN 1 .. 100000 / task::int LOOP
		PERFORM williams_run_batch(task);
		COMMIT;
	END LOOP;
	INSERT INTO took VALUES (task, extract(epoch FROM clock_timestamp() - started), pg_current_wal_insert_lsn() - lsn);
END $$;

CREATE PROCEDURE measure(round int) LANGUAGE plpgsql AS $$
DECLARE
	sizes int[] := '{1000,2500,10000,25000,100000}';
	size int;
BEGIN
	FOR i IN 1 .. 5 LOOP
		EXECUTE format('CREATE OR REPLACE VIEW fifth_%s AS SELECT * FROM document WHERE id BETWEEN %s AND %s',
			i, (i + round) % 5 * 2000000 + 1, ((i + round) % 5 + 1) * 2000000);
		PERFORM williams_create_task(sizes[i]::text, 'fifth_' || i, 'UPDATE document SET seen = seen + 1 WHERE id BETWEEN $1 AND $2',
			key_column => 'id', max_items => sizes[i]);
	END LOOP;
	COMMIT;
	FOR i IN 1 .. 20 LOOP
		FOREACH size IN ARRAY sizes LOOP
			CALL turn(size::text);
		END LOOP;
	END LOOP;
	ASSERT (SELECT bool_and(state = 'done') FROM williams_batch) AND (SELECT bool_and(seen = 1) FROM document);
	INSERT INTO batch SELECT task, duration_ms FROM williams_batch;
	PERFORM williams_drop_task(name) FROM williams_task;
END $$;

SELECT c FROM generate_series(1, 5) r,
	unnest(ARRAY['TRUNCATE document', 'INSERT INTO document SELECT i, 0, ''document '' || i FROM generate_series(1, 10000000) i',
		'VACUUM (ANALYZE, FREEZE) document', 'VACUUM williams_batch', 'CHECKPOINT', format('CALL measure(%s)', r)])
		WITH ORDINALITY c (c, i)
ORDER BY r, i \gexec

\pset border 2
SELECT task AS max_items, round(10 * min(seconds)::numeric, 2) AS best_us_per_row,
	round(10 * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric, 2) AS median_us_per_row,
	round((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM batch b WHERE b.task = t.task)::numeric, 1) AS median_ms,
	round((SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) FROM batch b WHERE b.task = t.task)::numeric, 1) AS slow_ms,
	round(min(wal) / 100000) AS wal_bytes_per_row
FROM took t GROUP BY task ORDER BY task::int;
