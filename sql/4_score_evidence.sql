--
-- Score: williams_evidence, what people found about the fields that an engine has read,
-- and williams_fit, the model that it supports
--

CREATE TYPE williams_evidence;

CREATE FUNCTION williams_evidence_in(cstring) RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_evidence_in(cstring) IS 'I/O';

CREATE FUNCTION williams_evidence_out(williams_evidence) RETURNS cstring
	AS 'MODULE_PATHNAME', 'wl_evidence_out'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_evidence_out(williams_evidence) IS 'I/O';

CREATE FUNCTION williams_evidence_recv(internal) RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_recv'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_evidence_recv(internal) IS 'I/O';

CREATE FUNCTION williams_evidence_send(williams_evidence) RETURNS bytea
	AS 'MODULE_PATHNAME', 'wl_evidence_send'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_evidence_send(williams_evidence) IS 'I/O';

CREATE TYPE williams_evidence (
	INPUT = williams_evidence_in,
	OUTPUT = williams_evidence_out,
	RECEIVE = williams_evidence_recv,
	SEND = williams_evidence_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE williams_evidence IS
'what people found about the fields that an engine has read: by field name, outcome of its format and checks (none, passed, failed) and bin of the engine''s confidence (its lower bound, or silent if the engine gives none), how many values were seen and how many of them were right; it merges without loss. Text form: {"version": 1, "fields": {name: {outcome: {bin: [seen, right]}}}}';

CREATE FUNCTION williams_evidence_accum(williams_evidence,
		fields jsonb, rules jsonb, confidence jsonb, truth jsonb)
		RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_accum'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 60;
COMMENT ON FUNCTION williams_evidence_accum(williams_evidence, jsonb, jsonb, jsonb, jsonb) IS
'transition function of williams_evidence_agg; NULL evidence is empty';

CREATE FUNCTION williams_evidence_accum(williams_evidence, williams_evidence)
		RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_accum_rollup'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_evidence_accum(williams_evidence, williams_evidence) IS
'transition function of williams_rollup: adds evidence to the state';

CREATE FUNCTION williams_evidence_combine(williams_evidence, williams_evidence)
		RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_evidence_combine(williams_evidence, williams_evidence) IS
'combine function of williams_evidence_agg and williams_rollup';

CREATE FUNCTION williams_evidence_final(williams_evidence)
		RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_evidence_final(williams_evidence) IS
'final function of williams_evidence_agg and williams_rollup';

CREATE AGGREGATE williams_evidence_agg(fields jsonb, rules jsonb, confidence jsonb, truth jsonb) (
	SFUNC = williams_evidence_accum,
	STYPE = williams_evidence,
	SSPACE = 16384,
	FINALFUNC = williams_evidence_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_evidence_combine,
	INITCOND = '{"version": 1, "fields": {}}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_evidence_agg(jsonb, jsonb, jsonb, jsonb) IS
'counts, for each field that the rules expect, that was read and that truth has a key for, whether it is right: equal to its truth, white space collapsed and case folded; wrong if its truth is null or blank; ignores documents with NULL fields, rules or truth, and those with a confidence that is not a number in [0, 1]; if confidence is NULL, the engine says nothing; error 22023 for malformed rules and a truth that is not an object, 54000 above 10000 fields';

CREATE AGGREGATE williams_rollup(evidence williams_evidence) (
	SFUNC = williams_evidence_accum,
	STYPE = williams_evidence,
	SSPACE = 16384,
	FINALFUNC = williams_evidence_final,
	FINALFUNC_MODIFY = READ_ONLY,
	COMBINEFUNC = williams_evidence_combine,
	INITCOND = '{"version": 1, "fields": {}}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE williams_rollup(williams_evidence) IS
'merges evidence: the evidence of the documents of all; ignores NULLs; error 22003 above 2^63 - 1 observations, 54000 above 10000 fields';

CREATE FUNCTION williams_evidence_add(williams_evidence, williams_evidence)
		RETURNS williams_evidence
	AS 'MODULE_PATHNAME', 'wl_evidence_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION williams_evidence_add(williams_evidence, williams_evidence) IS
'a + b: the evidence of the documents of both; error 22003 above 2^63 - 1 observations, 54000 above 10000 fields';

CREATE OPERATOR + (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (williams_evidence, williams_evidence) IS
'merges the evidence of two sets of documents';

CREATE FUNCTION williams_evidence_eq(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_eq'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_eq(williams_evidence, williams_evidence) IS 'a = b, comparing bytes';

CREATE FUNCTION williams_evidence_ne(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_ne'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_ne(williams_evidence, williams_evidence) IS 'a <> b, comparing bytes';

CREATE FUNCTION williams_evidence_lt(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_lt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_lt(williams_evidence, williams_evidence) IS 'a < b, comparing bytes';

CREATE FUNCTION williams_evidence_le(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_le'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_le(williams_evidence, williams_evidence) IS 'a <= b, comparing bytes';

CREATE FUNCTION williams_evidence_ge(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_ge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_ge(williams_evidence, williams_evidence) IS 'a >= b, comparing bytes';

CREATE FUNCTION williams_evidence_gt(williams_evidence, williams_evidence) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_evidence_gt'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_gt(williams_evidence, williams_evidence) IS 'a > b, comparing bytes';

CREATE FUNCTION williams_evidence_cmp(williams_evidence, williams_evidence) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_evidence_cmp'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_cmp(williams_evidence, williams_evidence) IS
'compares bytes: negative, 0 or positive';

CREATE FUNCTION williams_evidence_sortsupport(internal) RETURNS void
	AS 'MODULE_PATHNAME', 'wl_evidence_sortsupport'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_sortsupport(internal) IS
'sort support, comparing bytes';

CREATE FUNCTION williams_evidence_hash(williams_evidence) RETURNS int
	AS 'MODULE_PATHNAME', 'wl_evidence_hash'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_hash(williams_evidence) IS
'hash of the bytes, 32 bits';

CREATE FUNCTION williams_evidence_hash_extended(williams_evidence, seed bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_evidence_hash_extended'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_evidence_hash_extended(williams_evidence, bigint) IS
'hash of the bytes, 64 bits, with a seed';

CREATE OPERATOR = (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_eq,
	COMMUTATOR = =,
	NEGATOR = <>,
	RESTRICT = pg_catalog.eqsel,
	JOIN = pg_catalog.eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR = (williams_evidence, williams_evidence) IS
'equal: equal evidence has equal bytes';

CREATE OPERATOR <> (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_ne,
	COMMUTATOR = <>,
	NEGATOR = =,
	RESTRICT = pg_catalog.neqsel,
	JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR <> (williams_evidence, williams_evidence) IS
'not equal';

CREATE OPERATOR < (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_lt,
	COMMUTATOR = >,
	NEGATOR = >=,
	RESTRICT = pg_catalog.scalarltsel,
	JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR < (williams_evidence, williams_evidence) IS
'less, comparing bytes: an order for sorting and indexing, unrelated to the values';

CREATE OPERATOR <= (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_le,
	COMMUTATOR = >=,
	NEGATOR = >,
	RESTRICT = pg_catalog.scalarlesel,
	JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR <= (williams_evidence, williams_evidence) IS
'less or equal, comparing bytes';

CREATE OPERATOR >= (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_ge,
	COMMUTATOR = <=,
	NEGATOR = <,
	RESTRICT = pg_catalog.scalargesel,
	JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR >= (williams_evidence, williams_evidence) IS
'greater or equal, comparing bytes';

CREATE OPERATOR > (
	LEFTARG = williams_evidence,
	RIGHTARG = williams_evidence,
	FUNCTION = williams_evidence_gt,
	COMMUTATOR = <,
	NEGATOR = <=,
	RESTRICT = pg_catalog.scalargtsel,
	JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR > (williams_evidence, williams_evidence) IS
'greater, comparing bytes';

CREATE OPERATOR CLASS williams_evidence_ops DEFAULT FOR TYPE williams_evidence USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 williams_evidence_cmp(williams_evidence, williams_evidence),
	FUNCTION 2 williams_evidence_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(pg_catalog.oid);
COMMENT ON OPERATOR CLASS williams_evidence_ops USING btree IS
'compares bytes: for ORDER BY, DISTINCT, merge joins and unique indexes; the order is unrelated to the values';
COMMENT ON OPERATOR FAMILY williams_evidence_ops USING btree IS 'compares bytes';

CREATE OPERATOR CLASS williams_evidence_ops DEFAULT FOR TYPE williams_evidence USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 williams_evidence_hash(williams_evidence),
	FUNCTION 2 williams_evidence_hash_extended(williams_evidence, bigint);
COMMENT ON OPERATOR CLASS williams_evidence_ops USING hash IS
'hashes bytes: for GROUP BY, hash joins and hash indexes';
COMMENT ON OPERATOR FAMILY williams_evidence_ops USING hash IS 'hashes bytes';

CREATE FUNCTION williams_count(evidence williams_evidence) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_evidence_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_count(williams_evidence) IS
'the number of observations: values of fields; 0 for empty evidence';

CREATE FUNCTION williams_to_jsonb(evidence williams_evidence) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_evidence_to_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_to_jsonb(williams_evidence) IS
'the text form as jsonb: by field name, outcome and lower bound of the bin an array, [seen, right]';

CREATE CAST (williams_evidence AS jsonb) WITH FUNCTION williams_to_jsonb(williams_evidence);
COMMENT ON CAST (williams_evidence AS jsonb) IS
'the same as williams_to_jsonb(williams_evidence)';

CREATE FUNCTION williams_fit(evidence williams_evidence, ridge float8 = 1.0) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'wl_fit'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION williams_fit(williams_evidence, float8) IS
'the model that the evidence supports, for the key "model" of rules: a logistic regression that gives the probability that a value is right, from its field, the logit of the engine''s confidence and the outcome of its format and checks; a higher ridge keeps the coefficients closer to those that take the engine at its word; with it what the model says of its own evidence: observations, the share that is right, ece, brier, auroc, and curve, an array of [threshold, precision, accepted share]; error 22023 if the evidence has fewer than 30 observations, or only right or only wrong ones, if ridge is negative or not finite, or if the fit does not converge';
