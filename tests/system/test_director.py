"""The director's pages in a real browser: the quality report, libraries, people."""
import os
import unittest

from browser import DESK, PHONE, TABLET
from house import secret_of
from test_browser import NASTY, Browsed
from test_judged import FLUENCE
from test_report import Report as Morning
from web import Web


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
    morning, deny = Morning.morning, Morning.deny
    set, hold, approve = Morning.set, Morning.hold, Morning.approve

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


if __name__ == "__main__":
    unittest.main()
