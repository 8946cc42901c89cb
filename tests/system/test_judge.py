"""dosegatectl judge: patients and settings against the shipped library, without a gate. The numbers
are written by hand from the sources' tables (755 nm: CAN13; 1064 nm: TANZI04; RF: WEISS06)."""
import json
import os
import subprocess
import tempfile
import unittest
from datetime import date, timedelta

from house import BUILD, PROFILES, TYPED

ALEX = {"wavelength": "755 nm", "pulse_width": "3 ms", "rate": "1 Hz", "cooling": "cryogen",
        "cooling_spray": "40 ms", "cooling_delay": "40 ms"}
YAG = {"wavelength": "1064 nm", "spot": "10 mm", "rate": "1 Hz", "cooling": "contact"}
RF = {"frequency": "6.78 MHz", "cooling": "cryogen"}

# The most for each type at 8, 10, 12, 15, 18 mm.
ALEX_CEILINGS = {
    "I": (40, 35, 36, 30, 20),
    "II": (40, 35, 36, 30, 20),
    "III": (40, 30, 30, 26, 16),
    "IV": (30, 26, 20, 20, 16),
    "V": (26, 20, 20, 20, 16),
    "VI": (26, 20, 20, 20, 16),
}
SPOTS = ("8 mm", "10 mm", "12 mm", "15 mm", "18 mm")

# The most, and the shortest pulse.
YAG_CELLS = {"I": (60, 10), "II": (60, 10), "III": (60, 20), "IV": (55, 20), "V": (50, 30),
             "VI": (45, 30)}

# Tip, its area, the most energy (fluence times area), the fluence.
RF_TIPS = (("std_1_0_cm2", "1 cm2", 124, 124), ("fast_1_0_cm2", "1 cm2", 109, 109),
           ("std_1_5_cm2", "1.5 cm2", 195, 130), ("std_3_0_cm2", "3 cm2", 327, 109))


