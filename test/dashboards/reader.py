"""A copy of the dashboard's database for a test, and a role that may read the views alone.

The copy has rows of today and of the days before, and tasks in several states. It is
dropped with the role when the test ends, so the database itself stays as it was.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# the name of the dashboard in the files of dashboards/, and those in the copy
SHIPPED, DASHBOARDS = "ocr_daily_dashboard", ("wall_dashboard", "second_dashboard")

# The rows of the rollup are dealt out over 50 days up to today and over the types, so
# that each window has rows of several days and its own mixture of them. All that was
# checked counts as audited too, because few fields are.
SPREAD = """
CREATE TEMP TABLE source_rows AS
    SELECT r, row_number() OVER (ORDER BY day, document_type) - 1 AS n, count(*) OVER () AS total FROM ocr_daily AS r;
CREATE TEMP TABLE types AS
    SELECT t, row_number() OVER (ORDER BY t) - 1 AS n, count(*) OVER () AS total
    FROM (SELECT DISTINCT document_type AS t FROM ocr_daily) AS x;
TRUNCATE ocr_daily;
INSERT INTO ocr_daily SELECT (jsonb_populate_record(s.r, jsonb_build_object('day', current_date - k, 'document_type', types.t,
    'audit', coalesce((s.r).audit + (s.r).calibration, (s.r).calibration)::text))).*
FROM generate_series(0, 49) AS k, types, source_rows AS s WHERE s.n = (types.n + k * (types.total + 1)) % s.total;
INSERT INTO ocr_daily_changes (everything, noted_at) VALUES (false, now() - interval '2 hours'), (false, now() - interval '3 hours');
ALTER VIEW ocr_daily_dashboard RENAME TO wall_dashboard;
CREATE VIEW second_dashboard AS SELECT * FROM wall_dashboard WHERE extract(day FROM day) < 20;
"""
# A task whose name must be escaped, with failed batches and a missed row; one that is stopped; one that
# has not begun; and one that hold_batch() executes.
TASKS = r"""
CREATE TABLE wall_item AS SELECT i AS id, CASE WHEN i % 90 = 7 THEN 'x' ELSE i::text END AS t FROM generate_series(1, 300) AS i;
ALTER TABLE wall_item ADD PRIMARY KEY (id);
SELECT williams_create_task(E'a "quoted" task\\\n', 'wall_item', 'UPDATE wall_item SET t = (t::int)::text WHERE id BETWEEN $1 AND $2', max_items => 50);
DELETE FROM wall_item WHERE id = 120;
CALL williams_run(E'a "quoted" task\\\n');
SELECT williams_create_task('halted', 'wall_item', 'UPDATE wall_item SET t = t', max_items => 50), williams_stop('halted');
SELECT williams_create_task('new', 'wall_item', 'UPDATE wall_item SET t = t', max_items => 50);
SELECT williams_create_task('busy', 'wall_item', 'SELECT t FROM wall_item', max_items => 50);
SELECT williams_run_batch('busy');
"""


def psql(sql, role=None, database=None, *options):
    environment = dict(os.environ, PGOPTIONS="-c client_min_messages=error" + (f" -c role={role}" if role else ""))
    done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database or os.environ["PGDATABASE"], *options],
                          input=sql, env=environment, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr}\n{sql}")
    return done.stdout


def rows(sql, role=None, database=None):
    """The rows of a query, each a dict; NaN as float."""
    found = json.loads(psql(f"SELECT coalesce(json_agg(q), '[]') FROM (\n{sql}\n) AS q", role, database))
    return [{k: float("nan") if v == "NaN" else v for k, v in row.items()} for row in found]


@contextlib.contextmanager
def hold_batch(database):
    """A session that executes a batch until it is let go."""
    session = subprocess.Popen(["psql", "-Xq", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        session.stdin.write("BEGIN;\nSELECT williams_run_batch('busy');\n")
        session.stdin.flush()
        until = time.monotonic() + 60
        while not rows("SELECT FROM williams_progress WHERE task = 'busy' AND state = 'running'", None, database):
            if time.monotonic() > until:
                raise RuntimeError("the task is not running")
            time.sleep(0.1)
        yield
    finally:
        session.stdin.close()
        session.wait()


@contextlib.contextmanager
def copy():
    """The names of the copy and of the role."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    name = f"williams_wall_{os.getpid()}"
    source = os.environ["PGDATABASE"]
    try:
        psql(f"CREATE DATABASE {name} TEMPLATE \"{source}\"", None, "template1")
        psql(SPREAD, None, name)
        psql(TASKS, None, name)
        psql(f"CREATE ROLE {name} LOGIN; GRANT pg_monitor TO {name}; GRANT SELECT ON {', '.join(DASHBOARDS)} TO {name}", None, name)
        with hold_batch(name):
            yield name, name
    finally:
        psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", None, "template1")
        psql(f"DROP ROLE IF EXISTS {name}", None, "template1")


def shipped(file):
    """A file of dashboards/ for the dashboards of the copy, made as docs/dashboards.md says."""
    first, second = DASHBOARDS
    text = (ROOT / "dashboards" / file).read_text(encoding="utf-8").replace(SHIPPED, first)
    return re.sub(rf"^( *)SELECT '{first}' .*", rf"\g<0>\n\1UNION ALL SELECT '{second}', * FROM {second}", text, flags=re.M)


def rows_of_page(section):
    """The first column of the tables in a section of docs/dashboards.md."""
    page = (ROOT / "docs/dashboards.md").read_text(encoding="utf-8")
    text = re.search(rf"^## {section}\n(.*?)^## ", page, re.M | re.S)[1]
    return re.findall(r"^\| `(\w+)`", text, re.M)
