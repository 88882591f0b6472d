/*
 * bench.sql
 *		Compares pairs of queries for `make bench`; see run.sh.
 *
 * The own cost of a function is the time with it minus the time without it,
 * divided by the number of calls. The queries of a group run in turn, round after
 * round, and the shortest time of each counts. The run fails if the results of a
 * function and its peers differ, because their speeds would mean nothing.
 */
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '256MB';
SET synchronous_commit = off;
CREATE EXTENSION williams;
CREATE EXTENSION plpython3u;
CREATE EXTENSION tdigest;

SELECT greatest(:rounds, 7) AS rounds
\gset
SELECT format('%s; jit = %s; work_mem = %s; %s rounds (williams_space_bound %s, williams_score_fields 2), interleaved; the shortest time of each',
			  split_part(version(), ' on ', 1), current_setting('jit'), current_setting('work_mem'), :rounds, 3 * :rounds) AS "how"
\gset
\echo :how

--
-- The data, from a fixed seed
--
SELECT setseed(0.25) \g /dev/null

/* eight counts per row, of all magnitudes */
CREATE TABLE counts AS
	SELECT floor(exp(random() * 40))::bigint AS a, floor(exp(random() * 40))::bigint AS b,
		floor(exp(random() * 40))::bigint AS c, floor(exp(random() * 40))::bigint AS d,
		floor(exp(random() * 40))::bigint AS e, floor(exp(random() * 40))::bigint AS f,
		floor(exp(random() * 40))::bigint AS g, floor(exp(random() * 40))::bigint AS h
	FROM generate_series(1, 100000);

/* documents with 12 to 30 fields, some of them null or blank */
CREATE TABLE documents AS
	SELECT i AS id, (SELECT jsonb_object_agg('field_' || j,
			CASE (i * 31 + j * 17) % 20 WHEN 0 THEN NULL WHEN 1 THEN '  '
				ELSE 'value ' || (i * j) % 1000 END)
		FROM generate_series(1, 12 + i % 19) j) AS fields
	FROM generate_series(1, 500000) i;

CREATE TABLE rows_10m AS
	SELECT i AS key, floor(exp(random() * 40))::bigint AS t, random() AS x,
		random() * 10 AS weight
	FROM generate_series(1, 10000000::bigint) i;
ALTER TABLE rows_10m ADD PRIMARY KEY (key);

/* the confidences alone, and summarised as 100 k scorecards */
CREATE TABLE confidences AS SELECT x AS confidence FROM rows_10m;
CREATE TABLE scorecards AS
	SELECT (key - 1) / 100 AS day, williams_scorecard_agg(x) AS scorecard FROM rows_10m GROUP BY 1;

/* real results of OCR engines if there are any, otherwise documents in two engines' formats */
CREATE TABLE engine_files (name text, document jsonb);
\copy engine_files FROM 'engine_files.tsv'
VACUUM ANALYZE;

\ir score.sql

SELECT count(*) = 0 AS no_files FROM engine_files
\gset
\if :no_files
INSERT INTO engine_files
	SELECT 'passport ' || p.id, CASE WHEN p.id % 2 = 0
		THEN jsonb_build_object('document', jsonb_build_object('entities', jsonb_agg(jsonb_build_object(
			'type', key, 'mentionText', value, 'confidence', confidence -> key))))
		ELSE jsonb_build_object('analyzeResult', jsonb_build_object('documents', jsonb_build_array(
			jsonb_build_object('docType', 'passport', 'fields', jsonb_object_agg(key, jsonb_build_object(
				'type', 'string', 'valueString', value, 'content', value, 'confidence', confidence -> key))))))
		END
	FROM passports AS p, jsonb_each_text(p.fields)
	WHERE p.id <= 1000
	GROUP BY p.id;
\endif
SELECT format('williams_ocr_document, %s', CASE WHEN :'no_files' THEN count(*) || ' documents of our own'
		ELSE count(*) || ' files of the engines' END) AS engine_what,
	sum(length(document::text)) AS engine_bytes, count(*) AS engine_count,
	ceil(4e7 / sum(length(document::text))) AS engine_repeat
