#!/usr/bin/env bash
# The speeds that the project promises, each as a ratio to a peer in one run on
# this machine: rounds interleaved, minima compared, jit off. Run by `make bench`
# inside tools/cluster.sh, it takes about half an hour. It prints; it never
# fails for being slow, but does where a peer and ours do not say the same.
#
#   BENCH_ROUNDS   rounds of each pair, 9 unless set, at least 7
#   BENCH_FILES    which of bench.sql and tasks.sql, both unless set
#   WILLIAMS_DATA  a directory whose ocr_engines/ has engines' own results
set -euo pipefail
cd "$(dirname "$0")"

# the peer in C, with the compiler and the flags of the extension itself
$("$PG_CONFIG" --cc) $("$PG_CONFIG" --cflags) -fPIC -shared \
    -I../../src -I"$("$PG_CONFIG" --includedir-server)" -o cloop.so cloop.c -lm

# a row each for COPY: white space is all that a line break in JSON can be
: >engine_files.tsv
for file in "${WILLIAMS_DATA:-}"/ocr_engines/*.json; do
    [ -e "$file" ] || continue
    { printf '%s\t' "${file##*/}"; tr '\n\r\t' '   ' <"$file" | sed 's/\\/\\\\/g'; echo; } >>engine_files.tsv
done

echo "machine: $(lscpu | sed -n 's/^Model name: *//p'), $(nproc) cores," \
    "$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo); $(uname -sr)"
for file in ${BENCH_FILES:-bench.sql tasks.sql}; do
    createdb "${file%.sql}"
    psql -X -q -v ON_ERROR_STOP=1 -v cloop="$PWD/cloop.so" -v rounds="${BENCH_ROUNDS:-9}" -d "${file%.sql}" -f "$file"
done
