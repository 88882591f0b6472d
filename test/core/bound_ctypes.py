#!/usr/bin/env python3
"""Load libwilliams.so through ctypes, with c_size_t and c_double, and compare its
results with the same formulas in Python."""

import ctypes
import math
import subprocess
import sys

SYMBOLS = {
    "williams_space_bound": ([ctypes.c_size_t], ctypes.c_double),
    "williams_optimal_batch_size": ([ctypes.c_size_t], ctypes.c_size_t),
    "williams_efficiency_multiplier": ([ctypes.c_size_t], ctypes.c_double),
    "williams_space_saved_percent": ([ctypes.c_size_t], ctypes.c_double),
    "williams_confidence_multiplier": ([ctypes.c_size_t, ctypes.c_double], ctypes.c_double),
}
REFERENCE = {2: 1.414214, 100: 66.438562, 1000: 315.145770, 10000: 1328.771238,
             100000: 5252.429502, 1000000: 19931.568569}


def load(path):
    lib = ctypes.CDLL(path)
    for name, (argtypes, restype) in SYMBOLS.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = argtypes, restype
    return lib


def bound(t):
    return math.sqrt(t) * math.log2(t) if t > 1 else 1.0


def multiplier(n):
    return 0.85 + 0.15 * min(1.0, n / bound(n) / 30) if n > 1 else 1.0


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-14, abs_tol=1e-12)


def check_value(lib, t):
    b = lib.williams_space_bound(t)
    yield "bound", close(b, bound(t))
    yield "batch size", lib.williams_optimal_batch_size(t) == max(1, min(t, math.floor(b)))
    yield "efficiency", close(lib.williams_efficiency_multiplier(t), t / bound(t) if t > 1 else 1.0)
    yield "percent", close(lib.williams_space_saved_percent(t),
                           100 * (t - bound(t)) / t if t > 1 else 0.0)
    for base in (0.0, 0.85, 7.0, math.nan):
        yield "multiplier", close(lib.williams_confidence_multiplier(t, base), multiplier(t))


def exported(path):
    out = subprocess.run(["nm", "-D", "--defined-only", path], check=True,
                         capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.splitlines()}


def main(path):
    lib = load(path)
    results = [(f"reference value of {t}", abs(lib.williams_space_bound(t) - b) < 5e-7)
               for t, b in REFERENCE.items()]
    values = set(range(2000)) | {2 ** k + d for k in range(2, 64) for d in (-1, 0, 1)}
    values |= {2 ** 64 - 1}
    results += [(f"{what} of {t}", ok) for t in sorted(values) for what, ok in check_value(lib, t)]
    results.append(("exactly the five symbols", exported(path) == set(SYMBOLS)))
    failed = [what for what, ok in results if not ok]
    for what in failed:
        print("not ok:", what)
    print(f"ctypes: {len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
