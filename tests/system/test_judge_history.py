"""dosegatectl judge told of past treatments and of a test area. The days are written by hand from
the sources (755 nm: CAN13; toning: KAUVAR12; tattoos: CANN21; other energy, ablative: OPT58)."""
import os
import subprocess
import unittest

from house import BUILD, PROFILES
from test_judge import alex, judge, line, rf, yag

CO2 = "co2_fractional"
ALEX = "alexandrite_755_lp"
YAG = "ndyag_1064_lp"
RF = "rf_monopolar"
TONING = "qs_1064"


def past(device_class, site, days, kind="treatment"):
    return {"device_class": device_class, "site": site, "days_ago": days, "kind": kind}


def rules(answer):
    return [reason["rule"] for reason in answer["reasons"]]


class History(unittest.TestCase):
    def judged(self, asked, **more):
        code, answers, errors = judge([{**asked, **more}])
        self.assertEqual((code, errors), (0, ""))
        return answers[0]

    def edge(self, asked, device_class, days, verdict, rule, then=None):
        """One day less than `days` fires the rule; at `days` it is silent."""
        site = asked["site"]
        first = [past(asked["device_class"], "back", 900)]  # somewhere, once: no first session
        early = self.judged(asked, history=first + [past(device_class, site, days - 1)])
        self.assertEqual(early["verdict"], verdict, early)
        self.assertIn(rule, rules(early))
        late = self.judged(asked, history=first + [past(device_class, site, days)])
        self.assertNotIn(rule, rules(late))
        self.assertEqual(late["verdict"], then or "ALLOWED", late)

    # --- intervals ------------------------------------------------------------------------------

    def test_755_nm_by_site(self):
        face = alex(site="face", fluence="20 J/cm2", spot="15 mm")
        self.edge(face, ALEX, 28, "BLOCKED", "interval_755")
        trunk = alex(site="back", fluence="20 J/cm2", spot="15 mm")
        self.edge(trunk, ALEX, 42, "BLOCKED", "interval_755_trunk")
        axilla = alex(fluence="20 J/cm2", spot="15 mm")
        self.edge(axilla, ALEX, 28, "BLOCKED", "interval_755", "HELD")
        self.edge(axilla, ALEX, 42, "HELD", "interval_755_elsewhere")
        thigh = alex(site="thigh", fluence="20 J/cm2", spot="15 mm")
        self.edge(thigh, ALEX, 70, "BLOCKED", "interval_755_leg")

    def test_1064_nm(self):
        self.edge(yag(fluence="30 J/cm2", pulse_width="20 ms"), YAG, 21, "BLOCKED",
                  "interval_light_hair")

    def test_radiofrequency_has_no_interval_of_its_own(self):
        asked = rf(tip="std_1_0_cm2", tip_area="1 cm2", energy="62 J")
        for days in (0, 1, 7):
            answer = self.judged(asked, history=[past(RF, asked["site"], days)])
            self.assertEqual([r for r in rules(answer) if "energy" in r or "interval" in r], [])

    def test_another_energy(self):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms")
        self.edge(asked, ALEX, 14, "BLOCKED", "other_energy_14_days", "HELD")
        self.edge(asked, ALEX, 28, "HELD", "other_energy_28_days")

    def test_after_ablative(self):
        asked = alex(site="face", fluence="20 J/cm2", spot="15 mm")
        self.edge(asked, CO2, 42, "BLOCKED", "after_ablative_42_days", "HELD")
        self.edge(asked, CO2, 84, "HELD", "after_ablative_84_days")

    def test_another_site_and_a_test_spot_do_not_count(self):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms")
        history = [past(YAG, "back", 3), past(ALEX, "back", 3), past(YAG, "axilla", 3, "test_spot")]
        self.assertEqual(self.judged(asked, history=history)["verdict"], "ALLOWED")

    def test_a_treatment_without_kind_is_a_treatment(self):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms")
        entry = {"device_class": YAG, "site": "axilla", "days_ago": 3}
        self.assertEqual(self.judged(asked, history=[entry])["verdict"], "BLOCKED")

    def test_rules_of_other_classes_are_reached(self):
        """Only that the rule fires: whether these have a row is the protocols' affair."""
        for asked, days, rule in (
                (line(TONING, "toning", "face", {}), 28, "interval_toning"),
                (line(TONING, "tattoo_removal", "arm", {}), 56, "interval_tattoo"),
                (line("qs_532", "pigmented_lesion", "face", {}), 8, "interval_q_switched_weekly"),
                (line("nafr_1550", "resurfacing", "face", {}), 21, "interval_nafr"),
                (line("nafr_1927", "resurfacing", "face", {}), 28, "interval_nafr_1927"),
                (line("rf_fractional_bipolar", "resurfacing", "face", {}), 28,
                 "interval_rf_fractional")):
            for back, fires in ((days - 1, True), (days, False)):
                history = [past(asked["device_class"], asked["site"], back)]
                said = rules(self.judged(asked, history=history))
                self.assertEqual(rule in said, fires, (rule, back, said))

    def test_eight_sessions_of_toning_in_twelve_months(self):
        asked = line(TONING, "toning", "face", {})
        eight = [past(TONING, "face", 30 + 40 * i) for i in range(8)]
        self.assertIn("toning_sessions", rules(self.judged(asked, history=eight)))
        self.assertNotIn("toning_sessions", rules(self.judged(asked, history=eight[:7])))
        old = eight[:7] + [past(TONING, "face", 366)]
        self.assertNotIn("toning_sessions", rules(self.judged(asked, history=old)))
        last = eight[:7] + [past(TONING, "face", 365)]
        self.assertIn("toning_sessions", rules(self.judged(asked, history=last)))

    # --- the first session ----------------------------------------------------------------------

    def test_the_first_session_takes_four_fifths(self):
        """Type II at 18 mm: 20 J/cm2; four fifths are 16."""
        for history in ([], [past(YAG, "axilla", 100)], [past(ALEX, "axilla", 100, "test_spot")]):
            at = self.judged(alex(fluence="16 J/cm2", spot="18 mm"), history=history)
            self.assertEqual(at["verdict"], "ALLOWED", at)
            above = self.judged(alex(fluence="16.1 J/cm2", spot="18 mm"), history=history)
            self.assertEqual(above["verdict"], "HELD")
            self.assertEqual(above["counter_offer"]["fluence"], "16 J/cm2")
        later = self.judged(alex(fluence="20 J/cm2", spot="18 mm"), history=[past(ALEX, "back", 100)])
        self.assertEqual(later["verdict"], "ALLOWED", later)

    def test_without_history_nothing_is_derived(self):
        self.assertEqual(self.judged(alex(fluence="20 J/cm2", spot="18 mm"))["verdict"], "ALLOWED")

    # --- the test area --------------------------------------------------------------------------

    def with_area(self, skin, area, facts=None, **more):
        asked = yag(fluence="30 J/cm2", pulse_width="30 ms",
                    facts={"skin_type": skin, "test_area": "unknown", **(facts or {})})
        return self.judged(asked, test_area=area, **more)

    def test_how_long_one_waits_for_the_reading(self):
        for skin, facts, days, rule in (
                ("II", {}, 1, "test_area_read_1_day"),
                ("IV", {}, 14, "test_area_read_14_days_skin"),
                ("II", {"visible_tan": "yes"}, 14, "test_area_read_14_days_tan"),
                ("II", {"pih_history": "yes"}, 28, "test_area_read_28_days_pih"),
                ("II", {"melasma": "history"}, 28, "test_area_read_28_days_melasma")):
            for wait, fires in ((days - 1, True), (days, False)):
                area = {"made_days_ago": wait + 2, "read_days_ago": 2, "result": "clear"}
                answer = self.with_area(skin, area, facts)
                self.assertEqual(rule in rules(answer), fires, (rule, wait, answer))

    def test_what_the_test_area_says(self):
        """Type IV at 1064 nm: status T, only after a clear test area."""
        clear = {"made_days_ago": 20, "read_days_ago": 6, "result": "clear"}
        self.assertEqual(self.with_area("IV", clear)["verdict"], "ALLOWED")
        for area in ({}, {"result": "none"}, {"made_days_ago": 20},
                     {"made_days_ago": 20, "read_days_ago": None, "result": "none"}):
            answer = self.with_area("IV", area)
            self.assertEqual((answer["verdict"], answer["tightest"]), ("HELD", "ndyag1064_10mm_IV"))
            self.assertNotIn("test_area_reaction", rules(answer))
        answer = self.with_area("II", {**clear, "result": "reaction"})
        self.assertEqual(answer["verdict"], "HELD")
        self.assertIn("test_area_reaction", rules(answer))

    def test_a_session_that_makes_one(self):
        asked = yag(fluence="30 J/cm2", pulse_width="30 ms", facts={"skin_type": "IV", "test_area": "none"})
        self.assertEqual(self.judged(asked)["verdict"], "HELD")
        self.assertEqual(self.judged(asked, session="treatment")["verdict"], "HELD")
        self.assertEqual(self.judged(asked, session="test_spot")["verdict"], "ALLOWED")
        # everything else applies
        self.assertEqual(self.judged(asked, session="test_spot",
                                     history=[past(YAG, "axilla", 3)])["verdict"], "BLOCKED")
        high = yag(fluence="56 J/cm2", pulse_width="30 ms", facts={"skin_type": "IV", "test_area": "none"})
        self.assertEqual(self.judged(high, session="test_spot")["verdict"], "HELD")
        # it does not wait for the last one
        area = {"made_days_ago": 3, "read_days_ago": 2, "result": "clear"}
        self.assertEqual(self.with_area("IV", area, session="test_spot")["verdict"], "ALLOWED")

    # --- what is wrong --------------------------------------------------------------------------

    def error(self, *words, **more):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms")
        del asked["facts"]["test_area"]
        code, answers, _ = judge([{**asked, **more}, {**asked, "id": 2}])
        self.assertEqual(code, 3)
        for word in words:
            self.assertIn(word, answers[0]["error"])
        self.assertNotIn("error", answers[1])

    def test_history_that_cannot_be(self):
        good = past(YAG, "axilla", 3)
        for wrong in ({}, "none", 3, None):
            self.error("history is a list", history=wrong)
        self.error("history 1", "object", history=[3])
        self.error("history 2: device_class", "co2", history=[good, {**good, "device_class": "co2"}])
        self.error("history 1: device_class is missing", history=[{"site": "axilla", "days_ago": 3}])
        self.error("history 1: site", "elbow", history=[{**good, "site": "elbow"}])
        for days in (-1, "3 d", 3.5, None, 43831):
            self.error("history 1: days_ago", history=[{**good, "days_ago": days}])
        self.error("days_ago", "missing", history=[{"device_class": YAG, "site": "axilla"}])
        self.error("kind", history=[{**good, "kind": "peel"}])
        self.error("no key \"day\"", history=[{**good, "day": 3}])
        self.error("256", history=[good] * 257)

    def test_a_test_area_that_cannot_be(self):
        for area in ([], "clear", None, 3):
            self.error("test_area is an object", test_area=area)
        self.error("no key \"read\"", test_area={"read": 3})
        self.error("made_days_ago", "whole number", test_area={"made_days_ago": "3 d"})
        self.error("read_days_ago", "future", test_area={"made_days_ago": 3, "read_days_ago": -1})
        self.error("result", test_area={"made_days_ago": 3, "result": "good"})
        for area in ({"made_days_ago": 3, "result": "clear"},
                     {"made_days_ago": 3, "read_days_ago": 4, "result": "clear"},
                     {"read_days_ago": 4}, {"result": "reaction"}):
            self.error("does not hold together", test_area=area)

    def test_both_say_it(self):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms")
        area = {"made_days_ago": 20, "read_days_ago": 6, "result": "clear"}
        _, answers, _ = judge([{**asked, "test_area": area}])
        self.assertIn("both", answers[0]["error"])

    def test_nobody_answers_what_is_derived(self):
        asked = yag(fluence="30 J/cm2", pulse_width="20 ms", facts={"since_same_class": "90 d"})
        _, answers, _ = judge([asked])
        self.assertIn("worked out of past treatments", answers[0]["error"])

    def test_the_session(self):
        for session in ("other", None, 3, ""):
            self.error("session", "treatment", "test_spot", session=session)


