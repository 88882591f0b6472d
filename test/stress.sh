#!/usr/bin/env bash
# The same tests time and again beside busy loops, in a cluster that tools/cluster.sh
# made: run by `make test-stress`. It ends at the first failure, which is shown.
#
#   TIMES=30 LOADS=4 test/stress.sh [PART...]     parts: those of test/parts.sh
#
# LOADS is how many busy loops there are beside the tests. A part may be a file of
# test/t as well.
set -uo pipefail
. test/parts.sh

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(regress isolation pgtap tap)
times=${TIMES:-30}
loads=${LOADS:-4}

busy=()
for ((i = 0; i < loads; i++)); do
    while :; do :; done &
    busy+=($!)
done
[ "$loads" = 0 ] || trap 'kill "${busy[@]}"' EXIT

for part in "${parts[@]}"; do
    run=("$part")
    [[ $part != test/t/* ]] || run=(test/tap.sh "$part")
    started=$SECONDS
    for ((n = 1; n <= times; n++)); do
        out=$("${run[@]}" 2>&1) || {
            echo "$out"
            echo "NOT ok $part, at the ${n}th of $times times, $loads busy loops, $((SECONDS - started)) s"
            exit 1
        }
    done
    echo "ok $part, $times times, $loads busy loops, $((SECONDS - started)) s"
done
