"""What the exporters must give, {(metric, labels): value}, computed another way than by their SQL.

Tasks are read from their views; the figures of the dashboard are added up here, from
the rows of the view.
"""

import math
from collections import defaultdict

from reader import DASHBOARDS, rows

DAY = 86400
NAN = float("nan")
STATES = ("pending", "running", "stopped", "failed", "done")

TASKS = "SELECT *, extract(epoch FROM eta - clock_timestamp()) AS left FROM williams_progress"
STATISTICS = "SELECT *, extract(epoch FROM last_run_at) AS began FROM williams_stat_task"
DAYS = """
SELECT extract(epoch FROM time) AS time, extract(epoch FROM now()) AS now, extract(epoch FROM refreshed_at) AS refreshed,
    extract(epoch FROM pending_since) AS pending,
    document_type, documents, for_review, checked, accepted, without_profile, without_confidence, fallback,
    fields, fields_for_review, fields_checked, audited, wrong, williams_count(field_scores) AS scored,
    williams_count(calibration) AS seen, williams_accuracy(calibration) AS accuracy,
    williams_count(audit) AS audits, williams_accuracy(audit) AS precise
FROM %s"""
DRIFT = """
SELECT (williams_drift(a, b)).* FROM
    (SELECT williams_rollup(field_scores) AS a FROM %s WHERE document_type = '%s' AND extract(epoch FROM time) = ANY ('{%s}')) AS x,
    (SELECT williams_rollup(field_scores) AS b FROM %s WHERE document_type = '%s' AND extract(epoch FROM time) = ANY ('{%s}')) AS y"""
# metric: column of the view
SUMS = {"documents": "documents", "documents_for_review": "for_review", "documents_checked": "checked",
        "documents_accepted": "accepted", "documents_without_profile": "without_profile",
        "documents_without_confidence": "without_confidence", "documents_fallback": "fallback", "fields": "fields",
        "fields_for_review": "fields_for_review", "fields_checked": "fields_checked", "fields_audited": "audited",
        "fields_wrong": "wrong"}


def number(value):
    return NAN if value is None else float(value)


def mean(days, share, weight):
    """The mean of a share, weighted by what it is a share of."""
    total = sum(day[weight] or 0 for day in days)
    return sum(day[share] * day[weight] for day in days if day[weight]) / total if total else NAN


def of_type(database, dashboard, days):
    """The figures of a document type."""
    now = days[0]["now"]
    recent = [day for day in days if now - 7 * DAY < day["time"] <= now]
    earlier = [day for day in days if now - 35 * DAY < day["time"] <= now - 7 * DAY]
    times = [",".join(str(day["time"]) for day in some) for some in (earlier, recent)]
    name = days[0]["document_type"].replace("'", "''")
    drift = (rows(DRIFT % (dashboard, name, times[0], dashboard, name, times[1]), None, database) or [{"psi": None, "ks": None}])[0]
    documents = sum(day["documents"] for day in recent)
    clerks = sum(day["for_review"] + day["checked"] for day in recent)
    fallback = sum(day["fallback"] for day in recent)
    known = {metric: [day[column] for day in days if day[column] is not None] for metric, column in SUMS.items()}
    return {
        **{metric: float(sum(values)) if values else NAN for metric, values in known.items()},
        "refreshed_timestamp_seconds": max(day["refreshed"] for day in days),
        "pending_since_timestamp_seconds": number(days[0]["pending"]),
        "recent_documents": documents,
        "recent_documents_per_second": documents / (7 * DAY),
        "recent_review_ratio": clerks / documents if documents else NAN,
        "recent_fallback_ratio": fallback / documents if documents else NAN,
        "recent_fields": sum(day["scored"] for day in recent),
        "earlier_fields": sum(day["scored"] for day in earlier),
        "drift_psi": number(drift["psi"]),
        "drift_ks_ratio": number(drift["ks"]),
        "recent_fields_checked": sum(day["seen"] or 0 for day in recent),
        "recent_confidence_accuracy_ratio": mean(recent, "accuracy", "seen"),
        "recent_fields_audited": sum(day["audits"] or 0 for day in recent),
        "recent_audit_precision_ratio": mean(recent, "precise", "audits"),
    }


def of_task(task):
    return {
        "batches": task["batches"], "batches_done": task["done"], "batches_failed": task["failed"],
        "batches_running": task["running"], "workers": task["workers"], "progress_ratio": task["percent"] / 100,
        "rows": task["rows"], "rows_missed": number(task["missed"]), "rows_per_second": number(task["rows_per_s"]),
        "eta_seconds": number(task["left"]),
    }


def of_statistics(task):
    return {
        "runs_total": task["runs"], "batches_done_total": task["done"], "failures_total": task["failed"] + task["retried"],
        "rows_total": task["rows"], "seconds": task["seconds"], "last_run_timestamp_seconds": number(task["began"]),
    }


def expected(database):
    found = {("williams_library_available", frozenset()): 1.0}

    def add(prefix, figures, **labels):
        for metric, value in figures.items():
            found[f"{prefix}_{metric}", frozenset(labels.items())] = float(value)

    for task in rows(TASKS, None, database):
        who = {"owner": task["owner"], "task": task["task"]}
        add("williams_task", of_task(task), **who)
        for state in STATES:
            add("williams_task", {"state": task["state"] == state}, state=state, **who)
    for task in rows(STATISTICS, None, database):
        add("williams_stat_task", of_statistics(task), owner=task["owner"], task=task["task"])
    for dashboard in DASHBOARDS:
        types = defaultdict(list)
        for day in rows(DAYS % dashboard, None, database):
            types[day["document_type"]].append(day)
        for document_type, days in types.items():
            add("williams_dashboard", of_type(database, dashboard, days), dashboard=dashboard, document_type=document_type)
    return found


def check_not_empty(found, fail):
    """Each metric has a value to compare, but for those that depend on what the documents and the dashboard have."""
    may_lack = {"williams_task_workers", "williams_dashboard_documents_without_profile", "williams_dashboard_fields_audited",
                "williams_dashboard_fields_wrong"}
    for metric in {metric for metric, _ in found} - may_lack:
        if all(math.isnan(value) or value == 0 for (name, _), value in found.items() if name == metric):
            fail(f"the copy has no value of {metric} to compare")