def pins(**settings):
    return line("rf_fractional_bipolar", "resurfacing", "face",
                {"energy": "62 mJ", "cooling": "contact", **settings})


class Page(unittest.TestCase):
    def test_what_is_signed_says_that_not_knowing_counts(self):
        page = subprocess.run([os.path.join(BUILD, "dosegatectl"), "library", "show", ALEX,
                               "--library", PROFILES], capture_output=True, text=True,
                              timeout=60, check=True).stdout
        self.assertIn("since_same_class less than 28 days ago, or not known", " ".join(page.split()))


class Handpiece(unittest.TestCase):
    def test_it_is_short_for_the_setting(self):
        _, (long, short, none), _ = judge([pins(handpiece="pins_160"),
                                           {**pins(), "handpiece": "pins_160"}, pins()])
        self.assertEqual(long["verdict"], "ALLOWED", long)
        self.assertEqual(short, long)
        self.assertNotEqual(none["verdict"], "ALLOWED")

    def test_what_is_wrong_with_it(self):
        both = {**pins(handpiece="pins_80"), "handpiece": "pins_160"}
        _, answers, _ = judge([{**pins(), "handpiece": "Big One"}, {**pins(), "handpiece": 3},
                               {**pins(), "handpiece": None}, both])
        for answer in answers:
            self.assertIn("handpiece", answer["error"])


if __name__ == "__main__":
    unittest.main()
