#!/usr/bin/env python3
"""williams_ocr_fields over results of real engines.

    test/real/score_engines.py [DIRECTORY]      or WILLIAMS_DATA=DIRECTORY

DIRECTORY contains ocr_engines/, public samples of the engines, which are compared
with score_engines_expected.tsv, written by a person who read them; and
ocr/{tsv,hocr,alto}/, pages that Tesseract wrote in all three formats. These must
have the same words, and the TSV's must be those that a few lines of Python find.
Parts of the data that do not exist are skipped. HTML's named characters are
compared with Python's table. Speed is printed, but not checked.
"""

import html.entities
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def psql(script):
    p = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], input=script,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode != 0:
        sys.exit("real: " + p.stdout[-2000:])
    return p.stdout


def read(engine, name=""):
    """path -> (engine found, rows), for the files loaded whose paths end in name"""
    out = psql("SELECT json_build_array(path, williams_ocr_engine(body), (SELECT coalesce(json_agg("
               f"json_build_array(page, field, value, confidence)), '[]') FROM williams_ocr_fields(body, '{engine}') "
               f"WHERE document = 1)) FROM real_file WHERE right(path, {len(name)}) = '{name}';")
    found = {}
    for line in out.splitlines():
        path, engine, rows = json.loads(line)
        found[Path(path)] = (engine, [tuple(r) for r in rows])
    return found


def load(paths):
    """Load files into a table and read them. COPY's text format needs four characters escaped."""
    def escaped(s):
        for c, e in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
            s = s.replace(c, e)
        return s
    body = "".join(f"{p}\t{escaped(p.read_bytes().decode())}\n" for p in paths)
    psql("CREATE EXTENSION IF NOT EXISTS williams; DROP TABLE IF EXISTS real_file;\n"
         "CREATE TABLE real_file (path text PRIMARY KEY, body text);\n"
         f"COPY real_file FROM stdin;\n{body}\\.\n")
    return read("auto")


def expected():
    """(file, engine, fields, missing, [(name, value, confidence)]) for each list"""
    found = []
    for line in (HERE / "score_engines_expected.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        first, *rest = [None if c == "~" else c for c in line.split("\t")]
        if first:
            spots = []
            found.append((first, rest[0], int(rest[1]), int(rest[2]), spots))
        else:
            spots.append((rest[0], rest[1], rest[2] and float(rest[2])))
    return found


def close(a, b):
    return a is None and b is None or a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12)


class Checks:
    made = failed = 0

    def __call__(self, ok, what):
        self.made += 1
        if not ok:
            self.failed += 1
            print("real: " + what)


def check_samples(directory, check):
    want = expected()
    found = load([directory / name for name in sorted({w[0] for w in want})])
    for name, engine, fields, missing, spots in want:
        got_engine, rows = found[directory / name]
        if engine.startswith(f"{got_engine}_"):   # parts that are read only when asked for
            rows = read(engine, f"/{name}")[directory / name][1]
        else:
            check(got_engine == engine, f"{name}: engine is {got_engine}, expected {engine}")
        check(len(rows) == fields, f"{name}: {len(rows)} rows, expected {fields}")
        got = sum(v is None for _, _, v, _ in rows)
        check(got == missing, f"{name}: {got} missing values, expected {missing}")
        check(all((v is None) <= (c is None) for _, _, v, c in rows), f"{name}: a missing value has a confidence")
        check(all(c is None or 0 <= c <= 1 for *_, c in rows), f"{name}: a confidence is not in 0..1")
        for f, v, c in spots:
            check(any(r[1:3] == (f, v) and close(r[3], c) for r in rows), f"{name}: not found: {f} {v} {c}")


def plain_tsv(path):
    for line in path.read_text().split("\n")[1:]:
        c = line.split("\t", 11)
        if len(c) == 12 and c[0] == "5" and float(c[10]) >= 0 and c[11].strip():
            yield int(c[1]), None, c[11].strip(), float(c[10]) / 100


def check_pages(directory, check):
    paths = [p for kind in ("tsv", "hocr", "alto") for p in sorted((directory / kind).iterdir())]
    found = load(paths)
    for path, (engine, rows) in found.items():
        kind = path.parent.name
        check(engine == {"tsv": "tesseract_tsv"}.get(kind, kind), f"{path.name}: engine is {engine}")
        words = list(plain_tsv(directory / "tsv" / f"{path.stem}.tsv"))
        check([r[:3] for r in rows] == [w[:3] for w in words], f"{path.name}: words differ from the TSV's")
        if kind == "tsv":
            check(all(close(r[3], w[3]) for r, w in zip(rows, words)), f"{path.name}: confidences differ")
        else:
            # whole percents; Tesseract writes ALTO's below ten percent as "0." and one digit
            check(all(abs(r[3] - w[3]) < 0.01 or kind == "alto" and w[3] < 0.1
                      for r, w in zip(rows, words)), f"{path.name}: confidences differ from the TSV's")


def check_entities(check):
    """Single characters are resolved, all others left alone; letters around them keep blanks from being trimmed."""
    psql("CREATE EXTENSION IF NOT EXISTS williams")
    names = sorted(n[:-1] for n in html.entities.html5 if n.endswith(";"))
    content = "".join(f'<String CONTENT="a&{n};z"/>' for n in names)
    out = psql(f"SELECT json_agg(value) FROM williams_ocr_fields('<alto>{content}</alto>'::text);")
    for name, got in zip(names, json.loads(out), strict=True):
        character = html.entities.html5[name + ";"]
        want = f"a{character}z" if len(character) == 1 else f"a&{name};z"
        check(" ".join(got.split()) == " ".join(want.split()), f"&{name}; is {got}")


def speed(what, condition, call):
    times = 20
    total = int(psql(f"SELECT sum(octet_length(body)) FROM real_file WHERE {condition};"))
    count = int(psql(f"SELECT count(*) FROM real_file WHERE {condition};"))
    psql("DROP TABLE IF EXISTS real_json; CREATE TABLE real_json AS SELECT path, body, "
         f"CASE WHEN path LIKE '%.json' THEN body::jsonb END AS document FROM real_file WHERE {condition};")
    query = f"SELECT count({call}) FROM generate_series(1, {times}), real_json;"
    start = time.monotonic()
    psql(query)
    seconds = time.monotonic() - start
    print(f"real: {what}: {count * times / seconds:.0f} documents/s, {total * times / seconds / 2**20:.0f} MB/s")


def main():
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WILLIAMS_DATA", ""))
    check = Checks()
    check_entities(check)
    if (directory / "ocr_engines").is_dir():
        check_samples(directory / "ocr_engines", check)
        json_only = "path LIKE '%.json'"
        speed("williams_ocr_document, jsonb", json_only, "(williams_ocr_document(document)).engine")
        speed("williams_ocr_fields, JSON as text", json_only, "(SELECT count(*) FROM williams_ocr_fields(body))")
        speed("williams_ocr_fields, hOCR and ALTO", "NOT " + json_only, "(SELECT count(*) FROM williams_ocr_fields(body))")
    else:
        print("real: no samples of engines: skipped")
    if all((directory / "ocr" / kind).is_dir() for kind in ("tsv", "hocr", "alto")):
        check_pages(directory / "ocr", check)
        speed("williams_ocr_fields, TSV", "path LIKE '%.tsv'", "(SELECT count(*) FROM williams_ocr_fields(body))")
    else:
        print("real: no pages: skipped")
    print(f"real: {check.made} checks, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
