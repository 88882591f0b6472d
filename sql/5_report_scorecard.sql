/*
 * williams.sql
 *		The install script's source; make copies it to williams--VERSION.sql.
 *		A section for each room: Bound, Score, Plan, Report. Every object has its
 *		COMMENT: meaning, units, NULLs, errors.
 */
-- complain if the script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION williams" to load this file. \quit

CREATE FUNCTION williams_version() RETURNS text
	AS 'MODULE_PATHNAME', 'wl_version'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_version() IS
'the version of the loaded library';

--
-- Bound
--

CREATE FUNCTION williams_space_bound(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_space_bound'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_space_bound(bigint) IS
'batch bound sqrt(t) * log2(t) for t operations or rows; 1.0 for t <= 1; error 22023 for t < 0';

CREATE FUNCTION williams_optimal_batch_size(t bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimal_batch_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_optimal_batch_size(bigint) IS
'floor of williams_space_bound(t), in rows, never above max(t, 1); error 22023 for t < 0';

CREATE FUNCTION williams_efficiency_multiplier(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_efficiency_multiplier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_multiplier(bigint) IS
't / williams_space_bound(t); 1.0 for t <= 1, below 1 for t in 5..15; error 22023 for t < 0';

CREATE FUNCTION williams_space_saved_percent(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_space_saved_percent'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_space_saved_percent(bigint) IS
'100 * (t - bound) / t, in percent; 0 for t <= 1, negative for t in 5..15; error 22023 for t < 0';

CREATE FUNCTION williams_theorem_bound(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_theorem_bound'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_theorem_bound(bigint) IS
'sqrt(t * log2(t)), the expression of the theorem (R. Williams, STOC 2025); 1.0 for t <= 1; error 22023 for t < 0';

CREATE FUNCTION williams_optimal_test_data_size(target_coverage bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimal_test_data_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_optimal_test_data_size(bigint) IS
'how many of target_coverage rows to sample: the floor of the bound; error 22023 for a negative number';

CREATE FUNCTION williams_calculate_space_bound(t bigint,
		OUT space_bound float8, OUT efficiency float8,
		OUT time_complexity bigint, OUT space_reduction_percent float8)
	AS 'MODULE_PATHNAME', 'wl_calculate_space_bound'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION williams_calculate_space_bound(bigint) IS
'bound, efficiency and percentage of t at once, counted in williams_get_optimization_stats(); error 22023 for t < 0';

CREATE FUNCTION williams_optimize_batch_size(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimize_batch_size'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION williams_optimize_batch_size(bigint, float8, float8) IS
'trunc(trunc(memory / item) * sqrt(efficiency)) in [1, total_items], counted in williams_get_optimization_stats(); kept for parity: it may exceed the budget, williams_batch_size does not';

CREATE FUNCTION williams_get_optimization_stats(
		OUT average_efficiency float8, OUT max_efficiency float8,
		OUT operation_count bigint, OUT total_space_saved float8)
	AS 'MODULE_PATHNAME', 'wl_get_optimization_stats'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION williams_get_optimization_stats() IS
'statistics over this session''s calls of williams_calculate_space_bound and williams_optimize_batch_size with more than one operation; 1.0, 1.0, 0, 0.0 before the first';

CREATE FUNCTION williams_reset_stats() RETURNS void
	AS 'MODULE_PATHNAME', 'wl_reset_stats'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION williams_reset_stats() IS
'set the counters of williams_get_optimization_stats() back, in this session';

--
-- Score
--

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8 = 0.85) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8) IS
'0.85 + 0.15 * min(1, efficiency(num_fields) / 30), in [0.85, 1]; 1.0 for num_fields <= 1; base_confidence must be in [0, 1] (error 22023) and changes nothing';

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8, regime text) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier_regime'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8, text) IS
'the multiplier times the leverage of a regime, ''support'', ''exploration'' or ''balance'', clamped to [0.85, 1]; any other regime is error 22023';

CREATE FUNCTION williams_adjusted_confidence(num_fields bigint,
		base_confidence float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_adjusted_confidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_adjusted_confidence(bigint, float8) IS
'base_confidence times williams_confidence_multiplier(num_fields); error 22023 for a base outside [0, 1]';

CREATE FUNCTION williams_field_count(fields jsonb) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_field_count(jsonb) IS
'how many fields were extracted: scalars, at any depth, that are neither null nor blank strings';

CREATE FUNCTION williams_field_count(fields jsonb, expected text[]) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count_expected'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_field_count(jsonb, text[]) IS
'how many fields were extracted in and below the named top-level fields; a NULL name names nothing, and what is no object has no named field';

CREATE FUNCTION williams_ocr_engine(document text) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_engine(text) IS
'which engine''s result this is, by its shape: ''textract'', ''documentai'', ''azure'', ''mistral'', ''tesseract_tsv'', ''hocr'' or ''alto''; NULL for none of them';

CREATE FUNCTION williams_ocr_engine(document jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_ocr_engine(jsonb) IS
'which engine''s result this is, by its shape: ''textract'', ''documentai'', ''azure'' or ''mistral''; NULL for none of them';

CREATE FUNCTION williams_ocr_fields(document jsonb, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 30;
COMMENT ON FUNCTION williams_ocr_fields(jsonb, text) IS
'the fields of an engine''s result as rows, confidence in 0..1; a field without a value has NULL for it and for its confidence; document counts from 1, NULL where an answer of several does not say which; error 22023 for a document that is no result of the engine, or with ''auto'' of any, or of one but known in part only';

CREATE FUNCTION williams_ocr_fields(document text, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 200;
COMMENT ON FUNCTION williams_ocr_fields(text, text) IS
'the same of JSON as text, and of Tesseract''s TSV, hOCR and ALTO, of which a row is a word (in hOCR a line that has none) and field is NULL; errors as for jsonb, and 22P02 for JSON that is none';

CREATE FUNCTION williams_ocr_document(document jsonb, engine text = 'auto',
		OUT engine text, OUT fields jsonb, OUT confidence jsonb)
	AS 'MODULE_PATHNAME', 'wl_ocr_document'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_document(jsonb, text) IS
'the fields of an engine''s result as two objects by name, of values and of confidences; a repeated name becomes name, name.2, ..., and a name in the second of several documents name.2; null where there is none; errors as williams_ocr_fields';

CREATE TYPE williams_field_score AS (
	overall float8,
	multiplier float8,
	num_fields bigint,
	script text,
	review text[],
	scores jsonb
);
COMMENT ON TYPE williams_field_score IS
'what williams_score_fields says of a document: the mean of its scores, the multiplier that is in them, how many expected fields are present, the script, the fields to be looked at, and name -> score';

CREATE FUNCTION williams_score_fields(fields jsonb, rules jsonb,
		confidence jsonb = NULL, script text = NULL) RETURNS williams_field_score
	AS 'MODULE_PATHNAME', 'wl_score_fields'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_score_fields(jsonb, jsonb, jsonb, text) IS
'the score of each field that the rules of a document type expect; NULL fields are all missing, NULL confidence and script are 0.85 and detected, NULL rules give NULL; error 22023 for malformed rules, a confidence that is no number in [0, 1] and another script than ''arabic'', ''cjk'' or ''latin''';

CREATE TABLE williams_profile (
	name text PRIMARY KEY,
	rules jsonb NOT NULL
);
COMMENT ON TABLE williams_profile IS
'the rules of document types of your own, by name; dumped';
COMMENT ON COLUMN williams_profile.name IS
'what the trigger''s argument profile= names, before a shipped one of that name';
COMMENT ON COLUMN williams_profile.rules IS
'what williams_score_fields takes: fields, checks, threshold; error 22023 where it is malformed';

SELECT pg_catalog.pg_extension_config_dump('williams_profile'::pg_catalog.regclass, ''::pg_catalog.text);

CREATE FUNCTION williams_check_profile() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_check_profile'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_check_profile() IS
'trigger of williams_profile: error 22023 that names the key at fault for malformed rules';

CREATE TRIGGER williams_profile_check
	BEFORE INSERT OR UPDATE ON williams_profile
	FOR EACH ROW EXECUTE FUNCTION williams_check_profile();

-- the tables of a trusted extension belong to the bootstrap superuser
GRANT SELECT ON williams_profile TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON williams_profile TO @extowner@ WITH GRANT OPTION;

-- A view, for it is the same in every database: neither dumped nor replicated.
CREATE VIEW williams_shipped_profile (name, rules) AS VALUES
('passport'::pg_catalog.text, '{
	"fields": {"surname": null, "given_names": null, "passport_number": "alphanumeric",
		"nationality": null, "date_of_birth": "date", "place_of_birth": null, "sex": null,
		"date_of_issue": "date", "date_of_expiry": "date", "issuing_authority": null,
		"mrz_line1": null, "mrz_line2": null},
	"checks": [
		{"check": "ordered", "fields": ["date_of_birth", "date_of_issue", "date_of_expiry"], "factor": 0.5},
		{"check": "length", "fields": ["mrz_line1", "mrz_line2"], "length": 44, "factor": 0.7},
		{"check": "mrz", "fields": ["mrz_line1", "mrz_line2"], "factor": 0.5}],
	"threshold": 0.80}'::pg_catalog.jsonb),
('employment_contract', '{
	"fields": {"job_title": null, "employer_name": null, "employer_kvk": "alphanumeric",
		"start_date": "date", "salary_amount": "number", "salary_currency": null,
		"contract_duration": null, "work_location": null, "working_hours": "number"},
	"checks": [
		{"check": "range", "fields": ["salary_amount"], "min": 1000, "max": 20000, "factor": 0.8},
		{"check": "pattern", "fields": ["employer_kvk"], "pattern": "^\\d{8}$", "factor": 0.6}],
	"threshold": 0.80}'),
('diploma', '{
	"fields": {"degree_type": null, "field_of_study": null, "institution_name": null,
		"graduation_date": "date", "country": null, "grade": null},
	"threshold": 0.80}'),
('permit', '{
	"fields": {"permit_number": "alphanumeric", "permit_type": null, "permit_subtype": null,
		"parcel": "alphanumeric", "date_entered": "date", "construction_cost": "number",
		"address": null, "city": null, "state": null, "zip": null, "contact": null},
	"threshold": 0.80}');
COMMENT ON VIEW williams_shipped_profile IS
'the rules of document types that come with the extension, by name; one of your own of that name, in williams_profile, is taken instead';
COMMENT ON COLUMN williams_shipped_profile.name IS
'what the trigger''s argument profile= names';
COMMENT ON COLUMN williams_shipped_profile.rules IS
'what williams_score_fields takes: fields, checks, threshold';
GRANT SELECT ON williams_shipped_profile TO PUBLIC;

CREATE FUNCTION williams_score_ocr() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_score_ocr'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_score_ocr() IS
'BEFORE INSERT OR UPDATE trigger, FOR EACH ROW, that scores an OCR result; arguments: fields=, confidence= (both required), base=, base_value=, engine_confidence=, profile=, num_fields=, multiplier=, review=, threshold=';

--
-- Plan
--

CREATE FUNCTION williams_batch_size(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_batch_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_batch_size(bigint, float8, float8) IS
'min(bound, trunc(memory / item), total_items), at least 1: a batch of that many items keeps to the budget; error 22023 for an item over the budget';

CREATE FUNCTION williams_plan_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'wl_plan_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_plan_support(internal) IS
'planner support: the number of rows of williams_plan';

CREATE FUNCTION williams_plan(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0,
		OUT batch_no bigint, OUT first_item bigint, OUT last_item bigint,
		OUT items bigint, OUT memory_mb float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_plan'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1 ROWS 1000
	SUPPORT williams_plan_support;
COMMENT ON FUNCTION williams_plan(bigint, float8, float8) IS
'the fewest batches of at most williams_batch_size items, balanced: sizes differ by at most 1; items are numbered from 1; no row for 0 items';

CREATE FUNCTION williams_batch_no_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'wl_batch_no_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_batch_no_support(internal) IS
'planner support: williams_batch_no never falls, so that WHERE batch_no <= n ends the scan';

CREATE FUNCTION williams_batch_no(item_mb float8, available_memory_mb float8,
		max_items bigint = NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_batch_no'
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1
	SUPPORT williams_batch_no_support;
COMMENT ON FUNCTION williams_batch_no(float8, float8, bigint) IS
'window function: the row''s batch, from 1, by greedy packing in window order, never over the budget nor over max_items; a NULL weight counts 0; error 22023 for a negative or infinite weight and for one over the budget';

CREATE FUNCTION williams_row_mb(VARIADIC "any") RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_row_mb'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_row_mb("any") IS
'the memory in MB that the values take once they are read, uncompressed, without reading them; NULL counts 0';

CREATE FUNCTION williams_plan_table(relation regclass,
		available_memory_mb float8, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		OUT batch_no bigint, OUT lower_key text, OUT upper_key text,
		OUT items bigint, OUT memory_mb float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_plan_table'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
COMMENT ON FUNCTION williams_plan_table(regclass, float8, text, name, text, bigint, boolean) IS
'batches over a table by ranges of keys, both inclusive, in order: never over the budget nor over max_items but for a key that alone is (a warning; with strict an error); item_mb is an SQL expression over the row, NULL its size in memory; key_column NULL is the first of the primary key; method exact reads the keys once, ctid cuts block ranges by estimates and promises nothing; max_items NULL is the bound of the estimated rows; error 22023 for a negative or infinite weight, 22004 for a null key';

CREATE TYPE williams_workload_state;

CREATE FUNCTION williams_workload_state_in(cstring) RETURNS williams_workload_state
	AS 'MODULE_PATHNAME', 'wl_workload_state_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_state_in(cstring) IS 'I/O';

CREATE FUNCTION williams_workload_state_out(williams_workload_state) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_workload_state_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_state_out(williams_workload_state) IS 'I/O';

CREATE FUNCTION williams_workload_state_recv(internal) RETURNS williams_workload_state
	AS 'MODULE_PATHNAME', 'wl_workload_state_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_state_recv(internal) IS 'I/O';

CREATE FUNCTION williams_workload_state_send(williams_workload_state) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_workload_state_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_state_send(williams_workload_state) IS 'I/O';

CREATE TYPE williams_workload_state (
	INPUT = williams_workload_state_in,
	OUTPUT = williams_workload_state_out,
	RECEIVE = williams_workload_state_recv,
	SEND = williams_workload_state_send,
	INTERNALLENGTH = 40,
	ALIGNMENT = double
);
COMMENT ON TYPE williams_workload_state IS
'transition state of williams_workload: (items, budget, max_item, total, what rounding took from total)';

CREATE TYPE williams_workload_result AS (
	items bigint,
	total_mb float8,
	max_item_mb float8,
	space_bound float8,
	efficiency float8,
	batch_size bigint,
	batches bigint,
	peak_mb float8
);
COMMENT ON TYPE williams_workload_result IS
'what williams_workload says of a set of rows; peak_mb = batch_size * max_item_mb, the most that a batch can hold';

CREATE FUNCTION williams_workload_accum(williams_workload_state,
		item_mb float8, available_memory_mb float8) RETURNS williams_workload_state
	AS 'MODULE_PATHNAME', 'wl_workload_accum'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_accum(williams_workload_state, float8, float8) IS
'transition function of williams_workload';

CREATE FUNCTION williams_workload_combine(williams_workload_state,
		williams_workload_state) RETURNS williams_workload_state
	AS 'MODULE_PATHNAME', 'wl_workload_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_combine(williams_workload_state, williams_workload_state) IS
'combine function of williams_workload';

CREATE FUNCTION williams_workload_final(williams_workload_state)
		RETURNS williams_workload_result
	AS 'MODULE_PATHNAME', 'wl_workload_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_workload_final(williams_workload_state) IS
'final function of williams_workload';

CREATE AGGREGATE williams_workload(item_mb float8, available_memory_mb float8) (
	SFUNC = williams_workload_accum,
	STYPE = williams_workload_state,
	SSPACE = 40,
	FINALFUNC = williams_workload_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_workload_combine,
	INITCOND = '(0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_workload(float8, float8) IS
'what processing the rows under a memory budget takes: batch_size = min(bound, trunc(budget / max_item_mb), items), at least 1; a NULL weight counts 0; error 22023 for a negative or infinite weight and for a second budget, 22004 for a NULL one';

--
-- Run
--

-- Roles and relations by OID: their names are looked up when they are shown, not when
-- a row arrives by replication where they may not exist.
CREATE TABLE williams_task (
	owner oid NOT NULL,
	name text NOT NULL CHECK (pg_catalog.octet_length(name) OPERATOR(pg_catalog.<) 64),
	relation oid NOT NULL,
	statement text NOT NULL,
	search_path text NOT NULL,
	available_memory_mb float8 NOT NULL,
	item_mb text,
	key_column name NOT NULL,
	key_order text NOT NULL,
	method text NOT NULL,
	max_items bigint,
	strict boolean NOT NULL,
	max_attempts int NOT NULL CHECK (max_attempts OPERATOR(pg_catalog.>=) 1),
	time_limit_ms int CHECK (time_limit_ms OPERATOR(pg_catalog.>=) 0),
	pause_ms int NOT NULL CHECK (pause_ms OPERATOR(pg_catalog.>=) 0),
	throttle text,
	filenode oid,
	first_pending bigint NOT NULL DEFAULT 1,
	stopped boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (owner, name)
) WITH (fillfactor = 50);	-- first_pending moves often
COMMENT ON TABLE williams_task IS
'a plan over a table and the statement to be run for each of its batches; each role sees its own; not dumped by pg_dump';
COMMENT ON COLUMN williams_task.owner IS 'OID of the role that made it: it alone runs it, and its rights hold';
COMMENT ON COLUMN williams_task.name IS 'unique for its owner, at most 63 bytes';
COMMENT ON COLUMN williams_task.relation IS 'OID of the table that the batches are of';
COMMENT ON COLUMN williams_task.statement IS 'one SQL statement, with a batch''s bounds as $1 and $2';
COMMENT ON COLUMN williams_task.search_path IS 'of the session that made the task, in force whenever its statement runs';
COMMENT ON COLUMN williams_task.available_memory_mb IS 'the memory budget of a batch, in MB';
COMMENT ON COLUMN williams_task.item_mb IS 'SQL expression for the MB of a row; NULL is the sizes of its columns';
COMMENT ON COLUMN williams_task.key_column IS 'the column that $1 and $2 bound; ctid with method ctid';
COMMENT ON COLUMN williams_task.key_order IS 'its operator family, type and collation when it was planned';
COMMENT ON COLUMN williams_task.method IS 'exact or ctid, as of williams_plan_table';
COMMENT ON COLUMN williams_task.max_items IS 'as given; NULL is williams_plan_table''s default';
COMMENT ON COLUMN williams_task.strict IS 'as given';
COMMENT ON COLUMN williams_task.max_attempts IS 'how often a batch is tried that fails for a passing reason';
COMMENT ON COLUMN williams_task.time_limit_ms IS 'milliseconds that one execution of the statement may take, its waits for locks included; NULL or 0 is no limit';
COMMENT ON COLUMN williams_task.pause_ms IS 'milliseconds between two batches of one session or worker';
COMMENT ON COLUMN williams_task.throttle IS 'boolean SQL expression: no batch is taken while it is true';
COMMENT ON COLUMN williams_task.filenode IS 'with method ctid: the relation''s file when it was planned';
COMMENT ON COLUMN williams_task.first_pending IS 'no batch below this number is pending: a session looks for one from here on';
COMMENT ON COLUMN williams_task.stopped IS 'no batch is taken until the next williams_run or williams_launch';
COMMENT ON COLUMN williams_task.created_at IS 'when it was made';

CREATE TABLE williams_batch (
	owner oid NOT NULL,
	task text NOT NULL,
	batch_no bigint NOT NULL,
	lower_key text NOT NULL,
	upper_key text NOT NULL,
	below_key text,
	items bigint NOT NULL,
	memory_mb float8 NOT NULL,
	state text NOT NULL DEFAULT 'pending'
		CHECK (state OPERATOR(pg_catalog.=) ANY (ARRAY['pending', 'done', 'failed'])),
	attempts int NOT NULL DEFAULT 0,
	rows bigint,
	started_at timestamptz,
	finished_at timestamptz,
	duration_ms float8,
	ready_at timestamptz,
	sqlstate text,
	message text,
	PRIMARY KEY (owner, task, batch_no),
	FOREIGN KEY (owner, task) REFERENCES williams_task
) WITH (fillfactor = 70);	-- what is marked stays in its page, and its index entry with it
COMMENT ON TABLE williams_batch IS
'the batches of each task and what became of them; each role sees its own; not dumped by pg_dump';
COMMENT ON COLUMN williams_batch.owner IS 'the task''s, by OID';
COMMENT ON COLUMN williams_batch.task IS 'the task''s name';
COMMENT ON COLUMN williams_batch.batch_no IS 'from 1 in the order of the keys; what is split off a batch is numbered on from the last';
COMMENT ON COLUMN williams_batch.lower_key IS 'the first key, inclusive, as text that is the same in every session';
COMMENT ON COLUMN williams_batch.upper_key IS 'the last key, inclusive';
COMMENT ON COLUMN williams_batch.below_key IS
'of the lower part of a batch that was split: the first key of the upper part; keys below it that came after the split are processed with this one; else NULL';
COMMENT ON COLUMN williams_batch.items IS 'rows when it was planned or split; an estimate with method ctid';
COMMENT ON COLUMN williams_batch.memory_mb IS 'their MB';
COMMENT ON COLUMN williams_batch.state IS 'pending, done or failed; a batch that is running is pending until its transaction ends';
COMMENT ON COLUMN williams_batch.attempts IS 'executions of the statement for these bounds that ended';
COMMENT ON COLUMN williams_batch.rows IS 'rows that the statement processed; NULL until the batch is done';
COMMENT ON COLUMN williams_batch.started_at IS 'of the last execution';
COMMENT ON COLUMN williams_batch.finished_at IS 'of the last execution';
COMMENT ON COLUMN williams_batch.duration_ms IS 'of the last execution, in milliseconds';
COMMENT ON COLUMN williams_batch.ready_at IS 'when a pending batch that failed may be tried again';
COMMENT ON COLUMN williams_batch.sqlstate IS 'why the last execution failed; NULL once done';
COMMENT ON COLUMN williams_batch.message IS 'of that error, at most 8 kB of it';

-- Only the extension's functions write to these tables; each role reads its own rows.
ALTER TABLE williams_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE williams_batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY williams_owner ON williams_task
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
CREATE POLICY williams_owner ON williams_batch
	USING (owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
		pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid);
COMMENT ON POLICY williams_owner ON williams_task IS 'each role its own';
COMMENT ON POLICY williams_owner ON williams_batch IS 'each role its own';
GRANT SELECT ON williams_task, williams_batch TO PUBLIC;

CREATE FUNCTION williams_drop_replicated() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_drop_replicated'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1;
COMMENT ON FUNCTION williams_drop_replicated() IS
'trigger of williams_task and williams_batch: a change that arrives by logical replication is dropped';

CREATE TRIGGER williams_task_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_task
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
CREATE TRIGGER williams_batch_local
	BEFORE INSERT OR UPDATE OR DELETE ON williams_batch
	FOR EACH ROW EXECUTE FUNCTION williams_drop_replicated();
ALTER TABLE williams_task ENABLE REPLICA TRIGGER williams_task_local;
ALTER TABLE williams_batch ENABLE REPLICA TRIGGER williams_batch_local;

-- What is running holds the lock of its transaction, whose number its claim left in xmax.
-- So does williams_drop_task, under the task's own lock: that runs nothing.
CREATE VIEW williams_progress WITH (security_barrier) AS
	SELECT coalesce(r.rolname, pg_catalog.format('dropped role %s'::pg_catalog.text, t.owner)::pg_catalog.name) AS owner,
		t.name AS task,
		CASE WHEN b.running OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'running'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 AND t.stopped THEN 'stopped'
			WHEN b.pending OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'pending'
			WHEN b.failed OPERATOR(pg_catalog.>) 0::pg_catalog.int8 THEN 'failed'
			ELSE 'done' END AS state,
		b.batches, b.done, b.failed, b.running, b.rows,
		CASE WHEN b.items OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
				THEN 100.0::pg_catalog.float8 OPERATOR(pg_catalog.*) b.done_items OPERATOR(pg_catalog./) b.items
			WHEN b.done OPERATOR(pg_catalog.=) b.batches THEN 100.0::pg_catalog.float8
			ELSE 0.0::pg_catalog.float8 END AS percent,
		CASE WHEN b.busy_s OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
			THEN b.rows::pg_catalog.float8 OPERATOR(pg_catalog./) b.busy_s
				OPERATOR(pg_catalog.*) greatest(b.running, 1::pg_catalog.int8)::pg_catalog.float8
			END AS rows_per_s,
		CASE WHEN b.running OPERATOR(pg_catalog.>) 0::pg_catalog.int8
				AND b.done_items OPERATOR(pg_catalog.>) 0.0::pg_catalog.float8
			THEN pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs =>
				b.busy_s OPERATOR(pg_catalog./) b.done_items OPERATOR(pg_catalog.*) b.pending_items
				OPERATOR(pg_catalog./) b.running::pg_catalog.float8) END AS eta,
		b.started_at, b.updated_at
	FROM williams_task t LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) t.owner,
	LATERAL (
		SELECT pg_catalog.count(*) AS batches,
			pg_catalog.count(*) FILTER (WHERE s.done) AS done,
			pg_catalog.count(*) FILTER (WHERE s.failed) AS failed,
			pg_catalog.count(*) FILTER (WHERE s.pending) AS pending,
			pg_catalog.count(*) FILTER (WHERE s.pending AND w.xmax OPERATOR(pg_catalog.=) ANY (
				SELECT transactionid FROM pg_catalog.pg_locks
				WHERE locktype OPERATOR(pg_catalog.=) 'transactionid'::pg_catalog.text AND granted
				AND NOT virtualtransaction OPERATOR(pg_catalog.=) ANY (
					SELECT virtualtransaction FROM pg_catalog.pg_locks
					WHERE classid OPERATOR(pg_catalog.=) 'williams_task'::pg_catalog.regclass::pg_catalog.oid
					AND mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text
					AND granted))) AS running,
			coalesce(pg_catalog.sum(w.rows), 0::pg_catalog.numeric)::pg_catalog.int8 AS rows,
			pg_catalog.sum(w.items)::pg_catalog.float8 AS items,
			coalesce(pg_catalog.sum(w.items) FILTER (WHERE s.done), 0::pg_catalog.numeric)::pg_catalog.float8 AS done_items,
			coalesce(pg_catalog.sum(w.items) FILTER (WHERE s.pending), 0::pg_catalog.numeric)::pg_catalog.float8 AS pending_items,
			pg_catalog.sum(w.duration_ms) FILTER (WHERE s.done)
				OPERATOR(pg_catalog./) 1000.0::pg_catalog.float8 AS busy_s,
			pg_catalog.min(w.started_at) AS started_at, pg_catalog.max(w.finished_at) AS updated_at
		FROM williams_batch w, LATERAL (SELECT
			w.state OPERATOR(pg_catalog.=) 'done'::pg_catalog.text AS done,
			w.state OPERATOR(pg_catalog.=) 'failed'::pg_catalog.text AS failed,
			w.state OPERATOR(pg_catalog.=) 'pending'::pg_catalog.text AS pending) s
		WHERE w.owner OPERATOR(pg_catalog.=) t.owner AND w.task OPERATOR(pg_catalog.=) t.name) b
	WHERE t.owner OPERATOR(pg_catalog.=) pg_catalog.to_regrole(
			pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text))::pg_catalog.oid
		OR pg_catalog.pg_has_role(CURRENT_USER, 'pg_monitor'::pg_catalog.name, 'USAGE'::pg_catalog.text);
COMMENT ON VIEW williams_progress IS
'how far each task is, derived from its batches: a role sees its own, members of pg_monitor all';
COMMENT ON COLUMN williams_progress.owner IS 'the role that made the task; "dropped role" and its OID if it is gone';
COMMENT ON COLUMN williams_progress.task IS 'its name';
COMMENT ON COLUMN williams_progress.state IS
'running while a batch is; else stopped or pending while there are batches to be taken; else failed if one failed; else done';
COMMENT ON COLUMN williams_progress.batches IS 'how many there are; a split adds one';
COMMENT ON COLUMN williams_progress.done IS 'batches done';
COMMENT ON COLUMN williams_progress.failed IS 'batches failed';
COMMENT ON COLUMN williams_progress.running IS 'batches that a session or worker is executing';
COMMENT ON COLUMN williams_progress.rows IS 'rows that the statement processed in the batches done';
COMMENT ON COLUMN williams_progress.percent IS 'the share of the planned items that is done, 0 to 100';
COMMENT ON COLUMN williams_progress.rows_per_s IS
'rows over the time that batches took, times how many run at a time; NULL before the first is done';
COMMENT ON COLUMN williams_progress.eta IS 'when what is pending will be done at this speed; NULL where nothing runs';
COMMENT ON COLUMN williams_progress.started_at IS 'when the first execution began';
COMMENT ON COLUMN williams_progress.updated_at IS 'when the last one ended';
GRANT SELECT ON williams_progress TO PUBLIC;

CREATE FUNCTION williams_create_task(name text, relation regclass, statement text,
		available_memory_mb float8, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		max_attempts int = 3, time_limit_ms int = NULL, pause_ms int = 0,
		throttle text = NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_create_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION williams_create_task(text, regclass, text, float8, text, name, text, bigint,
	boolean, int, int, int, text) IS
'plan a table as williams_plan_table does, store the batches with a statement to be run for each, $1 and $2 its bounds, and return their number; errors: 42710 for a name in use, 42601 and 22023 for a statement that cannot be run so, and those of williams_plan_table';

CREATE FUNCTION williams_alter_task(task text, statement text = NULL, throttle text = NULL,
		pause_ms int = NULL, time_limit_ms int = NULL, max_attempts int = NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_alter_task'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_alter_task(text, text, text, int, int, int) IS
'change these options of a task, from the next batch on; NULL leaves one as it is, throttle ''false'' and time_limit_ms 0 switch theirs off; what was planned (relation, key, budget, max_items) cannot be changed: drop the task and create it anew; errors as those of williams_create_task, 42704 for no task of the current role';

CREATE FUNCTION williams_drop_task(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_drop_task'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_drop_task(text) IS
'forget a task and its batches, once those running have ended; error 42704 for no task of the current role';

CREATE FUNCTION williams_run_batch(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_run_batch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_run_batch(text) IS
'take a pending batch, run the task''s statement for it and mark it, in this transaction; its number, failed or not; NULL when none can be taken now';

CREATE PROCEDURE williams_run(task text)
	AS 'MODULE_PATHNAME', 'wl_run'
	LANGUAGE C;
COMMENT ON PROCEDURE williams_run(text) IS
'run the batches of a task one after the other, a transaction each, until none can be taken; NOTICEs say how far it is, a WARNING what failed; error 2D000 inside a transaction block';

CREATE FUNCTION williams_launch(task text, workers int = 1) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_launch'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_launch(text, int) IS
'run a task in background workers, which begin once this transaction commits; returns how many were started; errors: 53400 when there is room for none, 0A000 for a temporary table, 28000 for a role without LOGIN';
REVOKE EXECUTE ON FUNCTION williams_launch(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION williams_launch(text, int) TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION williams_stop(task text) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_stop'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION williams_stop(text) IS
'once this transaction commits no further batch is taken until the next williams_run or williams_launch; those running go on to their end';

CREATE FUNCTION williams_retry(task text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_retry'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION williams_retry(text) IS
'make the failed batches of a task pending; returns their number';

--
-- Report
--

CREATE TYPE williams_efficiency_state;

CREATE FUNCTION williams_efficiency_state_in(cstring) RETURNS williams_efficiency_state
	AS 'MODULE_PATHNAME', 'wl_efficiency_state_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_state_in(cstring) IS 'I/O';

CREATE FUNCTION williams_efficiency_state_out(williams_efficiency_state) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_efficiency_state_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_state_out(williams_efficiency_state) IS 'I/O';

CREATE FUNCTION williams_efficiency_state_recv(internal) RETURNS williams_efficiency_state
	AS 'MODULE_PATHNAME', 'wl_efficiency_state_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_state_recv(internal) IS 'I/O';

CREATE FUNCTION williams_efficiency_state_send(williams_efficiency_state) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_efficiency_state_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_state_send(williams_efficiency_state) IS 'I/O';

CREATE TYPE williams_efficiency_state (
	INPUT = williams_efficiency_state_in,
	OUTPUT = williams_efficiency_state_out,
	RECEIVE = williams_efficiency_state_recv,
	SEND = williams_efficiency_state_send,
	INTERNALLENGTH = 64,
	ALIGNMENT = double
);
COMMENT ON TYPE williams_efficiency_state IS
'transition state of williams_efficiency: (operations, total time / 2^32, total time mod 2^32, greatest efficiency, sum of efficiencies and what rounding took from it, sum of bounds and what rounding took from it)';

CREATE TYPE williams_efficiency_result AS (
	operation_count bigint,
	average_efficiency float8,
	max_efficiency float8,
	total_space_saved float8,
	total_time_complexity numeric,
	total_space_bound float8
);
COMMENT ON TYPE williams_efficiency_result IS
'what williams_efficiency says of a set of rows';

CREATE FUNCTION williams_efficiency_accum(williams_efficiency_state,
		time_complexity bigint) RETURNS williams_efficiency_state
	AS 'MODULE_PATHNAME', 'wl_efficiency_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_accum(williams_efficiency_state, bigint) IS
'transition function of williams_efficiency';

CREATE FUNCTION williams_efficiency_combine(williams_efficiency_state,
		williams_efficiency_state) RETURNS williams_efficiency_state
	AS 'MODULE_PATHNAME', 'wl_efficiency_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_combine(williams_efficiency_state, williams_efficiency_state) IS
'combine function of williams_efficiency';

CREATE FUNCTION williams_efficiency_final(williams_efficiency_state)
		RETURNS williams_efficiency_result
	AS 'MODULE_PATHNAME', 'wl_efficiency_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_final(williams_efficiency_state) IS
'final function of williams_efficiency';

CREATE AGGREGATE williams_efficiency(time_complexity bigint) (
	SFUNC = williams_efficiency_accum,
	STYPE = williams_efficiency_state,
	SSPACE = 64,
	FINALFUNC = williams_efficiency_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_efficiency_combine,
	INITCOND = '(0,0,0,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_efficiency(bigint) IS
'the statistics of williams_get_optimization_stats() over any set of rows, and their totals; NULL, 0 and 1 are no operations; 0, 1.0, 1.0, 0, 0, 0 over none; error 22023 for a negative number';

CREATE TYPE williams_scorecard;

CREATE FUNCTION williams_scorecard_in(cstring) RETURNS williams_scorecard
	AS 'MODULE_PATHNAME', 'wl_scorecard_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_in(cstring) IS 'I/O';

CREATE FUNCTION williams_scorecard_out(williams_scorecard) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_scorecard_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_out(williams_scorecard) IS 'I/O';

CREATE FUNCTION williams_scorecard_recv(internal) RETURNS williams_scorecard
	AS 'MODULE_PATHNAME', 'wl_scorecard_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_recv(internal) IS 'I/O';

CREATE FUNCTION williams_scorecard_send(williams_scorecard) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_scorecard_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_send(williams_scorecard) IS 'I/O';

CREATE TYPE williams_scorecard (
	INPUT = williams_scorecard_in,
	OUTPUT = williams_scorecard_out,
	RECEIVE = williams_scorecard_recv,
	SEND = williams_scorecard_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE williams_scorecard IS
'a summary of confidences, mergeable without loss: count, mean, deviation, extremes, and a histogram of 200 bins of 0.005. Text: (version, min, max, sum in 2 words of steps of 2^-62, sum of squares in 3 words of steps of 2^-124, low words first, bin:count, ...)';

CREATE TYPE williams_scorecard_state;

CREATE FUNCTION williams_scorecard_state_in(cstring) RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_state_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_state_in(cstring) IS 'I/O';

CREATE FUNCTION williams_scorecard_state_out(williams_scorecard_state) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_scorecard_state_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_state_out(williams_scorecard_state) IS 'I/O';

CREATE FUNCTION williams_scorecard_state_recv(internal) RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_state_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_state_recv(internal) IS 'I/O';

CREATE FUNCTION williams_scorecard_state_send(williams_scorecard_state) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_scorecard_state_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_state_send(williams_scorecard_state) IS 'I/O';

CREATE TYPE williams_scorecard_state (
	INPUT = williams_scorecard_state_in,
	OUTPUT = williams_scorecard_state_out,
	RECEIVE = williams_scorecard_state_recv,
	SEND = williams_scorecard_state_send,
	INTERNALLENGTH = 1664,
	ALIGNMENT = double
);
COMMENT ON TYPE williams_scorecard_state IS
'transition state of williams_scorecard_agg: a scorecard, dense';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state, confidence float8)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, float8) IS
'transition function of williams_scorecard_agg';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state,
		num_fields bigint, base_confidence float8)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum_adjusted'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, bigint, float8) IS
'transition function of williams_scorecard_agg of adjusted confidences';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state, williams_scorecard)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum_rollup'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, williams_scorecard) IS
'transition function of williams_rollup: adds a stored summary to the state';

CREATE FUNCTION williams_scorecard_combine(williams_scorecard_state, williams_scorecard_state)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_combine(williams_scorecard_state, williams_scorecard_state) IS
'combine function of williams_scorecard_agg and williams_rollup';

CREATE FUNCTION williams_scorecard_final(williams_scorecard_state)
		RETURNS williams_scorecard
	AS 'MODULE_PATHNAME', 'wl_scorecard_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_final(williams_scorecard_state) IS
'final function of williams_scorecard_agg and williams_rollup';

CREATE AGGREGATE williams_scorecard_agg(confidence float8) (
	SFUNC = williams_scorecard_accum,
	STYPE = williams_scorecard_state,
	SSPACE = 1664,
	FINALFUNC = williams_scorecard_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_scorecard_combine,
	INITCOND = '(1,0,0,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_scorecard_agg(float8) IS
'the scorecard of confidences; NULL is none; error 22023 for one outside [0, 1]';

CREATE AGGREGATE williams_scorecard_agg(num_fields bigint, base_confidence float8) (
	SFUNC = williams_scorecard_accum,
	STYPE = williams_scorecard_state,
	SSPACE = 1664,
	FINALFUNC = williams_scorecard_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_scorecard_combine,
	INITCOND = '(1,0,0,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_scorecard_agg(bigint, float8) IS
'the scorecard of williams_adjusted_confidence(num_fields, base_confidence); a row with a NULL is none; error 22023 for a negative number or a base outside [0, 1]';

CREATE AGGREGATE williams_rollup(scorecard williams_scorecard) (
	SFUNC = williams_scorecard_accum,
	STYPE = williams_scorecard_state,
	SSPACE = 1664,
	FINALFUNC = williams_scorecard_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_scorecard_combine,
	INITCOND = '(1,0,0,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_rollup(williams_scorecard) IS
'the scorecard of all values of many scorecards; NULL is none';

CREATE FUNCTION williams_scorecard_add(williams_scorecard, williams_scorecard)
		RETURNS williams_scorecard
	AS 'MODULE_PATHNAME', 'wl_scorecard_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_scorecard_add(williams_scorecard, williams_scorecard) IS
'the scorecard of both: a + b; error 22003 for more than 2^63 - 1 values';

CREATE OPERATOR + (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (williams_scorecard, williams_scorecard) IS
'the scorecard of both';

CREATE FUNCTION williams_scorecard_eq(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_eq(williams_scorecard, williams_scorecard) IS 'a = b, by bytes';

CREATE FUNCTION williams_scorecard_ne(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_ne(williams_scorecard, williams_scorecard) IS 'a <> b, by bytes';

CREATE FUNCTION williams_scorecard_lt(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_lt(williams_scorecard, williams_scorecard) IS 'a < b, by bytes';

CREATE FUNCTION williams_scorecard_le(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_le(williams_scorecard, williams_scorecard) IS 'a <= b, by bytes';

CREATE FUNCTION williams_scorecard_ge(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_ge(williams_scorecard, williams_scorecard) IS 'a >= b, by bytes';

CREATE FUNCTION williams_scorecard_gt(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_gt(williams_scorecard, williams_scorecard) IS 'a > b, by bytes';

CREATE FUNCTION williams_scorecard_cmp(williams_scorecard, williams_scorecard) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_scorecard_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_cmp(williams_scorecard, williams_scorecard) IS
'less than 0, 0 or more: the order of bytes';

CREATE FUNCTION williams_scorecard_sortsupport(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_scorecard_sortsupport'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_sortsupport(internal) IS
'sort support: the order of bytes';

CREATE FUNCTION williams_scorecard_hash(williams_scorecard) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_scorecard_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_hash(williams_scorecard) IS
'hash of the bytes';

CREATE FUNCTION williams_scorecard_hash_extended(williams_scorecard, seed bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_scorecard_hash_extended'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_hash_extended(williams_scorecard, bigint) IS
'hash of the bytes, 64 bits, with a seed';

CREATE OPERATOR = (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (williams_scorecard, williams_scorecard) IS
'the same scorecard: equal bytes are equal summaries';

CREATE OPERATOR <> (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR <> (williams_scorecard, williams_scorecard) IS
'another scorecard';

CREATE OPERATOR < (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR < (williams_scorecard, williams_scorecard) IS
'less by bytes, an order to sort and to index by that says nothing of the values';

CREATE OPERATOR <= (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR <= (williams_scorecard, williams_scorecard) IS
'less or equal by bytes';

CREATE OPERATOR >= (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR >= (williams_scorecard, williams_scorecard) IS
'greater or equal by bytes';

CREATE OPERATOR > (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR > (williams_scorecard, williams_scorecard) IS
'greater by bytes';

CREATE OPERATOR CLASS williams_scorecard_ops DEFAULT FOR TYPE williams_scorecard USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 williams_scorecard_cmp(williams_scorecard, williams_scorecard),
	FUNCTION 2 williams_scorecard_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(pg_catalog.oid);
COMMENT ON OPERATOR CLASS williams_scorecard_ops USING btree IS
'by bytes: for ORDER BY, DISTINCT, merge joins and unique indexes, not an order of the values';
COMMENT ON OPERATOR FAMILY williams_scorecard_ops USING btree IS 'by bytes';

CREATE OPERATOR CLASS williams_scorecard_ops DEFAULT FOR TYPE williams_scorecard USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 williams_scorecard_hash(williams_scorecard),
	FUNCTION 2 williams_scorecard_hash_extended(williams_scorecard, bigint);
COMMENT ON OPERATOR CLASS williams_scorecard_ops USING hash IS
'by bytes: for GROUP BY, hash joins and indexes for =';
COMMENT ON OPERATOR FAMILY williams_scorecard_ops USING hash IS 'by bytes';

CREATE FUNCTION williams_count(scorecard williams_scorecard) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_count(williams_scorecard) IS
'how many confidences; 0 for an empty scorecard';

CREATE FUNCTION williams_average(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_average'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_average(williams_scorecard) IS
'their mean; NULL for an empty scorecard';

CREATE FUNCTION williams_stddev(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_stddev'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_stddev(williams_scorecard) IS
'their standard deviation, of a sample; NULL for fewer than two';

CREATE FUNCTION williams_min(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_min'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_min(williams_scorecard) IS
'the least; NULL for an empty scorecard';

CREATE FUNCTION williams_max(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_max'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_max(williams_scorecard) IS
'the greatest; NULL for an empty scorecard';

CREATE FUNCTION williams_quantile(scorecard williams_scorecard, q float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_quantile(williams_scorecard, float8) IS
'what percentile_disc(q) gives, within 0.005, between the extremes; NULL for an empty scorecard; error 22023 for q outside [0, 1]';

CREATE FUNCTION williams_share_below(scorecard williams_scorecard, x float8)
		RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_share_below'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_share_below(williams_scorecard, float8) IS
'the share of confidences less than x: exact where x is a multiple of 0.005 below 1, interpolated in the bin elsewhere; NULL for an empty scorecard; error 22023 for x outside [0, 1]';

CREATE FUNCTION williams_histogram(scorecard williams_scorecard, bins int = 20,
		OUT bin int, OUT lower float8, OUT upper float8, OUT count bigint)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_histogram'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 20;
COMMENT ON FUNCTION williams_histogram(williams_scorecard, int) IS
'the histogram in 1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100 or 200 bins, empty ones included, numbered from 1: lower <= confidence < upper, in the last one 1.0 too; error 22023 for bins that do not divide 200';

CREATE FUNCTION williams_to_jsonb(scorecard williams_scorecard) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_to_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_scorecard) IS
'count, average, stddev, min, median, max, and the histogram of 20 bins without the empty ones';

CREATE CAST (williams_scorecard AS jsonb) WITH FUNCTION williams_to_jsonb(williams_scorecard);
COMMENT ON CAST (williams_scorecard AS jsonb) IS
'what a scorecard says, by name';

CREATE TYPE williams_calibration;

CREATE FUNCTION williams_calibration_in(cstring) RETURNS williams_calibration
	AS 'MODULE_PATHNAME', 'wl_calibration_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_in(cstring) IS 'I/O';

CREATE FUNCTION williams_calibration_out(williams_calibration) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_calibration_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_out(williams_calibration) IS 'I/O';

CREATE FUNCTION williams_calibration_recv(internal) RETURNS williams_calibration
	AS 'MODULE_PATHNAME', 'wl_calibration_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_recv(internal) IS 'I/O';

CREATE FUNCTION williams_calibration_send(williams_calibration) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_calibration_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_send(williams_calibration) IS 'I/O';

CREATE TYPE williams_calibration (
	INPUT = williams_calibration_in,
	OUTPUT = williams_calibration_out,
	RECEIVE = williams_calibration_recv,
	SEND = williams_calibration_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE williams_calibration IS
'a summary of confidences and whether they were right, mergeable without loss, in 200 bins of 0.005. Text: (version, sum of the correct ones in 2 words of steps of 2^-62, sum of all squares in 3 words of steps of 2^-124, low words first, bin:count:correct:sum in 2 words, ...)';

CREATE TYPE williams_calibration_state;

CREATE FUNCTION williams_calibration_state_in(cstring) RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_state_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_state_in(cstring) IS 'I/O';

CREATE FUNCTION williams_calibration_state_out(williams_calibration_state) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_calibration_state_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_state_out(williams_calibration_state) IS 'I/O';

CREATE FUNCTION williams_calibration_state_recv(internal) RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_state_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_state_recv(internal) IS 'I/O';

CREATE FUNCTION williams_calibration_state_send(williams_calibration_state) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_calibration_state_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_state_send(williams_calibration_state) IS 'I/O';

CREATE TYPE williams_calibration_state (
	INPUT = williams_calibration_state_in,
	OUTPUT = williams_calibration_state_out,
	RECEIVE = williams_calibration_state_recv,
	SEND = williams_calibration_state_send,
	INTERNALLENGTH = 6448,
	ALIGNMENT = double
);
COMMENT ON TYPE williams_calibration_state IS
'transition state of williams_calibration_agg: a calibration, dense';

CREATE FUNCTION williams_calibration_accum(williams_calibration_state,
		confidence float8, correct boolean)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_calibration_accum(williams_calibration_state, float8, boolean) IS
'transition function of williams_calibration_agg';

CREATE FUNCTION williams_calibration_accum(williams_calibration_state, williams_calibration)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_accum_rollup'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_accum(williams_calibration_state, williams_calibration) IS
'transition function of williams_rollup: adds a stored summary to the state';

CREATE FUNCTION williams_calibration_combine(williams_calibration_state, williams_calibration_state)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_combine(williams_calibration_state, williams_calibration_state) IS
'combine function of williams_calibration_agg and williams_rollup';

CREATE FUNCTION williams_calibration_final(williams_calibration_state)
		RETURNS williams_calibration
	AS 'MODULE_PATHNAME', 'wl_calibration_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_final(williams_calibration_state) IS
'final function of williams_calibration_agg and williams_rollup';

CREATE AGGREGATE williams_calibration_agg(confidence float8, correct boolean) (
	SFUNC = williams_calibration_accum,
	STYPE = williams_calibration_state,
	SSPACE = 6448,
	FINALFUNC = williams_calibration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_calibration_combine,
	INITCOND = '(1,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_calibration_agg(float8, boolean) IS
'the calibration of confidences; a row with a NULL is no observation; error 22023 for a confidence outside [0, 1]';

CREATE AGGREGATE williams_rollup(calibration williams_calibration) (
	SFUNC = williams_calibration_accum,
	STYPE = williams_calibration_state,
	SSPACE = 6448,
	FINALFUNC = williams_calibration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_calibration_combine,
	INITCOND = '(1,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_rollup(williams_calibration) IS
'the calibration of all observations of many calibrations; NULL is none';

CREATE FUNCTION williams_calibration_add(williams_calibration, williams_calibration)
		RETURNS williams_calibration
	AS 'MODULE_PATHNAME', 'wl_calibration_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_calibration_add(williams_calibration, williams_calibration) IS
'the calibration of both: a + b; error 22003 for more than 2^63 - 1 values';

CREATE OPERATOR + (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (williams_calibration, williams_calibration) IS
'the calibration of both';

CREATE FUNCTION williams_calibration_eq(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_eq(williams_calibration, williams_calibration) IS 'a = b, by bytes';

CREATE FUNCTION williams_calibration_ne(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_ne(williams_calibration, williams_calibration) IS 'a <> b, by bytes';

CREATE FUNCTION williams_calibration_lt(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_lt(williams_calibration, williams_calibration) IS 'a < b, by bytes';

CREATE FUNCTION williams_calibration_le(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_le(williams_calibration, williams_calibration) IS 'a <= b, by bytes';

CREATE FUNCTION williams_calibration_ge(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_ge(williams_calibration, williams_calibration) IS 'a >= b, by bytes';

CREATE FUNCTION williams_calibration_gt(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_gt(williams_calibration, williams_calibration) IS 'a > b, by bytes';

CREATE FUNCTION williams_calibration_cmp(williams_calibration, williams_calibration) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_calibration_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_cmp(williams_calibration, williams_calibration) IS
'less than 0, 0 or more: the order of bytes';

CREATE FUNCTION williams_calibration_sortsupport(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_calibration_sortsupport'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_sortsupport(internal) IS
'sort support: the order of bytes';

CREATE FUNCTION williams_calibration_hash(williams_calibration) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_calibration_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_hash(williams_calibration) IS
'hash of the bytes';

CREATE FUNCTION williams_calibration_hash_extended(williams_calibration, seed bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_calibration_hash_extended'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_hash_extended(williams_calibration, bigint) IS
'hash of the bytes, 64 bits, with a seed';

CREATE OPERATOR = (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (williams_calibration, williams_calibration) IS
'the same calibration: equal bytes are equal summaries';

CREATE OPERATOR <> (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR <> (williams_calibration, williams_calibration) IS
'another calibration';

CREATE OPERATOR < (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR < (williams_calibration, williams_calibration) IS
'less by bytes, an order to sort and to index by that says nothing of the values';

CREATE OPERATOR <= (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR <= (williams_calibration, williams_calibration) IS
'less or equal by bytes';

CREATE OPERATOR >= (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR >= (williams_calibration, williams_calibration) IS
'greater or equal by bytes';

CREATE OPERATOR > (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR > (williams_calibration, williams_calibration) IS
'greater by bytes';

CREATE OPERATOR CLASS williams_calibration_ops DEFAULT FOR TYPE williams_calibration USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 williams_calibration_cmp(williams_calibration, williams_calibration),
	FUNCTION 2 williams_calibration_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(pg_catalog.oid);
COMMENT ON OPERATOR CLASS williams_calibration_ops USING btree IS
'by bytes: for ORDER BY, DISTINCT, merge joins and unique indexes, not an order of the values';
COMMENT ON OPERATOR FAMILY williams_calibration_ops USING btree IS 'by bytes';

CREATE OPERATOR CLASS williams_calibration_ops DEFAULT FOR TYPE williams_calibration USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 williams_calibration_hash(williams_calibration),
	FUNCTION 2 williams_calibration_hash_extended(williams_calibration, bigint);
COMMENT ON OPERATOR CLASS williams_calibration_ops USING hash IS
'by bytes: for GROUP BY, hash joins and indexes for =';
COMMENT ON OPERATOR FAMILY williams_calibration_ops USING hash IS 'by bytes';

CREATE FUNCTION williams_count(calibration williams_calibration) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_count_calibration'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_count(williams_calibration) IS
'how many observations; 0 for an empty calibration';

CREATE FUNCTION williams_accuracy(calibration williams_calibration) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_accuracy'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_accuracy(williams_calibration) IS
'the share that is correct; NULL for an empty calibration';

CREATE FUNCTION williams_brier(calibration williams_calibration) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_brier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_brier(williams_calibration) IS
'Brier''s score, the mean of (confidence - correct)^2: 0 at best; NULL for an empty calibration';

CREATE FUNCTION williams_ece(calibration williams_calibration, bins int = 10)
		RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_ece'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_ece(williams_calibration, int) IS
'expected calibration error: the mean of |accuracy - mean confidence| of so many bins, weighted with their counts; NULL for an empty calibration; error 22023 for bins that do not divide 200';

CREATE FUNCTION williams_reliability(calibration williams_calibration, bins int = 10,
		OUT bin int, OUT lower float8, OUT upper float8,
		OUT count bigint, OUT confidence float8, OUT accuracy float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_reliability'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 10;
COMMENT ON FUNCTION williams_reliability(williams_calibration, int) IS
'in each bin, empty ones included, numbered from 1, how many, their mean confidence and the share that is correct, NULL in an empty one: lower <= confidence < upper, in the last one 1.0 too; error 22023 for bins that do not divide 200';

CREATE FUNCTION williams_threshold(calibration williams_calibration,
		target_precision float8, min_count bigint = 100,
		OUT threshold float8, OUT accepted_share float8,
		OUT "precision" float8, OUT precision_low float8)
	AS 'MODULE_PATHNAME', 'wl_threshold'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_threshold(williams_calibration, float8, bigint) IS
'the lowest threshold, a multiple of 0.005 below 1, at which at least min_count are accepted (confidence >= threshold) and at least target_precision of them are correct; the share accepted, the share of those that is correct and its lower bound (Wilson, of the 95 % interval); NULL where there is none; error 22023 for a target outside [0, 1] or min_count below 1';

CREATE FUNCTION williams_to_jsonb(calibration williams_calibration) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_to_jsonb_calibration'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_calibration) IS
'count, accuracy, brier, ece, and the reliability of 10 bins without the empty ones';

CREATE CAST (williams_calibration AS jsonb) WITH FUNCTION williams_to_jsonb(williams_calibration);
COMMENT ON CAST (williams_calibration AS jsonb) IS
'what a calibration says, by name';
