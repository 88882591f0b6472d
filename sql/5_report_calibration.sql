--
-- Report: a summary of confidences and the truth
--

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
	AS 'MODULE_PATHNAME', 'wl_calibration_count'
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
	AS 'MODULE_PATHNAME', 'wl_calibration_to_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_calibration) IS
'count, accuracy, brier, ece, and the reliability of 10 bins without the empty ones';

CREATE CAST (williams_calibration AS jsonb) WITH FUNCTION williams_to_jsonb(williams_calibration);
COMMENT ON CAST (williams_calibration AS jsonb) IS
'what a calibration says, by name';
