#!/usr/bin/env bash
# Repeat tests on a busy machine, in a cluster of tools/cluster.sh; see `make
# test-stress`. Stops at the first failure and shows it.
#
#   TIMES=30 LOADS=4 test/stress.sh [PART...]     the parts are in test/parts.sh
#
# Each part runs TIMES times while LOADS busy loops run. A part can also be a file
# in test/t.
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
            echo "NOT ok $part, run $n of $times, $loads busy loops, $((SECONDS - started)) s"
            exit 1
        }
    done
    echo "ok $part, $times runs, $loads busy loops, $((SECONDS - started)) s"
done
