"""The judge against an oracle: what the published evidence says, typed a second time and worked out
by other code (tests/oracle). They must agree on every line, verdict and reasons."""
import json
import os
import re
import subprocess
import sys
import unittest
from fractions import Fraction

from house import BUILD, PROFILES, ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "oracle"))

from cases import doses, line, pairs, patients, share_of, single_answers  # noqa: E402
from evidence import CLASSES, FACTS, TOPICS  # noqa: E402
from oracle import ANY, HOLDING, predict, show_limit  # noqa: E402

# Lines of each product, shared by the classes; the judge with sanitizers reads a few thousand a
# second.
MOST_LINES = 60000
SHOWN = 40  # disagreements in full
REASONS_MAX = 24  # the judge keeps so many


def questions_without_rules():
    """Facts the library asks and the oracle has no rule for, with their safest answer."""
    with open(os.path.join(PROFILES, "facts.cfg"), encoding="utf-8") as f:
        asked = re.findall(r'name = "(\w+)";.*?kind = "(\w+)";(?:\s*values = \("([^"]+)")?',
                           f.read(), re.S)
    safe = {"days": "never", "yes_no": "no", "number": "30"}
    return {name: safe.get(kind, first) for name, kind, first in asked if name not in FACTS}


def judge(lines):
    done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "judge", "--library", PROFILES, "-"],
                          input="".join(json.dumps(line) + "\n" for line in lines),
                          capture_output=True, text=True, timeout=500, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


# --- the judge's words as the oracle's ----------------------------------------------------------


def topic_of(rule):
    return next((topic for start, topic in TOPICS if rule.startswith(start)), rule)


def limit_of(shown):
    """"..20 J/cm2", "3.. ms", "40..50 ms", "cryogen or contact"."""
    if shown is None:
        return None
    ends = re.fullmatch(r"([0-9.]*?)\.\.([0-9.]*)(?: \S+)?", shown)
    if ends is None:
        return frozenset(re.split(", | or ", shown))
    low, high = (Fraction(end) if end else None for end in ends.groups())
    return low, high


def reason(r):
    if r["rule"] in ("no_protocol", "half_known", "disagrees"):
        return r["rule"], r["parameter"], None
    if r["parameter"] is None:
        if r["text"].startswith("a physician decides on this patient first"):
            return "status", None, None
        return "screening", topic_of(r["rule"]), None
    if r["text"].startswith("no protocol for"):
        return "no_row", r["parameter"], ANY
    if r["text"].startswith("the protocol says nothing about"):
        return "no_limit", r["parameter"], None
    kind = "hard" if "the hard limit" in r["text"] else "soft"
    return kind, r["parameter"], limit_of(r["limit"])


def same_reasons(expected, got):
    if ("no_row", ANY, ANY) in expected:  # of a combination that no row has, one lack is named
        got = {("no_row", ANY, ANY) if r[0] == "no_row" else r for r in got}
    return expected == got


def agree(expected, got):
    if got.get("verdict") != expected.verdict:
        return False
    reasons = [reason(r) for r in got["reasons"]]
    if (reasons[0][0] if reasons else None) != expected.decides:
        return False
    return len(reasons) == REASONS_MAX or same_reasons(expected.reasons, set(reasons))


def show(got):
    if "error" in got:
        return "error: " + got["error"]
    return f"{got['verdict']} by {got['tightest']}: " + "; ".join(
        f"{r['rule']}: {' '.join(str(part) for part in reason(r)[:2])} "
        f"{show_limit(reason(r)[2])}" for r in got["reasons"])


class Oracle(unittest.TestCase):
    def compare(self, name, cases):
        safe = questions_without_rules()
        lines = [line(case, key, safe) for key, case in enumerate(cases)]
        _, answers, errors = judge(lines)
        self.assertEqual(len(answers), len(lines), errors)
        wrong = 0
        met = set()
        for case, asked, got in zip(cases, lines, answers):
            expected = predict(case)
            met.add((case.device_class, expected.verdict, expected.decides))
            if agree(expected, got):
                continue
            wrong += 1
            if wrong <= SHOWN:
                print(f"\nline    {json.dumps(asked)}\noracle  {expected}\njudge   {show(got)}")
        print(f"{name}: {len(lines)} lines compared, {wrong} disagree; "
              f"{len(met)} kinds of answer over {len(CLASSES)} classes", flush=True)
        self.assertEqual(wrong, 0)
        return met

    def product(self, name, make):
        share = MOST_LINES // len(CLASSES)
        return self.compare(name, [case for device_class in CLASSES
                                   for case in share_of(make(device_class), share)])

    def test_every_setting_at_both_sides_of_every_edge(self):
        met = self.product("settings", doses)
        for device_class in CLASSES:
            self.assertIn((device_class, "ALLOWED", None), met)

    def test_every_answer(self):
        self.product("answers", single_answers)

    def test_every_pair_of_answers(self):
        self.product("pairs", pairs)

    def test_whole_patients(self):
        met = self.compare("patients", list(patients(8000)))
        kinds = {decides for _, _, decides in met}
        self.assertLessEqual(set(HOLDING), kinds)

    def test_the_questions_are_the_same(self):
        """What the oracle asks is asked; the rest is said, so that nobody believes it compared."""
        with open(os.path.join(PROFILES, "facts.cfg"), encoding="utf-8") as f:
            asked = set(re.findall(r'name = "(\w+)";', f.read()))
        self.assertEqual(set(FACTS) - asked, set())
        if asked - set(FACTS):
            print("answered safely, not compared:", ", ".join(sorted(asked - set(FACTS))))


if __name__ == "__main__":
    unittest.main()
