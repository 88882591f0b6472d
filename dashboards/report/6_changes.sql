-- The four figures by name, and whether what comes in has changed.

SELECT coalesce(string_agg(format('%s,%s', x, round(200 - 200 * accuracy, 2)), ' ' ORDER BY i) FILTER (WHERE accuracy IS NOT NULL), '') AS accuracy_points,
       coalesce(string_agg(format('%s,%s', x, round(200 - 200 * fallback, 2)), ' ' ORDER BY i), '') AS fallback_points,
       coalesce(string_agg(format('<circle class="right" r="3" cx="%s%%" cy="%s"/>', x / 10, round(200 - 200 * accuracy, 2)), '' ORDER BY i) FILTER (WHERE accuracy IS NOT NULL), '') AS accuracy_dots,
       coalesce(string_agg(format('<circle class="review" r="3" cx="%s%%" cy="%s"/>', x / 10, round(200 - 200 * fallback, 2)), '' ORDER BY i), '') AS fallback_dots,
       coalesce(string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td></tr>', to_char(period, :'period'), to_char(throughput, 'FM999,990.00000'),
                         coalesce(to_char(100 * accuracy::numeric, :'p'), '&ndash;'), to_char(100 * fallback, :'p')), E'\n' ORDER BY i), '') AS figure_rows
FROM (SELECT i, period, round(1000 * (i + 0.5) / n, 2) AS x, williams_accuracy(williams_rollup(calibration))::numeric AS accuracy,
             sum(fallback) / sum(documents) AS fallback,
             sum(documents) / (86400.0 * (least(:'last_day'::date + 1, (period + :'step'::interval)::date) - greatest(:'first_day'::date, period))) AS throughput
      FROM :periods AS p JOIN :rows AS r USING (period) GROUP BY i, n, period) AS t \gset

SELECT format(
'<h2>The four figures</h2>
<dl class="tiles"><div><dt>Throughput</dt><dd>%1$s<small>documents a second, on average over the days</small></dd></div>
<div><dt>Confidence accuracy</dt><dd>%2$s<small>of the checked values were read right</small></dd></div>
<div><dt>Availability</dt><dd>%3$s<small>%4$s</small></dd></div>
<div><dt>Fallback rate</dt><dd>%5$s<small>of the documents were scored without rules for their type (%6$s) or without a confidence of an engine (%7$s)</small></dd></div></dl>
<figure><figcaption>Confidence accuracy and fallback rate %8$s</figcaption>
<ul class="legend"><li><i class="line right"></i>confidence accuracy</li><li><i class="line review"></i>fallback rate</li></ul>
<svg %9$s aria-labelledby="fo-t fo-d"><title id="fo-t">Confidence accuracy and fallback rate, %8$s</title>
<desc id="fo-d">A line chart. The numbers are in the table below.</desc>%10$s%11$s<polyline class="right" points="%12$s"/><polyline class="review" points="%13$s"/></svg>%14$s%15$s%16$s</svg>
<details><summary>Numbers %8$s</summary><table><thead><tr><th scope="col">Period</th><th scope="col">Through&shy;put</th><th scope="col">Accu&shy;racy</th><th scope="col">Fall&shy;back</th></tr></thead>
<tbody>%17$s</tbody></table></details></figure>',
    to_char((:documents - :without_day) / (86400.0 * (:'last_day'::date - :'first_day'::date + 1)), 'FM999,990.00000'),
    coalesce((SELECT to_char(100 * williams_accuracy(:'calibration')::numeric, :'p')), 'not known'),
    CASE WHEN :'available'::boolean THEN 'yes' ELSE 'no' END,
    CASE WHEN :'available'::boolean THEN 'the library is loaded and of the installed version' ELSE 'the library is not of the installed version' END,
    to_char(100.0 * :fallback / :documents, :'p'), to_char(:without_profile, :'n'), to_char(:without_confidence, :'n'), :'by_unit',
    :'plot', :'percent_axis', :'lines', :'accuracy_points', :'fallback_points', :'accuracy_dots', :'fallback_dots', :'x_axis', :'figure_rows') AS figures_html \gset

-- The scores of the fields: half of them are between the quartiles. Each period is compared with all before it.
WITH p AS MATERIALIZED (
    SELECT i, n, period, williams_rollup(field_scores) AS s FROM :periods AS p JOIN :rows AS r USING (period) GROUP BY i, n, period),
