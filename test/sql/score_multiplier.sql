--
-- The confidence multiplier and its regimes match their formulas.
-- williams_field_count agrees with a plain jsonpath query on any document. All of
-- these functions can be used in generated columns and indexes.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

--
-- The multiplier: 0.85 + 0.15 * min(1, efficiency / 30)
--
SELECT n, round(williams_confidence_multiplier(n)::numeric, 6) AS multiplier,
       round(williams_confidence_multiplier(n, 0.85, 'support')::numeric, 6) AS support,
       round(williams_confidence_multiplier(n, 0.85, 'exploration')::numeric, 6) AS exploration,
       round(williams_confidence_multiplier(n, 0.85, 'balance')::numeric, 6) AS balance
FROM unnest('{-9223372036854775808,-5,0,1,2,7,9,10,12,100,500,501,10000,300000,
              1000000,9223372036854775807}'::bigint[]) AS n;

-- Properties for n up to 5000 and beyond, and the regimes compared with their formula.
WITH v AS (
    SELECT n, williams_confidence_multiplier(n) AS m
    FROM (SELECT generate_series(2::bigint, 5000)
          UNION SELECT floor(1.1 ^ i)::bigint FROM generate_series(90, 450) AS i) AS s (n))
SELECT bool_and(m BETWEEN 0.85 AND 1) AS in_range,
       bool_and(m = williams_confidence_multiplier(n, b)) AS base_changes_nothing,
       bool_and(abs(m - (0.85 + 0.15 * least(1, williams_efficiency_multiplier(n) / 30))) < 1e-15) AS formula,
       bool_and(round(m::numeric, 3) BETWEEN 0.855 AND 0.863) FILTER (WHERE n <= 500) AS nearly_constant,
       bool_and(williams_adjusted_confidence(n, b) = b * m) AS adjusted
FROM v, unnest('{0,0.3,0.85,1}'::float8[]) AS b;

SELECT regime,
       bool_and(abs(williams_confidence_multiplier(n, 0.85, regime)
                    - least(1, williams_confidence_multiplier(n) * (1 + l / 1000 *
                            CASE WHEN n < 10 THEN n / 10.0::float8
                                 WHEN n <= 500 THEN 1
                                 ELSE log(500::float8) / log(n::float8) END))) < 1e-15) AS formula,
       bool_and(williams_confidence_multiplier(n, 0.85, regime)
                BETWEEN williams_confidence_multiplier(n) AND 1) AS in_range
FROM (VALUES ('support', 32.1::float8), ('exploration', 26.8), ('balance', 11.5)) AS r (regime, l),
     generate_series(2::bigint, 3000) AS n
GROUP BY regime, l ORDER BY l;

-- The adjusted confidence: 0.9 * 0.854831; that of a single field is the base.
SELECT round(williams_adjusted_confidence(12, 0.9)::numeric, 6) AS twelve,
       williams_adjusted_confidence(1, 0.9) AS one,
       williams_adjusted_confidence(-3, 0.9) AS negative,
       williams_adjusted_confidence(12, 0) AS nothing,
       round(williams_adjusted_confidence(12, 1)::numeric, 6) AS certain;

-- A base outside [0, 1] is refused even if it would not affect the result.
SELECT base, pg_temp.error_of(format('SELECT williams_confidence_multiplier(12, %L)', base)) AS multiplier
FROM unnest('{-0.01,1.01,NaN,Infinity,-Infinity}'::float8[]) AS base;
SELECT base,
       left(pg_temp.error_of(format('SELECT williams_confidence_multiplier(1, %L, ''balance'')', base)), 5) AS regime,
       left(pg_temp.error_of(format('SELECT williams_adjusted_confidence(1, %L)', base)), 5) AS adjusted
FROM unnest('{-0.01,1.01,NaN,Infinity,-Infinity}'::float8[]) AS base;

