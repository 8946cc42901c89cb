"""The director's pages in a real browser: the quality report, libraries, people."""
import datetime
import json
import os
import unittest

import test_report
from browser import DESK, PHONE, TABLET
from house import exception_of, secret_of, signature_holds
from life import NARROWER, OLDER, Life, ceiling
from test_browser import NASTY, Browsed
from test_judged import FLUENCE


class Director(Browsed):
    def fits(self, browser, sizes=(DESK, TABLET, PHONE)):
        """Nothing is wider than the screen, and everything to press is large enough."""
        for size in sizes:
            browser.size(size)
            self.assertLessEqual(browser.run("return document.documentElement.scrollWidth"), size[0])
            small = browser.run("""return [...document.querySelectorAll('main button, main a[href], main summary, main .chip')]
                .filter((e) => e.getClientRects().length)
                .map((e) => [e.textContent, e.getBoundingClientRect().height])
                .filter(([, h]) => h < 43.5)""")
            self.assertEqual(small, [])
            self.look(browser, size)
        browser.size(DESK)

    def look(self, browser, size):
        """For whoever wants to see it."""
        if os.environ.get("DOSEGATE_LOOK"):
            room = browser.run("return document.querySelector('main').dataset.room")
            theme = browser.run("return document.documentElement.dataset.theme")
            browser.picture(os.path.join(os.environ["DOSEGATE_LOOK"], f"{room}-{size[0]}-{theme}.png"))


class Quality(Director):
    """What happened at a real gate of a morning."""

    open = lambda self, **facts: self.begin(**facts)
    morning, deny = test_report.Report.morning, test_report.Report.deny
    set, hold, approve = test_report.Report.set, test_report.Report.hold, test_report.Report.approve

    def setUp(self):
        super().setUp()
        self.console = self.raw(self.gate)
        self.status = self.client(self.gate)
        self.morning()

    def tiles(self, browser):
        browser.see(".tile")
        return browser.run("""return Object.fromEntries([...document.querySelectorAll('.tile')].map((one) =>
            [one.querySelector('dt').textContent, one.querySelector('dd').textContent]))""")

    def test_the_report_has_sums_plots_and_marks(self):
        dora = self.browser("dora")
        dora.press("nav a", "Quality")
        tiles = self.tiles(dora)
        for name, value in (("Sessions", "1"), ("Settings allowed", "3"), ("Held", "2"), ("Blocked", "0"), ("Holds", "2"),
                            ("Approved", "1"), ("Denied", "1"), ("Screening said no", "1"), ("Decimal point slipped", "0")):
            self.assertEqual(tiles[name], value, name)
        bars = dora.run("""return Object.fromEntries(['allowed', 'held', 'blocked', 'approved', 'denied'].map((k) =>
            [k, [...document.querySelectorAll('rect.p-' + k)].map((r) => Math.round(r.getAttribute('height')))]))""")
        self.assertEqual([len(bars[k]) for k in ("allowed", "held", "blocked", "approved", "denied")], [1, 1, 0, 1, 1])
        self.assertAlmostEqual(bars["allowed"][0] / bars["held"][0], 3 / 2, delta=0.05)
        self.assertEqual(bars["approved"], bars["denied"])
        said = [one.get_attribute("aria-label") for one in dora.all("svg[role=img]")]
        self.assertIn("Settings: 3 allowed, 2 held, 0 blocked", said)
        self.assertIn("Decisions of physicians: 1 approved, 1 denied", said)
        self.assertTrue(any(one.startswith("How fast is decided. Phil: fastest") for one in said), said)
        dora.see("table", "pregnancy")
        dora.see("table", "Phil")
        dora.see("table", "Pregnant, or not known")
        self.for_everybody(dora, "quality")
        self.screen(dora, "quality")
        self.fits(dora)
        self.assertEqual(dora.log(), [])

    def test_the_period_is_chosen_and_the_language(self):
        dora = self.browser("dora", lang="de")
        dora.go("#quality/7")
        dora.see("h1", "Qualität")
        dora.see(".tile", "Sitzungen")
        self.assertEqual(dora.run("return document.querySelector('.choices input:checked').value"), "7")
        dora.choose(".choices", "90")
        self.assertEqual(dora.run("return location.hash"), "#quality/90")
        dora.see(".tile", "Sitzungen")
        self.assertIn("Einstellungen: 3 erlaubt, 2 zurückgehalten, 0 gesperrt",
                      [one.get_attribute("aria-label") for one in dora.all("svg[role=img]")])

    def test_whoever_may_look_sees_it_and_nobody_else(self):
        for person, sees in (("arno", True), ("susi", True), ("phil", True), ("olga", False)):
            with self.subTest(person):
                browser = self.browser(person)
                browser.go("#quality")
                if sees:
                    browser.see(".tile", "Sessions")
                else:
                    browser.gone(".tile")
                self.assertEqual(any(one.text == "Quality" for one in browser.all("nav a")), sees)
                browser.close()

    def test_what_operators_type_stays_text(self):
        self.assertEqual(self.set(FLUENCE, 240), 3)
        self.client(self.gate, "olga").call("hold.ask", device="alex", text=NASTY)
        dora = self.browser("dora")
        dora.go("#quality")
        dora.see(".tile", "Sessions")
        self.assertFalse(dora.run("return 'hacked' in window"))
        self.assertEqual(dora.all("main img, main script"), [])


