--
-- Plan
--

CREATE FUNCTION williams_batch_size(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_batch_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_batch_size(bigint, float8, float8) IS
'number of items per batch within a memory budget in MB: min(bound, trunc(memory / item), total_items), at least 1; NULL for NULL; error 22023 for an item that exceeds the budget';

CREATE FUNCTION williams_plan_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'wl_plan_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_plan_support(internal) IS
'planner support: estimates the number of rows of williams_plan';

CREATE FUNCTION williams_plan(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0,
		OUT batch_no bigint, OUT first_item bigint, OUT last_item bigint,
		OUT items bigint, OUT memory_mb float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_plan'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1 ROWS 1000
	SUPPORT williams_plan_support;
COMMENT ON FUNCTION williams_plan(bigint, float8, float8) IS
'the fewest batches of at most williams_batch_size items, balanced: their sizes differ by at most 1; items are numbered from 1, memory_mb is items * memory_per_item_mb; no rows for 0 items or a NULL argument; error 22023 for an item that exceeds the budget';

CREATE FUNCTION williams_batch_no_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'wl_batch_no_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_batch_no_support(internal) IS
'planner support: williams_batch_no never decreases, so WHERE batch_no <= n can end the scan early';

CREATE FUNCTION williams_batch_no(item_mb float8, available_memory_mb float8,
		max_items bigint = NULL) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_batch_no'
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE COST 1
	SUPPORT williams_batch_no_support;
COMMENT ON FUNCTION williams_batch_no(float8, float8, bigint) IS
'window function: the row''s batch number, from 1, by greedy packing in window order; no batch exceeds the memory budget in MB or max_items (NULL: no limit); a NULL weight counts as 0; error 22023 for a negative or infinite weight, a weight that exceeds the budget, and limits that change within a partition';

CREATE FUNCTION williams_row_mb(VARIADIC "any") RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_row_mb'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_row_mb("any") IS
'the memory in MB that the values take once they are read and decompressed; does not read or decompress them; NULL counts as 0';

CREATE FUNCTION williams_plan_table(relation regclass,
		available_memory_mb float8 = NULL, item_mb text = NULL, key_column name = NULL,
		method text = 'exact', max_items bigint = NULL, strict boolean = false,
		OUT batch_no bigint, OUT lower_key text, OUT upper_key text,
		OUT items bigint, OUT memory_mb float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_plan_table'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
COMMENT ON FUNCTION williams_plan_table(regclass, float8, text, name, text, bigint, boolean) IS
'cut a table into batches by ranges of keys, in key order, both bounds inclusive; no batch exceeds the memory budget in MB (NULL: none) or max_items, unless one key alone does: this gets its own batch and a warning, or an error with strict; item_mb is an SQL expression over the row, by default the row''s size in memory, or 0 without a budget; key_column is by default the first column of the primary key; method exact reads the keys once, ctid cuts block ranges by estimates, without guarantees; max_items is by default the bound of the estimated row count, or 10000 without a budget; error 22023 for a negative or infinite weight, 22004 for a null key';

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
'transition state of williams_workload: (items, budget, max_item, total, rounding error of total)';

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
'result of williams_workload: number of items, their sizes in MB, the bound and efficiency of their number, batch size and number of batches; peak_mb = batch_size * max_item_mb is the most memory that a batch can take';

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
'batches and memory needed to process the rows within a memory budget in MB: batch_size = min(bound, trunc(budget / max_item_mb), items), at least 1; a NULL weight counts as 0; error 22023 for a negative or infinite weight and for a budget that changes, 22004 for a NULL budget';
