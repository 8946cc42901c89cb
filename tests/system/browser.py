"""A real browser on the real pages: Chromium, driven as a person would use it."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from house import PATIENCE, ROOT, secret_of

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--ignore-certificate-errors", "--hide-scrollbars",
         "--force-prefers-reduced-motion")
DESK, TABLET, PHONE = (1280, 900), (820, 1180), (390, 844)
# What WCAG 2.2 asks for at levels A and AA, as far as a machine can see it.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def axe_source():
    """axe-core, as the lock file beside this one wants it, fetched once into build/."""
    folder = os.path.join(ROOT, "build", "axe")
    path = os.path.join(folder, "node_modules", "axe-core", "axe.min.js")
    lock = os.path.join(ROOT, "tests", "system", "axe")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(lock, name), folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                       cwd=folder, check=True, timeout=120)
    with open(path, encoding="utf-8") as f:
        return f.read()


class Browser:
    """A browser of its own: nobody else's cookies."""

    def __init__(self, web, size=DESK, lang="en", theme="light"):
        self.web = web
        self.folder = tempfile.mkdtemp(prefix="dosegate-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in FLAGS + (f"--user-data-dir={self.folder}", "--window-size=%d,%d" % size):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.size(size)
        self.driver.get(web.url)
        self.run("localStorage.setItem('dosegate-lang', arguments[0]);"
                 "localStorage.setItem('dosegate-theme', arguments[1])", lang, theme)
        self.driver.get(web.url)

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def size(self, size):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": size[0], "height": size[1], "deviceScaleFactor": 1,
                                     "mobile": False})

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    # --- finding

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def see(self, css, text="", patience=PATIENCE):
        """Waits for an element that is shown and has this text."""
        end = time.monotonic() + patience
        seen = ""
        while time.monotonic() < end:
            for one in self.all(css):
                try:
                    seen = one.text
                    if one.is_displayed() and text in seen:
                        return one
                except StaleElementReferenceException:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"no {css} with {text!r}; there is {seen!r}; the page says: "
                             + self.all("body")[0].text[:1500] + str(self.log()))

    def gone(self, css):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not any(one.is_displayed() for one in self.all(css)):
                return
            time.sleep(0.05)
        raise AssertionError(f"{css} is still there")

    def press(self, css, text=""):
        one = self.see(css, text)
        self.run("arguments[0].scrollIntoView({block: 'center'})", one)
        one.click()
        return one

    def write(self, css, text):
        one = self.see(css)
        one.clear()
        one.send_keys(text)
        return one

    def choose(self, within, value):
        """A radio button by its value: drawn as a chip, so pressed by its label."""
        self.run("""const chip = document.querySelector(arguments[0] + ' input[value="' + arguments[1] + '"]');
                    chip.scrollIntoView({block: 'center'}); chip.click();""", within, value)

    # --- going on

    def go(self, place):
        self.run("location.hash = arguments[0]", place)

    def sign_in(self, person, secret=None):
        self.write("input[name=person]", person)
        self.write("input[name=secret]", secret or secret_of(person))
        self.press("form.signin button.primary")
        self.see("#top nav")
        return self

    def answer(self, facts):
        """The questions of the form."""
        self.run("""
            for (const [name, answer] of Object.entries(arguments[0])) {
                const q = document.querySelector(`[data-fact="${name}"]`);
                const radio = q.querySelector(`input[type=radio][value="${answer}"]`);
                if (radio) radio.click();
                else {
                    const input = q.querySelector('input:not([type=radio])');
                    input.value = answer.replace(/ d$/, '');
                    input.dispatchEvent(new Event('input'));
                }
            }""", facts)

    # --- looking

    def axe(self, source, tags=WCAG, rules=None):
        """What of WCAG is broken on the page as it is: [(rule, impact, where)]."""
        if not self.run("return 'axe' in window"):
            self.run(source)
        found = self.driver.execute_async_script(
            "const done = arguments[1]; axe.run(document, {runOnly: arguments[0], resultTypes: "
            "['violations']}).then((r) => done(r.violations.map((v) => [v.id, v.impact, "
            "v.nodes.slice(0, 4).map((n) => n.target.join(' ') + ': ' + n.failureSummary)])))", rules or tags)
        return found

    def log(self):
        """What the browser complained of, but for the certificate we made ourselves."""
        return [one["message"] for one in self.driver.get_log("browser")
                if "ERR_CERT" not in one["message"]]

    def picture(self, path):
        """The whole page, as long as it is."""
        width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        before = self.run("return innerHeight")
        self.size((width, min(2600, max(height, before))))
        time.sleep(0.3)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))
        self.size((width, before))


def complaints(found):
    return "\n".join(json.dumps(one, indent=1) for one in found)
