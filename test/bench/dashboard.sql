/*
 * dashboard.sql
 *		What a dashboard costs: the refresh of one day among 1,000 against computing
 *		everything anew; the page from a rollup of 1,000 days and three types; and what
 *		its trigger costs a load, against none, and against what one would write in
 *		PL/pgSQL: statement triggers with transition tables.
 *
 * There are 10 million documents, or as many as psql -v rows=N says. They take 0.5 kB each.
 */
\set QUIET on
\pset footer off
\if :{?rows} \else \set rows 10000000 \endif
SET client_min_messages = error;
CREATE EXTENSION williams;
SET timezone = 'UTC';
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET synchronous_commit = off;

-- Documents of 1,000 days and three types, with the scores, checks and values of four fields. A tenth was checked.
CREATE TABLE doc (id bigint, created_at timestamptz, type text, score float8, scores jsonb, review text[], reasons jsonb, verified text[], accepted text[], fields jsonb, as_read jsonb, engine jsonb, version bigint);
CREATE FUNCTION add_documents(n bigint, days int) RETURNS void LANGUAGE sql AS $$
INSERT INTO doc SELECT i, timestamptz '2024-01-01' + i * days / n * interval '1 day' + i % 86399 * interval '1 second', (ARRAY['permit', 'diploma', 'letter'])[1 + i % 3], (i * 37 % 1000) / 1000.0,
	jsonb_build_object('number', (i * 37 % 1000) / 1000.0, 'city', (i * 91 % 1000) / 1000.0, 'date', 0.95, 'cost', 0.75), CASE WHEN i % 5 = 0 THEN '{number,cost}' ELSE '{}' END::text[],
	CASE WHEN i % 5 = 0 THEN '{"number": ["threshold"], "cost": ["format", "threshold"]}' END::jsonb, CASE WHEN i % 10 = 0 THEN '{number,city,date,cost}' END::text[], '{city,date}'::text[],
	f, f, '{"number": 0.8, "city": 0.9}', i % 3 FROM generate_series(0, n - 1) AS i, LATERAL (SELECT jsonb_build_object('number', 'B' || i, 'city', 'Ashcombe', 'date', '2026-03-02', 'cost', i % 977) AS f) AS f $$;
\o /dev/null
SELECT add_documents(:rows, 1000);
\o
CREATE INDEX ON doc (created_at);
VACUUM ANALYZE doc;

