-- The sections if there is no document: what is missing, in words.
SELECT format('<h2>What came in</h2><p class="missing">No documents%s%s. %s</p>',
              CASE WHEN :'type' <> '' THEN ' of this type' END,
              CASE WHEN :'from' || :'to' <> '' THEN ' in this time' ELSE ' yet' END,
              CASE WHEN :'type' || :'from' || :'to' = '' THEN 'If some have come in, williams_refresh_dashboard brings the dashboard up to date.' END) AS came_in_html,
       '' AS accepted_html, '' AS review_html, '' AS scores_html, '' AS threshold_html, '' AS model_html, '' AS figures_html, '' AS drift_html \gset
