#!/usr/bin/env bash
# Print the pg_config to build with: $PG_CONFIG if it is set, otherwise the one in
# PATH, otherwise the newest of Debian's packages; nothing if there is none.
set -u
shopt -s nullglob

if [ -n "${PG_CONFIG:-}" ] && [ "$PG_CONFIG" != pg_config ]; then
    command -v "$PG_CONFIG" || echo "$PG_CONFIG"
elif command -v pg_config >/dev/null && pg_config --bindir >/dev/null 2>&1; then
    echo "$(pg_config --bindir)/pg_config"
else
    for c in $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -V); do :; done
    echo "${c:-}"
fi
