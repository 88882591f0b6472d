"""What each panel of dashboards/grafana/williams.json must show: the figures of the panel, and a second, simple query
that says the same, over the documents behind the dashboard where it can.

FIGURES has, for each title of a panel, a list of (figures of the fields, SQL). A function takes the frames, each a
dict of field name to values, and returns rows of numbers and texts; SQL returns the same rows. {view} and {documents}
are the views NAME_dashboard and NAME_documents. Order does not matter, and numbers may differ by a billionth.
"""

DAYS = "{documents} WHERE isfinite(day)"
# every field that has a score
FIELDS = """(SELECT d.day, d.document_type, (f.value)::float8 AS score
    FROM {documents} AS d, jsonb_each(CASE WHEN jsonb_typeof(d.scores) = 'object' THEN d.scores END) AS f
    WHERE isfinite(d.day) AND jsonb_typeof(f.value) = 'number' AND (f.value)::float8 BETWEEN 0 AND 1) AS f"""
LAST_DAYS = FIELDS + ", (SELECT max(day) AS d FROM " + FIELDS + ") AS m"
WEEK = "date_trunc('week', day::timestamp)"


def columns(*names, frame=0):
    """Rows of the fields with these names; of all numbers if there are no names."""
    def rows(frames):
        fields = frames[frame]
        return list(zip(*(fields[n] for n in names or (n for n in fields if n != "Time"))))
    return rows


def series(frames):
    """(series, value) for each value that there is; the series in one field are those of a column."""
    return [(name, v) for name, values in frames[0].items() if name != "Time" for v in values if v is not None]


def values(frames):
    return [(v,) for _, v in series(frames)]


def total(*names, frame=0):
    return lambda frames: [tuple(sum(v or 0 for v in frames[frame][n]) for n in names)]


def mean(value, weight, frame=0):
    def rows(frames):
        weights = frames[frame][weight]
        return [(sum(v * w for v, w in zip(frames[frame][value], weights)) / sum(weights),)]
    return rows


def at_lowest_threshold(frames):
    at = min(range(len(frames[0]["Threshold"])), key=lambda i: frames[0]["Threshold"][i])
    return [(frames[0]["Share accepted"][at], frames[0]["Precision"][at])]


def last(name):
    return lambda frames: [(frames[0][name][-1],)]


ACCURACY = "SELECT sum(confidence_accuracy * fields_checked) / sum(fields_checked) FROM {view} WHERE isfinite(time)"
AUDIT = ("SELECT sum(audited), sum(wrong), sum(wrong) / nullif(sum(audited), 0) FROM {view} WHERE isfinite(time) "
         "GROUP BY ")
