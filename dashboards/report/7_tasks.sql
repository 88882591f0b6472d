-- Tasks: how far they are, and what failed. A role sees its own, members of pg_monitor see all.

SELECT count(*) AS tasks, coalesce(sum(failed) FILTER (WHERE failed > 0), 0) AS failed_batches,
       coalesce(string_agg(format('<article class="task %s"><h3><bdi>%s</bdi></h3><p class="state">%s</p>'
           '<span class="stack"><i class="accepted" style="width:%s%%"></i></span><p>%s</p>%s</article>', coalesce(state, 'gone'), name,
           CASE state WHEN 'done' THEN 'Done' WHEN 'failed' THEN 'Failed' WHEN 'running' THEN 'Runs' WHEN 'stopped' THEN 'Stopped' WHEN 'pending' THEN 'Waits'
                      ELSE 'Dropped' END,
           round(percent, 3),
           concat_ws(' ', format('%s of %s batches are done, %s rows.', to_char(done, :'n'), to_char(batches, :'n'), to_char(rows, :'n')),
                     to_char(rows_per_s, :'n') || ' rows a second.', 'Done about ' || to_char(eta, 'FMDD Mon HH24:MI TZ') || '.',
                     'Owner: <bdi>' || owner || '</bdi>.'),
           CASE WHEN failed > 0 THEN format('<p class="failure"><strong>%s failed%s.</strong>%s</p>',
                     CASE failed WHEN 1 THEN 'One batch' ELSE to_char(failed, :'n') || ' batches' END,
                     ', the last at ' || to_char(failed_at, 'FMDD Mon YYYY HH24:MI TZ'),
                     coalesce(' SQLSTATE ' || sqlstate || ': <q><bdi>' || message || '</bdi></q>', ' Only the owner sees the message.')) END), E'\n' ORDER BY failed > 0 DESC, no)
           FILTER (WHERE no <= 50), '') AS task_list
FROM (SELECT row_number() OVER (ORDER BY coalesce(p.updated_at, s.last_run_at) DESC NULLS LAST, task, owner) AS no, state,
             coalesce(batches, s.done + s.failed) AS batches, s.done, s.failed, s.rows, coalesce(percent, 100)::numeric AS percent, rows_per_s, eta, sqlstate, failed_at,
             (SELECT :html FROM (SELECT task AS raw) AS r) AS name, (SELECT :html FROM (SELECT owner::text AS raw) AS r) AS owner,
             (SELECT :html FROM (SELECT message AS raw) AS r) AS message
      FROM williams_stat_task AS s LEFT JOIN williams_progress AS p USING (owner, task)) AS t \gset

SELECT '<h2>Tasks</h2>' || CASE WHEN :tasks = 0 THEN '<p class="missing">There are no tasks, or none that this role may see.</p>'
       ELSE format('<p>%s. %s</p>%s%s', CASE :tasks WHEN 1 THEN 'There is one task' ELSE format('There are %s tasks', :tasks) END,
                   CASE :failed_batches WHEN 0 THEN 'No batch has failed.' WHEN 1 THEN 'One batch has failed.' ELSE to_char(:failed_batches, :'n') || ' batches have failed.' END,
                   :'task_list', CASE WHEN :tasks > 50 THEN format('<p>And %s more that ran before these.</p>', :tasks - 50) END) END AS tasks_html \gset
