#!/usr/bin/env python3
"""Hostile text and bytes through the input and receive functions of the summaries.

    FUZZ_SECONDS=60 FUZZ_SEED=1 test/fuzz/fuzz.py      (make test-fuzz)

Four targets, each for FUZZ_SECONDS: text and wire form of williams_scorecard and
williams_calibration. Valid forms (seeds.txt, and some the server makes) are mutated,
from a fixed seed; each goes to the server as a parameter. It is refused with an
expected SQLSTATE, or what was accepted survives the round trips, bit for bit, and
every accessor's answer is possible. Anything else, a lost connection above all, is
printed with the form that did it, and fails. libpq is called through ctypes.
"""

import ctypes
import os
import random
import re
import sys
import time

pq = ctypes.CDLL("libpq.so.5")
for name, result in (("PQconnectdb", ctypes.c_void_p), ("PQexecParams", ctypes.c_void_p),
                     ("PQgetvalue", ctypes.c_void_p), ("PQresultErrorField", ctypes.c_char_p),
                     ("PQresultErrorMessage", ctypes.c_char_p), ("PQerrorMessage", ctypes.c_char_p)):
    getattr(pq, name).restype = result

REFUSED = {"22P02", "22P03", "08P01", "22021"}

# One boolean a check: all must be true of whatever is accepted.
CHECKS = {
    "scorecard": """
        williams_scorecard_send(s::text::williams_scorecard) = williams_scorecard_send(s),
        williams_scorecard_send(s + '(1,0,0,0,0,0,0,0)') = williams_scorecard_send(s),
        (SELECT sum(count) FROM williams_histogram(s, 200)) = williams_count(s),
        (williams_count(s) = 0) = (williams_average(s) IS NULL),
        coalesce(0 <= williams_min(s) AND williams_min(s) <= williams_average(s) AND williams_average(s) <= williams_max(s) AND williams_max(s) <= 1, williams_count(s) = 0),
        coalesce(williams_stddev(s) BETWEEN 0 AND 0.7072 * (williams_max(s) - williams_min(s)) + 1e-9, williams_count(s) < 2),
        coalesce(williams_quantile(s, 0.3) BETWEEN williams_min(s) AND williams_quantile(s, 0.9), williams_count(s) = 0),
        coalesce(williams_share_below(s, 0.3) BETWEEN 0 AND williams_share_below(s, 0.7), williams_count(s) = 0),
        (s::jsonb->>'count')::bigint = williams_count(s), (SELECT williams_count(williams_rollup(r)) FROM (SELECT s AS r) AS one) = williams_count(s)""",
    "calibration": """
        williams_calibration_send(s::text::williams_calibration) = williams_calibration_send(s),
        williams_calibration_send(s + '(1,0,0,0,0,0)') = williams_calibration_send(s),
        (SELECT sum(count) FROM williams_reliability(s, 200)) = williams_count(s),
        (SELECT bool_and(count = 0 OR confidence BETWEEN lower - 1e-15 AND upper + 1e-15 AND accuracy BETWEEN 0 AND 1) FROM williams_reliability(s, 200)),
        coalesce(williams_accuracy(s) BETWEEN 0 AND 1 AND williams_brier(s) BETWEEN 0 AND 1 + 1e-15 AND williams_ece(s) BETWEEN 0 AND 1 + 1e-15, williams_count(s) = 0),
        coalesce((SELECT threshold BETWEEN 0 AND 1 AND precision_low BETWEEN 0 AND "precision" FROM williams_threshold(s, 0.5, 1)), true),
        (s::jsonb->>'count')::bigint = williams_count(s), (SELECT williams_count(williams_rollup(r)) FROM (SELECT s AS r) AS one) = williams_count(s)""",
}
NUMBERS = [0, 1, 2, 199, 200, 255, 1 << 31, (1 << 62) - 1, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64]


class Server:
    def __init__(self):
        self.conn = ctypes.c_void_p(pq.PQconnectdb(b""))
        if pq.PQstatus(self.conn) != 0:
            sys.exit(f"fuzz: {pq.PQerrorMessage(self.conn).decode()}")

    def ask(self, query, parameter=None, binary=False):
        """(rows of one, None) or (None, SQLSTATE); a lost connection is no answer"""
        n = 0 if parameter is None else 1
        values = (ctypes.c_char_p * 1)(parameter)
        lengths = (ctypes.c_int * 1)(len(parameter or b""))
        formats = (ctypes.c_int * 1)(int(binary))
        r = ctypes.c_void_p(pq.PQexecParams(self.conn, query.encode(), n, None, values, lengths, formats, 0))
        try:
            if pq.PQresultStatus(r) == 2:
                return [ctypes.string_at(pq.PQgetvalue(r, 0, i), pq.PQgetlength(r, 0, i))
                        for i in range(pq.PQnfields(r))], None
            return None, (pq.PQresultErrorField(r, ord("C")) or b"lost: " + pq.PQerrorMessage(self.conn)).decode()
        finally:
            pq.PQclear(r)


