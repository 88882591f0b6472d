#!/usr/bin/env bash
# For each PostgreSQL version: build without warnings and run the tests that depend on
# PostgreSQL, in a temporary cluster. Then print a table of the results.
#
#   tools/matrix.sh
#
# A part is skipped if it needs something that is not installed and that apt-get does
# not have. Environment: PG_CONFIGS, the pg_config of each version, by default those of
# all Debian packages or else the one of tools/pg_config.sh; PARTS, see test/run.sh.
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

# print what a part lacks; nothing if it can run
lacks() {
    local pgxs
    case $1 in
    pgtap)
        tools/deps.sh pgtap >/dev/null 2>&1 || echo "pgTAP is not installed" ;;
    tap)
        pgxs=$("$PG_CONFIG" --pgxs)
        [ -f "${pgxs%/makefiles/pgxs.mk}/test/perl/PostgreSQL/Test/Cluster.pm" ] ||
            echo "PostgreSQL's Perl test modules are not installed" ;;
    esac
}

# print ok, FAILED or skipped for each part, from the output of test/run.sh
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
            notes+=$'\n'"$part skipped on $version: $why"
        fi
    done
    echo "=== PostgreSQL $version"
    COPT="-Werror ${COPT:-}" CLUSTER_LOG=1 tools/cluster.sh bash -c \
        'echo built; [ $# = 0 ] || test/run.sh "$@"' _ "${run[@]}" 2>&1 | tee "$log" || rc=1
    table+=$(row "$version")
done
printf '\n%s\n%s' "$table" "${notes:+${notes#$'\n'}$'\n'}"
exit $rc
