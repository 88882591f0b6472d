#!/usr/bin/env python3
"""Compares the scores of fields with a second implementation of their rules.

The implementation is common/rules.py. Random documents and rules, from a fixed seed,
are scored by it. They are copied into a table together with the expected results and
compared there: williams_score_fields, williams_explain, and, through random UPDATEs, the
trigger williams_score_ocr with profile_column and verified. Three profiles in ten have a
model, which takes the place of most rules.

    test/parity.py [CASES]      in the database PGDATABASE, 25000 cases by default;
                                it is left as it was
"""

import random
import subprocess
import sys
from decimal import Decimal as D

from common.rules import SPACE, Document, Row, digit, dumps, entry, said

SEED = 20260728


# Random cases

def a_date(r):
    return f"{r.randint(1950, 2030)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"


def a_number(r):
    n = r.choice([r.randint(0, 99), r.randint(500, 30000), r.randint(0, 10**9)])
    return r.choice([str(n), f"{n:,}", f"{n}.{r.randint(0, 99)}", f"-{n}", f" {n} ", f"+{n}.", f".{n}", f"{n}\u00a0"])


def an_mrz_line2(r):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
    doc = "".join(r.choice(letters) for _ in range(9))
    birth = "".join(r.choice("0123456789") for _ in range(6))
    expiry = "".join(r.choice("0123456789") for _ in range(6))
    personal = "<" * 14 if r.random() < 0.4 else "".join(r.choice(letters) for _ in range(14))
    check = "<" if personal == "<" * 14 and r.random() < 0.5 else digit(personal)
    a, b, c = doc + digit(doc), birth + digit(birth), expiry + digit(expiry) + personal + check
    return a + "UTO" + b + "F" + c + digit(a + b + c)


def spoil(r, value):
    """one character misread, left out or added"""
    if not value or r.random() < 0.6:
        return value
    i = r.randrange(len(value))
    return value[:i] + r.choice(["", "0", "O", "8", "B", "<", " ", ",", "-", ".", "é", "\u3000", "山"]) + value[i + r.randint(0, 1):]


WORDS = ["Ashcombe", "Main St", "A1", "x", " y ", "é", "محمد", "علي حسن", "山田太郎", "東京", "山", "Москва", "Žižek", "12b",
         "\"q\"\\", "a,b", "true", "", " ", "\u3000\u00a0", "\n", "7", "\u0001\u0002\u0003", "ﷲ"]


def a_value(r, kind):
    if kind == "mrz":
        return spoil(r, an_mrz_line2(r))
    p = r.random()
    if p < 0.08:
        return None
    if p < 0.14:
        return r.choice([True, False, [], {}, [None, " "], ["x"], {"a": {"b": ""}}, {"bb": 1, "a": ["é", None]}, [D("1.50")]])
    if p < 0.22:
        return D(r.randint(-10**6, 10**6)).scaleb(-r.randint(0, 3))
    make = {"date": a_date, "number": a_number}.get(kind if r.random() < 0.8 else r.choice(["date", "number", "word"]),
                                                    lambda r: r.choice(WORDS))
    return spoil(r, make(r))


def fraction(r):
    return r.choice([D(0), D(1), D("0.8"), D("0.85"), D(r.randint(0, 1000)) / 1000, D(r.randint(0, 10**9)).scaleb(-9)])


def a_check(r, names):
    kind = r.choice(["ordered", "length", "range", "pattern", "mrz"])
    least, most = {"ordered": (2, 4), "mrz": (2, 2)}.get(kind, (1, 3))
    if len(names) < least:
        return None
    check = {"check": kind, "fields": r.sample(names, r.randint(least, min(most, len(names))))}
    if kind == "mrz" and "mrz1" in names and "mrz2" in names and r.random() < 0.9:
        check["fields"] = ["mrz1", "mrz2"]
    if r.random() < 0.8:
        check["factor"] = fraction(r)
    if kind == "length":
        check["length"] = r.choice([0, 2, 5, 8, 10, 44])
    elif kind == "range":
        low = D(r.randint(-1000, 5000))
        keys = r.choice([("min",), ("max",), ("min", "max")])
        check.update({k: v for k, v in (("min", low), ("max", low + r.randint(0, 20000))) if k in keys})
    elif kind == "pattern":
        check["pattern"] = r.choice([r"^\d{8}$", r"\d", "^[A-Z]", "a|é", "[0-9]+-[0-9]+", "^.{4,9}$", "x*", "山"])
    return check


