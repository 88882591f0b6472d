--
-- Report: williams_scorecard, a summary of confidences
--

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
'a summary of confidences: count, mean, deviation, extremes, and a histogram of 200 bins of width 0.005; it merges without loss. Text form: (version, minimum, maximum, sum in steps of 2^-62 as 2 words, sum of squares in steps of 2^-124 as 3 words, bin:count, ...), with low words first';

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
'transition state of williams_scorecard_agg and williams_rollup: a scorecard with all of its bins';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state, confidence float8)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, float8) IS
'transition function of williams_scorecard_agg(confidence)';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state,
		num_fields bigint, base_confidence float8)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum_adjusted'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, bigint, float8) IS
'transition function of williams_scorecard_agg(num_fields, base_confidence)';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state, scores jsonb)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum_scores'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, jsonb) IS
'transition function of williams_scorecard_agg(scores)';

CREATE FUNCTION williams_scorecard_accum(williams_scorecard_state, williams_scorecard)
		RETURNS williams_scorecard_state
	AS 'MODULE_PATHNAME', 'wl_scorecard_accum_rollup'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_scorecard_accum(williams_scorecard_state, williams_scorecard) IS
'transition function of williams_rollup: adds a scorecard to the state';

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
'summarises confidences; ignores NULLs; error 22023 for a confidence outside [0, 1]';

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
'summarises williams_adjusted_confidence(num_fields, base_confidence); ignores rows with a NULL; error 22023 if num_fields is negative or base_confidence is outside [0, 1]';