CHECKED = "SELECT sum(williams_count(calibration)) > 0 FROM {view} WHERE isfinite(time)"
FIGURES = {
    "Documents": [(columns("documents"), "SELECT count(*) FROM " + DAYS)],
    # but for an hour of summer time
    "Throughput": [(lambda f: [(round(f[0]["throughput"][0] * 86400 * 20),)],
                    "SELECT round(20.0 * count(*) / (max(day) - min(day) + 1)) FROM " + DAYS)],
    "Confidence accuracy": [(columns("confidence_accuracy"), ACCURACY)],
    "Availability": [(columns("availability"), "SELECT (williams_version() = extversion)::int FROM pg_extension "
                                               "WHERE extname = 'williams'")],
    "Fallback rate": [(columns("fallback_rate"),
                       "SELECT avg((without_profile OR without_confidence)::int) FROM " + DAYS)],
    "Last change": [(columns("refreshed_at"), "SELECT 1000 * extract(epoch FROM refreshed_at) FROM {view} "
                                              "ORDER BY refreshed_at DESC LIMIT 1")],
    "Documents by day and type": [(values, "SELECT count(*) FROM " + DAYS + " GROUP BY day, document_type")],
    "What became of them": [
        (columns("Accepted", "Checked by a clerk", "Waiting for a clerk"),
         "SELECT count(*) FILTER (WHERE NOT for_review AND NOT verified), "
         "count(*) FILTER (WHERE NOT for_review AND verified), count(*) FILTER (WHERE for_review) "
         "FROM " + DAYS + " GROUP BY day")],
    "Waiting for a clerk": [(columns("for_review"), "SELECT count(*) FROM {documents} WHERE for_review")],
    "Longest wait": [(lambda f: [(v is not None and v >= 0,) for v in f[0]["wait"]],
                      "SELECT count(*) > 0 FROM {documents} WHERE for_review AND isfinite(day)")],
    "Share for review": [
        (values, "SELECT avg((for_review OR verified)::int) FROM " + DAYS + " GROUP BY day, document_type")],
    "Reasons": [(columns("reason", "Fields"),
                 "SELECT r #>> '{{}}', count(*) FROM {documents}, jsonb_path_query(reasons, '$.*[*]') AS r "
                 "WHERE isfinite(day) GROUP BY 1")],
    "By document type": [
        (columns("Documents", "Waiting", "Share for review", "Fallback rate"),
         "SELECT count(*), count(*) FILTER (WHERE for_review), avg((for_review OR verified)::int), "
         "avg((without_profile OR without_confidence)::int) FROM " + DAYS + " GROUP BY document_type"),
        (columns("Document type", "Fields checked", "Right"),
         "SELECT document_type, sum(fields_checked), "
         "sum(confidence_accuracy * fields_checked) / nullif(sum(fields_checked), 0) "
         "FROM {view} WHERE isfinite(time) GROUP BY 1"),
        (columns("Audited", "Wrong", "Share wrong"),
         AUDIT + "document_type")],
    "Reliability": [
        (mean("Score", "Fields"), ACCURACY),
        (total("Fields"), "SELECT sum(fields_checked) FROM {view} WHERE isfinite(time)"),
        (total("Fields", frame=1), "SELECT sum(williams_count(engine_calibration)) FROM {view} WHERE isfinite(time)"),
        (columns("Confidence", "Perfect", frame=2), "VALUES (0, 0), (1, 1)")],
    "Threshold, precision and share accepted": [(at_lowest_threshold, ACCURACY.replace("SELECT ", "SELECT 1, "))],
    "Thresholds for a precision": [
        (columns("Precision wanted", "Share accepted"), "SELECT p, max(coverage) FROM "
         "unnest('{{0.9,0.95,0.98,0.99,0.995}}'::float8[]) AS p LEFT JOIN "
         "(SELECT r.*, r.coverage * williams_count(c) AS n FROM (SELECT williams_rollup(calibration) AS c FROM {view} "
         "WHERE isfinite(time)) AS s, williams_risk_coverage(c) AS r) AS r ON 1 - r.risk >= p AND n >= 100 GROUP BY p"),
        (lambda f: [(all(g is None or t <= g for t, g in zip(f[0]["Threshold"], f[0]["Guaranteed"])),)], "SELECT true")],
    "Accepted and wrong (audit)": [
        (columns("Audited", "Wrong", "Share wrong"), AUDIT + WEEK),
        (lambda f: [(all(a is None or a <= b for a, b in zip(f[0]["Share wrong"], f[0]["Share wrong, at most"])),)],
         "SELECT true")],
    "Calibration error and ranking": [
        (columns("Score: error", "Engine: error", "Score: ranking", "Engine: ranking"),
         "SELECT williams_ece(williams_calibration_agg(scores, as_read, truth)), "
         "williams_ece(williams_calibration_agg(engine_confidence, as_read, truth)), "
         "williams_auroc(williams_calibration_agg(scores, as_read, truth)), "
         "williams_auroc(williams_calibration_agg(engine_confidence, as_read, truth)) FROM " + DAYS + " GROUP BY " + WEEK)],
    "Scores over time": [
        (series, "SELECT to_char(b / 20.0, 'FM0.00'), "
                 "avg((score >= b / 20.0::float8 AND (b = 19 OR score < (b + 1) / 20.0::float8))::int) "
                 "FROM " + FIELDS + ", generate_series(0, 19) AS b GROUP BY b, f.day")],
    "Drift": [
        (last("KS"), "SELECT max(abs(a - b)) FROM (SELECT avg((score < t / 200.0::float8)::int) FILTER (WHERE day > d - 7) AS a, "
                     "avg((score < t / 200.0::float8)::int) FILTER (WHERE day <= d - 7) AS b "
                     "FROM " + LAST_DAYS + ", generate_series(1, 199) AS t WHERE day > d - 37 GROUP BY t) AS s"),
        (last("PSI by chance"), "SELECT 9.0 / count(*) FILTER (WHERE day > d - 7) + 9.0 / count(*) FILTER (WHERE day <= d - 7) "
                                "FROM " + LAST_DAYS + " WHERE day > d - 37")],
    "Fallbacks": [(columns("Without a profile", "Without a confidence"),
                   "SELECT avg(without_profile::int), avg(without_confidence::int) FROM " + DAYS + " GROUP BY day")],
    "Tasks": [(columns("Task", "Owner", "State", "Progress", "Done", "Failed"),
               "SELECT task, owner, state, percent, done, failed FROM williams_progress")],
    "Failures": [(columns("Task", "Failed batches", "SQLSTATE"),
                  "SELECT task, failed, sqlstate FROM williams_stat_task, "
                  "(SELECT min(time) AS a, max(time) + interval '1 day' AS b FROM {view} WHERE isfinite(time)) AS r "
                  "WHERE failed > 0 OR failed_at BETWEEN a AND b")],
}

# The same, from a view alone, which may have more days than there are documents.
OF_VIEW = {
    "Drift": [(last("PSI by chance"), "SELECT 9.0 / sum(fields) FILTER (WHERE day > d - 7) + 9.0 / sum(fields) FILTER (WHERE day <= d - 7) "
                                      "FROM (SELECT *, max(day) OVER () AS d FROM {view} WHERE isfinite(time)) AS v WHERE day > d - 37")],
}

# When a panel can have no rows, although there are documents: a query that says whether it must have some.
NEEDS = {
    "Reasons": "SELECT count(reasons) > 0 FROM {view} WHERE isfinite(time)",
    "Reliability": CHECKED,
    "Threshold, precision and share accepted": CHECKED,
    "Drift": "SELECT max(day) - min(day) >= 7 FROM {view} WHERE isfinite(time)",
}
