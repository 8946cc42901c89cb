"""The quality report, of a morning at a real gate: what was refused, held, decided, nearly wrong."""
import json
import unittest

from house import Refused, secret_of
from test_judged import FLUENCE, Judged


class Report(Judged):
    def morning(self):
        with self.assertRaises(Refused):
            self.open(pregnancy="yes")
        self.open()
        self.assertIsNone(self.set(FLUENCE, 160))
        self.assertIsNone(self.set(FLUENCE, 200))  # the ceiling
        self.assertEqual(self.set(FLUENCE, 220), 3)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 220))
        self.assertEqual(self.set(FLUENCE, 230), 3)
        self.deny()

    def deny(self):
        hold = self.hold()
        self.client(self.gate, "phil").call("hold.deny", hold=hold["id"], version=hold["version"], digest=hold["digest"],
                                            secret=secret_of("phil"), reason_code="clinical_judgement",
                                            reason_text="enough")

    def report(self, *more, code=0):
        done, out, errors = self.gate.ctl("report", *more, person="dora")
        self.assertEqual(done, code, errors)
        return out

    def test_it_counts_what_happened(self):
        self.morning()
        report = json.loads(self.report("--json"))
        self.assertEqual(report["sessions"], {"open": 1, "waited": 0, "refused": 1, "test_areas": 0})
        self.assertEqual(report["writes"], {"allowed": 3, "by_grant": 1, "held": 2, "blocked": 0})
        holds = report["holds"]
        self.assertEqual((holds["opened"], holds["approved"], holds["denied"]), (2, 1, 1))
        self.assertEqual(holds["decide_s"]["count"], 2)
        rules = {r["id"]: r for r in report["rules"]}
        self.assertEqual(rules["pregnancy"]["blocked"], 1)
        held = [r for r in report["rules"] if r["held"]]
        self.assertEqual([(r["held"], r["approved"], r["denied"]) for r in held], [(2, 1, 1)])
        phil = report["physicians"][0]
        self.assertEqual((phil["person"], phil["approved"], phil["denied"], phil["quick"]), ("phil", 1, 1, 2))
        self.assertEqual(report["near_misses"]["counts"]["screening"], 1)
        self.assertEqual(len(report["days"]), 1)

    def test_people_read_it(self):
        self.morning()
        out = self.report("--often", "0")
        self.assertIn("1 began, 0 waited for a physician, 1 refused", out)
        self.assertIn("2 opened, 1 approved, 1 denied", out)
        self.assertRegex(out, r"pregnancy +0 +1 +0 +0\n")
        self.assertRegex(out, r" +2 +0 +1 +1  <- look at it\n")  # more often than 0
        self.assertRegex(out, r"Phil +1 +1 +2\n")
        self.assertIn("alex: Pregnant, or not known", out)

    def test_whoever_may_not_look_is_refused(self):
        done, _, errors = self.gate.ctl("report", person="egon")
        self.assertEqual(done, 4, errors)

    def test_wrong_numbers(self):
        for option, text in (("--since", "0"), ("--since", "x"), ("--often", "-1")):
            self.report(option, text, code=2)


if __name__ == "__main__":
    unittest.main()
