#!/usr/bin/python3
"""dashboards/prometheus/ with Debian's exporters and Prometheus, against a copy of the
database PGDATABASE: every metric is compared with SQL, and the alerts are tested.

- prometheus-sql-exporter and prometheus-postgres-exporter are started with the files as
  they are shipped, but for database, role and name of the dashboard, and scraped.
- Prometheus is started with prometheus.yml, and scrapes both: they must give the same.
- promtool checks and tests the rules; each alert has a test in which it fires and one in
  which it does not, and what it reads is there.
- docs/dashboards.md has each metric and each alert.

Debian's python3, because python3-yaml is for it.
"""

import contextlib
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import prometheus_figures as figures
from reader import DASHBOARDS, ROOT, copy, psql, rows_of_page, shipped

FILES = ROOT / "dashboards/prometheus"
PROGRAMS = ["prometheus-sql-exporter", "prometheus-postgres-exporter", "prometheus", "promtool"]
PATIENCE = 60       # seconds
# what exporters and Prometheus say of themselves and of the connection
OURS = re.compile(r"(sql_)?williams")
OF_SQL_EXPORTER = {"driver", "host", "database", "user", "sql_job"}
OF_PROMETHEUS = {"instance", "job"}
SAMPLE = re.compile(r'^([a-z_][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')

failures = []


def fail(message):
    failures.append(message)
    print(message)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        return answer.read().decode()


def query(port, expression):
    """What Prometheus finds: [(labels, value)]."""
    found = json.loads(get(port, "/api/v1/query?query=" + urllib.parse.quote(expression)))["data"]["result"]
    return [(sample["metric"], float(sample["value"][1])) for sample in found]


