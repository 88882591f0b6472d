--
-- Are confidences to be trusted, and above which can review be skipped? Each function is
-- compared with plain SQL over the same observations, and thresholds with brute force over
-- all bounds. A simulation of 10,000 samples shows how often a threshold fails.
--

\getenv abs_srcdir PG_ABS_SRCDIR
\i :abs_srcdir/common/error_of.sql

-- A uniform number in [0, 1) that depends on i and seed alone.
CREATE FUNCTION pg_temp.uniform(i bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    'SELECT ((hashint8extended(i, seed) >> 11) & 9007199254740991) / 9007199254740992.0::float8';
-- So many right and wrong observations of each confidence.
CREATE FUNCTION pg_temp.seen(x float8[], n_right int[], n_wrong int[]) RETURNS williams_calibration LANGUAGE sql AS
    'SELECT williams_calibration_agg(a, i > 0) FROM unnest(x, n_right, n_wrong) AS v (a, r, w), generate_series(1 - w, r) AS i';
CREATE FUNCTION pg_temp.wilson_high(p float8, n float8, z float8 = 1.959963984540054) RETURNS float8 LANGUAGE sql AS
    'SELECT (p + z * z / (2 * n)) / (1 + z * z / n) + z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))';

-- Confidences that say little, much, everything, the opposite, and in which few bins are not empty.
CREATE TEMP TABLE observation AS
SELECT shape, size, i % 6 AS part, x, pg_temp.uniform(i, shape * 1000 + size) < CASE shape WHEN 1 THEN 0.99 - (1 - x) / 20 WHEN 2 THEN 1 - (1 - x) ^ 2 WHEN 3 THEN (x > 0.4)::int
                                                                              WHEN 4 THEN 1.02 - x / 8 WHEN 5 THEN 0.6 + x / 2.2 ELSE x END AS y
FROM (SELECT shape, size, i, CASE shape WHEN 2 THEN sqrt(u) WHEN 3 THEN u WHEN 5 THEN round(u::numeric, 1) ELSE 1 - u ^ 2 END AS x
      FROM generate_series(1, 6) AS shape, unnest('{1,30,700,4000}'::int[]) AS size, generate_series(1, size) AS i, LATERAL (SELECT pg_temp.uniform(i, shape) AS u) AS v) AS v;
CREATE TEMP TABLE seen AS SELECT shape, size, williams_calibration_agg(x, y) AS c FROM observation GROUP BY shape, size;
CREATE TEMP TABLE bound AS SELECT i, i / 200.0::float8 AS b FROM generate_series(0, 199) AS i;
CREATE TEMP TABLE binned AS SELECT shape, size, y, (SELECT max(b) FROM bound WHERE b <= x) AS b FROM observation;
CREATE TEMP TABLE accepted AS
SELECT shape, size, bound.b, count(*) FILTER (WHERE binned.b >= bound.b) AS n, count(*) FILTER (WHERE binned.b >= bound.b AND NOT y) AS wrong,
       bool_or(binned.b = bound.b) AS is_used, count(*) AS total
FROM binned, bound GROUP BY shape, size, bound.b;

--
-- williams_auroc, williams_risk_coverage
--
-- By hand: of 6 pairs of a right and a wrong value, 4 are in order and 1 is in one bin.
SELECT williams_auroc(pg_temp.seen('{0.2,0.3,0.9}', '{0,1,2}', '{1,1,0}')) AS five_and_a_half_of_six, williams_auroc(pg_temp.seen('{0.2,0.9}', '{3,0}', '{0,2}')) AS reversed,
       williams_auroc(pg_temp.seen('{0.2,0.9}', '{0,3}', '{2,0}')) AS sorted, williams_auroc(pg_temp.seen('{0.5}', '{7}', '{3}')) AS constant,
       williams_auroc(pg_temp.seen('{0.5}', '{7}', '{0}')) AS all_right, williams_auroc(pg_temp.seen('{0.5}', '{0}', '{7}')) AS all_wrong, williams_auroc(pg_temp.seen('{}', '{}', '{}')) AS empty;
SELECT pg_temp.seen('{0.2,0.3,0.9}', '{0,1,2}', '{1,1,0}')::jsonb - 'reliability' AS mixed, pg_temp.seen('{0.5}', '{7}', '{0}')::jsonb -> 'auroc' AS all_right;
-- Compared with the pairs themselves, the confidences being those of the bins.
SELECT count(*) AS calibrations, count(auroc) AS defined, min(auroc) < 0.5 AS below_chance, max(auroc) = 1 AS sorted, max(abs(auroc - pairs)) < 1e-12 AS same, count(*) FILTER (WHERE (auroc IS NULL) <> (pairs IS NULL)) AS wrong_null
FROM (SELECT shape, size, williams_auroc(c) AS auroc FROM seen WHERE size <= 700) AS v
LEFT JOIN (SELECT r.shape, r.size, avg(CASE WHEN r.b > w.b THEN 1 WHEN r.b = w.b THEN 0.5 ELSE 0 END::float8) FILTER (WHERE w.b IS NOT NULL) AS pairs
      FROM binned AS r LEFT JOIN binned AS w ON (w.shape, w.size, w.y) = (r.shape, r.size, false) WHERE r.y AND r.size <= 700 GROUP BY 1, 2) AS p USING (shape, size);
-- 2^61 right ones above 2^61 wrong ones, and as many of both in between: no product overflows.
WITH RECURSIVE doubled AS (SELECT 0 AS i, pg_temp.seen('{0.2,0.5,0.9}', '{0,1,1}', '{1,1,0}') AS c UNION ALL SELECT i + 1, c + c FROM doubled WHERE i < 60)
SELECT williams_count(c), williams_auroc(c), cost, t.threshold, g.threshold AS guaranteed, risk
FROM doubled, williams_threshold_cost(c, 4, 1) AS t, williams_threshold(c, 0.74, guarantee => 0.9999) AS g, LATERAL (SELECT array_agg(risk) AS risk FROM williams_risk_coverage(c)) AS r WHERE i = 60;

SELECT * FROM williams_risk_coverage(pg_temp.seen('{0.2,0.3,0.9}', '{0,1,2}', '{1,1,0}'));
SELECT count(*) AS rows FROM williams_risk_coverage(pg_temp.seen('{}', '{}', '{}'));
-- One error in 2^60 values: the bound does not vanish beside 1.
WITH RECURSIVE doubled AS (SELECT 0 AS i, pg_temp.seen('{0.5}', '{1}', '{0}') AS c UNION ALL SELECT i + 1, c + c FROM doubled WHERE i < 60)
SELECT risk = 2::float8 ^ -60 AS risk, round((risk_high / risk)::numeric, 2) AS high FROM doubled, williams_risk_coverage(c + pg_temp.seen('{0.5}', '{0}', '{1}')) WHERE i = 60;
SELECT count(*) > 1000 AS rows, bool_and(r.coverage = n / total::float8 AND r.risk = wrong / n::float8) AS same, max(abs(risk_high - pg_temp.wilson_high(risk, n))) < 1e-12 AS wilson,
       count(*) FILTER (WHERE threshold IS NULL OR b IS NULL) AS only_one_side, bool_and(risk_high BETWEEN risk AND 1) AS above
FROM (SELECT shape, size, r.* FROM seen, williams_risk_coverage(c) AS r) AS r FULL JOIN (SELECT * FROM accepted WHERE is_used) AS a ON (a.shape, a.size, b) = (r.shape, r.size, threshold);
SELECT bool_and(array_agg = sorted) AS from_the_highest FROM (SELECT array_agg(threshold ORDER BY n), array_agg(threshold ORDER BY threshold DESC) AS sorted FROM seen, williams_risk_coverage(c) WITH ORDINALITY AS r (threshold, coverage, risk, risk_high, n) GROUP BY shape, size) AS v;
-- The area under the curve is the mean, over the values, of the risk of what is accepted at their confidence.
SELECT count(*) AS calibrations, max(abs(area - mean)) < 1e-12 AS area
FROM (SELECT shape, size, sum(risk * (coverage - before)) AS area
      FROM (SELECT shape, size, r.*, lag(coverage, 1, 0) OVER (PARTITION BY shape, size ORDER BY threshold DESC) AS before FROM seen, williams_risk_coverage(c) AS r) AS v GROUP BY shape, size) AS curve
JOIN (SELECT shape, size, avg(wrong / n::float8) AS mean FROM binned JOIN accepted USING (shape, size, b) GROUP BY shape, size) AS plain USING (shape, size);

--
-- williams_threshold with a guarantee
--
-- For 99 % with a guarantee of 95 %, 299 values without an error are enough, or 473 with one.
SELECT n, wrong, t.* FROM (VALUES (298, 0), (299, 0), (300, 1), (472, 1), (473, 1), (473, 2)) AS v (n, wrong), williams_threshold(pg_temp.seen('{0.9}', ARRAY[n - wrong], ARRAY[wrong]), 0.99, guarantee => 0.95) AS t;
-- Of 1,473 values, the best few hundred decide: two errors among them end the sequence. Of 10,472 values, the sequence begins lower.
SELECT n, t.* FROM unnest('{1000,9999}'::int[]) AS n, williams_threshold(pg_temp.seen('{0.9,0.8}', ARRAY[471,n], '{2,0}'), 0.99, guarantee => 0.95) AS t;
-- A later start by min_count. Empty bins are not accepted; without a guarantee they are.
SELECT min_count, t.* FROM unnest('{1,474}'::bigint[]) AS min_count, williams_threshold(pg_temp.seen('{0.9,0.8,0.001}', '{471,1000,0}', '{2,0,500}'), 0.99, min_count, 0.95) AS t;
SELECT guarantee, t.threshold FROM unnest('{0,0.5,0.9,0.95,0.99,0.999999,NULL}'::float8[]) AS guarantee, williams_threshold(pg_temp.seen('{0.9,0.8,0.7,0.6,0.5}', '{1000,980,945,963,963}', '{0,20,55,37,37}'), 0.97, guarantee => guarantee) AS t;
-- Certainty cannot be guaranteed, and a target of 0 needs no evidence.
SELECT target, guarantee, t.* FROM (VALUES (1, 0.5), (1, 0), (0, 0.99)) AS v (target, guarantee), williams_threshold(pg_temp.seen('{0.9,0.1}', '{500,0}', '{0,500}'), target, guarantee => guarantee) AS t;
SELECT williams_threshold(NULL, 0.5) AS calibration, williams_threshold(c, NULL) AS target, williams_threshold(c, 0.5, NULL) AS min_count, williams_threshold(c, 0.5, NULL, 0.5) AS with_guarantee,
       williams_threshold(c, 0.5, 1, NULL) IS NOT DISTINCT FROM williams_threshold(c, 0.5, 1) AS guarantee, williams_threshold(pg_temp.seen('{}', '{}', '{}'), 0.5, 1, 0.5) AS empty
FROM seen WHERE shape = 1 AND size = 700;

-- The sequence in PL/pgSQL, with the binomial distribution's terms one after the other.
CREATE FUNCTION pg_temp.tail(k bigint, n bigint, p float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    term float8 := (1 - p) ^ n;
    total float8 := term;
BEGIN
    FOR i IN 1 .. k LOOP
        term := term * (n - i + 1) / i * p / (1 - p);
        total := total + term;
    END LOOP;
    RETURN total;
END $$;
CREATE FUNCTION pg_temp.guaranteed(of_shape int, of_size int, target float8, min_count bigint, guarantee float8) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    tolerated bigint := 0;
    best float8;
    a record;
BEGIN
    WHILE tolerated < 10 AND tolerated + 1 <= of_size / 5 AND pg_temp.tail(tolerated + 1, of_size / 5, 1 - target) <= 1 - guarantee LOOP
        tolerated := tolerated + 1;
    END LOOP;
    FOR a IN SELECT * FROM accepted WHERE shape = of_shape AND size = of_size AND is_used ORDER BY b DESC LOOP
        CONTINUE WHEN best IS NULL AND (a.n < min_count OR pg_temp.tail(tolerated, a.n, 1 - target) > 1 - guarantee);
        EXIT WHEN 1 - a.wrong / a.n::float8 < target OR pg_temp.tail(a.wrong, a.n, 1 - target) > 1 - guarantee;
        best := a.b;
    END LOOP;
    RETURN best;
END $$;
CREATE TEMP TABLE asked AS
SELECT shape, size, target, guarantee, min_count, t.*, plain.threshold AS plain
FROM seen, unnest('{0.85,0.9,0.95,0.98,0.99}'::float8[]) AS target, unnest('{0,0.6,0.9,0.95,0.99}'::float8[]) AS guarantee, unnest('{1,100,2000}'::bigint[]) AS min_count,
     williams_threshold(c, target, min_count, guarantee) AS t, williams_threshold(c, target, min_count) AS plain;
SELECT count(*) AS asked, count(threshold) > 400 AS found, count(threshold) < count(plain) AS fewer_than_plain, count(*) FILTER (WHERE threshold > plain) > 100 AS higher,
       count(*) FILTER (WHERE threshold < plain OR plain IS NULL AND threshold IS NOT NULL) AS below_plain,
       count(*) FILTER (WHERE threshold IS DISTINCT FROM pg_temp.guaranteed(shape, size, target, min_count, guarantee)) AS otherwise
FROM asked;
-- Where min_count alone decides the start, a higher guarantee or target never gives a lower threshold.
SELECT count(*) > 500 AS pairs, count(*) FILTER (WHERE coalesce(b.threshold, 2) < coalesce(a.threshold, 2)) AS falls, count(*) FILTER (WHERE coalesce(b.threshold, 2) > coalesce(a.threshold, 2)) > 100 AS rises
FROM asked AS a JOIN asked AS b USING (shape, size, min_count) WHERE min_count = 2000 AND b.target >= a.target AND b.guarantee >= a.guarantee;
-- What is accepted, and of what share, is what the other functions say.
SELECT bool_and(accepted_share = coverage AND abs("precision" - (1 - risk)) < 1e-12 AND abs(precision_low - (1 - risk_high)) < 1e-12) AS agrees
FROM asked JOIN (SELECT shape, size, r.* FROM seen, williams_risk_coverage(c) AS r) AS r USING (shape, size, threshold);

--
-- How often does a threshold fail? The truth is known: bins of n values with the given probabilities of an error, from the
-- highest confidence down. Of 'one', the fifth threshold has a precision just below the target of 0.95 (and so has the sixth),
-- of 'many' the fourth and all below it, of 'every' each, and of 'none' no threshold.
--
CREATE TEMP TABLE truth AS
SELECT kind, i, n, e, 1 - i / 20.0::float8 AS x, 1 - sum(n * e) OVER (PARTITION BY kind ORDER BY i) / sum(n) OVER (PARTITION BY kind ORDER BY i) AS true_precision
FROM (VALUES ('one', '{300,300,300,300,300,300}'::int[], '{0.005,0.01,0.03,0.04,0.1665,0.4}'::float8[]),
             ('many', '{400,300,300,200,200,200}', '{0.01,0.03,0.08,0.15,0.0502,0.0502}'),
             ('every', '{400,400,400,400,400,400}', '{0.0501,0.0501,0.0501,0.0501,0.0501,0.0501}'),
             ('none', '{600,250,250,250,250,250}', '{0.02,0.03,0.04,0.05,0.05,0.05}')) AS v (kind, counts, errors), unnest(counts, errors) WITH ORDINALITY AS u (n, e, i);
SELECT kind, array_agg(round(true_precision::numeric, 5) ORDER BY i) AS true_precision FROM truth GROUP BY kind ORDER BY kind;
-- The number of errors in a bin, by the inverse of its distribution function.
CREATE TEMP TABLE distribution AS
WITH RECURSIVE term AS (
    SELECT kind, i, n, e, 0 AS k, (1 - e) ^ n AS p, (1 - e) ^ n AS at_most FROM truth
    UNION ALL SELECT kind, i, n, e, k + 1, next, at_most + next FROM term, LATERAL (SELECT p * (n - k) / (k + 1) * e / (1 - e) AS next) AS next WHERE k < n AND (at_most < 0.5 OR next > 1e-9))
SELECT kind, i, k, lag(at_most, 1, 0) OVER (PARTITION BY kind, i ORDER BY k) AS low, at_most AS high FROM term;
CREATE TEMP TABLE piece AS
SELECT kind, i, k, pg_temp.seen(ARRAY[x], ARRAY[n - k], ARRAY[k]) AS c FROM distribution JOIN truth USING (kind, i);
CREATE INDEX ON distribution (kind, i, low);
ANALYZE truth, distribution, piece;
CREATE TEMP TABLE drawn AS
SELECT kind, draw, williams_rollup(c) AS c
FROM (SELECT kind, i, draw, (SELECT k FROM distribution AS d WHERE (d.kind, d.i) = (truth.kind, truth.i) AND low <= u ORDER BY low DESC LIMIT 1) AS k
      FROM truth, generate_series(1, 10000) AS draw, LATERAL (SELECT pg_temp.uniform(draw, ascii(kind) * 100 + i) AS u) AS u) AS errors JOIN piece USING (kind, i, k)
GROUP BY kind, draw;
CREATE TEMP VIEW failure AS
SELECT drawn.kind, count(*) AS draws, count(found.threshold) / count(*)::float8 AS found, count(*) FILTER (WHERE t.true_precision < 0.95) / count(*)::float8 AS guaranteed,
       count(*) FILTER (WHERE p.true_precision < 0.95) / count(*)::float8 AS plain, avg(found.accepted_share) AS accepted
FROM drawn CROSS JOIN LATERAL williams_threshold(c, 0.95, guarantee => 0.95) AS found CROSS JOIN LATERAL williams_threshold(c, 0.95) AS plain
LEFT JOIN truth AS t ON (t.kind, t.x) = (drawn.kind, (SELECT min(x) FROM truth WHERE x >= found.threshold))
LEFT JOIN truth AS p ON (p.kind, p.x) = (drawn.kind, (SELECT min(x) FROM truth WHERE x >= plain.threshold)) GROUP BY drawn.kind;
SELECT kind, draws, guaranteed <= 0.05 AS guaranteed, guaranteed > 0.025 AS close, round(plain::numeric, 1) AS plain, round(found::numeric, 1) AS found, round(accepted::numeric, 1) AS accepted FROM failure ORDER BY kind;

--
-- williams_threshold_cost
--
-- By hand, of 10 values: accepting those at 0.9 costs 6 reviews, those at 0.5 as well 1 error and 2 reviews, all 2 errors.
SELECT cost_error, cost_review, t.* FROM (VALUES (1, 1), (4, 1), (5, 1), (2, 1), (1, 0), (0, 1), (0, 0)) AS v (cost_error, cost_review),
    williams_threshold_cost(pg_temp.seen('{0.9,0.5,0.1}', '{4,3,1}', '{0,1,1}'), cost_error, cost_review) AS t;
SELECT t.threshold, t.cost / 1e308 AS cost, t.cost_accept_all / 1e308 AS cost_accept_all, t.cost_review_all / 1e308 AS cost_review_all
FROM williams_threshold_cost(pg_temp.seen('{0.9,0.5,0.1}', '{4,3,1}', '{0,1,1}'), 1.5e308, 0.5e308) AS t;
SELECT t.* FROM williams_threshold_cost(pg_temp.seen('{0.5}', '{1}', '{9}'), 1, 1) AS t;
SELECT t.* FROM williams_threshold_cost(pg_temp.seen('{0.5}', '{1}', '{9}'), 2, 1) AS t;
SELECT t.* FROM williams_threshold_cost(pg_temp.seen('{}', '{}', '{}'), 2, 1) AS t;
SELECT williams_threshold_cost(c, NULL, 1) AS cost_error, williams_threshold_cost(c, 1, NULL) AS cost_review FROM seen WHERE size = 1 AND shape = 1;
-- Compared with all bounds, and with reviewing everything; of equal costs the one with the fewest reviews, and of these the lowest.
SELECT count(*) AS asked, count(*) FILTER (WHERE t.threshold IS NULL) > 10 AS review_all, count(*) FILTER (WHERE t.threshold = 0) > 10 AS accept_all, count(DISTINCT t.threshold) > 20 AS thresholds,
       count(*) FILTER (WHERE t.threshold IS DISTINCT FROM p.b) AS otherwise, max(abs(t.accepted_share - p.n / total::float8)) AS share, max(abs(t.cost - p.cost / total)) < 1e-9 AS cost,
       max(abs(cost_accept_all - cost_error * (1 - williams_accuracy(c)))) < 1e-9 AS accept_all_cost, bool_and(cost_review_all = cost_review AND t.cost <= least(cost_accept_all, cost_review_all)) AS least
FROM seen CROSS JOIN unnest('{0,1,2,5,20,100,1000}'::float8[]) AS cost_error CROSS JOIN unnest('{0,1,3}'::float8[]) AS cost_review
CROSS JOIN LATERAL williams_threshold_cost(c, cost_error, cost_review) AS t
CROSS JOIN LATERAL (SELECT b, n, total, cost_error * wrong + cost_review * (total - n) AS cost
                    FROM (SELECT b, n, wrong, total FROM accepted AS a WHERE (a.shape, a.size) = (seen.shape, seen.size) AND n > 0 UNION ALL SELECT NULL, 0, 0, williams_count(c)) AS v
                    ORDER BY cost, n DESC, b LIMIT 1) AS p;

--
-- williams_drift
--
CREATE FUNCTION pg_temp.card(x float8[], n int[]) RETURNS williams_scorecard LANGUAGE sql AS 'SELECT williams_scorecard_agg(a) FROM unnest(x, n) AS v (a, n), generate_series(1, n)';
-- By hand: two halves become a quarter and three quarters; then the same where a value was not seen before, so that half a value stands for none; no common value.
SELECT round(psi::numeric, 12) AS psi, ks, round((0.25 * ln(0.75 / 0.5) - 0.25 * ln(0.25 / 0.5))::numeric, 12) AS by_hand FROM williams_drift(pg_temp.card('{0.2,0.8}', '{50,50}'), pg_temp.card('{0.2,0.8}', '{50,150}'));
SELECT round(psi::numeric, 12) AS psi, ks, round((0.25 * ln(0.75 / 1.0) * -1 + (0.25 - 0.005) * ln(0.25 / 0.005))::numeric, 12) AS by_hand FROM williams_drift(pg_temp.card('{0.2}', '{100}'), pg_temp.card('{0.2,0.1}', '{150,50}'));
SELECT round(psi::numeric, 12) AS psi, ks, round((2 * (1 - 0.005) * ln(1 / 0.005))::numeric, 12) AS by_hand FROM williams_drift(pg_temp.card('{0.2}', '{100}'), pg_temp.card('{1}', '{100}'));
SELECT williams_drift(pg_temp.card('{}', '{}'), pg_temp.card('{0.5}', '{1}')) AS a, williams_drift(pg_temp.card('{0.5}', '{1}'), pg_temp.card('{}', '{}')) AS b, williams_drift(NULL, pg_temp.card('{0.5}', '{1}')) AS unknown;
-- Compared with plain SQL: the tenths of a, by the share of a below each bin.
CREATE TEMP TABLE card AS SELECT shape, size, williams_scorecard_agg(x) AS s FROM observation WHERE size > 1 GROUP BY shape, size;
CREATE TEMP TABLE bin AS
SELECT shape, size, bin, count, sum(count) OVER (PARTITION BY shape, size ORDER BY bin) - count AS below, williams_count(s) AS total, wl.first, wl.last
FROM card, williams_histogram(s, 200), LATERAL (SELECT min(h.bin) AS first, max(h.bin) AS last FROM williams_histogram(s, 200) AS h WHERE h.count > 0) AS wl;
SELECT count(*) AS pairs, count(*) FILTER (WHERE d.psi > 0.25) > 20 AS changed, count(*) FILTER (WHERE d.psi < 0.1) > 20 AS stable, max(abs(d.psi - p.psi)) < 1e-9 AS psi, max(abs(d.ks - p.ks)) < 1e-12 AS ks, bool_and(d.psi >= 0 AND d.ks BETWEEN 0 AND 1) AS in_range
FROM (SELECT a.shape AS a_shape, a.size AS a_size, b.shape AS b_shape, b.size AS b_size, d.* FROM card AS a, card AS b, williams_drift(a.s, b.s) AS d) AS d
JOIN (SELECT a_shape, a_size, b_shape, b_size, sum((b - a) * ln(b / a)) FILTER (WHERE used > 0) AS psi, max(max_ks) AS ks
      FROM (SELECT a.shape AS a_shape, a.size AS a_size, b.shape AS b_shape, b.size AS b_size, CASE WHEN a.bin < a.first THEN -1 WHEN a.bin > a.last THEN 99 ELSE floor(10 * a.below / a.total) END AS tenth,
                   greatest(sum(a.count), 0.5)::float8 / min(a.total) AS a, greatest(sum(b.count), 0.5)::float8 / min(b.total) AS b, sum(a.count + b.count) AS used,
                   max(abs(a.below / a.total::float8 - b.below / b.total::float8)) AS max_ks
            FROM bin AS a JOIN bin AS b USING (bin) GROUP BY 1, 2, 3, 4, 5) AS v GROUP BY 1, 2, 3, 4) AS p USING (a_shape, a_size, b_shape, b_size);
SELECT bool_and(williams_drift(s, s)::text = '(0,0)') AS itself, bool_and(williams_drift(s, s + s)::text = '(0,0)' AND williams_drift(s + s, s)::text = '(0,0)') AS twice FROM card;
-- Of the same distribution, PSI is about 9 (1 / 4000 + 1 / 700).
SELECT psi < 0.05 AS psi, ks < 0.05 AS ks FROM card AS a, card AS b, williams_drift(a.s, b.s) WHERE (a.shape, a.size, b.shape, b.size) = (1, 4000, 4, 700);

--
-- However the parts were merged, the answers are the same.
--
SELECT count(*) AS calibrations, bool_and(williams_auroc(c) IS NOT DISTINCT FROM williams_auroc(merged)) AS auroc, bool_and(williams_threshold(c, 0.9, 1, 0.95) IS NOT DISTINCT FROM williams_threshold(merged, 0.9, 1, 0.95)) AS guaranteed,
       bool_and(williams_threshold_cost(c, 20.5, 1.1) = williams_threshold_cost(merged, 20.5, 1.1)) AS cost,
       bool_and((SELECT array_agg(r) FROM williams_risk_coverage(c) AS r) = (SELECT array_agg(r) FROM williams_risk_coverage(merged) AS r)) AS risk
FROM seen JOIN (SELECT shape, size, williams_rollup(part ORDER BY n DESC) AS merged FROM (SELECT shape, size, part AS n, williams_calibration_agg(x, y) AS part FROM observation GROUP BY shape, size, n) AS v GROUP BY shape, size) AS m USING (shape, size);

SELECT call, pg_temp.error_of('SELECT ' || call || ' FROM seen LIMIT 1') AS error FROM unnest(ARRAY[
    'williams_threshold(c, 0.9, 1, 1)', 'williams_threshold(c, 0.9, 1, -0.1)', 'williams_threshold(c, 0.9, 1, ''NaN'')', 'williams_threshold(c, 0.9, 0, 0.5)', 'williams_threshold(c, 2, 1, 0.5)',
    'williams_threshold_cost(c, -1, 1)', 'williams_threshold_cost(c, 1, -1)', 'williams_threshold_cost(c, ''NaN'', 1)', 'williams_threshold_cost(c, 1, ''infinity'')']) AS call;
