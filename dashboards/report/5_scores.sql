-- Is the score right, which threshold gives what, and what the score has gained over the engine.

-- Two reliability diagrams: of the score, and of the engine's own confidence
SELECT max(bars) FILTER (WHERE what = 'score') AS score_bars, max(bars) FILTER (WHERE what = 'engine') AS engine_bars,
       max(rows) FILTER (WHERE what = 'score') AS score_rows, max(rows) FILTER (WHERE what = 'engine') AS engine_rows
FROM (SELECT what, coalesce(string_agg(format('<rect class="%s" x="%s%%" width="9%%" y="%s" height="%s"/>', what, 10 * bin - 9.5, 200 - h, h),
                                 '' ORDER BY bin) FILTER (WHERE count > 0), '')
                 || '<line class="ideal" y1="200" x2="100%" y2="0"/>'
                 || coalesce(string_agg(format('<text class="count" x="%s%%" y="%s">%s</text>', 10 * bin - 5, 196 - h,
                         CASE WHEN count < 1000 THEN count::text ELSE (SELECT min(round(count / unit, CASE WHEN count < 10 * unit THEN 1 ELSE 0 END) || sign)
                              FROM (VALUES (1e3, 'k', 1e6), (1e6, 'M', 1e9), (1e9, 'G', 1e21)) AS u(unit, sign, below) WHERE count >= unit AND count < below) END),
                         '' ORDER BY bin) FILTER (WHERE count > 0), '') AS bars,
             string_agg(format('<tr><th scope="row">%s to %s</th><td>%s</td><td>%s</td><td>%s</td></tr>', trim_scale(lower::numeric), trim_scale(upper::numeric),
                               to_char(count, :'n'), coalesce(to_char(confidence::numeric, :'s'), '&ndash;'), coalesce(to_char(100 * accuracy::numeric, :'p'), '&ndash;')),
                        E'\n' ORDER BY bin) AS rows
      FROM (SELECT *, round(200 * accuracy::numeric, 2) AS h
            FROM (VALUES ('score', :'calibration'::williams_calibration), ('engine', :'engine_calibration')) AS c(what, calibration),
                 williams_reliability(calibration, 10)) AS b GROUP BY what) AS d \gset

-- What sums them up: a row of the table for each, and the numbers of the sentences
SELECT string_agg(format('<tr><th scope="row" class="key"><i class="%s"></i>%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>', what, initcap(what),
                         to_char(n, :'n'), coalesce(to_char(says::numeric, :'s'), '&ndash;'), coalesce(to_char(accuracy::numeric, :'s'), '&ndash;'),
                         coalesce(to_char(ece::numeric, :'s'), '&ndash;'), coalesce(to_char(auroc::numeric, :'s'), '&ndash;'),
                         coalesce(to_char(100 * share::numeric, :'p'), '&ndash;')), E'\n' ORDER BY no) AS model_rows,
       coalesce(max(to_char(100 * accuracy::numeric, :'p')) FILTER (WHERE no = 2), '') AS accuracy,
       coalesce(max(to_char(100 * says::numeric, :'p')) FILTER (WHERE no = 2), '') AS says,
       coalesce(max(to_char(ece::numeric, :'s')) FILTER (WHERE no = 2), '') AS ece,
       coalesce(max(n) FILTER (WHERE no = 1), 0) AS engine_checked,
       coalesce(string_agg(format('%s is off by %s on average', lower(name), to_char(ece::numeric, :'s')), ', and ' ORDER BY no) FILTER (WHERE n > 0), '') AS off_by,
       coalesce(string_agg(format('%s could accept %s', lower(name), to_char(100 * share::numeric, :'p')), ', and ' ORDER BY no) FILTER (WHERE share IS NOT NULL), '') AS could_accept
FROM (SELECT no, what, name, williams_count(c) AS n, williams_accuracy(c) AS accuracy, williams_ece(c) AS ece, williams_auroc(c) AS auroc,
             (SELECT sum(count * confidence) / nullif(sum(count), 0) FROM williams_reliability(c, 10)) AS says,
             (SELECT accepted_share FROM williams_threshold(c, 0.99)) AS share
      FROM (VALUES (1, 'engine', 'The engine''s confidence', :'engine_calibration'::williams_calibration),
                   (2, 'score', 'The score', :'calibration')) AS v(no, what, name, c)) AS s \gset

