#!/usr/bin/env bash
# tools/cluster.sh leaves nothing behind: not when its command ends, fails or is
# interrupted, nor when two run at a time; and it hands on the command's exit code.
# Run by test/run.sh, so inside such a cluster; needs no server of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

# what runs in them: one waits, the other has a server of its own that waits
case ${1:-} in
wait)
    psql -XAtqc "CREATE EXTENSION williams"
    echo up
    sleep 60
    exit ;;
nest)
    tools/cluster.sh test/throwaway.sh wait
    exit ;;
esac

out=$(mktemp -d)
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/two.XXXX")
export TMPDIR
chmod 755 "$TMPDIR"
trap 'rm -rf "$TMPDIR" "$out"' EXIT
set -m                      # jobs in process groups of their own

die() { echo "throwaway: $*" >&2; exit 1; }

nothing_left() {
    [ -z "$(ls -A "$TMPDIR")" ] || die "$1 left $(ls -A "$TMPDIR")"
    ! pgrep -f "$TMPDIR" >/dev/null || die "$1 left processes: $(pgrep -af "$TMPDIR")"
}

# start a cluster with the command "wait" or "nest"; its output says when it is up (a shell
# cannot trap what was ignored when it started, so SIGINT is reset for it)
start() {
    env --default-signal=INT tools/cluster.sh test/throwaway.sh "$2" >"$1" 2>&1 &
}
await_up() {
    for _ in {1..6000}; do
        if grep -qx up "$1"; then return; fi
        sleep 0.1
    done
    die "no cluster after 600 s: $(cat "$1")"
}

rc=0
CLUSTER_LOG= tools/cluster.sh bash -c 'exit 7' || rc=$?
[ "$rc" = 7 ] || die "the command's exit code 7 became $rc"
nothing_left "a command that failed"

for signal in INT TERM HUP; do
    start "$out/1" wait
    one=$!
    start "$out/2" nest
    two=$!
    await_up "$out/1"
    await_up "$out/2"
    kill -"$signal" -- -$one -$two
    ! wait $one || die "SIG$signal was a success"
    ! wait $two || die "SIG$signal was a success"
    nothing_left "SIG$signal"
    rm "$out/1" "$out/2"
done
echo "throwaway: two at a time, a failure and three signals, nothing left"
