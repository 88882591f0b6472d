#!/usr/bin/env bash
# Mirror a PostgreSQL installation below a directory, so that an extension can be
# installed there without changing the original; print the mirror's pg_config.
#
#   tools/mirror.sh DIRECTORY
#
# Programs are copied, because they find the other files relative to their own path;
# the other files are linked. Environment: PG_CONFIG.
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
