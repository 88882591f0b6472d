#!/usr/bin/env python3
"""Fuzz the functions that accept external input.

    FUZZ_SECONDS=60 FUZZ_SEED=1 test/fuzz/fuzz.py [TARGET...]      (make test-fuzz)

Nine targets run for FUZZ_SECONDS each: the text and wire forms of williams_scorecard,
williams_calibration and williams_evidence, williams_fit, the results of OCR engines
(williams_ocr_engine, _fields and _document), and williams_score_fields. Inputs are
mutations of the seeds in this directory, of test/ocr and of some made by the server; FUZZ_SEED
makes them reproducible. Each is sent to the server as a parameter. The server must either refuse it with an expected
SQLSTATE or give a result for which all checks hold: summaries survive round trips bit
for bit, confidences are between 0 and 1, and alternative queries agree. Otherwise,
above all if the connection is lost, the input is printed and the test fails. libpq
is called through ctypes.
"""

import ctypes
import json
import os
import random
import re
import sys
import time
from pathlib import Path

pq = ctypes.CDLL("libpq.so.5")
for name, result in (("PQconnectdb", ctypes.c_void_p), ("PQexecParams", ctypes.c_void_p),
                     ("PQgetvalue", ctypes.c_void_p), ("PQresultErrorField", ctypes.c_char_p),
                     ("PQresultErrorMessage", ctypes.c_char_p), ("PQerrorMessage", ctypes.c_char_p)):
    getattr(pq, name).restype = result

HERE = Path(__file__).parent

# Boolean expressions that must all be true for every accepted value.
CHECKS = {
    "scorecard": """
        williams_scorecard_send(s::text::williams_scorecard) = williams_scorecard_send(s),
        williams_scorecard_send(s + '(1,0,0,0,0,0,0,0)') = williams_scorecard_send(s),
        (SELECT sum(count) FROM williams_histogram(s, 200)) = williams_count(s),
        (williams_count(s) = 0) = (williams_average(s) IS NULL),
        coalesce(0 <= williams_min(s) AND williams_min(s) <= williams_average(s) AND williams_average(s) <= williams_max(s) AND williams_max(s) <= 1, williams_count(s) = 0),
        coalesce(williams_stddev(s) BETWEEN 0 AND 0.7072 * (williams_max(s) - williams_min(s)) + 1e-9, williams_count(s) < 2),
        coalesce(williams_quantile(s, 0.3) BETWEEN williams_min(s) AND williams_quantile(s, 0.9), williams_count(s) = 0),
        coalesce(williams_share_below(s, 0.3) BETWEEN 0 AND williams_share_below(s, 0.7), williams_count(s) = 0),
        coalesce((SELECT psi = 0 AND ks = 0 FROM williams_drift(s, s)), williams_count(s) = 0),
        coalesce((SELECT bool_and(psi BETWEEN 0 AND 1e6 AND ks BETWEEN 0 AND 1) FROM (VALUES ('(1,0,0,0,0,0,0,0,0:7)'::williams_scorecard)) AS o (o), LATERAL (SELECT * FROM williams_drift(s, o) UNION ALL SELECT * FROM williams_drift(o, s)) AS d), williams_count(s) = 0),
        (s::jsonb->>'count')::bigint = williams_count(s), (SELECT williams_count(williams_rollup(r)) FROM (SELECT s AS r) AS one) = williams_count(s)""",
    "calibration": """
        williams_calibration_send(s::text::williams_calibration) = williams_calibration_send(s),
        williams_calibration_send(s + '(1,0,0,0,0,0)') = williams_calibration_send(s),
        (SELECT sum(count) FROM williams_reliability(s, 200)) = williams_count(s),
        (SELECT bool_and(count = 0 OR confidence BETWEEN lower - 1e-15 AND upper + 1e-15 AND accuracy BETWEEN 0 AND 1) FROM williams_reliability(s, 200)),
        coalesce(williams_accuracy(s) BETWEEN 0 AND 1 AND williams_brier(s) BETWEEN 0 AND 1 + 1e-15 AND williams_ece(s) BETWEEN 0 AND 1 + 1e-15, williams_count(s) = 0),
        coalesce((SELECT threshold BETWEEN 0 AND 1 AND precision_low BETWEEN 0 AND "precision" FROM williams_threshold(s, 0.5, 1)), true),
        (SELECT g.threshold IS NULL OR g.threshold >= p.threshold AND g."precision" >= 0.5 FROM williams_threshold(s, 0.5, 1) AS p, williams_threshold(s, 0.5, 1, 0.9) AS g),
        (williams_auroc(s) BETWEEN 0 AND 1) IS NOT DISTINCT FROM CASE WHEN williams_accuracy(s) > 0 AND (SELECT max(risk) > 0 FROM williams_risk_coverage(s)) THEN true END,
        (SELECT count(*) = count(DISTINCT threshold) AND coalesce(bool_and(risk BETWEEN 0 AND risk_high AND risk_high <= 1) AND max(coverage) = 1, williams_count(s) = 0) FROM williams_risk_coverage(s)),
        (SELECT coalesce(cost <= cost_accept_all AND cost <= cost_review_all AND (threshold IS NULL) = (accepted_share = 0), williams_count(s) = 0) FROM williams_threshold_cost(s, 7, 2)),
        (s::jsonb->>'count')::bigint = williams_count(s), (SELECT williams_count(williams_rollup(r)) FROM (SELECT s AS r) AS one) = williams_count(s)""",
    "evidence": """
        s::text::williams_evidence = s, williams_evidence_send(s::text::williams_evidence) = williams_evidence_send(s),
        s + '{"version": 1, "fields": {}}' = s, s::text::jsonb = s::jsonb,
        (SELECT coalesce(sum((b.value->>0)::numeric), 0) FROM jsonb_each(s::jsonb->'fields') AS f, jsonb_each(f.value) AS o, jsonb_each(o.value) AS b) = williams_count(s),
        (SELECT williams_rollup(r) FROM (SELECT s AS r) AS one) = s""",
}
NUMBERS = [0, 1, 2, 199, 200, 255, 1 << 31, (1 << 62) - 1, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64]


