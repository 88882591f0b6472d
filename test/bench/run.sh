#!/usr/bin/env bash
# Measure the speeds that the project promises, each as a ratio to an alternative (its
# peer) in one run on this machine: rounds are interleaved, minima compared, jit is
# off. Run by `make bench` in a cluster of tools/cluster.sh; takes more than an hour.
# It prints the results and never fails because something is slow, but it fails if
# the results of a peer differ from ours.
#
#   BENCH_ROUNDS   rounds per pair: 9 by default, at least 7
#   BENCH_FILES    bench.sql, model.sql, engines.sql, tasks.sql, dashboard.sql; the default. max_items.sql only if named
#   WILLIAMS_DATA  a directory with real results of OCR engines in ocr_engines/
set -euo pipefail
cd "$(dirname "$0")"

# compile the peer in C with the compiler and flags of the extension
$("$PG_CONFIG" --cc) $("$PG_CONFIG" --cflags) -fPIC -shared \
    -I../../src -I"$("$PG_CONFIG" --includedir-server)" -o cloop.so cloop.c -lm

# one row per file for COPY; in JSON a line break can only be white space
: >engine_files.tsv
for file in "${WILLIAMS_DATA:-}"/ocr_engines/*.json; do
    [ -e "$file" ] || continue
    { printf '%s\t' "${file##*/}"; tr '\n\r\t' '   ' <"$file" | sed 's/\\/\\\\/g'; echo; } >>engine_files.tsv
done

echo "machine: $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores," \
    "$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo); $(uname -sr)"
for file in ${BENCH_FILES:-bench.sql model.sql engines.sql tasks.sql dashboard.sql}; do
    createdb "${file%.sql}"
    psql -X -q -v ON_ERROR_STOP=1 -v cloop="$PWD/cloop.so" -v rounds="${BENCH_ROUNDS:-9}" -d "${file%.sql}" -f "$file"
done
