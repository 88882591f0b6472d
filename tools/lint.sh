#!/usr/bin/env bash
# What a reader should not have to look for: formatting, the order of includes,
# tests that no schedule lists, versions that differ, warnings.
set -euo pipefail
cd "$(dirname "$0")/.."
rc=0
fail() { echo "lint: $*"; rc=1; }

tools/indent.sh --check || rc=1

# each run of <...> and of "..." includes is sorted; postgres.h and our own stand apart
for f in $(git ls-files "src/*.[ch]"); do
    awk '/^#include/ { if (prev != "" && $2 < prev) { print FILENAME ": " $2 " after " prev; bad = 1 } prev = $2; next } { prev = "" } END { exit bad }' "$f" ||
        fail "includes are not sorted"
done

# A room includes what rooms.txt has for it, the maths no header of PostgreSQL's, and
# no file, with its header, leads back to itself. Our includes begin with the room.
includes=$(git grep -E '^#include "' -- 'src/*.[ch]' | sed -E 's/^src\/([^:]+):#include "([^"]+)".*/\1 \2/')
arrows=$(while read -r file header; do
    [ ! -e "src/$header" ] || echo "$file $header"
done <<<"$includes")
while read -r room may; do
    while read -r file header; do
        [[ " $room $may " == *" ${header%%/*} "* ]] || fail "src/$file includes $header: rooms.txt has no arrow from $room to ${header%%/*}"
    done < <(grep "^$room/" <<<"$arrows")
done < <(grep -v '^#' tools/rooms.txt)
! grep '^math/' <<<"$includes" | grep -vE ' math/' || fail "src/math includes a header that is not its own"
for room in src/*/; do
    grep -q "^$(basename "$room")\b" tools/rooms.txt || fail "rooms.txt does not know $room"
done
circle=$(sed -E 's/\.[ch]( |$)/\1/g' <<<"$arrows" | awk '$1 != $2' | tsort 2>&1 >/dev/null) || fail "includes go round in a circle: $circle"

# PG_VERSION_NUM stands in compat.h alone
! grep -rl PG_VERSION_NUM src | grep -v '^src/base/compat.h$' || fail "PG_VERSION_NUM outside compat.h"

# every test is listed, every listed test has its output
for kind in REGRESS:test/sql:.sql:test/expected ISOLATION:test/isolation/specs:.spec:test/isolation/expected; do
    IFS=: read -r var dir ext expected <<<"$kind"
    listed=$(sed -n "s/^$var = //p" Makefile | tr ' ' '\n' | sort)
    there=$(ls "$dir" | sed -n "s/\\$ext\$//p" | sort)
    [ "$listed" = "$there" ] || fail "$var and $dir differ:" $(diff <(echo "$listed") <(echo "$there") | grep '^[<>]')
    for t in $listed; do
        [ -e "$expected/$t.out" ] || fail "$expected/$t.out is missing"
    done
done

# where an error struck may depend on time
! grep -n '^CONTEXT:' test/expected/*.out test/isolation/expected/*.out || fail "an expected file has CONTEXT: use \\set SHOW_CONTEXT never"

# one version: the control file's
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" williams.control)
grep -q "\"version\": \"$version\"" META.json || fail "META.json is not of version $version"
grep -q "^## $version" CHANGELOG.md || fail "CHANGELOG.md does not begin version $version"

# git keeps what was released
! git check-ignore -q "sql/updates/williams--$version.sql" || fail ".gitignore matches released scripts"

bash -n tools/*.sh test/*.sh test/bench/*.sh demo/*.sh .ci/run
exit $rc
