-- A page about the documents of a dashboard: one HTML file that needs nothing else, for people who
-- have no Grafana. It reads only, so it runs on a replica as well, and needs no more than SELECT on
-- the dashboard's view.
--
--   psql -XAtq -v dashboard=NAME -f dashboards/report.sql >report.html
--
-- NAME is the dashboard's table as williams_create_dashboard made it, such as ocr_daily or
-- "My office".ocr_daily. More variables, each optional:
--
--   -v from=2026-10-01 -v to=2026-10-31    only these days, both included
--   -v type=building_permit                only this document type
--
-- How it works: each part in report/ puts HTML into psql variables (\gset), and the last part prints
-- the page. So after an error there is no half page. Values that come from documents or users go
-- through :html, and into the text of HTML only: never into an attribute or an SVG.
\set ON_ERROR_STOP on
\set QUIET on
\set ECHO none
\encoding UTF8
\if :{?dashboard}
\else
\warn 'report.sql needs the name of a dashboard: -v dashboard=NAME'
\set dashboard ''
\endif
\if :{?from}
\else
\set from ''
\endif
\if :{?to}
\else
\set to ''
\endif
\if :{?type}
\else
\set type ''
\endif

-- The column "raw" as HTML; long texts are cut, and may be broken after an underscore.
\set html 'replace(replace(replace(replace(replace(CASE WHEN btrim(raw) = '''' THEN ''(blank)'' WHEN length(raw) > 200 THEN left(raw, 200) || '' ...'' ELSE raw END, ''&'', ''&amp;''), ''<'', ''&lt;''), ''>'', ''&gt;''), ''"'', ''&quot;''), ''_'', ''_<wbr>'')'
-- Formats for to_char: a whole number, a percentage, a number from 0 to 1, a day.
\set n 'FM999,999,999,999,999,990'
\set p 'FM990.0"&nbsp;%"'
\set s 'FM0.000'
\set d 'FMDD FMMonth YYYY'
-- A plot is 200 pixels high and as wide as the page: widths are in percent. The axes are in its padding.
-- Lines are drawn in a box of 1,000 by 200, which is stretched.
\set plot 'class="plot" role="img"'
\set lines '<svg class="lines" width="100%" height="200" viewBox="0 0 1000 200" preserveAspectRatio="none">'

-- One snapshot for all parts
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL jit = off;
\ir report/1_facts.sql
\ir report/2_axes.sql
\if :has_documents
\ir report/3_documents.sql
\ir report/4_review.sql
\ir report/5_scores.sql
\ir report/6_changes.sql
\else
\ir report/3_nothing.sql
\endif
\ir report/7_tasks.sql
\ir report/8_style.sql
\ir report/9_page.sql
