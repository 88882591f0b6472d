#!/usr/bin/env python3
"""Test williams_fit against another implementation, and the model with real permits.

    test/real/score_model.py [DIRECTORY]      or WILLIAMS_DATA=DIRECTORY

The other implementation minimises the same objective by Newton's method over all
coefficients at once. Both must agree to 1e-9 in every coefficient, for random
evidence and for the permits in DIRECTORY/ocr/documents.jsonl: one document per line,
with the text read for each field, the engine's confidence, and the text that was
printed. Without that file only random evidence is used.

With the permits, the model is fitted on one half of the documents and applied to the
other, both ways round. What is accepted at the threshold for a precision of 99 %, how
often it is right, the calibration error and Brier's score are printed, beside those of
the engine's own confidence, and must not be worse than BARS.
"""

import json
import math
import os
import random
import sys
from pathlib import Path

from score_engines import Checks, psql

BOUNDS = ["0", "0.02", "0.05", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.85", "0.9", "0.93", "0.95", "0.96", "0.97", "0.98",
          "0.99", "0.995", "0.998"]
UPPER = [float(b) for b in BOUNDS[1:]] + [1.0]
COMMON = ("intercept", "slope", "passed", "failed", "silent")
RULES = {
    "fields": dict.fromkeys(("permit_number", "permit_type", "permit_subtype", "parcel", "address", "city", "state", "zip", "subdivision_lot", "contact", "purpose"))
    | {"date_entered": "date", "date_issued": "date", "construction_cost": "number"},
    "checks": [{"check": "pattern", "fields": [field], "pattern": pattern} for field, pattern in
               (("permit_number", "^T[0-9]+$"), ("parcel", "^[0-9A-Z]{11,}$"), ("zip", "^[0-9]{5}$"), ("state", "^TN$"))],
}
# share accepted and precision at least, ECE and Brier's score at most
BARS = (0.52, 0.983, 0.035, 0.045)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def solve(matrix, vector):
    """Solve a linear system by Gauss's elimination."""
    n = len(vector)
    rows = [row[:] + [v] for row, v in zip(matrix, vector)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - math.fsum(rows[i][c] * x[c] for c in range(i + 1, n))) / rows[i][i]
    return x


