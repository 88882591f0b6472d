#!/usr/bin/env python3
"""dashboards/grafana/williams.json against a database with a dashboard (PGDATABASE), as Grafana would use it.

Every query is expanded as Grafana does (grafana_expand.py), executed as a role that has SELECT on the views alone,
and must give what its panel needs; its figures must be those of a second query (grafana_figures.py). That is done
for all document types, for one, over an empty time range, over a view whose names and types contain quotes, as a
member of pg_monitor, and as a role without rights. The JSON is checked against the types of @grafana/schema, if
node and npm are there.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import grafana_expand
from grafana_expand import GrafanaError, chosen, expand, frame
from grafana_figures import FIGURES, NEEDS, OF_VIEW

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FILE = ROOT / "dashboards" / "grafana" / "williams.json"
DOCS = ROOT / "docs" / "dashboards.md"
NULL = "(null)"
failures = []


def fail(where, what):
    failures.append(f"{where}: {what}")


# -- the server

class SqlError(Exception):
    pass


def psql(sql, role=None):
    """What psql prints, as rows of texts."""
    env = dict(os.environ, PGCLIENTENCODING="UTF8", PGOPTIONS="-c client_min_messages=error")
    if role:
        env["PGUSER"] = role
    run = subprocess.run(["psql", "-Xqt", "--csv", "-P", f"null={NULL}", "-v", "ON_ERROR_STOP=1",
                          "-v", "VERBOSITY=verbose"], input=sql, env=env, capture_output=True, text=True)
    if run.returncode != 0:
        raise SqlError(run.stderr.strip())
    return [[None if v == NULL else v for v in row] for row in csv.reader(io.StringIO(run.stdout))]


def query(sql, role):
    """(columns with their types, rows) of a query of the dashboard."""
    printed = psql(f"{sql}\n\\gdesc\n\\echo '--'\n{sql}\n\\g\n", role)
    end = printed.index(["--"])
    return [tuple(c) for c in printed[:end]], printed[end + 1:]


def scalar(sql):
    return psql(sql)[0][0]


# a dashboard whose names and types need quotes, with the same days again and again, so that there is more than a week
ODD = """
CREATE SCHEMA "grafana's test";
CREATE VIEW "grafana's test"."an ""odd"" one_dashboard" AS
SELECT {columns} FROM {view}, generate_series(0, 3) AS again,
    (SELECT greatest(8, max(day) - min(day) + 1) AS days FROM {view} WHERE isfinite(time)) AS shift WHERE isfinite(time);
GRANT USAGE ON SCHEMA "grafana's test" TO grafana_reader, grafana_monitor;
GRANT SELECT ON "grafana's test"."an ""odd"" one_dashboard" TO grafana_reader, grafana_monitor;
"""
SHIFTED = {"time": "time + again * days * interval '1 day' AS time", "day": "day + again * days AS day",
           "document_type": "document_type || ' \"it''s\" \\' AS document_type"}
TASK = """
CREATE TABLE "grafana's test".page AS
SELECT i AS id, CASE i WHEN 7 THEN 'seven' ELSE i::text END AS text FROM generate_series(1, 100) AS i;
SELECT williams_create_task('grafana''s test', '"grafana''s test".page',
    'UPDATE "grafana''s test".page SET text = (text::int)::text', max_items => 50, key_column => 'id');