CREATE AGGREGATE williams_scorecard_agg(scores jsonb) (
	SFUNC = williams_scorecard_accum,
	STYPE = williams_scorecard_state,
	SSPACE = 1664,
	FINALFUNC = williams_scorecard_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_scorecard_combine,
	INITCOND = '(1,0,0,0,0,0,0,0)',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_scorecard_agg(jsonb) IS
'summarises the confidences in objects, such as the scores that williams_score_ocr stores: each member that is a number in [0, 1]; ignores all other members, rows that are not an object, and NULLs';

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
'merges scorecards: the scorecard of the values of all; ignores NULLs; error 22003 above 2^63 - 1 values';

CREATE FUNCTION williams_scorecard_add(williams_scorecard, williams_scorecard)
		RETURNS williams_scorecard
	AS 'MODULE_PATHNAME', 'wl_scorecard_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_scorecard_add(williams_scorecard, williams_scorecard) IS
'a + b: the scorecard of the values of both; error 22003 above 2^63 - 1 values';

CREATE OPERATOR + (
	LEFTARG = williams_scorecard,
	RIGHTARG = williams_scorecard,
	FUNCTION = williams_scorecard_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (williams_scorecard, williams_scorecard) IS
'merges two scorecards';

CREATE FUNCTION williams_scorecard_eq(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_eq(williams_scorecard, williams_scorecard) IS 'a = b, comparing bytes';

CREATE FUNCTION williams_scorecard_ne(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_ne(williams_scorecard, williams_scorecard) IS 'a <> b, comparing bytes';

CREATE FUNCTION williams_scorecard_lt(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_lt(williams_scorecard, williams_scorecard) IS 'a < b, comparing bytes';

CREATE FUNCTION williams_scorecard_le(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_le(williams_scorecard, williams_scorecard) IS 'a <= b, comparing bytes';

CREATE FUNCTION williams_scorecard_ge(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_ge(williams_scorecard, williams_scorecard) IS 'a >= b, comparing bytes';

CREATE FUNCTION williams_scorecard_gt(williams_scorecard, williams_scorecard) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_scorecard_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_gt(williams_scorecard, williams_scorecard) IS 'a > b, comparing bytes';

CREATE FUNCTION williams_scorecard_cmp(williams_scorecard, williams_scorecard) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_scorecard_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_cmp(williams_scorecard, williams_scorecard) IS
'compares bytes: negative, 0 or positive';

CREATE FUNCTION williams_scorecard_sortsupport(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_scorecard_sortsupport'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_sortsupport(internal) IS
'sort support, comparing bytes';

CREATE FUNCTION williams_scorecard_hash(williams_scorecard) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_scorecard_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_scorecard_hash(williams_scorecard) IS
'hash of the bytes, 32 bits';

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
'equal: two scorecards are equal if their bytes are';

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
'not equal';

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
'less, comparing bytes: an order for sorting and indexing, unrelated to the values';

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
'less or equal, comparing bytes';

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
'greater or equal, comparing bytes';

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
'greater, comparing bytes';

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
'compares bytes: for ORDER BY, DISTINCT, merge joins and unique indexes; the order is unrelated to the values';
COMMENT ON OPERATOR FAMILY williams_scorecard_ops USING btree IS 'compares bytes';

CREATE OPERATOR CLASS williams_scorecard_ops DEFAULT FOR TYPE williams_scorecard USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 williams_scorecard_hash(williams_scorecard),
	FUNCTION 2 williams_scorecard_hash_extended(williams_scorecard, bigint);
COMMENT ON OPERATOR CLASS williams_scorecard_ops USING hash IS
'hashes bytes: for GROUP BY, hash joins and hash indexes';
COMMENT ON OPERATOR FAMILY williams_scorecard_ops USING hash IS 'hashes bytes';

CREATE FUNCTION williams_count(scorecard williams_scorecard) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_scorecard_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_count(williams_scorecard) IS
'the number of confidences; 0 for an empty scorecard';

CREATE FUNCTION williams_average(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_average'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_average(williams_scorecard) IS
'the mean of the confidences; NULL for an empty scorecard';

CREATE FUNCTION williams_stddev(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_stddev'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_stddev(williams_scorecard) IS
'the sample standard deviation of the confidences; NULL for fewer than two';

CREATE FUNCTION williams_min(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_min'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_min(williams_scorecard) IS
'the lowest confidence; NULL for an empty scorecard';

CREATE FUNCTION williams_max(scorecard williams_scorecard) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_max'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_max(williams_scorecard) IS
'the highest confidence; NULL for an empty scorecard';

CREATE FUNCTION williams_quantile(scorecard williams_scorecard, q float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_quantile(williams_scorecard, float8) IS
'percentile_disc(q) of the confidences, within 0.005 and never outside the extremes; NULL for an empty scorecard; error 22023 for q outside [0, 1]';

CREATE FUNCTION williams_share_below(scorecard williams_scorecard, x float8)
		RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_share_below'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_share_below(williams_scorecard, float8) IS
'the share, from 0 to 1, of the confidences below x: exact if x is a multiple of 0.005 below 1, otherwise interpolated inside a bin; NULL for an empty scorecard; error 22023 for x outside [0, 1]';

CREATE FUNCTION williams_histogram(scorecard williams_scorecard, bins int = 20,
		OUT bin int, OUT lower float8, OUT upper float8, OUT count bigint)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_histogram'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 20;
COMMENT ON FUNCTION williams_histogram(williams_scorecard, int) IS
'the histogram: a row for each bin, including empty ones, numbered from 1; a bin has lower <= confidence < upper, the last one also 1.0; error 22023 unless bins divides 200 (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100 or 200)';

CREATE FUNCTION williams_drift(a williams_scorecard, b williams_scorecard,
		OUT psi float8, OUT ks float8)
	AS 'MODULE_PATHNAME', 'wl_drift'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_drift(williams_scorecard, williams_scorecard) IS
'how far the distribution of b is from that of a: psi, the population stability index over the tenths of a (and the values outside its range), where an empty group counts as half a value; ks, the largest distance, from 0 to 1, between the shares below a multiple of 0.005; both 0 if the distributions are the same, both NULL if a scorecard is empty';

CREATE FUNCTION williams_to_jsonb(scorecard williams_scorecard) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_scorecard_to_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_scorecard) IS
'an object: count, average, stddev, min, median, max, and histogram, an array of those of 20 bins that are not empty';

CREATE CAST (williams_scorecard AS jsonb) WITH FUNCTION williams_to_jsonb(williams_scorecard);
COMMENT ON CAST (williams_scorecard AS jsonb) IS
'the same as williams_to_jsonb(williams_scorecard)';
