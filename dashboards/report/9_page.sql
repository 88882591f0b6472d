-- The page, from its parts. They are printed as they are: \qecho does not look into a variable.
SELECT format(
'<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; base-uri ''none''; form-action ''none''">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%7$s</title><style>%2$s</style></head><body>
<header><h1><bdi>%1$s</bdi></h1><p class="period">%3$s%4$s. As of %5$s.%6$s</p></header><main>',
           :'name', :'css', to_char(:'first_day'::date, :'d'), CASE WHEN :'first_day' <> :'last_day' THEN ' to ' || to_char(:'last_day'::date, :'d') END, :'refreshed',
           CASE WHEN :'type' <> '' THEN (SELECT ' Only documents of the type <bdi>' || :html || '</bdi>.' FROM (SELECT :'type' AS raw) AS r) END,
           replace(:'name', '<wbr>', '')) AS head_html,
       CASE WHEN :'has_documents'::boolean THEN format(
'<dl class="tiles"><div><dt>Came in</dt><dd>%s<small>documents</small></dd></div>
<div><dt>Accepted without a look</dt><dd>%s<small>%s documents</small></dd></div>
<div><dt>For review</dt><dd>%s<small>documents, %s</small></dd></div>
<div><dt>Read right</dt><dd>%s<small>of %s checked values</small></dd></div></dl>',
           to_char(:documents, :'n'), to_char(100.0 * :accepted / nullif(:documents, 0), :'p'), to_char(:accepted, :'n'), to_char(:for_review, :'n'),
           to_char(100.0 * :for_review / nullif(:documents, 0), :'p'),
           coalesce((SELECT to_char(100 * williams_accuracy(:'calibration')::numeric, :'p')), '&ndash;'), to_char(:fields_checked, :'n')) ELSE '' END AS tiles_html \gset
COMMIT;
\qecho :head_html
\qecho :tiles_html
\qecho :came_in_html
\qecho :accepted_html
\qecho :review_html
\qecho :scores_html
\qecho :threshold_html
\qecho :model_html
\qecho :figures_html
\qecho :drift_html
\qecho :tasks_html
\qecho '</main><footer>Made by dashboards/report.sql of williams. The words are explained in docs/report.md.</footer></body></html>'
