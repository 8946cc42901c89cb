"""What a session may take in all: a library whose rule says so, counted by the device. 12 J/cm2 on
a spot of 18 mm is 30.536281 J a pulse."""
import json
import unittest

from house import Refused, exception_of
from life import library_in
from test_judged import ARM, FLUENCE, STOP, Judged


class Budget(Judged):
    effects = '"pulses 3"'

    def house(self, devices, **kw):
        rule = (',\n  { id = "session_total"; session = "treatment"; then = (' + self.effects +
                '); reason = "R."; source = "OPT58"; confidence = "X"; }\n);\n')
        folder = library_in(self.library() + "-with-a-budget", ("screening.cfg", r"\n\);\s*$", rule))
        return super().house(devices, library=folder, **kw)

    def setUp(self):
        super().setUp()
        self.session_shown = self.open()
        self.assertIsNone(self.set(FLUENCE, 120))

    def arm(self):
        return exception_of(self.console.coil(1, ARM, True))

    def emitted(self):
        return json.loads(self.device.tell("emitted"))["pulses"]

    def fire_until_stopped(self):
        """With the pedal down; how many pulses left the aperture."""
        before = self.emitted()
        self.assertIsNone(self.arm())
        self.until_state("armed")
        self.device.tell("pedal down")
        self.until_state("standby")
        self.device.tell("pedal up")
        return self.emitted() - before

    def session_now(self):
        return self.status.call("session.show", device="alex")


class Pulses(Budget):
    def test_with_its_last_pulse_the_device_is_stopped_and_the_session_stays(self):
        self.assertEqual(self.session_shown["pulses_left"], 3)
        self.assertEqual(self.fire_until_stopped(), 3)
        session = self.session_now()
        self.assertEqual((session["state"], session["pulses_left"]), ("open", 0))
        self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])  # nothing is wrong
        _, out, _ = self.gate.ctl("session", "show", "alex")
        self.assertIn("0 pulses left of this session's budget", out)

    def test_then_neither_armed_nor_set(self):
        self.fire_until_stopped()
        self.assertEqual(self.arm(), 3)
        self.assertEqual(self.last()["reasons"][0]["check"], "session_budget")
        self.assertEqual(self.set(FLUENCE, 110), 3)
        self.assertEqual(self.last()["reasons"][0]["text"],
                         "with one pulse more this session has had 4 pulses, and it may have 3 pulses (session_total)")

    def test_a_physician_lifts_it_for_so_many_pulses(self):
        self.fire_until_stopped()
        self.assertEqual(self.set(FLUENCE, 120), 3)
        with self.assertRaises(Refused) as no:
            self.approve()
        self.assertIn("say for how many pulses", str(no.exception))
        self.approve(pulses=2)
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertEqual(self.fire_until_stopped(), 2)
        self.assertEqual(self.arm(), 3)

    def test_pulses_of_an_earlier_arming_count(self):
        self.assertIsNone(self.arm())
        self.until_state("armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["pulses"] == 1, self.status)
        self.device.tell("pedal up")
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.until_state("standby")
        self.assertEqual(self.fire_until_stopped() + 1, 3)

    def test_a_new_session_begins_anew(self):
        self.fire_until_stopped()
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.assertEqual(self.open(patient="P-2")["pulses_left"], 3)
        self.assertIsNone(self.arm())


class Energy(Budget):
    effects = '"total energy 62 J"'  # two pulses, not three

    def test_the_pulse_that_would_pass_it_does_not_come(self):
        self.assertEqual(self.session_shown["energy_left"], "62 J")
        self.assertEqual(self.fire_until_stopped(), 2)
        self.assertEqual(self.session_now()["energy_left"], "0.927438 J")  # 62 - 2 x 30.536281
        self.assertEqual(self.arm(), 3)
        self.assertIn("91.608843 J, and it may have 62 J", self.last()["reasons"][0]["text"])


if __name__ == "__main__":
    unittest.main()
