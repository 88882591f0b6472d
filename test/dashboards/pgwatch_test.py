#!/usr/bin/python3
"""dashboards/pgwatch/metrics.yaml against a copy of the database PGDATABASE.

As a role that may read the views alone, each statement for this server's major gives
epoch_ns first, a bigint; then tags, which are text; then numbers of types that pgwatch can
store. The figures, and which of them are counters, are those of dashboards/prometheus/,
which prometheus_test.py compares with SQL.

Debian's python3, because python3-yaml is for it.
"""

import math
import re
import sys

from reader import copy, psql, rows, rows_of_page, shipped

NUMBERS = {"integer", "bigint", "real", "double precision"}
KEYS = {"description", "sqls", "gauges"}

failures = []


def fail(message):
    failures.append(message)
    print(message)


def columns(sql, role, database):
    """Names and types, in order."""
    return [line.split("|") for line in psql(f"{sql}\n\\gdesc\n", role, database).splitlines()]


def check_columns(where, described):
    (first, kind), *others = described
    if (first, kind) != ("epoch_ns", "bigint"):
        fail(f"{where}: begins with {first} {kind}")
    for name, kind in others:
        if not (kind == "text" if name.startswith("tag_") else kind in NUMBERS):
            fail(f"{where}: {name} is {kind}")


def measured(found, labels):
    """{labels: {figure: value}}, of the rows of a query."""
    result = {}
    for row in found:
        row = {name.removeprefix("tag_"): value for name, value in row.items()}
        who = tuple(row.pop(label) for label in labels)
        result[who] = {k: v for k, v in row.items() if v is not None and not math.isnan(v)}
    return result


def near(name, a, b):
    """What is left of a task is computed from the clock."""
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=0.1 if name == "eta_seconds" else 1e-9)


def check_metric(name, metric, prometheus, major, role, database):
    if not KEYS >= metric.keys() or not metric.get("description"):
        fail(f"{name}: has {sorted(metric)}")
    majors = [m for m in metric["sqls"] if m <= major]
    if 15 not in majors:
        fail(f"{name}: has no statement for 15")
    labels = [c for m in prometheus["metrics"] for c, d in m.items() if d["usage"] == "LABEL"]
    counters = {c for m in prometheus["metrics"] for c, d in m.items() if d["usage"] == "COUNTER"}
    for m in majors:
        where = f"{name}, {m}"
        described = columns(metric["sqls"][m], role, database)
        check_columns(where, described)
        numbers = {c for c, _ in described[1:] if not c.startswith("tag_")}
        gauges = numbers if metric["gauges"] == ["*"] else set(metric["gauges"])
        if gauges != numbers - counters:
            fail(f"{where}: its gauges are not the columns {sorted(numbers - counters)}")
        before = measured(rows(prometheus["query"], role, database), labels)
        found = rows(metric["sqls"][m], role, database)
        after = measured(rows(prometheus["query"], role, database), labels)
        now = int(psql("SELECT (extract(epoch FROM clock_timestamp()) * 1e9)::int8"))
        if not found or any(not 0 <= now - row.pop("epoch_ns") < 60e9 for row in found):
            fail(f"{where}: gives no rows, or another time")
        found = measured(found, labels)
        for who in found.keys() | before.keys():
            a, b, c = found.get(who, {}), before.get(who, {}), after.get(who, {})
            if not any(a.keys() == x.keys() and all(near(k, a[k], x[k]) for k in a) for x in (b, c)):
                fail(f"{where}: {who} has {a}, not {b}")


def main():
    try:
        import yaml
    except ImportError:
        print("skipped: pgwatch_test.py needs python3-yaml")
        return
    defined = yaml.safe_load(shipped("pgwatch/metrics.yaml"))
    prometheus = yaml.safe_load(shipped("prometheus/postgres_exporter.yml"))
    metrics = defined["metrics"]
    if metrics.keys() != prometheus.keys():
        fail(f"the metrics are {sorted(metrics)}, not {sorted(prometheus)}")
    if sorted(rows_of_page("pgwatch")) != sorted(metrics):
        fail("docs/dashboards.md: the table does not have each metric once")
    for name, preset in defined["presets"].items():
        if preset["metrics"].keys() != metrics.keys() or not preset["description"] or min(preset["metrics"].values()) < 1:
            fail(f"the preset {name} is {preset}")
    with copy() as (database, role):
        major = int(re.match(r"\d+", psql("SHOW server_version"))[0])
        for name in metrics.keys() & prometheus.keys():
            check_metric(name, metrics[name], prometheus[name], major, role, database)
    if not failures:
        print(f"pgwatch: {len(metrics)} metrics")


if __name__ == "__main__":
    main()
    sys.exit(bool(failures))
