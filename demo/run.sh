#!/usr/bin/env bash
# The demo: load, plan, report, review, run; then check what was shown.
#
# The statements that matter are shown as they run, each with its result. Needs a
# server that has the extension installed and a background worker to spare, and the
# right to create a database there (PGHOST, PGUSER ... as for psql); `make demo`
# brings such a server. All is done in a database of its own, demo, which must not
# exist yet and is dropped at the end.
#
#   PICTURE=docs/demo.svg demo/run.sh    draws README's picture anew; else it is compared
#   REPORT=demo/report.html demo/run.sh  leaves the page of dashboards/report.sql there
#   demo/run.sh COMMAND [ARG...]         runs a command in that database before it is dropped
set -euo pipefail
cd "$(dirname "$0")/.."

export PGCLIENTENCODING=UTF8
run() { psql -X -q -v ON_ERROR_STOP=1 -d demo "$@"; }

createdb demo
trap 'dropdb --force demo' EXIT    # a worker may still be in it, if something failed

cat <<'E'
williams: 300 scanned forms of a permit office, read by Tesseract, all inside PostgreSQL.
1. Load:   a trigger scores each OCR result as it is inserted, and says what needs review, and why.
2. Plan:   the page images are put into batches that fit 64 MB of memory.
3. Report: how far the engine's confidences can be believed.
4. Review: clerks work through a queue, a model learns from them, and the queue shrinks.
5. Run:    a task is killed, goes on, finds the page that fails, and reads the pages of the next day.

E

for f in demo/[0-9]_*.sql; do
    run -e -P pager=off -P footer=off -P null='(null)' -f "$f" 2>&1 | sed "s|^psql:$f:[0-9]*: ||"
done

checks=$(run -At -F ' | ' -f demo/check.sql)
total=$(grep -c . <<<"$checks" || true)
failed=$(grep -vc '^ok ' <<<"$checks" || true)
echo
if [ "$failed" != 0 ]; then
    grep -v '^ok ' <<<"$checks" >&2
    echo "demo: $failed of $total checks failed" >&2
    exit 1
fi
if [ -n "${PICTURE:-}" ]; then
    run -f demo/picture.sql >"$PICTURE"
elif ! run -f demo/picture.sql | cmp -s - docs/demo.svg; then
    echo "demo: docs/demo.svg is not what demo/picture.sql draws" >&2
    exit 1
fi
page=$(psql -XAtq -d demo -v dashboard=ocr_daily -f dashboards/report.sql)
echo "demo: $total checks of these results passed"
if [ -n "${REPORT:-}" ]; then
    echo "$page" >"$REPORT"
    echo "demo: to see the dashboard, open ${REPORT#"${PWD%/}/"} in a browser"
fi
if [ $# -gt 0 ]; then PGDATABASE=demo "$@"; fi
