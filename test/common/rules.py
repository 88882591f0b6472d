"""A second implementation of the rules by which the fields of a document are scored.

The rules are those of the documentation, in exact decimal arithmetic; nothing is
taken from the C code. parity.py compares the two.
"""

import json
import re
from decimal import Decimal as D
from decimal import getcontext

getcontext().prec = 40

SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
S = "[" + SPACE + "]*"
FORMATS = {
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), D("0.10"), D("-0.15")),
    "number": (re.compile(S + r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)" + S), D("0.10"), D("-0.15")),
    "alphanumeric": (re.compile(r"[A-Za-z0-9]+"), D("0.05"), D(0)),
}
SCRIPTS = {"arabic": D("-0.05"), "cjk": D("-0.02"), "latin": D(0)}


def dumps(value):
    """the text form of jsonb: keys by length, then by bytes"""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda kv: (len(kv[0].encode()), kv[0].encode()))
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {dumps(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumps, value)) + "]"
    if isinstance(value, D):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return sum(map(leaves, value))
    return int(value is not None and not (isinstance(value, str) and value.strip(SPACE) == ""))


def text(value):
    """the text that ->> returns; None for a missing field"""
    if leaves(value) == 0:
        return None
    return value if isinstance(value, str) else dumps(value)


def multiplier(n):
    """0.85 + 0.15 min(1, efficiency / 30), efficiency = sqrt(n) / log2(n)"""
    if n <= 1:
        return D(1)
    efficiency = D(n).sqrt() / (D(n).ln() / D(2).ln())
    return D("0.85") + D("0.15") * min(D(1), efficiency / 30)


def number(value):
    """the number, or None if the text does not have the format"""
    value = value.replace(",", "")
    return D(value.strip(SPACE)) if FORMATS["number"][0].fullmatch(value) else None


def script_of(texts):
    everything = "".join(t for t in texts if t is not None)
    ranges = {"arabic": (0x600, 0x6FF), "cjk": (0x4E00, 0x9FFF), "latin": (0x20, 0x24F)}
    count = {s: sum(a <= ord(c) <= b for c in everything) for s, (a, b) in ranges.items()}
    best = max(count, key=count.get)
    return best if count[best] > len(everything) / 10 else "latin"


def digit(characters):
    values = [0 if c == "<" else int(c, 36) for c in characters]
    return str(sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(values)) % 10)


def mrz_holds(line1, line2):
    shape = re.compile(r"[A-Z0-9<]{44}")
    if not (shape.fullmatch(line1) and shape.fullmatch(line2) and line1.startswith("P")):
        return False
    number_, birth, expiry, personal = line2[0:9], line2[13:19], line2[21:27], line2[28:42]
    if line2[9] != digit(number_) or line2[19] != digit(birth) or line2[27] != digit(expiry):
        return False
    if line2[42] != digit(personal) and not (personal == "<" * 14 and line2[42] == "<"):
        return False
    return line2[43] == digit(line2[0:10] + line2[13:20] + line2[21:43])


def failures(check, texts):
    """(field, factor) of each score that the check multiplies"""
    factor = check.get("factor", D("0.5"))
    present = [f for f in check["fields"] if texts[f] is not None]
    kind = check["check"]
    if kind == "ordered":
        dates = [f for f in present if FORMATS["date"][0].fullmatch(texts[f])]
        for a, b in zip(dates, dates[1:]):
            if not texts[a] < texts[b]:
                yield a, factor
                yield b, factor
    elif kind == "mrz":
        if len(present) == 2 and not mrz_holds(texts[present[0]], texts[present[1]]):
            yield present[0], factor
            yield present[1], factor
    for f in present:
        if kind == "length" and len(texts[f]) != check["length"]:
            yield f, factor
        elif kind == "pattern" and not re.search(check["pattern"].replace(r"\d", "[0-9]").replace("$", r"\Z"), texts[f]):
            yield f, factor
        elif kind == "range":
            n = number(texts[f])
            if n is None:
                yield f, D("0.5")
            elif ("min" in check and n < check["min"]) or ("max" in check and n > check["max"]):
                yield f, factor


