/*
 * all_catalogue.sql
 *		The extension in the system catalogues: every function and aggregate is listed
 *		here with its required properties, and there are no others. Types, operators
 *		and tables are in all_catalogue_types.sql.
 */
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS williams;

SELECT plan(62);

\ir member.psql

--
-- The extension
--
SELECT results_eq(
	$$SELECT extrelocatable, extversion = williams_version(), 
		extconfig = ARRAY['williams_profile'::regclass::oid], extcondition = ARRAY['']
	  FROM pg_extension WHERE extname = 'williams'$$,
	$$VALUES (false, true, true, true)$$,
	'not relocatable, of the same version as the library; users'' profiles are dumped');
SELECT results_eq(
	$$SELECT default_version = williams_version(), installed_version = williams_version()
	  FROM pg_available_extensions WHERE name = 'williams'$$,
	$$VALUES (true, true)$$,
	'the control file''s default version is installed and loaded');
SELECT results_eq(
	$$SELECT superuser, trusted, relocatable, schema, requires
	  FROM pg_available_extension_versions WHERE name = 'williams' AND installed$$,
	$$VALUES (true, true, false, NULL::name, NULL::name[])$$,
	'trusted, not relocatable, without a fixed schema, requires nothing');
SELECT matches(obj_description(oid, 'pg_extension'), '^.{20,}$', 'the extension has a comment')
FROM pg_extension WHERE extname = 'williams';

SELECT set_eq(
	$$SELECT DISTINCT classid::regclass::text FROM member$$,
	$$VALUES ('pg_proc'), ('pg_type'), ('pg_class'), ('pg_operator'), ('pg_opfamily'), ('pg_opclass'), ('pg_cast')$$,
	'it consists of functions, types, tables and views, operators, operator families and classes, and casts');
SELECT is_empty(
	$$SELECT object FROM member WHERE obj_description(objid, classid::regclass::name) IS NULL$$,
	'every object has a comment');
SELECT is_empty($$
	SELECT object FROM member LEFT JOIN pg_proc AS p ON classid = 'pg_proc'::regclass AND p.oid = objid
		LEFT JOIN pg_type AS t ON classid = 'pg_type'::regclass AND t.oid = objid
		LEFT JOIN pg_class AS c ON classid = 'pg_class'::regclass AND c.oid = objid
	WHERE classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_class'::regclass) AND
		(coalesce(p.pronamespace, t.typnamespace, c.relnamespace) IS DISTINCT FROM
			(SELECT extnamespace FROM pg_extension WHERE extname = 'williams')
		OR coalesce(p.proname, t.typname, c.relname) !~ '^williams_')
$$, 'every function, type, table and view is in the extension''s schema and has the prefix williams_');

--
-- Functions: i, s, v = immutable, stable, volatile; s, r, u = parallel safe,
-- restricted, unsafe; f, a, w, p = function, aggregate, window function, procedure.
--
CREATE TEMP TABLE expected (name name, arguments text, result text, kind "char",
	volatility "char", strict boolean, parallel "char", symbol text);
