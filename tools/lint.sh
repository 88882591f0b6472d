#!/usr/bin/env bash
# Check what readers should not have to: formatting, the order of includes, the
# layers of the sources, tests missing from the schedule, inconsistent versions.
set -euo pipefail
cd "$(dirname "$0")/.."
rc=0
fail() { echo "lint: $*"; rc=1; }

tools/indent.sh --check || rc=1

# each block of includes is sorted; postgres.h and our own headers are blocks of their own
for f in $(git ls-files "src/*.[ch]"); do
    awk '/^#include/ { if (prev != "" && $2 < prev) { print FILENAME ": " $2 " after " prev; bad = 1 } prev = $2; next } { prev = "" } END { exit bad }' "$f" ||
        fail "includes are not sorted"
done

# A room includes only the rooms that rooms.txt lists for it, src/math no header of
# PostgreSQL, and no file includes itself through others (a file and its header count
# as one). Our includes begin with the room.
includes=$(git grep -E '^#include "' -- 'src/*.[ch]' | sed -E 's/^src\/([^:]+):#include "([^"]+)".*/\1 \2/')
arrows=$(while read -r file header; do
    [ ! -e "src/$header" ] || echo "$file $header"
done <<<"$includes")
while read -r room may; do
    while read -r file header; do
        [[ " $room $may " == *" ${header%%/*} "* ]] || fail "src/$file includes $header: rooms.txt has no arrow from $room to ${header%%/*}"
    done < <(grep "^$room/" <<<"$arrows")
done < <(grep -v '^#' tools/rooms.txt)
! grep '^math/' <<<"$includes" | grep -vE ' math/' || fail "src/math includes a header from elsewhere"
for room in src/*/; do
    grep -q "^$(basename "$room")\b" tools/rooms.txt || fail "rooms.txt does not list $room"
done
circle=$(sed -E 's/\.[ch]( |$)/\1/g' <<<"$arrows" | awk '$1 != $2' | tsort 2>&1 >/dev/null) || fail "circular includes: $circle"

# a file does one thing, in fewer than 600 lines
while read -r lines file; do
    [ "$lines" -lt 600 ] || fail "$file has $lines lines"
done < <(git ls-files src lib sql test tools demo dashboards/report.sql dashboards/report | grep -vE '/(expected|data|answers)/' | xargs wc -l | grep -v ' total$')

# every WARNING has a SQLSTATE
git ls-files 'src/*.c' | xargs awk '/ereport\(WARNING,/ { getline; if (!/errcode/) { print FILENAME ": " $0; bad = 1 } } END { exit bad }' ||
    fail "a WARNING has no errcode"

# only compat.h uses PG_VERSION_NUM
! git grep -l PG_VERSION_NUM src | grep -v '^src/base/compat.h$' || fail "PG_VERSION_NUM outside compat.h"

# every test is listed, and every listed test has expected output
for kind in REGRESS:test/sql:.sql:test/expected ISOLATION:test/isolation/specs:.spec:test/isolation/expected; do
    IFS=: read -r var dir ext expected <<<"$kind"
    listed=$(sed -n "s/^$var = //p" Makefile | tr ' ' '\n' | sort)
    there=$(ls "$dir" | sed -n "s/\\$ext\$//p" | sort)
    [ "$listed" = "$there" ] || fail "$var and $dir differ:" $(diff <(echo "$listed") <(echo "$there") | grep '^[<>]')
    for t in $listed; do
        [ -e "$expected/$t.out" ] || fail "$expected/$t.out is missing"
    done
done

# the context of an error may depend on timing
! grep -n '^CONTEXT:' test/expected/*.out test/isolation/expected/*.out || fail "an expected file contains CONTEXT: use \\set SHOW_CONTEXT never"

# all versions equal that of the control file
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" williams.control)
grep -q "\"version\": \"$version\"" META.json || fail "META.json does not have version $version"
grep -q "^## $version" CHANGELOG.md || fail "CHANGELOG.md has no section for version $version"

# git must not ignore released scripts
! git check-ignore -q "sql/updates/williams--$version.sql" || fail ".gitignore matches released scripts"

bash -n tools/*.sh test/*.sh test/bench/*.sh demo/*.sh .ci/run
exit $rc