-- The threshold: curves, and what is needed for some precisions
SELECT string_agg(format('%s,%s', x, round(200 - 200 * coverage::numeric, 1)), ' ' ORDER BY threshold) AS coverage_points,
       string_agg(format('%s,%s', x, round(200 * risk::numeric, 1)), ' ' ORDER BY threshold) AS precision_points,
       string_agg(format('%s,%s', x, round(200 * risk_high::numeric, 1)), ' ' ORDER BY threshold) AS low_points
FROM (SELECT *, round(1000 * threshold::numeric) AS x FROM williams_risk_coverage(:'calibration')) AS r \gset
SELECT string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>',
                         to_char(100 * wanted::numeric, :'p'), coalesce(to_char(t.threshold::numeric, :'s'), '&ndash;'),
                         coalesce(to_char(100 * t.accepted_share::numeric, :'p'), '&ndash;'), coalesce(to_char(100 * t."precision"::numeric, :'p'), '&ndash;'),
                         coalesce(to_char(g.threshold::numeric, :'s'), '&ndash;'), coalesce(to_char(100 * g.accepted_share::numeric, :'p'), '&ndash;')),
                  E'\n' ORDER BY wanted) AS threshold_rows
FROM unnest('{0.9,0.95,0.98,0.99,0.995}'::float8[]) AS wanted, williams_threshold(:'calibration', wanted) AS t,
     williams_threshold(:'calibration', wanted, guarantee => 0.95) AS g \gset

\if :has_checks
SELECT format(
'<h2>Is the score right?</h2>
<p>Clerks have checked %1$s values that have a score. %2$s of them had been read right; their scores said %3$s. By score, the two are %4$s apart on average (ece).</p>
<p>%5$s</p>
<figure><figcaption>Share of the checked values that are right, by their score</figcaption>
<p class="note">A bar should end at the dashed line: of the values with a score of 0.75, three in four should be right. A bar that is too short means that the score is too sure. The number above a bar is that of its values.</p>
<svg %6$s aria-labelledby="sc-t sc-d"><title id="sc-t">Reliability of the score</title>
<desc id="sc-d">A bar chart: for each tenth of the score, the share of the values that are right, with their number. The numbers are in the table below.</desc>%7$s%8$s%9$s</svg>
<details><summary>Numbers by score</summary><table><thead><tr><th scope="col">Score</th><th scope="col">Values</th><th scope="col">Mean score</th><th scope="col">Right</th></tr></thead>
<tbody>%10$s</tbody></table></details></figure>',
    to_char(:fields_checked, :'n'), :'accuracy', :'says', :'ece',
    CASE WHEN NOT :'has_audit'::boolean THEN 'Which of these would have been accepted is not kept: the table has no column for it.'
         WHEN :audited = 0 THEN 'None of these was accepted before it was checked. So nothing is known of what nobody looks at: let clerks check a sample of it.'
         ELSE format('Of %s values that would have been accepted and were checked all the same, %s were wrong (%s, and by chance it may be as much as %s).',
                     to_char(:audited, :'n'), to_char(:wrong, :'n'), to_char(100.0 * :wrong / :audited, :'p'),
                     (SELECT to_char(100 * risk_high::numeric, :'p') FROM williams_risk_coverage(:'audit') ORDER BY threshold LIMIT 1)) END,
    :'plot', :'percent_axis', :'score_bars', :'score_axis', :'score_rows') AS scores_html,
