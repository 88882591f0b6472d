#!/usr/bin/env bash
# Run all tests, or the given parts, in a cluster of tools/cluster.sh; see `make test`.
#
#   test/run.sh [PART...]     the parts are in test/parts.sh
#
# Each part prints its results; the last line counts passed and failed parts.
set -uo pipefail
. test/parts.sh

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=("${all_parts[@]}")

passed=0
failed=0
for part in "${parts[@]}"; do
    echo "--- $part"
    started=$SECONDS
    if $part; then
        passed=$((passed + 1))
        echo "ok $part, $((SECONDS - started)) s"
    else
        failed=$((failed + 1))
        echo "NOT ok $part, $((SECONDS - started)) s"
    fi
done
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
