"""The pages in a real browser: the whole story, races, a lost network, and who cannot see or point.

With DOSEGATE_SCREENS=1 the pictures of README are made anew.
"""
import os
import re
import signal
import threading
import time

from selenium.webdriver.common.keys import Keys

from browser import DESK, PHONE, TABLET, Browser, axe_source, complaints
from house import PATIENCE, ROOT, WELL, Refused, exception_of, past, secret_of
from test_web import Webbed

FLUENCE = 16
SCREENS = os.path.join(ROOT, "daemon", "web", "screens")
CODE = ".decide input[autocomplete=one-time-code]"
NASTY = "\"'><img src=x onerror=hacked=1><script>hacked=1</script>{{7*7}}"


class Browsed(Webbed):
    def browser(self, person=None, size=DESK, **how):
        browser = Browser(self.web, size, **how)
        self.addCleanup(browser.close)
        if person:
            browser.sign_in(person)
        return browser

    def begin(self, patient="P-4711", **facts):
        """A session as the form would start it, without the form."""
        return self.session(self.gate, "alex", site="axilla", patient=patient, **facts)

    def set_fluence(self, tenths):
        return exception_of(self.raw(self.gate).write(1, FLUENCE, tenths))

    def screen(self, browser, name):
        if os.environ.get("DOSEGATE_SCREENS"):
            os.makedirs(SCREENS, exist_ok=True)
            browser.picture(os.path.join(SCREENS, name + ".png"))

    def for_everybody(self, browser, what):
        """Nothing of WCAG 2.2 AA that a machine can see is broken, in light and in dark."""
        for theme, rules in (("dark", None), ("light", ["color-contrast"])):
            browser.see("html[data-old=no]")
            found = browser.axe(axe_source(), rules=rules)
            self.assertEqual(found, [], f"{what}: {complaints(found)}")
            browser.press("#top [data-key=theme]")
            browser.see(f"html[data-theme={theme}]")


class Story(Browsed):
    def test_from_the_first_question_to_the_log(self):
        olga = self.browser(size=TABLET)
        olga.see(".glance li", "alex")
        self.for_everybody(olga, "sign in")
        self.screen(olga, "signin")
        olga.sign_in("olga")
        olga.see(".device-card", "alex")
        self.for_everybody(olga, "devices")
        self.screen(olga, "devices")
        self.form(olga)
        hold, number = self.refused_and_asked(olga)
        self.decided(hold, number)
        olga.see(".press", "Now press again")
        self.assertIsNone(self.set_fluence(180))
        olga.see(".hold .pill", "Grant in force")
        olga.see(".set dd", "18 J/cm²")
        olga.press("button", "End session")
        olga.press("button.primary", "Yes")
        olga.see("h2", "Begin a session")
        olga.go("#log/1")
        for text in ("Fluence 18 J/cm²", "refused", "Decision", "accepted"):
            olga.see("main", text if text != "refused" else "held")
        self.for_everybody(olga, "log")
        self.screen(olga, "log")
        self.assertEqual(olga.log(), [])

    def form(self, olga):
        olga.press(".device-card", "alex")
        olga.see("form.start")
        self.for_everybody(olga, "form")
        self.screen(olga, "form")
        olga.press("form.start button.primary.large")
        olga.see(".finish [role=alert]", "patient token")
        olga.write("input[name=patient]", "P-4711" + Keys.ENTER)  # as a scanner does
        olga.see(".step", "Not treated in this house before")
        olga.press(".body-site[data-site=axilla]")
        olga.see(".chosen", "armpit")
        olga.answer(WELL)
        olga.see(".count", "All questions answered")
        olga.press(".step .chip", "No, nowhere")
        olga.press("form.start button.primary.large")
        olga.see(".session-head", "P-4711")
        olga.see(".chart svg")

    def refused_and_asked(self, olga):
        self.assertEqual(self.set_fluence(180), 3)
        olga.see(".headline", "18 J/cm² asked for, allowed ≤ 16 J/cm²")
        self.for_everybody(olga, "treat")
        olga.write(".ask textarea", "coarse hair")
        olga.press(".ask button.primary")
        number = olga.see(".big").text
        self.screen(olga, "treat")
        hold = self.client(self.gate).call("hold.list")["holds"][0]
        self.assertEqual(hold["ask_text"], "coarse hair")
        return hold, number

    def decided(self, hold, number):
        phil = self.browser("phil")
        phil.see(".hold-card", "coarse hair")
        self.assertTrue(phil.driver.title.startswith("(1) "))
        phil.press(".hold-card")
        phil.see(".decide")
        phil.see("h2", f"alex, hold {hold['id']}")
        self.for_everybody(phil, "decide")
        phil.press(".decide .chip", "Clinical judgement")
        phil.write(".decide textarea", "read test area, no reaction")
        phil.write(".decide input.token", number)
        self.screen(phil, "decide")
        phil.write(".decide input[type=password]", secret_of("phil"))
        phil.write(CODE, self.gate.code("phil"))
        phil.press(".decide button.primary.large", "Approve")
        phil.see(".note-good", "The operator presses again")
        phil.see("table", "Granted: press again")
        self.assertEqual(phil.driver.title[:1], "D")
        self.assertEqual(phil.log(), [])


