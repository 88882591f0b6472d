--
-- Any arguments give a result or an error with a specific SQLSTATE: NULL everywhere,
-- the limits of bigint and float8, documents that are nested 5000 deep or 100 MB
-- large, arrays of a million names, a role without rights.
--

CREATE FUNCTION pg_temp.outcome(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE command INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE;
END $$;

-- Every function that a query can call, including the transition functions of aggregates.
CREATE TEMP VIEW function AS
SELECT p.oid, p.proname, p.prokind, p.proisstrict, p.proargtypes::oid[] AS types
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'williams'
WHERE NOT p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[] AND p.prorettype <> 'trigger'::regtype;
SELECT prokind, array_agg(oid::regprocedure ORDER BY oid::regprocedure::text COLLATE "C") AS not_strict
FROM function WHERE NOT proisstrict GROUP BY prokind ORDER BY prokind;

--
-- NULL in any argument of a strict function gives NULL or no row. Without a NULL there is a
-- result, or no task of that name (42704), or no dashboard (42809).
--
CREATE FUNCTION pg_temp.call(f regproc, types oid[], nulled int) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %s(%s)::text LIMIT 1', f, string_agg(
        CASE WHEN i = nulled THEN 'NULL::' || format_type(t, NULL)
             ELSE CASE t WHEN 'text'::regtype THEN CASE WHEN f::text !~ '_ocr_' THEN '''balance''' WHEN i > 1 THEN '''auto'''
                                                        ELSE '''{"document_annotation": {"a": 1}}''::text' END
                         WHEN 'jsonb'::regtype THEN '''{"document_annotation": {"a": 1}}''::jsonb' WHEN 'text[]'::regtype THEN '''{a}''::text[]'
                         WHEN 'float8'::regtype THEN '0.5::float8' WHEN 'bigint'::regtype THEN '10::bigint' WHEN 'oid'::regtype THEN '10::oid'
                         WHEN 'int'::regtype THEN '10' WHEN 'regclass'::regtype THEN '''pg_class''::regclass' WHEN 'interval'::regtype THEN '''1 day''::interval' WHEN 'boolean'::regtype THEN 'true'
                         WHEN 'williams_scorecard'::regtype THEN '(SELECT williams_scorecard_agg(i / 8.0) FROM generate_series(1, 7) AS i)'
                         WHEN 'williams_scorecard_state'::regtype THEN '''(1,0,0,0,0,0,0,0)''::williams_scorecard_state'
                         WHEN 'williams_calibration'::regtype THEN '(SELECT williams_calibration_agg(i / 200.0, i > 10) FROM generate_series(1, 199) AS i)'
                         WHEN 'williams_calibration_state'::regtype THEN '''(1,0,0,0,0,0)''::williams_calibration_state'
                         WHEN 'williams_evidence'::regtype THEN '''{"version": 1, "fields": {"a": {"none": {"0.5": [40, 20]}}}}''::williams_evidence'
                         WHEN 'williams_workload_state'::regtype THEN '''(0,0,0,0,0)''::williams_workload_state'
                         ELSE '''(0,0,0,0,0,0,0,0)''::williams_efficiency_state' END END, ', ' ORDER BY i))
    FROM unnest(types) WITH ORDINALITY AS a (t, i);
$$;
SELECT count(DISTINCT oid) AS functions, count(*) AS arguments,
       count(*) FILTER (WHERE pg_temp.outcome(pg_temp.call(oid::regproc, types, i)) <> 'NULL') AS not_null,
       count(*) FILTER (WHERE pg_temp.outcome(pg_temp.call(oid::regproc, types, 0)) IN ('NULL') OR
                              pg_temp.outcome(pg_temp.call(oid::regproc, types, 0)) ~ '^error (?!42704|42809)') AS not_callable
FROM (SELECT oid, proname, types FROM function WHERE proisstrict AND prokind = 'f') AS f, LATERAL generate_series(1, cardinality(types)) AS i;

--
-- The limits of bigint and float8
--
SELECT command, pg_temp.outcome('SELECT ' || replace(command, '?', '9223372036854775807')) AS greatest,
       pg_temp.outcome('SELECT ' || replace(command, '?', '-9223372036854775807 - 1')) AS least
FROM unnest(ARRAY[
    'round(williams_space_bound(?)::numeric, 3)', 'williams_optimal_batch_size(?)', 'round(williams_efficiency_multiplier(?)::numeric, 3)',
    'round(williams_space_saved_percent(?)::numeric, 6)', 'round(williams_theorem_bound(?)::numeric, 3)', 'williams_optimal_test_data_size(?)',
    '(williams_calculate_space_bound(?)).time_complexity', 'williams_optimize_batch_size(?, 1e308, 5e-324)', 'williams_confidence_multiplier(?)',
    'williams_confidence_multiplier(?, 1, ''support'')', 'williams_adjusted_confidence(?, 1)', 'williams_batch_size(?, 1e308, 5e-324)',
    '(williams_plan(?, 1, 1)).last_item LIMIT 1', 'williams_batch_no(1, 1, ?) OVER ()', '(williams_efficiency(?)).total_time_complexity']) AS command;

SELECT command, pg_temp.outcome('SELECT ' || replace(command, '?', '1.7976931348623157e308')) AS greatest,
       pg_temp.outcome('SELECT ' || replace(command, '?', '5e-324')) AS smallest, pg_temp.outcome('SELECT ' || replace(command, '?', '-0.0::float8')) AS "-0",
       pg_temp.outcome('SELECT ' || replace(command, '?', '''NaN''::float8')) AS nan, pg_temp.outcome('SELECT ' || replace(command, '?', '''Infinity''::float8')) AS infinity
FROM unnest(ARRAY[
    'williams_optimize_batch_size(100, ?, 1)', 'williams_optimize_batch_size(100, 1, ?)', 'williams_batch_size(100, ?, 1)', 'williams_batch_size(100, 1, ?)',
    'williams_batch_size(100, ?, ?)', '(williams_plan(100, ?, ?)).items LIMIT 1', 'williams_confidence_multiplier(1, ?)', 'williams_adjusted_confidence(1, ?) + 0',
    'williams_batch_no(?, ?) OVER ()', 'williams_batch_no(0, ?) OVER ()', '(williams_workload(?, ?)).batches', '(williams_workload(0, ?)).batch_size']) AS command;

--
-- Deep and large documents
--
CREATE TEMP TABLE document (name text, n bigint, doc jsonb);
INSERT INTO document VALUES
('5000 arrays', 1, (repeat('[', 5000) || '1' || repeat(']', 5000))::jsonb),
('5000 empty arrays', 0, (repeat('[', 5000) || repeat(']', 5000))::jsonb),
('5000 objects', 1, (repeat('{"a":', 5000) || '1' || repeat('}', 5000))::jsonb),
('5000 times 3', 10001, (repeat('[0,{"a":0,"b":', 2500) || '1' || repeat(',"c":""},0,0]', 2500))::jsonb),
('a million numbers', 1000001, ('[' || repeat('1,', 1000000) || '1]')::jsonb),
('a million nulls and blanks', 1, ('[' || repeat('null," ",', 500000) || '1]')::jsonb),
('300000 keys', 300000, (SELECT jsonb_object_agg('key ' || i, i) FROM generate_series(1, 300000) AS i)),
('100000 objects', 200000, (SELECT jsonb_agg(jsonb_build_object('a', i, 'b', jsonb_build_array(i, ' '))) FROM generate_series(1, 100000) AS i)),
('100 MB of blanks, and an x', 1, jsonb_build_object('a', repeat(' ', 100000000) || 'x')),
('10 MB of blanks', 0, jsonb_build_object('a', repeat(' ', 10000000))),
('10 MB of wide blanks', 0, jsonb_build_object('a', repeat(E'\u3000', 3333333)));
SELECT name, n, williams_field_count(doc) AS count, williams_field_count(doc, '{a}') AS a FROM document ORDER BY name COLLATE "C";

CREATE TABLE ocr (name text, doc jsonb, engine jsonb, n int, score float8, review boolean);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'engine_confidence=engine', 'num_fields=n', 'confidence=score', 'review=review');
INSERT INTO ocr SELECT name, doc, CASE WHEN name !~ 'blank' THEN doc END FROM document WHERE name <> 'a million numbers';
INSERT INTO ocr SELECT name || ', certain', doc, (SELECT jsonb_object_agg(key, 1) FROM jsonb_each(doc)) FROM document WHERE name = '300000 keys';
SELECT name, n, round(score::numeric, 6) AS score, review FROM ocr ORDER BY name COLLATE "C";
UPDATE ocr SET review = NULL;
UPDATE ocr SET doc = doc::text::jsonb WHERE name LIKE '5000%' OR name LIKE '300000%';
SELECT count(*) FROM ocr WHERE review IS NOT NULL;
UPDATE ocr SET doc = jsonb_build_array(doc), engine = NULL WHERE name LIKE '5000%';
SELECT name, n, review FROM ocr WHERE name LIKE '5000%' ORDER BY name COLLATE "C";
DROP TABLE ocr;