def number_within(r, limit):
    return D(r.randint(-1000, 1000)) * limit / 1000


def a_model(r, names):
    """no coefficient makes a probability so close to 1 that only rounding tells them apart"""
    model = {"intercept": number_within(r, 2), "slope": 1 + number_within(r, 1)}
    model.update((k, number_within(r, 2)) for k in ("passed", "failed", "silent") if r.random() < 0.8)
    if r.random() < 0.8:
        model["fields"] = {n: {k: number_within(r, limit) for k, limit in (("intercept", 2), ("slope", D("0.5"))) if r.random() < 0.8}
                           for n in r.sample(names, r.randint(0, len(names))) + ["not expected"]}
    if r.random() < 0.8:
        model["curve"] = [[fraction(r), fraction(r), fraction(r)] for _ in range(r.randint(0, 4))]
    return model


def a_profile(r):
    names = r.sample(["a", "b", "B", "é", "zip", "city", "total", "date_of_birth", "due", "issued", "名前", "", "x y",
                      "permit_number", "kvk", "salary", "note"], r.randint(1, 12))
    fields = {n: r.choice([None, "date", "number", "alphanumeric"]) for n in names}
    for n in names:
        if r.random() < 0.25:
            fields[n] = {k: v for k, v in (("format", fields[n]), ("threshold", fraction(r))) if r.random() < 0.8}
    if r.random() < 0.3:
        fields.update({"mrz1": None, "mrz2": None})
    rules = {"fields": fields}
    if r.random() < 0.8:
        rules["checks"] = [c for c in (a_check(r, list(fields)) for _ in range(r.randint(0, 5))) if c]
    if r.random() < 0.7:
        rules["threshold"] = fraction(r)
    if r.random() < 0.1:
        rules["audit"] = D(r.randint(0, 1))
    if r.random() < 0.3:
        rules["model"] = a_model(r, list(fields))
        precision = fraction(r)
        if "threshold" not in rules and any(p >= precision for _, p, _ in rules["model"].get("curve", [])):
            rules["precision"] = precision
    return rules


def a_case(r, profiles):
    rules = r.choice(profiles)
    fields = {}
    for name in rules["fields"]:
        if r.random() < 0.9:
            fields[name] = a_value(r, entry(rules, name)[0])
    if "mrz1" in rules["fields"]:
        fields["mrz1"] = spoil(r, "P<UTOERIKSSON<<ANNA<MARIA".ljust(44, "<"))
        fields["mrz2"] = a_value(r, "mrz")
    if r.random() < 0.3:
        fields["not asked for"] = "山田" * 9
    if r.random() < 0.02:
        fields = r.choice([None, [], ["a"], "a", True, D(7)])
    confidence = None
    if r.random() < 0.8:
        confidence = {n: None if r.random() < 0.1 else fraction(r) for n in rules["fields"] if r.random() < 0.8}
        confidence["not asked for"] = D(7)
    return fields, rules, confidence, r.choice([None, None, None, "arabic", "cjk", "latin"])


def copy_text(value):
    if value is None:
        return "\\N"
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def lines(rows):
    return "".join("\t".join(map(copy_text, row)) + "\n" for row in rows)


def json_or_null(value):
    return None if value is None else dumps(value)


def rounded(scores):
    return {k: v.quantize(D("1e-20")) for k, v in scores.items()}


def row(i, case):
    fields, rules, confidence, script = case
    d = Document(*case)
    e = d if script is None else Document(fields, rules, confidence)
    explained = {f: [e.texts[f], said(confidence, f, e.texts), e.scores[f].quantize(D("1e-20")), entry(rules, f)[1], e.reasons[f]] for f in e.names}
    return [str(i), json_or_null(fields), dumps(rules), json_or_null(confidence), script,
            f"{d.score() * d.multiplier:.20f}", f"{d.multiplier:.20f}", str(d.n), d.script, dumps([f for f in d.names if d.reasons[f]]),
            dumps(rounded(d.scores)), dumps(explained)]


# UPDATEs of rows of a table with the trigger

