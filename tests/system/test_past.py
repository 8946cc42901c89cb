"""What the gate knows of past treatments: from its own ledger, and from what people tell of
treatments elsewhere. The days are written by hand (755 nm: CAN13; other energy: OPT58)."""
import csv
import io
import json
import signal
import unittest

from house import TESTED, WELL, Raw, Refused, exception_of, past, test_area, treated
from test_judged import ARM, FLUENCE, STOP, Judged

ALEX = "alexandrite_755_lp"
YAG = "ndyag_1064_lp"
CO2 = "co2_fractional"
DEVICE = "alexandrite_755.cfg"


class Past(Judged):
    def start(self, elsewhere, patient="P-1", site="axilla", device="alex", **facts):
        return self.session(self.gate, device, site=site, patient=patient, elsewhere=elsewhere, **facts)

    def refused(self, *args, **kw):
        """The ids of what blocks."""
        with self.assertRaises(Refused) as no:
            self.start(*args, **kw)
        return [r["id"] for r in no.exception.data["reasons"] if r["kind"] == "BLOCKED"]

    def ceiling(self, session, spot="18 mm"):
        row = next(c for c in session["limits"] if c["select"]["spot"] == spot)
        return next(limit["allowed"] for limit in row["limits"] if limit["parameter"] == "fluence")

    def rows(self, patient="P-1"):
        phil = self.client(self.gate, "phil")
        return [r["body"] for r in phil.call("patient.history", patient=patient)["rows"]
                if r["kind"] == "treatment"]

    def treat(self, pulses=True):
        """Sets 12 J/cm2, arms, fires or not, stops and ends the session."""
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        if pulses:
            self.device.tell("pedal down")
            self.gate.until(lambda d: d["alex"]["pulses"] > 0, self.status)
            self.device.tell("pedal up")
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.until_state("standby")
        self.client(self.gate, "olga").call("session.end", device="alex")


