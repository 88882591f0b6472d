-- What came in, and what was accepted: figures over time, and tables by document type.

SELECT string_agg(format('<rect class="all" x="%s%%" width="%s%%" y="%s" height="%s"/>', x, w, 200 - h, h), '' ORDER BY i) AS came_in_bars,
       coalesce(string_agg(format('<rect class="accepted" x="%1$s%%" width="%2$s%%" y="%3$s" height="%4$s"/>'
                         '<rect class="checked" x="%1$s%%" width="%2$s%%" y="%5$s" height="%6$s"/>'
                         '<rect fill="url(#hatch)" x="%1$s%%" width="%2$s%%" y="0" height="%5$s"/>',
                         x, w, 200 - a, a, 200 - a - c, c), '' ORDER BY i) FILTER (WHERE documents > 0), '') AS outcome_bars,
       string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>',
                         to_char(period, :'period'), to_char(documents, :'n'), to_char(accepted, :'n'),
                         to_char(checked, :'n'), to_char(for_review, :'n')), E'\n' ORDER BY i) AS period_rows,
       to_char(max(documents), :'n') AS most,
       (array_agg(to_char(period, :'period') ORDER BY documents DESC, i))[1] AS most_when,
       count(*) AS period_count, count(*) FILTER (WHERE documents = 0) AS empty_periods
FROM (SELECT *, round(100 * (i + 0.5) / n - w / 2, 3) AS x, round(200.0 * documents / :top, 2) AS h,
             round(200.0 * accepted / nullif(documents, 0), 2) AS a, round(200.0 * checked / nullif(documents, 0), 2) AS c
      FROM (SELECT i, period, n, round(least(80.0 / n, 8), 3) AS w, coalesce(sum(documents), 0) AS documents,
                   sum(accepted) AS accepted, sum(checked) AS checked, sum(for_review) AS for_review
            FROM :periods AS p LEFT JOIN :rows AS r USING (period) GROUP BY i, period, n) AS s) AS t \gset

-- By type: the 20 types with most documents, and the others together
WITH ranked AS (
    SELECT document_type, row_number() OVER (ORDER BY sum(documents) DESC, document_type) AS rank FROM :rows AS r GROUP BY document_type),
cell AS (
    SELECT least(rank, 21) AS rank, period, sum(documents) AS documents, sum(accepted) AS accepted, sum(checked) AS checked,
           sum(for_review) AS for_review, sum(fields_for_review) AS fields_for_review
    FROM :rows AS r JOIN ranked USING (document_type) GROUP BY 1, 2),
type AS (
    SELECT rank, CASE WHEN rank < 21 THEN (SELECT :html FROM (SELECT document_type AS raw FROM ranked AS k WHERE k.rank = cell.rank) AS r)
                      ELSE format('%s other types', :types - 20) END AS name,
           sum(documents) AS documents, sum(accepted) AS accepted, sum(checked) AS checked, sum(for_review) AS for_review,
           sum(fields_for_review) AS fields_for_review, max(documents) AS most
    FROM cell GROUP BY rank),
spark AS (
    SELECT rank, string_agg(format('<rect class="all" x="%s%%" width="%s%%" y="%s" height="%s"/>', round(100 * (i + 0.5) / n - w / 2, 3), w,
                                   26 - h, h), '' ORDER BY i) AS bars
    FROM (SELECT rank, i, n, round(least(80.0 / n, 8), 3) AS w, round(26.0 * cell.documents / most, 2) AS h
          FROM cell JOIN type USING (rank) JOIN :periods AS p USING (period)) AS b GROUP BY rank)
SELECT string_agg(format('<tr><th scope="row"><bdi>%s</bdi></th><td class="spark"><svg role="img" width="100%%" height="27">'
                         '<title>Documents of type %s in the table, %s: at most %s</title>%s<line class="foot" x2="100%%" y1="26.5" y2="26.5"/></svg></td>'
                         '<td>%s</td><td>%s</td></tr>', name, rank, :'by_unit', to_char(most, :'n'), bars,
                         to_char(documents, :'n'), to_char(100.0 * documents / :documents, :'p')), E'\n' ORDER BY rank) AS type_rows,
       string_agg(format('<tr><th scope="row"><bdi>%s</bdi></th><td class="bar"><span class="stack">'
                         '<i class="accepted" style="width:%s%%"></i><i class="checked" style="width:%s%%"></i><i class="review" style="width:%s%%"></i></span></td>'
                         '<td>%s</td><td>%s</td><td>%s</td></tr>', name, round(100 * accepted / documents, 3), round(100 * checked / documents, 3),
                         round(100 * for_review / documents, 3), to_char(100.0 * accepted / documents, :'p'),
                         to_char(100.0 * checked / documents, :'p'), to_char(100.0 * for_review / documents, :'p')), E'\n' ORDER BY rank) AS outcome_rows,
       coalesce(string_agg(format('<tr><th scope="row"><bdi>%s</bdi></th><td class="bar"><span class="stack"><i class="review" style="width:%s%%"></i></span></td>'
                         '<td>%s</td><td>%s</td></tr>', name, round(100 * for_review / nullif(most_for_review, 0), 3), to_char(for_review, :'n'),
                         to_char(fields_for_review, :'n')), E'\n' ORDER BY for_review DESC, rank) FILTER (WHERE for_review > 0), '') AS review_rows,
       (SELECT string_agg(format('<tr><th scope="row">%s</th><td class="name"><bdi>%s</bdi></td><td>%s</td></tr>',
                                 to_char(period, :'period'), name, to_char(cell.documents, :'n')), E'\n' ORDER BY period, rank)
        FROM cell JOIN type USING (rank)) AS cell_rows
