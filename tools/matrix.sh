#!/usr/bin/env bash
# Build without a warning and run the tests that depend on PostgreSQL, once for each
# PostgreSQL, in a throw-away cluster of its own; print which part passed on which.
#
#   tools/matrix.sh
#
# A part that a PostgreSQL lacks something for, and apt-get has not, is skipped.
# Environment: PG_CONFIGS, the pg_config of each, by default all that Debian's
# packages have, else that of tools/pg_config.sh; PARTS, of test/run.sh.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."

read -ra pg_configs <<<"${PG_CONFIGS:-$(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -V | xargs)}"
[ ${#pg_configs[@]} -gt 0 ] || pg_configs=("$(tools/pg_config.sh)")
read -ra parts <<<"${PARTS:-regress isolation pgtap tap}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
table=$(printf '%-11s ' PostgreSQL build "${parts[@]}")
notes=
rc=0

# what a part needs and is not there, or nothing
lacks() {
    local pgxs
    case $1 in
    pgtap)
        tools/deps.sh pgtap >/dev/null 2>&1 || echo "pgTAP is not installed for it" ;;
    tap)
        pgxs=$("$PG_CONFIG" --pgxs)
        [ -f "${pgxs%/makefiles/pgxs.mk}/test/perl/PostgreSQL/Test/Cluster.pm" ] ||
            echo "it came without its Perl modules" ;;
    esac
}

# ok, FAILED or skipped for each part, by what test/run.sh printed
row() {
    local built=FAILED result
    if grep -qx built "$log"; then built=ok; fi
    printf '\n%-11s %-11s ' "$1" "$built"
    for part in "${parts[@]}"; do
        if [[ " ${run[*]} " != *" $part "* ]]; then
            result=skipped
        elif grep -qx "ok $part, [0-9]* s" "$log"; then
            result=ok
        else
            result=FAILED
        fi
        printf '%-11s ' "$result"
    done
}

for PG_CONFIG in "${pg_configs[@]}"; do
    export PG_CONFIG
    : >"$log"
    run=()
    tools/deps.sh build matrix || true
    version=$("$PG_CONFIG" --version 2>/dev/null | cut -d' ' -f2) || version=$PG_CONFIG
    for part in "${parts[@]}"; do
        why=
        if [ -x "$PG_CONFIG" ]; then why=$(lacks "$part"); fi
        if [ -z "$why" ]; then
            run+=("$part")
        else
            notes+=$'\n'"$part on $version is skipped: $why"
        fi
    done
    echo "=== PostgreSQL $version"
    COPT="-Werror ${COPT:-}" CLUSTER_LOG=1 tools/cluster.sh bash -c \
        'echo built; [ $# = 0 ] || test/run.sh "$@"' _ "${run[@]}" 2>&1 | tee "$log" || rc=1
    table+=$(row "$version")
done
printf '\n%s\n%s' "$table" "${notes:+${notes#$'\n'}$'\n'}"
exit $rc
