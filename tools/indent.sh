#!/usr/bin/env bash
# Format the C sources as pgindent does; with --check, only list the files that differ.
set -euo pipefail
cd "$(dirname "$0")/.."

# pgindent's options, and its correction of "type *" on a line of its own
formatted() {
    pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 -i4 -l79 \
        -lp -lpl -nip -npro -sac -tpg -ts4 -Utools/typedefs.list <"$1" |
        sed -E 's/^([A-Za-z_][A-Za-z_0-9 ]*[A-Za-z_0-9])\t+ *\*$/\1 */'
}

rc=0
for f in $(git ls-files "src/*.[ch]") lib/*.c test/core/*.c test/bench/*.c; do
    [ -e "$f" ] || continue
    new=$(mktemp)
    formatted "$f" >"$new"
    if ! cmp -s "$f" "$new"; then
        if [ "${1:-}" = --check ]; then
            echo "not formatted: $f"
            diff "$f" "$new" | head -n 10 || true
            rc=1
        else
            cat "$new" >"$f"
        fi
    fi
    rm -f "$new"
done
exit $rc