FROM (SELECT *, max(for_review) OVER () AS most_for_review FROM type) AS type LEFT JOIN spark USING (rank) \gset

SELECT format(
'<h2>What came in</h2>
<p>%1$s documents of %2$s came in%3$s.%17$s%6$s%7$s</p>
<figure><figcaption>Documents %8$s</figcaption>
<svg %9$s aria-labelledby="in-t in-d"><title id="in-t">Documents that came in, %8$s</title>
<desc id="in-d">A bar chart. The highest bar is %5$s, %4$s. The numbers are in the table below.</desc>%10$s%11$s%12$s</svg>
<details><summary>Numbers %8$s</summary>
<table><thead><tr><th scope="col">Period</th><th scope="col">Docu&shy;ments</th><th scope="col">Accept&shy;ed</th><th scope="col">Check&shy;ed</th><th scope="col">For review</th></tr></thead>
<tbody>%13$s</tbody></table></details></figure>
<h3>By document type</h3>
<figure><table><thead><tr><th scope="col">Type</th><th scope="col" class="spark">%14$s, each on its own scale</th><th scope="col">Docu&shy;ments</th><th scope="col">Share</th></tr></thead>
<tbody>%15$s</tbody></table>
<details><summary>Numbers %8$s and type</summary>
<table><thead><tr><th scope="col">Period</th><th scope="col" class="name">Type</th><th scope="col">Docu&shy;ments</th></tr></thead>
<tbody>%16$s</tbody></table></details></figure>',
    to_char(:documents, :'n'), CASE :types WHEN 1 THEN 'one type' ELSE :types || ' types' END,
    CASE WHEN :'first_day' = :'last_day' THEN ' on ' || to_char(:'first_day'::date, :'d')
         ELSE format(' from %s to %s: %s a day', to_char(:'first_day'::date, :'d'), to_char(:'last_day'::date, :'d'),
                     (SELECT to_char(n, CASE WHEN n < 100 THEN 'FM990.0' ELSE :'n' END) FROM (SELECT 1.0 * (:documents - :without_day) / (:'last_day'::date - :'first_day'::date + 1) AS n) AS a)) END,
    :'at_period' || :'most_when', :'most',
    CASE WHEN :empty_periods > 0 THEN format(' Nothing came %s %s of the %ss.', CASE :'unit' WHEN 'day' THEN 'on' ELSE 'in' END, :empty_periods, :'unit') END,
    CASE WHEN :without_day > 0 THEN format(' %s documents have no date: they are in the totals, but not in the charts.', to_char(:without_day, :'n')) END,
    :'by_unit', :'plot', :'count_axis', :'came_in_bars', :'x_axis', :'period_rows', overlay(:'by_unit' placing 'B' from 1 for 1), :'type_rows', :'cell_rows',
    CASE WHEN :period_count > 1 THEN format(' Most came %s%s: %s.', :'at_period', :'most_when', :'most') END) AS came_in_html \gset

SELECT format(
'<h2>What was accepted</h2>
<p>Of the %1$s documents, nobody needed to look at %2$s (%3$s). Clerks have checked %4$s (%5$s). %6$s (%7$s) still %8$s for review.</p>
<figure><figcaption>Share of the documents %9$s</figcaption>
<ul class="legend"><li><i class="accepted"></i>accepted without a look</li><li><i class="checked"></i>checked by clerks</li><li><i class="review"></i>for review</li></ul>
<svg %10$s aria-labelledby="ac-t ac-d"><title id="ac-t">Documents accepted, checked and for review, %9$s</title>
<desc id="ac-d">A stacked bar chart of shares. In all, %3$s were accepted, %5$s checked, and %7$s are for review. The numbers are in the table above, under What came in.</desc>
<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="review" width="5" height="5"/><rect class="stripe" width="1.5" height="5"/></pattern></defs>
%11$s%12$s%13$s</svg></figure>
<h3>By document type</h3>
<table><thead><tr><th scope="col">Type</th><th scope="col" class="bar"></th><th scope="col">Accept&shy;ed</th><th scope="col">Check&shy;ed</th><th scope="col">For review</th></tr></thead>
<tbody>%14$s</tbody></table>',
    to_char(:documents, :'n'), to_char(:accepted, :'n'), to_char(100.0 * :accepted / :documents, :'p'),
    to_char(:checked, :'n'), to_char(100.0 * :checked / :documents, :'p'),
    to_char(:for_review, :'n'), to_char(100.0 * :for_review / :documents, :'p'), CASE WHEN :for_review = 1 THEN 'waits' ELSE 'wait' END,
    :'by_unit', :'plot', :'percent_axis', :'outcome_bars', :'x_axis', :'outcome_rows') AS accepted_html \gset
