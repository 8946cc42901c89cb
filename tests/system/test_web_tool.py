"""What dosegatectl works out for a page: on whose behalf, what it may ask, and how it ends."""
import glob
import json
import os
import stat
import tempfile
import time
import unittest

from house import PATIENCE
from life import NARROWER, Life
from test_web import BUSY, METHOD, NOT_ALLOWED, NOT_PROVED, PARAMS, REFUSED
from web import Web

# A dosegatectl that asks what it is told to, and says what came back.
ASKS = """
import json, os, socket, sys, time
gate = socket.socket(fileno=os.dup(int(sys.argv[2])))
lines = gate.makefile("r")
def ask(method, **params):
    gate.sendall((json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}) + "\\n").encode())
    answer = json.loads(lines.readline())
    assert answer["id"] == 7
    return answer.get("result", answer.get("error"))
"""


class Tools(Life):
    def setUp(self):
        super().setUp()
        self.own = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.addCleanup(self.own.cleanup)
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = self.own.name  # so that what is left behind is seen
        self.addCleanup(lambda: os.environ.pop("TMPDIR") if before is None
                        else os.environ.update(TMPDIR=before))

    def open_web(self, script=None):
        """With the real dosegatectl, or this one."""
        more = ()
        if script is not None:
            path = os.path.join(self.own.name, "ctl")
            with open(path, "w", encoding="utf-8") as f:
                f.write("#!/usr/bin/python3 -I\n" + ASKS + script)
            os.chmod(path, stat.S_IRWXU)
            more = ("--ctl", path)
        self.web = Web(self.gate, *more)
        self.addCleanup(self.web.close)

    def page(self, person, cookie=None):
        page = self.web.page(person, cookie)
        self.addCleanup(page.close)
        return page

    def refused(self, code, answer, part):
        self.assertEqual(answer.get("error", {}).get("code"), code, answer)
        self.assertIn(part, answer["error"]["message"])

    def until(self, what):
        end = time.monotonic() + PATIENCE
        while not what():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.02)

    def nothing_left(self):
        self.until(lambda: not glob.glob(os.path.join(self.own.name, "dosegate-tool.*")))


class Real(Tools):
    def test_a_report_on_behalf_of_who_is_signed_in(self):
        self.open_web()
        report = self.page("dora").call("tool", name="report", args={"days": 7})["result"]
        self.assertEqual(report["writes"], {"allowed": 0, "by_grant": 0, "held": 0, "blocked": 0})
        self.assertEqual(self.page("arno").call("tool", name="report", args={})["result"]["holds"]["opened"], 0)
        self.refused(NOT_ALLOWED, self.page("egon").call("tool", name="report", args={}),
                     "Egon is engineer and may not")
        self.refused(NOT_PROVED, self.page(None).call("tool", name="report", args={}), "sign in")
        self.nothing_left()

    def test_libraries_compared_and_the_past_judged_again(self):
        first = self.begin()
        other = self.propose(self.library("other", NARROWER))
        self.open_web()
        page = self.page("dora")
        diff = page.call("tool", name="library.diff", args={"from": first, "to": other})["result"]
        self.assertEqual(diff["sections"][0]["title"], "alexandrite_755_lp")
        again = page.call("tool", name="library.rerun", args={"hash": other, "days": 30})["result"]
        self.assertEqual((again["proposed"], again["counts"]["days"], again["changes"]), (other, 30, []))
        self.refused(REFUSED, page.call("tool", name="library.diff", args={"from": first, "to": "0" * 64}),
                     "no library in the store")
        self.nothing_left()

    def test_arguments_are_hashes_and_numbers(self):
        self.open_web()
        page = self.page("dora")
        for name, args in (("report", {"days": "7"}), ("report", {"days": -1}), ("report", {"days": 1.5}),
                           ("report", {"days": 40000}), ("report", {"socket": 1}), ("report", None),
                           ("report", []), ("library.diff", {"from": "0" * 64}),
                           ("library.diff", {"from": "0" * 64, "to": "--help"}),
                           ("library.diff", {"from": "0" * 64, "to": "/etc"}),
                           ("library.diff", {"from": "0" * 64, "to": "0" * 7}),
                           ("library.diff", {"from": "0" * 64, "to": "0" * 65}),
                           ("library.rerun", {"hash": "A" * 64})):
            self.refused(PARAMS, page.call("tool", name=name, args=args), "arguments")
        for name in ("library.activate", "stop", "", None, 1, "report --json"):
            self.refused(METHOD, page.call("tool", name=name, args={}), "no such tool")


