-- The picture in README.md, docs/demo.svg: what the demo's calibration shows, as two charts.
--
-- It reads the views reading and cut, which 4_calibration.sql makes, and prints the same bytes
-- for the same data: run.sh compares them. Coordinates are pixels; a chart is 310 wide and 230 high. The picture
-- brings its own background, so that it can be read on a light page and on a dark one.
\pset format unaligned
\pset tuples_only on
\pset pager off

WITH found AS (
    SELECT confidence, correct FROM reading WHERE confidence IS NOT NULL),
-- left: the share of values that are right, for each tenth of the confidence
bar AS (
    SELECT r.bin, r.accuracy, 62 + 31 * (r.bin - 1) AS x, round(230 * r.accuracy::numeric, 1) AS height
    FROM (SELECT williams_calibration_agg(confidence, correct) AS c FROM found) AS all_values,
         williams_reliability(c, 10) AS r),
-- right: what is accepted, and what is wrong of that, for each threshold
step AS (
    SELECT t, 460 + round(310 * t, 1) AS x,
           round(320 - 230 * avg((confidence >= t)::int), 1) AS accepted_y,
           round(320 - 230 * avg((NOT correct)::int) FILTER (WHERE confidence >= t), 1) AS wrong_y,
           count(*) FILTER (WHERE confidence >= t) AS accepted
    FROM found, generate_series(0, 0.99, 0.01) AS t GROUP BY t),
line AS (
    SELECT string_agg(x || ',' || accepted_y, ' ' ORDER BY t) AS accepted,
           string_agg(x || ',' || wrong_y, ' ' ORDER BY t) AS wrong
    FROM step WHERE accepted >= 100),
mark AS (
    SELECT row_number() OVER (ORDER BY threshold) AS n, threshold,
           460 + round(310 * threshold::numeric, 1) AS x,
           round(320 - 230 * accepted_share::numeric, 1) AS accepted_y,
           round(320 - 230 * (1 - "precision")::numeric, 1) AS wrong_y,
           round(100 * accepted_share::numeric) AS accepted_percent,
           round(100 * (1 - "precision")::numeric, 1) AS wrong_percent
    FROM cut)
SELECT concat_ws(E'\n',
'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" width="800" height="400" role="img"'
    ' aria-labelledby="title desc" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#24292f">',
'<title id="title">How far an OCR engine can be trusted, from 300 forms</title>',
(SELECT format('<desc id="desc">Two charts. Left: of the values that Tesseract gave a confidence from 0.7 to 0.8, '
               '%s %% are right, of those from 0.9 to 1.0, %s %%. Right: ',
               max(round(100 * accuracy::numeric)) FILTER (WHERE bin = 8),
               max(round(100 * accuracy::numeric)) FILTER (WHERE bin = 10)) FROM bar) ||
(SELECT string_agg(format('with a threshold of %s, %s %% of the values are accepted without a look, and %s %% of '
                          'these are wrong', threshold, accepted_percent, wrong_percent), '; ' ORDER BY n)
 FROM mark) || '.</desc>',
'<rect x="0.5" y="0.5" width="799" height="399" rx="8" fill="#ffffff" stroke="#d0d7de"/>',

'<g text-anchor="start">',
'<text x="24" y="34" font-size="17" font-weight="bold">Is the engine as sure as it is right?</text>',
'<text x="24" y="56">Share of right values, by the engine''s confidence</text>',
'</g>',
'<g stroke="#d8dee4">',
'<path d="M60 90H370M60 205H370"/><path d="M60 320H370" stroke="#57606a"/>',
'</g>',
'<g text-anchor="end">',
'<text x="54" y="95">100 %</text><text x="54" y="210">50 %</text><text x="54" y="325">0 %</text>',
'</g>',
'<g fill="#54aeff">',
(SELECT string_agg(format('<rect x="%s" y="%s" width="27" height="%s"/>', x, 320 - height, height), E'\n' ORDER BY bin)
 FROM bar),
'</g>',
'<path d="M60 320L370 90" stroke="#57606a" stroke-width="2" stroke-dasharray="6 5"/>',
'<text x="84" y="140" fill="#57606a">dashed: as right as it is sure</text>',
'<g text-anchor="middle">',
(SELECT string_agg(format('<text x="%s" y="%s" font-size="12">%s</text>',
                          x + 13.5, 315 - height + CASE WHEN accuracy > 0.9 THEN 34 ELSE 0 END,
                          round(100 * accuracy::numeric)), E'\n' ORDER BY bin)
 FROM bar),
'<text x="60" y="340">0</text><text x="215" y="340">0.5</text><text x="370" y="340">1</text>',
'<text x="215" y="360">confidence</text>',
'</g>',

'<text x="424" y="34" font-size="17" font-weight="bold">What does a threshold buy?</text>',
'<text x="424" y="56">With this confidence or more, nobody looks</text>',
'<g stroke="#d8dee4">',
'<path d="M460 90H770M460 205H770"/><path d="M460 320H770" stroke="#57606a"/>',
'</g>',
'<g text-anchor="end">',
'<text x="454" y="95">100 %</text><text x="454" y="210">50 %</text><text x="454" y="325">0 %</text>',
'</g>',
'<g stroke="#8c959f" stroke-dasharray="3 3">',
(SELECT string_agg(format('<path d="M%s 90V320"/>', x), E'\n' ORDER BY n) FROM mark),
'</g>',
(SELECT format('<polyline fill="none" stroke="#0969da" stroke-width="3" points="%s"/>', accepted) FROM line),
(SELECT format('<polyline fill="none" stroke="#cf222e" stroke-width="3" points="%s"/>', wrong) FROM line),
(SELECT string_agg(format('<circle cx="%s" cy="%s" r="5" fill="%s"/>', x, y, colour), E'\n' ORDER BY n, colour)
 FROM mark, LATERAL (VALUES (accepted_y, '#0969da'), (wrong_y, '#cf222e')) AS dot (y, colour)),
'<text x="470" y="146" fill="#0969da" font-weight="bold">accepted, of all values</text>',
'<text x="470" y="256" fill="#cf222e" font-weight="bold">wrong, of those accepted</text>',
(SELECT string_agg(format('<text x="470" y="%s">%s: %s %% accepted,</text>'
                          '<text x="470" y="%s">%s %% of these wrong</text>',
                          122 + 48 * n, threshold, accepted_percent, 138 + 48 * n, wrong_percent), E'\n' ORDER BY n)
 FROM mark),
'<g text-anchor="middle">',
'<text x="460" y="340">0</text><text x="615" y="340">0.5</text>',
(SELECT string_agg(format('<text x="%s" y="340" font-weight="bold">%s</text>', x, threshold), E'\n' ORDER BY n)
 FROM mark),
'<text x="615" y="360">threshold</text>',
'</g>',
(SELECT format('<text x="24" y="386" font-size="12" fill="#57606a">%s values on 300 forms, read by Tesseract and '
               'compared with what is printed. All numbers from make demo.</text>', count(*)) FROM found),
'</svg>');