def wait_for(what, log, condition):
    """The first true value of the condition, or the last one."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            value = condition()
        except (urllib.error.URLError, ConnectionError):
            value = None
        if value or time.monotonic() > until:
            break
        time.sleep(0.1)
    if not value:
        fail(f"{what}: not ready after {PATIENCE} s; its log:\n{log.read_text()[-3000:]}")
    return value


@contextlib.contextmanager
def program(directory, name, *arguments, **environment):
    """Runs a program as long as the test needs it; gives the file of its log."""
    log = Path(directory, name + ".log")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") or k in ("PGHOST", "PGPORT", "PGUSER")}
    with log.open("w") as out:
        process = subprocess.Popen([name, *arguments], stdout=out, stderr=out, stdin=subprocess.DEVNULL, env={**kept, **environment})
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def samples(text):
    """The samples of a scrape: [(name, labels, value)]; the types; the names that have a help."""
    found, types, helps = [], {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
        elif line.startswith("# HELP "):
            helps.add(line.split(" ", 3)[2])
        elif line:
            name, labels, value = SAMPLE.match(line).groups()
            unescaped = {k: re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), v) for k, v in LABEL.findall(labels or "")}
            found.append((name, unescaped, float(value)))
    return found, types, helps


def key(name, labels, without=()):
    return name, frozenset((k, v) for k, v in labels.items() if k not in without)


def same(a, b):
    return math.isnan(a) and math.isnan(b) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def compare(what, found, before, after):
    """Every figure is that of SQL, asked before or after it was read; none is missing, and there are no others."""
    for k in sorted(before.keys() - found.keys(), key=str):
        fail(f"{what}: does not give {k}")
    for k in sorted(found.keys() - before.keys(), key=str):
        fail(f"{what}: gives {k}")
    for k in before.keys() & found.keys():
        near = math.isclose(found[k], before[k], abs_tol=0.1) if k[0] == "williams_task_eta_seconds" else False
        if not (near or same(found[k], before[k]) or same(found[k], after[k])):
            fail(f"{what}: {k} is {found[k]}, not {before[k]}")


def of_sql_exporter(text):
    """Under the names that Prometheus gives them."""
    found = {}
    for name, labels, value in samples(text)[0]:
        if OURS.match(name):
            if (labels["sql_job"], labels["user"]) != ("williams", ""):
                fail(f"sql exporter: {name} has {labels}")
            found[key(f"{name[len('sql_'):]}_{labels['col']}", labels, OF_SQL_EXPORTER | {"col"})] = value
    return found


def of_postgres_exporter(text):
    found, types, helps = samples(text)
    for name in {name for name, _, _ in found if OURS.match(name)}:
        kind = "counter" if name.endswith("_total") else "gauge"
        if types.get(name) != kind or name not in helps:
            fail(f"postgres exporter: {name} is no {kind}, or has no help")
    return {key(name, labels, {"server"}): value for name, labels, value in found if OURS.match(name)}


def write(directory, name, text, *changes):
    """A shipped file, with changes of which each must be possible."""
    for old, new in changes:
        if old not in text:
            fail(f"{name} does not have {old}")
        text = text.replace(old, new)
    path = Path(directory, name)
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def exporters(directory, database, role):
    """Both, ready: {name: (port, log)}."""
    ports = {name: free_port() for name in ("sql", "postgres")}
    host = os.environ.get("PGHOST", "/run/postgresql")
    sql = write(directory, "sql_exporter.yml", shipped("prometheus/sql_exporter.yml"),
                ("postgres:///ocr?host=/run/postgresql&", f"postgres:///{database}?host={host}&"), ("role%3Dprometheus", f"role%3D{role}"),
                ("interval: 1m", "interval: 1s"))
    queries = write(directory, "postgres_exporter.yml", shipped("prometheus/postgres_exporter.yml"))
    with program(directory, "prometheus-sql-exporter", f"-web.listen-address=127.0.0.1:{ports['sql']}", CONFIG=str(sql)) as sql_log, \
            program(directory, "prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{ports['postgres']}",
                    f"--extend.query-path={queries}", PGUSER="",
                    DATA_SOURCE_NAME=f"user={role} host={host} dbname={database}") as postgres_log:
        yield {"sql": (ports["sql"], sql_log), "postgres": (ports["postgres"], postgres_log)}


def check_exporters(running, database, role):
    before = figures.expected(database)
    figures.check_not_empty(before, fail)
    port, log = running["sql"]
    names = {name for name, _ in before}
    # its queries run in the background
    wait_for("sql exporter", log, lambda: names <= {name for name, _ in of_sql_exporter(get(port, "/metrics"))})
    sql = of_sql_exporter(get(port, "/metrics"))
    port, log = running["postgres"]
    postgres = of_postgres_exporter(wait_for("postgres exporter", log, lambda: get(port, "/metrics")) or "")
    after = figures.expected(database)
    compare("sql exporter", sql, before, after)
    compare("postgres exporter", postgres, before, after)
    return before


def check_prometheus(directory, running, before, database, role):
    port = free_port()
    write(directory, "alerts.yml", (FILES / "alerts.yml").read_text())
    config = write(directory, "prometheus.yml", "global: {scrape_interval: 1s, evaluation_interval: 1s}\n" + shipped("prometheus/prometheus.yml"),
                   ("localhost:9237", f"127.0.0.1:{running['sql'][0]}"), ("localhost:9187", f"127.0.0.1:{running['postgres'][0]}"))
    with program(directory, "prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory}/tsdb",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn") as log:
        everything = '{__name__=~"(sql_)?williams.*"}'
        wait_for("prometheus", log, lambda: len(query(port, everything)) >= 2 * len(before))
        rules = wait_for("rules", log, lambda: settled(port)) or []
        after = figures.expected(database)
        for job, without in (("sql_exporter", OF_SQL_EXPORTER), ("postgres_exporter", {"server"})):
            found = {key(labels.pop("__name__"), labels, OF_PROMETHEUS | without): value
                     for labels, value in query(port, everything) if labels["job"] == job}
            compare(f"prometheus, {job}", found, before, after)
        for rule in rules:
            check_rule(port, rule)
        check_failure(port, running, database, role)


def evaluated(port):
    """The rules, and the names of those that are pending or firing."""
    rules = [rule for group in json.loads(get(port, "/api/v1/rules"))["data"]["groups"] for rule in group["rules"]]
    return rules, {rule["name"] for rule in rules if rule["state"] != "inactive"}


def settled(port):
    """The rules, once those are active of which the copy has what they tell of, and no alert of missing figures."""
    rules, active = evaluated(port)
    if {"WilliamsTaskStopped", "WilliamsBatchesFailed"} <= active and not {"WilliamsMetricsMissing", "WilliamsQueryFails"} & active:
        return rules


def check_failure(port, running, database, role):
    """If a query fails, the sql exporter gives old figures, and an alert tells."""
    psql(f"REVOKE SELECT ON {', '.join(DASHBOARDS)} FROM {role}", None, database)
    exporter, log = running["sql"]
    wait_for("the alert of a query that fails", log, lambda: "WilliamsQueryFails" in evaluated(port)[1])
    if "williams_dashboard_documents" not in {name for name, _ in of_sql_exporter(get(exporter, "/metrics"))}:
        fail("sql exporter: does not give the figures of the last query that did not fail")


SELECTOR = re.compile(r"\b((?:williams|sql_exporter|pg)_\w+)(\{[^}]*\})?")
LABELS = re.compile(r"\b(?:by|on|ignoring) \(([^)]*)\)|\$labels\.(\w+)")


def check_rule(port, rule):
    """A rule can be evaluated, and there are series of the metrics and labels that it names."""
    name = rule["name"]
    if rule["health"] != "ok":
        fail(f"{name}: {rule.get('lastError')}")
    found = []
    for metric, labels in SELECTOR.findall(rule["query"]):
        series = query(port, metric + labels)
        found += [labels for labels, _ in series]
        if not series:
            fail(f"{name}: there is no {metric}{labels}")
    for text in (rule["query"], *rule["annotations"].values()):
        for several, one in LABELS.findall(text):
            for label in filter(None, [one, *re.split(r",\s*", several)]):
                if not any(label in labels for labels in found):
                    fail(f"{name}: there is no label {label}")
    if rule["labels"].get("severity") not in ("critical", "warning") or not {"summary", "description"} <= rule["annotations"].keys():
        fail(f"{name}: lacks severity, summary or description")


def check_alert_tests(yaml):
    """Each alert fires in a test, and in another series of figures does not."""
    alerts = [rule["alert"] for group in yaml.safe_load((FILES / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    fires, silent = set(), set()
    for test in yaml.safe_load((FILES / "alerts_test.yml").read_text())["tests"]:
        fired = {check["alertname"] for check in test["alert_rule_test"] if check["exp_alerts"]}
        fires |= fired
        silent |= {check["alertname"] for check in test["alert_rule_test"]} - fired
    for alert in alerts:
        if alert not in fires or alert not in silent:
            fail(f"alerts_test.yml: {alert} is not tested both firing and silent")
    return alerts


def check_queries(yaml):
    """Both exporters ask the same, and call the same columns labels."""
    postgres = {name: (q["query"], [c for m in q["metrics"] for c, d in m.items() if d["usage"] == "LABEL"],
                       [c for m in q["metrics"] for c, d in m.items() if d["usage"] != "LABEL"])
                for name, q in yaml.safe_load((FILES / "postgres_exporter.yml").read_text()).items()}
    jobs = yaml.safe_load((FILES / "sql_exporter.yml").read_text())["jobs"]
    sql = {q["name"]: (q["query"], q["labels"], q["values"]) for job in jobs for q in job["queries"]}
    if sql != postgres:
        fail(f"sql_exporter.yml and postgres_exporter.yml differ: {[name for name in sql if sql[name] != postgres.get(name)]}")


def check_page(metrics, alerts):
    """The tables of docs/dashboards.md."""
    if sorted(rows_of_page("Prometheus")) != sorted(metrics | set(alerts)):
        fail(f"docs/dashboards.md: the tables do not have each metric and alert once: {set(rows_of_page('Prometheus')) ^ (metrics | set(alerts))}")


def main():
    os.environ["PATH"] += ":" + subprocess.check_output([ROOT / "tools/unpacked.sh"], text=True).strip()
    try:
        import yaml
    except ImportError:
        yaml = None
    missing = [p for p in PROGRAMS if not shutil.which(p)] + ["python3-yaml"] * (yaml is None)
    if missing:
        print("skipped: prometheus_test.py needs", " ".join(missing))
        return
    with tempfile.TemporaryDirectory() as directory:
        # takes most of the time, so it runs beside the others
        tests = subprocess.Popen(["promtool", "test", "rules", "alerts_test.yml"], cwd=FILES, env={**os.environ, "TMPDIR": directory},
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            alerts = check_alert_tests(yaml)
            check_queries(yaml)
            for command, file in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
                done = subprocess.run(["promtool", "check", command, file], cwd=FILES, capture_output=True, text=True)
                if done.returncode != 0:
                    fail(done.stdout + done.stderr)
            with copy() as (database, role), exporters(directory, database, role) as running:
                before = check_exporters(running, database, role)
                check_prometheus(directory, running, before, database, role)
            check_page({name for name, _ in before}, alerts)
            output, _ = tests.communicate(timeout=PATIENCE)
            if tests.returncode != 0:
                fail(output)
        finally:
            tests.kill()
            tests.wait()
    if not failures:
        print(f"prometheus: {len(before)} figures of {len({name for name, _ in before})} metrics from two exporters, {len(alerts)} alerts")


if __name__ == "__main__":
    main()
    sys.exit(bool(failures))