class Fake(Tools):
    def test_it_only_looks_and_only_as_that_person(self):
        self.open_web("""
asked = ("status", "ledger.rows", "library.list", "login", "stop", "session.end", "watch", "people.list", "hello")
print(json.dumps({m: ask(m) for m in asked}))""")
        said = self.page("arno").call("tool", name="report", args={})["result"]
        for method in ("login", "stop", "session.end", "watch", "people.list", "hello"):
            self.assertEqual(said[method]["code"], METHOD, method)
        self.assertIn("devices", said["status"])
        self.assertIn("rows", said["ledger.rows"])

    def test_it_gets_no_secret_and_nothing_of_ours(self):
        self.open_web("""
fds = [os.readlink("/proc/self/fd/" + n) for n in os.listdir("/proc/self/fd")
       if os.path.exists("/proc/self/fd/" + n)]
print(json.dumps({"argv": sys.argv[1:], "env": sorted(os.environ), "fds": fds, "in": sys.stdin.read()}))""")
        said = self.page("dora").call("tool", name="report", args={"days": 7, "often": 3})["result"]
        self.assertEqual(said["argv"], ["--control-fd", "3", "report", "--json", "--since", "7", "--often", "3"])
        self.assertEqual([n for n in said["env"] if n not in ("TMPDIR", "TZ", "LC_CTYPE")], [])
        self.assertEqual(said["in"], "")
        kinds = sorted(name.split(":")[0] for name in said["fds"] if not name.startswith("/proc"))
        self.assertEqual(kinds, ["/dev/null"] + ["socket"] * 4, said["fds"])  # out, errors, gate twice

    def test_what_it_says_when_it_fails(self):
        for script, code, part in (
                ("sys.exit('so it is')", REFUSED, "so it is"),
                ("print('no JSON')", REFUSED, "without an answer"),
                ("sys.stderr.buffer.write(b'\\xff\\xfe'); sys.exit(1)", REFUSED, "without an answer"),
                ("sys.stderr.write('not you'); sys.exit(4)", NOT_ALLOWED, "not you"),
                ("os.kill(os.getpid(), 9)", REFUSED, "without an answer"),
                ("gate.sendall(b'nonsense\\n'); time.sleep(60)", REFUSED, "no question"),
                ("gate.sendall(b'x' * 9000); time.sleep(60)", REFUSED, "too much"),
                ("""gate.sendall(2 * b'{"jsonrpc":"2.0","id":1,"method":"status","params":{}}\\n')
time.sleep(60)""", REFUSED, "no question"),
                ("print('x' * (5 << 20)); time.sleep(60)", REFUSED, "too much"),
                ("sys.stderr.write('x' * 100000); sys.stderr.flush(); time.sleep(60)", REFUSED, "too much")):
            with self.subTest(script):
                self.open_web(script)
                self.refused(code, self.page("dora").call("tool", name="report", args={}), part)
        self.nothing_left()

    def test_a_program_that_is_not_there(self):
        self.web = Web(self.gate, "--ctl", "/nonexistent/dosegatectl")
        self.addCleanup(self.web.close)
        answer = self.page("dora").call("tool", name="report", args={})
        self.refused(-32603, answer, "cannot be run")
        self.assertIn("/nonexistent/dosegatectl: no such file", self.web.said())
        self.nothing_left()

    # Writes its process id where it may write, and stays.
    STAYS = """
with open(os.environ["TMPDIR"] + "/../" + str(os.getpid()) + ".pid", "w"): pass
time.sleep(600)"""

    def running(self):
        pids = [int(os.path.basename(p)[:-4]) for p in glob.glob(os.path.join(self.own.name, "*.pid"))]
        return [pid for pid in pids if os.path.exists(f"/proc/{pid}")]

    def test_two_at_once_for_everybody(self):
        self.open_web(self.STAYS)
        one, two, three = self.page("dora"), self.page("phil"), self.page("arno")
        one.send("tool", name="report", args={})
        two.send("tool", name="report", args={})
        self.until(lambda: len(self.running()) == 2)
        self.refused(BUSY, three.call("tool", name="report", args={}), "in a moment")
        self.assertIn("result", one.call("status"))  # nothing else waits

    def test_it_ends_with_its_page_and_with_its_person(self):
        self.open_web(self.STAYS)
        cookie = self.web.sign_in("dora")
        one, two = self.page(None, cookie), self.page(None, cookie)
        one.send("tool", name="report", args={})
        self.until(lambda: len(self.running()) == 1)
        one.close()
        self.until(lambda: not self.running())
        two.send("tool", name="report", args={})
        self.until(lambda: len(self.running()) == 1)
        two.send("leave")
        self.until(lambda: not self.running())
        self.nothing_left()

    def test_it_ends_with_the_gate_and_with_us(self):
        self.open_web(self.STAYS)
        self.page("dora").send("tool", name="report", args={})
        self.until(lambda: len(self.running()) == 1)
        self.gate.gate.end()
        self.until(lambda: not self.running())
        self.gate.start()
        self.until(lambda: self.web.request("POST", "/login", json.dumps(
            {"person": "dora", "secret": "dora-long-secret"}))[0] == 200)
        self.page("dora").send("tool", name="report", args={})
        self.until(lambda: len(self.running()) == 1)
        self.assertEqual(self.web.end(), 0)
        self.until(lambda: not self.running())
        self.nothing_left()


if __name__ == "__main__":
    unittest.main()
