#!/usr/bin/env bash
# The demo: load, plan, report, calibrate, run; then check what was shown.
#
# Each statement is shown as it runs, and its result below it. Needs a server
# that has the extension installed and a background worker to spare, and the
# right to create a database there (PGHOST, PGUSER ... as for psql); `make demo`
# brings such a server. All is done in a database of its own, demo, which must not
# exist yet and is dropped at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

export PGCLIENTENCODING=UTF8
run() { psql -X -q -v ON_ERROR_STOP=1 -d demo "$@"; }

createdb demo
trap 'dropdb --force demo' EXIT    # a worker may still be in it, if something failed

for f in demo/[0-9]_*.sql; do
    run -e -P pager=off -P footer=off -P null='(null)' -f "$f"
done

echo "=== Checks ==================================================================================="
echo
checks=$(run -At -F ' | ' -f demo/check.sql)
echo "$checks"
total=$(grep -c . <<<"$checks" || true)
failed=$(grep -vc '^ok ' <<<"$checks" || true)
if [ "$failed" != 0 ]; then
    echo "demo: $failed of $total checks failed" >&2
    exit 1
fi
echo "demo: $total checks passed"
