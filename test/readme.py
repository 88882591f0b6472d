#!/usr/bin/env python3
"""Execute every SQL block of README.md, in order, in one psql session, and compare
what it prints with the block that follows it.

A block is fenced as ```sql; the result, where one is shown, is the next fence,
```text, and must be what psql prints, but for speeds. Nothing else in the README is
looked at.
"""

import difflib
import re
import subprocess
import sys

FENCE = re.compile(r"^```(sql|text)\n(.*?)^```$", re.M | re.S)
MARK = "-- end of block --"
# of williams_run's lines of progress the last: a fast machine prints no others
PASSING = re.compile(r"^NOTICE:  task .* rows/s.*\n(?=NOTICE:  task .* rows/s)", re.M)
SPEED = re.compile(r"\d+ rows/s$")


def blocks(text):
    """(sql, expected or None) in the order of the file"""
    found = [(m.group(1), m.group(2), m.start(), m.end()) for m in FENCE.finditer(text)]
    for i, (kind, body, _, end) in enumerate(found):
        if kind != "sql":
            continue
        after = found[i + 1] if i + 1 < len(found) else None
        shown = after and after[0] == "text" and text[end:after[2]].strip() == ""
        yield body, after[1] if shown else None


def run(sql_blocks):
    script = "\n".join(f"{sql}\n\\echo {MARK}" for sql in sql_blocks)
    p = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"], input=script,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode != 0:
        sys.exit(f"readme: a block failed:\n{p.stdout[-2000:]}")
    return p.stdout.split(MARK + "\n")[:-1]


def normal(text):
    text = PASSING.sub("", text.strip("\n"))
    return [SPEED.sub("# rows/s", line.rstrip()) for line in text.splitlines()]


def main(path):
    found = list(blocks(open(path, encoding="utf-8").read()))
    failed = compared = 0
    for (sql, expected), output in zip(found, run([sql for sql, _ in found]), strict=True):
        if expected is None:
            continue
        compared += 1
        if normal(expected) != normal(output):
            failed += 1
            print("readme: the result of this block differs:\n" + sql)
            print("\n".join(difflib.unified_diff(normal(expected), normal(output),
                                                 "README.md", "psql", lineterm="")))
    print(f"readme: {len(found)} blocks executed, {compared} results compared, {failed} failed")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