-- Small documents whose text would exceed the limit of 1 GB: a profile still scores them.
INSERT INTO williams_profile (name, rules) VALUES ('hostile', '{"fields": {"a": "number"},
    "checks": [{"check": "length", "fields": ["a"], "length": 5}, {"check": "range", "fields": ["a"], "min": 1}, {"check": "pattern", "fields": ["a"], "pattern": "^.1"}]}');
CREATE TABLE ocr (name text, doc jsonb, score float8, review text[]);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile=hostile', 'confidence=score', 'review=review');
INSERT INTO ocr SELECT name, jsonb_build_object('a', doc) FROM document WHERE name <> 'a million numbers';
INSERT INTO ocr VALUES ('wide numbers', ('{"a": [' || repeat('1e131000, ', 10000) || '0]}')::jsonb),
                       ('a number', '{"a": 1e131000}'), ('escapes', jsonb_build_object('a', ARRAY[repeat(E'\x01', 10000000)]));
SELECT name, round(score::numeric, 6) AS score, review FROM ocr ORDER BY name COLLATE "C";
DROP TABLE ocr;
DELETE FROM williams_profile WHERE name = 'hostile';

-- A million names: the right ones backwards, wrong ones, the same one repeated, NULLs; in two dimensions.
CREATE TEMP TABLE expected (kind text, names text[]);
INSERT INTO expected SELECT 'right', array_agg('key ' || 1000001 - i) FROM generate_series(1, 1000000) AS i;
INSERT INTO expected SELECT 'wrong', array_agg('Key ' || i) FROM generate_series(1, 1000000) AS i;
INSERT INTO expected VALUES
('one', array_fill('key 7'::text, '{1000000}')), ('nothing', array_fill(NULL::text, '{1000000}')),
('a table', array_fill('key 8'::text, '{1000,1000}')), ('a long name', ARRAY[repeat('k', 50000000)]);
SELECT kind, williams_field_count(doc, names) AS count
FROM expected, document WHERE document.name = '300000 keys' ORDER BY kind COLLATE "C";

