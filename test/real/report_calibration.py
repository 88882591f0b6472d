#!/usr/bin/env python3
"""Test williams_calibration with real permits that a real OCR engine has read.

    test/real/report_calibration.py [DIRECTORY]      or WILLIAMS_DATA=DIRECTORY

DIRECTORY has ocr/documents.jsonl with one document per line: the text read for each
field, the engine's confidence, and the text that was printed. A field is right if
the two texts are equal, ignoring case and differences in white space. The results
of a calibration are compared with plain SQL over the fields themselves and printed.
Skipped if the file does not exist.
"""

import os
import sys
from pathlib import Path

from score_engines import Checks, psql

LOAD = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS williams;
DROP TABLE IF EXISTS permit, permit_field;
CREATE TABLE permit (document jsonb);
COPY permit FROM stdin WITH (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01');
{lines}\\.
CREATE FUNCTION pg_temp.plain(t text) RETURNS text LANGUAGE sql AS
    $$SELECT lower(btrim(regexp_replace(t, '\\s+', ' ', 'g')))$$;
CREATE TABLE permit_field AS
SELECT (document ->> 'document_id')::int AS id, (document ->> 'degradation')::int AS degradation, key AS field,
       (document -> 'confidence' ->> key)::float8 AS x,
       pg_temp.plain(value) IS NOT DISTINCT FROM pg_temp.plain(document -> 'truth' ->> key) AS y
FROM permit, jsonb_each_text(document -> 'fields') WHERE value IS NOT NULL;
"""

# Bins by their bounds; the last bin includes 1.0.
PLAIN = """
CREATE TEMP TABLE seen AS SELECT williams_calibration_agg(x, y) AS c FROM permit_field;
CREATE TEMP TABLE plain AS
SELECT bins, i AS bin, count(x) AS count, avg(x) AS confidence, avg(y::int::float8) AS accuracy
FROM unnest('{1,2,5,10,20,40,100,200}'::int[]) AS bins CROSS JOIN LATERAL generate_series(1, bins) AS i
LEFT JOIN permit_field ON x >= (i - 1) / bins::float8 AND (x < i / bins::float8 OR i = bins AND x = 1)
GROUP BY bins, i;
CREATE TEMP TABLE said AS
SELECT target, at_least, t.*
FROM seen, unnest('{0,0.5,0.8,0.9,0.95,0.99,0.995,0.999,1}'::float8[]) AS target, unnest('{1,20,100,1000}'::bigint[]) AS at_least
CROSS JOIN LATERAL williams_threshold(c, target, at_least) AS t;
CREATE TEMP TABLE tried AS
SELECT i / 200.0::float8 AS b, count(*) FILTER (WHERE x >= i / 200.0::float8) AS accepted,
       avg(y::int::float8) FILTER (WHERE x >= i / 200.0::float8) AS right, count(*) AS n
FROM permit_field, generate_series(0, 199) AS i GROUP BY i;
"""

CHECKS = {
    "some fields are right and some are wrong":
        "SELECT count(*) > 1000 AND bool_or(y) AND NOT bool_and(y) FROM permit_field",
    "every field has a confidence":
        "SELECT bool_and(x BETWEEN 0 AND 1) FROM permit_field",
    "count, accuracy, Brier's score":
        """SELECT williams_count(c) = n AND abs(williams_accuracy(c) - a) < 1e-9 AND abs(williams_brier(c) - b) < 1e-9
           FROM seen, (SELECT count(*) AS n, avg(y::int::float8) AS a, avg((x - y::int) ^ 2) AS b FROM permit_field) AS p""",
    "expected calibration error":
        """SELECT count(*) = 8 AND max(abs(williams_ece(c, bins) - ece)) < 1e-9
           FROM seen, (SELECT bins, sum(count * abs(accuracy - confidence)) / sum(count) AS ece FROM plain GROUP BY bins) AS p""",
    "expected calibration error has 10 bins by default":
        "SELECT williams_ece(c) = williams_ece(c, 10) FROM seen",
    "reliability":
        """SELECT count(*) = 378 AND bool_and(r.count = p.count AND abs(r.lower - (bin - 1) / bins::float8) < 1e-9
               AND abs(r.upper - bin / bins::float8) < 1e-9 AND (r.confidence IS NULL) = (p.count = 0)
               AND coalesce(abs(r.confidence - p.confidence) < 1e-9 AND abs(r.accuracy - p.accuracy) < 1e-9, p.count = 0))
           FROM (SELECT bins, r.* FROM seen, (SELECT DISTINCT bins FROM plain) AS b, williams_reliability(c, bins) AS r) AS r
           FULL JOIN plain AS p USING (bins, bin)""",
    "there is a threshold for 99 %":
        "SELECT threshold IS NOT NULL FROM seen, williams_threshold(c, 0.99)",
    "enough fields are accepted, and enough of these are right":
        """SELECT count(*) > 20 AND bool_and(accepted >= at_least AND "right" >= target AND abs("right" - "precision") < 1e-9
               AND abs(accepted / n::float8 - accepted_share) < 1e-9)
           FROM said, LATERAL (SELECT count(*) FILTER (WHERE x >= threshold) AS accepted,
                                      avg(y::int::float8) FILTER (WHERE x >= threshold) AS right, count(*) AS n FROM permit_field) AS p
           WHERE threshold IS NOT NULL""",
    "no lower threshold qualifies; if there is none, none qualifies":
        """SELECT NOT EXISTS (SELECT FROM said, tried WHERE (threshold IS NULL OR b < threshold) AND accepted >= at_least AND "right" >= target)""",
    "the lower bound of the precision is Wilson's":
        """SELECT bool_and(abs(precision_low - (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)) < 1e-9)
           FROM (SELECT precision_low, "precision" AS p, accepted::float8 AS n, 1.959963984540054::float8 AS z
                 FROM said JOIN tried ON b = threshold) AS w""",
    "the probability that a right field has a higher confidence than a wrong one, by all pairs of fields":
        """SELECT abs(williams_auroc(c) - p) < 1e-9
           FROM seen, (SELECT avg(CASE WHEN floor(r.x * 200 + 1e-9) > floor(w.x * 200 + 1e-9) THEN 1 WHEN floor(r.x * 200 + 1e-9) = floor(w.x * 200 + 1e-9) THEN 0.5 ELSE 0 END::float8) AS p
                       FROM permit_field AS r, permit_field AS w WHERE r.y AND NOT w.y) AS p""",
    "a guaranteed threshold is not below that without a guarantee, and the least cost not above that of any threshold":
        """SELECT (SELECT bool_and(g.threshold >= said.threshold OR g.threshold IS NULL) FROM said, williams_threshold(c, target, at_least, 0.95) AS g)
               AND (SELECT abs(cost - least(min(((1 - "right") * accepted * 20 + (n - accepted)) / n), 1)) < 1e-9 FROM tried, williams_threshold_cost(c, 20, 1) GROUP BY cost) FROM seen""",
    "merging by document or by field gives the same calibration":
        """SELECT bool_and(c::text = (SELECT williams_rollup(part)::text FROM (SELECT williams_calibration_agg(x, y) AS part FROM permit_field GROUP BY id) AS d)
               AND c::text = (SELECT williams_rollup(part)::text FROM (SELECT williams_calibration_agg(x, y) AS part FROM permit_field GROUP BY field) AS f)) FROM seen""",
    "degraded pages are read less accurately than clean ones":
        """SELECT williams_accuracy(williams_calibration_agg(x, y) FILTER (WHERE degradation = 0)) >
               williams_accuracy(williams_calibration_agg(x, y) FILTER (WHERE degradation = 4)) FROM permit_field""",
}

FOUND = """
SELECT format('real: calibration: %s fields, %s right, ECE %s, AUROC %s; for 99 %%: threshold %s, %s accepted, precision %s, low %s',
    williams_count(c), round(williams_accuracy(c)::numeric, 4), round(williams_ece(c)::numeric, 4), round(williams_auroc(c)::numeric, 4), threshold,
    round(accepted_share::numeric, 4), round("precision"::numeric, 4), round(precision_low::numeric, 4))
FROM seen, williams_threshold(c, 0.99);
SELECT format('real: with a guarantee of 95 %%, for %s: threshold %s, %s accepted, precision %s', target, coalesce(threshold::text, 'none'), round(accepted_share::numeric, 4), round("precision"::numeric, 4))
FROM seen, unnest('{0.99,0.98,0.95,0.9}'::float8[]) AS target, williams_threshold(c, target, guarantee => 0.95);
"""


def main():
    path = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WILLIAMS_DATA", "")) / "ocr" / "documents.jsonl"
    if not path.is_file():
        print("real: skipped: no permits with their truth in WILLIAMS_DATA")
        return 0
    lines = path.read_text(encoding="utf-8")
    results = psql(LOAD.replace("{lines}", lines) + PLAIN +
                   "".join(f"SELECT coalesce(({query}), false);\n" for query in CHECKS.values()) + FOUND).splitlines()
    check = Checks()
    for what, result in zip(CHECKS, results[:len(CHECKS)], strict=True):
        check(result == "t", f"calibration: failed: {what}")
    print("\n".join(results[len(CHECKS):]))
    print(f"real: calibration: {check.made} checks, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