CALL williams_run('grafana''s test');
"""
ROLES = ("grafana_reader", "grafana_monitor", "grafana_stranger")


def set_up():
    clean_up()
    views = [row[0] for row in psql("SELECT c.oid::regclass FROM pg_class AS c "
                                    "WHERE relkind = 'v' AND right(relname, 10) = '_dashboard' ORDER BY 1")]
    if not views:
        sys.exit("grafana: this database has no dashboard")
    psql("".join(f"CREATE ROLE {role} LOGIN;" for role in ROLES) + "GRANT pg_monitor TO grafana_monitor;")
    for view in views:
        psql(f"GRANT SELECT ON {view} TO grafana_reader, grafana_monitor")
    columns = [row[0] for row in psql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{views[0]}'::regclass "
                                      "AND attnum > 0 ORDER BY attnum")]
    psql(ODD.format(view=views[0], columns=", ".join(SHIFTED.get(c, c) for c in columns)))
    psql(TASK)
    return views


def clean_up():
    psql("""SELECT williams_drop_task(name) FROM williams_task WHERE name = 'grafana''s test';
        DELETE FROM williams_task_history WHERE task = 'grafana''s test';
        DROP SCHEMA IF EXISTS "grafana's test" CASCADE;""")
    for role in ROLES:
        if psql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            psql(f"DROP OWNED BY {role}; DROP ROLE {role}")


# -- the file

def panels_of(dashboard):
    return [p for p in dashboard["panels"] if p["type"] != "row"]


def check_structure(dashboard, text):
    if text != json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n":
        fail("file", "is not formatted as by JSON.stringify(dashboard, null, 2)")
    if "id" in dashboard or not dashboard.get("uid"):
        fail("file", "needs a uid, and no id")
    panels = dashboard["panels"]
    ids = [p["id"] for p in panels]
    if ids != sorted(set(ids)):
        fail("file", "ids of panels are not unique and ascending")
    taken = {}
    for p in panels:
        at = p["gridPos"]
        if at["x"] + at["w"] > 24:
            fail(p["title"], "is wider than the grid")
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if cell in taken:
                fail(p["title"], f"overlaps {taken[cell]}")
                break
            taken[cell] = p["title"]
    titles = [p["title"] for p in panels_of(dashboard)]
    if sorted(titles) != sorted(FIGURES):
        fail("file", f"grafana_figures.py has other panels: {sorted(set(titles) ^ set(FIGURES))}")
    described = DOCS.read_text().split("\n| panel |")[1].split("\n\n")[0]
    described = [line.split(" | ")[0].removeprefix("| ") for line in described.splitlines()[2:]]
    if described != titles:
        fail("docs/dashboards.md", f"lists other panels: {sorted(set(titles) ^ set(described)) or 'another order'}")
    for p in panels_of(dashboard):
        if not (p["title"].strip() and p["description"].strip().endswith(".")):
            fail(p["title"], "has no title, or no description in sentences")
        if not p["fieldConfig"]["defaults"].get("thresholds", {}).get("steps"):
            fail(p["title"], "has no thresholds")
        for t in p["targets"]:
            if "[[" in t["rawSql"] or t["rawSql"].rstrip().endswith(";"):
                fail(p["title"], "has SQL with [[ or a semicolon")


def check_types(dashboard):
    """Compile the JSON as values of the types of @grafana/schema."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("grafana: node and npm are not there: types not checked")
        return
    with tempfile.TemporaryDirectory() as temp:
        for name in ("package.json", "package-lock.json", "grafana_types.ts"):
            shutil.copy(HERE / name, temp)
        got = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
                             cwd=temp, capture_output=True, text=True)
        if got.returncode != 0:
            print("grafana: npm cannot get @grafana/schema: types not checked\n" + got.stderr)
            return
        values = [(p["title"], p["type"].capitalize() + "Panel", p) for p in dashboard["panels"]]
        values += [("variable " + v["name"], "Variable", v) for v in dashboard["templating"]["list"]]
        rest = {k: v for k, v in dashboard.items() if k not in ("panels", "templating")}
        values += [("file", "Dashboard", rest)]
        source = "import type * as g from './grafana_types';\n"
        starts = []
        for i, (_, type_, value) in enumerate(values):
            starts.append(source.count("\n") + 1)
            source += f"export const value{i}: g.{type_} = {json.dumps(value, indent=1)};\n"
        (Path(temp) / "check.ts").write_text(source)
        run = subprocess.run(["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck",
                              "--module", "es2022", "--target", "es2022", "--moduleResolution", "node", "check.ts"],
                             cwd=temp, capture_output=True, text=True)
        for line in run.stdout.splitlines():
            if line.startswith("check.ts("):
                number = int(line[len("check.ts("):].split(",")[0])
                fail(values[sum(s <= number for s in starts) - 1][0], line[:600])
            elif line.strip() and not line.startswith(" "):
                fail("types", line)
        if run.returncode != 0 and not run.stdout:
            fail("types", run.stderr)


# -- the variables and the panels