FROM engine_files
\gset

--
-- The peers
--
CREATE FUNCTION bench_load(bigint[]) RETURNS int AS :'cloop' LANGUAGE C STRICT;
CREATE FUNCTION bench_loop() RETURNS float8 AS :'cloop' LANGUAGE C;

CREATE FUNCTION bound_plpgsql(t bigint) RETURNS float8
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF t <= 1 THEN
		RETURN 1.0;
	END IF;
	RETURN sqrt(t::float8) * ln(t::float8) / ln(2::float8);
END $$;

CREATE FUNCTION bound_plpython(t bigint) RETURNS float8
	LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE AS $$
import math
return math.sqrt(t) * math.log2(t) if t > 1 else 1.0
$$;

CREATE UNLOGGED TABLE scored (id int, fields jsonb, confidence float8, num_fields int,
	multiplier float8, review boolean);
CREATE TABLE scored_kinds (kind text);

CREATE FUNCTION score_plpgsql() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.fields IS NOT DISTINCT FROM OLD.fields THEN
		RETURN NEW;
	END IF;
	NEW.num_fields := 0;
	IF jsonb_typeof(NEW.fields) = 'object' THEN
		SELECT count(*) INTO NEW.num_fields FROM jsonb_each_text(NEW.fields)
			WHERE btrim(value) <> '';
	END IF;
	IF NEW.num_fields <= 1 THEN
		NEW.multiplier := 1.0;
	ELSE
		NEW.multiplier := 0.85 + 0.15 * least(1.0,
			sqrt(NEW.num_fields::float8) * ln(2::float8) / ln(NEW.num_fields::float8) / 30.0);
	END IF;
	NEW.confidence := CASE WHEN NEW.num_fields = 0 THEN 0.0 ELSE 0.85 * NEW.multiplier END;
	NEW.review := NEW.num_fields = 0 OR 0.85 < 0.80;
	RETURN NEW;
END $$;

CREATE UNLOGGED TABLE scored_c (LIKE scored);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored_c FOR EACH ROW
	EXECUTE FUNCTION williams_score_ocr('fields=fields', 'confidence=confidence',
		'num_fields=num_fields', 'multiplier=multiplier', 'review=review');
CREATE UNLOGGED TABLE scored_plpgsql (LIKE scored);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scored_plpgsql FOR EACH ROW
	EXECUTE FUNCTION score_plpgsql();

SELECT bench_load(array_agg(v)) FROM counts,
	LATERAL unnest(ARRAY[a, b, c, d, e, f, g, h]) v \g /dev/null

--
-- The queries to time, in groups
--
CREATE TABLE measure (
	name text PRIMARY KEY,
	pair int NOT NULL,
	query text NOT NULL,
	before text,				/* executed before it, not timed */
	best float8					/* shortest time, in seconds */
);

/* count(f(a)), ..., count(f(h)): one more expression per column than count(a) */
CREATE FUNCTION eight(expression text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT %s FROM counts',
		string_agg(format('count(%s)', replace(expression, '?', c)), ', ' ORDER BY c))
	FROM unnest('{a,b,c,d,e,f,g,h}'::text[]) c
$$;