class Libraries(Life, Director):
    """One is in use, a patient was treated by it, and another one is proposed."""

    def setUp(self):
        Life.setUp(self)
        self.web = self.open_web()
        self.first = super().begin()
        self.open()
        self.console = self.raw(self.gate)
        self.assertIsNone(exception_of(self.console.write(1, FLUENCE, 160)))
        self.other = self.propose(self.library("other", NARROWER, OLDER), note="fourteen at 18 mm")

    def activate_on_page(self, browser, secret, code=None, reason="read and compared"):
        browser.write("form.decide textarea", reason)
        browser.write("form.decide input[name=secret]", secret)
        browser.write("form.decide input[name=code]", code or "")
        browser.press("form.decide button.primary")

    def test_proposed_by_one_and_activated_by_the_director(self):
        dora = self.browser("dora")
        dora.press("nav a", "Protocols")
        dora.see(".used", self.first[:16])
        dora.see(".library-card", "fourteen at 18 mm")
        self.for_everybody(dora, "libraries")
        self.fits(dora)
        dora.press(".library-card", "fourteen at 18 mm")
        dora.see(".diff-sum", "5 differences")
        dora.see(".diff-part", "fluence ceiling 16 J/cm² becomes 14 J/cm²")
        self.assertEqual([one.text for one in dora.all(".diff-part h3")], ["Patients' limits", "Rules of screening"])
        self.assertEqual(len([one for one in dora.all(".changes .pill") if one.text == "narrower"]), 4)
        dora.see(".again", "Sessions: 1, of which 1 would begin otherwise. Settings: 1, of which 1 would be judged otherwise.")
        row = dora.see(".again tbody tr", "P-4711")
        for part in ("alex", "16 J/cm²", "allowed", "held"):
            self.assertIn(part, dora.see(".again table").text)
        self.assertTrue(row)
        dora.see("form.decide")
        self.for_everybody(dora, "a library")
        self.screen(dora, "library")
        self.fits(dora)
        self.activate_on_page(dora, "not-the-secret", self.gate.code("dora"))
        dora.see("form.decide .note-bad", "wrong")
        self.assertEqual(dora.see("form.decide input[name=secret]").get_attribute("value"), "")
        self.assertEqual(self.in_use()["hash"], self.first)
        self.activate_on_page(dora, secret_of("dora"), "000000")
        dora.see("form.decide .note-bad", "second factor is wrong")
        self.assertEqual(self.in_use()["hash"], self.first)
        self.activate_on_page(dora, secret_of("dora"), self.gate.code("dora"))
        said = dora.see(".signed", "read and compared").get_attribute("textContent")
        self.assertIn(self.other, said)
        self.assertEqual(self.in_use()["hash"], self.other)
        signature, key = [one.text for one in dora.all(".proof dd")]
        self.assertTrue(signature_holds(key, said, signature))
        self.for_everybody(dora, "activated")
        row = self.gate.until_recorded(lambda r: r["kind"] == "library" and r["body"].get("event") == "activated")[-1]
        self.assertIn('"settings_changed": 1', json.dumps(row["body"]))  # what she was shown is in the record
        dora.press("a.button", "All versions")
        dora.see(".used", self.other[:16])
        dora.press("details summary", "Who proposed")
        dora.see("table", "Activated")
        self.assertEqual(dora.log(), [])

    def test_only_the_director_and_not_the_one_who_proposed(self):
        own = self.propose(self.library("own", ceiling(15)), "dora", note="mine")
        for person, hash_, why in (("dora", own, "nobody activates their own"), ("phil", self.other, "Only a medical director"),
                                   ("dora", self.first, "in use")):
            with self.subTest(why):
                browser = self.browser(person)
                browser.go(f"#library/{hash_}")
                browser.see("main", why)
                self.assertEqual(browser.all("form.decide"), [])
                browser.close()

    def test_another_came_into_use_meanwhile(self):
        dora = self.browser("dora")
        dora.go(f"#library/{self.other}")
        dora.see("form.decide")
        third = self.propose(self.library("third", ceiling(15)))
        self.activate(third)
        self.activate_on_page(dora, secret_of("dora"), self.gate.code("dora"))
        dora.see("form.decide .note-bad", "look again")
        self.assertEqual(self.in_use()["hash"], third)

    def test_a_note_stays_text(self):
        nasty = self.propose(self.library("nasty", ceiling(15)), note=NASTY)
        dora = self.browser("dora")
        dora.go("#library")
        dora.see(".library-card", "<img")
        dora.go(f"#library/{nasty}")
        dora.see("blockquote", "<script>")
        dora.see("form.decide")
        self.activate_on_page(dora, secret_of("dora"), self.gate.code("dora"), NASTY)
        dora.see(".signed", "<img")
        self.assertFalse(dora.run("return 'hacked' in window"))
        self.assertEqual(dora.all("main img, main script"), [])


