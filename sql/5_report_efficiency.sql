--
-- Report: williams_efficiency, what the batch bound saves
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
'transition state of williams_efficiency: (number of operations, total time complexity / 2^32, the same mod 2^32, highest efficiency, sum of efficiencies and its rounding error, sum of bounds and its rounding error)';

CREATE TYPE williams_efficiency_result AS (
	operation_count bigint,
	average_efficiency float8,
	max_efficiency float8,
	total_space_saved float8,
	total_time_complexity numeric,
	total_space_bound float8
);
COMMENT ON TYPE williams_efficiency_result IS
'result of williams_efficiency: statistics of a set of operations';

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
'the statistics of williams_get_optimization_stats() for a set of rows, with totals; ignores NULL, 0 and 1, which are not operations; (0, 1.0, 1.0, 0, 0, 0) without operations; error 22023 for a negative time_complexity';