INSERT INTO measure (pair, name, query, before) VALUES
	(1, 'bound: nothing', eight('?'), NULL),
	(1, 'bound: C function', eight('williams_space_bound(?)'), NULL),
	(1, 'bound: C loop', 'SELECT bench_loop()', NULL),
	(1, 'bound: SQL expression',
		eight('CASE WHEN ? <= 1 THEN 1.0 ELSE sqrt(?::float8) * ln(?::float8) / ln(2::float8) END'), NULL),
	(1, 'bound: PL/pgSQL', eight('bound_plpgsql(?)'), NULL),
	(1, 'bound: PL/Python', eight('bound_plpython(?)'), NULL),
	(2, 'fields: williams_field_count',
		'SELECT sum(williams_field_count(fields)) FROM documents', NULL),
	(2, 'fields: jsonb_each_text',
		$$SELECT sum((SELECT count(*) FROM jsonb_each_text(fields) WHERE btrim(value) <> '')) FROM documents$$, NULL),
	(3, 'trigger: none', 'INSERT INTO scored (id, fields) SELECT id, fields FROM documents',
		'TRUNCATE scored'),
	(3, 'trigger: williams_score_ocr',
		'INSERT INTO scored_c (id, fields) SELECT id, fields FROM documents', 'TRUNCATE scored_c'),
	(3, 'trigger: PL/pgSQL',
		'INSERT INTO scored_plpgsql (id, fields) SELECT id, fields FROM documents',
		'TRUNCATE scored_plpgsql'),
	(4, 'efficiency: williams_efficiency', 'SELECT williams_efficiency(t) FROM rows_10m', NULL),
	(4, 'efficiency: avg, max, sum', 'SELECT avg(x), max(x), sum(x) FROM rows_10m', NULL),
	(4, 'efficiency: two workers', 'SELECT williams_efficiency(t) FROM rows_10m',
		'SET LOCAL max_parallel_workers_per_gather = 2'),
	(5, 'batches: williams_batch_no',
		'SELECT max(b) FROM (SELECT williams_batch_no(weight, 1000) OVER (ORDER BY key) AS b FROM rows_10m) s', NULL),
	(5, 'batches: ntile',
		'SELECT max(b) FROM (SELECT ntile(50000) OVER (ORDER BY key) AS b FROM rows_10m) s', NULL),
	(6, 'score: williams_score_fields',
		$$SELECT sum((williams_score_fields(fields, rules, confidence)).overall) FROM passports, williams_shipped_profile WHERE name = 'passport'$$, NULL),
	(6, 'score: PL/pgSQL',
		$$SELECT sum((fields_plpgsql(fields, rules, confidence)).overall) FROM passports, williams_shipped_profile WHERE name = 'passport'$$, NULL),
	(6, 'score: PL/Python',
		$$SELECT sum((fields_plpython(fields, rules, confidence)).overall) FROM passports, williams_shipped_profile WHERE name = 'passport'$$, NULL),
	(7, 'report: williams_scorecard_agg', 'SELECT williams_scorecard_agg(confidence) FROM confidences', NULL),
	(7, 'report: plain SQL',
		'SELECT avg(confidence), stddev(confidence), min(confidence), max(confidence), '
		'percentile_cont(0.5) WITHIN GROUP (ORDER BY confidence) FROM confidences', NULL),
	(7, 'report: tdigest', 'SELECT tdigest(confidence, 100) FROM confidences', NULL),
	(7, 'report: williams_rollup', 'SELECT williams_rollup(scorecard) FROM scorecards', NULL),
	(8, 'engines: williams_ocr_document', format(
		'SELECT count(williams_ocr_document(document)) FROM engine_files, generate_series(1, %s)', :engine_repeat), NULL);

CREATE PROCEDURE run_pair(which int, rounds int) LANGUAGE plpgsql AS $$
DECLARE
	m measure;
	started timestamptz;
	took float8;
BEGIN
	FOR i IN 1 .. rounds LOOP
		FOR m IN SELECT * FROM measure WHERE pair = which ORDER BY name LOOP
			IF m.before IS NOT NULL THEN
				EXECUTE m.before;
			END IF;
			started := clock_timestamp();
			EXECUTE m.query;
			took := extract(epoch FROM clock_timestamp() - started);
			UPDATE measure SET best = least(best, took) WHERE name = m.name;
			SET LOCAL max_parallel_workers_per_gather = 0;
			COMMIT;
		END LOOP;
	END LOOP;
END $$;

/*
 * williams_plan_table: the budget gives about 50,000 batches, and ntile is told to
 * make as many; reading the same rows in order and discarding them; block ranges
 */
