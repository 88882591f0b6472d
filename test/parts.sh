# shellcheck shell=bash
# The parts of the test suite, one function each, for test/run.sh and test/stress.sh.
# Each can be repeated in the same cluster and prints its failures.

# all parts, in the order of `make test`
# shellcheck disable=SC2034
all_parts=(core ctypes regress isolation pgtap parity real tap docs demo dashboards throwaway build)

# create an empty database of the given name for the following commands
fresh() {
    PGOPTIONS='-c client_min_messages=warning' dropdb --if-exists --force "$1" &&
        createdb "$1" && export PGDATABASE=$1
}

core() {
    make -s test/core/bound_accuracy test/core/binomial_accuracy &&
        test/core/bound_accuracy && test/core/binomial_accuracy
}

ctypes() {
    make -s libwilliams.so && test/core/bound_ctypes.py ./libwilliams.so
}

# make installcheck; prints the differences, because the directory will be removed
schedule() {
    make -s installcheck PG_CONFIG="$PG_CONFIG" TAP_TESTS= "$@" || {
        find . -name regression.diffs -exec cat {} +
        return 1
    }
}
regress() { schedule ISOLATION=; }
isolation() { schedule REGRESS=; }

pgtap() { (fresh pgtap && pg_prove -Q test/pgtap/*.sql); }

parity() { (fresh parity && test/parity.py); }

# tests with real results of OCR engines and the truth about them, if WILLIAMS_DATA has them
real() { (fresh real && test/real/score_engines.py && test/real/report_calibration.py && test/real/score_model.py); }

tap() { test/tap.sh; }

# README.md, CONTRIBUTING.md and docs/
docs() { test/docs.py; }

demo() {
    local out
    out=$(demo/run.sh 2>&1) || {
        echo "$out"
        return 1
    }
    # psql goes on after a mistake in one of its own commands, such as a quote that is not closed
    ! grep -B2 '^error: ' <<<"$out" || return 1
    tail -n 1 <<<"$out"
    # but for lines of progress, of which a slow machine prints more
    [ "$(grep -vc '^NOTICE' <<<"$out")" -le 398 ] || {
        echo "demo: prints $(wc -l <<<"$out") lines, more than 400"
        return 1
    }
}

# what dashboards/ has, against the database of the demo
dashboards() {
    local out
    out=$(demo/run.sh test/dashboards/run.sh 2>&1) || {
        echo "$out"
        return 1
    }
    sed '1,/^--- dashboards$/d' <<<"$out"
}

# the page of dashboards/report.sql in a browser; not one of all_parts, because it needs chromium
browser() {
    local out
    out=$(demo/run.sh test/browser/run.sh 2>&1) || {
        sed -n '/^--- browser$/,$p' <<<"$out" | grep . || echo "$out"
        return 1
    }
    tail -n 1 <<<"$out"
}

throwaway() { test/throwaway.sh; }

build() { test/build.sh; }
