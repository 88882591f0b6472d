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