class First(Life, Director):
    """No library is in use yet: there is nothing to compare with."""

    def test_the_first_one_is_activated(self):
        self.web = self.open_web()
        only = self.propose(self.library("only"), note="as shipped")
        dora = self.browser("dora")
        dora.go("#library")
        dora.see(".note-bad", "No library is in use")
        dora.press(".library-card", "as shipped")
        dora.see(".step", "nothing to compare")
        Libraries.activate_on_page(self, dora, secret_of("dora"), self.gate.code("dora"))
        dora.see(".signed", "read and compared")
        self.assertEqual(self.in_use()["hash"], only)
        self.assertEqual(dora.log(), [])


class People(Director):
    def both(self, person, **how):
        """Signed in with the second factor."""
        browser = self.browser(**how)
        browser.write("input[name=code]", self.gate.code(person))
        return browser.sign_in(person)

    def write_dates(self, browser, **dates):
        for name, day in dates.items():
            browser.run("arguments[0].value = arguments[1]", browser.see(f"input[name={name}]"), day)

    def test_a_person_is_added_and_trained(self):
        dora = self.both("dora")
        dora.press("nav a", "People")
        dora.see("table", "Phil")
        self.for_everybody(dora, "people")
        dora.press("details summary", "Add a person")
        dora.press("form.add button.primary")
        dora.see("form.add [role=alert]", "name")
        dora.write("input[name=printed]", NASTY[:60])
        dora.write("input[name=login]", "nina")
        dora.choose("form.add", "operator")
        dora.write("input[name=secret]", "nina reads the manual")
        dora.write("input[name=again]", "nina reads the manuals")
        dora.press("form.add button.primary")
        dora.see("form.add [role=alert]", "not the same")
        dora.write("input[name=again]", "nina reads the manual")
        self.for_everybody(dora, "a new person")
        self.fits(dora)
        dora.press("form.add button.primary")
        dora.see(".note-good", "nina is on file")
        dora.see("table", "<img")
        dora.press("details summary", "Record training")
        self.run_training(dora, "nina")
        self.assertFalse(dora.run("return 'hacked' in window"))
        self.assertEqual(dora.all("main img, main script"), [])
        self.assertEqual(dora.log(), [])
        nina = self.browser()
        nina.sign_in("nina", "nina reads the manual")
        self.assertNotIn("People", [one.text for one in nina.all("nav a")])

    def run_training(self, dora, person):
        dora.run("document.querySelector('select[name=person]').value = arguments[0]", person)
        dora.run("document.querySelector('select[name=on]').value = 'device_class alexandrite_755_lp'")
        dora.press("form.train button.primary")
        dora.see("form.train [role=alert]", "Until when")
        year = datetime.date.today().year
        self.write_dates(dora, until=f"{year - 1}-01-31")
        dora.press("form.train button.primary")
        dora.see("form.train .note-bad", "ends after its day")
        self.write_dates(dora, until=f"{year + 1}-01-31")
        dora.press("form.train button.primary")
        dora.see(".note-good", "on record")
        dora.see(".trained .pill-calm", f"until {year + 1}-01-31")
        said = self.client(self.gate).call("training.list", person=person)["training"]
        self.assertEqual([(r["device_class"], r["until"], r["by"]) for r in said],
                         [("alexandrite_755_lp", f"{year + 1}-01-31", "dora")])

    def test_without_the_second_factor_nothing_is_changed(self):
        dora = self.browser("dora")
        dora.go("#people")
        dora.see(".note-wait", "with the second factor")
        self.assertEqual(dora.all("form.add, form.train"), [])

    def test_a_safety_officer_trains_and_adds_nobody(self):
        susi = self.both("susi", lang="de")
        susi.press("nav a", "Personen")
        susi.see("details summary", "Einweisung eintragen")
        self.assertEqual(susi.all("form.add"), [])


if __name__ == "__main__":
    unittest.main()
