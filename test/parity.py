#!/usr/bin/env python3
"""Compares williams_score_fields with a second implementation of its rules.

The rules are those of the documentation, in exact decimal arithmetic; nothing is
taken from the C code. Random documents and rules, from a fixed seed, are scored
here. They are copied into a table together with the expected results and
compared there.

    test/parity.py [CASES]      in the database PGDATABASE, 25000 cases by default
"""

import json
import random
import re
import subprocess
import sys
from decimal import Decimal as D
from decimal import getcontext

getcontext().prec = 40
SEED = 20260728

SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
S = "[" + SPACE + "]*"
FORMATS = {
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), D("0.10"), D("-0.15")),
    "number": (re.compile(S + r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)" + S), D("0.10"), D("-0.15")),
    "alphanumeric": (re.compile(r"[A-Za-z0-9]+"), D("0.05"), D(0)),
}
SCRIPTS = {"arabic": D("-0.05"), "cjk": D("-0.02"), "latin": D(0)}


def dumps(value):
    """the text form of jsonb: keys by length, then by bytes"""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda kv: (len(kv[0].encode()), kv[0].encode()))
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {dumps(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumps, value)) + "]"
    if isinstance(value, D):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return sum(map(leaves, value))
    return int(value is not None and not (isinstance(value, str) and value.strip(SPACE) == ""))


def text(value):
    """the text that ->> returns; None for a missing field"""
    if leaves(value) == 0:
        return None
    return value if isinstance(value, str) else dumps(value)


def multiplier(n):
    """0.85 + 0.15 min(1, efficiency / 30), efficiency = sqrt(n) / log2(n)"""
    if n <= 1:
        return D(1)
    efficiency = D(n).sqrt() / (D(n).ln() / D(2).ln())
    return D("0.85") + D("0.15") * min(D(1), efficiency / 30)


def number(value):
    """the number, or None if the text does not have the format"""
    value = value.replace(",", "")
    return D(value.strip(SPACE)) if FORMATS["number"][0].fullmatch(value) else None


def script_of(texts):
    everything = "".join(t for t in texts if t is not None)
    ranges = {"arabic": (0x600, 0x6FF), "cjk": (0x4E00, 0x9FFF), "latin": (0x20, 0x24F)}
    count = {s: sum(a <= ord(c) <= b for c in everything) for s, (a, b) in ranges.items()}
    best = max(count, key=count.get)
    return best if count[best] > len(everything) / 10 else "latin"


def digit(characters):
    values = [0 if c == "<" else int(c, 36) for c in characters]
    return str(sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(values)) % 10)


def mrz_holds(line1, line2):
    shape = re.compile(r"[A-Z0-9<]{44}")
    if not (shape.fullmatch(line1) and shape.fullmatch(line2) and line1.startswith("P")):
        return False
    number_, birth, expiry, personal = line2[0:9], line2[13:19], line2[21:27], line2[28:42]
    if line2[9] != digit(number_) or line2[19] != digit(birth) or line2[27] != digit(expiry):
        return False
    if line2[42] != digit(personal) and not (personal == "<" * 14 and line2[42] == "<"):
        return False
    return line2[43] == digit(line2[0:10] + line2[13:20] + line2[21:43])


def check_factors(check, texts):
    """(field, factor) of each score that the check multiplies"""
    factor = check.get("factor", D("0.5"))
    present = [f for f in check["fields"] if texts[f] is not None]
    kind = check["check"]
    if kind == "ordered":
        dates = [f for f in present if FORMATS["date"][0].fullmatch(texts[f])]
        for a, b in zip(dates, dates[1:]):
            if not texts[a] < texts[b]:
                yield a, factor
                yield b, factor
    elif kind == "mrz":
        if len(present) == 2 and not mrz_holds(texts[present[0]], texts[present[1]]):
            yield present[0], factor
            yield present[1], factor
    for f in present:
        if kind == "length" and len(texts[f]) != check["length"]:
            yield f, factor
        elif kind == "pattern" and not re.search(check["pattern"].replace(r"\d", "[0-9]").replace("$", r"\Z"), texts[f]):
            yield f, factor
        elif kind == "range":
            n = number(texts[f])
            if n is None:
                yield f, D("0.5")
            elif ("min" in check and n < check["min"]) or ("max" in check and n > check["max"]):
                yield f, factor


def clamp(x):
    return max(D(0), min(D(1), x))