class Server:
    def __init__(self):
        self.conn = ctypes.c_void_p(pq.PQconnectdb(b""))
        if pq.PQstatus(self.conn) != 0:
            sys.exit(f"fuzz: {pq.PQerrorMessage(self.conn).decode()}")

    def ask(self, query, parameter=None, binary=False):
        """Return (columns of the first row, None) or (None, SQLSTATE); "lost: ..." after a lost connection."""
        n = 0 if parameter is None else 1
        values = (ctypes.c_char_p * 1)(parameter)
        lengths = (ctypes.c_int * 1)(len(parameter or b""))
        formats = (ctypes.c_int * 1)(int(binary))
        r = ctypes.c_void_p(pq.PQexecParams(self.conn, query.encode(), n, None, values, lengths, formats, 0))
        try:
            if pq.PQresultStatus(r) == 2:
                return [ctypes.string_at(pq.PQgetvalue(r, 0, i), pq.PQgetlength(r, 0, i))
                        for i in range(pq.PQnfields(r))], None
            return None, (pq.PQresultErrorField(r, ord("C")) or b"lost: " + pq.PQerrorMessage(self.conn)).decode()
        finally:
            pq.PQclear(r)


def mutated_bytes(rng, form, other):
    b = bytearray(form)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(b) + 1)
        what = rng.randrange(7)
        if what == 0 and at < len(b):
            b[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(b):
            b[at] = rng.choice((0, 1, 127, 128, 200, 255, rng.randrange(256)))
        elif what == 2:
            b[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif what == 3:
            del b[at:at + rng.randrange(1, 9)]
        elif what == 4:
            b[at:at + 8] = (rng.choice(NUMBERS) % (1 << 64)).to_bytes(8, "big")
        elif what == 5:
            b[at:] = other[at:]
        elif len(b) >= 12:                     # change a word a little
            at = 4 + 8 * rng.randrange((len(b) - 4) // 8)
            word = int.from_bytes(b[at:at + 8], "big") + rng.randrange(-2, 3)
            b[at:at + 8] = (word % (1 << 64)).to_bytes(8, "big")
    return bytes(b)


def mutated_text(rng, form, other):
    tokens = re.findall(rb"[0-9.e+-]+|.", form, re.S)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        if not tokens:
            break
        at = rng.randrange(len(tokens))
        what = rng.randrange(6)
        if what == 0:
            tokens[at] = str(rng.choice(NUMBERS)).encode()
        elif what == 1 and tokens[at].isdigit():
            tokens[at] = str(int(tokens[at]) + rng.randrange(-2, 3)).encode()
        elif what == 2:
            tokens[at] = rng.choice((b"nan", b"-0", b"1e400", b"0x1p-3", b" ", b",", b":", b"(", b")", b"", b"\xff", b"0.005", b"1e-320"))
        elif what == 3:
            del tokens[at:at + rng.randrange(1, 4)]
        elif what == 4:
            tokens[at:at] = tokens[rng.randrange(len(tokens)):][:rng.randrange(1, 5)]
        else:
            tokens = [mutated_bytes(rng, b"".join(tokens), other)]
    return b"".join(tokens).replace(b"\0", b"0")


# The rows of a result and the same result as objects must agree, so that scoring sees the same values.
# {fields} are the engines whose results are not words, {parts} those that are read only when asked for.
OCR = """
    WITH d AS MATERIALIZED (SELECT t, williams_ocr_engine(t) AS e FROM (SELECT $1::text AS t OFFSET 0) AS t),
        f AS MATERIALIZED (SELECT f.* FROM d, williams_ocr_fields(t) AS f),
        p AS MATERIALIZED (SELECT p.* FROM d, unnest({parts}) AS part, williams_ocr_fields(t, part) AS p WHERE starts_with(part, e || '_')),
        every AS (SELECT * FROM f UNION ALL SELECT * FROM p),
        j AS MATERIALIZED (SELECT e, t::jsonb AS t, williams_ocr_document(t::jsonb) AS o FROM d WHERE e = ANY ({fields})),
        w AS MATERIALIZED (SELECT e, t::jsonb AS t FROM d WHERE e IS NOT NULL AND NOT EXISTS (SELECT FROM j) AND t ~ '^\\s*[[{]'),
        fields AS (SELECT key, value FROM j, jsonb_each_text((o).fields)),
        confidence AS (SELECT key, value::float8 FROM j, jsonb_each_text((o).confidence))
    SELECT (SELECT e FROM d), (SELECT e IS NOT NULL FROM d),
        (SELECT coalesce(bool_and(confidence IS NULL OR confidence BETWEEN 0 AND 1 AND value IS NOT NULL), true) FROM every),
        (SELECT coalesce(bool_and(value IS NULL OR value ~ '\\S' AND value !~ '^[ \\t\\n]|[ \\t\\n]$'), true) FROM every),
        (SELECT coalesce(bool_and(page IS NULL OR page > 0), true) FROM every),
        (SELECT coalesce(bool_and(document IS NULL OR document > 0), true) FROM every),
        (SELECT coalesce(bool_and(coalesce(field, value) IS NOT NULL), true) FROM every),
        (SELECT array_agg(f) FROM f) IS NOT DISTINCT FROM (SELECT array_agg(f) FROM d, williams_ocr_fields(t) AS f),
        (SELECT array_agg(f) FROM f) IS NOT DISTINCT FROM (SELECT array_agg(f) FROM d, williams_ocr_fields(t, e) AS f),
        NOT EXISTS (SELECT FROM j) OR (SELECT array_agg(f) FROM f) IS NOT DISTINCT FROM (SELECT array_agg(f) FROM j, williams_ocr_fields(t) AS f),
        NOT EXISTS (SELECT FROM w) OR (SELECT array_agg(f) FROM f) IS NOT DISTINCT FROM (SELECT array_agg(f) FROM w, williams_ocr_fields(t) AS f),
        NOT EXISTS (SELECT FROM w WHERE williams_ocr_engine(t) IS DISTINCT FROM e),
        NOT EXISTS (SELECT FROM j WHERE (o).engine <> e OR williams_ocr_engine(t) <> e OR williams_ocr_document(t) <> o),
        (SELECT array_agg(key) FROM fields) IS NOT DISTINCT FROM (SELECT array_agg(key) FROM confidence),
        NOT EXISTS (SELECT FROM j) OR (SELECT count(field) FROM f) = (SELECT count(*) FROM fields),
        NOT EXISTS (SELECT FROM j) OR (SELECT array_agg(value ORDER BY value) FROM f WHERE field IS NOT NULL) IS NOT DISTINCT FROM (SELECT array_agg(value ORDER BY value) FROM fields),
        NOT EXISTS (SELECT FROM j) OR (SELECT array_agg(round(confidence::numeric, 12) ORDER BY confidence) FROM f WHERE field IS NOT NULL)
            IS NOT DISTINCT FROM (SELECT array_agg(round(value::numeric, 12) ORDER BY value) FROM confidence),
        NOT EXISTS (SELECT FROM j WHERE ((williams_score_fields((o).fields, '{"fields": {"a": null}}', (o).confidence)).overall BETWEEN 0 AND 1) IS NOT TRUE)"""

SCORE = """
    SELECT s.overall, s.overall BETWEEN 0 AND 1, s.multiplier BETWEEN 0.85 AND 1, s.num_fields BETWEEN 0 AND n,
        s.script IN ('latin', 'arabic', 'cjk'), s.review <@ names, cardinality(s.review) <= n,
        (SELECT array_agg(k) FROM jsonb_object_keys(s.scores) AS k) IS NOT DISTINCT FROM names,
        (SELECT bool_and(value::float8 BETWEEN 0 AND 1) FROM jsonb_each_text(s.scores)),
        (SELECT abs(avg(value::float8) * s.multiplier - s.overall) < 1e-12 FROM jsonb_each_text(s.scores)),
        s = williams_score_fields(v->'fields', rules, v->'confidence', v->>'script')
    FROM (SELECT $1::jsonb AS v OFFSET 0) AS input,
        LATERAL (SELECT coalesce(v->'rules', 'null') AS rules) AS given,
        williams_score_fields(v->'fields', rules, v->'confidence', v->>'script') AS s,
        LATERAL (SELECT array_agg(k) AS names, count(*) AS n FROM jsonb_object_keys(rules->'fields') AS k) AS r"""

SCALARS = (None, True, "", " ", "x", "-1", "1e400", "2024-02-30", "\u00e9\u3000\u4e00\u0627", 0, 1, 7, -0.1, 100.1, 0.5, 2**31, 2**64, 1e300, [], {}, [[]])
MARKS = ("<", ">", "</", "/>", '"', "'", "=", " ", "\t", "\n", "\r\n", "&", ";", "&amp;", "&#0;", "&#x10FFFF;", "&#xD800;", "&#x20ac;", "<!--", "-->", "<![CDATA[",
         "&eacute;", "&NotEqualTilde;", "]]>", "<!DOCTYPE [", "]", "<?", "?>", "<script>", "</script>", "{", "}", "[", "null", "1e400", "1e99999999", "-1", "nan", "inf", "0x1p3", "\\", "\\u0000",
         "\\ud800", "\ufeff", "\u00a0", "\u3000", "\u00e9", "5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t50\tx\n", "title='x_wconf 9'", 'class="ocrx_word"', 'class="ocr_line"', "CONTENT='&lt;'", "a:",
         "<TextRegion>", "</TextRegion>", "<TextLine>", "<Word>", "</Word>", "<TextEquiv index='0' conf='1'>", "<Unicode>", "<charParams charConfidence='9'>", "</charParams>", "wordFirst='1'",
         "<charRecVariants>", "<!ENTITY e 'x'>", "&e;")


def mutated_markup(rng, form, other):
    """Mutate a text of any kind by words and marks."""
    tokens = re.findall(r"\w+|\s+|.", form, re.S)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(tokens) + 1)
        what = rng.randrange(6)
        if what == 0:
            tokens[at:at + 1] = [rng.choice(MARKS)]
        elif what == 1:
            tokens[at:at] = [rng.choice(MARKS)] * rng.choice((1, 1, 1, 2, 50))
        elif what == 2:
            del tokens[at:at + rng.choice((1, 1, 2, 5, 50))]
        elif what == 3 and tokens:
            start = rng.randrange(len(tokens))
            tokens[at:at] = tokens[start:start + rng.choice((1, 5, 40))] * rng.choice((1, 1, 3))
        elif what == 4:
            tokens = tokens[:at] + re.findall(r"\w+|\s+|.", other, re.S)[at:]
        elif tokens and at < len(tokens):
            tokens[at] = rng.choice((tokens[at].upper(), tokens[at] * 2, tokens[at][1:], str(rng.choice(NUMBERS))))
    return "".join(tokens).replace("\0", "")


def mutated_tree(rng, form, other):
    """Mutate JSON by values: cross two trees; rename, duplicate and remove members."""
    def places(tree, found):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            found.append((tree, key))
            if isinstance(tree[key], (dict, list)):
                places(tree[key], found)
        return found
    root = [json.loads(form)]
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        parent, key = rng.choice(places(root, []))
        what = rng.randrange(8)
        if what == 0:
            parent[key] = rng.choice(SCALARS)
        elif what == 1:
            theirs, name = rng.choice(places([json.loads(other)], []))
            parent[key] = theirs[name]
            if isinstance(parent, dict) and isinstance(name, str):
                parent[name] = theirs[name]
        elif what == 2 and isinstance(parent, dict):
            name = rng.choice([k for _, k in places(root, []) if isinstance(k, str)] + ["a", "a.2", "", "\u00e9"])
            parent[name] = parent.pop(key)
        elif what == 3 and parent is not root:
            del parent[key]
        elif what == 4 and isinstance(parent, list) and parent is not root:
            parent.insert(rng.randrange(len(parent) + 1), parent[key])
        elif what == 5 and isinstance(parent[key], (int, float)):
            parent[key] = rng.choice((parent[key] * 100, -parent[key], parent[key] / 100, str(parent[key]), rng.random(), rng.choice(NUMBERS)))
        elif what == 6 and isinstance(parent[key], str):
            parent[key] = mutated_markup(rng, parent[key], "x")
        else:
            parent[key] = {"a": parent[key]} if rng.random() < 0.5 else [parent[key]] * 2
        root = json.loads(json.dumps(root))     # copy, so that no part is shared or contains itself
    return json.dumps(root[0], ensure_ascii=rng.random() < 0.5)


def mutated_answer(rng, form, other):
    if form[:1] in "{[" and rng.random() < 0.8:
        try:
            return mutated_tree(rng, form, other)
        except ValueError:
            pass
    return mutated_markup(rng, form, other)


# A model can be used in rules, and what it says of itself is possible.
FIT = """
    SELECT m, (m->>'ece')::float8 BETWEEN 0 AND 1 + 1e-9, (m->>'brier')::float8 BETWEEN 0 AND 1 + 1e-9, (m->>'auroc')::float8 BETWEEN 0 AND 1 + 1e-9,
        (m->>'right')::float8 BETWEEN 0 AND 1, jsonb_array_length(m->'curve') <= 141,
        (SELECT bool_and(value::float8 BETWEEN 0 AND 1) FROM williams_score_fields('{"a": "x", "b": "y"}', jsonb_build_object('fields', '{"a": null, "b": "date"}'::jsonb, 'model', m), '{"a": 0.99}') AS s, jsonb_each_text(s.scores))
    FROM (SELECT williams_fit($1::williams_evidence) AS m OFFSET 0) AS v"""


def target(server, rng, name, query, seeds, mutate, refused, binary=False, same=False, seconds=60.0):
    """Return whether every input tried within these seconds was refused, or accepted with all checks true."""
    tried = accepted = slowest = 0
    kept = set(seeds)
    seeds = list(seeds)
    states = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sent = seeds[tried] if tried < len(seeds) and tried < 64 else mutate(rng, rng.choice(seeds), rng.choice(seeds))
        tried += 1
        start = time.monotonic()
        row, state = server.ask(query, sent if isinstance(sent, bytes) else sent.encode("utf-8", "ignore"), binary)
        slowest = max(slowest, time.monotonic() - start)
        if row is not None:
            accepted += 1
            if all(v == b"t" for v in row[1:]) and (not same or bytes.fromhex(row[0].decode()) == sent):
                if len(seeds) < 2000 and len(sent) < 20000 and sent not in kept:
                    kept.add(sent)
                    seeds.append(sent)
                continue
        elif state in refused:
            states[state] = states.get(state, 0) + 1
            continue
        print(f"fuzz: {name}: {row or state} from {sent.hex() if binary else repr(sent)}")
        return False
    print(f"fuzz: {name}: {tried} tried, {accepted} accepted with all checks true, slowest {slowest:.2f} s; refused: {dict(sorted(states.items()))}")
    return accepted > 0 and tried > accepted


def summary(server, name, binary):
    query = f"SELECT encode(williams_{name}_send(s), 'hex'), {CHECKS[name]} FROM (SELECT $1::williams_{name} AS s OFFSET 0) AS v"
    made = {"scorecard": "williams_scorecard_agg(x)", "calibration": "williams_calibration_agg(x, x * x > 0.3)",
            "evidence": """williams_evidence_agg(f, '{"fields": {"a": null, "b": "number", "name \u00e9": "date"}}', jsonb_build_object('a', x, 'b', 1 - x), f || '{"a": "3", "b": null}')"""}[name]
    seeds = [line.split(" ", 1)[1].strip().encode() for line in (HERE / "seeds.txt").read_text().splitlines() if line.startswith(name + " ")]
    for n in (2, 7, 40, 1000):
        seeds.append(server.ask(f"SELECT {made}::text FROM (SELECT (i * 7919 % 1009) / 1009.0 AS x, jsonb_build_object('a', i, 'b', i, 'name \u00e9', i) AS f FROM generate_series(1, {n}) AS i) AS v")[0][0])
    if binary:
        seeds = [bytes.fromhex(server.ask(f"SELECT encode(williams_{name}_send($1::williams_{name}), 'hex')", s)[0][0].decode()) for s in seeds]
    return query, seeds, mutated_bytes if binary else mutated_text, {"22P02", "22P03", "08P01", "22021"} | ({"22P05", "22003"} if name == "evidence" else set())


def targets(server):
    """Return the arguments of target() by name."""
    found = {}
    for name in ("scorecard", "calibration", "evidence"):
        for binary in (False, True):
            # bytes are canonical, but for the order in which evidence receives its fields
            found[f"{name}, {'bytes' if binary else 'text'}"] = summary(server, name, binary) + (binary, binary and name != "evidence")
    evidence = summary(server, "evidence", False)
    # too few observations, or only right or wrong ones
    found["fit"] = (FIT, evidence[1], mutated_text, evidence[3] | {"22023"})
    samples = [p for p in (HERE.parent / "ocr").iterdir() if p.suffix != ".tsv"]   # those are lists of rows
    answers = [p.read_text() for p in sorted([*(HERE / "answers").iterdir(), *samples])]
    # not a result of an engine, not JSON, a number or character that jsonb does not support
    named = [a.encode() for a in answers if a[:1] in "{[" and server.ask("SELECT williams_ocr_document($1::jsonb)", a.encode())[0]]
    fields = sorted({server.ask("SELECT quote_literal(williams_ocr_engine($1::jsonb))", a)[0][0].decode() for a in named})
    engines = re.findall(r"engine\((\w+)\)", (HERE.parents[1] / "src/score/ocr/ocr.h").read_text())
    parts = [f"'{e}'" for e in engines if any(e.startswith(base + "_") for base in engines)]
    query = OCR.replace("{fields}", f"ARRAY[{', '.join(fields)}]").replace("{parts}", f"ARRAY[{', '.join(parts)}]::text[]")
    found["engines"] = (query, answers, mutated_answer, {"22023", "22P02", "22003", "22P05"})
    # malformed rules, an invalid pattern, JSON that jsonb does not support
    found["score_fields"] = (SCORE, [json.dumps(v) for v in json.loads((HERE / "score_fields.json").read_text())], mutated_tree, {"22023", "2201B", "22P05", "22003"})
    return found


def main():
    server = Server()
    server.ask("CREATE EXTENSION IF NOT EXISTS williams")
    server.ask("SET statement_timeout = '10s'")
    seconds = float(os.environ.get("FUZZ_SECONDS", "60"))
    seed = os.environ.get("FUZZ_SEED", "1")
    print(f"fuzz: seed {seed}, {seconds:g} s per target")
    good = [target(server, random.Random(f"{seed} {name}"), name, *what, seconds=seconds)
            for name, what in targets(server).items() if not sys.argv[1:] or name in sys.argv[1:]]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