class Told(Past):
    def test_what_nobody_told_is_not_known_and_counts_as_the_riskiest(self):
        olga = self.client(self.gate, "olga")
        with self.assertRaises(Refused) as no:
            olga.call("session.start", device="alex", patient="P-1", indication="hair_removal",
                      site="axilla", facts=WELL)
        blocks = [r["id"] for r in no.exception.data["reasons"] if r["kind"] == "BLOCKED"]
        self.assertEqual(blocks, ["other_energy_14_days", "after_ablative_42_days", "interval_755"])

    def test_a_patient_never_treated_gets_four_fifths(self):
        self.assertEqual(self.ceiling(self.start([])), "14..16 J/cm2")  # of 20, type II at 18 mm

    def test_a_patient_treated_before_gets_the_ceiling(self):
        self.assertEqual(self.ceiling(self.start([treated(ALEX, "back", 900)])), "14..20 J/cm2")

    def test_intervals_count_what_was_done_elsewhere(self):
        before = [treated(ALEX, "back", 900)]
        self.assertIn("interval_755", self.refused(before + [treated(ALEX, "axilla", 27)]))
        last = treated(ALEX, "axilla", 42, settings=TESTED[ALEX])
        session = self.start(before + [last], patient="P-2")
        self.assertEqual(session["state"], "open")
        self.assertEqual({f["name"]: f["answer"] for f in session["facts"]}["since_same_class"],
                         "42 days")

    def test_the_next_session_is_one_step_from_the_last(self):
        """12 J/cm2 last time: 17 now. Where nobody knows with what, a physician looks first."""
        last = {**TESTED[ALEX], "fluence": "12 J/cm2"}
        session = self.start([treated(ALEX, "axilla", 60, settings=last)])
        self.assertEqual((session["state"], self.ceiling(session)), ("open", "14..17 J/cm2"))
        session = self.start([treated(ALEX, "axilla", 60)], patient="P-2")
        self.assertEqual(session["state"], "waiting")
        self.assertEqual([r["id"] for r in session["screening"] if r["kind"] == "HELD"],
                         ["step_long_pulsed", "one_step_long_pulsed"])

    def test_other_energy_and_ablation_elsewhere(self):
        before = [treated(ALEX, "back", 900)]
        self.assertEqual(self.refused(before + [treated(YAG, "axilla", 13)]), ["other_energy_14_days"])
        self.assertEqual(self.refused(before + [treated(CO2, "axilla", 41)], patient="P-2"),
                         ["after_ablative_42_days"])

    def test_a_class_nobody_knows_counts_as_ablative_and_an_unknown_site_as_this_one(self):
        before = [treated(ALEX, "back", 900)]
        self.assertEqual(self.refused(before + [treated("unknown", "unknown", 41)]),
                         ["after_ablative_42_days"])

    def test_what_was_told_once_is_known_and_told_again_is_not_counted_twice(self):
        told = [treated(ALEX, "back", 900), treated(YAG, "axilla", 13)]
        self.assertEqual(self.refused(told), ["other_energy_14_days"])
        self.assertEqual(self.refused(told), ["other_energy_14_days"])
        self.assertEqual(self.refused([]), ["other_energy_14_days"])
        self.assertEqual([(r["event"], r["device_class"]) for r in self.rows()],
                         [("elsewhere", ALEX), ("elsewhere", YAG)])

    def test_another_patients_past_is_not_this_ones(self):
        self.refused([treated(YAG, "axilla", 1)], patient="P-2")
        self.assertEqual(self.start([treated(ALEX, "back", 900)])["state"], "open")

    def test_slips_are_said_and_nothing_is_recorded(self):
        area = {"kind": "test_spot", "read_days_ago": 3, "result": "clear"}
        for told, words in (
                ("none", "a list of treatments"),
                ([5], "this is an object"),
                ([treated("alexandrit", "axilla", 3)], 'device_class "alexandrit" is not one of'),
                ([treated(ALEX, "armpit", 3)], 'site "armpit" is not one of'),
                ([treated(ALEX, "axilla", -1)], "a whole number of days"),
                ([treated(ALEX, "axilla", "3 d")], "a whole number of days"),
                ([{"device_class": ALEX, "site": "axilla"}], "when was it?"),
                ([treated(ALEX, "axilla", 3, date="2020-01-01")], "give one of them"),
                ([{"device_class": ALEX, "site": "axilla", "date": "2020-02-30"}], "is a date"),
                ([{"device_class": ALEX, "site": "axilla", "date": "2999-01-01"}], "in the future"),
                ([treated(ALEX, "axilla", 3, kind="peel")], "kind is"),
                ([treated(ALEX, "axilla", 3, dose=1)], 'no key "dose"'),
                ([treated(ALEX, "axilla", 3, settings={"fluence": "12"})], "elsewhere 1: settings"),
                ([treated(ALEX, "axilla", 3, settings={"fluence": "12 J/cm2", "energy": "100 J",
                                                       "spot": "18 mm"})], "contradict each other"),
                ([treated(ALEX, "axilla", 3, result="clear")], "only a test_spot is read"),
                ([treated(ALEX, "axilla", 2, **area)], "read before it was made"),
                ([treated(ALEX, "axilla", 9, kind="test_spot", result="clear")], "has both")):
            with self.subTest(words), self.assertRaises(Refused) as no:
                self.start(told)
            self.assertIn(words, no.exception.message)
        self.assertEqual(self.rows(), [])