-- The name of a regime must match exactly.
SELECT regime, pg_temp.error_of(format('SELECT williams_confidence_multiplier(1, 0.85, %L)', regime)) AS error
FROM unnest(ARRAY['Balance', 'balance ', 'balanc', '']) AS regime;

--
-- williams_field_count(fields): scalars at any depth, except nulls and blank strings
--
SELECT expected, williams_field_count(doc::jsonb) AS count, doc
FROM (VALUES
    (0, '{}'), (0, '[]'), (0, '[[], {}, [{}]]'), (0, '{"a": {}, "b": []}'),
    (1, '{"a": 1}'), (2, '{"a": 1, "b": {"c": 2}}'), (3, '{"a": [1, 2, 3]}'),
    (2, '[{"a": 1}, {"a": 2}]'), (4, '{"a": [{"b": [1, {"c": [2, 3]}]}, 4]}'),
    (0, '{"a": null, "b": [null, {"c": null}]}'),
    (0, '{"a": "", "b": "   ", "c": "\t\n\r\f\u000b"}'),
    (2, '{"a": 0, "b": false}'), (3, '{"a": 0.0, "b": true, "c": "0"}'),
    (1, '{"": "an empty key"}'), (1, '{" ": {" ": {" ": 1}}}'),
    (2, '{"a": " x ", "b": "\tnull"}'), (1, '{"a": 1, "a": 2}'),
    (1, '7'), (1, '"x"'), (1, 'false'), (0, 'null'), (0, '""'), (0, '" "')
) AS v (expected, doc);

-- White space is Unicode's White_Space; other characters that look empty do not count.
SELECT string_agg(to_hex(c), ' ' ORDER BY c) AS blank
FROM generate_series(1, 65535) AS c
WHERE c NOT BETWEEN 55296 AND 57343
  AND williams_field_count(jsonb_build_object('a', chr(c) || chr(c))) = 0;
SELECT string_agg(to_hex(c), ' ' ORDER BY c) AS not_blank
FROM unnest('{0,8,14,31,127,128,160,8203,8288,12288,65279,65533,119040}'::int[]) AS c
WHERE c <> 0
  AND williams_field_count(jsonb_build_array(chr(8195) || chr(c) || ' ')) = 1;

