#!/usr/bin/env bash
# Every test, in a cluster that tools/cluster.sh made: run by `make test`.
#
#   test/run.sh [PART...]     parts: those of test/parts.sh
#
# Each part prints what it ran; the last line counts the parts.
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