class Treated(Past):
    def test_a_treatment_here_is_known_at_the_next_session(self):
        self.start(past(ALEX, "axilla"))
        self.treat()
        self.assertEqual(self.refused([]), ["interval_755"])
        begins, ended = [r for r in self.rows() if r["event"] != "elsewhere"]
        self.assertEqual((begins["event"], begins["kind"], begins["settings"]["fluence"]),
                         ("begins", "treatment", "12 J/cm2"))
        self.assertEqual((ended["event"], ended["fired"]), ("ended", True))
        self.assertGreater(ended["pulses"], 0)

    def test_another_site_is_not_held_for_it(self):
        self.start(past(ALEX, "axilla"))
        self.treat()
        self.assertEqual(self.start([], site="thigh")["state"], "open")

    def test_armed_without_a_pulse_is_no_treatment(self):
        self.start(past(ALEX, "axilla"))
        self.treat(pulses=False)
        self.assertEqual(self.start([])["state"], "open")
        self.assertEqual([r.get("fired") for r in self.rows() if r["event"] == "ended"], [False])

    def test_a_session_in_which_nothing_was_armed_is_no_treatment(self):
        self.start(past(ALEX, "axilla"))
        self.assertIsNone(self.set(FLUENCE, 120))
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.assertEqual(self.start([])["state"], "open")
        self.assertEqual([r for r in self.rows() if r["event"] != "elsewhere"], [])

    def test_a_gate_cut_off_while_armed_counts_it_as_a_treatment(self):
        self.start(past(ALEX, "axilla"))
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.gate.gate.end(signal.SIGKILL)
        self.gate.start()
        self.gate.until_heard("alex")
        self.assertEqual(self.refused([]), ["interval_755"])

    def test_armed_at_the_devices_own_panel_is_a_treatment_too(self):
        self.start(past(ALEX, "axilla"))
        self.assertIsNone(self.set(FLUENCE, 120))
        panel = Raw(self.device.port)
        self.addCleanup(panel.close)
        self.assertIsNone(exception_of(panel.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["pulses"] > 0, self.status)
        self.device.tell("pedal up")
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.assertEqual(self.refused([]), ["interval_755"])

    def test_each_setting_made_while_armed_is_a_dose(self):
        self.start(past(ALEX, "axilla"))
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.assertIsNone(self.set(FLUENCE, 150))
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.assertEqual([r["settings"]["fluence"] for r in self.rows()
                          if r["event"] in ("begins", "dose")], ["12 J/cm2", "15 J/cm2"])

    def test_sessions_have_numbers_of_their_own_after_a_restart(self):
        first = self.start(past(ALEX, "axilla"))["id"]
        self.treat()
        self.gate.gate.end()
        self.gate.start()
        self.gate.until_heard("alex")
        self.assertGreater(self.start([], site="thigh")["id"], first)
        self.assertEqual(self.refused([]), ["interval_755"])


class TestSpots(Past):
    """A session that only makes a test area: four pulses (CUTERA16), then the device is stopped."""

    def test_after_its_pulses_the_device_is_stopped_and_the_session_over(self):
        session = self.start([], kind="test_spot", skin_type="III")
        self.assertEqual((session["state"], session["pulses_left"]), ("open", 4))
        self.assertEqual(self.ceiling(session), "10..16 J/cm2")  # the row's own, not four fifths
        self.assertIsNone(self.set(FLUENCE, 160))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["session"] is None, self.status)
        self.until_state("standby")
        self.device.tell("pedal up")
        self.assertLessEqual(json.loads(self.device.tell("emitted"))["pulses"], 5)
        ended = next(r for r in self.rows() if r["event"] == "ended")
        self.assertEqual((ended["kind"], ended["fired"]), ("test_spot", True))

    def test_it_is_made_then_read_then_waited_for(self):
        self.test_after_its_pulses_the_device_is_stopped_and_the_session_over()
        facts = {f["name"]: f["answer"] for f in self.start([], skin_type="III")["facts"]}
        self.assertEqual(facts["test_area"], "made_not_read")
        read = self.client(self.gate, "phil", code=True).call("test.read", patient="P-1", device_class=ALEX,
                                                   site="axilla", result="clear")
        self.assertEqual(read["waited_days"], 0)
        session = self.start([], skin_type="III")
        self.assertEqual(session["state"], "waiting")  # read on the day it was made
        self.assertIn("test_area_read_1_day", [r["id"] for r in session["screening"]])

    def test_it_does_not_count_as_a_treatment(self):
        self.test_after_its_pulses_the_device_is_stopped_and_the_session_over()
        facts = {f["name"]: f["answer"] for f in self.start([])["facts"]}
        self.assertEqual((facts["since_same_class"], facts["first_session"]), ("never", "yes"))

    def test_a_kind_that_is_none(self):
        with self.assertRaises(Refused) as no:
            self.start([], kind="trial")
        self.assertIn("kind is", no.exception.message)


