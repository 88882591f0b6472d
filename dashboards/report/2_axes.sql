-- The axes that several figures share: SVG to put into a plot.

-- :x_axis: some of the periods; the labels of class w are for wide pages only
SELECT string_agg(format('<text class="x%s" x="%s%%" y="218">%s</text>', CASE WHEN i % (3 * every) > 0 THEN ' w' END,
                         round(100.0 * (i + 0.5) / n, 3), to_char(period, :'tick')), '' ORDER BY i) AS x_axis
FROM (SELECT *, ceil(n / 10.0)::int AS every FROM :periods AS p) AS p WHERE i % every = 0 \gset

-- :top, the greatest value of the axis of documents, a round number, and :count_axis
SELECT ceil(greatest(most, 1) / step) * step AS top, step AS count_step
FROM (SELECT coalesce(max(n), 0) AS most FROM (SELECT sum(documents) AS n FROM :rows AS r GROUP BY period) AS s) AS m,
     LATERAL (SELECT min(s * 10 ^ e) AS step FROM generate_series(0, 18) AS e, unnest('{1,2,5}'::numeric[]) AS s
              WHERE 4 * s * 10 ^ e >= most) AS t \gset
SELECT string_agg(format('<line class="grid" x2="100%%" y1="%1$s" y2="%1$s"/><text class="y" x="-6" y="%2$s">%3$s</text>', y, y + 4,
                         CASE WHEN v >= 1000000 THEN trim_scale(v / 1000000) || 'M' WHEN v >= 10000 THEN trim_scale(v / 1000) || 'k'
                              ELSE to_char(v, :'n') END), '' ORDER BY v) AS count_axis
FROM (SELECT v, round(200 - 200 * v / :top, 2) AS y FROM generate_series(0, :top::numeric, :count_step::numeric) AS v) AS t \gset

-- :percent_axis and :unit_axis, up; :score_axis, from 0 to 1 along the foot
SELECT string_agg(format('<line class="grid" x2="100%%" y1="%1$s" y2="%1$s"/><text class="y" x="-6" y="%2$s">%3$s %%</text>',
                         y, y + 4, 100 - y / 2), '' ORDER BY y) AS percent_axis
FROM generate_series(0, 200, 50) AS y \gset
SELECT string_agg(format('<line class="grid" x2="100%%" y1="%1$s" y2="%1$s"/><text class="y" x="-6" y="%2$s">%3$s</text>',
                         trim_scale(200 - 200 * v), trim_scale(204 - 200 * v), v), '' ORDER BY v) AS unit_axis
FROM unnest('{0,0.25,0.5,0.75,1}'::numeric[]) AS v \gset
SELECT string_agg(format('<text class="x" x="%s%%" y="218">%s</text>', 20 * t, trim_scale(0.2 * t)), '' ORDER BY t) AS score_axis
FROM generate_series(0, 5) AS t \gset