def clamp(x):
    return max(D(0), min(D(1), x))


def in_order(names):
    return sorted(names, key=lambda k: (len(k.encode()), k.encode()))


def entry(rules, field):
    """the format and the threshold of a field"""
    e = rules["fields"][field]
    e = e if isinstance(e, dict) else {"format": e}
    otherwise = rules.get("threshold", D("0.80"))
    if "precision" in rules:
        otherwise = min(t for t, precision, _ in rules["model"]["curve"] if precision >= rules["precision"])
    return e.get("format"), e.get("threshold", otherwise)


def said(confidence, field, texts):
    """the engine's confidence; None if it says nothing"""
    return confidence.get(field) if confidence and texts[field] is not None else None


def is_bad(confidence, texts):
    """is it other than null or an object of numbers in [0, 1] for the fields that are present?"""
    if confidence is None:
        return False
    return not isinstance(confidence, dict) or not all(
        c is None or (isinstance(c, D) and 0 <= c <= 1) for c in (confidence.get(f) for f, t in texts.items() if t is not None))


def format_matches(kind, t):
    return FORMATS[kind][0].fullmatch(t.replace(",", "") if kind == "number" else t) is not None


SINGLE = ("length", "range", "pattern")     # the checks of a field alone


def model_score(rules, f, t, confidence, checks):
    """the same by a model"""
    kind, threshold = entry(rules, f)
    model, own = rules["model"], rules["model"].get("fields", {}).get(f, {})
    failed = [name for name, field, _ in checks if field == f]
    why = set(failed)
    z = model["intercept"] + own.get("intercept", 0)
    if kind is not None and not format_matches(kind, t):
        why.add("format")
    if why & {"format", *SINGLE}:
        z += model.get("failed", 0)
    elif kind is not None or any(c["check"] in SINGLE and f in c["fields"] for c in rules.get("checks", [])):
        z += model.get("passed", 0)
    if confidence is None:
        z += model.get("silent", 0)
    else:
        c = max(D("0.01"), min(D("0.999"), confidence))
        z += (model["slope"] + own.get("slope", 0)) * (c / (1 - c)).ln()
    x = 1 / (1 + (-z).exp())
    why |= {"model"} if x < threshold else set()
    for name, field, factor in checks:
        if field == f and name not in SINGLE:
            x *= factor
    return x, why


def field_score(rules, f, t, confidence, script, checks):
    """the score of a field that is present, and why it may be low"""
    if "model" in rules:
        return model_score(rules, f, t, confidence, checks)
    kind, threshold = entry(rules, f)
    x = D("0.85") if confidence is None else confidence
    why = {"low_confidence"} if x < threshold else set()
    if kind is not None:
        matches = format_matches(kind, t)
        x += FORMATS[kind][1 if matches else 2]
        why |= set() if matches else {"format"}
    x += SCRIPTS[script]
    why |= {"script"} if SCRIPTS[script] < 0 else set()
    if len(t.strip(SPACE)) < 2:
        x -= D("0.10")
        why.add("short")
    x = clamp(x)
    for name, field, factor in checks:
        if field == f:
            x *= factor
            why.add(name)
    return x, why


REASONS = ["missing", "low_confidence", "format", "short", "script", "model", "audit", "no_profile",
           "ordered", "length", "range", "pattern", "mrz"]


class Document:
    """a document with a profile: texts, scores and reasons by name, in jsonb's order"""

    def __init__(self, fields, rules, confidence, script=None):
        fields = fields if isinstance(fields, dict) else {}
        self.names = in_order(rules["fields"])
        self.texts = {f: text(fields.get(f)) for f in self.names}
        self.n = sum(t is not None for t in self.texts.values())
        self.multiplier = multiplier(self.n)
        self.script = script or script_of(self.texts.values())
        failed = is_bad(confidence, self.texts) or self.n == 0
        checks = [(c["check"], f, factor) for c in rules.get("checks", []) for f, factor in failures(c, self.texts)]
        self.scores, self.reasons = {}, {}
        for f in self.names:
            score, why = D(0), {"missing"}
            threshold = entry(rules, f)[1]
            if self.texts[f] is not None:
                score, why = (D(0), {"low_confidence"}) if failed else field_score(
                    rules, f, self.texts[f], said(confidence, f, self.texts), self.script, checks)
            self.scores[f] = score
            if score >= threshold and not failed:
                why = {"audit"} if rules.get("audit") else set()
            self.reasons[f] = [w for w in REASONS if w in why]

    def score(self):
        return sum(self.scores.values()) / len(self.names)


