--
-- Score
--

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8 = 0.85) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8) IS
'0.85 + 0.15 * min(1, efficiency(num_fields) / 30), in [0.85, 1]; 1.0 for num_fields <= 1; base_confidence must be in [0, 1] (error 22023) and changes nothing';

CREATE FUNCTION williams_confidence_multiplier(num_fields bigint,
		base_confidence float8, regime text) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_confidence_multiplier_regime'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_confidence_multiplier(bigint, float8, text) IS
'the multiplier times the leverage of a regime, ''support'', ''exploration'' or ''balance'', clamped to [0.85, 1]; any other regime is error 22023';

CREATE FUNCTION williams_adjusted_confidence(num_fields bigint,
		base_confidence float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'wl_adjusted_confidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION williams_adjusted_confidence(bigint, float8) IS
'base_confidence times williams_confidence_multiplier(num_fields); error 22023 for a base outside [0, 1]';

CREATE FUNCTION williams_field_count(fields jsonb) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_field_count(jsonb) IS
'how many fields were extracted: scalars, at any depth, that are neither null nor blank strings';

CREATE FUNCTION williams_field_count(fields jsonb, expected text[]) RETURNS bigint
	AS 'MODULE_PATHNAME', 'wl_field_count_expected'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION williams_field_count(jsonb, text[]) IS
'how many fields were extracted in and below the named top-level fields; a NULL name names nothing, and what is no object has no named field';

CREATE FUNCTION williams_ocr_engine(document text) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_engine(text) IS
'which engine''s result this is, by its shape: ''textract'', ''documentai'', ''azure'', ''mistral'', ''tesseract_tsv'', ''hocr'' or ''alto''; NULL for none of them';

CREATE FUNCTION williams_ocr_engine(document jsonb) RETURNS text
	AS 'MODULE_PATHNAME', 'wl_ocr_engine_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION williams_ocr_engine(jsonb) IS
'which engine''s result this is, by its shape: ''textract'', ''documentai'', ''azure'' or ''mistral''; NULL for none of them';

CREATE FUNCTION williams_ocr_fields(document jsonb, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_jsonb'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 30;
COMMENT ON FUNCTION williams_ocr_fields(jsonb, text) IS
'the fields of an engine''s result as rows, confidence in 0..1; a field without a value has NULL for it and for its confidence; document counts from 1, NULL where an answer of several does not say which; error 22023 for a document that is no result of the engine, or with ''auto'' of any, or of one but known in part only';

CREATE FUNCTION williams_ocr_fields(document text, engine text = 'auto',
		OUT document int, OUT page int, OUT field text, OUT value text, OUT confidence float8)
		RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'wl_ocr_fields_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 200;
COMMENT ON FUNCTION williams_ocr_fields(text, text) IS
'the same of JSON as text, and of Tesseract''s TSV, hOCR and ALTO, of which a row is a word (in hOCR a line that has none) and field is NULL; errors as for jsonb, and 22P02 for JSON that is none';

CREATE FUNCTION williams_ocr_document(document jsonb, engine text = 'auto',
		OUT engine text, OUT fields jsonb, OUT confidence jsonb)
	AS 'MODULE_PATHNAME', 'wl_ocr_document'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500;
COMMENT ON FUNCTION williams_ocr_document(jsonb, text) IS
'the fields of an engine''s result as two objects by name, of values and of confidences; a repeated name becomes name, name.2, ..., and a name in the second of several documents name.2; null where there is none; errors as williams_ocr_fields';

CREATE TYPE williams_field_score AS (
	overall float8,
	multiplier float8,
	num_fields bigint,
	script text,
	review text[],
	scores jsonb
);
COMMENT ON TYPE williams_field_score IS
'what williams_score_fields says of a document: the mean of its scores, the multiplier that is in them, how many expected fields are present, the script, the fields to be looked at, and name -> score';

CREATE FUNCTION williams_score_fields(fields jsonb, rules jsonb,
		confidence jsonb = NULL, script text = NULL) RETURNS williams_field_score
	AS 'MODULE_PATHNAME', 'wl_score_fields'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION williams_score_fields(jsonb, jsonb, jsonb, text) IS
'the score of each field that the rules of a document type expect; NULL fields are all missing, NULL confidence and script are 0.85 and detected, NULL rules give NULL; error 22023 for malformed rules, a confidence that is no number in [0, 1] and another script than ''arabic'', ''cjk'' or ''latin''';

CREATE TABLE williams_profile (
	name text PRIMARY KEY,
	rules jsonb NOT NULL
);
COMMENT ON TABLE williams_profile IS
'the rules of document types of your own, by name; dumped';
COMMENT ON COLUMN williams_profile.name IS
'what the trigger''s argument profile= names, before a shipped one of that name';
COMMENT ON COLUMN williams_profile.rules IS
'what williams_score_fields takes: fields, checks, threshold; error 22023 where it is malformed';

SELECT pg_catalog.pg_extension_config_dump('williams_profile'::pg_catalog.regclass, ''::pg_catalog.text);

CREATE FUNCTION williams_check_profile() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_check_profile'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_check_profile() IS
'trigger of williams_profile: error 22023 that names the key at fault for malformed rules';

CREATE TRIGGER williams_profile_check
	BEFORE INSERT OR UPDATE ON williams_profile
	FOR EACH ROW EXECUTE FUNCTION williams_check_profile();

-- the tables of a trusted extension belong to the bootstrap superuser
GRANT SELECT ON williams_profile TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON williams_profile TO @extowner@ WITH GRANT OPTION;

-- A view, for it is the same in every database: neither dumped nor replicated.
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
'the rules of document types that come with the extension, by name; one of your own of that name, in williams_profile, is taken instead';
COMMENT ON COLUMN williams_shipped_profile.name IS
'what the trigger''s argument profile= names';
COMMENT ON COLUMN williams_shipped_profile.rules IS
'what williams_score_fields takes: fields, checks, threshold';
GRANT SELECT ON williams_shipped_profile TO PUBLIC;

CREATE FUNCTION williams_score_ocr() RETURNS trigger
	AS 'MODULE_PATHNAME', 'wl_score_ocr'
	LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION williams_score_ocr() IS
'BEFORE INSERT OR UPDATE trigger, FOR EACH ROW, that scores an OCR result; arguments: fields=, confidence= (both required), base=, base_value=, engine_confidence=, profile=, num_fields=, multiplier=, review=, threshold=';
