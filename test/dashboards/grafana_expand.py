"""What Grafana does with a query of a dashboard, for its PostgreSQL data source.

expand() makes the SQL that the server is sent: first the browser replaces variables, then Grafana's server replaces
intervals and macros. frame() makes what a panel is given of the rows that come back. Both do what Grafana 12 does,
with its limits: the argument of a macro ends at the first closing parenthesis, an unknown macro is an error, a
column of an unknown type is an error, and time series in the long form must be sorted by time.
"""

import re
from datetime import datetime, timedelta, timezone

VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^\}]+))?(?::([^\}]+))?\}")
MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^\)]*)\)")
INTERVAL = re.compile(r"(\d+)(ms|[smhdwMy])$")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}

# the types that a column of a result may have, by psql's names, and what a panel sees
KINDS = {"smallint": "number", "integer": "number", "bigint": "number", "numeric": "number", "real": "number",
         "double precision": "number", "boolean": "boolean", "text": "string", "character varying": "string",
         "name": "string", "timestamp with time zone": "time", "date": "time"}


class GrafanaError(Exception):
    """What a panel shows in place of data."""


def quoted(value):
    return "'" + value.replace("'", "''") + "'"


def formatted(value, how):
    """A variable's value, a string or, if it can be several, a list; how: what follows the colon in ${name:how}."""
    values = value if isinstance(value, list) else [value]
    if how is None:                       # the data source decides
        return ",".join(map(quoted, values)) if isinstance(value, list) else value.replace("'", "''")
    if how in ("raw", "csv"):
        return ",".join(values)
    if how == "sqlstring":                # escapes double quotes too, which is wrong in PostgreSQL
        return ",".join(quoted(v.replace('"', '\\"')) for v in values)
    raise GrafanaError(f"format {how} of a variable is not known here")


def chosen(variable, value, options):
    """The value that is interpolated if the user has chosen this one. All is every option."""
    if value == "$__all":
        assert variable["includeAll"]
        return [variable["allValue"]] if variable.get("allValue") else list(options)
    return list(value) if variable["multi"] else value


def interval_seconds(text):
    match = INTERVAL.match(text)
    if not match:
        raise GrafanaError(f"error parsing interval {text}")
    return int(match[1]) * SECONDS[match[2]]


def number(value):
    return str(int(value)) if value == int(value) else str(value)


def literal(moment):
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def macro(name, args, start, end):
    column = args[0]
    if name == "__time":
        return f'{column} AS "time"'
    if name == "__timeEpoch":
        return f'extract(epoch from {column}) as "time"'
    if name == "__timeFilter":
        return f"{column} BETWEEN '{literal(start)}' AND '{literal(end)}'"
    if name == "__timeFrom":
        return f"'{literal(start)}'"
    if name == "__timeTo":
        return f"'{literal(end)}'"
    if name in ("__timeGroup", "__timeGroupAlias"):
        if len(args) < 2:
            raise GrafanaError(f"macro {name} needs time column and interval and optional fill value")
        seconds = number(interval_seconds(args[1].strip("'")))
        grouped = f"floor(extract(epoch from {column})/{seconds})*{seconds}"
        return grouped + (' AS "time"' if name == "__timeGroupAlias" else "")
    if name == "__unixEpochFilter":
        return f"{column} >= {int(start.timestamp())} AND {column} <= {int(end.timestamp())}"
    raise GrafanaError(f'unknown macro "{name}"')


def expand(sql, variables, start, end, interval="1d"):
    """The SQL that is sent. variables: name to value; start, end: the time range."""
    known = dict(variables, __interval=interval, __interval_ms=number(1000 * interval_seconds(interval)),
                 __from=str(int(1000 * start.timestamp())), __to=str(int(1000 * end.timestamp())))

    def replace_variable(match):
        name = match[1] or match[2] or match[4]
        return formatted(known[name], match[3] or match[6]) if name in known else match[0]

    sql = VARIABLE.sub(replace_variable, sql)
    sql = sql.replace("$__unixEpochFrom()", str(int(start.timestamp())))
    sql = sql.replace("$__unixEpochTo()", str(int(end.timestamp())))

    def replace_macro(match):
        name = match[1]
        if name == "__timeGroup" and sql[match.end():match.end() + 1] == ",":
            name = "__timeGroupAlias"
        return macro(name, [a.strip(" ") for a in match[2].split(",")], start, end)

    return MACRO.sub(replace_macro, sql)


