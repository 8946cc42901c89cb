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


def past(device_class, site, days, kind="treatment", settings=None):
    told = {"device_class": device_class, "site": site, "days_ago": days, "kind": kind}
    return told if settings is None else {**told, "settings": settings}


def rules(answer):
    return [reason["rule"] for reason in answer["reasons"]]


class History(unittest.TestCase):
    def judged(self, asked, **more):
        code, answers, errors = judge([{**asked, **more}])
        self.assertEqual((code, errors), (0, ""))
        return answers[0]

    def edge(self, asked, device_class, days, verdict, rule, then=None, **settings):
        """One day less than `days` fires the rule; at `days` it is silent. Made as asked."""
        site = asked["site"]
        made = {**asked["settings"], **settings} if device_class == asked["device_class"] else None
        first = [past(asked["device_class"], "back", 900)]  # somewhere, once: no first session
        early = self.judged(asked, history=first + [past(device_class, site, days - 1, settings=made)])
        self.assertEqual(early["verdict"], verdict, early)
        self.assertIn(rule, rules(early))
        late = self.judged(asked, history=first + [past(device_class, site, days, settings=made)])
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
        """Last time 25 J/cm2: a step of 5 from it, and both together within a budget of 75."""
        self.edge(yag(fluence="30 J/cm2", pulse_width="20 ms"), YAG, 21, "BLOCKED",
                  "interval_light_hair", fluence="25 J/cm2")

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

    def test_a_test_area_is_made_at_the_ceiling(self):
        asked = alex(fluence="20 J/cm2", spot="18 mm")
        self.assertEqual(self.judged(asked, history=[])["tightest"], "first_session")
        self.assertEqual(self.judged(asked, history=[], session="test_spot")["verdict"], "ALLOWED")

    # --- the last dose --------------------------------------------------------------------------

    def after(self, asked, days=90, last=None, **more):
        """Treated here `days` ago with `last` (and the rest as asked); None: nobody knows."""
        made = None if last is None else {**asked["settings"], **last}
        return self.judged(asked, history=[past(asked["device_class"], asked["site"], days,
                                                settings=made)], **more)

    def test_one_step_from_the_last_dose(self):
        """CUTERA16: 5 J/cm2 or 5 ms at a time, never both; a shorter pulse is the more aggressive."""
        last = {"fluence": "30 J/cm2", "pulse_width": "30 ms"}
        for fluence, width, rule, offer in (
                ("35 J/cm2", "30 ms", None, None),
                ("35.1 J/cm2", "30 ms", "step_1064", ("35 J/cm2", "30 ms")),
                ("30 J/cm2", "25 ms", None, None),
                ("30 J/cm2", "24.9 ms", "step_1064", ("30 J/cm2", "25 ms")),
                ("31 J/cm2", "29 ms", "one_step_1064", ("31 J/cm2", "30 ms")),
                ("29 J/cm2", "25 ms", None, None),
                ("40 J/cm2", "20 ms", "step_1064", ("35 J/cm2", "30 ms"))):
            answer = self.after(yag(fluence=fluence, pulse_width=width), last=last)
            self.assertEqual(answer["tightest"], rule, answer)
            if rule is None:
                self.assertEqual(answer["verdict"], "ALLOWED")
                continue
            self.assertEqual(answer["verdict"], "HELD")
            got = answer["counter_offer"]
            self.assertEqual((got["fluence"], got["pulse_width"]), offer)

    def test_what_one_step_says(self):
        answer = self.after(yag(fluence="31 J/cm2", pulse_width="29 ms"),
                            last={"fluence": "30 J/cm2", "pulse_width": "30 ms"})
        reason, = answer["reasons"]
        self.assertEqual((reason["parameter"], reason["asked"], reason["limit"]),
                         ("pulse_width", "29 ms", "30.. ms"))
        self.assertIn("below last time's 30 ms, and fluence moved too", reason["text"])

    def test_the_last_dose_is_that_of_its_spot(self):
        mm18, mm15 = (alex(fluence="16 J/cm2", spot=spot)["settings"] for spot in ("18 mm", "15 mm"))
        asked = alex(fluence="30 J/cm2", spot="15 mm")
        for last, verdict in (({**mm18, "fluence": "12 J/cm2"}, "ALLOWED"),
                              ({**mm15, "fluence": "24 J/cm2"}, "HELD"),
                              ([{**mm18, "fluence": "12 J/cm2"}, {**mm15, "fluence": "25 J/cm2"}],
                               "ALLOWED")):
            answer = self.judged(asked, history=[past(ALEX, "axilla", 60, settings=last)])
            self.assertEqual(answer["verdict"], verdict, answer)

    def test_energy_over_the_spot_is_a_fluence_too(self):
        """30.54 J over 18 mm (2.5447 cm2) are 12.002 J/cm2: a step is 17.002."""
        made = dict(alex(spot="18 mm")["settings"], energy="30.54 J")
        for fluence, verdict in (("17 J/cm2", "ALLOWED"), ("17.01 J/cm2", "HELD")):
            answer = self.judged(alex(fluence=fluence, spot="18 mm"),
                                 history=[past(ALEX, "axilla", 60, settings=made)])
            self.assertEqual(answer["verdict"], verdict, answer)

    def test_a_last_dose_nobody_knows_waits_for_a_physician(self):
        asked = yag(fluence="30 J/cm2", pulse_width="30 ms")
        answer = self.after(asked)
        self.assertEqual((answer["verdict"], rules(answer)), ("HELD", ["step_1064", "one_step_1064"]))
        self.assertEqual(rules(self.after(asked, session="test_spot")), [])

    def test_a_site_takes_five_quarters_in_28_days(self):
        """1 cm2 at 124 J/cm2: 155 in 28 days."""
        tip = {"tip": "std_1_0_cm2", "tip_area": "1 cm2"}
        for days, energy, rule in ((27, "55 J", None), (27, "55.1 J", "budget_site"),
                                   (28, "124 J", None)):
            answer = self.after(rf(**tip, energy=energy), days=days, last={"energy": "100 J"})
            self.assertEqual(answer["tightest"], rule, answer)
        spent = self.after(rf(**tip, energy="1 J"), days=3, last={"energy": "160 J"})
        self.assertEqual((spent["verdict"], spent["tightest"], spent["counter_offer"]),
                         ("HELD", "budget_site", None))
        twice = [past(RF, "face", days, settings={**rf(**tip)["settings"], "energy": "60 J"})
                 for days in (10, 20)]
        self.assertEqual(self.judged(rf(**tip, energy="35 J"), history=twice)["verdict"], "ALLOWED")
        self.assertEqual(self.judged(rf(**tip, energy="36 J"), history=twice)["tightest"], "budget_site")

    def test_what_was_looked_for_in_vain_is_the_worst(self):
        answer = self.judged(yag(fluence="30 J/cm2", pulse_width="30 ms"), history="unknown")
        self.assertEqual(answer["verdict"], "BLOCKED")
        self.assertLessEqual({"other_energy_14_days", "after_ablative_42_days", "interval_light_hair",
                              "step_1064", "budget_site"}, set(rules(answer)))
        self.assertIn("or not known", answer["reasons"][0]["text"])
        for told in (past("unknown", "axilla", 41), past(CO2, "unknown", 41), past(CO2, "axilla", "unknown")):
            answer = self.judged(yag(fluence="30 J/cm2", pulse_width="30 ms"), history=[told])
            self.assertIn("after_ablative_42_days", rules(answer))

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
        clear = {"made_days_ago": 20, "read_days_ago": 6, "result": "clear",
                 "settings": yag(fluence="25 J/cm2", pulse_width="30 ms")["settings"]}
        self.assertEqual(self.with_area("IV", clear)["verdict"], "ALLOWED")
        self.assertEqual(rules(self.with_area("IV", "unknown")), ["test_area_reaction", "test_area_read_1_day",
                         "test_area_read_14_days_skin", "ndyag1064_10mm_IV"])
        for area in ({}, {"result": "none"}, {"made_days_ago": 20},
                     {"made_days_ago": 20, "read_days_ago": None, "result": "none"}):
            answer = self.with_area("IV", area)
            self.assertEqual((answer["verdict"], answer["tightest"]), ("HELD", "ndyag1064_10mm_IV"))
            self.assertNotIn("test_area_reaction", rules(answer))
        answer = self.with_area("II", {**clear, "result": "reaction"})
        self.assertEqual(answer["verdict"], "HELD")
        self.assertIn("test_area_reaction", rules(answer))

    def test_six_fifths_of_what_it_was_made_with(self):
        """Type IV at 1064 nm, made with 20 J/cm2: 24. Another spot wants its own."""
        made = yag(fluence="20 J/cm2", pulse_width="30 ms")["settings"]
        area = {"made_days_ago": 20, "read_days_ago": 6, "result": "clear", "settings": made}
        asked = yag(fluence="24 J/cm2", pulse_width="30 ms", facts={"skin_type": "IV", "test_area": "unknown"})
        above = yag(fluence="24.1 J/cm2", pulse_width="30 ms", facts={"skin_type": "IV", "test_area": "unknown"})
        self.assertEqual(self.judged(asked, test_area=area)["verdict"], "ALLOWED")
        answer = self.judged(above, test_area=area)
        self.assertEqual((answer["verdict"], rules(answer)), ("HELD", ["tested_dose"]))
        self.assertEqual(answer["counter_offer"]["fluence"], "24 J/cm2")
        for other in ({"spot": "8 mm"}, {"fluence": None}):
            elsewhere = {name: value for name, value in {**made, **other}.items() if value}
            answer = self.judged(asked, test_area={**area, "settings": elsewhere})
            self.assertEqual((answer["verdict"], rules(answer)), ("HELD", ["tested_dose"]))
            self.assertIn("make a test area with these settings", answer["reasons"][0]["text"])
        answer = self.judged(asked, test_area={**area, "settings": [{**made, "spot": "8 mm"}, made]})
        self.assertEqual(answer["verdict"], "ALLOWED")

    def test_a_reading_on_a_day_nobody_knows(self):
        made = yag(fluence="30 J/cm2", pulse_width="30 ms")["settings"]
        for days in ({"made_days_ago": "unknown", "read_days_ago": 6},
                     {"made_days_ago": 60, "read_days_ago": "unknown"}):
            answer = self.with_area("II", {**days, "result": "clear", "settings": made})
            self.assertEqual((answer["verdict"], rules(answer)), ("HELD", ["test_area_read_1_day"]))

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
        many = [{**good, "settings": [{"fluence": "1 J/cm2"}] * 3}] * 171
        self.error("history 171: more than 512 settings in all", history=many)
        for settings, word in ((3, "settings is an object"), ([3], "settings is an object"),
                               ({"fluence": "18"}, "setting fluence"), ({"flu": "18 J"}, "no parameter"),
                               ({"fluence": "18 J/cm2", "energy": "1 J", "spot": "18 mm"}, "contradict")):
            self.error("history 2", word, history=[good, {**good, "settings": settings}])

    def test_a_test_area_that_cannot_be(self):
        self.error("was never made", test_area={"settings": {"fluence": "3 J/cm2"}})
        self.error("test_area", "setting spot", test_area={"made_days_ago": 3, "settings": {"spot": "x"}})
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