--
-- A role without rights can use all functions. One with CREATE on the database can
-- install the extension (it is trusted) in any schema, and its functions then work
-- with an empty search_path.
--
CREATE ROLE regress_williams_user NOSUPERUSER;
CREATE SCHEMA desk AUTHORIZATION regress_williams_user;
SET ROLE regress_williams_user;
SELECT williams_version() IS NOT NULL AS version, williams_batch_size(1000, 100) AS batch_size,
       (SELECT count(*) FROM williams_plan(1000, 100)) AS batches, (williams_calculate_space_bound(4)).space_bound,
       williams_field_count('{"a": 1}') AS fields,
       (SELECT (williams_efficiency(4)).operation_count) AS operations, (SELECT (williams_workload(1, 2)).batch_size) AS workload;
CREATE TABLE desk.ocr (doc jsonb, score float8);
CREATE TRIGGER score BEFORE INSERT ON desk.ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr('fields=doc', 'confidence=score');
INSERT INTO desk.ocr VALUES ('{"a": 1}') RETURNING score;
RESET ROLE;
DROP SCHEMA desk CASCADE;

BEGIN;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_williams_user', current_database()); END $$;
SET LOCAL client_min_messages = warning; DROP EXTENSION williams CASCADE; RESET client_min_messages;
SET ROLE regress_williams_user;
CREATE SCHEMA "My ""room";
CREATE EXTENSION williams SCHEMA "My ""room";
SET LOCAL search_path = '';
SELECT "My ""room".williams_batch_size(1000, 100), (SELECT pg_catalog.count(*) FROM "My ""room".williams_plan(1000, 100)) AS batches,
       (SELECT ("My ""room".williams_efficiency(4)).operation_count), (SELECT ("My ""room".williams_workload(1, 2)).batch_size),
       "My ""room".williams_batch_no(1, 2) OVER ();
CREATE TABLE "My ""room".ocr (doc jsonb, score float8);
CREATE TRIGGER score BEFORE INSERT ON "My ""room".ocr FOR EACH ROW
    EXECUTE FUNCTION "My ""room".williams_score_ocr('fields=doc', 'confidence=score');
INSERT INTO "My ""room".ocr VALUES ('{"a": 1}') RETURNING score;
ROLLBACK;
DROP ROLE regress_williams_user;
