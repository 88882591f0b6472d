#!/usr/bin/env bash
# Run the TAP tests, test/t/*.pl, with PostgreSQL's own test modules.
#
#   tools/cluster.sh test/tap.sh [FILE...]
#
# Each test creates its own clusters with the programs in PATH, for which the
# extension must be installed. A server does not run as root; if started by root,
# the tests run as postgres. Data and logs are in a temporary directory, which is
# removed at the end; after a failure, the ends of the logs are shown first.
#
# Environment: PG_CONFIG; PROVE_FLAGS, for example --verbose.
set -euo pipefail
cd "$(dirname "$0")/.."

pgxs=$("${PG_CONFIG:-pg_config}" --pgxs)
tests=${pgxs%/src/makefiles/pgxs.mk}/src/test
if [ ! -f "$tests/perl/PostgreSQL/Test/Cluster.pm" ]; then
    echo "tap: PostgreSQL's test modules are not in $tests/perl" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

user=()
if [ "$(id -u)" = 0 ]; then
    name=postgres
    id "$name" >/dev/null 2>&1 || name=nobody
    chown "$name" "$work"
    user=(runuser -u "$name" --)
fi

[ $# -gt 0 ] || set -- test/t/*.pl
files=()
for f; do files+=("$(realpath "$f")"); done

# PostgreSQL 15 uses TESTDIR, later versions TESTDATADIR and TESTLOGDIR.
export TESTDIR=$work TESTDATADIR=$work/data TESTLOGDIR=$work/log
export TMPDIR=$work HOME=$work PG_REGRESS=$tests/regress/pg_regress
cd "$work"
rc=0
# shellcheck disable=SC2086
"${user[@]}" prove ${PROVE_FLAGS:-} -I "$tests/perl" "${files[@]}" || rc=$?
if [ "$rc" != 0 ]; then
    find "$work" \( -name 'regress_log_*' -o -name '*.log' \) -exec tail -n 20 {} + >&2
fi
exit "$rc"