class TestAreas(Past):
    def read(self, result="clear", person="phil", **more):
        return self.client(self.gate, person, code=person == "phil").call(
            "test.read", **{"patient": "P-1", "device_class": ALEX, "site": "axilla",
                            "result": result, **more})

    def test_none_on_record_holds_type_iii(self):
        session = self.start([treated(ALEX, "back", 900)], skin_type="III")
        self.assertEqual(session["state"], "waiting")
        self.assertEqual({f["name"]: f["answer"] for f in session["facts"]}["test_area"], "none")

    def test_one_read_elsewhere_opens_type_iii(self):
        session = self.start(past(ALEX, "axilla"), skin_type="III")
        self.assertEqual(session["state"], "open")
        facts = {f["name"]: f["answer"] for f in session["facts"]}
        self.assertEqual((facts["test_area"], facts["test_area_wait"]), ("read_clear", "30 days"))

    def test_nobody_types_the_answer(self):
        with self.assertRaises(Refused) as no:
            self.start(past(ALEX, "axilla"), test_area="read_clear")
        self.assertIn("worked out of test areas", no.exception.message)

    def test_a_reading_is_recorded_by_a_clinician_and_counts(self):
        self.start([treated(ALEX, "back", 900), test_area(ALEX, "axilla", 20)], skin_type="II")
        self.assertEqual(self.read(text="no reaction")["waited_days"], 20)
        session = self.start([])
        facts = {f["name"]: f["answer"] for f in session["facts"]}
        self.assertEqual((facts["test_area"], facts["test_area_wait"]), ("read_clear", "20 days"))

    def test_an_operator_may_not_read(self):
        self.start([treated(ALEX, "back", 900), test_area(ALEX, "axilla", 20)])
        with self.assertRaises(Refused) as no:
            self.read(person="olga")
        self.assertEqual(no.exception.code, -32002)

    def test_what_was_not_made_is_not_read(self):
        for more in ({}, {"site": "thigh"}, {"device_class": YAG}):
            with self.subTest(more), self.assertRaises(Refused) as no:
                self.read(**more)
            self.assertEqual(no.exception.code, -32004)

    def test_a_reaction_stays_until_another_area_is_made(self):
        self.start([treated(ALEX, "back", 900), test_area(ALEX, "axilla", 20)])
        self.read("reaction")
        with self.assertRaises(Refused) as no:
            self.read("clear")
        self.assertIn("a reaction of this test area is on record", no.exception.message)
        self.assertEqual(self.start([])["state"], "waiting")
        self.start([test_area(ALEX, "axilla", 3)])
        self.read("clear")
        self.assertEqual(self.start([])["state"], "open")

    def test_slips_of_a_reading(self):
        for more in ({"result": "fine"}, {"site": "armpit"}, {"device_class": "laser"}):
            with self.subTest(more), self.assertRaises(Refused) as no:
                self.read(**more)
            self.assertEqual(no.exception.code, -32602)