class View:
    """The dashboard as a role sees it that has chosen a view, document types and a time range."""

    def __init__(self, dashboard, role, view, types="$__all", start=None, end=None):
        self.role, self.view, self.types = role, view, types
        self.variables = {v["name"]: v for v in dashboard["templating"]["list"]}
        if start is None:
            first, last = psql("SELECT extract(epoch FROM min(time)), extract(epoch FROM max(time)) "
                               f"FROM {view} WHERE isfinite(time)")[0]
            start = datetime.fromtimestamp(float(first), timezone.utc)
            end = datetime.fromtimestamp(float(last), timezone.utc) + timedelta(days=1)
        self.start, self.end = start, end
        self.values = {"datasource": "uid-of-the-source"}
        self.values["dashboard"] = view
        options = self.options("document_type") if types == "$__all" else []
        self.values["document_type"] = chosen(self.variables["document_type"], types, options)

    def expanded(self, sql):
        return expand(sql, self.values, self.start, self.end)

    def options(self, name):
        """The values that the query of a variable offers."""
        columns, rows = query(self.expanded(self.variables[name]["query"]), self.role)
        names = [c[0] for c in columns]
        return [row[names.index("__value") if "__value" in names else 0] for row in rows]

    def frames(self, panel):
        """The frame of each query of a panel: fields (name, kind, values)."""
        result = []
        for target in panel["targets"]:
            columns, rows = query(self.expanded(target["rawSql"]), self.role)
            result.append(frame(columns, rows, target["format"]))
        return result


def unit_of(panel, field):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == field:
            unit = next((p["value"] for p in override["properties"] if p["id"] == "unit"), unit)
    return unit


def kinds_problem(panel, frames, view):
    """What a panel of this type misses in its frames, or None."""
    fields = {name: kind for f in frames for name, kind, _ in f}
    first = frames[0]
    numbers = [name for name, kind, _ in first if kind == "number"]
    type_, options = panel["type"], panel["options"]
    if type_ in ("timeseries", "heatmap"):
        if first[0][1] != "time" or not numbers:
            return "needs a time and numbers"
        times = first[0][2]
        if sorted(set(times)) != times or times[0] < view.start or times[-1] > view.end:
            return "needs times that ascend, in the time range"
    if type_ == "heatmap":
        if [n for n, kind, _ in first if kind == "number"] != sorted(numbers, key=float):
            return "needs names of buckets that are numbers and ascend"
        steps = {b - a for a, b in zip(first[0][2], first[0][2][1:])}
        if len(steps) > 1 and max(steps) - min(steps) > timedelta(hours=2):
            return "needs columns of the same width"
    if type_ == "stat" and (len(first) != 1 or len(numbers) != 1 or len(first[0][2]) != 1):
        return "needs one number"
    if type_ == "barchart":
        if fields.get(options["xField"]) != "string" or not numbers:
            return "needs the text of xField and numbers"
    if type_ == "xychart":
        if options["mapping"] == "auto" and len(numbers) < 2:
            return "needs two numbers"
        for s in options["series"]:
            names = {name for name, kind, _ in frames[s["frame"]["matcher"]["options"]] if kind == "number"}
            for axis in ("x", "y", "size"):
                if names and axis in s and s[axis]["matcher"]["options"] not in names:
                    return f"has no number {s[axis]['matcher']['options']}"
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] not in fields:
            return f"overrides {override['matcher']['options']}, which is no field"
    return None


def check_ranges(panel, frames):
    for f in frames:
        for name, kind, values in f:
            top = {"percentunit": 1, "percent": 100, "bool_yes_no": 1}.get(unit_of(panel, name))
            numbers = [v for v in values if v is not None] if kind == "number" else []
            if top and any(not -1e-9 <= v <= top * (1 + 1e-9) for v in numbers):
                fail(panel["title"], f"{name} is out of its unit's range: {min(numbers)} to {max(numbers)}")
            if any(v != v for v in numbers):
                fail(panel["title"], f"{name} is not a number")


def check_data(panel, view, documents):
    """All that a panel shows of a dashboard that has data. documents: the view behind it, to compare figures with."""
    title = panel["title"]
    try:
        frames = view.frames(panel)
    except (SqlError, GrafanaError) as e:
        return fail(title, f"as {view.role} over {view.view}: {e}")
    needs = NEEDS.get(title)
    if not frames[0]:
        if needs is None or scalar(needs.format(view=view.view)) == "t":
            fail(title, f"as {view.role} over {view.view}: no rows")
        return None
    problem = kinds_problem(panel, frames, view)
    if problem:
        return fail(title, f"as {view.role} over {view.view}: {problem}")
    check_ranges(panel, frames)
    shown = [{name: values for name, _, values in f} for f in frames]
    check_figures(title, shown, view.view, documents, OF_VIEW.get(title, []) + (FIGURES[title] if documents else []))
    return None


def comparable(rows):
    """Rows of numbers and texts in an order, for comparison."""
    def cell(v):
        if isinstance(v, bool):
            return "t" if v else "f"
        try:
            return None if v is None else float(v)
        except ValueError:
            return v
    def order(v):
        return (v is None, isinstance(v, str), 0 if v is None else v if isinstance(v, str) else round(v, 7))
    return sorted(([cell(v) for v in row] for row in rows), key=lambda row: [order(v) for v in row])


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-9 * max(1, abs(a))
    return a == b