-- Random documents compared with jsonpath. Some containers have more than 32
-- values, the number from which jsonb stores offsets.
CREATE FUNCTION pg_temp.random_value(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    kind int := floor(random() * CASE WHEN depth = 0 THEN 8 ELSE 12 END);
    size int := floor(random() * CASE WHEN depth = 1 THEN 80 ELSE 6 END);
BEGIN
    RETURN CASE
        WHEN kind = 0 THEN 'null'
        WHEN kind = 1 THEN to_jsonb(random() < 0.5)
        WHEN kind = 2 THEN to_jsonb(floor(random() * 3)::int)
        WHEN kind = 3 THEN to_jsonb(repeat('9', floor(random() * 40)::int + 1)::numeric / 1000)
        WHEN kind < 8 THEN to_jsonb((ARRAY['', ' ', E'\u00A0\u3000', 'x', E'\u00DC', E' \u20ACy',
                                          repeat('long', 50)])[floor(random() * 7) + 1])
        WHEN kind < 10 THEN coalesce((SELECT jsonb_agg(pg_temp.random_value(depth - 1))
                                      FROM generate_series(1, size)), '[]')
        ELSE coalesce((SELECT jsonb_object_agg(repeat('k', i % 3) || i, pg_temp.random_value(depth - 1))
                       FROM generate_series(1, size) AS i), '{}')
    END;
END $$;
CREATE FUNCTION pg_temp.plain_count(doc jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM jsonb_path_query(doc, 'strict $.**') AS leaf
    WHERE jsonb_typeof(leaf) NOT IN ('object', 'array', 'null')
      AND btrim(leaf #>> '{}', E' \t\n\r\f\u000B\u00A0\u3000') <> '';
$$;
SELECT setseed(0.42);
CREATE TEMP TABLE sample AS
SELECT i, pg_temp.random_value(i % 7) AS doc FROM generate_series(1, 3000) AS i;

SELECT count(DISTINCT jsonb_typeof(doc)) AS kinds,
       count(DISTINCT williams_field_count(doc)) > 50 AS many_sizes,
       count(*) FILTER (WHERE williams_field_count(doc) <> pg_temp.plain_count(doc)) AS wrong
FROM sample;

--
-- williams_field_count(fields, expected): in the named top-level fields only
--
SELECT expected, williams_field_count(doc, names::text[]) AS count, names
FROM (SELECT '{"a": 1, "bb": "x", "cc": {"a": 1, "d": [2, " ", null, 3]}, "n": null, "": "y", "e": " "}'::jsonb) AS d (doc),
     (VALUES (1, '{a}'), (2, '{a,bb}'), (2, '{bb,a,bb,a}'), (3, '{cc}'), (0, '{d}'), (0, '{n,e}'),
             (1, '{NULL,a,NULL}'), (0, '{NULL}'), (0, '{}'), (1, '{""}'), (0, '{A,aa,b,ccc}'),
             (6, '{"",a,bb,cc,d,e,n}'), (3, '{{a,bb},{"",zz}}'), (1, '[5:6]={a,x}')) AS v (expected, names);

-- A value that is not an object has no named fields.
SELECT sum(williams_field_count(doc, '{a,"",0}'))
FROM unnest('{"[1, {\"a\": 2}]", "1", "\"a\"", null, "[]", "{}"}'::jsonb[]) AS doc;

-- The result is that of the one-argument form for the object reduced to those keys.
SELECT count(*) > 500 AS enough, max(named) > 20 AS large,
       count(*) FILTER (WHERE named <> coalesce(reduced, 0)) AS wrong
FROM (SELECT williams_field_count(doc, names) AS named,
             (SELECT williams_field_count(jsonb_object_agg(key, value))
              FROM jsonb_each(doc) WHERE key = ANY (names)) AS reduced
      FROM sample, LATERAL (SELECT array_agg(repeat('k', k % 3) || k ORDER BY k * 37 % 61)
                            FROM generate_series(1, 60) AS k WHERE (i >> k % 8) & 1 = 0) AS n (names)
      WHERE jsonb_typeof(doc) = 'object') AS v;

--
-- In a generated column, an expression index and a check constraint
--
CREATE TABLE scan (
    doc jsonb CHECK (williams_field_count(doc, '{"name"}') = 1),
    base float8,
    fields bigint GENERATED ALWAYS AS (williams_field_count(doc)) STORED,
    confidence float8 GENERATED ALWAYS AS (williams_adjusted_confidence(williams_field_count(doc), base)) STORED);
CREATE INDEX scan_fields ON scan (williams_field_count(doc));
INSERT INTO scan VALUES ('{"name": "A"}', 0.9), ('{"name": "B", "no": [1, 2]}', 0.8), ('{"name": "C"}', NULL);
INSERT INTO scan (doc, base)
SELECT jsonb_build_object('name', i, 'pages', (SELECT jsonb_agg(p) FROM generate_series(1, i % 100) AS p)), 0.5
FROM generate_series(1, 2000) AS i;
SELECT doc, base, fields, round(confidence::numeric, 6) AS confidence FROM scan LIMIT 3;

ANALYZE scan;
SET enable_seqscan = off;
\i :abs_srcdir/common/plan_has.sql
SELECT pg_temp.plan_has('SELECT FROM scan WHERE williams_field_count(doc) = 3', 'scan_fields') AS uses_index,
       (SELECT count(*) FROM scan WHERE williams_field_count(doc) = 3) AS found,
       (SELECT count(*) FROM scan WHERE fields = 3) AS plainly;
RESET enable_seqscan;

\set VERBOSITY sqlstate
INSERT INTO scan VALUES ('{"name": " "}', 0.9);
INSERT INTO scan VALUES ('{"name": "D"}', 90);
DROP TABLE scan;