class Log(Past):
    """Asked, accepted, delivered: the treatment log."""

    def treated_session(self):
        number = self.start(past(ALEX, "axilla"))["id"]
        self.assertEqual(self.set(FLUENCE, 300), 3)
        self.treat()
        return number

    def pulses(self):
        return next(r["pulses"] for r in self.rows() if r["event"] == "ended")

    def test_as_text(self):
        number = self.treated_session()
        code, out, _ = self.gate.ctl("session", "log", str(number), person="olga")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"session \d+ on alex: patient P-1, hair_removal, axilla, operator olga, treatment")
        self.assertRegex(out, r"set +fluence 30 J/cm2: HELD; held for a physician")
        self.assertRegex(out, r"set +fluence 12 J/cm2: applied; allowed")
        self.assertRegex(out, r"arm +applied")
        # 12 J/cm2 on 18 mm is 30.536281 J a pulse, rounded up
        self.assertRegex(out, rf"delivered: {self.pulses()} pulses, [0-9.]+ J together \(as set\)")
        self.assertRegex(" ".join(out.split()), rf"so far with this class: 1 treatments, {self.pulses()} pulses")

    def test_as_json_the_energy_is_pulses_times_what_was_set(self):
        number = self.treated_session()
        code, out, _ = self.gate.ctl("--json", "session", "log", str(number), person="olga")
        log = json.loads(out)
        self.assertEqual([(one["pulses"], one["energy"]) for one in log["delivered"]],
                         [(self.pulses(), f"{self.pulses() * 30536281 / 1e6:.6f}".rstrip("0").rstrip(".") + " J")])
        self.assertEqual([(line["what"], line["accepted"]) for line in log["lines"]
                          if line["what"] in ("set", "arm")],
                         [("set", "no"), ("set", "yes"), ("arm", "yes")])

    def test_as_csv(self):
        number = self.treated_session()
        code, out, _ = self.gate.ctl("session", "log", str(number), "--csv", person="olga")
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual({row["patient"] for row in rows}, {"P-1"})
        self.assertEqual([row["outcome"] for row in rows if row["what"] == "set"], ["HELD", "applied"])
        self.assertEqual([row["pulses"] for row in rows if row["what"] == "delivered"], [str(self.pulses())])

    def test_a_session_that_is_none(self):
        self.assertEqual(self.gate.ctl("session", "log", "9999", person="olga")[0], 5)
        self.assertEqual(self.gate.ctl("session", "log", "seven", person="olga")[0], 2)

    def test_a_counter_that_wraps_goes_on(self):
        self.device.tell("panel pulses=4294967295")
        self.gate.until(lambda d: d["alex"]["pulses"] == 4294967295, self.status)
        if self.status.call("devices")["devices"][0]["alarm"]:  # so many pulses, and nobody armed it
            self.client(self.gate, "phil").call("alarm.clear", device="alex", reason="the counter was set")
        number = self.treated_session()
        self.assertGreater(self.pulses(), 0)
        self.assertLess(self.pulses(), 100)
        _, out, _ = self.gate.ctl("--json", "session", "log", str(number), person="olga")
        self.assertEqual(json.loads(out)["delivered"][0]["pulses"], self.pulses())


class CommandLine(Past):
    def test_reading_and_history(self):
        self.start([treated(ALEX, "back", 900), test_area(ALEX, "axilla", 20)])
        code, out, _ = self.gate.ctl("test", "read", "P-1", "--class", ALEX, "--site", "axilla",
                                     "--result", "clear", "--reason", "skin calm", person="phil", code=True)
        self.assertEqual(code, 0)
        self.assertIn("read after 20 days", out)
        code, out, _ = self.gate.ctl("history", "P-1", person="olga")
        self.assertEqual(code, 0)
        self.assertIn("test area read after 20 days: clear", out)
        self.assertIn("told of a treatment done elsewhere", out)

    def test_slips(self):
        self.assertEqual(self.gate.ctl("test", "read", "P-1", person="phil")[0], 2)
        code, _, err = self.gate.ctl("session", "start", "alex", "--patient", "P-1", "--indication",
                                     "hair_removal", "--site", "axilla", "--elsewhere", "a laser once",
                                     person="olga")
        self.assertEqual(code, 2)
        self.assertIn("is neither", err)


if __name__ == "__main__":
    unittest.main()
