"""dosegatectl library VERB: what a medical director reads, on the shipped library and on copies of
it with one line changed. The numbers are written by hand from the sources' tables."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from house import BUILD, PATIENCE, PROFILES

ALEX = "protocols/alexandrite_755_lp.cfg"
DONE, USAGE, WRONG, NOT_FOUND = 0, 2, 3, 5


class Library(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_ctl(self, code, *words, stdin=""):
        """Standard output and errors of dosegatectl library, without a gate."""
        done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "library", *words], input=stdin,
                              capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env={**os.environ, "DOSEGATE_SOCKET": "/nonexistent"})
        self.assertEqual(done.returncode, code, done.stdout[-800:] + done.stderr)
        return done.stdout, done.stderr

    def out(self, *words, **more):
        out, errors = self.run_ctl(DONE, *words, **more)
        self.assertEqual(errors, "")
        return out

    def changed(self, *changes):
        """A copy of the shipped library; a change is (file, pattern, instead), once each."""
        copy = tempfile.mkdtemp(dir=self.folder.name)
        for name in ("facts.cfg", "screening.cfg"):
            shutil.copy(os.path.join(PROFILES, name), copy)
        shutil.copytree(os.path.join(PROFILES, "protocols"), os.path.join(copy, "protocols"))
        for name, pattern, instead in changes:
            path = os.path.join(copy, name)
            with open(path, encoding="utf-8") as f:
                text, n = re.subn(pattern, instead, f.read(), count=1, flags=re.S)
            self.assertEqual(n, 1, pattern)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return copy

    def said(self, text, *parts):
        for part in parts:
            self.assertIn(part, text)


def alex_row(spot, skin, key, instead):
    """The change of one key of one row of the alexandrite."""
    row = rf'(\{{ id = "alex755_{spot}"; skin = \("{skin}"[^\n]*\n(?:(?!\n    \{{).)*?{key} = )"[^"]*"'
    return (ALEX, row, rf'\g<1>"{instead}"')


class Check(Library):
    def test_the_shipped_library(self):
        out = self.out("check", PROFILES)
        self.said(out, "nothing to complain of", "alexandrite_755_lp",
                  "30 rows; best status of types I to VI: A A T T M B", "source keys (", "CAN13",
                  "P, primary source read:", "R, recalled: not to be used: 0 rows, 0 rules, 0 questions")
        self.assertNotIn("alexandrite_755_lp for", out)

    def test_what_is_wrong_is_all_said(self):
        wrong = self.changed(alex_row("18mm", "IV", "fluence", "8..20 J/cm2"),
                             alex_row("15mm", "V", "fluence", "10..21 J/cm2"))
        out, errors = self.run_ctl(NOT_FOUND, "check", wrong)
        self.assertEqual(out, "")
        self.said(errors, "alex755_18mm_III", "alex755_18mm_IV", "alex755_15mm_V", "alexandrite_755_lp.cfg:",
                  "fluence: the darker skin type has a higher ceiling",
                  "this library is refused")
        _, errors = self.run_ctl(NOT_FOUND, "check", "/nonexistent")
        self.said(errors, "/nonexistent/facts.cfg", "has no folder protocols")

    def test_a_type_without_a_row_is_told(self):
        out = self.out("check", self.changed(
            ("protocols/rf_monopolar.cfg", r'"std_1_0_cm2".*', '"std_1_0_cm2"); tip_area = "1 cm2"; };'
             ' limits = { fluence = "81..124 J/cm2"; };'
             ' source = "WEISS06"; confidence = "P"; } );\n};\n'),
            ("protocols/rf_monopolar.cfg", r'"I", "II", "III", "IV", "V", "VI"', '"I", "II", "III"')))
        self.said(out, "3 rows; best status of types I to VI: A A A - - -",
                  "type IV has no row for skin_tightening (every site): no session starts",
                  "type VI has no row")

    def test_a_class_without_rows_says_why(self):
        out = self.out("check", self.changed(
            ("protocols/rf_monopolar.cfg", r"rows = \(.*\);\n\};", "closed = \"Closed until the director confirms a tip.\";\n  rows = ();\n};")))
        self.said(out, "closed: its protocol has no row, so no session starts",
                  "why: Closed until the director confirms a tip.")

    def test_the_command_line(self):
        _, errors = self.run_ctl(USAGE, "check")
        self.said(errors, "library check wants DIR")
        _, errors = self.run_ctl(USAGE, "chek", PROFILES)
        self.said(errors, "library wants one of: check")


if __name__ == "__main__":
    unittest.main()
