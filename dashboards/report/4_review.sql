-- What clerks must look at, and why.

SELECT coalesce(string_agg(format('<rect class="review" x="%s%%" width="%s%%" y="%s" height="%s"/>', x, w, 200 - h, h), '' ORDER BY i), '') AS review_bars,
       coalesce((array_agg(to_char(period, :'period') ORDER BY i) FILTER (WHERE for_review > 0))[1], '') AS oldest
FROM (SELECT *, round(100 * (i + 0.5) / n - w / 2, 3) AS x, round(200.0 * for_review / :top, 2) AS h
      FROM (SELECT i, period, n, round(least(80.0 / n, 8), 3) AS w, sum(for_review) AS for_review
            FROM :periods AS p JOIN :rows AS r USING (period) GROUP BY i, period, n) AS s) AS t \gset

-- The reasons that the extension gives, in words. A field can have several.
SELECT coalesce(string_agg(format('<tr><th scope="row"><bdi>%s</bdi>%s</th><td class="bar"><span class="stack"><i class="review" style="width:%s%%"></i></span></td><td>%s</td></tr>',
                                  (SELECT :html FROM (SELECT reason AS raw) AS r), '<small>' || meaning || '</small>',
                                  round(100 * fields / most, 3), to_char(fields, :'n')), E'\n' ORDER BY fields DESC, reason), '') AS reason_rows
FROM (SELECT reason, fields, max(fields) OVER () AS most FROM (
    SELECT key AS reason, sum(value::numeric) AS fields FROM :rows AS r, jsonb_each_text(reasons) GROUP BY key) AS s) AS f
LEFT JOIN (VALUES
    ('missing', 'was not found on the document'), ('low_confidence', 'the engine is not sure of it'),
    ('format', 'does not have its format, such as that of a date'), ('short', 'has fewer than two characters'),
    ('script', 'is in a script that is read less well'), ('model', 'is too likely to be wrong, by what clerks found before'),
    ('audit', 'would be accepted, but this document was drawn by lot to be checked'),
    ('no_profile', 'belongs to a type of document that has no rules'), ('ordered', 'two dates or numbers are not in order'),
    ('length', 'is too short or too long'), ('range', 'is too small or too large'),
    ('pattern', 'does not follow its pattern'), ('mrz', 'its check digits do not fit')) AS m(reason, meaning) USING (reason) \gset

SELECT '<h2>What clerks must look at, and why</h2>' || CASE WHEN :for_review = 0 THEN '<p class="missing">Nothing is for review.</p>' ELSE format(
'<p>%1$s documents %2$s for review, with %3$s fields to check: %4$s a document. The oldest came %5$s%6$s.</p>
<figure><figcaption>Documents for review %7$s they came in</figcaption>
<svg %8$s aria-labelledby="re-t re-d"><title id="re-t">Documents for review, %7$s they came in</title>
<desc id="re-d">A bar chart, on the scale of the chart of all documents. The oldest came %5$s%6$s. The numbers are in the table under What came in.</desc>%9$s%10$s%11$s</svg></figure>
<h3>By document type</h3>
<table><thead><tr><th scope="col">Type</th><th scope="col" class="bar"></th><th scope="col">Docu&shy;ments</th><th scope="col">Fields</th></tr></thead>
<tbody>%12$s</tbody></table>
<h3>Why</h3>%13$s',
    to_char(:for_review, :'n'), CASE WHEN :for_review = 1 THEN 'waits' ELSE 'wait' END, to_char(:fields_for_review, :'n'),
    to_char(1.0 * :fields_for_review / :for_review, 'FM999,990.0'),
    :'at_period', :'oldest',
    :'by_unit', :'plot', :'count_axis', :'review_bars', :'x_axis', :'review_rows',
    CASE WHEN :'reason_rows' = '' THEN '<p class="missing">No reasons are kept: the table has no column for them.</p>'
         ELSE format('<table><thead><tr><th scope="col">The field</th><th scope="col" class="bar"></th><th scope="col">Fields</th></tr></thead>
<tbody>%s</tbody></table><p class="note">A field can have more than one reason.</p>', :'reason_rows') END) END AS review_html \gset
