#!/usr/bin/env bash
# Build this tree, install it into a temporary PostgreSQL cluster and run a command there.
#
#   tools/cluster.sh COMMAND [ARG...]
#
# The script writes to one temporary directory only. It holds a copy of the sources
# (the command's working directory), a tree of links to PostgreSQL's files into which
# the extension is installed (PostgreSQL finds its directories relative to its own
# binary), the data directory and the socket. The server does not listen on a port.
# PATH, PGHOST, PGUSER, PGDATABASE, PG_CONFIG and TMPDIR are set for the command.
# The directory is removed when the command ends, fails or is interrupted.
#
# Environment: PG_CONFIG; COPT, additional compiler flags; CLUSTER_CONF, additional
# lines of postgresql.conf; CLUSTER_LOG, if set, shows the end of the server's log
# after a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD

# The server refuses to run as root.
user=
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
fi
as() {
    if [ -n "$user" ]; then
        (cd / && runuser -u "$user" -- "$@")
    else
        "$@"
    fi
}

# Use TMPDIR if the server can: the path of a socket is limited to 107 bytes, make
# does not support blanks, and the server's user needs access.
base=${TMPDIR:-/tmp}
[[ $base =~ ^[A-Za-z0-9_./-]{1,40}$ ]] && as test -x "$base" || base=/tmp
work=$(mktemp -d "$base/williams.XXXXXX")
child=

# End the command and everything it started, including servers, then our own server.
# Wait for all of them, because they would write to the directory during its removal.
cleanup() {
    trap '' INT TERM HUP
    if [ -n "$child" ]; then
        kill -TERM -- "-$child" 2>/dev/null || true
        for _ in {1..50}; do
            kill -0 -- "-$child" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL -- "-$child" 2>/dev/null || true
    fi
    find "$work" -name postmaster.pid -printf '%h\n' 2>/dev/null |
        while read -r data; do
            as "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
        done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
if [ -n "$user" ]; then
    chown "$user" "$work"
fi

mkdir "$work/pg"
pg_config=$(tools/mirror.sh "$work/pg")
bin=${pg_config%/pg_config}

mkdir "$work/src"
tar -C "$source" --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=./results \
    -cf - . | tar -C "$work/src" --no-same-owner -xf -
cd "$work/src"

# do not inherit the caller's settings of PostgreSQL, make or language
for v in $(compgen -v PG) MAKEFLAGS MAKELEVEL MFLAGS; do unset "$v"; done
mkdir -m 1777 "$work/tmp"
export LC_ALL=C.UTF-8 TMPDIR=$work/tmp PATH=$bin:$PATH PG_CONFIG=$pg_config
export PGHOST=$work PGUSER=postgres PGDATABASE=postgres PGPORT=5432
# bitcode is not needed: only JIT inlining uses it
make=(make -s -j"$(nproc)" with_llvm=no PG_CONFIG="$PG_CONFIG" ${COPT:+COPT="$COPT"})
"${make[@]}" all >"$work/make.log" 2>&1 && "${make[@]}" install >>"$work/make.log" 2>&1 ||
    { cat "$work/make.log" >&2; echo "cluster: the build failed" >&2; exit 1; }
if grep -i 'warning:' "$work/make.log" >&2; then
    echo "cluster: the compiler warned" >&2
    exit 1
fi

as "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 ||
    { cat "$work/initdb.log" >&2; exit 1; }
cat >>"$work/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$work'
unix_socket_permissions = 0700
fsync = off
${CLUSTER_CONF:-}
EOF
as "$bin/pg_ctl" -D "$work/data" -l "$work/server.log" -w start >/dev/null ||
    { cat "$work/server.log" >&2; exit 1; }

# Run the command in a process group of its own, so that cleanup can end all of it.
setsid "$@" &
child=$!
rc=0
wait "$child" || rc=$?
child=
if [ "$rc" != 0 ] && [ -n "${CLUSTER_LOG:-}" ]; then
    tail -n 20 "$work/server.log" >&2
fi
exit "$rc"