def probability(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def observations(evidence):
    """A row for each cell: the values of the coefficients, by number; seen; right."""
    rows = []
    for i, name in enumerate(sorted(evidence["fields"])):
        for outcome, bins in evidence["fields"][name].items():
            for b, (seen, right) in bins.items():
                x = 0.0
                if b != "silent":
                    k = BOUNDS.index(b)
                    middle = (float(b) + UPPER[k]) / 2
                    x = math.log(middle / (1 - middle))
                values = {0: 1.0, 1: x, 5 + 2 * i: 1.0, 6 + 2 * i: x}
                if outcome != "none":
                    values[COMMON.index(outcome)] = 1.0
                if b == "silent":
                    values[4] = 1.0
                rows.append((values, seen, right))
    return rows


def fit(evidence, ridge):
    """The coefficients by name, and the probability of each cell with its counts."""
    rows = observations(evidence)
    names = sorted(evidence["fields"])
    n = 5 + 2 * len(names)
    start = [0.0] * n
    start[1] = 1.0
    w = start[:]

    def objective(w):
        total = []
        for values, seen, right in rows:
            z = sum(w[i] * v for i, v in values.items())
            total.append(seen * (math.log1p(math.exp(-abs(z))) + max(z, 0.0)) - right * z)
        return math.fsum(total) + ridge / 2 * math.fsum((a - b) ** 2 for a, b in zip(w, start))

    for _ in range(200):
        parts = [[ridge * (a - b)] for a, b in zip(w, start)]
        hessian = [[ridge if i == j else 0.0 for j in range(n)] for i in range(n)]
        for values, seen, right in rows:
            p = probability(sum(w[i] * v for i, v in values.items()))
            weight = seen * p * (1 - p)
            for i, v in values.items():
                parts[i] += [seen * p * v, -right * v]
                for j, u in values.items():
                    hessian[i][j] += weight * v * u
        step = solve(hessian, [math.fsum(p) for p in parts])
        share = 1.0
        while share > 1e-3 and objective([a - share * b for a, b in zip(w, step)]) > objective(w) + 1e-9 * abs(objective(w)):
            share /= 2
        w = [a - share * b for a, b in zip(w, step)]
        if max(map(abs, step)) < 1e-11:
            break
    else:
        sys.exit("real: model: the other implementation did not converge")
    found = dict(zip(COMMON, w))
    for i, name in enumerate(names):
        found[name, "intercept"], found[name, "slope"] = w[5 + 2 * i:7 + 2 * i]
    return found, [(probability(sum(w[i] * v for i, v in values.items())), seen, right) for values, seen, right in rows]


def measures(cells):
    """right, ECE, Brier's score and the area under the ROC curve of cells with a probability."""
    seen = sum(n for _, n, _ in cells)
    right = sum(r for _, _, r in cells)
    gaps = {}
    for p, n, r in cells:
        gaps.setdefault(min(int(p * 10), 9), []).append(n * p - r)
    area = math.fsum(r * (m - s) * (0.5 if abs(p - q) < 1e-13 else p > q) for p, _, r in cells for q, m, s in cells)
    return {"right": right / seen, "ece": math.fsum(abs(math.fsum(g)) for g in gaps.values()) / seen,
            "brier": math.fsum(r * (1 - p) ** 2 + (n - r) * p * p for p, n, r in cells) / seen,
            "auroc": area / right / (seen - right)}


def curve(cells):
    """The curve of a model: [threshold, precision, share accepted]."""
    total = sum(n for _, n, _ in cells)
    lowest = {}
    for p in sorted({p for p, _, _ in cells}, reverse=True):
        n = sum(m for q, m, _ in cells if q >= p - 1e-13)
        k = 1000 * sum(r for q, _, r in cells if q >= p - 1e-13) // n
        k = k if k >= 900 else k - k % 10
        if n >= 100 and k >= 500:
            lowest[k] = (p, k / 1000, n / total)
    return sorted((c for k, c in lowest.items() if not any(d[0] < c[0] and j > k for j, d in lowest.items())), reverse=True)


def compare(check, what, evidence, ridge, model):
    found, cells = fit(evidence, ridge)
    pairs = [(model[k], found[k]) for k in COMMON]
    for name, own in model["fields"].items():
        pairs += [(own[k], found[name, k]) for k in ("intercept", "slope")]
    check(len(pairs) == len(found), f"model: {what}: coefficients")
    worst = max(abs(a - b) for a, b in pairs)
    check(worst < 1e-9, f"model: {what}: coefficients differ by {worst}")
    for k, v in measures(cells).items():
        check(abs(model[k] - v) < 1e-9, f"model: {what}: {k} is {model[k]}, not {v}")
    check(model["observations"] == sum(n for _, n, _ in cells), f"model: {what}: observations")
    expected = curve(cells)
    check(len(expected) == len(model["curve"]) and all(abs(a[0] - b[0]) < 1e-9 and a[1] == b[1] and abs(a[2] - b[2]) < 1e-4
                                                      for a, b in zip(model["curve"], expected)), f"model: {what}: curve")
    return worst


def random_evidence(rng):
    fields = {}
    scale = rng.choice((3, 30, 1000, 20000))
    for i in range(rng.choice((1, 2, 5, 12, 25))):
        outcomes = {}
        for outcome in rng.choice((("none",), ("passed",), ("passed", "failed"), ("none", "passed", "failed"))):
            bins = rng.sample(BOUNDS + ["silent"], rng.choice((1, 2, 7, 22)))
            skill = rng.uniform(0.2, 1)
            outcomes[outcome] = {}
            for b in bins:
                seen = rng.randint(1, scale)
                p = skill * (0.5 if b == "silent" else float(b)) ** rng.choice((0.5, 1, 2)) * (0.3 if outcome == "failed" else 1)
                outcomes[outcome][b] = (seen, min(seen, round(seen * p)))
        fields[f"{'ab ü'[i % 4]}{i}"] = outcomes
    fields["ab"] = {"none": {"0.5": (40, 20)}}      # neither one outcome nor too few
    return {"version": 1, "fields": fields}


def test_random(check):
    rng = random.Random(12)
    tried = [(random_evidence(rng), rng.choice((0.1, 1.0, 1.0, 5.0))) for _ in range(40)]
    out = psql("SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS williams;\n" +
               "".join(f"SELECT williams_fit({quoted(json.dumps(e))}, {r});\n" for e, r in tried)).splitlines()
    worst = max(compare(check, f"random evidence {i}", e, r, json.loads(out[i])) for i, (e, r) in enumerate(tried))
    print(f"real: model: {len(tried)} random evidences: coefficients agree to {worst:.1g}")


LOAD = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS williams;
DROP TABLE IF EXISTS permit, permit_model;
CREATE TABLE permit (document jsonb);
COPY permit FROM stdin WITH (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01');
{lines}\\.
ALTER TABLE permit ADD half int;
UPDATE permit SET half = ((document ->> 'document_id')::int / 2) % 2;
CREATE TABLE permit_model AS
SELECT half, e, williams_fit(e) AS model
FROM (SELECT half, williams_evidence_agg(document -> 'fields', {rules}, document -> 'confidence', document -> 'truth') AS e FROM permit GROUP BY half) AS v;
SELECT json_build_object('evidence', e::jsonb, 'model', model, 'fields', williams_count(e)) FROM permit_model ORDER BY half;
"""

# The other half, scored with each model, or by the engine's confidence; a threshold for 99 % from the same evidence.
MEASURE = """
CREATE FUNCTION pg_temp.plain(t text) RETURNS text LANGUAGE sql AS
    $$SELECT lower(btrim(regexp_replace(t, '\\s+', ' ', 'g')))$$;
CREATE TEMP TABLE scored AS
SELECT m.half, key AS field, (s.scores ->> key)::float8 AS p, (document -> 'confidence' ->> key)::float8 AS x,
       NOT key = ANY (s.review) AS accepted, pg_temp.plain(value) IS NOT DISTINCT FROM pg_temp.plain(document -> 'truth' ->> key) AS y
FROM permit_model AS m JOIN permit AS d ON d.half <> m.half,
     LATERAL williams_score_fields(document -> 'fields', {rules} || jsonb_build_object('model', model, 'precision', 0.99), document -> 'confidence') AS s,
     jsonb_each_text(document -> 'fields') WHERE btrim(value) <> '';
CREATE TEMP TABLE engine AS
SELECT half, (williams_threshold(williams_calibration_agg((document -> 'confidence' ->> key)::float8, pg_temp.plain(value) IS NOT DISTINCT FROM pg_temp.plain(document -> 'truth' ->> key)), 0.99)).threshold
FROM permit, jsonb_each_text(document -> 'fields') WHERE btrim(value) <> '' GROUP BY half;
SELECT json_build_array(avg(share), avg("precision"), avg(ece), avg(brier)) FROM (
    SELECT half, avg(accepted::int) AS share, avg(y::int) FILTER (WHERE accepted) AS "precision", williams_ece(williams_calibration_agg(p, y)) AS ece, avg((p - y::int) ^ 2) AS brier FROM scored GROUP BY half) AS v;
SELECT json_build_array(avg(share), avg("precision"), avg(ece), avg(brier)) FROM (
    SELECT half, avg((x >= threshold)::int) AS share, avg(y::int) FILTER (WHERE x >= threshold) AS "precision", williams_ece(williams_calibration_agg(x, y)) AS ece, avg((x - y::int) ^ 2) AS brier
    FROM scored JOIN engine USING (half) GROUP BY half) AS v;
"""


def test_permits(check, path):
    rules = quoted(json.dumps(RULES)) + "::jsonb"
    load = LOAD.replace("{lines}", path.read_text(encoding="utf-8")).replace("{rules}", rules)
    lines = [json.loads(line) for line in psql(load + MEASURE.replace("{rules}", rules)).splitlines()]
    worst = max(compare(check, f"permits, half {i}", half["evidence"], 1.0, half["model"]) for i, half in enumerate(lines[:2]))
    print(f"real: model: {sum(half['fields'] for half in lines[:2])} fields of permits: coefficients agree to {worst:.1g}")
    for who, figures in (("model", lines[2]), ("engine", lines[3])):
        print("real: model: fitted on one half, applied to the other, for 99 %%, %s: %.4f accepted, precision %.4f, ECE %.4f, Brier %.4f" % (who, *figures))
    for what, figure, bar, sign in zip(("share accepted", "precision", "ECE", "Brier's score"), lines[2], BARS, (1, 1, -1, -1)):
        check(sign * (figure - bar) >= 0, f"model: {what} is {figure}, not as good as {bar}")


def main():
    check = Checks()
    test_random(check)
    path = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WILLIAMS_DATA", "")) / "ocr" / "documents.jsonl"
    if path.is_file():
        test_permits(check, path)
    else:
        print("real: skipped: no permits with their truth in WILLIAMS_DATA")
    print(f"real: model: {check.made} checks, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
