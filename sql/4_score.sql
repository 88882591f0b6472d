--
-- Score
--

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8 = 0.85) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8) IS
'0.85 + 0.15 * min(1, efficiency(num_fields) / 30), in [0.85, 1]; 1 if num_fields <= 1; base_confidence does not affect the result but must be in [0, 1], or error 22023 is raised';

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8, regime text) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier_regime'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8, text) IS
'the multiplier, increased by the leverage of a regime (''support'', ''exploration'' or ''balance'') and clamped to [0.85, 1]; error 22023 for any other regime or a base_confidence outside [0, 1]';

CREATE FUNCTION williams_adjusted_confidence(num_fields bigint,
		base_confidence float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_adjusted_confidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_adjusted_confidence(bigint, float8) IS
'base_confidence * williams_confidence_multiplier(num_fields); error 22023 if base_confidence is not in [0, 1]';

CREATE FUNCTION williams_field_count(fields jsonb) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_field_count(jsonb) IS
'the number of fields that were extracted: scalars at any depth, except nulls and blank strings';

CREATE FUNCTION williams_field_count(fields jsonb, expected text[]) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count_expected'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_field_count(jsonb, text[]) IS
'the number of fields that were extracted in the named top-level fields, nested ones included; NULL names are ignored; 0 if fields is not an object';

CREATE FUNCTION williams_ocr_engine(document text) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_engine(text) IS
'the OCR engine that produced the document, such as ''textract'' or ''hocr'', detected from its structure; NULL if none matches, or more than one';

CREATE FUNCTION williams_ocr_engine(document jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_ocr_engine(jsonb) IS
'the OCR engine that produced the document, such as ''textract'' or ''azure'', detected from its structure; NULL if none matches, or more than one';

CREATE FUNCTION williams_ocr_fields(document jsonb, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 30;
COMMENT ON FUNCTION williams_ocr_fields(jsonb, text) IS
'the fields of an OCR result, one row each; if the engine gives words or lines, each of them is a row, and field is NULL; confidence is in [0, 1], or NULL if the engine gives none; for a field without a value both are NULL; document counts from 1 and is NULL if the result does not say which of several documents a field belongs to; ''auto'' detects the engine; error 22023 for an unknown engine, for a document that is not a result of the engine, and, with ''auto'', for a result whose form is not fully recognised, and for one that more than one engine can have produced';

CREATE FUNCTION williams_ocr_fields(document text, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 200;
COMMENT ON FUNCTION williams_ocr_fields(text, text) IS
'as williams_ocr_fields(jsonb, text), for JSON as text, TSV, hOCR and XML; if the engine gives words, each row is a word (or a line or region without words) and field is NULL; the same errors, and 22P02 for malformed JSON';

CREATE FUNCTION williams_ocr_document(document jsonb, engine text = 'auto',
		OUT engine text, OUT fields jsonb, OUT confidence jsonb)
	AS 'MODULE_PATHNAME', 'wl_ocr_document'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_document(jsonb, text) IS
'the fields of an OCR result as two objects, values and confidences by field name; null for a value or confidence that is missing; repeated names are numbered name, name.2, ..., and so are names of the second of several documents, name.2; the same errors as williams_ocr_fields, and 22023 for a result that has words, not fields';

CREATE TYPE williams_field_score AS (
	overall float8,
	multiplier float8,
	num_fields bigint,
	script text,
	review text[],
	scores jsonb
);
COMMENT ON TYPE williams_field_score IS
'the score of a document: overall is the mean of scores times multiplier; num_fields is the number of expected fields that are present; review has the names of the fields for review; scores maps each field name to its score in [0, 1], which is compared with the threshold';

CREATE FUNCTION williams_score_fields(fields jsonb, rules jsonb,
		confidence jsonb = NULL, script text = NULL) RETURNS williams_field_score
	AS 'MODULE_PATHNAME', 'wl_score_fields'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_score_fields(jsonb, jsonb, jsonb, text) IS
'scores each field that the rules of a document type expect; if fields is NULL, all fields are missing; if confidence is NULL, each field starts at 0.85; if script is NULL, it is detected; if rules is NULL, so is the result; error 22023 for malformed rules, for a confidence that is not a number in [0, 1], and for a script other than ''arabic'', ''cjk'' or ''latin''';

CREATE FUNCTION williams_score(fields jsonb, profile text,
		confidence jsonb = NULL) RETURNS williams_field_score
	AS 'MODULE_PATHNAME', 'wl_score'
	LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_score(jsonb, text, jsonb) IS
'as williams_score_fields, by the rules of the profile of this name, and as the trigger williams_score_ocr scores a row: bad data is not an error, but scores 0 and is for review; if there is no such profile, or profile is NULL, the document is scored without one and all its fields are for review; error 42704 for a constant that begins with { and is not the name of a profile';

CREATE FUNCTION williams_explain(fields jsonb, rules jsonb, confidence jsonb = NULL,
		OUT field text, OUT value text, OUT engine_confidence float8, OUT score float8,
		OUT threshold float8, OUT review boolean, OUT reasons text[])
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_explain'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION williams_explain(jsonb, jsonb, jsonb) IS
'a row for each field that the rules expect: its value (NULL if it is missing), the engine''s confidence in it (NULL if the engine says nothing), its score, its threshold, and why it is for review (empty if it is not): missing, low_confidence, format, short, script, model, audit, and the names of checks; no rows if rules is NULL; the same errors as williams_score_fields';

CREATE FUNCTION williams_explain(fields jsonb, profile text, confidence jsonb = NULL,
		OUT field text, OUT value text, OUT engine_confidence float8, OUT score float8,
		OUT threshold float8, OUT review boolean, OUT reasons text[])
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_explain_by_name'
	LANGUAGE C STABLE PARALLEL SAFE COST 100 ROWS 10;
COMMENT ON FUNCTION williams_explain(jsonb, text, jsonb) IS
'explains williams_score(fields, profile, confidence) in the same rows; if there is no such profile, a row for each field that was extracted, with the reason no_profile; the same error as williams_score';

CREATE FUNCTION williams_rules_version(rules jsonb) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_rules_version'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_rules_version(jsonb) IS
'the version that the trigger williams_score_ocr writes into profile_version for rows scored by these rules: a hash of their text, never 0; the rules are not validated';

CREATE FUNCTION williams_audit(key text, rate float8) RETURNS boolean
	AS 'MODULE_PATHNAME', 'wl_audit'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_audit(text, float8) IS
'true for a share of rate of all keys, chosen by a hash, so always the same; the first million bytes of the key count; with fields::text of a document it is the choice that "audit" in its rules makes; error 22023 if rate is not in [0, 1]';

CREATE TABLE williams_profile (
	name text PRIMARY KEY,
	rules jsonb NOT NULL
);
COMMENT ON TABLE williams_profile IS
'the rules of your own document types, by name; dumped by pg_dump';
COMMENT ON COLUMN williams_profile.name IS
'the name of the document type, as in the trigger''s profile=NAME or in a row''s profile_column; takes precedence over a shipped profile of the same name';
COMMENT ON COLUMN williams_profile.rules IS
'the rules: an object with the keys fields (required), checks, threshold, model, precision and audit; error 22023 if malformed; rows that were scored before a change keep their scores until their profile_version is set to NULL';

SELECT pg_catalog.pg_extension_config_dump('williams_profile'::pg_catalog.regclass, ''::pg_catalog.text);

CREATE FUNCTION williams_check_profile() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_check_profile'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_check_profile() IS
'trigger of williams_profile: malformed rules raise error 22023, which names the key at fault';

CREATE TRIGGER williams_profile_check
	BEFORE INSERT OR UPDATE ON williams_profile
	FOR EACH ROW EXECUTE FUNCTION williams_check_profile();

-- The tables of a trusted extension belong to the bootstrap superuser.
GRANT SELECT ON williams_profile TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON williams_profile TO @extowner@ WITH GRANT OPTION;

-- A view, because its rows are the same in every database: it is neither dumped nor replicated.
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
'the rules of the document types that come with the extension, by name; a row of williams_profile with the same name takes precedence';
COMMENT ON COLUMN williams_shipped_profile.name IS
'the name of the document type, as in the trigger''s profile=NAME or in a row''s profile_column';
COMMENT ON COLUMN williams_shipped_profile.rules IS
'the rules, as in williams_profile';
GRANT SELECT ON williams_shipped_profile TO PUBLIC;

CREATE FUNCTION williams_score_ocr() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_score_ocr'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_score_ocr() IS
'BEFORE INSERT OR UPDATE trigger, FOR EACH ROW, that scores an OCR result; arguments are key=value; it reads the columns fields (required), engine_confidence, base and profile_column, reads and writes verified, and writes score, scores, review, reasons, accepted, num_fields, multiplier, confidence and profile_version, at least one of them; base_value and threshold are numbers, profile is a name; an UPDATE scores a row again if it changes a column that is read, or sets profile_version to NULL; accepted has the fields that need no check by what the engine read, also those that are audited or verified; bad data in a row is not an error: the row scores 0 and goes to review';