def check_figures(title, frames, view, documents, figures):
    for shown, sql in figures:
        got = comparable(shown(frames))
        want = comparable(psql(sql.format(view=view, documents=documents)))
        if len(got) != len(want):
            fail(title, f"shows {len(got)} figures, not {len(want)}: {got[:3]}, {want[:3]}")
        else:
            for g, w in zip(got, want):
                if not (len(g) == len(w) and all(map(same, g, w))):
                    fail(title, f"shows {g}, not {w}")
                    break


def check_no_error(panel, view):
    try:
        view.frames(panel)
    except (SqlError, GrafanaError) as e:
        fail(panel["title"], f"over {view.types} from {view.start}: {e}")


def reads_dashboard(panel):
    return any("${dashboard" in t["rawSql"] for t in panel["targets"])


def check_stranger(dashboard, view):
    """Without rights, the variable offers nothing, and a panel says that permission is denied."""
    stranger = View(dashboard, "grafana_stranger", view, types=["x"])
    if stranger.options("dashboard"):
        fail("variable dashboard", "offers views that the role cannot read")
    for panel in panels_of(dashboard):
        try:
            frames = stranger.frames(panel)
            if reads_dashboard(panel) or any(frames):
                fail(panel["title"], "shows data to a role without rights")
        except SqlError as e:
            if not reads_dashboard(panel) or "42501: permission denied for view" not in str(e):
                fail(panel["title"], f"for a role without rights: {e}")


def check_messages(dashboard, view):
    """The message of a failure is for the owner of the task only."""
    panel = next(p for p in panels_of(dashboard) if p["title"] == "Failures")
    for role, message in (("grafana_monitor", None), (None, 'invalid input syntax for type integer: "seven"')):
        fields = {name: values for name, _, values in View(dashboard, role, view).frames(panel)[0]}
        got = dict(zip(fields["Task"], fields["Message"]))
        if got.get("grafana's test", "") != message:
            fail("Failures", f"shows {role or 'the owner'} the message {got}")


def check_panels(dashboard, views):
    odd = '"grafana\'s test"."an ""odd"" one_dashboard"'
    for role in ROLES[:2]:
        offered = View(dashboard, role, views[0], types=[]).options("dashboard")
        if len(offered) != len(views) + 1 or odd not in offered:
            fail("variable dashboard", f"offers {offered}")
    panels = panels_of(dashboard)
    of_documents = [p for p in panels if reads_dashboard(p)]
    for view in views:
        reader = View(dashboard, "grafana_reader", view)
        for panel in of_documents:
            check_data(panel, reader, "_documents".join(view.rsplit("_dashboard", 1)))
    monitor = View(dashboard, "grafana_monitor", views[0])
    for panel in panels:
        check_data(panel, monitor, None if panel in of_documents else "unused")
    quotes = View(dashboard, "grafana_reader", odd)
    if not all(t.endswith(' "it\'s" \\') for t in quotes.values["document_type"]):
        fail("variable document_type", f"offers {quotes.values['document_type']}")
    for panel in of_documents:
        check_data(panel, quotes, None)
    one = View(dashboard, "grafana_reader", odd, types=quotes.values["document_type"][:1])
    documents = one.frames(next(p for p in panels if p["title"] == "Documents"))[0]
    shown = documents[0][2][0] if documents else None
    if shown != float(psql(f"SELECT sum(documents) FROM {odd} GROUP BY document_type ORDER BY document_type LIMIT 1")[0][0]):
        fail("variable document_type", f"of one type shows {shown} documents")
    long_ago = datetime(2000, 1, 1, tzinfo=timezone.utc)
    for panel in panels:
        check_no_error(panel, one)
        check_no_error(panel, View(dashboard, "grafana_reader", odd, types=[]))
        check_no_error(panel, View(dashboard, "grafana_reader", odd, start=long_ago, end=long_ago + timedelta(days=1)))
    check_stranger(dashboard, views[0])
    check_messages(dashboard, views[0])


def main():
    text = FILE.read_text()
    dashboard = json.loads(text)
    grafana_expand.check()
    check_structure(dashboard, text)
    check_types(dashboard)
    if not failures:
        try:
            check_panels(dashboard, set_up())
        except (SqlError, GrafanaError) as e:
            fail("panels", e)
        finally:
            clean_up()
    for f in failures:
        print("grafana: " + f)
    if not failures:
        print(f"grafana: {len(panels_of(dashboard))} panels passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