class Decisions(Browsed):
    def setUp(self):
        super().setUp()
        self.begin()

    def held(self, tenths=240):
        """A hold that was asked for; pressed again where a slow machine has let the device grow stale."""
        for _ in range(5):
            self.assertEqual(self.set_fluence(tenths), 3)
            try:
                return self.client(self.gate, "olga").call("hold.ask", device="alex", text="coarse hair")
            except Refused as no:
                self.assertIn("press the setting first", no.message)
        raise AssertionError("no hold stays open")

    def open_hold(self, person, hold, **how):
        browser = self.browser(person, **how)
        browser.go(f"#physician/{hold['id']}")
        browser.see(".decide")
        return browser

    def fill(self, browser, hold, secret, code):
        browser.choose(".decide", "clinical_judgement")
        browser.write(".decide textarea", "looked at it")
        browser.write(".decide input.token", str(hold["number"]))
        browser.write(".decide input[type=password]", secret)
        browser.write(CODE, code)

    def test_two_physicians_race_and_one_is_told(self):
        hold = self.held()
        two = [self.open_hold(person, hold) for person in ("phil", "paula")]
        for browser, person in zip(two, ("phil", "paula")):
            self.fill(browser, hold, secret_of(person), self.gate.code(person))
        pressed = [threading.Thread(target=b.press, args=(".decide button.primary.large",)) for b in two]
        for thread in pressed:
            thread.start()
        for thread in pressed:
            thread.join()
        for browser in two:  # the winner comes back to what waits; the other one is told in place
            browser.see("#physician-said .note-good, .decide .note-bad, .hold-view > .note, .hold-place > .empty")
        self.gate.until(lambda d: d["alex"]["session"]["hold"]["state"] == "granted")
        end = time.monotonic() + PATIENCE
        while not any(b.all("#physician-said .note-good") for b in two) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(sum(bool(b.all("#physician-said .note-good")) for b in two), 1)
        decisions = [r for r in self.gate.ledger() if r["kind"] == "decision"]
        self.assertEqual([r["body"]["meaning"] for r in decisions], ["override approved"])

    def test_a_wrong_secret_or_second_factor_grants_nothing_and_says_so(self):
        hold = self.held()
        phil = self.open_hold("phil", hold)
        good = self.gate.code("phil")
        for secret, code, said in (("not-the-secret", good, "secret is wrong"),
                                   (secret_of("phil"), "", "second factor as well"),
                                   (secret_of("phil"), "%06d" % ((int(good) + 1) % 1000000),
                                    "second factor is wrong")):
            self.fill(phil, hold, secret, code)
            phil.press(".decide button.primary.large")
            phil.see(".decide .note-bad", said)
            self.assertEqual(phil.see(".decide input[type=password]").get_attribute("value"), "")
            self.assertEqual(phil.see(".decide textarea").get_attribute("value"), "looked at it")
            self.assertEqual(self.client(self.gate).call("hold.list")["holds"][0]["state"], "open")
            self.assertEqual(self.set_fluence(240), 3)

    def test_far_beyond_the_limit_two_decide(self):
        hold = self.held(250)  # a quarter beyond 20 J/cm2
        for person, said in (("phil", "A second person must approve"), ("paula", "presses again")):
            browser = self.open_hold(person, hold)
            browser.see(".hold-view .note", "Two people" if person == "phil" else "Approved already by phil")
            self.fill(browser, hold, secret_of(person), self.gate.code(person))
            browser.press(".decide button.primary.large")
            browser.see(".note-good", said)
        self.assertIsNone(self.set_fluence(250))

    def test_by_telephone_the_operator_reads_and_enters(self):
        key = os.path.join(self.gate.folder.name, "phil.phone")
        code, _, err = self.gate.ctl("people", "phone", "--out", key, person="phil", code=True)
        self.assertEqual(code, 0, err)
        self.held()
        olga = self.browser("olga", size=TABLET)
        olga.go("#operator/alex")
        olga.press(".phone summary")
        request = olga.see(".phone .big").text
        self.assertRegex(request, r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){4}$")
        self.for_everybody(olga, "by telephone")
        secret = os.path.join(self.gate.folder.name, "phil.secret")  # from fetching the key
        code, out, err = self.gate.ctl("answer", request, "--phone", key, "--code", "clinical_judgement",
                                       "--secret-file", secret)
        self.assertEqual(code, 0, err)
        answer = re.search(r"to approve, say: (\S+)", out).group(1)
        olga.write("[data-key=phone-who]", "phil")
        olga.choose(".phone", "clinical_judgement")
        olga.write("[data-key=phone-words]", "he says: go on")
        for said, seen in (("0000-0000", ".phone .note-bad"), (answer, ".press")):
            olga.write("[data-key=phone-answer]", said)
            olga.press("[data-key=phone-go]")
            olga.see(seen)
        self.assertIsNone(self.set_fluence(240))

    def live(self, go_away):
        """A grant under phil's eyes, in force and armed; then he goes away."""
        hold = self.held()
        phil = self.open_hold("phil", hold)
        self.fill(phil, hold, secret_of("phil"), self.gate.code("phil"))
        phil.press(".decide .check")
        phil.press(".decide button.primary.large")
        phil.see(".presence", "You are present")
        self.assertIsNone(self.set_fluence(240))
        phil.see(".presence .pill", "Grant in force")
        self.assertEqual(exception_of(self.raw(self.gate).coil(1, 0, True)), None)
        self.gate.until(lambda d: d["alex"]["state"] == "armed")
        phil.see(".presence", "Device: armed")
        go_away(phil)
        self.gate.until(lambda d: d["alex"]["state"] == "standby" and
                        d["alex"]["session"]["hold"]["state"] == "revoked")
        return phil

    def test_present_until_a_key_is_pressed(self):
        phil = self.live(lambda phil: phil.see("body").send_keys("x"))
        phil.see("#physician-said", "Taken back")

    def test_present_until_the_browser_is_gone(self):
        self.live(lambda phil: phil.driver.get("about:blank"))

    def test_a_new_hold_is_heard_and_a_changed_one_is_said(self):
        phil = self.browser("phil")
        phil.see(".lead", "Nothing waits")
        phil.run("window.tones = 0; const make = AudioContext.prototype.createOscillator;"
                 "AudioContext.prototype.createOscillator = function () { tones += 1; return make.call(this); }")
        hold = self.held()
        phil.see(".hold-card", "coarse hair")
        self.assertGreater(phil.run("return tones"), 0)
        self.assertIn("(1)", phil.driver.title)
        phil.go(f"#physician/{hold['id']}")
        phil.see(".decide")
        self.assertEqual(self.set_fluence(250), 3)
        phil.see(".hold-place .note-wait", "has changed")
        phil.see("table", "25 J/cm²")

    def test_nobody_decides_on_their_own_request(self):
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.client(self.gate, "phil").call("session.start", device="alex", patient="P-1",
                                            indication="hair_removal", site="axilla", facts=WELL,
                                            elsewhere=past("alexandrite_755_lp", "axilla"))
        self.assertEqual(self.set_fluence(240), 3)
        phil = self.browser("phil")
        phil.press(".hold-card")
        phil.see(".hold-view .note-wait", "your own request")
        self.assertEqual(phil.all(".decide"), [])

    def test_less_is_granted_and_a_denial_says_why(self):
        hold = self.held()
        phil = self.open_hold("phil", hold, size=PHONE)
        phil.press(".decide .chip", "Inside the limits")
        self.fill(phil, hold, secret_of("phil"), self.gate.code("phil"))
        phil.press(".decide button.primary.large")
        phil.see(".note-good")
        granted = self.client(self.gate).call("hold.list")["holds"][0]
        self.assertEqual(granted["granted"]["fluence"], "20 J/cm2")
        self.assertEqual(self.set_fluence(250), 3)
        again = self.client(self.gate).call("hold.list")["holds"][0]
        phil.go(f"#physician/{again['id']}")
        phil.see("h2", f"hold {again['id']}")
        self.fill(phil, dict(again, number=1), secret_of("phil"), "")
        phil.press(".decide button.deny")
        phil.see(".note-good", "Denied")
        self.assertEqual(self.client(self.gate).call("hold.list")["holds"][0]["state"], "denied")


