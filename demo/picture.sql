-- The picture in README.md, docs/demo.svg: what the demo's model does, as two charts.
--
-- It reads the views decision and outcome, which 4_review.sql makes, and prints the same bytes
-- for the same data: run.sh compares them. Coordinates are pixels; the left chart is 310 wide and
-- 230 high. The picture brings its own background, so that it can be read on a light page and on
-- a dark one.
\pset format unaligned
\pset tuples_only on
\pset pager off

WITH shown (way, n, name, colour) AS (
    VALUES ('engine, for 99 %', 1, 'the engine', '#54aeff'),
           ('rules, for 99 %', 2, 'the rules', '#b6a7e8'),
           ('model, for 99 %', 3, 'the model', '#2da44e')),
-- left: the share of values that are right, for each tenth of the confidence or probability
bar AS (
    SELECT way, bin, colour, round(100 * accuracy::numeric) AS percent,
           62 + 31 * (bin - 1) + CASE n WHEN 3 THEN 14 ELSE 0 END AS x,
           round(230 * accuracy::numeric, 1) AS height
    FROM (SELECT way, williams_calibration_agg(score, correct) AS c
          FROM decision WHERE was_read GROUP BY way) AS all_values
    JOIN shown USING (way), williams_reliability(c, 10)
    WHERE n <> 2 AND count > 0),
-- right: what is accepted, and what is wrong of that
accepted AS (
    SELECT n, name, colour, round(o.accepted) AS percent, round(wrong, 1) AS wrong,
           round(3.1 * o.accepted, 1) AS width, 102 + 68 * (n - 1) AS y
    FROM outcome AS o JOIN shown USING (way)),
fields AS (
    SELECT count(*) AS n, count(DISTINCT document_id) AS forms FROM decision WHERE way LIKE 'model%')
SELECT concat_ws(E'\n',
'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" width="800" height="400" role="img"'
    ' aria-labelledby="title desc" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#24292f">',
(SELECT format('<title id="title">What a model learns from clerks, on %s forms</title>', forms) FROM fields),
(SELECT format('<desc id="desc">Two charts. Left: of the values with a confidence from 0.7 to 0.8, %s %% are '
               'right; of those with that probability by the model, %s %%. Right: ',
               max(percent) FILTER (WHERE bin = 8 AND way LIKE 'engine%'),
               max(percent) FILTER (WHERE bin = 8 AND way LIKE 'model%')) FROM bar) ||
(SELECT string_agg(format('by %s, %s %% of the fields are accepted without a look, and %s %% of these are wrong',
                          name, percent, wrong), '; ' ORDER BY n)
 FROM accepted) || '.</desc>',
'<rect x="0.5" y="0.5" width="799" height="399" rx="8" fill="#ffffff" stroke="#d0d7de"/>',

'<text x="24" y="34" font-size="17" font-weight="bold">Is it as sure as it is right?</text>',
'<text x="24" y="56">Values that are right, by <tspan fill="#0969da" font-weight="bold">the engine''s confidence</tspan></text>',
'<text x="24" y="74">and by <tspan fill="#1a7f37" font-weight="bold">the model''s probability</tspan></text>',
'<g stroke="#d8dee4">',
'<path d="M60 90H370M60 205H370"/><path d="M60 320H370" stroke="#57606a"/>',
'</g>',
'<g text-anchor="end">',
'<text x="54" y="95">100 %</text><text x="54" y="210">50 %</text><text x="54" y="325">0 %</text>',
'</g>',
(SELECT string_agg(format('<rect x="%s" y="%s" width="13" height="%s" fill="%s"/>', x, 320 - height, height, colour),
                   E'\n' ORDER BY x)
 FROM bar),
'<path d="M60 320L370 90" stroke="#57606a" stroke-width="2" stroke-dasharray="6 5"/>',
'<text x="76" y="150" fill="#57606a">dashed: as right as it is sure</text>',
'<g text-anchor="middle" font-size="10">',
(SELECT string_agg(format('<text x="%s" y="%s">%s</text>', x + 6.5, 316 - height + CASE WHEN percent > 90 THEN 16 ELSE 0 END,
                          percent), E'\n' ORDER BY x)
 FROM bar),
'</g>',
'<g text-anchor="middle">',
'<text x="60" y="340">0</text><text x="215" y="340">0.5</text><text x="370" y="340">1</text>',
'<text x="215" y="360">confidence, probability</text>',
'</g>',

'<text x="424" y="34" font-size="17" font-weight="bold">What need not be checked?</text>',
'<text x="424" y="56">Fields accepted, if 99 % of them are to be right,</text>',
'<text x="424" y="74">with thresholds found the week before</text>',
(SELECT string_agg(format('<text x="440" y="%s"><tspan font-weight="bold">by %s</tspan>: %s %% accepted, %s %% wrong</text>', y + 12, name, percent, wrong), E'\n' ORDER BY n)
 FROM accepted),
(SELECT string_agg(format('<rect x="440" y="%s" width="310" height="26" fill="#f0f2f4"/><rect x="440" y="%s" width="%s" '
                          'height="26" fill="%s"/>', y + 20, y + 20, width, colour), E'\n' ORDER BY n)
 FROM accepted),
'<path d="M440 98V320" stroke="#57606a"/>',
'<g text-anchor="middle">',
'<text x="440" y="340">0</text><text x="595" y="340">50 %</text><text x="750" y="340">100 %</text>',
'<text x="595" y="360">of all fields</text>',
'</g>',
(SELECT format('<text x="24" y="386" font-size="12" fill="#57606a">%s fields on %s forms, none of which the model has '
               'seen. All numbers from make demo.</text>', n, forms) FROM fields),
'</svg>');
