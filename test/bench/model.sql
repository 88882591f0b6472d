/*
 * model.sql
 *		The speed of evidence, fitting and scoring with a model: the third part of
 *		`make bench`; see run.sh.
 *
 * The peer of all three is williams_score_fields without a model, over the same
 * documents. The queries run in turn, round after round, and the shortest time of
 * each counts. The documents have no white space or case to fold in most of their
 * values, as in practice; one value in ten is misread.
 */
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE EXTENSION williams;

SELECT greatest(:rounds / 3, 3) AS rounds
\gset
\echo Model: :rounds rounds, interleaved; the shortest time of each

CREATE FUNCTION number(i int, salt text) RETURNS int LANGUAGE sql IMMUTABLE AS
	'SELECT hashtext(salt || i) & 2147483647';

/* 1 M documents of 12 fields: what was printed, what was read, and how sure the engine is */
CREATE TABLE document AS
SELECT jsonb_build_object(
		'permit_number', 'T' || 2020000000 + number(i, 'p') % 50000000, 'permit_type', 'Building Residential',
		'parcel', lpad((number(i, 'a') % 100000000)::text, 11, '1'), 'date_entered', date '2020-01-01' + number(i, 'd') % 1500,
		'date_issued', date '2024-06-01' + number(i, 'e') % 300, 'cost', number(i, 'c') % 500000,
		'address', number(i, 'h') % 9000 || ' GARDENDALE DR', 'city', 'NASHVILLE', 'state', 'TN',
		'zip', 37000 + number(i, 'z') % 1000, 'lot', 'LOT ' || number(i, 'l') % 90 || ' SEC 2',
		'contact', 'MIDTOWN HOME IMPROVEMENTS') AS truth,
	(SELECT jsonb_object_agg(name, round((0.3 + 0.7 * sqrt((number(i, name) % 10000) / 10000.0))::numeric, 4))
		FROM unnest('{permit_number,permit_type,parcel,date_entered,date_issued,cost,address,city,state,zip,lot,contact}'::text[]) AS name) AS confidence,
	i
FROM generate_series(1, 1000000) AS i;
CREATE TABLE scan AS
SELECT CASE number(i, 'r') % 5
		WHEN 0 THEN truth || jsonb_build_object('permit_number', '7' || (truth ->> 'permit_number'), 'zip', 'O' || (truth ->> 'zip'))
		WHEN 1 THEN truth || '{"state": "T N", "city": "Nashville"}'
		ELSE truth END AS fields, confidence, truth
FROM document;
DROP TABLE document;
VACUUM (ANALYZE, FREEZE) scan;

CREATE TABLE rules AS
SELECT '{"fields": {"permit_number": null, "permit_type": null, "parcel": null, "date_entered": "date", "date_issued": "date",
	"cost": "number", "address": null, "city": null, "state": null, "zip": null, "lot": null, "contact": null},
	"checks": [{"check": "pattern", "fields": ["permit_number"], "pattern": "^T[0-9]+$"},
		{"check": "pattern", "fields": ["zip"], "pattern": "^[0-9]{5}$"},
		{"check": "ordered", "fields": ["date_entered", "date_issued"]}]}'::jsonb AS rules;
CREATE TABLE fitted AS
SELECT jsonb_set(rules, '{model}', williams_fit(williams_evidence_agg(fields, rules, confidence, truth))) AS rules
FROM (SELECT * FROM scan LIMIT 10000) AS s, rules GROUP BY rules;

/* 200 fields, each with evidence in every bin */
CREATE TABLE wide AS
SELECT jsonb_build_object('version', 1, 'fields', jsonb_object_agg('field_' || f, jsonb_build_object(
	'passed', (SELECT jsonb_object_agg(b, jsonb_build_array(1000 + number(f, b::text) % 1000, (1000 * power(b, 0.2 + f / 400.0))::int))
		FROM unnest('{0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.85,0.9,0.93,0.95,0.96,0.97,0.98,0.99,0.995,0.998}'::numeric[]) AS b),
	'failed', (SELECT jsonb_object_agg(b, jsonb_build_array(100 + number(f, b::text) % 50, (100 * power(b, 2 + f / 400.0))::int))
		FROM unnest('{0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.85,0.9,0.93,0.95,0.96,0.97,0.98,0.99,0.995,0.998}'::numeric[]) AS b))))::text::williams_evidence AS evidence
FROM generate_series(1, 200) AS f;

CREATE TABLE measure (name text PRIMARY KEY, query text, best float8);
INSERT INTO measure VALUES
	('rows', 'SELECT count(fields), count(confidence), count(truth) FROM scan, rules'),
	('rules', 'SELECT count(williams_score_fields(fields, rules, confidence)) FROM scan, rules'),
	('model', 'SELECT count(williams_score_fields(fields, rules, confidence)) FROM scan, fitted AS rules'),
	('evidence', 'SELECT williams_count(williams_evidence_agg(fields, rules, confidence, truth)) FROM scan, rules'),
	('fit', 'SELECT williams_fit(evidence) FROM wide');

CREATE PROCEDURE run_all(rounds int) LANGUAGE plpgsql AS $$
DECLARE
	m measure;
	started timestamptz;
BEGIN
	FOR i IN 1 .. rounds LOOP
		FOR m IN SELECT * FROM measure ORDER BY name LOOP
			started := clock_timestamp();
			EXECUTE m.query;
			UPDATE measure SET best = least(best, extract(epoch FROM clock_timestamp() - started)) WHERE name = m.name;
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
CALL run_all(:rounds);

CREATE FUNCTION took(what text) RETURNS float8 LANGUAGE sql AS 'SELECT best FROM measure WHERE name = what';

\pset border 2
SELECT what, round(ours::numeric, 3) AS ours, against, round(theirs::numeric, 3) AS theirs, unit,
	round((ours / theirs)::numeric, 2) AS ratio, wanted,
	CASE WHEN ours / theirs <= substring(wanted FROM '[0-9.]+')::float8 THEN 'yes' ELSE 'no' END AS reached
FROM (VALUES
	(1, 'williams_evidence_agg, 1 M documents', took('evidence'), 'williams_score_fields', took('rules'), 's', 'at most 1.5 times'),
	(2, 'williams_score_fields with a model', took('model'), 'without', took('rules'), 's', 'at most 1.3 times'),
	(3, 'williams_fit, 200 fields', took('fit') * 1000, 'a limit', 50, 'ms', 'at most 1 times')
) AS r (no, what, ours, against, theirs, unit, wanted) ORDER BY no;
