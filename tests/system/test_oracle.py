"""The judge against an oracle: what the published evidence says, typed a second time and worked out
by other code (tests/oracle). They must agree on every line, verdict and reasons."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction

from house import BUILD, PROFILES, ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "oracle"))

from cases import WELL, doses, line, pairs, patients, sampled, single_answers  # noqa: E402
from evidence import CLASSES, DEFAULTS, FACTS, OF_PEOPLE, OPTIONS, TOPICS  # noqa: E402
import past_cases  # noqa: E402
from oracle import ANY, HOLDING, predict, show_limit  # noqa: E402

# Lines of each product, shared by the classes; the judge with sanitizers reads a few thousand a
# second, optimised ten times as many (DOSEGATE_ORACLE_LINES=150000).
MOST_LINES = int(os.environ.get("DOSEGATE_ORACLE_LINES", "28000"))
SHOWN = 40  # disagreements in full
REASONS_MAX = 24  # the judge keeps so many


def questions():
    """Each question of the library as {key: text}; those worked out of past treatments are none."""
    with open(os.path.join(PROFILES, "facts.cfg"), encoding="utf-8") as f:
        groups = re.split(r"\{ (?=name = )", re.sub(r"^\s*//.*$", "", f.read(), flags=re.M))[1:]
    found = [dict(re.findall(r'(\w+) = \(?"([^"]*)"', group)) for group in groups]
    return [fact for fact in found if "derive" not in fact]


def questions_without_rules():
    """Facts the library asks and the oracle has no rule for, with their safest answer."""
    safe = {"days": "never", "yes_no": "no", "number": "30"}
    return {fact["name"]: safe.get(fact["kind"], fact.get("values"))
            for fact in questions() if fact["name"] not in FACTS}


def judge(lines, library=PROFILES):
    done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "judge", "--library", library, "-"],
                          input="".join(json.dumps(line) + "\n" for line in lines),
                          capture_output=True, text=True, timeout=500, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


# --- the judge's words as the oracle's ----------------------------------------------------------


def topic_of(rule):
    return next((topic for start, topic in TOPICS if rule.startswith(start)), rule)


# What the judge may show a value in, as a share of the unit of evidence.py.
SMALLER = {"ps": Fraction(1, 10**9), "ns": Fraction(1, 10**6), "us": Fraction(1, 10**3),
           "uJ": Fraction(1, 10**6), "mJ": Fraction(1, 10**3)}


def limit_of(shown):
    """"..20 J/cm2", "3.. ms", "40..50 ms", "6.. ns", "cryogen or contact"."""
    if shown is None:
        return None
    ends = re.fullmatch(r"([0-9.]*?)\.\.([0-9.]*)(?: (\S+))?", shown)
    if ends is None:
        return frozenset(re.split(", | or ", shown))
    unit = SMALLER.get(ends[3], 1)
    low, high = (Fraction(end) * unit if end else None for end in (ends[1], ends[2]))
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
    if "moved too: only one at a time" in r["text"]:
        return "one_step", r["parameter"], limit_of(r["limit"])
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


# --- what the director decides ------------------------------------------------------------------


def concerned(device_class):
    """Answers some option is about, at every site."""
    for case in single_answers(device_class):
        if any(case.facts[fact] != WELL[fact]
               for fact in ("visible_tan", "pih_history", "last_sun", "isotretinoin")):
            yield case


def same(one, other):
    return (one.verdict, one.reasons) == (other.verdict, other.reasons)


@contextlib.contextmanager
def decided(adopted):
    """A copy of the library in which the director has decided so, of every option the oracle knows."""
    with tempfile.TemporaryDirectory() as folder:
        library = shutil.copytree(PROFILES, os.path.join(folder, "profiles"))
        with open(os.path.join(library, "decisions.cfg"), "w", encoding="utf-8") as f:
            f.write("decisions = (" + ",\n".join(
                f'{{ {"adopt" if name in adopted else "drop"} = "{name}"; by = "Dora"; '
                'on = "2026-11-20"; why = "Asked."; }' for name in OPTIONS) + ");\n")
        yield library


# One place of the library changed by the least, and the lines in which it must be found.
SLIPS = (
    ("protocols/pdl_595.cfg", "6..7.5 J/cm2", "6..7.500001 J/cm2", doses, "pdl_595"),
    ("protocols/pdl_595.cfg", "6..6.5 J/cm2", "6..6.499999 J/cm2", doses, "pdl_595"),
    ("protocols/pdl_595.cfg", 'skin = ("III"); status = "T"', 'skin = ("III"); status = "A"', doses,
     "pdl_595"),
    ("protocols/co2_fractional.cfg", "..15 mJ", "..15.001 mJ", doses, "co2_fractional"),
    ("screening.cfg", '"forehead"); then = ("scale fluence 4/5")',
     '"forehead"); then = ("scale fluence 5/6")', doses, "pdl_595"),
    ("screening.cfg", "last_sun < 28 d", "last_sun < 29 d", single_answers, "pdl_595"),
    ("screening.cfg", "raise_skin_type 1", "raise_skin_type 2", single_answers, "pdl_595"),
    ("screening.cfg", 'pregnancy >= yes"); then = ("block")', 'pregnancy >= yes"); then = ("hold")',
     single_answers, "rf_fractional_bipolar"),
    ("screening.cfg", "since_ablative < 42 d", "since_ablative < 41 d", past_cases.days_before,
     "pdl_595"),
    ("screening.cfg", "since_same_class < 70 d", "since_same_class < 71 d", past_cases.days_before,
     "alexandrite_755_lp"),
    ("screening.cfg", "sessions_12_months > 7", "sessions_12_months > 6", past_cases.many_sessions,
     "qs_1064"),
    ("screening.cfg", "step fluence 5 J/cm2", "step fluence 5.000001 J/cm2", past_cases.doses_before,
     "ndyag_1064_lp"),
    ("screening.cfg", "step pulse_width 5 ms", "step pulse_width 5.000001 ms",
     past_cases.doses_before, "ndyag_1064_lp"),
    ("screening.cfg", "one_step fluence pulse_width", "note", past_cases.doses_before,
     "ndyag_1064_lp"),
    ("screening.cfg", "one_step fluence pulse_width", "one_step pulse_width fluence",
     past_cases.doses_before, "ndyag_1064_lp"),
    ("screening.cfg", "budget fluence 5/4 28 d", "budget fluence 5/4 29 d", past_cases.budgets,
     "rf_monopolar"),
    ("screening.cfg", "budget fluence 5/4 28 d", "budget fluence 1.250001/1 28 d", past_cases.budgets,
     "pdl_595"),
    ("screening.cfg", "tested fluence 6/5", "tested fluence 1.200001/1", past_cases.test_areas,
     "alexandrite_755_lp"),
    ("screening.cfg", "test_area_wait < 28 d", "test_area_wait < 27 d", past_cases.test_areas,
     "alexandrite_755_lp"),
    ("screening.cfg", '"first_session_four_fifths"; session = "treatment"',
     '"first_session_four_fifths"', past_cases.no_past, "pdl_595"),
)


class Oracle(unittest.TestCase):
    def compare(self, name, cases, adopted=DEFAULTS, library=PROFILES):
        safe = questions_without_rules()
        lines = [line(case, key, safe) for key, case in enumerate(cases)]
        _, answers, errors = judge(lines, library)
        self.assertEqual(len(answers), len(lines), errors)
        wrong = 0
        met = set()
        for case, asked, got in zip(cases, lines, answers):
            expected = predict(case, adopted)
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
        return self.compare(name, sampled([make(device_class) for device_class in CLASSES],
                                          MOST_LINES))

    def test_every_setting_at_both_sides_of_every_edge(self):
        met = self.product("settings", doses)
        for device_class, of in CLASSES.items():
            best = min((row.status for row in of.rows), key="ATMB".index, default=None)
            if best in ("A", "T"):
                self.assertIn((device_class, "ALLOWED", None), met)

    def test_every_answer(self):
        self.product("answers", single_answers)

    def test_every_pair_of_answers(self):
        self.product("pairs", pairs)

    def test_whole_patients(self):
        met = self.compare("patients", list(patients(8000)))
        kinds = {decides for _, _, decides in met}
        self.assertLessEqual(set(HOLDING) - {"one_step"}, kinds)  # that one wants a past

    def past(self, name, make):
        return self.compare(name, sampled([make(device_class) for device_class in CLASSES],
                                          MOST_LINES // 4))

    def test_days_before(self):
        self.past("days before", past_cases.days_before)
        self.past("many sessions", past_cases.many_sessions)
        self.past("no past, and none known", past_cases.no_past)

    def test_doses_before(self):
        met = self.past("doses before", past_cases.doses_before)
        self.assertIn(("alexandrite_755_lp", "HELD", "one_step"), met)
        self.past("budgets", past_cases.budgets)

    def test_test_areas(self):
        self.past("test areas", past_cases.test_areas)

    def test_whole_patients_with_a_past(self):
        met = self.compare("patients with a past", list(past_cases.patients_with_past(6000)))
        kinds = {decides for _, _, decides in met}
        self.assertLessEqual({"screening", "soft", None}, kinds)

    def test_what_the_director_decides(self):
        """Each option the other way round, and all: answers at both sides, and whole patients."""
        cases = sampled([concerned(device_class) for device_class in CLASSES], MOST_LINES // 8)
        cases += list(patients(1000)) + sampled([past_cases.many_sessions("qs_1064")], 600)
        cases += sampled([make(device_class) for make in (past_cases.no_past, past_cases.budgets)
                          for device_class in CLASSES], 600)
        ways = {name: DEFAULTS ^ {name} for name in OPTIONS}
        ways["all of them"] = frozenset(OPTIONS) - DEFAULTS
        for name, adopted in ways.items():
            with self.subTest(name):
                turned = sum(not same(predict(case), predict(case, adopted)) for case in cases)
                if name in OF_PEOPLE:
                    self.assertEqual(turned, 0)
                else:
                    self.assertGreater(turned, 20)  # else agreement would say nothing of it
                with decided(adopted) as library:
                    self.compare(f"option {name}, which turns {turned}", cases, adopted, library)

    def test_a_slip_in_the_library_is_found(self):
        """Else agreement would say nothing."""
        safe = questions_without_rules()
        for name, before, after, make, device_class in SLIPS:
            with self.subTest(name, after=after), tempfile.TemporaryDirectory() as folder:
                library = os.path.join(folder, "profiles")
                shutil.copytree(PROFILES, library)
                path = os.path.join(library, name)
                with open(path, encoding="utf-8") as f:
                    text = f.read()
                self.assertIn(before, text)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text.replace(before, after, 1))
                cases = sampled([make(device_class)], 2400)
                _, answers, errors = judge([line(case, key, safe) for key, case in enumerate(cases)],
                                           library)
                self.assertEqual(len(answers), len(cases), errors)
                self.assertFalse(all(agree(predict(case), got)
                                     for case, got in zip(cases, answers)))

    def test_the_questions_are_the_same(self):
        """What the oracle asks is asked; the rest is said, so that nobody believes it compared."""
        asked = {fact["name"] for fact in questions()}
        self.assertEqual(set(FACTS) - asked, set())
        if asked - set(FACTS):
            print("answered safely, not compared:", ", ".join(sorted(asked - set(FACTS))))


if __name__ == "__main__":
    unittest.main()
