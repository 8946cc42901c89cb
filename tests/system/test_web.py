"""The web process: who gets in, what comes through, and what an attacker gets."""
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import warnings

from house import BUILD, PATIENCE, ROOT, WELL, Case, secret_of
from web import BINARY, CONTINUED, TEXT, Closed, Page, Web, answer_of

NOT_PROVED, NOT_ALLOWED, REFUSED, NOT_FOUND, BUSY, METHOD, PARAMS, NO_GATE = (
    -32001, -32002, -32003, -32004, -32005, -32601, -32602, -32000)


class Webbed(Case):
    """A house with one device, and the web process before it."""

    more = ()

    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set",
                               "ready_delay=0 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)})
        self.gate.until_heard("alex")
        self.web = self.open_web()

    def open_web(self):
        web = Web(self.gate, *self.more)
        self.addCleanup(web.close)
        return web

    def page(self, person=None, cookie=None):
        page = self.web.page(person, cookie)
        self.addCleanup(page.close)
        return page

    def refused(self, code, answer, *parts):
        self.assertIn("error", answer)
        self.assertEqual(answer["error"]["code"], code, answer)
        for part in parts:
            self.assertIn(part, answer["error"]["message"])


class SigningIn(Webbed):
    def test_what_is_fetched_names_everything_a_browser_shall_refuse(self):
        status, headers, body = self.web.request()
        self.assertEqual(status, 200)
        self.assertIn("<!doctype html>", body.lower())
        policy = headers["content-security-policy"]
        for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'",
                     "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
                     "form-action 'none'"):
            self.assertIn(part, policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertEqual(headers["referrer-policy"], "no-referrer")
        self.assertEqual(headers["cross-origin-opener-policy"], "same-origin")
        self.assertEqual(headers["cross-origin-resource-policy"], "same-origin")
        self.assertEqual(headers["cache-control"], "no-store")

    def test_no_page_has_a_script_or_a_style_within_it(self):
        folder = os.path.join(ROOT, "daemon", "web", "pages")
        for name in os.listdir(folder):
            if not name.endswith(".html"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read()
            self.assertNotRegex(text, r"(?i)<script(?![^>]*\bsrc=)", name)
            self.assertNotRegex(text, r"(?i)<style|\sstyle=|\son[a-z]+=", name)

    def test_the_cookie_is_the_browsers_alone_and_of_this_site_alone(self):
        body = json.dumps({"person": "olga", "secret": secret_of("olga")})
        status, headers, text = self.web.request("POST", "/login", body)
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(text)["result"]["role"], "operator")
        name, value = headers["set-cookie"].split(";")[0].split("=")
        self.assertEqual(name, "__Host-dosegate")
        self.assertRegex(value, r"^[0-9a-f]{64}$")
        for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(part, headers["set-cookie"])
        self.assertNotIn("Domain", headers["set-cookie"])
        self.assertNotEqual(self.web.sign_in("olga").split("=")[1], value)

    def test_a_wrong_secret_gets_the_gates_answer_and_no_cookie(self):
        for given in ({"person": "olga", "secret": "no"}, {"person": "nobody", "secret": "no"}):
            status, headers, body = self.web.request("POST", "/login", json.dumps(given))
            self.assertEqual(status, 401)
            self.assertNotIn("set-cookie", headers)
            self.assertEqual(json.loads(body)["error"]["code"], NOT_PROVED)

    def test_another_sites_page_cannot_sign_anybody_in(self):
        body = json.dumps({"person": "olga", "secret": secret_of("olga")})
        for origin in (None, "null", "https://evil.example", f"http://{self.web.host}",
                       self.web.origin + ".evil.example", self.web.origin + "0", "https://"):
            status, headers, _ = self.web.request("POST", "/login", body, Origin=origin)
            self.assertEqual(status, 403, origin)
            self.assertNotIn("set-cookie", headers)

    def test_a_form_of_another_site_cannot_send_what_we_take(self):
        body = json.dumps({"person": "olga", "secret": secret_of("olga")})
        for kind in ("text/plain", "application/x-www-form-urlencoded", None,
                     "multipart/form-data; boundary=x"):
            self.assertEqual(self.web.request("POST", "/login", body, Content_Type=kind)[0], 415)

    def test_a_name_bent_to_this_address_gets_nothing(self):
        for host in ("evil.example", "evil.example:%d" % self.web.port, "127.0.0.1",
                     "127.0.0.1:1", self.web.host + ".evil.example"):
            self.assertEqual(self.web.request(Host=host)[0], 421, host)
        self.assertIn(self.web.request(Host=None)[0], (0, 400, 421))
        self.assertEqual(self.web.request(Host=f"localhost:{self.web.port}")[0], 200)

    def test_signing_in_is_not_tried_without_end(self):
        body = json.dumps({"person": "nobody", "secret": "no"})
        seen = [self.web.request("POST", "/login", body)[0] for _ in range(20)]
        self.assertIn(429, seen)
        self.assertEqual(set(seen), {401, 429})
        self.web.sign_in("olga", source="127.0.0.2")  # who sits elsewhere is not kept out

    def test_what_is_not_there(self):
        for path in ("/nothing", "/../web.key", "/..%2fweb.key", "/web.key", "/index.html", "/live",
                     "/login"):
            self.assertIn(self.web.request(path=path)[0], (0, 400, 403, 404), path)
        self.assertEqual(self.web.request("POST", "/", "{}")[0], 404)

    def test_the_certificate_is_kept_and_its_print_is_said(self):
        printed = re.search(r"SHA-256 ([0-9A-F:]{95})", self.web.said()).group(1)
        path = os.path.join(self.web.folder.name, "web.crt")
        with open(path, encoding="ascii") as f:
            der = ssl.PEM_cert_to_DER_cert(f.read())
        self.assertEqual(hashlib.sha256(der).hexdigest().upper(), printed.replace(":", ""))
        self.assertEqual(os.stat(os.path.join(self.web.folder.name, "web.key")).st_mode & 0o777, 0o600)
        again = Web(self.gate, "--state", self.web.folder.name)
        self.addCleanup(again.close)
        self.assertIn(printed, again.said())

    def test_old_tls_and_another_protocol_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.web.connect(version) as s:
                self.assertTrue(s.cipher())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    self.web.connect(version)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", self.web.port))) as s:
            self.assertNotEqual(s.selected_alpn_protocol(), "h2")

    def test_a_given_certificate_is_shown(self):
        folder = self.web.folder.name
        again = Web(self.gate, "--certificate", os.path.join(folder, "web.crt"), "--key",
                    os.path.join(folder, "web.key"))
        self.addCleanup(again.close)
        again.folder.cleanup()
        again.folder = self.web.folder
        status, headers, _ = again.request()
        self.assertEqual(status, 200)
        self.assertIn("max-age", headers["strict-transport-security"])
        self.assertNotIn("self-made", again.said())


class Pages(Webbed):
    def test_a_page_of_a_passer_by_sees_the_devices_and_no_patient_and_may_stop(self):
        self.session(self.gate, "alex", site="axilla")
        page = self.page()
        self.assertIsNone(page.told(lambda m: m.get("method") == "you")["params"]["who"])
        glance = page.told(lambda m: m.get("method") == "glance")["params"]
        self.assertEqual(glance["devices"][0]["name"], "alex")
        self.assertEqual(set(glance["devices"][0]), {"name", "link", "state", "state_words", "old",
                                                     "alarm"})
        self.assertNotIn("P-4711", json.dumps(glance))
        self.assertEqual(page.call("stop", device="alex")["result"]["stopped"], True)
        self.refused(NOT_PROVED, page.call("devices"))
        self.refused(NOT_PROVED, page.call("session.show", device="alex"))
        for message in page.said:
            self.assertIn(message["method"], ("glance", "tick"))

    def test_signed_in_the_gate_knows_who_asks(self):
        olga, phil = self.page("olga"), self.page("phil")
        self.assertEqual(olga.told(lambda m: m.get("method") == "you")["params"]["who"]["person"], "olga")
        self.refused(NOT_ALLOWED, olga.call("people.add", name="x", printed="X", role="operator",
                                            secret="long-enough-secret"), "may not")
        begun = olga.call("session.start", device="alex", patient="P-1", indication="hair_removal",
                          site="axilla", facts=WELL, elsewhere=[])
        self.assertIn("id", begun["result"])
        self.assertEqual(begun["result"]["operator"], "olga")
        event = phil.told(lambda m: m.get("method") == "event" and m["params"]["kind"] == "session")
        self.assertEqual(event["params"]["body"]["patient"], "P-1")
        state = phil.told(lambda m: m.get("method") == "state"
                          and m["params"]["devices"][0]["session"])["params"]
        self.assertEqual(state["devices"][0]["session"]["patient"], "P-1")

    def test_only_what_is_listed_goes_through(self):
        page = self.page("dora")
        for method in ("login", "watch", "ledger.tail", "library.file", "nonsense", "", "library.files",
                       "explain"):
            self.refused(METHOD, page.call(method))
        self.refused(PARAMS, page.call("hello", x="y" * 600), "too long")

    def test_two_tabs_of_one_browser_are_one_person_and_leaving_ends_both(self):
        cookie = self.web.sign_in("olga")
        one, two = self.page(cookie=cookie), self.page(cookie=cookie)
        self.assertIn("result", one.call("status"))
        two.send("leave")
        for page in (one, two):
            self.assertEqual(page.told(lambda m: m.get("method") == "over")["params"]["why"], "left")
            with self.assertRaises(Closed):
                page.told(lambda m: False)
        self.assertIsNone(self.page(cookie=cookie).told(
            lambda m: m.get("method") == "you")["params"]["who"])

    def test_a_made_up_cookie_is_nobody(self):
        for cookie in ("__Host-dosegate=" + "0" * 64, "__Host-dosegate=", "x=y",
                       "a__Host-dosegate=" + "0" * 64, self.web.sign_in("olga")[:-1]):
            page = self.page(cookie=cookie)
            self.assertIsNone(page.told(lambda m: m.get("method") == "you")["params"]["who"])

    def test_a_page_of_another_site_opens_nothing(self):
        cookie = self.web.sign_in("olga")
        for origin in (None, "null", "https://evil.example", f"http://{self.web.host}",
                       self.web.origin + ".evil.example"):
            with self.assertRaises(Closed):
                Page(self.web, cookie, Origin=origin)
        for more in ({"Host": "evil.example"}, {"Sec_WebSocket_Protocol": None},
                     {"Sec_WebSocket_Protocol": "other"}):
            with self.assertRaises(Closed):
                Page(self.web, cookie, **more)

    def test_a_page_that_says_nonsense_is_closed(self):
        for text in ("", "{", "[]", '{"id": 1}', '{"id": "1", "method": "hello", "params": {}}',
                     '{"id": 1, "method": "hello", "params": []}', '{"id":1,"id":1,"method":"hello","params":{}}',
                     '{"id": 1, "method": "hello", "params": {}, "more": 1}', "[" * 10000):
            page = self.page()
            page.frame(text)
            with self.assertRaises(Closed):
                page.told(lambda m: False)

    def test_a_page_that_says_too_much_is_closed(self):
        for sizes in ((20000,), (9000, 9000)):
            page = self.page("olga")
            for i, n in enumerate(sizes):
                page.frame("x" * n, TEXT if i == 0 else CONTINUED, i == len(sizes) - 1)
            with self.assertRaises(Closed):
                page.told(lambda m: False)
        page = self.page("olga")
        page.frame(b"{}", BINARY)
        with self.assertRaises(Closed):
            page.told(lambda m: False)

    def test_a_page_that_asks_too_fast_is_told_and_stop_is_never_too_often(self):
        page = self.page("olga")
        wanted = [page.send("here") for _ in range(90)] + [page.send("stop", device="alex")]
        answers = {}
        while len(answers) < len(wanted):
            message = page.read()
            if "id" in message:
                answers[message["id"]] = message
        self.assertEqual({a["error"]["code"] for a in answers.values() if "error" in a}, {BUSY})
        self.assertIn("result", answers[wanted[-1]])

    def test_nobody_is_signed_in_when_the_gate_has_gone(self):
        page = self.page("olga")
        self.gate.gate.end(signal.SIGKILL)
        self.assertEqual(page.told(lambda m: m.get("method") == "over")["params"]["why"], "gate")
        late = self.page()
        self.refused(NO_GATE, late.call("stop", device="alex"))
        status, _, body = self.web.request("POST", "/login", json.dumps(
            {"person": "olga", "secret": secret_of("olga")}))
        self.assertEqual(status, 503)
        self.gate.start()
        self.gate.until_heard("alex")
        late.told(lambda m: m.get("method") == "tick")  # the web process found it by itself
        self.assertIn("result", self.page("olga").call("status"))

    def test_a_page_hears_something_every_second(self):
        page = self.page("olga")
        page.told(lambda m: m.get("method") == "tick")
        began = time.monotonic()
        for _ in range(3):
            page.told(lambda m: m.get("method") == "tick")
        self.assertLess(time.monotonic() - began, 9)

    def test_ending_in_order_with_pages_open(self):
        self.page("olga")
        self.page()
        self.assertEqual(self.web.end(), 0)


class Idle(Webbed):
    more = ("--idle", "2 s")

    def test_who_touches_nothing_is_signed_out_and_who_does_is_not(self):
        quiet, busy = self.page("olga"), self.page("egon")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assertIn("result", busy.call("here"))
            time.sleep(0.2)
        self.assertEqual(quiet.told(lambda m: m.get("method") == "over")["params"]["why"], "idle")
        with self.assertRaises(Closed):
            quiet.told(lambda m: False)
        self.assertIn("result", busy.call("status"))

    def test_usage(self):
        for words in (["--idle", "0 s"], ["--idle", "5 h"], ["--idle", "15"], ["--listen", "here:1"], ["--key", "x"],
                      ["--listen", "127.0.0.1"], ["surplus"]):
            done = subprocess.run([os.path.join(BUILD, "dosegate-web"), *words], capture_output=True,
                                  text=True, check=False, timeout=PATIENCE)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr)