def judge(lines, library=PROFILES, words=("-",)):
    """(exit code, answers, errors) for lines that are objects or, to be wrong, text."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "judge", "--library", library, *words],
                          input=text, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def line(device_class, indication, site, settings, key=1, **facts):
    return {"id": key, "device_class": device_class, "indication": indication, "site": site,
            "facts": dict(TYPED, **facts), "settings": settings}


def alex(site="axilla", key=1, facts=None, **settings):
    return line("alexandrite_755_lp", "hair_removal", site,
                {name: value for name, value in dict(ALEX, **settings).items() if value is not None},
                key, **(facts or {}))


def yag(key=1, facts=None, **settings):
    return line("ndyag_1064_lp", "hair_removal", "axilla", dict(YAG, **settings), key,
                **(facts or {}))


def rf(key=1, facts=None, **settings):
    return line("rf_monopolar", "skin_tightening", "face", dict(RF, **settings), key,
                **(facts or {}))


GOOD = alex(spot="18 mm", fluence="20 J/cm2")


class Judge(unittest.TestCase):
    def rows(self, rows):
        """rows: (name, line, verdict, tightest rule or None, its limit or None)."""
        code, answers, errors = judge([row[1] for row in rows])
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(len(answers), len(rows))
        for (name, _, verdict, rule, limit), got in zip(rows, answers):
            with self.subTest(name, got=got):
                self.assertEqual(got["verdict"], verdict)
                self.assertEqual(got["tightest"], rule)
                first = got["reasons"][0] if got["reasons"] else {"rule": None, "limit": None}
                self.assertEqual((first["rule"], first["limit"]), (rule, limit))

    def one(self, asked):
        code, answers, _ = judge([asked])
        self.assertEqual(code, 0)
        return answers[0]


class Numbers(Judge):
    def test_755_nm_both_sides_of_every_ceiling(self):
        """A for I and II, T (test area read and clear: open) for III and IV, M for V, B for VI."""
        rows = []
        for skin, ceilings in ALEX_CEILINGS.items():
            for spot, most in zip(SPOTS, ceilings):
                row = f"alex755_{spot.replace(' ', '')}_{skin}"
                waits = skin in ("V", "VI")
                facts = {"skin_type": skin}
                rows += [
                    (f"{row} at {most}", alex(spot=spot, fluence=f"{most} J/cm2", facts=facts),
                     "HELD" if waits else "ALLOWED", row if waits else None, None),
                    (f"{row} above", alex(spot=spot, fluence=f"{most}.000001 J/cm2", facts=facts),
                     "HELD", row, f"..{most} J/cm2"),
                    (f"{row} at the hard limit", alex(spot=spot, fluence="50 J/cm2", facts=facts),
                     "HELD", row, f"..{most} J/cm2"),
                    (f"{row} beyond the hard limit",
                     alex(spot=spot, fluence="50.1 J/cm2", facts=facts), "BLOCKED", row,
                     "..50 J/cm2"),
                ]
        self.assertEqual(len(rows), 120)
        self.rows(rows)

    def test_755_nm_pulse_cooling_spot(self):
        at = dict(spot="18 mm", fluence="14 J/cm2")
        row = "alex755_18mm_II"
        self.rows([
            ("3 ms", alex(**at), "ALLOWED", None, None),
            ("300 ms", alex(**dict(at, pulse_width="300 ms")), "ALLOWED", None, None),
            ("2.9 ms", alex(**dict(at, pulse_width="2.9 ms")), "HELD", row, "3.. ms"),
            ("air", alex(**dict(at, cooling="air")), "HELD", row, "cryogen"),
            ("a name nobody knows", alex(**dict(at, cooling="wind")), "HELD", row, "cryogen"),
            ("spray 50 ms", alex(**dict(at, cooling_spray="50 ms")), "ALLOWED", None, None),
            ("spray 51 ms", alex(**dict(at, cooling_spray="51 ms")), "HELD", row, "40..50 ms"),
            ("delay 29 ms", alex(**dict(at, cooling_delay="29 ms")), "HELD", row, "30..40 ms"),
            ("no pulse width given", alex(**dict(at, pulse_width=None)), "HELD", row, "3.. ms"),
            ("no cooling given", alex(**dict(at, cooling=None)), "HELD", row, "cryogen"),
        ])
        for wrong in ({"spot": "24 mm"}, {"wavelength": "1064 nm"}, {"spot": None}):
            got = self.one(alex(**dict(at, **wrong)))
            self.assertEqual(got["verdict"], "HELD")
            self.assertEqual(got["reasons"][0]["parameter"], list(wrong)[0])
            self.assertIsNone(got["counter_offer"])

    def test_the_neck_takes_four_fifths_and_the_chest_seven_tenths(self):
        self.rows([
            ("neck at 16", alex("neck", spot="18 mm", fluence="16 J/cm2"), "ALLOWED", None, None),
            ("neck above", alex("neck", spot="18 mm", fluence="16.1 J/cm2"), "HELD",
             "site_neck_forehead", "..16 J/cm2"),
            ("chest at 14", alex("chest", spot="18 mm", fluence="14 J/cm2"), "ALLOWED", None, None),
            ("chest above", alex("chest", spot="18 mm", fluence="14.1 J/cm2"), "HELD",
             "site_chest_hand_leg", "..14 J/cm2"),
        ])

    def test_1064_nm_the_most_and_the_shortest(self):
        rows = []
        for skin, (most, shortest) in YAG_CELLS.items():
            row = f"ndyag1064_10mm_{skin}"
            waits = skin == "VI"
            facts = {"skin_type": skin}
            rows += [
                (f"{row} at", yag(fluence=f"{most} J/cm2", pulse_width=f"{shortest} ms", facts=facts),
                 "HELD" if waits else "ALLOWED", row if waits else None, None),
                (f"{row} above",
                 yag(fluence=f"{most}.1 J/cm2", pulse_width=f"{shortest} ms", facts=facts),
                 "HELD", row, f"..{most} J/cm2"),
                (f"{row} shorter",
                 yag(fluence=f"{most} J/cm2", pulse_width=f"{shortest - 1} ms", facts=facts),
                 "HELD", row, f"{shortest}.. ms"),
            ]
        self.rows(rows)

    def test_rf_is_judged_as_energy_over_the_tip(self):
        rows = []
        for tip, area, energy, fluence in RF_TIPS:
            for skin in ("I", "VI"):
                row = "rf_" + tip.replace("_cm2", "cm2") + "_" + skin
                facts = {"skin_type": skin}
                rows += [
                    (f"{row} at", rf(tip=tip, tip_area=area, energy=f"{energy} J", facts=facts),
                     "ALLOWED", None, None),
                    (f"{row} above", rf(tip=tip, tip_area=area, energy=f"{energy}.1 J", facts=facts),
                     "HELD", row, f"..{fluence} J/cm2"),
                ]
        self.rows(rows)
        got = self.one(rf(tip="std_1_5_cm2", tip_area="1 cm2", energy="100 J"))
        self.assertEqual(got["verdict"], "HELD")  # a tip that is not what it says

    def test_energy_and_fluence(self):
        """18 mm are 2.5447 cm2: 50.89 J are 19.999 J/cm2, 50.9 J are 20.003."""
        row = "alex755_18mm_II"
        self.rows([
            ("energy within", alex(spot="18 mm", energy="50.89 J"), "ALLOWED", None, None),
            ("energy beyond", alex(spot="18 mm", energy="50.9 J"), "HELD", row, "..20 J/cm2"),
            ("they agree", alex(spot="18 mm", energy="50 J", fluence="19 J/cm2"), "ALLOWED", None,
             None),
            ("they do not", alex(spot="18 mm", energy="50 J", fluence="10 J/cm2"), "BLOCKED",
             "disagrees", None),
            ("neither", alex(spot="18 mm"), "BLOCKED", "half_known", None),
            ("energy without a spot", alex(energy="50 J"), "BLOCKED", "half_known", None),
        ])

    def test_the_offer_is_judged_allowed(self):
        asked = [alex(spot="15 mm", fluence="300 J/cm2", pulse_width="1 ms"),
                 alex(spot="18 mm", energy="80 J")]
        _, answers, _ = judge(asked)
        self.assertEqual(answers[0]["counter_offer"],
                         dict(asked[0]["settings"], fluence="30 J/cm2", pulse_width="3 ms"))
        for before, got in zip(asked, answers):
            self.assertEqual(self.one(dict(before, settings=got["counter_offer"]))["verdict"],
                             "ALLOWED")


class Patients(Judge):
    at = {"spot": "18 mm", "fluence": "14 J/cm2"}

    def with_facts(self, **facts):
        return alex(facts=facts, **self.at)

    def test_screening(self):
        self.rows([
            ("well", self.with_facts(), "ALLOWED", None, None),
            ("pregnant", self.with_facts(pregnancy="yes"), "BLOCKED", "pregnancy", None),
            ("sun 13 days ago", self.with_facts(last_sun="13 d"), "BLOCKED", "sun_14_days_block", None),
            ("sun 14 days ago", self.with_facts(last_sun="14 d"), "HELD", "sun_28_days_hold", None),
            ("sun 27 days ago", self.with_facts(last_sun="27 days"), "HELD", "sun_28_days_hold", None),
            ("sun 28 days ago", self.with_facts(last_sun="28"), "ALLOWED", None, None),
            ("a photodynamic agent", self.with_facts(photosensitiser="photodynamic"), "BLOCKED",
             "photodynamic_agent", None),
            ("a tan", self.with_facts(visible_tan="yes"), "HELD", "tan_visible", None),
            ("type III, no test area", self.with_facts(skin_type="III", test_area="none"), "HELD",
             "alex755_18mm_III", None),
            ("unknown is the riskiest", self.with_facts(pregnancy="unknown"), "BLOCKED", "pregnancy",
             None),
        ])

    def test_days_are_counted_from_today(self):
        today = date.today()
        self.rows([
            ("13 days", self.with_facts(last_sun=str(today - timedelta(13))), "BLOCKED",
             "sun_14_days_block", None),
            ("28 days", self.with_facts(last_sun=str(today - timedelta(28))), "ALLOWED", None, None),
        ])

    def test_what_nobody_answered_counts_as_the_worst(self):
        asked = alex(**self.at)
        del asked["facts"]["pregnancy"]
        self.assertEqual(self.one(asked)["tightest"], "pregnancy")
        del asked["facts"]
        got = self.one(asked)
        self.assertEqual(got["verdict"], "BLOCKED")
        self.assertIn("sun_14_days_block", [r["rule"] for r in got["reasons"]])

    def test_a_class_without_rows_for_this_is_no_protocol(self):
        got = self.one(dict(GOOD, device_class="rf_monopolar"))
        self.assertEqual((got["verdict"], got["tightest"]), ("BLOCKED", "no_protocol"))


class Lines(Judge):
    def error(self, asked, *words):
        """Wrong, said so with these words, and the next line is judged all the same."""
        code, answers, _ = judge([GOOD, asked, GOOD])
        with self.subTest(asked if isinstance(asked, str) else json.dumps(asked)[-80:], got=answers[1]):
            self.assertEqual(code, 3)
            self.assertEqual([a.get("verdict") for a in answers], ["ALLOWED", None, "ALLOWED"])
            self.assertEqual(answers[1]["line"], 2)
            self.assertLessEqual(set(answers[1]), {"id", "error", "line"})
            for word in words:
                self.assertIn(word, answers[1]["error"])
        return answers[1]

    def test_all_of_an_answer(self):
        got = self.one(alex(key="x", spot="18 mm", fluence="30 J/cm2"))
        self.assertEqual(len(got.pop("library")), 16)
        self.assertEqual(got, {
            "id": "x", "verdict": "HELD", "tightest": "alex755_18mm_II",
            "reasons": [{"rule": "alex755_18mm_II", "parameter": "fluence", "asked": "30 J/cm2",
                         "limit": "..20 J/cm2", "source": "CAN13",
                         "text": "fluence 30 J/cm2 is above 20 J/cm2 (alex755_18mm_II)"}],
            "counter_offer": dict(ALEX, spot="18 mm", fluence="20 J/cm2")})
        got = self.one({**GOOD, "session": "treatment"})
        self.assertEqual((got["tightest"], got["reasons"], got["counter_offer"]), (None, [], None))

    def test_values(self):
        for value, words in (
                ("20 J", "a fluence is wanted"), ("20", "the unit is missing"), ("", "nothing here"),
                ("NaN J/cm2", "not a plain decimal number"), ("-20 J/cm2", "negative"),
                ("20,5 J/cm2", "comma"), ("inf J/cm2", "not a plain"), ("2e1 J/cm2", "fluence"),
                (" 20 J/cm2", "fluence"), ("20 J/cm2 ", "fluence"), ("20 j/cm2", "unit"),
                ("99999999999999999999 J/cm2", "too large"), ("20.0000001 J/cm2", "more digits"),
                ("14..20 J/cm2", "fluence")):
            got = self.error(alex(spot="18 mm", fluence=value), "setting fluence", words)
            self.assertEqual(got["id"], 1)
        for value in (20, 20.5, None, True, ["20 J/cm2"], {}):
            self.error({**GOOD, "settings": {"fluence": value}}, "setting fluence", "text")
        for value in ("", "Cryogen", "cryo gen", "x" * 32, "\u00e4"):
            self.error(alex(cooling=value), "setting cooling", "no name")

    def test_names(self):
        self.error({**GOOD, "settings": {"fluenz": "20 J/cm2"}}, "fluenz", "pulse_width")
        self.error({**GOOD, "facts": {"skin": "II"}}, "skin", "skin_type")
        self.error({**GOOD, "facts": {"skin_type": "VII"}}, "skin_type", "VII", "answers")
        self.error({**GOOD, "facts": {"skin_type": 2}}, "skin_type", "text")
        self.error({**GOOD, "facts": {"last_sun": "soon"}}, "last_sun", "12 d")
        self.error({**GOOD, "facts": {"last_sun": str(date.today() + timedelta(1))}}, "future")
        self.error({**GOOD, "facts": {"last_sun": "\u00e4" * 400}}, "last_sun")
        self.error({**GOOD, "facts": []}, "facts", "object")
        self.error({**GOOD, "settings": "20 J/cm2"}, "settings", "object")
        self.error({**GOOD, "site": "nose"}, "nose", "axilla")
        self.error({**GOOD, "device_class": "ruby"}, "ruby", "alexandrite_755_lp")
        self.error({**GOOD, "indication": "hair"}, "hair", "hair_removal")
        self.error({**GOOD, "site": 3}, "site", "axilla")
        self.error({"id": 5, "site": "axilla"}, "device_class is missing")
        self.error({**GOOD, "sites": "axilla"}, "sites", "no key")

    def test_json(self):
        whole = json.dumps(GOOD)
        for text in ("{", "[]", "1", "null", '"a"', whole + whole, whole[:-1], "}", "\ufeff" + whole,
                     '{"id": NaN}', '{"id": 1, "settings": {"fluence": NaN}}', "[" * 5000):
            self.error(text)
        self.error("", "empty")
        self.error("   ", "empty")
        self.error('{"id": 1, "id": 2}', "duplicate")
        self.error('{"id": 1, "settings": {"spot": "8 mm", "spot": "18 mm"}}', "duplicate")
        self.error({**GOOD, "id": [1]}, "id")
        self.assertNotIn("id", self.error({**GOOD, "id": None}, "id"))

    def test_a_name_of_one_line_is_unknown_to_the_next(self):
        """64 names is all a library holds; a thousand lines may each bring another."""
        code, answers, _ = judge([alex(key=i, spot="18 mm", fluence="14 J/cm2", cooling=f"wind_{i}")
                                  for i in range(1000)])
        self.assertEqual(code, 0)
        self.assertEqual(answers[999]["reasons"][0]["asked"], "wind_999")

    def test_twenty_thousand_lines(self):
        lines = [alex(key=i, spot="18 mm", fluence=f"{i % 60 + 1} J/cm2") for i in range(20000)]
        code, answers, errors = judge(lines)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual([a["id"] for a in answers], list(range(20000)))
        for i, got in enumerate(answers):
            fluence = i % 60 + 1
            self.assertEqual(got["verdict"], "ALLOWED" if fluence <= 20 else
                             "HELD" if fluence <= 50 else "BLOCKED")

    def test_a_last_line_without_end_a_file_and_nothing_at_all(self):
        self.assertEqual(judge([])[:2], (0, []))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "lines")
            with open(path, "w", encoding="utf-8") as f:
                f.write(json.dumps(GOOD))
            code, answers, _ = judge([], words=(path,))
            self.assertEqual((code, answers[0]["verdict"]), (0, "ALLOWED"))
            self.assertEqual(judge([], words=(path + ".not",))[0], 5)

    def test_a_library_that_cannot_be_used(self):
        code, answers, errors = judge([GOOD], library=os.path.join(PROFILES, "devices"))
        self.assertEqual((code, answers), (5, []))
        self.assertIn("facts.cfg", errors)
        self.assertIn("nothing was judged", errors)

    def test_usage(self):
        program = os.path.join(BUILD, "dosegatectl")
        for words in (["judge"], ["judge", "a", "b", "--library", PROFILES]):
            done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60,
                                  stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--library", done.stderr)


if __name__ == "__main__":
    unittest.main()
