/*
 * score.sql
 *		Passports for the benchmark of williams_score_fields, and its peers: the
 *		same rules as one would write them in PL/pgSQL and in PL/Python.
 *
 * Both read the rules from a profile, as williams_score_fields does. They omit
 * what these documents do not need: values that are not strings, white space other
 * than that of Latin and Chinese text, and the checks range and pattern.
 */

/* n documents of 12 fields: some are missing, blank or misread; a tenth of the documents is not in Latin script */
CREATE FUNCTION bench_passports(n int, OUT fields jsonb, OUT confidence jsonb)
	RETURNS SETOF record LANGUAGE plpython3u AS $$
import json
import random

r = random.Random(20261123)
SURNAMES = ["ERIKSSON", "DE VRIES", "OKAFOR", "NGUYEN", "O'BRIEN", "ŽIŽEK", "SMITH", "GARCÍA LÓPEZ"]
NAMES = ["ANNA MARIA", "JAN", "CHIDI", "THI MAI", "SIOBHAN", "LI", "MOHAMMED ALI", "E"]
ARABIC = ["محمد", "علي حسن", "فاطمة الزهراء", "القاهرة", "وزارة الداخلية"]
CHINESE = ["山田太郎", "東京都", "外務省", "李小龍", "北京市"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

def digit(s):
    return str(sum((0 if c == "<" else int(c, 36)) * (7, 3, 1)[i % 3] for i, c in enumerate(s)) % 10)

def spoil(s):
    i = r.randrange(len(s))
    return s[:i] + r.choice(["", "O", "8", " ", "-"]) + s[i + 1:]

def date(a, b):
    return "%d-%02d-%02d" % (r.randint(a, b), r.randint(1, 12), r.randint(1, 28))

for _ in range(n):
    p = r.random()
    words = ARABIC if p < 0.06 else CHINESE if p < 0.10 else None
    def written(latin):
        return " ".join(r.choice(words) for _ in range(4 if words is ARABIC else 9)) if words else latin
    number = "".join(r.choice(LETTERS) for _ in range(9))
    birth, issue, expiry = date(1940, 2008), date(2015, 2024), date(2025, 2034)
    sex = r.choice("MF")
    a = number + digit(number)
    b = birth[2:].replace("-", "")
    c = expiry[2:].replace("-", "")
    d = "".join(r.choice(LETTERS) for _ in range(10)) + "<<<<" if r.random() < 0.5 else "<" * 14
    b, c, d = b + digit(b), c + digit(c), d + digit(d)
    surname, name = r.choice(SURNAMES), r.choice(NAMES)
    line1 = "P<UTO" + "".join(x if x in LETTERS else "<" for x in surname + "<<" + name)
    fields = {
        "surname": written(surname), "given_names": written(name),
        "passport_number": number, "nationality": "UTO", "date_of_birth": birth,
        "place_of_birth": written("ZENITH"), "sex": sex, "date_of_issue": issue,
        "date_of_expiry": expiry, "issuing_authority": written("MINISTRY OF FOREIGN AFFAIRS"),
        "mrz_line1": line1.ljust(44, "<"), "mrz_line2": a + "UTO" + b + sex + c + d + digit(a + b + c + d)}
    if words and r.random() < 0.5:
        fields["mrz_line1"] = fields["mrz_line2"] = None
    for key in fields:
        p = r.random()
        if fields[key] and p < 0.06:
            fields[key] = None if p < 0.02 else " " if p < 0.03 else spoil(fields[key])
    confidence = {key: round(1 - r.random() ** 3 / 2, 4) for key in fields if r.random() < 0.9}
    yield json.dumps(fields), json.dumps(confidence)
$$;

/* the check digit of part of a machine-readable line, with the weights 7, 3, 1 */
CREATE FUNCTION mrz_digit_plpgsql(s text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	weights CONSTANT int[] := '{7,3,1}';
	total int := 0;
BEGIN
	FOR i IN 1 .. length(s) LOOP
		total := total + weights[1 + (i - 1) % 3] *
			greatest(strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr(s, i, 1)) - 1, 0);
	END LOOP;
	RETURN total % 10;
END $$;

CREATE FUNCTION mrz_holds_plpgsql(line1 text, line2 text) RETURNS boolean
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	number CONSTANT text := substr(line2, 1, 9);
	birth CONSTANT text := substr(line2, 14, 6);
	expiry CONSTANT text := substr(line2, 22, 6);
	personal CONSTANT text := substr(line2, 29, 14);
BEGIN
	RETURN line1 ~ '^P[A-Z0-9<]{43}$' AND line2 ~ '^[A-Z0-9<]{44}$'
		AND substr(line2, 10, 1) = mrz_digit_plpgsql(number)
		AND substr(line2, 20, 1) = mrz_digit_plpgsql(birth)
		AND substr(line2, 28, 1) = mrz_digit_plpgsql(expiry)
		AND (substr(line2, 43, 1) = mrz_digit_plpgsql(personal) OR substr(line2, 29, 15) = repeat('<', 15))
		AND substr(line2, 44, 1) =
			mrz_digit_plpgsql(substr(line2, 1, 10) || substr(line2, 14, 7) || substr(line2, 22, 22));
END $$;

CREATE FUNCTION script_plpgsql(everything text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	total CONSTANT int := length(everything);
	arabic int;
	cjk int;
	latin int;
BEGIN
	IF everything !~ '[^\u0020-\u024F]' THEN
		RETURN 'latin';
	END IF;
	arabic := total - length(regexp_replace(everything, '[\u0600-\u06FF]', '', 'g'));
	cjk := total - length(regexp_replace(everything, '[\u4E00-\u9FFF]', '', 'g'));
	latin := total - length(regexp_replace(everything, '[\u0020-\u024F]', '', 'g'));
	RETURN CASE WHEN greatest(arabic, cjk, latin) * 10 <= total THEN 'latin'
		WHEN arabic >= cjk AND arabic >= latin THEN 'arabic'
		WHEN cjk >= latin THEN 'cjk'
		ELSE 'latin' END;
END $$;

CREATE FUNCTION fields_plpgsql(fields jsonb, rules jsonb, confidence jsonb, OUT overall float8,
		OUT multiplier float8, OUT num_fields bigint, OUT script text, OUT review text[], OUT scores jsonb)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	names text[];
	formats text[];
	texts text[];
	final float8[];
	effect float8;
	x float8;
	item jsonb;
	factor float8;
	at int[];					/* the fields of a check */
	previous int;
	k int;
BEGIN
	SELECT array_agg(key), array_agg(value),
			array_agg(CASE WHEN btrim(fields ->> key, E' \t\n\r\u00A0\u3000') <> '' THEN fields ->> key END)
		INTO names, formats, texts
		FROM jsonb_each_text(rules -> 'fields');
	num_fields := cardinality(array_remove(texts, NULL));
	multiplier := CASE WHEN num_fields <= 1 THEN 1
		ELSE 0.85 + 0.15 * least(1, sqrt(num_fields) * ln(2::float8) / ln(num_fields::float8) / 30) END;
	script := script_plpgsql(array_to_string(texts, ''));
	effect := CASE script WHEN 'arabic' THEN -0.05 WHEN 'cjk' THEN -0.02 ELSE 0 END;

	FOR i IN 1 .. cardinality(names) LOOP
		IF texts[i] IS NULL THEN
			final[i] := 0;
			CONTINUE;
		END IF;
		x := coalesce((confidence -> names[i])::float8, 0.85) + effect;
		IF formats[i] = 'date' THEN
			x := x + CASE WHEN texts[i] ~ '^\d{4}-\d{2}-\d{2}$' THEN 0.10 ELSE -0.15 END;
		ELSIF formats[i] = 'number' THEN
			x := x + CASE WHEN replace(texts[i], ',', '') ~ '^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$' THEN 0.10 ELSE -0.15 END;
		ELSIF formats[i] = 'alphanumeric' AND texts[i] ~ '^[A-Za-z0-9]+$' THEN
			x := x + 0.05;
		END IF;
		IF length(btrim(texts[i], E' \t\n\r\u00A0\u3000')) < 2 THEN
			x := x - 0.10;
		END IF;
		final[i] := least(greatest(x, 0), 1);
	END LOOP;

	FOR item IN SELECT jsonb_array_elements(rules -> 'checks') LOOP
		factor := coalesce((item -> 'factor')::float8, 0.5);
		SELECT array_agg(array_position(names, name)) INTO at FROM jsonb_array_elements_text(item -> 'fields') AS name;
		CASE item ->> 'check'
		WHEN 'ordered' THEN
			previous := NULL;
			FOREACH k IN ARRAY at LOOP
				CONTINUE WHEN texts[k] IS NULL OR texts[k] !~ '^\d{4}-\d{2}-\d{2}$';
				IF texts[previous] >= texts[k] THEN
					final[previous] := final[previous] * factor;
					final[k] := final[k] * factor;
				END IF;
				previous := k;
			END LOOP;
		WHEN 'length' THEN
			FOREACH k IN ARRAY at LOOP
				IF length(texts[k]) <> (item -> 'length')::int THEN
					final[k] := final[k] * factor;
				END IF;
			END LOOP;
		WHEN 'mrz' THEN
			IF NOT mrz_holds_plpgsql(texts[at[1]], texts[at[2]]) THEN
				FOREACH k IN ARRAY at LOOP
					final[k] := final[k] * factor;
				END LOOP;
			END IF;
		END CASE;
	END LOOP;

	SELECT avg(f) * multiplier, coalesce(array_agg(n ORDER BY i) FILTER (WHERE f < (rules -> 'threshold')::float8 - 1e-12), '{}'),
			jsonb_object_agg(n, f)
		INTO overall, review, scores
		FROM unnest(names, final) WITH ORDINALITY AS u (n, f, i);
END $$;

CREATE FUNCTION fields_plpython(fields jsonb, rules jsonb, confidence jsonb, OUT overall float8,
		OUT multiplier float8, OUT num_fields bigint, OUT script text, OUT review text[], OUT scores jsonb)
	LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE AS $$
if "score" not in SD:
    import json
    import math
    import re

    IS_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch
    IS_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*").fullmatch
    IS_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+").fullmatch
    IS_MRZ = re.compile(r"[A-Z0-9<]{44}").fullmatch
    NOT_LATIN = re.compile("[^\u0020-\u024f]").search
    SCRIPTS = {"arabic": (re.compile("[\u0600-\u06ff]").findall, -0.05),
               "cjk": (re.compile("[\u4e00-\u9fff]").findall, -0.02),
               "latin": (re.compile("[\u0020-\u024f]").findall, 0.0)}
    VALUES = {c: int(c, 36) for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    VALUES["<"] = 0
    WEIGHTS = (7, 3, 1) * 15
    profiles = {}

    def digit(s):
        return str(sum(VALUES[c] * w for c, w in zip(s, WEIGHTS)) % 10)

    def mrz_holds(line1, line2):
        return (IS_MRZ(line1) and line1[0] == "P" and IS_MRZ(line2)
                and line2[9] == digit(line2[:9]) and line2[19] == digit(line2[13:19])
                and line2[27] == digit(line2[21:27])
                and (line2[42] == digit(line2[28:42]) or line2[28:43] == "<" * 15)
                and line2[43] == digit(line2[:10] + line2[13:20] + line2[21:43]))

    def script_of(everything):
        if not NOT_LATIN(everything):
            return "latin"
        counts = {s: len(found(everything)) for s, (found, _) in SCRIPTS.items()}
        best = max(counts, key=counts.get)
        return best if counts[best] * 10 > len(everything) else "latin"

    def fails(check, texts):
        """the fields to multiply by the factor, in order; a field can occur twice"""
        kind = check["check"]
        present = [n for n in check["fields"] if n in texts]
        if kind == "length":
            return [n for n in present if len(texts[n]) != check["length"]]
        if kind == "mrz":
            if len(present) == 2 and not mrz_holds(texts[present[0]], texts[present[1]]):
                return present
            return []
        dates = [n for n in present if IS_DATE(texts[n])]
        return [n for a, b in zip(dates, dates[1:]) if texts[a] >= texts[b] for n in (a, b)]

    def score(fields, rules, confidence):
        if rules not in profiles:
            profiles[rules] = json.loads(rules)
        profile = profiles[rules]
        formats = profile["fields"]
        document = json.loads(fields)
        start = json.loads(confidence)
        texts = {}
        for name in formats:
            value = document.get(name)
            if value is not None and value.strip():
                texts[name] = value
        n = len(texts)
        multiplier = 1.0 if n <= 1 else 0.85 + 0.15 * min(1.0, math.sqrt(n) / math.log2(n) / 30)
        script = script_of("".join(texts.values()))
        effect = SCRIPTS[script][1]
        final = dict.fromkeys(formats, 0.0)
        for name, value in texts.items():
            kind = formats[name]
            x = start.get(name)
            x = (0.85 if x is None else x) + effect
            if kind == "date":
                x += 0.10 if IS_DATE(value) else -0.15
            elif kind == "number":
                x += 0.10 if IS_NUMBER(value.replace(",", "")) else -0.15
            elif kind == "alphanumeric" and IS_ALPHANUMERIC(value):
                x += 0.05
            if len(value.strip()) < 2:
                x -= 0.10
            final[name] = min(max(x, 0.0), 1.0)
        for check in profile.get("checks", []):
            for name in fails(check, texts):
                final[name] *= check.get("factor", 0.5)
        threshold = profile.get("threshold", 0.80) - 1e-12
        return (sum(final.values()) / len(final) * multiplier, multiplier, n, script,
                [name for name in formats if final[name] < threshold], json.dumps(final))

    SD["score"] = score
return SD["score"](fields, rules, confidence)
$$;

/* Are the scores of all fields equal, within 1e-9? */
CREATE FUNCTION same_scores(a jsonb, b jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT count(*) = 0
	FROM jsonb_each(a) AS x FULL JOIN jsonb_each(b) AS y USING (key)
	WHERE (abs(x.value::float8 - y.value::float8) <= 1e-9) IS NOT TRUE
$$;

CREATE TABLE passports AS
	SELECT row_number() OVER () AS id, p.*
	FROM bench_passports(200000) AS p;
ALTER TABLE passports ADD PRIMARY KEY (id);
ANALYZE passports;

/* The results of all three must agree, or their speeds mean nothing. */
SET max_parallel_workers_per_gather = 2;
CREATE TABLE score_differs AS
	SELECT p.id, o.name, a.overall, o.overall AS other
	FROM passports AS p
		JOIN williams_shipped_profile AS r ON r.name = 'passport'
		CROSS JOIN LATERAL williams_score_fields(p.fields, r.rules, p.confidence) AS a
		CROSS JOIN LATERAL (
			SELECT 'PL/pgSQL', b.* FROM fields_plpgsql(p.fields, r.rules, p.confidence) AS b
			UNION ALL
			SELECT 'PL/Python', b.* FROM fields_plpython(p.fields, r.rules, p.confidence) AS b
		) AS o (name, overall, multiplier, num_fields, script, review, scores)
	WHERE ((a.num_fields, a.script, a.review) = (o.num_fields, o.script, o.review)
		AND abs(a.overall - o.overall) <= 1e-9 AND abs(a.multiplier - o.multiplier) <= 1e-9
		AND same_scores(a.scores, o.scores)) IS NOT TRUE;
SET max_parallel_workers_per_gather = 0;
DO $$
DECLARE
	example score_differs;
BEGIN
	SELECT * INTO example FROM score_differs LIMIT 1;
	IF FOUND THEN
		RAISE 'williams_score_fields and its peers differ: %', example;
	END IF;
END $$;