INSERT INTO measure (pair, name, query, before) VALUES
	(20, 'plan_table: exact', $$SELECT * FROM williams_plan_table('rows_10m', 1000, 'weight')$$, NULL),
	(20, 'plan_table: ntile',
		$$SELECT b, min(key), max(key), count(*), sum(weight)
		FROM (SELECT key, weight, ntile(50000) OVER (ORDER BY key) AS b FROM rows_10m) s GROUP BY b ORDER BY b$$, NULL),
	(20, 'plan_table: sum() OVER',
		$$SELECT b, min(key), max(key), count(*), sum(weight)
		FROM (SELECT key, weight, floor(sum(weight) OVER (ORDER BY key) / 1000) AS b FROM rows_10m) s GROUP BY b ORDER BY b$$, NULL),
	(20, 'plan_table: rows to nowhere',
		'EXPLAIN (ANALYZE, TIMING OFF) SELECT key, weight FROM rows_10m ORDER BY key', NULL),
	(20, 'plan_table: ctid', $$SELECT * FROM williams_plan_table('rows_10m', 64, method => 'ctid')$$, NULL);

/*
 * The shortest queries run three times as often, against the noise of the machine.
 * The longest take more than a minute and run twice, because their ratios are far
 * from the limits.
 */
SELECT format('CALL run_pair(%s, %s)', pair,
	CASE pair WHEN 1 THEN 3 * :rounds WHEN 6 THEN 2 ELSE :rounds END) FROM measure GROUP BY pair ORDER BY pair \gexec

/* The results of the two triggers must agree, or their speeds mean nothing. */
SELECT count(*) = 500000 AS "the two triggers agree on every row"
FROM scored_c c JOIN scored_plpgsql p USING (id)
WHERE (c.num_fields, c.review) = (p.num_fields, p.review)
	AND abs(c.confidence - p.confidence) < 1e-12 AND abs(c.multiplier - p.multiplier) < 1e-12;

/* A scorecard must agree with plain SQL, and a rollup with the scorecard of all rows, bit for bit. */
DO $$
DECLARE
	s williams_scorecard;
	p record;
BEGIN
	SELECT williams_scorecard_agg(confidence) INTO s FROM confidences;
	SELECT avg(confidence), stddev(confidence), min(confidence), max(confidence),
			percentile_cont(0.5) WITHIN GROUP (ORDER BY confidence) AS median
		INTO p FROM confidences;
	IF (s::text = (SELECT williams_rollup(scorecard)::text FROM scorecards)
		AND abs(williams_average(s) - p.avg) <= 1e-9 AND abs(williams_stddev(s) - p.stddev) <= 1e-9
		AND williams_min(s) = p.min AND williams_max(s) = p.max
		AND abs(williams_quantile(s, 0.5) - p.median) <= 0.005) IS NOT TRUE
	THEN
		RAISE 'williams_scorecard_agg differs from plain SQL or from the rollup: % %', s::jsonb, p;
	END IF;
END $$;

/*
 * Memory: the peak of a fresh backend for each query, in MB, without the shared
 * buffers that it touched.
 */
CREATE TABLE rows_100k AS SELECT * FROM rows_10m WHERE key <= 100000;
ALTER TABLE rows_100k ADD PRIMARY KEY (key);
VACUUM ANALYZE rows_100k;

CREATE TABLE peak (what text, rows bigint, mb float8);
CREATE FUNCTION peak_mb() RETURNS float8 LANGUAGE sql AS $$
	SELECT (substring(s FROM 'VmHWM:\s*(\d+) kB')::float8 - substring(s FROM 'RssShmem:\s*(\d+) kB')::float8) / 1024
	FROM pg_read_file('/proc/self/status') s