format(
'<h2>Which scores need no check?</h2>
<p>A threshold decides: values with this score or a higher one are accepted. The higher it is, the less is accepted, and the more of that is right.</p>
<figure><figcaption>Accepted values, and how many of these are right, by the threshold</figcaption>
<ul class="legend"><li><i class="line accepted"></i>share accepted</li><li><i class="line right"></i>of these right</li><li><i class="line low"></i>right, at the lower end of the 95&nbsp;%% interval</li></ul>
<svg %1$s aria-labelledby="th-t th-d"><title id="th-t">Share accepted and share right, by threshold</title>
<desc id="th-d">A line chart. From left to right, with a higher threshold, the share accepted falls. Some points are in the table below.</desc>%2$s%3$s<polyline class="accepted" points="%4$s"/><polyline class="low" points="%5$s"/><polyline class="right" points="%6$s"/></svg>%7$s</svg></figure>
<table><thead><tr><td></td><th scope="colgroup" colspan="3">In the checked values</th><th scope="colgroup" colspan="2">Sure to 95&nbsp;%%</th></tr>
<tr><th scope="col">Wanted right</th><th scope="col">From score</th><th scope="col">Accept&shy;ed</th><th scope="col">Right</th><th scope="col">From score</th><th scope="col">Accept&shy;ed</th></tr></thead>
<tbody>%8$s</tbody></table>
<p class="note">A dash means that no threshold gives it with at least 100 accepted values. The first threshold was enough in the values that were checked; the second is enough for values like them, with a probability of 95&nbsp;%%. If clerks check only doubtful values, neither speaks for the others.</p>',
    :'plot', :'percent_axis', :'lines', :'coverage_points', :'low_points', :'precision_points', :'score_axis', :'threshold_rows') AS threshold_html,
format(
'<h2>Before and after the model</h2>
<p>%1$s</p>
<figure class="pair"><div><figcaption>The engine&rsquo;s confidence: share right</figcaption>
<svg %2$s aria-labelledby="en-t en-d"><title id="en-t">Reliability of the engine&rsquo;s confidence</title>
<desc id="en-d">A bar chart: for each tenth of the confidence, the share of the values that are right, with their number. The numbers are in the table below.</desc>%3$s%4$s%5$s</svg></div>
<div><figcaption>The score: share right</figcaption>
<svg %2$s aria-labelledby="sm-t sm-d"><title id="sm-t">Reliability of the score, once more</title>
<desc id="sm-d">The same bar chart as under: Is the score right?</desc>%3$s%6$s%5$s</svg></div></figure>
<details><summary>Numbers by confidence</summary><table><thead><tr><th scope="col">Con&shy;fidence</th><th scope="col">Values</th><th scope="col">Mean</th><th scope="col">Right</th></tr></thead>
<tbody>%7$s</tbody></table></details>
<table><thead><tr><td></td><th scope="col">Values</th><th scope="col">Says</th><th scope="col">Right</th><th scope="col">ece</th><th scope="col">auroc</th><th scope="col">Accept&shy;ed at 99&nbsp;%%</th></tr></thead>
<tbody>%8$s</tbody></table>
<p class="note">ece: how far what it says and what is right are apart, on average; 0 is best. auroc: how well it tells right from wrong; 1 is best, 0.5 is chance. The last column is the share of the values that could be accepted if 99&nbsp;%% of these are to be right.</p>',
    CASE WHEN :engine_checked = 0 THEN 'The engine gave no confidence for any of the checked values: there is nothing to compare.'
         ELSE format('On the checked values, %s (0 is best).%s%s', :'off_by',
                     CASE WHEN :'could_accept' <> '' THEN ' If 99 % of what is accepted is to be right, ' || :'could_accept' || ' of the values.' END,
                     CASE WHEN :engine_checked <> :fields_checked THEN format(' The engine was sure or unsure of %s values only; the score is that of %s.', to_char(:engine_checked, :'n'), to_char(:fields_checked, :'n')) END) END,
    :'plot', :'percent_axis', :'engine_bars', :'score_axis', :'score_bars', :'engine_rows', :'model_rows') AS model_html \gset
\else
SELECT '<h2>Is the score right?</h2><p class="missing">Nobody knows yet: clerks have not checked any value that has a score. '
       'As soon as they have, this page shows how often the score is right, and from which score on nobody needs to look.</p>' AS scores_html,
       '' AS threshold_html, '' AS model_html \gset
\endif
