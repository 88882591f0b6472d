/*
 * all_own_schema.sql
 *		The extension in a schema that is not in search_path: everything works there
 *		by qualified names.
 */
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
DROP EXTENSION IF EXISTS williams;

SELECT plan(9);

CREATE SCHEMA "Own Schema";
CREATE EXTENSION williams SCHEMA "Own Schema";
SELECT is((SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'williams'), '"Own Schema"',
	'it can be installed into its own schema');
SELECT is_empty(
	$$SELECT p.oid::regprocedure FROM pg_proc AS p WHERE proname ^@ 'williams_' AND pronamespace <> '"Own Schema"'::regnamespace$$,
	'no function is in another schema');

CREATE TEMP TABLE scan (id int, fields jsonb, base float8, confidence float8, num_fields int, review boolean, mb float8,
	bound float8 GENERATED ALWAYS AS ("Own Schema".williams_space_bound(id)) STORED);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION
	"Own Schema".williams_score_ocr('fields=fields', 'base=base', 'confidence=confidence', 'num_fields=num_fields', 'review=review');
CREATE INDEX ON scan (id);
INSERT INTO scan (id, fields, base, mb) VALUES (4, '{"a": 1, "b": "x"}', 0.5, 3), (16, '{"a": "x", "b": ""}', 0.9, 6);
SELECT results_eq(
	$$SELECT id, confidence, num_fields, review, bound FROM scan ORDER BY id$$,
	$$SELECT 4, 0.5 * "Own Schema".williams_confidence_multiplier(2), 2, true, 4::float8 UNION ALL SELECT 16, 0.9::float8, 1, false, 16$$,
	'the trigger and a generated column work there');
SELECT results_eq(
	$$SELECT review, num_fields FROM "Own Schema".williams_shipped_profile AS p,
		"Own Schema".williams_score_fields('{"country": "NL"}', rules) WHERE name = 'diploma'$$,
	$$VALUES ('{grade,degree_type,field_of_study,graduation_date,institution_name}'::text[], 1::bigint)$$,
	'the shipped profiles are there');
SELECT results_eq(
	$$SELECT ("Own Schema".williams_workload(mb, 8)).batches, ("Own Schema".williams_efficiency(id)).operation_count FROM scan$$,
	$$VALUES (2::bigint, 2::bigint)$$,
	'the aggregates work there');
SELECT results_eq(
	$$SELECT "Own Schema".williams_batch_no(mb, 8) OVER (ORDER BY id) FROM scan$$,
	$$SELECT batch_no FROM "Own Schema".williams_plan(2, 8, 8)$$,
	'williams_batch_no and williams_plan work there');
SELECT results_eq(
	$$SELECT lower_key, upper_key, memory_mb FROM "Own Schema".williams_plan_table('scan', 8, key_column => 'id')$$,
	$$SELECT '4', '16', sum("Own Schema".williams_row_mb(id, fields, base, confidence, num_fields, review, mb, bound) ORDER BY id) FROM scan$$,
	'williams_plan_table works there, and finds williams_row_mb');

SELECT results_eq(
	$$SELECT "Own Schema".williams_create_task('square', 'scan', 'UPDATE pg_temp.scan SET mb = mb * mb WHERE id BETWEEN $1 AND $2',
		8, 'mb', 'id'), "Own Schema".williams_run_batch('square'), "Own Schema".williams_run_batch('square')$$,
	$$VALUES (2::bigint, 1::bigint, 2::bigint)$$,
	'a task works there');
SELECT results_eq(
	$$SELECT state, rows, (SELECT sum(mb) FROM scan) FROM "Own Schema".williams_progress$$,
	$$VALUES ('done', 2::bigint, 45::float8)$$,
	'and finishes');

SELECT * FROM finish();
ROLLBACK;