class Trouble(Browsed):
    def test_a_page_that_hears_nothing_turns_grey_and_comes_back(self):
        olga = self.browser("olga")
        olga.see(".device-card", "alex")
        olga.see("html[data-old=no]")
        os.kill(self.web.process.pid, signal.SIGSTOP)
        try:
            olga.see("html[data-old=yes]", patience=6)
            olga.see("#banner", "Not live")
            olga.press(".stop", "alex")
            olga.see("#stop-said", "Press the stop button on the device")
        finally:
            os.kill(self.web.process.pid, signal.SIGCONT)
        olga.see("html[data-old=no]")
        olga.gone("#banner .bar-bad")

    def test_what_is_being_typed_outlives_a_lost_line(self):
        olga = self.browser("olga")
        olga.go("#operator/alex")
        olga.write("input[name=patient]", "P-4711")
        olga.driver.execute_async_script(
            """const done = arguments[0]; import('/wire.js').then((wire) => {
                   wire.on((what) => what === 'you' && setTimeout(done, 100)); wire.reconnect(); })""")
        self.assertEqual(olga.see("input[name=patient]").get_attribute("value"), "P-4711")

    def test_what_people_type_stays_text(self):
        director = self.client(self.gate, "dora", code=True)
        director.call("people.add", name="eve", printed=NASTY[:60], role="operator", secret="eve-long-secret")
        eve = self.browser()
        eve.sign_in("eve", "eve-long-secret")
        eve.see(".who", "<img")
        eve.go("#operator/alex")
        eve.see("form.start")
        eve.write("input[name=patient]", "P-1" + NASTY[:30])
        eve.choose(".sites", "axilla")
        eve.press(".step .chip", "Yes")
        eve.write(".elsewhere input:not(.short)", f"fluence={NASTY}")
        eve.press("form.start button.primary.large")
        eve.see(".finish [role=alert]")  # the gate takes no such token, or no such settings
        eve.go("#log/" + NASTY)
        self.begin()
        self.assertEqual(self.set_fluence(240), 3)
        hold = self.client(self.gate, "olga").call("hold.ask", device="alex", text=NASTY)
        phil = self.browser("phil")
        phil.press(".hold-card", "<img")
        phil.see("blockquote", "<script>")
        phil.choose(".decide", "clinical_judgement")
        phil.write(".decide textarea", NASTY)
        phil.write(".decide input.token", str(hold["number"]))
        phil.write(".decide input[type=password]", secret_of("phil"))
        phil.press(".decide button.deny")
        phil.see(".note-good")
        phil.press("details summary", "My decisions")
        phil.see("table", "<img")
        phil.go("#log/1")
        phil.see("table", "<script>")
        for browser in (eve, phil):
            self.assertFalse(browser.run("return 'hacked' in window"))
            self.assertEqual(browser.all("main img, main script, header img"), [])
            self.assertEqual([m for m in browser.log() if "Content Security" in m], [])

    def test_another_sites_page_gets_nothing_of_a_signed_in_browser(self):
        olga = self.browser("olga")
        olga.driver.get("data:text/html,<title>evil</title>")
        got = olga.driver.execute_async_script(
            """const done = arguments[1], url = arguments[0];
               const socket = new WebSocket(url.replace('https', 'wss') + 'live', 'dosegate');
               socket.onopen = () => done('opened');
               socket.onerror = () => fetch(url + 'login', {method: 'POST', credentials: 'include',
                   mode: 'no-cors', body: '{}'}).then((r) => done(r.type), (e) => done('refused'));""",
            self.web.url)
        self.assertIn(got, ("opaque", "refused"))  # sent perhaps, never read
        self.assertEqual(olga.driver.execute_async_script(
            "const done = arguments[1]; fetch(arguments[0]).then(() => done('read'), () => done('no'))",
            self.web.url), "no")


