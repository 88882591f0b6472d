--
-- Report: williams_calibration, a summary of confidences and whether each was right
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
'a summary of confidences and whether each was right, in 200 bins of width 0.005; it merges without loss. Text form: (version, sum of the correct confidences in steps of 2^-62 as 2 words, sum of all squares in steps of 2^-124 as 3 words, bin:count:correct:sum as 2 words, ...), with low words first';

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
'transition state of williams_calibration_agg and williams_rollup: a calibration with all of its bins';

CREATE FUNCTION williams_calibration_accum(williams_calibration_state,
		confidence float8, correct boolean)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_calibration_accum(williams_calibration_state, float8, boolean) IS
'transition function of williams_calibration_agg(confidence, correct)';

CREATE FUNCTION williams_calibration_accum(williams_calibration_state,
		confidence jsonb, as_read jsonb, truth jsonb)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_accum_fields'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_calibration_accum(williams_calibration_state, jsonb, jsonb, jsonb) IS
'transition function of williams_calibration_agg(confidence, as_read, truth)';

CREATE FUNCTION williams_calibration_accum(williams_calibration_state, williams_calibration)
		RETURNS williams_calibration_state
	AS 'MODULE_PATHNAME', 'wl_calibration_accum_rollup'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_calibration_accum(williams_calibration_state, williams_calibration) IS
'transition function of williams_rollup: adds a calibration to the state';

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
'summarises confidences and whether each was right; ignores rows with a NULL; error 22023 for a confidence outside [0, 1]';