def score(fields, rules, confidence, script):
    names = sorted(rules["fields"], key=lambda k: (len(k.encode()), k.encode()))
    fields = fields if isinstance(fields, dict) else {}
    texts = {f: text(fields.get(f)) for f in names}
    n = sum(t is not None for t in texts.values())
    m = multiplier(n)
    script = script or script_of(texts.values())
    final, before = {}, {}
    for f in names:
        t = texts[f]
        if t is None:
            final[f] = before[f] = D(0)
            continue
        x = confidence.get(f) if confidence else None
        x = D("0.85") if x is None else x
        if rules["fields"][f] is not None:
            pattern, hit, miss = FORMATS[rules["fields"][f]]
            x += hit if pattern.fullmatch(t.replace(",", "") if rules["fields"][f] == "number" else t) else miss
        x += SCRIPTS[script]
        if len(t.strip(SPACE)) < 2:
            x -= D("0.10")
        final[f], before[f] = clamp(x * m), clamp(x)
    for check in rules.get("checks", []):
        for f, factor in check_factors(check, texts):
            final[f] *= factor
            before[f] *= factor
    threshold = rules.get("threshold", D("0.80"))
    return (sum(final.values()) / len(names), m, n, script,
            [f for f in names if before[f] < threshold], final)


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


def a_profile(r):
    names = r.sample(["a", "b", "B", "é", "zip", "city", "total", "date_of_birth", "due", "issued", "名前", "", "x y",
                      "permit_number", "kvk", "salary", "note"], r.randint(1, 12))
    fields = {n: r.choice([None, "date", "number", "alphanumeric"]) for n in names}
    if r.random() < 0.3:
        fields.update({"mrz1": None, "mrz2": None})
    rules = {"fields": fields}
    if r.random() < 0.8:
        rules["checks"] = [c for c in (a_check(r, list(fields)) for _ in range(r.randint(0, 5))) if c]
    if r.random() < 0.7:
        rules["threshold"] = fraction(r)
    return rules


def a_case(r, profiles):
    rules = r.choice(profiles)
    fields = {}
    for name, kind in rules["fields"].items():
        if r.random() < 0.9:
            fields[name] = a_value(r, kind)
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


def row(i, case):
    fields, rules, confidence, script = case
    overall, m, n, found, review, scores = score(*case)
    columns = [str(i), None if fields is None else dumps(fields), dumps(rules), None if confidence is None else dumps(confidence), script,
               f"{overall:.20f}", f"{m:.20f}", str(n), found, dumps(review),
               dumps({k: v.quantize(D("1e-20")) for k, v in scores.items()})]
    return "\t".join(map(copy_text, columns)) + "\n"


SQL = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS williams;
CREATE TEMP TABLE parity (id int, fields jsonb, rules jsonb, confidence jsonb, script text, overall float8, multiplier float8,
    num_fields bigint, found text, review jsonb, scores jsonb);
COPY parity FROM stdin;
{rows}\\.
CREATE TEMP TABLE compared AS
SELECT p.id, s, p, abs(s.overall - p.overall) < 1e-12 AND abs(s.multiplier - p.multiplier) < 1e-12
    AND s.num_fields = p.num_fields AND s.script = p.found AND to_jsonb(s.review) = p.review
    AND NOT EXISTS (SELECT FROM jsonb_each(s.scores) AS a FULL JOIN jsonb_each(p.scores) AS b USING (key)
                    WHERE NOT coalesce(abs(a.value::numeric - b.value::numeric) < 1e-12, false)) AS same
FROM parity AS p, williams_score_fields(p.fields, p.rules, p.confidence, p.script) AS s;
SELECT 'differs: ' || row_to_json(c) FROM compared AS c WHERE same IS NOT TRUE ORDER BY id LIMIT 3;
SELECT format('parity: %s cases, %s differ; %s of each script, %s to review, %s values',
    count(*), count(*) FILTER (WHERE same IS NOT TRUE), min(n), count(*) FILTER (WHERE (p).review <> '[]'), count(DISTINCT (p).overall))
FROM compared, (SELECT min(n) FROM (SELECT count(*) FROM parity GROUP BY found) AS g (n)) AS g (n);
SELECT 1 / (count(*) FILTER (WHERE same) = {cases})::int FROM compared;
"""


def main(cases):
    r = random.Random(SEED)
    profiles = [a_profile(r) for _ in range(500)]
    rows = "".join(row(i, a_case(r, profiles)) for i in range(cases))
    p = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
                       input=SQL.replace("{rows}", rows).replace("{cases}", str(cases)),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = [line for line in p.stdout.splitlines() if line != "1"]
    print("\n".join(output[:20])[:6000])
    return 1 if p.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 25000))