$$;
\connect
SET jit = off;
SELECT williams_scorecard_agg(random()) FROM (SELECT generate_series(1, 100000)) AS g \g /dev/null
INSERT INTO peak VALUES ('scorecard', 100000, peak_mb());
\connect
SET jit = off;
SELECT williams_scorecard_agg(random()) FROM (SELECT generate_series(1, 10000000)) AS g \g /dev/null
INSERT INTO peak VALUES ('scorecard', 10000000, peak_mb());
\connect
SET jit = off;
SET work_mem = '256MB';
SELECT avg(x), stddev(x), min(x), max(x), percentile_cont(0.5) WITHIN GROUP (ORDER BY x)
FROM (SELECT random() AS x, generate_series(1, 10000000)) AS g \g /dev/null
INSERT INTO peak VALUES ('plain SQL', 10000000, peak_mb());
\connect
SET jit = off; SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM williams_plan_table('rows_100k', 1e9, 'weight') \g /dev/null
INSERT INTO peak VALUES ('plan_table', 100000, peak_mb());
\connect
SET jit = off; SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM williams_plan_table('rows_10m', 1e9, 'weight') \g /dev/null
INSERT INTO peak VALUES ('plan_table', 10000000, peak_mb());

CREATE FUNCTION peak(what text, rows bigint) RETURNS float8 LANGUAGE sql AS
	'SELECT mb FROM peak p WHERE (p.what, p.rows) = ($1, $2)';
CREATE FUNCTION took(text) RETURNS float8 LANGUAGE sql AS 'SELECT best FROM measure WHERE name = $1';
CREATE FUNCTION own(name text, without text) RETURNS float8 LANGUAGE sql AS
	'SELECT took(name) - took(without)';