CREATE AGGREGATE williams_calibration_agg(confidence jsonb, as_read jsonb, truth jsonb) (
	SFUNC = williams_calibration_accum,
	STYPE = williams_calibration_state,
	SSPACE = 6448,
	FINALFUNC = williams_calibration_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_calibration_combine,
	INITCOND = '(1,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_calibration_agg(jsonb, jsonb, jsonb) IS
'summarises, for each field that has a number in [0, 1] in confidence, that was read and that truth has a key for, this number and whether what was read is right: equal to its truth, white space collapsed and case folded; wrong if its truth is null or blank; ignores all other fields, and rows with a NULL or with an argument that is not an object';

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
'merges calibrations: the calibration of the observations of all; ignores NULLs; error 22003 above 2^63 - 1 observations';

CREATE FUNCTION williams_calibration_add(williams_calibration, williams_calibration)
		RETURNS williams_calibration
	AS 'MODULE_PATHNAME', 'wl_calibration_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_calibration_add(williams_calibration, williams_calibration) IS
'a + b: the calibration of the observations of both; error 22003 above 2^63 - 1 observations';

CREATE OPERATOR + (
	LEFTARG = williams_calibration,
	RIGHTARG = williams_calibration,
	FUNCTION = williams_calibration_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (williams_calibration, williams_calibration) IS
'merges two calibrations';

CREATE FUNCTION williams_calibration_eq(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_eq(williams_calibration, williams_calibration) IS 'a = b, comparing bytes';

CREATE FUNCTION williams_calibration_ne(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_ne(williams_calibration, williams_calibration) IS 'a <> b, comparing bytes';

CREATE FUNCTION williams_calibration_lt(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_lt(williams_calibration, williams_calibration) IS 'a < b, comparing bytes';

CREATE FUNCTION williams_calibration_le(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_le(williams_calibration, williams_calibration) IS 'a <= b, comparing bytes';

CREATE FUNCTION williams_calibration_ge(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_ge(williams_calibration, williams_calibration) IS 'a >= b, comparing bytes';

CREATE FUNCTION williams_calibration_gt(williams_calibration, williams_calibration) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_calibration_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_gt(williams_calibration, williams_calibration) IS 'a > b, comparing bytes';

CREATE FUNCTION williams_calibration_cmp(williams_calibration, williams_calibration) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_calibration_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_cmp(williams_calibration, williams_calibration) IS
'compares bytes: negative, 0 or positive';

CREATE FUNCTION williams_calibration_sortsupport(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_calibration_sortsupport'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_sortsupport(internal) IS
'sort support, comparing bytes';

CREATE FUNCTION williams_calibration_hash(williams_calibration) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_calibration_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_calibration_hash(williams_calibration) IS
'hash of the bytes, 32 bits';

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
'equal: two calibrations are equal if their bytes are';

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
'not equal';

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
'less, comparing bytes: an order for sorting and indexing, unrelated to the values';

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
'less or equal, comparing bytes';

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
'greater or equal, comparing bytes';

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
'greater, comparing bytes';

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
'compares bytes: for ORDER BY, DISTINCT, merge joins and unique indexes; the order is unrelated to the values';
COMMENT ON OPERATOR FAMILY williams_calibration_ops USING btree IS 'compares bytes';

CREATE OPERATOR CLASS williams_calibration_ops DEFAULT FOR TYPE williams_calibration USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 williams_calibration_hash(williams_calibration),
	FUNCTION 2 williams_calibration_hash_extended(williams_calibration, bigint);
COMMENT ON OPERATOR CLASS williams_calibration_ops USING hash IS
'hashes bytes: for GROUP BY, hash joins and hash indexes';
COMMENT ON OPERATOR FAMILY williams_calibration_ops USING hash IS 'hashes bytes';

CREATE FUNCTION williams_count(calibration williams_calibration) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_calibration_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_count(williams_calibration) IS
'the number of observations; 0 for an empty calibration';

CREATE FUNCTION williams_accuracy(calibration williams_calibration) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_accuracy'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_accuracy(williams_calibration) IS
'the share, from 0 to 1, of correct observations; NULL for an empty calibration';

CREATE FUNCTION williams_brier(calibration williams_calibration) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_brier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_brier(williams_calibration) IS
'the Brier score: the mean of (confidence - correct)^2, where correct is 1 or 0; 0 is best, 1 worst; NULL for an empty calibration';

CREATE FUNCTION williams_ece(calibration williams_calibration, bins int = 10)
		RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_ece'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_ece(williams_calibration, int) IS
'the expected calibration error: the mean of |accuracy - mean confidence| over the bins, weighted by their counts; 0 is best; NULL for an empty calibration; error 22023 unless bins divides 200';

CREATE FUNCTION williams_reliability(calibration williams_calibration, bins int = 10,
		OUT bin int, OUT lower float8, OUT upper float8,
		OUT count bigint, OUT confidence float8, OUT accuracy float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_reliability'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 10;
COMMENT ON FUNCTION williams_reliability(williams_calibration, int) IS
'a row for each bin, including empty ones, numbered from 1: the number of observations, their mean confidence and the share that is correct, both NULL for an empty bin; a bin has lower <= confidence < upper, the last one also 1.0; error 22023 unless bins divides 200';

CREATE FUNCTION williams_auroc(calibration williams_calibration) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_auroc'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_auroc(williams_calibration) IS
'the probability, from 0 to 1, that a correct observation has a higher confidence than a wrong one, where two of the same bin of 0.005 count half; 0.5 is what chance gives; NULL unless there are observations of both kinds';

CREATE FUNCTION williams_risk_coverage(calibration williams_calibration,
		OUT threshold float8, OUT coverage float8, OUT risk float8, OUT risk_high float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_risk_coverage'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 100;
COMMENT ON FUNCTION williams_risk_coverage(williams_calibration) IS
'a row for each bin of 0.005 that is not empty, from the highest down, with its lower bound as the threshold: the share of the observations that is accepted (confidence >= threshold), the share of these that is wrong, and the upper bound of its 95 % interval (Wilson); no rows for an empty calibration';

CREATE FUNCTION williams_threshold(calibration williams_calibration,
		target_precision float8, min_count bigint = 100, guarantee float8 = NULL,
		OUT threshold float8, OUT accepted_share float8,
		OUT "precision" float8, OUT precision_low float8)
	AS 'MODULE_PATHNAME', 'wl_threshold'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_threshold(williams_calibration, float8, bigint, float8) IS
'the lowest threshold, a multiple of 0.005 below 1, such that at least min_count observations are accepted (confidence >= threshold) and at least the share target_precision of these is correct; with it the share accepted, the precision (the share of these that is correct) and the lower bound of its 95 % interval (Wilson); with a guarantee, the lowest bound of a bin with observations whose true precision is at least target_precision with this probability, by fixed-sequence testing; all NULL if there is no such threshold or another argument is NULL; error 22023 if target_precision is outside [0, 1], min_count is below 1 or guarantee is outside [0, 1)';

CREATE FUNCTION williams_threshold_cost(calibration williams_calibration,
		cost_error float8, cost_review float8,
		OUT threshold float8, OUT accepted_share float8, OUT cost float8,
		OUT cost_accept_all float8, OUT cost_review_all float8)
	AS 'MODULE_PATHNAME', 'wl_threshold_cost'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_threshold_cost(williams_calibration, float8, float8) IS
'the threshold of least cost, where an accepted wrong value costs cost_error and a review cost_review; with it the share accepted, the mean cost of a value, and what it would be if all were accepted or all reviewed; threshold is NULL if reviewing all costs least; of equal costs the one with the fewest reviews; all NULL for an empty calibration; error 22023 if a cost is negative, infinite or NaN';

CREATE FUNCTION williams_to_jsonb(calibration williams_calibration) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_calibration_to_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_calibration) IS
'an object: count, accuracy, brier, ece, auroc, and reliability, an array of those of 10 bins that are not empty';

CREATE CAST (williams_calibration AS jsonb) WITH FUNCTION williams_to_jsonb(williams_calibration);
COMMENT ON CAST (williams_calibration AS jsonb) IS
'the same as williams_to_jsonb(williams_calibration)';
