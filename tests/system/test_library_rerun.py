"""Before a library is activated: what of the past would come out otherwise, who did what, copies. The
numbers are written by hand: at 18 mm type III goes to 16 J/cm2, type II to 20."""
import base64
import json
import os
import re
import subprocess
import unittest

from house import Refused, exception_of
from life import ALEX, DEVICE, DONE, FLUENCE, NARROWER, NOT_FOUND, OLDER, USAGE, WHO, Life


class Looking(Life):
    def treat(self):
        """Three sessions, four settings: of type III 12, 15 and 18 J/cm2 at 18 mm, of type II 18."""
        self.open("P-3001", "III")
        self.assertEqual([self.set(FLUENCE, tenths) for tenths in (120, 150, 180)], [None, None, 3])
        self.end()
        self.open("P-2001", "II")
        self.assertIsNone(self.set(FLUENCE, 180))
        self.end()
        self.refused(-32003, "screening of this patient says no",
                     what=lambda: self.open("P-9001", "II", pregnancy="yes"))

    def rerun(self, hash_, *more):
        return json.loads(self.ctl(DONE, "--json", "library", "rerun", hash_, *more, person="phil"))

    def test_a_narrower_ceiling_changes_one_setting(self):
        first = self.begin()
        self.treat()
        second = self.propose(self.library("second", NARROWER))
        told = self.rerun(second[:12])
        self.assertEqual((told["in_use"], told["proposed"]), (first, second))
        self.assertEqual(told["counts"], {"days": 90, "sessions": 3, "sessions_changed": 0, "settings": 4,
                                          "settings_changed": 1, "not_compared": 0})
        [change] = told["changes"]
        self.assertEqual((change["patient"], change["device"], change["before"]["verdict"],
                          change["after"]["verdict"], change["after"]["by"]),
                         ("P-3001", "alex", "ALLOWED", "HELD", "alex755_18mm_III"))
        self.assertIn("fluence 15 J/cm2", change["what"])
        self.assertIn("15 J/cm2 is above 14 J/cm2", change["after"]["text"])

    def test_a_stricter_rule_changes_sessions(self):
        self.begin()
        self.treat()
        told = self.rerun(self.propose(self.library("second", OLDER)))
        self.assertEqual((told["counts"]["sessions"], told["counts"]["sessions_changed"],
                          told["counts"]["settings_changed"]), (3, 2, 0))
        self.assertEqual([(c["patient"], c["before"]["verdict"], c["after"]["verdict"], c["after"]["by"])
                          for c in told["changes"]],
                         [("P-3001", "ALLOWED", "HELD", "age_over_75"), ("P-2001", "ALLOWED", "HELD", "age_over_75")])

    def test_a_block_reaches_what_was_set_too(self):
        self.begin()
        self.treat()
        told = self.rerun(self.propose(self.library(
            "second", ("screening.cfg", r'"age_over_75"; when = \("age > 75"\); then = \("hold"\)',
                       '"age_over_75"; when = ("age > 30"); then = ("block")'))))
        self.assertEqual((told["counts"]["sessions_changed"], told["counts"]["settings_changed"]), (2, 4))
        self.assertEqual({(c["after"]["verdict"], c["after"]["by"]) for c in told["changes"]},
                         {("BLOCKED", "age_over_75")})

    def test_what_the_device_may_be_told_counts(self):
        self.begin()
        self.treat()
        told = self.rerun(self.propose(self.library("second", (DEVICE, 'hard = "1..60 J/cm2"', 'hard = "1..17 J/cm2"'))))
        self.assertEqual([(c["patient"], c["before"]["verdict"], c["after"]["verdict"], c["after"]["by"])
                          for c in told["changes"]],
                         [("P-3001", "HELD", "BLOCKED", "device_range"),
                          ("P-2001", "ALLOWED", "BLOCKED", "device_range")])

    def test_what_opens_is_told_as_what_closes(self):
        self.begin(NARROWER)
        self.open("P-3001", "III")
        self.assertEqual(self.set(FLUENCE, 150), 3)
        told = self.rerun(self.propose(self.library("second")))
        [change] = told["changes"]
        self.assertEqual((change["before"]["verdict"], change["before"]["by"], change["after"]["verdict"]),
                         ("HELD", "alex755_18mm_III", "ALLOWED"))

    def test_the_same_library_in_other_words_changes_nothing(self):
        self.begin()
        self.treat()
        told = self.rerun(self.propose(self.library("second", ("screening.cfg", "the skin may be fragile", "skin may tear"))))
        self.assertEqual((told["counts"]["sessions"], told["counts"]["settings"], told["changes"]), (3, 4, []))

    def test_the_past_of_a_patient_counts_as_it_did(self):
        """A session makes the next one a second one: the rule on the interval speaks in both libraries,
        and in the proposed one the interval is longer by nothing."""
        self.begin()
        self.open("P-3001", "III")
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertIsNone(exception_of(self.raw(self.gate).coil(1, 0, True)))
        self.gate.until(lambda d: d["alex"]["state"] == "armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["pulses"] > 0)
        self.device.tell("pedal up")
        self.status.call("stop", device="alex")
        self.gate.until(lambda d: d["alex"]["state"] == "standby")
        self.end()
        second = None
        try:
            second = self.open("P-3001", "III")["state"]
        except Refused as no:
            second = no.data["verdict"]
        self.assertIn(second, ("waiting", "BLOCKED"))  # treated today already
        told = self.rerun(self.propose(self.library("second", ("screening.cfg", "age > 75", "age > 76"))))
        self.assertEqual((told["counts"]["sessions"], told["changes"]), (2, []))

    def test_for_people_and_since_when(self):
        self.begin()
        self.treat()
        second = self.propose(self.library("second", NARROWER))
        out = re.sub(r"\s+", " ", self.ctl(DONE, "library", "rerun", second, "--since", "1", person="dora"))
        self.assertRegex(out, r"P-3001 alex .*fluence 15 J/cm2.*ALLOWED -> HELD alex755_18mm_III: ")
        self.assertIn("1 days: 3 sessions, of which 0 would begin otherwise; 4 settings judged, of which 1 would be "
                      "judged otherwise", out)
        self.assertIn("--since wants a number", self.ctl(USAGE, "library", "rerun", second, "--since", "x", person="dora"))

    def test_patients_are_in_it_so_it_wants_a_login(self):
        self.begin()
        second = self.propose(self.library("second", NARROWER))
        self.ctl(WHO, "library", "rerun", second)
        self.assertIn("may not look at a patient's history", self.ctl(WHO, "library", "rerun", second, person="egon"))

    def test_with_none_in_use_there_is_nothing_to_compare(self):
        second = self.propose(self.library("second"))
        self.assertIn("nothing to compare with", self.ctl(NOT_FOUND, "library", "rerun", second, person="phil"))

    def test_activating_shows_the_counts_first_and_they_are_recorded(self):
        self.begin()
        self.treat()
        second = self.propose(self.library("second", NARROWER), note="16 becomes 14")
        out = self.ctl(DONE, "library", "activate", second[:8], "--reason", "manual rev D", person="dora",
                       otp=True)
        flat = re.sub(r"\s+", " ", out)
        self.assertLess(flat.index("4 settings judged, of which 1 would be judged otherwise"),
                        flat.index("I activate this library"))
        self.assertIn("proposed by Egon on", flat)
        self.assertIn(f"library {second[:16]} is in use", flat)
        row = self.rows("activated")[-1]
        self.assertEqual((row["reason"], row["rerun"]["settings_changed"], row["rerun"]["sessions"]),
                         ("manual rev D", 1, 3))

    def test_history_says_who_did_what_when_and_why_also_after_a_restart(self):
        first = self.begin()
        second = self.propose(self.library("second", NARROWER), "phil", note="16 becomes 14")
        self.activate(second, reason="manual rev D")
        before = self.ctl(DONE, "library", "history")
        flat = re.sub(r"\s+", " ", before)
        for part in (f"proposed library {first[:16]} proposed by Egon: as read",
                     f"activated library {first[:16]} activated by Dr. Dora Dean (proposed by Egon): read and compared",
                     f"in use library {first[:16]} is in use",
                     f"proposed library {second[:16]} proposed by Phil: 16 becomes 14",
                     f"activated library {second[:16]} activated by Dr. Dora Dean (proposed by Phil): manual rev D"):
            self.assertIn(part, flat)
        self.restart()
        self.assertEqual(self.ctl(DONE, "library", "history"), before)
        listed = re.sub(r"\s+", " ", self.ctl(DONE, "library", "list"))
        self.assertRegex(listed, rf"{second[:16]} .{{19}} proposed by Phil: 16 becomes 14 \[IN USE\]")
        self.assertIn("activated by Dr. Dora Dean: manual rev D", listed)
        rows = json.loads(self.ctl(DONE, "--json", "library", "history"))["rows"]
        self.assertEqual([r["body"]["event"] for r in rows],
                         ["proposed", "stored", "activated", "in use"] * 2)

    def test_a_library_of_the_store_is_read_like_a_folder(self):
        first = self.begin()
        second = self.propose(self.library("second", NARROWER))
        pages = os.path.join(self.folder, "pages")
        self.ctl(DONE, "library", "pages", first[:8], "--out", pages)
        for name in ("index.md", "alexandrite_755_lp.md"):
            with open(os.path.join(pages, name), encoding="utf-8") as f:
                text = re.sub(r"\s+", " ", f.read())
            self.assertIn("the gate's store (proposed by Egon on 20", text)
            self.assertIn(", in use, activated by Dr. Dora Dean on 20", text)
            self.assertNotIn("DEMO", text)
        self.assertIn("proposed by Egon", self.ctl(DONE, "library", "show", "ipl", "--library", second[:8]))
        self.assertIn("fluence ceiling 16 J/cm2 becomes 14 J/cm2 (narrower)",
                      re.sub(r"\s+", " ", self.ctl(DONE, "library", "diff", first[:8], second[:8])))
        self.assertIn("library list", self.ctl(NOT_FOUND, "library", "show", "ipl", "--library", "0" * 8))
        self.assertEqual([name for name in os.listdir(os.environ.get("TMPDIR", "/tmp"))
                          if name.startswith("dosegate-library.")], [])

    def test_a_copy_to_edit(self):
        first = self.begin()
        folder = os.path.join(self.folder, "copy")
        self.assertIn("library propose", self.ctl(DONE, "library", "copy", first[:8], "--out", folder))
        same = subprocess.run(["diff", "-r", folder, self.stored(first)], capture_output=True, text=True, check=False)
        self.assertEqual((same.returncode, same.stdout), (0, ""))
        self.assertIn("is not empty", self.ctl(USAGE, "library", "copy", first, "--out", folder))
        self.assertIn("library list", self.ctl(NOT_FOUND, "library", "copy", "0123456789", "--out", folder + "2"))
        path = os.path.join(folder, ALEX)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(NARROWER[1], NARROWER[2], text, flags=re.S))
        self.assertNotEqual(self.propose(folder), first)
        self.assertEqual(self.in_use()["hash"], first)

    def test_long_answers_come_in_parts(self):
        first = self.begin()
        client = self.client(self.gate)
        with open(self.stored(first, "screening.cfg"), "rb") as f:
            whole = f.read()
        got, next_ = b"", 0
        while next_ < len(whole):
            part = client.call("library.file", hash=first[:8], name="screening.cfg", offset=next_)
            self.assertEqual(part["size"], len(whole))
            got += base64.b64decode(part["base64"])
            next_ = part["next"]
        self.assertEqual(got, whole)
        self.assertGreater(len(whole), 32768)
        self.refused(-32004, "has no file", what=lambda: client.call("library.file", hash=first[:8], name="../x"))
        self.refused(-32602, what=lambda: client.call("library.file", hash=first[:8], name="facts.cfg", offset=-1))
        self.refused(-32004, what=lambda: client.call("library.files", hash="active"))
        director = self.client(self.gate, "dora")
        page = director.call("ledger.rows", after=0, kinds=["library"])
        self.assertEqual({row["kind"] for row in page["rows"]}, {"library"})
        self.assertFalse(page["more"])
        self.refused(-32602, what=lambda: director.call("ledger.rows", after=-1))
        self.refused(-32001, what=lambda: client.call("ledger.rows", after=0))


if __name__ == "__main__":
    unittest.main()