\pset border 2
WITH own AS (
	SELECT own('bound: C function', 'bound: nothing') AS c_function,
		took('bound: C loop') AS c_loop,
		own('bound: SQL expression', 'bound: nothing') AS expression,
		own('bound: PL/pgSQL', 'bound: nothing') AS plpgsql,
		own('bound: PL/Python', 'bound: nothing') AS plpython,
		own('trigger: williams_score_ocr', 'trigger: none') AS c_trigger,
		own('trigger: PL/pgSQL', 'trigger: none') AS plpgsql_trigger,
		8 * (SELECT count(*) FROM counts) AS calls
),
result (no, what, ours, against, theirs, unit, ratio, wanted) AS (
	SELECT r.* FROM own, LATERAL (VALUES
		(1, 'williams_space_bound, own cost', c_function / calls * 1e9, 'C loop', c_loop / calls * 1e9, 'ns/call',
			c_function / c_loop, 'at most 1.5 times'),
		(2, 'williams_space_bound, own cost', c_function / calls * 1e9, 'SQL expression', expression / calls * 1e9, 'ns/call',
			expression / c_function, '5 times cheaper'),
		(3, 'williams_space_bound, own cost', c_function / calls * 1e9, 'PL/pgSQL', plpgsql / calls * 1e9, 'ns/call',
			plpgsql / c_function, '30 times cheaper'),
		(4, 'williams_space_bound, own cost', c_function / calls * 1e9, 'PL/Python', plpython / calls * 1e9, 'ns/call',
			plpython / c_function, '60 times cheaper'),
		(5, 'williams_field_count, 500 k documents', took('fields: williams_field_count'), 'jsonb_each_text',
			took('fields: jsonb_each_text'), 's',
			took('fields: jsonb_each_text') / took('fields: williams_field_count'), '7 times faster'),
		(6, 'williams_score_ocr, own cost, 500 k rows', c_trigger / 0.5, 'PL/pgSQL trigger', plpgsql_trigger / 0.5, 'us/row',
			plpgsql_trigger / c_trigger, '10 times cheaper'),
		(7, 'williams_efficiency, 10 M rows', took('efficiency: williams_efficiency'), 'avg, max, sum',
			took('efficiency: avg, max, sum'), 's',
			took('efficiency: williams_efficiency') / took('efficiency: avg, max, sum'), 'at most 1.0 times'),
		(8, 'williams_batch_no, 10 M rows', took('batches: williams_batch_no'), 'ntile',
			took('batches: ntile'), 's',
			took('batches: williams_batch_no') / took('batches: ntile'), 'at most 1.15 times'),
		(9, 'williams_efficiency, two workers', took('efficiency: two workers'), 'one process',
			took('efficiency: williams_efficiency'), 's',
			took('efficiency: williams_efficiency') / took('efficiency: two workers'), '1.6 times faster'),
		(10, 'williams_score_fields, 200 k documents', took('score: williams_score_fields'), 'PL/pgSQL',
			took('score: PL/pgSQL'), 's', took('score: PL/pgSQL') / took('score: williams_score_fields'), '10 times faster'),
		(11, 'williams_score_fields, 200 k documents', took('score: williams_score_fields'), 'PL/Python',
			took('score: PL/Python'), 's', took('score: PL/Python') / took('score: williams_score_fields'), '3 times faster'),
		(12, 'williams_scorecard_agg, 10 M rows', took('report: williams_scorecard_agg'), 'plain SQL, with a median',
			took('report: plain SQL'), 's', took('report: plain SQL') / took('report: williams_scorecard_agg'), '5 times faster'),
		(13, 'williams_scorecard_agg, 10 M rows', took('report: williams_scorecard_agg'), 'tdigest',
			took('report: tdigest'), 's', took('report: tdigest') / took('report: williams_scorecard_agg'), '1.5 times faster'),
		(14, 'williams_scorecard_agg, 10 M rows, peak memory', peak('scorecard', 10000000), '100 k rows',
			peak('scorecard', 100000), 'MB', NULL, 'at most 2 MB more'),
		(15, 'williams_scorecard_agg, 10 M rows, peak memory', peak('scorecard', 10000000), 'plain SQL, with a median',
			peak('plain SQL', 10000000), 'MB', peak('plain SQL', 10000000) / peak('scorecard', 10000000), NULL),
		(16, 'williams_rollup, 100 k scorecards', took('report: williams_rollup'), 'from the 10 M rows',
			took('report: williams_scorecard_agg'), 's',
			took('report: williams_scorecard_agg') / took('report: williams_rollup'), '20 times faster'),
		(17, :'engine_what', :engine_count * :engine_repeat / took('engines: williams_ocr_document'), NULL,
			NULL, 'documents/s', NULL, NULL),
		(18, :'engine_what', :engine_bytes * :engine_repeat / 1048576 / took('engines: williams_ocr_document'), NULL,
			NULL, 'MB/s of JSON', NULL, NULL),
		(19, 'williams_plan_table, 10 M rows', took('plan_table: exact'), 'ntile, min, max', took('plan_table: ntile'), 's',
			took('plan_table: ntile') / took('plan_table: exact'), '3 times faster'),
		(20, 'williams_plan_table, 10 M rows', took('plan_table: exact'), 'sum() OVER, min, max', took('plan_table: sum() OVER'), 's',
			took('plan_table: sum() OVER') / took('plan_table: exact'), '3 times faster'),
		(21, 'williams_plan_table, 10 M rows', took('plan_table: exact'), 'the rows to nowhere',
			took('plan_table: rows to nowhere'), 's',
			took('plan_table: exact') / took('plan_table: rows to nowhere'), 'at most 1.2 times'),
		(22, 'williams_plan_table by ctid', took('plan_table: ctid') * 1000, 'ntile, min, max',
			took('plan_table: ntile') * 1000, 'ms', took('plan_table: ntile') / took('plan_table: ctid'), '1000 times faster'),
		(23, 'memory of planning 10 M rows', peak('plan_table', 10000000), 'that of 100 k rows',
			peak('plan_table', 100000), 'MB', abs(peak('plan_table', 10000000) - peak('plan_table', 100000)), 'at most 2 MB more')
	) AS r (no, what, ours, against, theirs, unit, ratio, wanted)
)
SELECT what, round(ours::numeric, 3) AS ours, against, round(theirs::numeric, 3) AS theirs, unit,
	round(ratio::numeric, 2) AS ratio, wanted,
	CASE WHEN wanted IS NULL THEN NULL
		WHEN (wanted LIKE 'at most%') = (coalesce(ratio, ours - theirs) <= substring(wanted FROM '[0-9.]+')::float8)
		THEN 'yes' ELSE 'no' END AS reached
FROM result ORDER BY no;
