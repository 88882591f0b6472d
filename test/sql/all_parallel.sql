--
-- A parallel or partitionwise plan gives the same result as the serial one, to the
-- last bit; functions that update session statistics never run in a worker.
--

CREATE TABLE doc AS
SELECT i AS id, i % 5 AS part, i % 3 AS kind, floor(exp((i * 7919 % 20011) / 20011.0 * 40))::bigint AS t,
       ((i * 7907 % 20011) / 20011.0 * 9)::float8 AS mb, jsonb_build_object('a', i, 'b', repeat(' ', i % 3) || nullif(i % 4, 0)) AS fields,
       jsonb_build_object('a', round((i * 7907 % 20011) / 20011.0, 6), 'b', nullif(i * 7919 % 101, 0) / 100.0) AS score
FROM generate_series(1, 20000) AS i;
CREATE TABLE doc_part (LIKE doc) PARTITION BY LIST (part);
CREATE TABLE doc_part_0 PARTITION OF doc_part FOR VALUES IN (0, 1);
CREATE TABLE doc_part_1 PARTITION OF doc_part FOR VALUES IN (2);
CREATE TABLE doc_part_2 PARTITION OF doc_part FOR VALUES IN (3, 4);
INSERT INTO doc_part SELECT * FROM doc;
CREATE TABLE doc_day AS
SELECT id / 20 AS day, part, williams_scorecard_agg(mb / 9) AS card, williams_calibration_agg(mb / 9, kind > 0) AS seen,
       williams_evidence_agg(fields, '{"fields": {"a": "number", "b": null}}', NULL, fields || '{"b": " 1"}') AS found FROM doc GROUP BY day, part;
ANALYZE doc, doc_part, doc_day;

SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/plan_has.sql

-- Run a query serially and in parallel: what the parallel plan contains, and whether the rows are the same.
CREATE FUNCTION pg_temp.compare(query text, OUT gather boolean, OUT partial boolean, OUT same boolean) LANGUAGE plpgsql AS $$
BEGIN
    SET max_parallel_workers_per_gather = 0;
    EXECUTE 'CREATE TEMP TABLE serial AS ' || query;
    IF pg_temp.plan_has(query, 'Gather') THEN RAISE 'the serial plan is not serial'; END IF;
    SET max_parallel_workers_per_gather = 2;
    gather := pg_temp.plan_has(query, 'Gather');
    partial := pg_temp.plan_has(query, 'Partial');
    EXECUTE 'CREATE TEMP TABLE parallel AS ' || query;
    SELECT NOT EXISTS (TABLE serial EXCEPT ALL TABLE parallel) AND NOT EXISTS (TABLE parallel EXCEPT ALL TABLE serial) INTO same;
    DROP TABLE serial, parallel;
END $$;

-- Aggregates: workers accumulate, the leader combines.
SELECT query, c.* FROM unnest(ARRAY[
    'SELECT (williams_efficiency(t)).* FROM doc',
    'SELECT (williams_workload(mb, 10)).* FROM doc',
    'SELECT (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc WHERE t + 1 < 0',
    'SELECT part, (williams_efficiency(t)).*, (williams_workload(mb, 9 + part)).* FROM doc GROUP BY part',
    'SELECT part, (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc GROUP BY part HAVING (williams_efficiency(t)).operation_count > 10',
    'SELECT (williams_efficiency(t) FILTER (WHERE part = 1)).*, (williams_workload(mb, 10) FILTER (WHERE false)).* FROM doc',
    'SELECT williams_scorecard_agg(mb / 9)::text AS a, williams_scorecard_agg(t, mb / 9)::text AS b, williams_calibration_agg(mb / 9, kind > 0)::text FROM doc',
    'SELECT part, williams_scorecard_agg(mb / 9)::text, williams_calibration_agg(mb / 9, kind > 0)::text FROM doc GROUP BY part',
    'SELECT williams_scorecard_agg(score)::text AS a, williams_calibration_agg(score, fields, fields || ''{"b": "1"}'')::text AS b FROM doc',
    'SELECT part, williams_scorecard_agg(score)::text AS a, williams_calibration_agg(score, fields, fields || ''{"a": 7}'')::text AS b FROM doc GROUP BY part',
    'SELECT williams_rollup(card)::text AS a, williams_rollup(seen)::text AS b FROM doc_day',
    'SELECT part, williams_rollup(card)::text AS a, williams_rollup(seen)::text AS b FROM doc_day WHERE part > 1 GROUP BY part',
    'SELECT williams_evidence_agg(fields, ''{"fields": {"a": null, "b": "number"}}'', jsonb_build_object(''b'', round((mb / 9)::numeric, 3)), fields || ''{"a": 7}'') AS e FROM doc',
    'SELECT part, williams_evidence_agg(fields, ''{"fields": {"a": null, "b": "number"}}'', NULL, fields) AS e FROM doc GROUP BY part',
    'SELECT williams_rollup(found) AS e FROM doc_day', 'SELECT part, williams_rollup(found) AS e FROM doc_day GROUP BY part',
    'SELECT (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc_part']) AS query, pg_temp.compare(query) AS c;