class Everybody(Browsed):
    def test_by_keyboard_alone(self):
        olga = self.browser()
        olga.see(".glance li")
        keys = lambda *k: olga.driver.switch_to.active_element.send_keys(*k)
        self.assertEqual(olga.driver.switch_to.active_element.get_attribute("name"), "person")
        keys("olga", Keys.TAB)
        keys(secret_of("olga"), Keys.ENTER)
        olga.see(".device-card")
        seen = []
        for _ in range(25):  # through everything, until stop
            keys(Keys.TAB)
            active = olga.driver.switch_to.active_element
            seen.append(active.get_attribute("data-key") or active.get_attribute("id"))
            if seen[-1] == "stop-alex":
                break
        self.assertIn("device-alex", seen)
        self.assertEqual(seen[-1], "stop-alex")
        keys(Keys.ENTER)
        olga.see("#stop-said", "on the wire")
        self.gate.until_recorded(lambda row: row["kind"] == "stop" and "olga" in str(row["body"]))

    def test_both_languages_have_every_word(self):
        olga = self.browser("olga", lang="de")
        olga.see("h1", "Welches Gerät?")
        self.assertEqual(olga.run("return document.documentElement.lang"), "de")
        olga.press("[data-key=lang]")
        olga.see("h1", "Which device?")
        missing = olga.driver.execute_async_script(
            """const done = arguments[0]; import('/text.js').then(({TEXT}) => done(
                Object.entries(TEXT).filter(([k, v]) => v.length !== 2 || !v[0] || !v[1] ||
                    (v[0].match(/\\{\\w+\\}/g) || []).sort().join() !== (v[1].match(/\\{\\w+\\}/g) || []).sort().join())
                .map(([k]) => k)))""")
        self.assertEqual(missing, [])

    def test_a_question_the_director_changed_is_not_translated_by_an_old_table(self):
        shown = self.browser("olga", lang="de").driver.execute_async_script(
            """const done = arguments[0]; import('/ui.js').then(({library}) => done([
                library('fact.pregnancy', 'Is the patient pregnant?'),
                library('fact.pregnancy', 'Is the patient pregnant or trying?').outerHTML]))""")
        self.assertEqual(shown, ["Ist die Person schwanger?",
                                 '<span lang="en">Is the patient pregnant or trying?</span>'])

    def test_large_enough_for_gloves(self):
        self.begin()
        olga = self.browser("olga", size=PHONE)
        olga.go("#operator/alex")
        olga.see(".chart svg")
        small = olga.run("""return [...document.querySelectorAll('button, a[href]:not(.skip), summary, .chip')]
            .filter((e) => e.getClientRects().length)
            .map((e) => [e.textContent, e.getBoundingClientRect().height, e.getBoundingClientRect().width])
            .filter(([, h, w]) => h < 43.5 || w < 43.5)""")
        self.assertEqual(small, [])
        self.assertGreaterEqual(olga.see(".stop").size["height"], 60)
        self.assertLessEqual(olga.run("return document.documentElement.scrollWidth"), 390)


