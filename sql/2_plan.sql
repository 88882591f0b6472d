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
