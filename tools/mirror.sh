#!/usr/bin/env bash
# Make a tree of PostgreSQL's own files at the same paths below a directory, into
# which an extension can be installed without touching theirs; print its pg_config.
#
#   tools/mirror.sh DIRECTORY
#
# The programs are copied, for they find the rest from where they are; the rest is
# linked. Environment: PG_CONFIG.
set -euo pipefail
root=$(realpath "$1")
pg_config=$("$(dirname "$0")/pg_config.sh")

mirror() {
    if [ -d "$2" ] && [ ! -e "$root$2" ]; then
        mkdir -p "$root$2"
        cp -R "$1" "$2/." "$root$2/"
    fi
}
bindir=$("$pg_config" --bindir)
mirror -L "$bindir"
for d in pkglibdir sharedir pkgincludedir includedir-server; do
    mirror -s "$("$pg_config" --$d)"
done
echo "$root$bindir/pg_config"