class Me(Browsed):
    def test_a_second_factor_by_the_page_and_another_secret(self):
        egon = self.browser("egon", size=PHONE)
        egon.go("#me")
        egon.see("section", "No telephone is set up yet")
        self.for_everybody(egon, "me")
        egon.write("section:first-child input[type=password]", secret_of("egon"))
        egon.press("button", "Set up a telephone")
        egon.see(".qr")
        self.screen(egon, "me")
        self.gate.seeds["egon"] = egon.see(".hash").text.replace(" ", "")
        egon.write("section:first-child input.token", self.gate.code("egon"))
        egon.press("button", "Confirm")
        egon.see(".note-good", "The telephone is set up")
        fields = egon.all("section:last-child input[type=password]")
        for one, text in zip(fields, (secret_of("egon"), "a-secret-for-tomorrow", "a-secret-for-today")):
            one.send_keys(text)
        egon.press("button", "Change")
        egon.see(".note-bad", "not the same")
        fields[2].clear()
        fields[2].send_keys("a-secret-for-tomorrow")
        egon.press("button", "Change")
        egon.see("section:last-child .note", "second factor as well")  # it has one now
        egon.press("#top [data-key=leave]")
        egon.write("input[name=person]", "egon")
        egon.write("input[name=secret]", secret_of("egon"))
        egon.write("input[name=code]", self.gate.code("egon"))
        egon.press("form.signin button.primary")
        egon.see("#top nav")
        self.assertEqual(egon.log(), [])

    def test_the_drawn_code_is_what_it_says(self):
        egon = self.browser("egon")
        rows = egon.driver.execute_async_script(
            "const done = arguments[0]; import('/wire.js').then(({call}) => call('qr', {text: 'otpauth://x'}).then(done))")["rows"]
        self.assertEqual(len(rows), 21)  # version 1
        self.assertEqual({len(row) for row in rows}, {21})
        for corner in (rows[0][:7], rows[0][-7:], rows[-1][:7]):
            self.assertEqual(corner, "1111111")
