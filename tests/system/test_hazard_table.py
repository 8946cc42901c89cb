"""tests/hazards.py: the table is whole; and what it would say if it were not."""
import os
import re
import subprocess
import sys
import unittest

from house import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests"))
import hazards  # noqa: E402  pylint: disable=wrong-import-position

GOOD = """
H01 wire: one
  control it is judged | daemon/core/verdict.c verdict_judge
    system test_judged.Limits.test_both_sides_of_the_ceiling
    system test_serial.Misbehaving.test_silence
    unit test_verdict "the ceiling itself passes"
    unit test_verdict a_grant_fits_exactly
    unit test_ledger the_queue_is_bounded
    fuzz fuzz_pdu
    floors no mutable data in core
H02 people: two
  control it is seen | daemon/house/heard.c
    unit test_event armed_is_never_milder
  open the other half of it
H03 program: three
  open all of it
"""
CEILING = "    system test_judged.Limits.test_both_sides_of_the_ceiling\n    system test_serial.Misbehaving.test_silence\n"


def run(*words):
    done = subprocess.run([sys.executable, os.path.join("tests", "hazards.py"), *words], capture_output=True,
                          text=True, cwd=ROOT, check=False)
    return done.returncode, done.stdout, done.stderr


class Shipped(unittest.TestCase):
    def test_every_hazard_has_a_control_and_a_test_or_is_declared_open(self):
        self.assertEqual(run("--check"), (0, "", ""))

    def test_it_is_printed_with_what_is_open(self):
        code, said, _ = run()
        self.assertEqual(code, 0)
        rows = re.findall(r"(?m)^\| ([HW]\d\d) \| (.+) \| (.+) \| (.*) \|$", said)
        self.assertEqual(len(rows), 56 + 44)
        left = re.findall(r"(?m)^- ([HW]\d\d): ", said)
        self.assertEqual(left, [id_ for id_, _, controls, _ in rows for _ in re.findall(r"\*\*open:\*\*", controls)])
        self.assertIn(f", {len(left)} open:", said)
        tests = dict((id_, tests) for id_, _, _, tests in rows)
        self.assertIn("`preset spot-after-fluence`", tests["H02"])  # named in the scenario
        self.assertIn("`system test_hazards.Hung.test_h14_a_stop_is_never_too_old`", tests["H14"])  # by its name
        self.assertIn("`unit test_verdict a_grant_opens_no_hard_limit`", tests["H22"])  # in the table

    def test_one_of_them(self):
        code, said, _ = run("H02", "W41")
        self.assertEqual((code, re.findall(r"(?m)^\| ([HW]\d\d) ", said)), (0, ["H02", "W41"]))
        code, _, said = run("H99")
        self.assertEqual((code, said), (1, "usage: hazards.py [--check] [H01...]: H99 is no hazard\n"))


class Wrong(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = hazards.House()

    def setUp(self):
        self.house.presets, self.house.named = {}, {}

    def says(self, text, *sentences):
        self.assertEqual([re.sub(r"^tests/hazards.txt:\d+: ", "", words) for words in
                          hazards.complaints(hazards.Table(text), self.house)], list(sentences))

    def changed(self, old, new, *sentences):
        self.assertIn(old, GOOD)
        self.says(GOOD.replace(old, new, 1), *sentences)

    def test_nothing(self):
        self.says(GOOD)

    def test_a_control_without_a_test(self):
        self.changed("    unit test_event armed_is_never_milder\n", "", 'H02: no test of "it is seen"')

    def test_a_test_that_is_not_there(self):
        for old, new in (("test_judged.Limits.test_both_sides_of_the_ceiling", "test_judged.Limits.test_both_sides"),
                         ("test_judged.Limits.test_both_sides_of_the_ceiling",
                          "test_judged.Armed.test_both_sides_of_the_ceiling"),
                         ("test_judged.Limits.test_both_sides_of_the_ceiling", "test_jugded.Limits.test_both_sides"),
                         ("test_judged.Limits.test_both_sides_of_the_ceiling", "house.Case.sim"),
                         ("test_judged.Limits.test_both_sides_of_the_ceiling", "test_judged"),
                         ("test_serial.Misbehaving.test_silence", "test_serial.OnALine.test_silence"),
                         ('"the ceiling itself passes"', '"the ceiling itself"'),
                         ("a_grant_fits_exactly", "a_grant_fits"), ("a_grant_fits_exactly", "waiver_of"),
                         ("test_event armed_is_never_milder", "test_events armed_is_never_milder"),
                         ("fuzz_pdu", "fuzz_udp"), ("no mutable data in core", "core is empty")):
            with self.subTest(new):
                kind = next(line.split()[0] for line in GOOD.splitlines() if old in line)
                name = next(line.split(None, 1)[1] for line in GOOD.replace(old, new, 1).splitlines() if new in line)
                self.changed(old, new, f"H0{2 if 'event' in old else 1}: there is no test {kind} {name}")

    def test_a_control_that_is_not_there(self):
        self.changed("verdict_judge\n", "verdict_jugde\n", "H01: there is no daemon/core/verdict.c verdict_jugde")
        self.changed("daemon/house/heard.c", "daemon/house/herd.c", "H02: there is no daemon/house/herd.c")

    def test_neither_control_nor_declared(self):
        self.changed("  open all of it\n", "", "H03: no control, and not declared open")

    def test_declared_open_and_meanwhile_there_is_one(self):
        self.house.presets = {"arm-race": ["H03"]}
        self.says(GOOD, "H03: declared open, and meanwhile there is preset arm-race")
        self.house.presets, self.house.named = {}, {"H03": ["test_x.X.test_h03_it_is_closed"]}
        self.says(GOOD, "H03: declared open, and meanwhile there is system test_x.X.test_h03_it_is_closed")

    def test_a_test_below_what_is_declared_open(self):
        self.changed("  open all of it\n", "  open all of it\n    fuzz fuzz_pdu\n",
                     "H03 has a test below what is declared open: fuzz fuzz_pdu; make it a control")

    def test_wire_device_and_time_want_a_scenario(self):
        self.changed(CEILING, "", "H01: concerns the wire, and no scenario shows it")
        self.house.presets = {"arm-race": ["H01"]}
        self.says(GOOD.replace(CEILING, ""))

    def test_a_scenario_of_a_hazard_that_is_none(self):
        self.house.presets, self.house.named = {"arm-race": ["H09"]}, {"W09": ["test_x.X.test_w09_y"]}
        self.says(GOOD, "preset arm-race is a scenario of H09, which is no hazard",
                  "test_x.X.test_w09_y is named after W09, which is no hazard")

    def test_ids_run_without_a_gap(self):
        for old, new, at in (("H02", "H04", "H04"), ("H03", "H02", "H02")):
            self.changed(old + " ", new + " ", f"the ids are not H01 to H03, each once and in order: {at}")

    def test_what_is_not_understood(self):
        for line in ("H4 wire: four", "  control it is judged", "  contrl it | x", "    unti test_x y", "H04 wire four"):
            with self.subTest(line):
                self.says(GOOD + line + "\n", "not understood: " + line.strip())
        self.changed("H02 people", "H02 pepole",
                     'H02: "pepole" is none of wire, device, time, people, records, program')


if __name__ == "__main__":
    unittest.main()