class PlainDocument:
    """a document whose type has no profile; a score for each extracted field"""

    def __init__(self, fields, confidence):
        self.n = leaves(fields) if isinstance(fields, (dict, list)) else 0
        self.names = in_order(f for f, v in fields.items() if leaves(v)) if isinstance(fields, dict) else []
        self.texts = {f: text(fields[f]) for f in self.names}
        self.multiplier = multiplier(self.n)
        failed = is_bad(confidence, self.texts) or self.n == 0
        engine = {f: None if failed else said(confidence, f, self.texts) for f in self.names}
        known = [c for c in engine.values() if c is not None]
        self.base = D(0) if failed else sum(known) / len(known) if known else D("0.85")
        self.scores = {f: D(0) if failed else D("0.85") if c is None else c for f, c in engine.items()}
        low = {f for f in self.names if self.scores[f] < D("0.80")}
        if not low and self.base < D("0.80"):
            low = set(self.names)
        self.reasons = {f: (["low_confidence"] if f in low else []) + ["no_profile"] for f in self.names}
        self.unnamed = (["missing", "low_confidence"] if failed else []) + ["no_profile"]

    def score(self):
        return self.base


class Row:
    """what the trigger makes of a row"""

    def __init__(self, fields, kind, confidence, verified, rules):
        self.verified, self.old = None, None
        self.change(fields, kind, confidence, verified, rules)

    def inputs(self):
        return [same_if_equal(v) for v in (self.fields, self.kind, self.confidence, self.verified)]

    def change(self, fields, kind, confidence, verified, rules, decision=None, again=False):
        """an INSERT, or an UPDATE; decision: the clerk sets review to it; again: profile_version is set to NULL"""
        before = None if self.verified is None else Row.__new__(Row)
        if before:
            before.__dict__.update(self.__dict__)
        self.fields, self.kind, self.confidence, self.verified = fields, kind, confidence, verified
        if before and not again and self.inputs() == before.inputs():
            self.review = self.review if decision is None else decision
            return
        self.profile = rules.get(kind)
        d = Document(fields, self.profile, confidence) if self.profile else PlainDocument(fields, confidence)
        self.verified = in_order({v for v in verified or [] if v is not None and (
            before is None or verified.count(v) > before.verified.count(v) or not changed(before.fields, fields, v))})
        accepted = {f for f, why in d.reasons.items() if set(why) <= {"audit"}}
        for f in d.names:
            if f in self.verified:
                accepted = accepted - {f} | (set(before.accepted) & {f} if before else accepted & {f})
                d.reasons[f] = []
                d.scores[f] = before.scores.get(f, d.scores[f]) if before else d.scores[f]
        self.accepted = in_order(accepted)
        self.scores = d.scores
        self.score, self.confidence_column = d.score(), d.score() * d.multiplier
        self.reasons = {f: why for f, why in d.reasons.items() if why}
        if not d.names and "doc" not in self.verified:
            self.reasons = {"doc": d.unnamed}
        self.review = [f for f in in_order(self.reasons)]


def same_if_equal(value):
    """jsonb's equality: 1.50 is 1.5, but true is not 1"""
    if isinstance(value, dict):
        return ("object", {k: same_if_equal(v) for k, v in value.items()})
    if isinstance(value, list):
        return ("array", [same_if_equal(v) for v in value])
    return (type(value).__name__, value)


def changed(before, after, name):
    a, b = (v if isinstance(v, dict) else {} for v in (before, after))
    if name == "doc" and not (name in a or name in b):      # the document itself
        return same_if_equal(before) != same_if_equal(after)
    return (name in a) != (name in b) or name in a and same_if_equal(a[name]) != same_if_equal(b[name])