CREATE FUNCTION seconds(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	t timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN extract(epoch FROM clock_timestamp() - t);
END $$;
CREATE TABLE measured (what text, seconds float8);

\o /dev/null
SELECT williams_create_dashboard('doc', document_type => 'type', score => 'score', scores => 'scores', review => 'review', reasons => 'reasons', verified => 'verified', accepted => 'accepted', fields => 'fields', as_read => 'as_read',
	engine_confidence => 'engine', profile_version => 'version');
SELECT williams_refresh_dashboard('doc_daily');
\o
VACUUM ANALYZE doc_daily;
CREATE TABLE first AS SELECT * FROM doc_daily;
SELECT :rows AS documents, pg_size_pretty(pg_table_size('doc')) AS size, (SELECT count(*) FROM doc_daily) AS rows_of_rollup, pg_size_pretty(pg_table_size('doc_daily')) AS its_size;

-- The refresh of one day and type, of one day, and of everything. Minima.
DO $$
DECLARE
	d date;
BEGIN
	FOR i IN 1 .. 7 LOOP
		d := '2024-01-01'::date + i * 100;
		UPDATE doc SET version = version WHERE created_at BETWEEN d AND d + 1 AND type = 'permit' AND id % 100 = 0;
		INSERT INTO measured SELECT 'one type of a day', seconds('SELECT williams_refresh_dashboard(''doc_daily'')');
		UPDATE doc SET version = version WHERE created_at >= d AND created_at < d + 1;
		INSERT INTO measured SELECT 'one day', seconds('SELECT williams_refresh_dashboard(''doc_daily'')');
		INSERT INTO measured SELECT 'nothing', seconds('SELECT williams_refresh_dashboard(''doc_daily'')');
		COMMIT;
	END LOOP;
	FOR i IN 1 .. 1 LOOP
		INSERT INTO measured SELECT 'everything', seconds('SELECT williams_refresh_dashboard(''doc_daily'', true)');
	END LOOP;
END $$;
-- all refreshes have computed the same
DO $$
BEGIN
	ASSERT NOT EXISTS (SELECT to_jsonb(d) - 'refreshed_at', scores, field_scores, calibration, engine_calibration, audit FROM doc_daily AS d EXCEPT SELECT to_jsonb(d) - 'refreshed_at', scores, field_scores, calibration, engine_calibration, audit FROM first AS d);
END $$;
SELECT what AS refresh_of, round((min(seconds) * 1000)::numeric, 1) AS ms, round((max(min(seconds)) FILTER (WHERE what = 'everything') OVER () / min(seconds))::numeric) AS times_faster_than_anew FROM measured GROUP BY what ORDER BY 2;

-- The page, if it is there: from psql's start to its end.
VACUUM ANALYZE doc_daily;
\setenv PGDATABASE :DBNAME
\! [ ! -e ../../dashboards/report.sql ] || { for i in 1 2 3 4 5 6 7; do s=$(date +%s%N); psql -XAtq -v ON_ERROR_STOP=1 -v dashboard=doc_daily -f ../../dashboards/report.sql >report.html; e=$(date +%s%N); echo $(((e - s) / 100000)); done | sort -n | head -1 | sed 's/.$/.& ms for the page of 1,000 days and 3 types,/'; wc -c <report.html | sed 's/$/ bytes/'; }

--
-- What the triggers cost a load
--
CREATE TABLE load_none (id bigint, created_at timestamptz, type text, score float8, fields jsonb);
CREATE TABLE load_ours (LIKE load_none); CREATE TABLE load_peer (LIKE load_none);
\o /dev/null
SELECT williams_create_dashboard('load_ours', document_type => 'type', score => 'score');
\o
CREATE TABLE peer_changes (day date, type text);
CREATE FUNCTION peer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		INSERT INTO peer_changes SELECT (created_at AT TIME ZONE 'UTC')::date, type FROM (SELECT created_at, type FROM old_rows UNION ALL SELECT created_at, type FROM new_rows) AS r GROUP BY 1, 2;
	ELSE
		INSERT INTO peer_changes SELECT (created_at AT TIME ZONE 'UTC')::date, type FROM new_rows GROUP BY 1, 2;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER peer_insert AFTER INSERT ON load_peer REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION peer();
CREATE TRIGGER peer_update AFTER UPDATE ON load_peer REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION peer();
CREATE TABLE incoming AS SELECT i AS id, timestamptz '2024-01-01' + i % 1000 * interval '1 minute' + i / 33000 * interval '1 day' AS created_at, (ARRAY['permit', 'diploma', 'letter'])[1 + i % 3] AS type, 0.5::float8 AS score,
	jsonb_build_object('number', i, 'city', 'Ashcombe', 'cost', i % 977) AS fields FROM generate_series(1, 1000000) AS i;
VACUUM ANALYZE incoming;
CREATE TABLE loaded (what text, to_table text, seconds float8);
CREATE PROCEDURE load_once(rows int) LANGUAGE plpgsql AS $$
DECLARE
	t text;
	started timestamptz;
BEGIN
	FOREACH t IN ARRAY '{load_none,load_ours,load_peer}'::text[] LOOP
		EXECUTE 'TRUNCATE ' || t;
		COMMIT;
		INSERT INTO loaded SELECT '1 INSERT of ' || rows || ' rows', t, seconds(format('INSERT INTO %I SELECT * FROM incoming', t));
		COMMIT;
		INSERT INTO loaded SELECT '2 UPDATE of ' || rows || ' rows', t, seconds(format('UPDATE %I SET score = 0.25', t));
		COMMIT;
		started := clock_timestamp();
		FOR i IN 1 .. 10000 LOOP
			EXECUTE format('INSERT INTO %I VALUES (1, now(), ''permit'', 0.5, ''{"number": 1}'')', t);
			COMMIT;
		END LOOP;
		INSERT INTO loaded SELECT '3 10,000 transactions with an INSERT of a row', t, extract(epoch FROM clock_timestamp() - started);
	END LOOP;
END $$;
SELECT format('CALL load_once(1000000)') FROM generate_series(1, greatest(:rounds / 2, 4))
\gexec
DO $$
BEGIN
	ASSERT NOT EXISTS (SELECT day, type FROM peer_changes EXCEPT SELECT day, document_type FROM load_ours_daily_changes WHERE NOT everything);
	ASSERT NOT EXISTS (SELECT day, document_type FROM load_ours_daily_changes WHERE NOT everything EXCEPT SELECT day, type FROM peer_changes);
END $$;
SELECT what, round((min(seconds) FILTER (WHERE to_table = 'load_none') * 1000)::numeric) AS ms_without, round((min(seconds) FILTER (WHERE to_table = 'load_ours') * 1000)::numeric) AS ms_ours, round((min(seconds) FILTER (WHERE to_table = 'load_peer') * 1000)::numeric) AS ms_peer,
	round((min(seconds) FILTER (WHERE to_table = 'load_ours') / min(seconds) FILTER (WHERE to_table = 'load_none'))::numeric, 2) AS ours_to_none, round((min(seconds) FILTER (WHERE to_table = 'load_peer') / min(seconds) FILTER (WHERE to_table = 'load_none'))::numeric, 2) AS peer_to_none
FROM loaded GROUP BY what ORDER BY what;