def a_change(r, row, rules):
    """the arguments of an UPDATE"""
    fields, kind, confidence, verified = row.fields, row.kind, row.confidence, row.verified
    names = list(rules[kind]["fields"]) if kind in rules else list(fields) if isinstance(fields, dict) else []
    decision = r.choice([None, None, [], ["x"]])
    verified = list(verified)
    for _ in range(r.randint(0, 2)):
        what = r.random()
        name = r.choice(names + ["doc", "no field"])
        if what < 0.35 and isinstance(fields, dict):        # correct a field, and perhaps confirm it
            fields = dict(fields)
            fields[name] = r.choice([a_value(r, None), fields.get(name), "corrected"])
            if r.random() < 0.2:
                fields.pop(name)
            if r.random() < 0.6:
                verified.append(name)
        elif what < 0.6:                                    # confirm fields
            verified += r.choices(names + ["doc", None], k=r.randint(1, 3))
        elif what < 0.7 and verified:
            verified.remove(r.choice(verified))
        elif what < 0.75:
            kind = r.choice([*rules, "no such type", None])
        elif what < 0.8:
            confidence = r.choice([None, {}, {name: D("0.5")}, {name: D(7)}, D(7)])
        elif what < 0.85:
            fields = r.choice([None, {}, ["a"], "a", {name: "new"}, fields])
        elif what < 0.9:
            r.shuffle(verified)
    if r.random() < 0.02:
        verified = None
    return fields, kind, confidence, verified, rules, decision, r.random() < 0.1


