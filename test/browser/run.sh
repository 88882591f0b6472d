#!/usr/bin/env bash
# Test the page of dashboards/report.sql in Debian's chromium, headless, through playwright-core.
#
# Runs in the database of the demo (PGDATABASE), as COMMAND of demo/run.sh, and makes a database of its
# own, browser, with fixtures.sql. Makes a page of each dashboard and what it must show, then looks at
# all of them with report_test.mjs. Writes node_modules beside itself: run it in a copy of the tree, as
# tools/cluster.sh makes. SCREENSHOTS=DIR leaves screenshots there.
set -uo pipefail
cd "$(dirname "$0")"

echo '--- browser'
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
report() { psql -XAtq -v dashboard="$1" "${@:2}" -f ../../dashboards/report.sql; }
die() { echo "browser: $*" >&2; exit 1; }

npm ci --silent --no-audit --no-fund --ignore-scripts || die "npm could not install what package-lock.json lists"
report ocr_daily >"$pages/demo.html" || die "no page of the demo"
expect() { psql -XAtq -v ON_ERROR_STOP=1 -v source="$2" -v at="$3" -v unit="$4" -f expected.sql >"$pages/$1.json" || die "no numbers of $1"; }
expect demo ocr_result received_at day

dropdb --if-exists --force browser 2>/dev/null
psql -Xq -c 'DROP ROLE IF EXISTS browser_reader' 2>/dev/null
createdb browser
export PGDATABASE=browser
psql -Xq -v ON_ERROR_STOP=1 -f fixtures.sql >/dev/null 2>"$pages/log" || { cat "$pages/log"; exit 1; }

page() { report "${@:2}" >"$pages/$1.html" || die "no page $1"; }
for name in usual nothing one_day unchecked thousand many more gaps stray millions bare; do page $name ${name}_daily; done
page quoted '"Town ""hall"" & <b>"."<i>It'\''s</i> ""5"" % :rows"'
page filtered usual_daily -v from=2026-10-02 -v to=2026-10-04 -v type=letter
page nobody usual_daily -v to=2026-10-04 -v type="it's nothing"
expect usual usual created_at day
expect one_day one_day created_at day
expect unchecked unchecked created_at week
expect thousand thousand created_at month
expect many many created_at day
expect gaps gaps created_at day
# a role that may select from the view and no more, in a transaction that may not write
PGUSER=browser_reader PGOPTIONS='-c default_transaction_read_only=on' page reader usual_daily

# An error is an error, and leaves no half page.
refused() {
    local out rc=0
    out=$(psql -XAtq "${@:2}" -f ../../dashboards/report.sql 2>"$pages/log") || rc=$?
    [ "$rc" = 3 ] && [ -z "$out" ] && grep -q "$1" "$pages/log" || die "no refusal with \"$1\": $rc, $(head -c 300 "$pages/log")"
}
refused 'needs the name of a dashboard'
refused 'relation "unknown_daily" does not exist' -v dashboard=unknown_daily
refused 'relation "public.usual_dashboard" does not exist' -v dashboard=usual
refused 'invalid input syntax for type date' -v dashboard=usual_daily -v from=yesterdays
PGUSER=browser_reader refused 'permission denied' -v dashboard=unreadable_daily

node report_test.mjs "$pages"