def mutated_bytes(rng, form, other):
    b = bytearray(form)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(b) + 1)
        what = rng.randrange(7)
        if what == 0 and at < len(b):
            b[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(b):
            b[at] = rng.choice((0, 1, 127, 128, 200, 255, rng.randrange(256)))
        elif what == 2:
            b[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif what == 3:
            del b[at:at + rng.randrange(1, 9)]
        elif what == 4:
            b[at:at + 8] = (rng.choice(NUMBERS) % (1 << 64)).to_bytes(8, "big")
        elif what == 5:
            b[at:] = other[at:]
        elif len(b) >= 12:                     # a word a little larger or smaller
            at = 4 + 8 * rng.randrange((len(b) - 4) // 8)
            word = int.from_bytes(b[at:at + 8], "big") + rng.randrange(-2, 3)
            b[at:at + 8] = (word % (1 << 64)).to_bytes(8, "big")
    return bytes(b)


def mutated_text(rng, form, other):
    tokens = re.findall(rb"[0-9.e+-]+|.", form, re.S)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        if not tokens:
            break
        at = rng.randrange(len(tokens))
        what = rng.randrange(6)
        if what == 0:
            tokens[at] = str(rng.choice(NUMBERS)).encode()
        elif what == 1 and tokens[at].isdigit():
            tokens[at] = str(int(tokens[at]) + rng.randrange(-2, 3)).encode()
        elif what == 2:
            tokens[at] = rng.choice((b"nan", b"-0", b"1e400", b"0x1p-3", b" ", b",", b":", b"(", b")", b"", b"\xff", b"0.005", b"1e-320"))
        elif what == 3:
            del tokens[at:at + rng.randrange(1, 4)]
        elif what == 4:
            tokens[at:at] = tokens[rng.randrange(len(tokens)):][:rng.randrange(1, 5)]
        else:
            tokens = [mutated_bytes(rng, b"".join(tokens), other)]
    return b"".join(tokens).replace(b"\0", b"0")


def target(server, rng, name, binary, seconds):
    form = "bytes" if binary else "text"
    query = f"SELECT encode(williams_{name}_send(s), 'hex'), {CHECKS[name]} FROM (SELECT $1::williams_{name} AS s OFFSET 0) AS v"
    made = {"scorecard": "williams_scorecard_agg(x)", "calibration": "williams_calibration_agg(x, x * x > 0.3)"}[name]
    seeds = [line.split(" ", 1)[1].strip().encode() for line in open(os.path.join(os.path.dirname(__file__), "seeds.txt"), encoding="utf-8")
             if line.startswith(name + " ")]
    for n in (2, 7, 40, 1000):
        seeds.append(server.ask(f"SELECT {made}::text FROM (SELECT (i * 7919 % 1009) / 1009.0 AS x FROM generate_series(1, {n}) AS i) AS v")[0][0])
    if binary:
        seeds = [bytes.fromhex(server.ask(f"SELECT encode(williams_{name}_send($1::williams_{name}), 'hex')", s)[0][0].decode()) for s in seeds]
    tried = accepted = 0
    states = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sent = rng.choice(seeds)
        if tried >= len(seeds):
            sent = (mutated_bytes if binary else mutated_text)(rng, sent, rng.choice(seeds))
        else:
            sent = seeds[tried]
        tried += 1
        row, state = server.ask(query, sent, binary)
        if row is not None:
            accepted += 1
            good = all(v == b"t" for v in row[1:]) and (not binary or bytes.fromhex(row[0].decode()) == sent)
            if good:
                if len(seeds) < 2000 and sent not in seeds:
                    seeds.append(sent)
                continue
        elif state in REFUSED:
            states[state] = states.get(state, 0) + 1
            continue
        print(f"fuzz: {name}, {form}: {row or state} from {sent.hex() if binary else sent!r}")
        return False
    print(f"fuzz: {name}, {form}: {tried} tried, {accepted} accepted, all of them sound; refused: {dict(sorted(states.items()))}")
    return accepted > 0 and tried > accepted


def main():
    server = Server()
    server.ask("CREATE EXTENSION IF NOT EXISTS williams")
    seconds = float(os.environ.get("FUZZ_SECONDS", "60"))
    seed = os.environ.get("FUZZ_SEED", "1")
    good = [target(server, random.Random(f"{seed} {name} {binary}"), name, binary, seconds)
            for name in ("scorecard", "calibration") for binary in (False, True)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
