#!/usr/bin/env bash
# Run the tests of dashboards/ in the database of the demo (PGDATABASE), which demo/run.sh
# has filled. Each test is a program that prints its failures and exits with 1 if there are any.
set -uo pipefail
cd "$(dirname "$0")"

echo '--- dashboards'
rc=0
for t in ./*_test.*; do
    [ -x "$t" ] || continue
    "$t" || { echo "failed: test/dashboards/${t#./}"; rc=1; }
done
exit $rc
