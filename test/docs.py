#!/usr/bin/env python3
"""README.md, CONTRIBUTING.md and docs/*.md against the extension, in a throw-away
cluster: run by test/run.sh, or by hand with some of the pages as arguments.

- Every SQL block of a page is executed, in order, in one psql session, in a database
  of its own, and what it prints is compared with the block that follows it. A block is
  fenced as ```sql; its result, if one is shown, is the next fence, ```text, and must be
  what psql prints, but for speeds.
- Every relative link resolves, with its anchor, and every file that is named is there.
- Every function that SQL can call is named in docs/, and every williams_... that a page
  names is in the catalogue or a metric.
- Every engine is described in docs/score.md.
- The messages in the table of docs/troubleshooting.md are those of src/, or PostgreSQL's.
- README.md has at most 300 lines, of at most 120 characters.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
MARK = "-- end of block --"
# of williams_run's lines of progress the last: a fast machine prints no others
PASSING = re.compile(r"^NOTICE:  task .* rows/s.*\n(?=NOTICE:  task .* rows/s)", re.M)
SPEED = re.compile(r"\d+ rows/s$")
LINK = re.compile(r"""(?:\]\(|\bsrc(?:set)?=")([^)\s"]+)[)"]""")
# a path, or a C source by its name alone; not a pattern such as NAME.c
FILE = re.compile(r"`((?![^`]*(?:NAME|VERSION|--A))(?:[\w.-]+/[\w./-]*\.\w+|\w+\.[ch]))`")
NAME = re.compile(r"\bwilliams_[a-z0-9_]*[a-z0-9]\b")

# What the extension has: its functions, and whether SQL is to call them. Not those that
# serve an aggregate, an operator, a type, an index or the planner, or our own triggers.
FUNCTIONS = """
SELECT DISTINCT p.proname, NOT (
    EXISTS (SELECT FROM pg_aggregate AS a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
        a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
    OR EXISTS (SELECT FROM pg_operator AS o WHERE p.oid IN (o.oprcode, o.oprrest, o.oprjoin))
    OR EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid)
    OR EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)
    OR EXISTS (SELECT FROM pg_type AS t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend))
    OR EXISTS (SELECT FROM pg_proc WHERE prosupport = p.oid)
    OR EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgfoid = p.oid))
FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
    AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'williams')"""
# ... its relations, their columns, and its types
OTHERS = """
SELECT DISTINCT name FROM (
    SELECT c.relname AS name, c.oid, 'pg_class'::regclass AS class FROM pg_class AS c
    UNION ALL SELECT typname, oid, 'pg_type'::regclass FROM pg_type
    UNION ALL SELECT opcname, oid, 'pg_opclass'::regclass FROM pg_opclass) AS o
JOIN pg_depend AS d ON d.objid = o.oid AND d.classid = o.class AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'williams')"""

# In a file for prometheus-postgres-exporter, a query and its columns; the metrics are QUERY_COLUMN.
ENGINE = re.compile(r"^\tengine\((\w+)\)", re.M)
METRICS = re.compile(r"^(\w+):\n(.*?)(?=^\w|\Z)", re.M | re.S)
COLUMN = re.compile(r"^    - (\w+): \{usage: (?!LABEL)", re.M)

# In docs/troubleshooting.md, rows of the table of messages, and PostgreSQL's own of these.
MESSAGE = re.compile(r"^\| [0-9A-Z]{5} \| (.*) \| \[", re.M)
POSTGRESQL = ("is not available", "cannot execute", "read-only transaction", "permission denied", "index row size",
              "unrecognized configuration parameter", "could not access file")

failed = 0


def fail(message):
    global failed
    failed += 1
    print("docs: " + message.replace(f"{ROOT}/", ""))


def psql(db, script, *options):
    return subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", db, *options], input=script,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def fresh(db):
    subprocess.run(["dropdb", "--if-exists", "--force", db], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["createdb", db], check=True)


def blocks(text):
    """(sql, expected or None) in the order of the page"""
    found = list(FENCE.finditer(text))
    for m, after in zip(found, found[1:] + [None]):
        if m[1] == "sql":
            shown = after and after[1] == "text" and not text[m.end():after.start()].strip()
            yield m[2], after[2] if shown else None