-- Functions, in workers.
SELECT query, c.* FROM unnest(ARRAY[
    'SELECT sum(williams_optimal_batch_size(t)), max(williams_space_bound(t)), min(williams_efficiency_multiplier(t)) FROM doc',
    'SELECT max(williams_space_saved_percent(t)), min(williams_theorem_bound(t)), sum(williams_optimal_test_data_size(t)) FROM doc',
    'SELECT sum(williams_field_count(fields)) AS a, sum(williams_field_count(fields, ''{b}'')) AS b FROM doc',
    'SELECT min(williams_adjusted_confidence(t, mb / 9)), max(williams_confidence_multiplier(t, 0.5, ''support'')) FROM doc',
    'SELECT sum(williams_batch_size(t, 10, 1 + mb)) FROM doc',
    'SELECT min(williams_stddev(card + card)) AS a, max(williams_quantile(card, 0.9)) AS b, sum(williams_count(seen)) AS c, min(williams_brier(seen)) AS d FROM doc_day',
    'SELECT max(williams_count(found)) AS a, min(williams_fit(found + ''{"version": 1, "fields": {"a": {"none": {"0.9": [40, 30]}}}}'') ->> ''slope'') AS b FROM doc_day WHERE day % 7 = 0',
    'SELECT count(*), sum(items) FROM doc, williams_plan(id, 100) WHERE id < 500']) AS query, pg_temp.compare(query) AS c;

-- Partitionwise: partitions are aggregated separately, in whole or partial groups.
SET enable_partitionwise_aggregate = on;
SELECT query, pg_temp.plan_has(query, 'Append') AS append, c.* FROM unnest(ARRAY[
    'SELECT part, (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc_part GROUP BY part',
    'SELECT kind, (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc_part GROUP BY kind',
    'SELECT kind, williams_scorecard_agg(mb / 9)::text, williams_calibration_agg(mb / 9, kind > 0)::text FROM doc_part GROUP BY kind',
    'SELECT kind, williams_evidence_agg(fields, ''{"fields": {"a": null, "b": null}}'', NULL, fields) AS e FROM doc_part GROUP BY kind',
    'SELECT kind, williams_scorecard_agg(score)::text AS a, williams_calibration_agg(score, fields, fields || ''{"b": "1"}'')::text AS b FROM doc_part GROUP BY kind',
    'SELECT (williams_efficiency(t)).*, (williams_workload(mb, 10)).* FROM doc_part']) AS query, pg_temp.compare(query) AS c;

-- Partitionwise without workers: the same as over the plain table.
SET max_parallel_workers_per_gather = 0;
SELECT pg_temp.plan_has('SELECT kind, williams_efficiency(t), williams_workload(mb, 10) FROM doc_part GROUP BY kind', 'Partial') AS partial,
       count(*) AS groups, bool_and(p = d) AS same
FROM (SELECT kind, williams_efficiency(t), williams_workload(mb, 10) FROM doc_part GROUP BY kind) AS p
JOIN (SELECT kind, williams_efficiency(t), williams_workload(mb, 10) FROM doc GROUP BY kind) AS d USING (kind);
SET max_parallel_workers_per_gather = 2;

-- An error in a worker is the error of the query.
\set VERBOSITY sqlstate
SELECT williams_efficiency(t - 2) FROM doc;
SELECT williams_workload(mb, part) FROM doc;
\set VERBOSITY default

--
-- Functions that update session statistics do not run in workers
--
SELECT p.oid::regprocedure AS function, p.proparallel, p.provolatile
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'williams'
WHERE p.proparallel <> 's' ORDER BY p.proname COLLATE "C";

SELECT pg_temp.plan_has('SELECT count(*) FROM doc WHERE (williams_calculate_space_bound(t)).space_bound > 1', 'Gather') AS calculate,
       pg_temp.plan_has('SELECT count(*) FROM doc WHERE williams_optimize_batch_size(t, 10, 1) > 1', 'Gather') AS optimize,
       pg_temp.plan_has('SELECT count(*) FROM doc WHERE t > (williams_get_optimization_stats()).operation_count', 'Gather') AS stats,
       pg_temp.plan_has('SELECT count(*) FROM doc WHERE williams_space_bound(t) > 1', 'Gather') AS the_others;
SELECT williams_reset_stats();
SELECT count(*) FROM doc WHERE williams_optimize_batch_size(t, 10, 1) > 0;
SELECT s.operation_count = e.operation_count AS all_counted, s.total_space_saved = e.total_space_saved AS same
FROM williams_get_optimization_stats() AS s, (SELECT (williams_efficiency(t)).* FROM doc) AS e;

DROP TABLE doc, doc_part, doc_day;
