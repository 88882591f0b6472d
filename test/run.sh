#!/usr/bin/env bash
# Every test, in a cluster that tools/cluster.sh made: run by `make test`.
#
#   test/run.sh [PART...]     parts: those listed below
#
# Each part prints what it ran; the last line counts the parts.
set -uo pipefail

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(core ctypes regress isolation pgtap parity real tap readme demo throwaway build)

core() {
    make -s test/core/accuracy && test/core/accuracy
}

ctypes() {
    make -s libwilliams.so && test/core/ctypes_test.py ./libwilliams.so
}

# make installcheck, with what differs shown, for the directory is thrown away
schedule() {
    make -s installcheck PG_CONFIG="$PG_CONFIG" TAP_TESTS= "$@" || {
        find . -name regression.diffs -exec cat {} +
        return 1
    }
}
regress() { schedule ISOLATION=; }
isolation() { schedule REGRESS=; }

pgtap() {
    createdb pgtap && pg_prove -Q -d pgtap test/pgtap/*.sql
}

# over engines' own results and the truth about them, where WILLIAMS_DATA has them
real() {
    createdb real && PGDATABASE=real test/real/engines.py && PGDATABASE=real test/real/calibration.py
}

parity() {
    createdb parity && PGDATABASE=parity test/parity.py
}

tap() { test/tap.sh; }

throwaway() { test/throwaway.sh; }

build() { test/build.sh; }

readme() {
    createdb readme && PGDATABASE=readme test/readme.py README.md
}

demo() {
    local out
    out=$(demo/run.sh 2>&1) || {
        echo "$out"
        return 1
    }
    tail -n 1 <<<"$out"
}

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