class Attacked(Webbed):
    """Bytes no browser sends; afterwards everything still answers."""

    def tearDown(self):
        self.assertEqual(self.web.request()[0], 200)
        self.assertEqual(self.web.process.poll(), None)

    def test_requests_that_are_none(self):
        host = f"Host: {self.web.host}\r\n"
        for text in ("\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0" * 100 + "\r\n\r\n",
                     "PUT / HTTP/1.1\r\n" + host + "\r\n", "DELETE /login HTTP/1.1\r\n" + host + "\r\n",
                     "TRACE / HTTP/1.1\r\n" + host + "\r\n",
                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     "GET / HTTP/1.1\r\n" + host + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                     "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
                     "POST /login HTTP/1.1\r\n" + host + f"Origin: {self.web.origin}\r\n"
                     "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with self.web.connect(patience=8) as s:
                s.sendall(text.encode())
                try:
                    status, _, _ = answer_of(s)
                except TimeoutError:
                    self.fail(f"neither answered nor closed: {text!r}")
                self.assertNotIn(status, (101,), text)
                if not text.startswith("GET / HTTP/1.1"):
                    self.assertNotEqual(status, 200, text)

    def test_headers_without_end_are_closed(self):
        head = f"GET / HTTP/1.1\r\nHost: {self.web.host}\r\n"
        status, _, _ = self.web.ask((head + "X: " + "y" * 9000 + "\r\n\r\n").encode())
        self.assertIn(status, (0, 400, 413, 431))
        with self.web.connect(patience=15) as s:  # and one that never ends
            s.sendall(head.encode())
            self.assertEqual(s.recv(1), b"")

    def test_a_body_that_does_not_come_or_is_too_long(self):
        body = "x" * 5000
        self.assertEqual(self.web.request("POST", "/login", body)[0], 413)
        for length in ("-1", "abc", "4097", "99999999999999999999", ""):
            self.assertIn(self.web.request("POST", "/login", "{}", Content_Length=length)[0],
                          (0, 400, 411, 413), length)
        self.assertEqual(self.web.request("POST", "/login", "[1]")[0], 400)
        self.assertEqual(self.web.request("POST", "/login", "{" * 4000)[0], 400)
        with self.web.connect(patience=15) as s:
            s.sendall((f"POST /login HTTP/1.1\r\nHost: {self.web.host}\r\nOrigin: {self.web.origin}\r\n"
                       "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{").encode())
            self.assertEqual(s.recv(1), b"")

    def test_connections_that_only_wait_are_closed(self):
        quiet = socket.create_connection(("127.0.0.1", self.web.port), 20)
        self.addCleanup(quiet.close)
        self.assertEqual(quiet.recv(1), b"")
        plain = socket.create_connection(("127.0.0.1", self.web.port), 20)
        self.addCleanup(plain.close)
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            self.assertNotIn(b"200", plain.recv(100))
        except ConnectionResetError:
            pass

    def test_more_connections_than_there_is_room_for(self):
        many = []
        try:
            for _ in range(300):
                many.append(socket.create_connection(("127.0.0.1", self.web.port), 20))
        except OSError:
            pass
        for s in many:
            s.close()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if self.web.request()[0] == 200:
                    return
            except OSError:
                pass
        self.fail("no more room")

    def test_frames_that_are_none(self):
        for data in (b"\xff\xff\xff\xff" * 10, b"\x81\x05hello", b"\x8b\x80\0\0\0\0",
                     b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0", b"\xf1\x80\0\0\0\0"):
            page = self.page()
            page.socket.sendall(data)
            with self.assertRaises((Closed, TimeoutError)):
                page.socket.settimeout(10)
                page.told(lambda m: False)


class Hook(Webbed):
    """Told of what waits, once each, and never of a patient."""

    def open_web(self):
        self.told = os.path.join(self.gate.folder.name, "told")
        self.hook = os.path.join(self.gate.folder.name, "hook")
        with open(self.hook, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\nenv | sort >> {self.told}\necho \"$# arguments\" >> {self.told}\necho . >> {self.told}\n")
        os.chmod(self.hook, 0o755)
        self.more = ("--hook", self.hook)
        return super().open_web()

    def rings(self, count):
        end = time.monotonic() + PATIENCE
        text = ""
        while time.monotonic() < end:
            if os.path.exists(self.told):
                with open(self.told, encoding="utf-8") as f:
                    text = f.read()
                if text.count("\n.\n") >= count:
                    return [dict(line.split("=", 1) for line in one.splitlines() if "=" in line)
                            for one in text.split("\n.\n")[:-1]], text
            time.sleep(0.02)
        raise AssertionError(text)

    def test_a_hold_a_request_and_an_alarm_are_told_once(self):
        self.session(self.gate, "alex", site="axilla")
        for tenths in (240, 250, 240):  # a turning knob is one hold
            self.assertEqual(self.raw(self.gate).write(1, 16, tenths)[1], 3)
        self.assertEqual(self.rings(1)[0][0]["DOSEGATE_EVENT"], "hold")
        self.client(self.gate, "olga").call("hold.ask", device="alex", text="coarse hair of P-4711")
        self.rings(2)
        self.device.tell("fault emission_without_ready")
        rings, text = self.rings(3)
        self.assertEqual([one["DOSEGATE_EVENT"] for one in rings], ["hold", "asked", "alarm"])
        self.assertEqual({one["DOSEGATE_DEVICE"] for one in rings}, {"alex"})
        self.assertEqual([one["DOSEGATE_HOLD"] for one in rings], ["1", "1", ""])
        self.assertEqual({one["DOSEGATE_URL"] for one in rings}, {self.web.url})
        self.assertNotIn("P-4711", text)
        self.assertIn("0 arguments", text)
        self.assertIn("pulses left the device", rings[2]["DOSEGATE_TEXT"])

    def test_a_hook_that_is_not_there_or_fails_is_said_and_changes_nothing(self):
        os.unlink(self.hook)
        self.session(self.gate, "alex", site="axilla")
        page = self.page("phil")
        self.assertEqual(self.raw(self.gate).write(1, 16, 240)[1], 3)
        page.told(lambda m: m.get("method") == "event" and m["params"]["kind"] == "hold")
        end = time.monotonic() + PATIENCE
        while "no such file" not in self.web.said() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertIn("no such file", self.web.said())
        self.assertIn("result", page.call("status"))


class Load(Webbed):
    """A hundred pages, and twenty holds a second."""

    PAGES, HOLDS, SECONDS = 100, 20, 5

    def test_no_page_misses_an_event(self):
        self.session(self.gate, "alex", site="axilla")
        cookies = [self.web.sign_in(("phil", "paula", "olga", "egon")[i % 4]) for i in range(10)]
        pages = [self.page(cookie=cookies[i % 10]) for i in range(self.PAGES)]
        for page in pages:
            page.told(lambda m: m.get("method") == "state")
        console = self.raw(self.gate)
        began = time.monotonic()
        for i in range(self.HOLDS * self.SECONDS):
            wait = began + i / self.HOLDS - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self.assertEqual(console.write(1, 16, 240 + i % 2)[1], 3)
        took = time.monotonic() - began
        self.client(self.gate, "olga").call("hold.ask", device="alex", text="the last one")
        last = lambda m: m.get("method") == "event" and m["params"]["body"].get("text") == "the last one"
        opened = []
        for page in pages:
            numbers, holds = [], 0
            while True:
                message = page.read()
                if message.get("method") != "event":
                    continue
                numbers.append(message["params"]["n"])
                holds += message["params"]["body"].get("hold") is not None and message["params"]["kind"] == "hold"
                if last(message):
                    break
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))  # none is missing
            opened.append(holds)
        self.assertEqual(len(set(opened)), 1)
        self.assertGreaterEqual(opened[0], self.HOLDS * self.SECONDS)
        self.assertLess(took, 2 * self.SECONDS)
        self.assertLess(time.monotonic() - began, 4 * self.SECONDS)