def array(values):
    if values is None:
        return None
    quoted = ("NULL" if v is None else '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values)
    return "{" + ",".join(quoted) + "}"


def history(r, i, rules):
    """rows for COPY: the values that an INSERT, then UPDATEs give, with the values expected"""
    kind = r.choice([*rules, "no such type", None])
    fields, _, confidence, _ = a_case(r, [rules.get(kind) or r.choice(list(rules.values()))])
    if r.random() < 0.05:
        confidence = r.choice([D(7), {next(iter(confidence or {"a": 0})): D(7)}, ["x"]])
    arguments = [fields, kind, confidence, r.choice([None, [], ["a"], ["b", None, "b"]]), rules]
    row = Row(*arguments)
    for step in range(6):
        if step > 0:
            arguments = a_change(r, row, rules)
            row.change(*arguments)
        fields, kind, confidence, verified = arguments[:4]
        decision, again = (arguments[5:7] if step > 0 else (None, False))
        yield [str(i), str(step), json_or_null(fields), kind, json_or_null(confidence), array(verified), array(decision), "t" if again else "f",
               array(row.verified), f"{row.score:.20f}", f"{row.confidence_column:.20f}", dumps(rounded(row.scores)), array(row.review), dumps(row.reasons), array(row.accepted)]


SQL = """
SET client_min_messages = warning;
BEGIN;
CREATE EXTENSION IF NOT EXISTS williams;
CREATE FUNCTION pg_temp.differ(a jsonb, b jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (SELECT FROM jsonb_each(a) AS a FULL JOIN jsonb_each(b) AS b USING (key)
                   WHERE NOT coalesce(abs(a.value::numeric - b.value::numeric) < 1e-12, false)) $$;

CREATE TEMP TABLE parity (id int, fields jsonb, rules jsonb, confidence jsonb, script text, overall float8, multiplier float8,
    num_fields bigint, found text, review jsonb, scores jsonb, explained jsonb);
COPY parity FROM stdin;
{rows}\\.
CREATE TEMP TABLE compared AS
SELECT p.id, s, p, e.wrong, abs(s.overall - p.overall) < 1e-12 AND abs(s.multiplier - p.multiplier) < 1e-12
    AND s.num_fields = p.num_fields AND s.script = p.found AND to_jsonb(s.review) = p.review
    AND NOT pg_temp.differ(s.scores, p.scores) AND e.wrong = '[]' AS same
FROM parity AS p, williams_score_fields(p.fields, p.rules, p.confidence, p.script) AS s, LATERAL (
    SELECT coalesce(jsonb_agg(e), '[]') AS wrong
    FROM jsonb_each(p.explained) AS x FULL JOIN williams_explain(p.fields, p.rules, p.confidence) AS e ON x.key = e.field
    WHERE ((e.value, e.engine_confidence, e.threshold, e.review, to_jsonb(e.reasons))
            IS NOT DISTINCT FROM (x.value ->> 0, (x.value ->> 1)::float8, (x.value ->> 3)::float8, x.value -> 4 <> '[]', x.value -> 4)
        AND abs(e.score - (x.value ->> 2)::numeric) < 1e-12) IS NOT TRUE) AS e;
SELECT 'differs: ' || row_to_json(c) FROM compared AS c WHERE same IS NOT TRUE ORDER BY id LIMIT 3;
SELECT format('parity: %s cases, %s differ; %s of each script, %s to review, %s values, %s sets of reasons',
    count(*), count(*) FILTER (WHERE same IS NOT TRUE), min(n), count(*) FILTER (WHERE (p).review <> '[]'), count(DISTINCT (p).overall), min(sets))
FROM compared, (SELECT min(n) FROM (SELECT count(*) FROM parity GROUP BY found) AS g (n)) AS g (n),
    (SELECT count(DISTINCT e.value -> 4) FROM parity, jsonb_each(explained) AS e) AS r (sets);
SELECT 1 / (count(*) FILTER (WHERE same) = {cases})::int FROM compared;

CREATE TEMP TABLE step (id int, step int, doc jsonb, kind text, engine jsonb, verified text[], decision text[], again boolean,
    new_verified text[], score float8, confidence float8, scores jsonb, review text[], reasons jsonb, accepted text[], PRIMARY KEY (step, id));
COPY step FROM stdin;
{steps}\\.
INSERT INTO williams_profile (name, rules) SELECT key, value FROM jsonb_each($rules${rules}$rules$);
CREATE TEMP TABLE ocr (id int PRIMARY KEY, doc jsonb, kind text, engine jsonb, verified text[], score float8, confidence float8, scores jsonb,
    review text[], reasons jsonb, accepted text[], flag boolean, version bigint);
CREATE TRIGGER score BEFORE INSERT OR UPDATE ON ocr FOR EACH ROW EXECUTE FUNCTION williams_score_ocr(
    'fields=doc', 'profile_column=kind', 'engine_confidence=engine', 'verified=verified', 'score=score', 'confidence=confidence',
    'scores=scores', 'review=review', 'reasons=reasons', 'accepted=accepted', 'profile_version=version');
CREATE TEMP TABLE result (step int, LIKE ocr);
DO $$
BEGIN
    INSERT INTO ocr (id, doc, kind, engine, verified) SELECT id, doc, kind, engine, verified FROM step WHERE step = 0;
    FOR k IN 0..5 LOOP
        IF k > 0 THEN
            UPDATE ocr SET doc = s.doc, kind = s.kind, engine = s.engine, verified = s.verified, review = coalesce(s.decision, ocr.review),
                version = CASE WHEN NOT s.again THEN ocr.version END
            FROM step AS s WHERE s.step = k AND s.id = ocr.id;
        END IF;
        INSERT INTO result SELECT k, * FROM ocr;
    END LOOP;
END $$;
CREATE TEMP TABLE compared_step AS
SELECT r.id, r.step, s, r, r.verified = s.new_verified AND abs(r.score - s.score) < 1e-12 AND abs(r.confidence - s.confidence) < 1e-12
    AND NOT pg_temp.differ(r.scores, s.scores) AND r.review = s.review AND r.reasons = s.reasons AND r.accepted = s.accepted
    AND r.version = coalesce((SELECT williams_rules_version(rules) FROM williams_profile WHERE name = r.kind), 0) AS same
FROM result AS r JOIN step AS s USING (id, step);
SELECT 'differs: ' || row_to_json(c) FROM compared_step AS c WHERE same IS NOT TRUE ORDER BY id, step LIMIT 3;
SELECT format('verified: %s rows, %s UPDATEs, %s differ; %s verify, %s drop a name, %s are for review, %s have been audited',
    count(*) FILTER (WHERE step = 0), count(*) FILTER (WHERE step > 0), count(*) FILTER (WHERE same IS NOT TRUE),
    count(*) FILTER (WHERE cardinality((r).verified) > 0), count(*) FILTER (WHERE NOT array_remove((s).verified, NULL) <@ (r).verified),
    count(*) FILTER (WHERE (r).review <> '{}'), count(*) FILTER (WHERE (r).accepted && (r).verified)) FROM compared_step;
SELECT 1 / (count(*) FILTER (WHERE same) = {nsteps})::int FROM compared_step;
ROLLBACK;
"""


def main(cases):
    r = random.Random(SEED)
    profiles = [a_profile(r) for _ in range(500)]
    rows = lines(row(i, a_case(r, profiles)) for i in range(cases))
    types = {f"type {i}": p for i, p in enumerate(profiles[:90])}
    steps = [step for i in range(cases // 8) for step in history(r, i, types)]
    sql = SQL
    for name, value in (("cases", str(cases)), ("nsteps", str(len(steps))), ("rules", dumps(types)), ("rows", rows), ("steps", lines(steps))):
        sql = sql.replace("{" + name + "}", value, 1)
    p = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
                       input=sql, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = [line for line in p.stdout.splitlines() if line != "1"]
    print("\n".join(output[:20])[:6000])
    return 1 if p.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 25000))