INSERT INTO expected VALUES
	('williams_version', '', 'text', 'f', 's', true, 's', 'wl_version'),
	-- Bound
	('williams_space_bound', 't bigint', 'double precision', 'f', 'i', true, 's', 'wl_space_bound'),
	('williams_optimal_batch_size', 't bigint', 'bigint', 'f', 'i', true, 's', 'wl_optimal_batch_size'),
	('williams_efficiency_multiplier', 't bigint', 'double precision', 'f', 'i', true, 's', 'wl_efficiency_multiplier'),
	('williams_space_saved_percent', 't bigint', 'double precision', 'f', 'i', true, 's', 'wl_space_saved_percent'),
	('williams_theorem_bound', 't bigint', 'double precision', 'f', 'i', true, 's', 'wl_theorem_bound'),
	('williams_optimal_test_data_size', 'target_coverage bigint', 'bigint', 'f', 'i', true, 's', 'wl_optimal_test_data_size'),
	('williams_calculate_space_bound',
		't bigint, OUT space_bound double precision, OUT efficiency double precision, '
		'OUT time_complexity bigint, OUT space_reduction_percent double precision',
		'record', 'f', 'v', true, 'r', 'wl_calculate_space_bound'),
	('williams_optimize_batch_size',
		'total_items bigint, available_memory_mb double precision, memory_per_item_mb double precision DEFAULT 5.0',
		'bigint', 'f', 'v', true, 'r', 'wl_optimize_batch_size'),
	('williams_get_optimization_stats',
		'OUT average_efficiency double precision, OUT max_efficiency double precision, '
		'OUT operation_count bigint, OUT total_space_saved double precision',
		'record', 'f', 'v', true, 'r', 'wl_get_optimization_stats'),
	('williams_reset_stats', '', 'void', 'f', 'v', true, 'r', 'wl_reset_stats'),
	-- Score
	('williams_confidence_multiplier', 'num_fields bigint, base_confidence double precision DEFAULT 0.85',
		'double precision', 'f', 'i', true, 's', 'wl_confidence_multiplier'),
	('williams_confidence_multiplier', 'num_fields bigint, base_confidence double precision, regime text',
		'double precision', 'f', 'i', true, 's', 'wl_confidence_multiplier_regime'),
	('williams_adjusted_confidence', 'num_fields bigint, base_confidence double precision',
		'double precision', 'f', 'i', true, 's', 'wl_adjusted_confidence'),
	('williams_field_count', 'fields jsonb', 'bigint', 'f', 'i', true, 's', 'wl_field_count'),
	('williams_field_count', 'fields jsonb, expected text[]', 'bigint', 'f', 'i', true, 's', 'wl_field_count_expected'),
	('williams_ocr_engine', 'document text', 'text', 'f', 'i', true, 's', 'wl_ocr_engine_text'),
	('williams_ocr_engine', 'document jsonb', 'text', 'f', 'i', true, 's', 'wl_ocr_engine_jsonb'),
	('williams_ocr_fields',
		'document jsonb, engine text DEFAULT ''auto''::text, OUT document integer, OUT page integer, OUT field text, OUT value text, OUT confidence double precision',
		'SETOF record', 'f', 'i', true, 's', 'wl_ocr_fields_jsonb'),
	('williams_ocr_fields',
		'document text, engine text DEFAULT ''auto''::text, OUT document integer, OUT page integer, OUT field text, OUT value text, OUT confidence double precision',
		'SETOF record', 'f', 'i', true, 's', 'wl_ocr_fields_text'),
	('williams_ocr_document',
		'document jsonb, engine text DEFAULT ''auto''::text, OUT engine text, OUT fields jsonb, OUT confidence jsonb',
		'record', 'f', 'i', true, 's', 'wl_ocr_document'),
	('williams_score_fields',
		'fields jsonb, rules jsonb, confidence jsonb DEFAULT NULL::jsonb, script text DEFAULT NULL::text',
		'williams_field_score', 'f', 'i', false, 's', 'wl_score_fields'),
	('williams_score', 'fields jsonb, profile text, confidence jsonb DEFAULT NULL::jsonb',
		'williams_field_score', 'f', 's', false, 's', 'wl_score'),
	('williams_explain',
		'fields jsonb, rules jsonb, confidence jsonb DEFAULT NULL::jsonb, OUT field text, OUT value text, OUT engine_confidence double precision, OUT score double precision, OUT threshold double precision, OUT review boolean, OUT reasons text[]',
		'SETOF record', 'f', 'i', false, 's', 'wl_explain'),
	('williams_explain',
		'fields jsonb, profile text, confidence jsonb DEFAULT NULL::jsonb, OUT field text, OUT value text, OUT engine_confidence double precision, OUT score double precision, OUT threshold double precision, OUT review boolean, OUT reasons text[]',
		'SETOF record', 'f', 's', false, 's', 'wl_explain_by_name'),
	('williams_rules_version', 'rules jsonb', 'bigint', 'f', 'i', true, 's', 'wl_rules_version'),
	('williams_audit', 'key text, rate double precision', 'boolean', 'f', 'i', true, 's', 'wl_audit'),
	('williams_check_profile', '', 'trigger', 'f', 'v', false, 'u', 'wl_check_profile'),
	('williams_score_ocr', '', 'trigger', 'f', 'v', false, 'u', 'wl_score_ocr'),
	-- Plan
	('williams_batch_size',
		'total_items bigint, available_memory_mb double precision, memory_per_item_mb double precision DEFAULT 5.0',
		'bigint', 'f', 'i', true, 's', 'wl_batch_size'),
	('williams_plan',
		'total_items bigint, available_memory_mb double precision, memory_per_item_mb double precision DEFAULT 5.0, '
		'OUT batch_no bigint, OUT first_item bigint, OUT last_item bigint, OUT items bigint, OUT memory_mb double precision',
		'SETOF record', 'f', 'i', true, 's', 'wl_plan'),
	('williams_row_mb', 'VARIADIC "any"', 'double precision', 'f', 'i', false, 's', 'wl_row_mb'),
	('williams_plan_table',
		'relation regclass, available_memory_mb double precision DEFAULT NULL::double precision, item_mb text DEFAULT NULL::text, '
		'key_column name DEFAULT NULL::name, method text DEFAULT ''exact''::text, max_items bigint DEFAULT NULL::bigint, '
		'strict boolean DEFAULT false, OUT batch_no bigint, OUT lower_key text, OUT upper_key text, '
		'OUT items bigint, OUT memory_mb double precision',
		'SETOF record', 'f', 'v', false, 'u', 'wl_plan_table'),
	('williams_plan_support', 'internal', 'internal', 'f', 'i', true, 's', 'wl_plan_support'),
	('williams_batch_no',
		'item_mb double precision, available_memory_mb double precision, max_items bigint DEFAULT NULL::bigint',
		'bigint', 'w', 'i', false, 's', 'wl_batch_no'),
	('williams_batch_no_support', 'internal', 'internal', 'f', 'i', true, 's', 'wl_batch_no_support'),
	('williams_workload', 'item_mb double precision, available_memory_mb double precision',
		'williams_workload_result', 'a', 'i', false, 's', NULL),
	('williams_workload_accum', 'williams_workload_state, item_mb double precision, available_memory_mb double precision',
		'williams_workload_state', 'f', 'i', false, 's', 'wl_workload_accum'),
	('williams_workload_combine', 'williams_workload_state, williams_workload_state',
		'williams_workload_state', 'f', 'i', false, 's', 'wl_workload_combine'),
	('williams_workload_final', 'williams_workload_state', 'williams_workload_result', 'f', 'i', true, 's', 'wl_workload_final'),
	('williams_workload_state_in', 'cstring', 'williams_workload_state', 'f', 'i', true, 's', 'wl_workload_state_in'),
	('williams_workload_state_out', 'williams_workload_state', 'cstring', 'f', 'i', true, 's', 'wl_workload_state_out'),
	('williams_workload_state_recv', 'internal', 'williams_workload_state', 'f', 'i', true, 's', 'wl_workload_state_recv'),
	('williams_workload_state_send', 'williams_workload_state', 'bytea', 'f', 'i', true, 's', 'wl_workload_state_send'),
	-- Run
	('williams_alter_task',
		'task text, statement text DEFAULT NULL::text, throttle text DEFAULT NULL::text, pause_ms integer DEFAULT NULL::integer, '
		'time_limit_ms integer DEFAULT NULL::integer, max_attempts integer DEFAULT NULL::integer, '
		'max_failed integer DEFAULT NULL::integer, settings jsonb DEFAULT NULL::jsonb',
		'void', 'f', 'v', false, 'u', 'wl_alter_task'),
	('williams_create_task',
		'name text, relation regclass, statement text, available_memory_mb double precision DEFAULT NULL::double precision, '
		'item_mb text DEFAULT NULL::text, key_column name DEFAULT NULL::name, method text DEFAULT ''exact''::text, max_items bigint DEFAULT NULL::bigint, '
		'strict boolean DEFAULT false, max_attempts integer DEFAULT 3, time_limit_ms integer DEFAULT NULL::integer, '
		'pause_ms integer DEFAULT 0, throttle text DEFAULT NULL::text, max_failed integer DEFAULT 100, settings jsonb DEFAULT NULL::jsonb',
		'bigint', 'f', 'v', false, 'u', 'wl_create_task'),
	('williams_extend_task', 'task text, gaps boolean DEFAULT false', 'bigint', 'f', 'v', true, 'u', 'wl_extend_task'),
	('williams_prune', 'older_than interval', 'bigint', 'f', 'v', true, 'u', 'wl_prune'),
	('williams_drop_task', 'task text', 'void', 'f', 'v', true, 'u', 'wl_drop_task'),
	('williams_run_batch', 'task text', 'bigint', 'f', 'v', true, 'u', 'wl_run_batch'),
	('williams_run', 'IN task text, IN max_duration interval DEFAULT NULL::interval, IN raise boolean DEFAULT false',
		NULL, 'p', 'v', false, 'u', 'wl_run'),
	('williams_apply',
		'IN statement text, IN relation regclass DEFAULT NULL::regclass, IN available_memory_mb double precision DEFAULT NULL::double precision, '
		'IN item_mb text DEFAULT NULL::text, IN key_column name DEFAULT NULL::name, IN method text DEFAULT ''exact''::text, IN max_items bigint DEFAULT NULL::bigint, '
		'IN strict boolean DEFAULT false, IN max_attempts integer DEFAULT 3, IN time_limit_ms integer DEFAULT NULL::integer, '
		'IN pause_ms integer DEFAULT 0, IN throttle text DEFAULT NULL::text, IN max_failed integer DEFAULT 100, IN settings jsonb DEFAULT NULL::jsonb, '
		'IN workers integer DEFAULT 0',
		NULL, 'p', 'v', false, 'u', 'wl_apply'),
	('williams_lock_id', 'owner oid, task text', 'oid', 'f', 'i', true, 's', 'wl_lock_id'),
	('williams_launch', 'task text, workers integer DEFAULT 1', 'integer', 'f', 'v', true, 'u', 'wl_launch'),
	('williams_stop', 'task text', 'void', 'f', 'v', true, 'u', 'wl_stop'),
	('williams_retry', 'task text', 'bigint', 'f', 'v', true, 'u', 'wl_retry'),
	('williams_bounded_statement', 'task text', 'text', 'f', 'v', true, 'u', 'wl_bounded_statement'),
	('williams_preview', 'task text, batch_no bigint DEFAULT 1', 'SETOF text', 'f', 'v', true, 'u', 'wl_preview'),
	('williams_drop_replicated', '', 'trigger', 'f', 'v', false, 'u', 'wl_drop_replicated'),
	-- Report
	('williams_create_dashboard',
		'source regclass, at name DEFAULT ''created_at''::name, document_type name DEFAULT NULL::name, score name DEFAULT NULL::name, scores name DEFAULT NULL::name, review name DEFAULT NULL::name, reasons name DEFAULT NULL::name, verified name DEFAULT NULL::name, accepted name DEFAULT NULL::name, fields name DEFAULT NULL::name, as_read name DEFAULT NULL::name, engine_confidence name DEFAULT NULL::name, profile_version name DEFAULT NULL::name, truth name DEFAULT NULL::name, time_zone text DEFAULT NULL::text, rollup text DEFAULT NULL::text',
		'regclass', 'f', 'v', false, 'u', 'wl_create_dashboard'),
	('williams_refresh_dashboard', 'dashboard regclass, everything boolean DEFAULT false', 'bigint', 'f', 'v', true, 'u', 'wl_refresh_dashboard'),
	('williams_drop_dashboard', 'dashboard regclass', 'void', 'f', 'v', true, 'u', 'wl_drop_dashboard'),
	('williams_note_change', '', 'trigger', 'f', 'v', false, 'u', 'wl_note_change'),
	('williams_efficiency', 'time_complexity bigint', 'williams_efficiency_result', 'a', 'i', false, 's', NULL),
	('williams_efficiency_accum', 'williams_efficiency_state, time_complexity bigint',
		'williams_efficiency_state', 'f', 'i', true, 's', 'wl_efficiency_accum'),
	('williams_efficiency_combine', 'williams_efficiency_state, williams_efficiency_state',
		'williams_efficiency_state', 'f', 'i', false, 's', 'wl_efficiency_combine'),
	('williams_efficiency_final', 'williams_efficiency_state', 'williams_efficiency_result',
		'f', 'i', true, 's', 'wl_efficiency_final'),
	('williams_efficiency_state_in', 'cstring', 'williams_efficiency_state', 'f', 'i', true, 's', 'wl_efficiency_state_in'),
	('williams_efficiency_state_out', 'williams_efficiency_state', 'cstring', 'f', 'i', true, 's', 'wl_efficiency_state_out'),
	('williams_efficiency_state_recv', 'internal', 'williams_efficiency_state', 'f', 'i', true, 's', 'wl_efficiency_state_recv'),
	('williams_efficiency_state_send', 'williams_efficiency_state', 'bytea', 'f', 'i', true, 's', 'wl_efficiency_state_send'),
	('williams_evidence_in', 'cstring',
		'williams_evidence', 'f', 'i', true, 's', 'wl_evidence_in'),
	('williams_evidence_out', 'williams_evidence',
		'cstring', 'f', 'i', true, 's', 'wl_evidence_out'),
	('williams_evidence_recv', 'internal',
		'williams_evidence', 'f', 'i', true, 's', 'wl_evidence_recv'),
	('williams_evidence_send', 'williams_evidence',
		'bytea', 'f', 'i', true, 's', 'wl_evidence_send'),
	('williams_evidence_accum', 'williams_evidence, fields jsonb, rules jsonb, confidence jsonb, truth jsonb',
		'williams_evidence', 'f', 'i', false, 's', 'wl_evidence_accum'),
	('williams_evidence_accum', 'williams_evidence, williams_evidence',
		'williams_evidence', 'f', 'i', true, 's', 'wl_evidence_accum_rollup'),
	('williams_evidence_combine', 'williams_evidence, williams_evidence',
		'williams_evidence', 'f', 'i', false, 's', 'wl_evidence_combine'),
	('williams_evidence_final', 'williams_evidence',
		'williams_evidence', 'f', 'i', true, 's', 'wl_evidence_final'),
	('williams_evidence_add', 'williams_evidence, williams_evidence',
		'williams_evidence', 'f', 'i', true, 's', 'wl_evidence_add'),
	('williams_count', 'evidence williams_evidence',
		'bigint', 'f', 'i', true, 's', 'wl_evidence_count'),
	('williams_to_jsonb', 'evidence williams_evidence',
		'jsonb', 'f', 'i', true, 's', 'wl_evidence_to_jsonb'),
	('williams_fit', 'evidence williams_evidence, ridge double precision DEFAULT 1.0',
		'jsonb', 'f', 'i', true, 's', 'wl_fit'),
	('williams_evidence_eq', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_eq'),
	('williams_evidence_ne', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_ne'),
	('williams_evidence_lt', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_lt'),
	('williams_evidence_le', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_le'),
	('williams_evidence_ge', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_ge'),
	('williams_evidence_gt', 'williams_evidence, williams_evidence', 'boolean', 'f', 'i', true, 's', 'wl_evidence_gt'),
	('williams_evidence_cmp', 'williams_evidence, williams_evidence', 'integer', 'f', 'i', true, 's', 'wl_evidence_cmp'),
	('williams_evidence_sortsupport', 'internal', 'void', 'f', 'i', true, 's', 'wl_evidence_sortsupport'),
	('williams_evidence_hash', 'williams_evidence', 'integer', 'f', 'i', true, 's', 'wl_evidence_hash'),
	('williams_evidence_hash_extended', 'williams_evidence, seed bigint', 'bigint', 'f', 'i', true, 's', 'wl_evidence_hash_extended'),
	('williams_evidence_agg', 'fields jsonb, rules jsonb, confidence jsonb, truth jsonb', 'williams_evidence', 'a', 'i', false, 's', NULL),
	('williams_rollup', 'evidence williams_evidence', 'williams_evidence', 'a', 'i', false, 's', NULL),
	('williams_scorecard_in', 'cstring',
		'williams_scorecard', 'f', 'i', true, 's', 'wl_scorecard_in'),
	('williams_scorecard_out', 'williams_scorecard',
		'cstring', 'f', 'i', true, 's', 'wl_scorecard_out'),
	('williams_scorecard_recv', 'internal',
		'williams_scorecard', 'f', 'i', true, 's', 'wl_scorecard_recv'),
	('williams_scorecard_send', 'williams_scorecard',
		'bytea', 'f', 'i', true, 's', 'wl_scorecard_send'),
	('williams_scorecard_state_in', 'cstring',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_state_in'),
	('williams_scorecard_state_out', 'williams_scorecard_state',
		'cstring', 'f', 'i', true, 's', 'wl_scorecard_state_out'),
	('williams_scorecard_state_recv', 'internal',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_state_recv'),
	('williams_scorecard_state_send', 'williams_scorecard_state',
		'bytea', 'f', 'i', true, 's', 'wl_scorecard_state_send'),
	('williams_scorecard_accum', 'williams_scorecard_state, confidence double precision',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_accum'),
	('williams_scorecard_accum', 'williams_scorecard_state, num_fields bigint, base_confidence double precision',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_accum_adjusted'),
	('williams_scorecard_accum', 'williams_scorecard_state, scores jsonb',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_accum_scores'),
	('williams_scorecard_accum', 'williams_scorecard_state, williams_scorecard',
		'williams_scorecard_state', 'f', 'i', true, 's', 'wl_scorecard_accum_rollup'),
	('williams_scorecard_combine', 'williams_scorecard_state, williams_scorecard_state',
		'williams_scorecard_state', 'f', 'i', false, 's', 'wl_scorecard_combine'),
	('williams_scorecard_final', 'williams_scorecard_state',
		'williams_scorecard', 'f', 'i', true, 's', 'wl_scorecard_final'),
	('williams_scorecard_add', 'williams_scorecard, williams_scorecard',
		'williams_scorecard', 'f', 'i', true, 's', 'wl_scorecard_add'),
	('williams_count', 'scorecard williams_scorecard',
		'bigint', 'f', 'i', true, 's', 'wl_scorecard_count'),
	('williams_average', 'scorecard williams_scorecard',
		'double precision', 'f', 'i', true, 's', 'wl_average'),
	('williams_stddev', 'scorecard williams_scorecard',
		'double precision', 'f', 'i', true, 's', 'wl_stddev'),
	('williams_min', 'scorecard williams_scorecard',
		'double precision', 'f', 'i', true, 's', 'wl_min'),
	('williams_max', 'scorecard williams_scorecard',
		'double precision', 'f', 'i', true, 's', 'wl_max'),
	('williams_quantile', 'scorecard williams_scorecard, q double precision',
		'double precision', 'f', 'i', true, 's', 'wl_quantile'),
	('williams_share_below', 'scorecard williams_scorecard, x double precision',
		'double precision', 'f', 'i', true, 's', 'wl_share_below'),
	('williams_histogram', 'scorecard williams_scorecard, bins integer DEFAULT 20, OUT bin integer, OUT lower double precision, OUT upper double precision, OUT count bigint',
		'SETOF record', 'f', 'i', true, 's', 'wl_histogram'),
	('williams_to_jsonb', 'scorecard williams_scorecard',
		'jsonb', 'f', 'i', true, 's', 'wl_scorecard_to_jsonb'),
	('williams_calibration_in', 'cstring',
		'williams_calibration', 'f', 'i', true, 's', 'wl_calibration_in'),
	('williams_calibration_out', 'williams_calibration',
		'cstring', 'f', 'i', true, 's', 'wl_calibration_out'),
	('williams_calibration_recv', 'internal',
		'williams_calibration', 'f', 'i', true, 's', 'wl_calibration_recv'),
	('williams_calibration_send', 'williams_calibration',
		'bytea', 'f', 'i', true, 's', 'wl_calibration_send'),
	('williams_calibration_state_in', 'cstring',
		'williams_calibration_state', 'f', 'i', true, 's', 'wl_calibration_state_in'),
	('williams_calibration_state_out', 'williams_calibration_state',
		'cstring', 'f', 'i', true, 's', 'wl_calibration_state_out'),
	('williams_calibration_state_recv', 'internal',
		'williams_calibration_state', 'f', 'i', true, 's', 'wl_calibration_state_recv'),
	('williams_calibration_state_send', 'williams_calibration_state',
		'bytea', 'f', 'i', true, 's', 'wl_calibration_state_send'),
	('williams_calibration_accum', 'williams_calibration_state, confidence double precision, correct boolean',
		'williams_calibration_state', 'f', 'i', true, 's', 'wl_calibration_accum'),
	('williams_calibration_accum', 'williams_calibration_state, confidence jsonb, as_read jsonb, truth jsonb',
		'williams_calibration_state', 'f', 'i', true, 's', 'wl_calibration_accum_fields'),
	('williams_calibration_accum', 'williams_calibration_state, williams_calibration',
		'williams_calibration_state', 'f', 'i', true, 's', 'wl_calibration_accum_rollup'),
	('williams_calibration_combine', 'williams_calibration_state, williams_calibration_state',
		'williams_calibration_state', 'f', 'i', false, 's', 'wl_calibration_combine'),
	('williams_calibration_final', 'williams_calibration_state',
		'williams_calibration', 'f', 'i', true, 's', 'wl_calibration_final'),
	('williams_calibration_add', 'williams_calibration, williams_calibration',
		'williams_calibration', 'f', 'i', true, 's', 'wl_calibration_add'),
	('williams_count', 'calibration williams_calibration',
		'bigint', 'f', 'i', true, 's', 'wl_calibration_count'),
	('williams_accuracy', 'calibration williams_calibration',
		'double precision', 'f', 'i', true, 's', 'wl_accuracy'),
	('williams_brier', 'calibration williams_calibration',
		'double precision', 'f', 'i', true, 's', 'wl_brier'),
	('williams_ece', 'calibration williams_calibration, bins integer DEFAULT 10',
		'double precision', 'f', 'i', true, 's', 'wl_ece'),
	('williams_reliability', 'calibration williams_calibration, bins integer DEFAULT 10, OUT bin integer, OUT lower double precision, OUT upper double precision, OUT count bigint, OUT confidence double precision, OUT accuracy double precision',
		'SETOF record', 'f', 'i', true, 's', 'wl_reliability'),
	('williams_auroc', 'calibration williams_calibration',
		'double precision', 'f', 'i', true, 's', 'wl_auroc'),
	('williams_risk_coverage', 'calibration williams_calibration, OUT threshold double precision, OUT coverage double precision, OUT risk double precision, OUT risk_high double precision',
		'SETOF record', 'f', 'i', true, 's', 'wl_risk_coverage'),
	('williams_threshold', 'calibration williams_calibration, target_precision double precision, min_count bigint DEFAULT 100, guarantee double precision DEFAULT NULL::double precision, OUT threshold double precision, OUT accepted_share double precision, OUT "precision" double precision, OUT precision_low double precision',
		'record', 'f', 'i', false, 's', 'wl_threshold'),
	('williams_threshold_cost', 'calibration williams_calibration, cost_error double precision, cost_review double precision, OUT threshold double precision, OUT accepted_share double precision, OUT cost double precision, OUT cost_accept_all double precision, OUT cost_review_all double precision',
		'record', 'f', 'i', true, 's', 'wl_threshold_cost'),
	('williams_drift', 'a williams_scorecard, b williams_scorecard, OUT psi double precision, OUT ks double precision',
		'record', 'f', 'i', true, 's', 'wl_drift'),
	('williams_to_jsonb', 'calibration williams_calibration',
		'jsonb', 'f', 'i', true, 's', 'wl_calibration_to_jsonb'),
	('williams_scorecard_eq', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_eq'),
	('williams_scorecard_ne', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_ne'),
	('williams_scorecard_lt', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_lt'),
	('williams_scorecard_le', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_le'),
	('williams_scorecard_ge', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_ge'),
	('williams_scorecard_gt', 'williams_scorecard, williams_scorecard', 'boolean', 'f', 'i', true, 's', 'wl_scorecard_gt'),
	('williams_scorecard_cmp', 'williams_scorecard, williams_scorecard', 'integer', 'f', 'i', true, 's', 'wl_scorecard_cmp'),
	('williams_scorecard_sortsupport', 'internal', 'void', 'f', 'i', true, 's', 'wl_scorecard_sortsupport'),
	('williams_scorecard_hash', 'williams_scorecard', 'integer', 'f', 'i', true, 's', 'wl_scorecard_hash'),
	('williams_scorecard_hash_extended', 'williams_scorecard, seed bigint', 'bigint', 'f', 'i', true, 's', 'wl_scorecard_hash_extended'),
	('williams_calibration_eq', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_eq'),
	('williams_calibration_ne', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_ne'),
	('williams_calibration_lt', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_lt'),
	('williams_calibration_le', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_le'),
	('williams_calibration_ge', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_ge'),
	('williams_calibration_gt', 'williams_calibration, williams_calibration', 'boolean', 'f', 'i', true, 's', 'wl_calibration_gt'),
	('williams_calibration_cmp', 'williams_calibration, williams_calibration', 'integer', 'f', 'i', true, 's', 'wl_calibration_cmp'),
	('williams_calibration_sortsupport', 'internal', 'void', 'f', 'i', true, 's', 'wl_calibration_sortsupport'),
	('williams_calibration_hash', 'williams_calibration', 'integer', 'f', 'i', true, 's', 'wl_calibration_hash'),
	('williams_calibration_hash_extended', 'williams_calibration, seed bigint', 'bigint', 'f', 'i', true, 's', 'wl_calibration_hash_extended'),
	('williams_scorecard_agg', 'confidence double precision', 'williams_scorecard', 'a', 'i', false, 's', NULL),
	('williams_scorecard_agg', 'num_fields bigint, base_confidence double precision', 'williams_scorecard', 'a', 'i', false, 's', NULL),
	('williams_scorecard_agg', 'scores jsonb', 'williams_scorecard', 'a', 'i', false, 's', NULL),
	('williams_rollup', 'scorecard williams_scorecard', 'williams_scorecard', 'a', 'i', false, 's', NULL),
	('williams_calibration_agg', 'confidence double precision, correct boolean', 'williams_calibration', 'a', 'i', false, 's', NULL),
	('williams_calibration_agg', 'confidence jsonb, as_read jsonb, truth jsonb', 'williams_calibration', 'a', 'i', false, 's', NULL),
	('williams_rollup', 'calibration williams_calibration', 'williams_calibration', 'a', 'i', false, 's', NULL);

CREATE TEMP VIEW routine AS
SELECT p.*, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
FROM member JOIN pg_proc AS p ON p.oid = objid
WHERE classid = 'pg_proc'::regclass;

SELECT is_empty(
	$$SELECT proname, arguments FROM routine EXCEPT SELECT name, arguments FROM expected$$,
	'every function is listed here, with argument names and defaults');
SELECT is_empty(
	$$SELECT name, arguments FROM expected EXCEPT SELECT proname, arguments FROM routine$$,
	'every function listed here exists');
SELECT set_eq(
	$$SELECT proname, arguments, result FROM routine$$,
	$$SELECT name, arguments, result FROM expected$$, 'result types');
SELECT set_eq(
	$$SELECT proname, arguments, prokind FROM routine$$,
	$$SELECT name, arguments, kind FROM expected$$, 'functions, aggregates, window functions and procedures');
SELECT set_eq(
	$$SELECT proname, arguments, provolatile FROM routine$$,
	$$SELECT name, arguments, volatility FROM expected$$, 'volatility');
SELECT set_eq(
	$$SELECT proname, arguments, proisstrict FROM routine$$,
	$$SELECT name, arguments, strict FROM expected$$, 'strictness');
SELECT set_eq(
	$$SELECT proname, arguments, proparallel FROM routine$$,
	$$SELECT name, arguments, parallel FROM expected$$, 'parallel safety');
SELECT set_eq(
	$$SELECT proname, arguments, prosrc FROM routine WHERE prokind <> 'a'$$,
	$$SELECT name, arguments, symbol FROM expected WHERE kind <> 'a'$$, 'C symbols');
SELECT set_eq(
	$$SELECT prosrc, arguments FROM routine WHERE prokind <> 'a' AND prosrc <> regexp_replace(proname, '^williams_', 'wl_')$$,
	$$VALUES ('wl_confidence_multiplier_regime', 'num_fields bigint, base_confidence double precision, regime text'),
		('wl_field_count_expected', 'fields jsonb, expected text[]'),
		('wl_ocr_engine_text', 'document text'),
		('wl_ocr_engine_jsonb', 'document jsonb'),
		('wl_ocr_fields_jsonb', 'document jsonb, engine text DEFAULT ''auto''::text, '
			'OUT document integer, OUT page integer, OUT field text, OUT value text, OUT confidence double precision'),
		('wl_ocr_fields_text', 'document text, engine text DEFAULT ''auto''::text, '
			'OUT document integer, OUT page integer, OUT field text, OUT value text, OUT confidence double precision'),
		('wl_explain_by_name', 'fields jsonb, profile text, confidence jsonb DEFAULT NULL::jsonb, OUT field text, OUT value text, '
			'OUT engine_confidence double precision, OUT score double precision, OUT threshold double precision, '
			'OUT review boolean, OUT reasons text[]'),
		('wl_evidence_accum_rollup', 'williams_evidence, williams_evidence'),
		('wl_evidence_count', 'evidence williams_evidence'),
		('wl_evidence_to_jsonb', 'evidence williams_evidence'),
		('wl_scorecard_accum_adjusted', 'williams_scorecard_state, num_fields bigint, base_confidence double precision'),
		('wl_scorecard_accum_scores', 'williams_scorecard_state, scores jsonb'),
		('wl_calibration_accum_fields', 'williams_calibration_state, confidence jsonb, as_read jsonb, truth jsonb'),
		('wl_scorecard_accum_rollup', 'williams_scorecard_state, williams_scorecard'),
		('wl_calibration_accum_rollup', 'williams_calibration_state, williams_calibration'),
		('wl_scorecard_count', 'scorecard williams_scorecard'),
		('wl_scorecard_to_jsonb', 'scorecard williams_scorecard'),
		('wl_calibration_count', 'calibration williams_calibration'),
		('wl_calibration_to_jsonb', 'calibration williams_calibration')$$,
	'a C symbol is its function''s name with wl_ for williams_, except for overloads');
SELECT is_empty(
	$$SELECT prosrc FROM routine WHERE prokind <> 'a' GROUP BY prosrc HAVING count(*) > 1$$,
	'no two functions share a C symbol');
SELECT is_empty(
	$$SELECT proname, lanname FROM routine JOIN pg_language AS l ON l.oid = prolang
	  WHERE (lanname, probin) IS DISTINCT FROM ('c', '$libdir/williams') AND prokind <> 'a'$$,
	'all functions are C functions of the same library');
SELECT is_empty(
	$$SELECT proname FROM routine WHERE prosecdef OR proleakproof OR proconfig IS NOT NULL$$,
	'none is SECURITY DEFINER or LEAKPROOF or has its own settings');
SELECT is_empty(
	$$SELECT proname FROM routine WHERE proacl IS NOT NULL AND proname <> 'williams_launch'$$,
	'all except williams_launch have the default rights');
SELECT set_eq(
	$$SELECT r.oid::regprocedure::text, a.grantee = e.extowner, a.privilege_type, a.is_grantable
	  FROM routine AS r, aclexplode(proacl) AS a, pg_extension AS e WHERE e.extname = 'williams'$$,
	$$VALUES ('williams_launch(text,integer)', true, 'EXECUTE', true)$$,
	'only the extension''s owner can launch workers, and can grant this right');
SELECT results_eq(
	$$SELECT name, vartype, boot_val, min_val, max_val, context, unit FROM pg_settings WHERE name ^@ 'williams.'$$,
	$$VALUES ('williams.max_workers', 'integer', '4', '0', '1024', 'sighup', NULL)$$,
	'one setting, in the server''s configuration');
SELECT set_eq(
	$$SELECT proname, prosupport::text FROM routine WHERE prosupport <> 0$$,
	$$VALUES ('williams_plan', 'williams_plan_support'), ('williams_batch_no', 'williams_batch_no_support')$$,
	'planner support functions');

--
-- Aggregates
--
CREATE TEMP VIEW aggregate AS
SELECT a.*, r.proname, r.proparallel, t.typtype, t.typname, c.proisstrict AS combine_strict
FROM routine AS r JOIN pg_aggregate AS a ON a.aggfnoid = r.oid JOIN pg_type AS t ON t.oid = aggtranstype
	LEFT JOIN pg_proc AS c ON c.oid = a.aggcombinefn;

SELECT set_eq($$SELECT proname FROM aggregate$$, $$VALUES ('williams_workload'), ('williams_efficiency'), ('williams_scorecard_agg'), ('williams_calibration_agg'),
		('williams_evidence_agg'), ('williams_rollup')$$, 'aggregates');
SELECT is_empty(
	$$SELECT proname FROM aggregate WHERE aggcombinefn = 0 OR combine_strict$$,
	'every aggregate has a combine function, which accepts NULL');
SELECT is_empty(
	$$SELECT proname, typname FROM aggregate WHERE typtype <> 'b' OR aggtranstype NOT IN
		(SELECT objid FROM member WHERE classid = 'pg_type'::regclass)$$,
	'every transition type is a base type of the extension, not internal or polymorphic');
SELECT is_empty(
	$$SELECT proname FROM aggregate WHERE aggserialfn <> 0 OR aggdeserialfn <> 0$$,
	'no transition state needs serialization');
SELECT is_empty(
	$$SELECT proname FROM aggregate WHERE aggmtransfn <> 0 OR aggminvtransfn <> 0 OR aggmfinalfn <> 0 OR aggmtranstype <> 0$$,
	'no aggregate is a moving aggregate');
SELECT is_empty(
	$$SELECT proname FROM aggregate WHERE proparallel <> 's' OR aggkind <> 'n' OR aggsortop <> 0$$,
	'every aggregate is ordinary and parallel safe');
SELECT is_empty(
	$$SELECT proname FROM aggregate WHERE aggfinalextra OR aggfinalmodify <> 'r'$$,
	'no final function modifies the state');
SELECT set_eq(
	$$SELECT proname, (SELECT p.proname FROM pg_proc AS p WHERE p.oid = aggtransfn)::text AS transfn, aggcombinefn::text, aggfinalfn::text, agginitval FROM aggregate$$,
	$$VALUES ('williams_workload', 'williams_workload_accum', 'williams_workload_combine',
			'williams_workload_final', '(0,0,0,0,0)'),
		('williams_efficiency', 'williams_efficiency_accum', 'williams_efficiency_combine',
			'williams_efficiency_final', '(0,0,0,0,0,0,0,0)'),
		('williams_scorecard_agg', 'williams_scorecard_accum', 'williams_scorecard_combine',
			'williams_scorecard_final', '(1,0,0,0,0,0,0,0)'),
		('williams_rollup', 'williams_scorecard_accum', 'williams_scorecard_combine',
			'williams_scorecard_final', '(1,0,0,0,0,0,0,0)'),
		('williams_evidence_agg', 'williams_evidence_accum', 'williams_evidence_combine',
			'williams_evidence_final', '{"version": 1, "fields": {}}'),
		('williams_rollup', 'williams_evidence_accum', 'williams_evidence_combine',
			'williams_evidence_final', '{"version": 1, "fields": {}}'),
		('williams_calibration_agg', 'williams_calibration_accum', 'williams_calibration_combine',
			'williams_calibration_final', '(1,0,0,0,0,0)'),
		('williams_rollup', 'williams_calibration_accum', 'williams_calibration_combine',
			'williams_calibration_final', '(1,0,0,0,0,0)')$$,
	'transition, combine and final functions and initial states');
SELECT is_empty(
	$$SELECT proname, aggtransspace, typlen FROM aggregate JOIN pg_type AS t ON t.oid = aggtranstype
	  WHERE aggtransspace <> CASE typlen WHEN -1 THEN 16384 ELSE typlen END$$,
	'SSPACE is the size of the state, or an estimate if that varies');

-- the initial state and NULL are the identity of the combine function
CREATE TEMP TABLE state AS
SELECT '(0,0,0,0,0)'::williams_workload_state AS w0,
	williams_workload_accum(williams_workload_accum('(0,0,0,0,0)', 0.1, 8), 3.25, 8) AS w,
	'(0,0,0,0,0,0,0,0)'::williams_efficiency_state AS e0,
	williams_efficiency_accum(williams_efficiency_accum('(0,0,0,0,0,0,0,0)', 1000), 7) AS e,
	'(1,0,0,0,0,0,0,0)'::williams_scorecard_state AS s0,
	williams_scorecard_accum(williams_scorecard_accum('(1,0,0,0,0,0,0,0)', 0.1), 0.9) AS s;
-- in a separate table, because a page holds only one
CREATE TEMP TABLE calibration_state AS
SELECT williams_calibration_accum(williams_calibration_accum('(1,0,0,0,0,0)', 0.1, true), 0.9, false) AS c;
SELECT isnt(w::text, w0::text, 'a workload of two items is not the initial state') FROM state;
SELECT is(williams_workload_combine(w0, w)::text, w::text, 'workload: identity on the left') FROM state;
SELECT is(williams_workload_combine(w, w0)::text, w::text, 'workload: identity on the right') FROM state;
SELECT is(williams_workload_combine(NULL, w)::text, w::text, 'workload: NULL on the left') FROM state;
SELECT is(williams_workload_combine(w, NULL)::text, w::text, 'workload: NULL on the right') FROM state;
SELECT is(williams_workload_combine(NULL, NULL)::text, NULL, 'workload: NULL on both sides');
SELECT isnt(e::text, e0::text, 'an efficiency of two operations is not the initial state') FROM state;
SELECT is(williams_efficiency_combine(e0, e)::text, e::text, 'efficiency: identity on the left') FROM state;
SELECT is(williams_efficiency_combine(e, e0)::text, e::text, 'efficiency: identity on the right') FROM state;
SELECT is(williams_efficiency_combine(NULL, e)::text, e::text, 'efficiency: NULL on the left') FROM state;
SELECT is(williams_efficiency_combine(e, NULL)::text, e::text, 'efficiency: NULL on the right') FROM state;
SELECT is(williams_efficiency_combine(NULL, NULL)::text, NULL, 'efficiency: NULL on both sides');
SELECT isnt(s::text, s0::text, 'a scorecard of two values is not the initial state') FROM state;
SELECT is(williams_scorecard_combine(s0, s)::text, s::text, 'scorecard: identity on the left') FROM state;
SELECT is(williams_scorecard_combine(s, s0)::text, s::text, 'scorecard: identity on the right') FROM state;
SELECT is(williams_scorecard_combine(NULL, s)::text, s::text, 'scorecard: NULL on the left') FROM state;
SELECT is(williams_scorecard_combine(s, NULL)::text, s::text, 'scorecard: NULL on the right') FROM state;
SELECT is(williams_scorecard_combine(NULL, NULL)::text, NULL, 'scorecard: NULL on both sides');
SELECT isnt(c::text, '(1,0,0,0,0,0)', 'a calibration of two values is not the initial state') FROM calibration_state;
SELECT is(williams_calibration_combine('(1,0,0,0,0,0)', c)::text, c::text, 'calibration: identity on the left') FROM calibration_state;
SELECT is(williams_calibration_combine(c, '(1,0,0,0,0,0)')::text, c::text, 'calibration: identity on the right') FROM calibration_state;
SELECT is(williams_calibration_combine(NULL, c)::text, c::text, 'calibration: NULL on the left') FROM calibration_state;
SELECT is(williams_calibration_combine(c, NULL)::text, c::text, 'calibration: NULL on the right') FROM calibration_state;
SELECT is(williams_calibration_combine(NULL, NULL)::text, NULL, 'calibration: NULL on both sides');

CREATE TEMP TABLE evidence_state AS
SELECT williams_evidence_accum('{"version": 1, "fields": {}}', '{"a": "x"}', '{"fields": {"a": null}}', '{"a": 0.5}', '{"a": "x"}') AS e;
SELECT isnt(e::text, '{"version": 1, "fields": {}}', 'evidence of a document is not the initial state') FROM evidence_state;
SELECT is(williams_evidence_combine('{"version": 1, "fields": {}}', e)::text, e::text, 'evidence: identity on the left') FROM evidence_state;
SELECT is(williams_evidence_combine(e, '{"version": 1, "fields": {}}')::text, e::text, 'evidence: identity on the right') FROM evidence_state;
SELECT is(williams_evidence_combine(NULL, e)::text, e::text, 'evidence: NULL on the left') FROM evidence_state;
SELECT is(williams_evidence_combine(e, NULL)::text, e::text, 'evidence: NULL on the right') FROM evidence_state;
SELECT is(williams_evidence_combine(NULL, NULL)::text, NULL, 'evidence: NULL on both sides');

SELECT * FROM finish();
ROLLBACK;