def value_of(text, kind):
    if text is None or kind == "string":
        return text
    if kind == "number":
        return float(text)
    if kind == "boolean":
        return text == "t"
    return datetime.fromisoformat(text + ":00" if re.search(r" .*[+-]\d\d$", text) else text)


def frame(columns, rows, fmt):
    """What a panel gets: a list of fields (name, kind, values). columns: (name, type) of each; rows: of texts or None."""
    kinds = []
    for name, type_ in columns:
        if type_ not in KINDS:
            raise GrafanaError(f"column {name} has a type that Grafana cannot read: {type_}")
        kinds.append(KINDS[type_])
    names = [name for name, _ in columns]
    if not rows:
        return []
    values = [[value_of(row[i], kind) for row in rows] for i, kind in enumerate(kinds)]
    if fmt == "table":
        return list(zip(names, kinds, values))

    if "time" not in names or kinds[names.index("time")] != "time":
        raise GrafanaError("time column is missing")
    at = names.index("time")
    labels = [i for i, kind in enumerate(kinds) if kind == "string"]
    numbers = [i for i, kind in enumerate(kinds) if kind == "number"]
    times = values[at]
    if None in times:
        raise GrafanaError("input has null time values")
    if not labels:
        return [("Time", "time", times)] + [(names[i], "number", values[i]) for i in numbers]
    if sorted(times) != times:
        raise GrafanaError("long series must be sorted ascending by time to be converted")
    if len(labels) != 1 or names[labels[0]] != "metric" or len(numbers) != 1:
        raise GrafanaError("a long series has the columns time, metric and one number here")
    wide, days = {}, sorted(set(times))
    for time, metric, value in zip(times, values[labels[0]], values[numbers[0]]):
        series = wide.setdefault(metric or "", {})
        if time in series:
            raise GrafanaError(f"series {metric} has two values at {time}")
        series[time] = value
    return [("Time", "time", days)] + [(m, "number", [wide[m].get(d) for d in days]) for m in sorted(wide)]


def check():
    """Known pairs, from the behaviour that Grafana documents."""
    start = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    end = start + timedelta(days=1)
    variables = {"v": "public.a_dashboard", "t": ["a", "it's"], "none": []}
    for sql, want in (
            ("$__timeFilter(time)", "time BETWEEN '2026-01-02T03:04:05Z' AND '2026-01-03T03:04:05Z'"),
            ("$__timeFrom() $__timeTo()", "'2026-01-02T03:04:05Z' '2026-01-03T03:04:05Z'"),
            ("SELECT $__timeGroup(time, '5m'), x", 'SELECT floor(extract(epoch from time)/300)*300 AS "time", x'),
            ("GROUP BY $__timeGroup(time,$__interval)", "GROUP BY floor(extract(epoch from time)/86400)*86400"),
            ("$__timeGroupAlias(time, 1h)", 'floor(extract(epoch from time)/3600)*3600 AS "time"'),
            ("$__unixEpochFrom() $__interval_ms", f"{int(start.timestamp())} 86400000"),
            ("$__unixEpochFilter(x)", f"x >= {int(start.timestamp())} AND x <= {int(end.timestamp())}"),
            ("${v:raw} [[v:raw]] $v $unknown", "public.a_dashboard public.a_dashboard public.a_dashboard $unknown"),
            ("${t:csv} (${t:sqlstring}) ARRAY[$t] ARRAY[${none}]", "a,it's ('a','it''s') ARRAY['a','it''s'] ARRAY[]")):
        got = expand(sql, variables, start, end)
        assert got == want, f"{sql}: {got}, not {want}"
    for sql in ("$__timeGroup(now(), '1d')", "$__range(x)", "$__timeGroup(x, 'day')", "${v:nonesuch}"):
        try:
            raise AssertionError(f"{sql}: {expand(sql, variables, start, end)}")
        except GrafanaError:
            pass
    columns = [("time", "date"), ("metric", "text"), ("value", "bigint")]
    rows = [("2026-01-01", "b", "1"), ("2026-01-02", "a", None), ("2026-01-02", "b", "3")]
    assert frame(columns, rows, "time_series") == [("Time", "time", [datetime(2026, 1, 1), datetime(2026, 1, 2)]),
                                                   ("a", "number", [None, None]), ("b", "number", [1, 3])]
