#!/usr/bin/env bash
# Test that tools/cluster.sh leaves nothing behind when its command ends, fails or is
# interrupted, even if two run at the same time, and that it returns the command's
# exit code. Run by test/run.sh, that is, inside such a cluster, whose server it
# does not use.
set -euo pipefail
cd "$(dirname "$0")/.."

# the commands that run in the clusters: one waits, the other starts a nested cluster that waits
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
set -m                      # run each job in its own process group

die() { echo "throwaway: $*" >&2; exit 1; }

nothing_left() {
    [ -z "$(ls -A "$TMPDIR")" ] || die "$1 left $(ls -A "$TMPDIR")"
    ! pgrep -f "$TMPDIR" >/dev/null || die "$1 left processes: $(pgrep -af "$TMPDIR")"
}

# start a cluster with the command "wait" or "nest", which prints "up" when it is ready
# (a shell cannot trap a signal that was ignored when it started, so reset SIGINT)
start() {
    env --default-signal=INT,HUP tools/cluster.sh test/throwaway.sh "$2" >"$1" 2>&1 &
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
    ! wait $one || die "exit code 0 after SIG$signal"
    ! wait $two || die "exit code 0 after SIG$signal"
    nothing_left "SIG$signal"
    rm "$out/1" "$out/2"
done
echo "throwaway: two clusters at a time, a failure and three signals, nothing left behind"