q AS MATERIALIZED (
    SELECT i, period, round(1000 * (i + 0.5) / n, 2) AS x, s, williams_count(s) AS count, williams_quantile(s, 0.25) AS low,
           williams_quantile(s, 0.5) AS median, williams_quantile(s, 0.75) AS high,
           williams_rollup(s) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM p WHERE williams_count(s) > 0),
d AS (SELECT q.*, psi, ks, williams_count(before) AS count_before FROM q LEFT JOIN LATERAL williams_drift(before, s) ON true)
SELECT count(*) AS drift_periods,
       coalesce(string_agg(format('%s,%s', x, round(200 - 200 * low::numeric, 2)), ' ' ORDER BY i), '')
           || ' ' || coalesce(string_agg(format('%s,%s', x, round(200 - 200 * high::numeric, 2)), ' ' ORDER BY i DESC), '') AS band_points,
       coalesce(string_agg(format('%s,%s', x, round(200 - 200 * median::numeric, 2)), ' ' ORDER BY i), '') AS median_points,
       coalesce(string_agg(format('<circle class="accepted" r="3" cx="%s%%" cy="%s"/>', x / 10, round(200 - 200 * median::numeric, 2)), '' ORDER BY i), '') AS median_dots,
       coalesce(string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>', to_char(period, :'period'), to_char(count, :'n'),
                         to_char(low::numeric, :'s'), to_char(median::numeric, :'s'), to_char(high::numeric, :'s'), coalesce(to_char(psi::numeric, :'s'), '&ndash;')), E'\n' ORDER BY i), '') AS drift_rows,
       coalesce((array_agg(psi ORDER BY i DESC))[1], 0)::numeric AS psi, coalesce((array_agg(ks ORDER BY i DESC))[1], 0)::numeric AS ks,
       coalesce((array_agg(9.0 / count + 9.0 / nullif(count_before, 0) ORDER BY i DESC))[1], 0) AS chance,
       coalesce((array_agg(to_char(period, :'period') ORDER BY i DESC))[1], '') AS last_period
FROM d \gset

SELECT '<h2>Has what comes in changed?</h2>' || CASE
    WHEN :drift_periods = 0 THEN '<p class="missing">No scores of fields are kept: nothing can be compared.</p>'
    WHEN :drift_periods = 1 THEN format('<p class="missing">There is only one %s with scores: nothing to compare it with.</p>', :'unit') ELSE format(
'<p>The last %1$s (%2$s) compared with all before: %3$s (psi %4$s). At most %5$s more or fewer of its values are below any threshold (ks).%6$s</p>
<figure><figcaption>Scores of the fields %7$s: median, and the range of the middle half</figcaption>
<svg %8$s aria-labelledby="dr-t dr-d"><title id="dr-t">Scores of the fields, %7$s</title>
<desc id="dr-d">A line chart of the median with a band from the lower to the upper quartile. The numbers are in the table below.</desc>%9$s%10$s<polygon class="band" points="%11$s"/><polyline class="accepted" points="%12$s"/></svg>%13$s%14$s</svg>
<details><summary>Numbers %7$s</summary><table><thead><tr><th scope="col">Period</th><th scope="col">Fields</th><th scope="col">Lower quar&shy;tile</th><th scope="col">Median</th><th scope="col">Upper quar&shy;tile</th><th scope="col">psi</th></tr></thead>
<tbody>%15$s</tbody></table></details>
<p class="note">psi compares each %1$s with all before it: below 0.1, nothing has changed; above 0.25, much has. Then the thresholds may no longer hold: let clerks check a sample.</p></figure>',
    :'unit', :'last_period', CASE WHEN :psi < 0.1 THEN 'nothing has changed' WHEN :psi <= 0.25 THEN 'something has changed' ELSE 'much has changed' END,
    to_char(:psi, :'s'), to_char(100 * :ks, :'p'),
    CASE WHEN :chance >= 0.05 THEN format(' It has so few values that chance alone makes psi about %s.', to_char(:chance, :'s')) END,
    :'by_unit', :'plot', :'unit_axis', :'lines', :'band_points', :'median_points', :'median_dots', :'x_axis', :'drift_rows') END AS drift_html \gset
