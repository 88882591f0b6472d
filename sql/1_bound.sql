--
-- Bound
--

CREATE FUNCTION williams_space_bound(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_space_bound'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_space_bound(bigint) IS
'batch bound sqrt(t) * log2(t) for t operations or rows; 1.0 for t <= 1; NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_optimal_batch_size(t bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimal_batch_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_optimal_batch_size(bigint) IS
'batch size for t rows: williams_space_bound(t) rounded down, at most max(t, 1); NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_efficiency_multiplier(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_efficiency_multiplier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_efficiency_multiplier(bigint) IS
't / williams_space_bound(t); 1.0 for t <= 1, below 1 for t in 5..15; NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_space_saved_percent(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_space_saved_percent'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_space_saved_percent(bigint) IS
'100 * (t - bound) / t, in percent; 0 for t <= 1, negative for t in 5..15; NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_theorem_bound(t bigint) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_theorem_bound'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_theorem_bound(bigint) IS
'sqrt(t * log2(t)), the expression in the theorem (R. Williams, STOC 2025); 1.0 for t <= 1; NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_optimal_test_data_size(target_coverage bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimal_test_data_size'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_optimal_test_data_size(bigint) IS
'how many of target_coverage rows to sample: the bound rounded down, at least 1; NULL for NULL; error 22023 for a negative number';

CREATE FUNCTION williams_calculate_space_bound(t bigint,
		OUT space_bound float8, OUT efficiency float8,
		OUT time_complexity bigint, OUT space_reduction_percent float8)
	AS 'MODULE_PATHNAME', 'wl_calculate_space_bound'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION williams_calculate_space_bound(bigint) IS
'bound, efficiency and saved percentage for t; a call with t > 1 is counted in williams_get_optimization_stats(); NULL for NULL; error 22023 for t < 0';

CREATE FUNCTION williams_optimize_batch_size(total_items bigint,
		available_memory_mb float8, memory_per_item_mb float8 = 5.0) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_optimize_batch_size'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION williams_optimize_batch_size(bigint, float8, float8) IS
'trunc(trunc(memory / item) * sqrt(efficiency)) items, clamped to [1, total_items], for sizes in MB; kept for compatibility: the batch may exceed the memory budget, that of williams_batch_size never does; a call with total_items > 1 is counted in williams_get_optimization_stats(); NULL for NULL; error 22023 for a negative number and for an item size that is not positive';

CREATE FUNCTION williams_get_optimization_stats(
		OUT average_efficiency float8, OUT max_efficiency float8,
		OUT operation_count bigint, OUT total_space_saved float8)
	AS 'MODULE_PATHNAME', 'wl_get_optimization_stats'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION williams_get_optimization_stats() IS
'statistics of this session''s calls of williams_calculate_space_bound and williams_optimize_batch_size with more than one operation or item: average and largest efficiency, number of calls, sum of efficiency - 1; 1.0, 1.0, 0, 0.0 before the first call';

CREATE FUNCTION williams_reset_stats() RETURNS void
	AS 'MODULE_PATHNAME', 'wl_reset_stats'
	LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 1;
COMMENT ON FUNCTION williams_reset_stats() IS
'reset the statistics of williams_get_optimization_stats() in this session';