def normal(text):
    text = PASSING.sub("", text.strip("\n"))
    return [SPEED.sub("# rows/s", line.rstrip()) for line in text.splitlines()]


def execute(page, text):
    """How many blocks were executed, and how many results compared."""
    found = list(blocks(text))
    if not found:
        return 0, 0
    fresh("docs")
    p = psql("docs", "\n".join(f"{sql}\n\\echo {MARK}" for sql, _ in found))
    if p.returncode != 0:
        fail(f"{page}: a block failed:\n{p.stdout[-2000:]}")
        return 0, 0
    compared = 0
    for (sql, expected), output in zip(found, p.stdout.split(MARK + "\n")[:-1], strict=True):
        if expected is None:
            continue
        compared += 1
        if normal(expected) != normal(output):
            fail(f"{page}: the result of this block differs:\n{sql}" + "\n".join(
                difflib.unified_diff(normal(expected), normal(output), page.name, "psql", lineterm="")))
    return len(found), compared


def anchors(page):
    """Those that GitHub makes of headings."""
    found, seen = set(), {}
    for heading in re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        n = seen[slug] = seen.get(slug, -1) + 1
        found.add(f"{slug}-{n}" if n else slug)
    return found


def check_links(page, text):
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            fail(f"{page}: {link} leads nowhere")
        elif anchor and anchor not in anchors(target):
            fail(f"{page}: {link} has no such heading")


def check_files(page, text, files):
    """A file is named by its path, or by the end of its path."""
    for name in FILE.findall(FENCE.sub("", text)):
        if not any(file.endswith("/" + name) for file in files):
            fail(f"{page}: there is no file {name}")


def check_messages(page, text):
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.[ch]"))
    source = re.sub(r'"\s*"', "", source).replace('\\"', '"')
    for message in MESSAGE.findall(text):
        for part in re.split(r"; |\.\.\.", message):
            part = part.strip(' "')
            if part not in source and not any(known in part for known in POSTGRESQL):
                fail(f"{page}: there is no message {part}")


def check_names(pages):
    fresh("docs")
    psql("docs", "CREATE EXTENSION williams")
    functions = dict(line.split("|") for line in psql("docs", FUNCTIONS, "-At").stdout.splitlines())
    known = set(functions) | set(psql("docs", OTHERS, "-At").stdout.split())
    exporter = (ROOT / "dashboards/prometheus/postgres_exporter.yml").read_text(encoding="utf-8")
    known |= {f"{query}_{column}" for query, columns in METRICS.findall(exporter) for column in COLUMN.findall(columns)}
    known |= {query for query, _ in METRICS.findall(exporter)}
    named = {}
    for page, text in pages.items():
        for name in NAME.findall(text):
            named.setdefault(name, page)
    documented = {name for page, text in pages.items() if page.parent.name == "docs" for name in NAME.findall(text)}
    for name in sorted(n for n, called in functions.items() if called == "t" and n not in documented):
        fail(f"no page of docs/ names the function {name}")
    for name, page in sorted(named.items()):
        if name not in known:
            fail(f"{page}: there is no {name}")
    engines = ENGINE.findall((ROOT / "src/score/ocr/ocr.h").read_text(encoding="utf-8"))
    described = (ROOT / "docs/score.md").read_text(encoding="utf-8")
    for name in engines:
        if f"\n**`{name}`**: " not in described:
            fail(f"docs/score.md does not describe the engine {name}")


def main(arguments):
    everything = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    pages = {page: page.read_text(encoding="utf-8") for page in map(Path, arguments or everything)}
    executed = compared = 0
    files = [f"/{file.relative_to(ROOT)}" for file in ROOT.rglob("*.*")]
    for page, text in pages.items():
        e, c = execute(page, text)
        executed, compared = executed + e, compared + c
        check_links(page, text)
        check_files(page, text, files)
    if not arguments:
        check_names(pages)
        check_messages(ROOT / "docs/troubleshooting.md", pages[ROOT / "docs/troubleshooting.md"])
        lines = pages[ROOT / "README.md"].splitlines()
        if len(lines) > 300 or max(map(len, lines)) > 120:
            fail(f"README.md has {len(lines)} lines of up to {max(map(len, lines))} characters")
    print(f"docs: {len(pages)} pages, {executed} blocks executed, {compared} results compared, {failed} failed")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
