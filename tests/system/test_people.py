"""People and how they prove who they are: real programs, a real terminal, a telephone that is oathtool."""
import datetime
import fcntl
import json
import os
import pty
import re
import select
import struct
import termios
import time
import unittest

import zbar
from PIL import Image

from house import BUILD, PATIENCE, Case, Refused, exception_of, secret_of, totp


class Terminal:
    """dosegatectl with a terminal of its own, as a person has it before them."""

    def __init__(self, *argv):
        child, self.master = pty.fork()
        if child == 0:
            os.execv(argv[0], argv)
        self.child = child
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 100, 0, 0))
        self.text = ""

    def until(self, wanted):
        end = time.monotonic() + PATIENCE
        while wanted not in self.text:
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"never said {wanted!r}: {self.text}")
            try:
                self.text += os.read(self.master, 65536).decode()
            except OSError:  # the other side is closed
                raise AssertionError(f"ended without {wanted!r}: {self.text}") from None

    def answer(self, text):
        os.write(self.master, (text + "\n").encode())

    def end(self):
        while True:
            try:
                more = os.read(self.master, 65536)
            except OSError:
                break
            if not more:
                break
            self.text += more.decode()
        os.close(self.master)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


HALVES = {" ": (255, 255), "\u2580": (0, 255), "\u2584": (255, 0), "\u2588": (0, 0)}


def read_qr(text):
    """What a telephone reads from the half blocks on the terminal, dark on light."""
    lines = re.findall(r"\x1b\[38;5;16;48;5;231m([^\x1b]*)\x1b\[0m", text)
    rows = [row for line in lines for row in zip(*[HALVES[c] for c in line])]
    size = 6
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    image = image.resize((image.width * size, image.height * size), Image.NEAREST)
    scanner = zbar.ImageScanner()
    stream = zbar.Image(image.width, image.height, "Y800", image.tobytes())
    scanner.scan(stream)
    return [symbol.data for symbol in stream]


class People(Case):
    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)})

    def secret(self, name):
        path = os.path.join(self.gate.folder.name, name + ".secret")
        with open(path, "w", encoding="utf-8") as f:
            f.write(secret_of(name) + "\n")
        return path

    def terminal(self, person, *words):
        return Terminal(os.path.join(BUILD, "dosegatectl"), "--socket", self.gate.socket, "--as", person,
                        "--secret-file", self.secret(person), *words)

    def refused(self, code, part, what):
        with self.assertRaises(Refused) as no:
            what()
        self.assertEqual(no.exception.code, code, no.exception.message)
        self.assertIn(part, no.exception.message)
        return no.exception.data

    def on_file(self, name):
        return next(p for p in self.client(self.gate).call("people.list")["people"] if p["name"] == name)


class SecondFactor(People):
    def test_a_telephone_reads_the_code_and_its_first_one_makes_it_count(self):
        self.assertFalse(self.on_file("olga")["second_factor"])
        at = self.terminal("olga", "people", "enrol")
        at.until("the first code it shows: ")
        [uri] = read_qr(at.text)
        found = re.fullmatch(r"otpauth://totp/test%20clinic:olga\?secret=([A-Z2-7]{32})&issuer=test%20clinic", uri)
        self.assertTrue(found, uri)
        self.assertIn(found.group(1), at.text)
        self.assertFalse(self.on_file("olga")["second_factor"])
        self.gate.seeds["olga"] = found.group(1)
        at.answer(self.gate.code("olga"))
        self.assertEqual(at.end(), 0, at.text)
        self.assertTrue(self.on_file("olga")["second_factor"])
        self.client(self.gate, "olga", code=True)

    def test_the_code_is_asked_for_where_one_is_wanted(self):
        at = self.terminal("phil", "test", "read", "P-1", "--class", "alexandrite_755_lp", "--site", "axilla",
                           "--result", "clear")
        at.until("code of phil's second factor: ")
        at.answer(self.gate.code("phil"))
        self.assertEqual(at.end(), 5)  # there is no test area, but phil was let through
        self.assertIn("no test area", re.sub(r"\s+", " ", at.text))

    def test_a_code_is_used_once_also_over_a_restart(self):
        code = self.gate.code("phil")
        self.client(self.gate).call("login", person="phil", secret=secret_of("phil"), code=code)
        again = lambda: self.client(self.gate).call("login", person="phil", secret=secret_of("phil"), code=code)
        self.assertEqual(self.refused(-32001, "has been used", again)["proof"], "code_used")
        self.gate.gate.end()
        self.gate.start()
        self.refused(-32001, "has been used", again)
        self.client(self.gate).call("login", person="phil", secret=secret_of("phil"), code=self.gate.code("phil"))

    def test_a_wrong_code_says_what_the_gate_takes_the_time_for(self):
        late = totp(self.gate.seeds["phil"], int(time.time()) - 600)
        data = self.refused(-32001, "the gate's clock says 20", lambda: self.client(self.gate).call(
            "login", person="phil", secret=secret_of("phil"), code=late))
        self.assertEqual(data, {"proof": "code_wrong", "wait_s": 0})
        self.gate.until_recorded(lambda row: row["kind"] == "people" and row["body"]["event"] == "not proved")

    def test_another_telephone_takes_a_code_of_the_first(self):
        phil = self.client(self.gate, "phil")
        self.refused(-32001, "code of your second factor", lambda: phil.call("people.enrol", secret=secret_of("phil")))
        self.refused(-32001, "secret is wrong", lambda: phil.call("people.enrol", secret="x" * 12))
        told = phil.call("people.enrol", secret=secret_of("phil"), code=self.gate.code("phil"))
        self.refused(-32003, "none of the new", lambda: phil.call("people.confirm", code="000000"))
        phil.call("people.confirm", code=totp(told["seed"], int(time.time())))
        self.gate.until_recorded(lambda row: row["body"].get("event") == "second factor")
        self.refused(-32001, "the code is wrong", lambda: self.client(self.gate, "phil", code=True))

    def test_without_one_nothing_is_signed(self):
        olga = self.client(self.gate, "olga")
        self.assertEqual(self.refused(-32003, "begin again", lambda: olga.call("people.confirm", code="000000")), {})
        data = self.refused(-32001, "you have none yet", lambda: self.client(self.gate).call(
            "login", person="olga", secret=secret_of("olga"), code="000000"))
        self.assertEqual(data["proof"], "not_enrolled")


class Secrets(People):
    def new(self, text):
        path = os.path.join(self.gate.folder.name, "new.secret")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text + "\n")
        return path

    def log_in(self, person, secret, **more):
        return self.client(self.gate).call("login", person=person, secret=secret, **more)

    def test_everybody_changes_their_own(self):
        code, _, err = self.gate.ctl("people", "secret", "--new-secret-file", self.new("olga1234"), person="olga")
        self.assertEqual((code, "less than eight characters" in re.sub(r"\s+", " ", err)), (3, True), err)
        code, out, err = self.gate.ctl("people", "secret", "--new-secret-file", self.new("rain on Tuesdays"),
                                       person="olga")
        self.assertEqual((code, "counts from now on" in out), (0, True), err)
        self.log_in("olga", "rain on Tuesdays")
        self.refused(-32001, "secret is wrong", lambda: self.log_in("olga", secret_of("olga")))
        self.gate.until_recorded(lambda row: row["body"].get("event") == "secret")

    def test_with_a_second_factor_its_code_is_wanted_and_the_old_secret_is_no_new_one(self):
        phil = self.client(self.gate, "phil")
        self.refused(-32001, "code of your second", lambda: phil.call("people.secret", secret=secret_of("phil"),
                                                                      new="rain on Tuesdays"))
        self.refused(-32003, "is the old one", lambda: phil.call("people.secret", secret=secret_of("phil"),
                                                                 new=secret_of("phil")))
        phil.call("people.secret", secret=secret_of("phil"), new="rain on Tuesdays", code=self.gate.code("phil"))
        self.log_in("phil", "rain on Tuesdays", code=self.gate.code("phil"))

    def half(self, by):
        code, out, err = self.gate.ctl("people", "recover", "phil", "--reason", "telephone lost", person=by)
        self.assertEqual(code, 0, err)
        return re.search(r"nobody else: ([A-Z2-7]{4}-[A-Z2-7]{4})", out).group(1), out

    def test_two_others_let_a_physician_in_again(self):
        for _ in range(5):  # whoever guesses at phil's secret locks nobody out for good
            with self.assertRaises(Refused):
                self.log_in("phil", "a wrong one")
        self.refused(-32001, "try again in", lambda: self.log_in("phil", secret_of("phil")))
        one, out = self.half("olga")
        self.assertIn("director or a safety officer", re.sub(r"\s+", " ", out))
        two, out = self.half("susi")
        self.assertIn("people renew phil", re.sub(r"\s+", " ", out))
        code, out, err = self.gate.ctl("people", "renew", "phil", "--half", two, "--half", one,
                                       "--new-secret-file", self.new("rain on Tuesdays"))
        self.assertEqual((code, "counts from now on" in out), (0, True), err)
        self.assertFalse(self.log_in("phil", "rain on Tuesdays")["second_factor"])
        rows = [row["body"] for row in self.gate.until_recorded(
            lambda row: row["body"].get("event", "").startswith("recover"))]
        self.assertEqual([(row["event"], row["by"]) for row in rows[:2]],
                         [("recovery asked for", "olga"), ("recovery by two", "susi")])
        self.assertNotIn(one.replace("-", ""), str(self.gate.ledger()))

    def test_a_wrong_half_lets_nobody_in(self):
        self.half("olga"), self.half("susi")
        self.refused(-32003, "not the two halves", lambda: self.client(self.gate).call(
            "people.renew", person="phil", halves=["AAAAAAAA", "BBBBBBBB"], new="rain on Tuesdays"))
        self.log_in("phil", secret_of("phil"))  # until somebody has both, the old secret counts

    def test_who_let_a_physician_in_is_not_decided_for_by_them(self):
        one, two = self.half("olga")[0], self.half("susi")[0]
        self.client(self.gate).call("people.renew", person="phil", halves=[one, two], new="rain on Tuesdays")
        phil = self.client(self.gate)
        phil.call("login", person="phil", secret="rain on Tuesdays")
        told = phil.call("people.enrol", secret="rain on Tuesdays")
        self.gate.seeds["phil"], self.gate.steps["phil"] = told["seed"], 0
        phil.call("people.confirm", code=self.gate.code("phil"))
        self.gate.until_heard("alex")
        self.session(self.gate, "alex", site="axilla")
        raw = self.raw(self.gate)
        raw.write(1, 16, 220)
        number = self.client(self.gate, "olga").call("hold.ask", device="alex", text="wanted")["number"]
        hold = phil.call("hold.list")["holds"][0]
        given = dict(hold=hold["id"], version=hold["version"], digest=phil.call("hold.show", hold=hold["id"])["digest"],
                     number=number, reason_code="clinical_judgement", reason_text="looked at it")
        self.refused(-32003, "another physician decides", lambda: phil.call(
            "hold.approve", secret="rain on Tuesdays", code=self.gate.code("phil"), **given))
        paula = self.client(self.gate, "paula")
        paula.call("hold.approve", secret=secret_of("paula"), code=self.gate.code("paula"), **given)

    def test_a_source_that_tries_many_names_waits(self):
        web = self.client(self.gate)
        for i in range(11):
            self.refused(-32001, "name or secret", lambda name=f"name{i}": web.call(
                "login", person=name, secret="a wrong one", source="192.0.2.7"))
        self.refused(-32001, "try again in", lambda: web.call("login", person="olga", secret=secret_of("olga")))
        self.log_in("olga", secret_of("olga"), source="192.0.2.8")


class LogOff(People):
    logins = 'logins = { signers = "2 s"; others = "4 s"; longest = "8 s"; };'

    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, logins=self.logins)

    def told(self, client):
        """What the gate says by itself; the seconds until then."""
        since = time.monotonic()
        message = json.loads(client.lines.readline())
        self.assertEqual(message["method"], "logged_off")
        return message["params"], time.monotonic() - since

    def test_who_signs_is_logged_off_soon_and_told_so(self):
        phil = self.client(self.gate, "phil")
        params, took = self.told(phil)
        self.assertEqual(params["person"], "phil")
        self.assertIn("2 s without anything done", params["text"])
        self.assertGreater(took, 1.5)
        self.refused(-32001, "log in first", lambda: phil.call("patient.history", patient="P-1"))
        phil.call("status")  # what only looks still does
        phil.call("login", person="phil", secret=secret_of("phil"))
        phil.call("patient.history", patient="P-1")

    def test_looking_keeps_nobody_logged_in_and_doing_does(self):
        looks, does = self.client(self.gate, "phil"), self.client(self.gate, "paula")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            does.call("patient.history", patient="P-1")
            looks.call("status")
            time.sleep(0.2)
        does.call("patient.history", patient="P-1")
        self.refused(-32001, "log in first", lambda: looks.call("patient.history", patient="P-1"))

    def test_others_have_longer_and_nobody_for_ever(self):
        olga = self.client(self.gate, "olga")
        since = time.monotonic()
        with self.assertRaises(Refused) as no:
            while True:
                olga.call("patient.history", patient="P-1")
                time.sleep(0.2)
        self.assertIn("log in first", no.exception.message)
        self.assertGreater(time.monotonic() - since, 7)
        idle = self.client(self.gate, "olga")
        params, took = self.told(idle)
        self.assertIn("4 s without anything done", params["text"])
        self.assertGreater(took, 3.5)


class Training(People):
    def train(self, by="susi", **more):
        given = dict(person="paula", device_class="alexandrite_755_lp", until="2099-12-31")
        given.update(more)
        given = {key: value for key, value in given.items() if value is not None}
        return self.officer(by).call("training.add", **given)

    def officer(self, by):
        if not hasattr(self, "officers"):
            self.officers = {}
        if by not in self.officers:
            self.officers[by] = self.client(self.gate, by, code=True)
        return self.officers[by]

    def start(self, person="paula"):
        self.gate.until_heard("alex")
        return self.session(self.gate, "alex", person=person, site="axilla")

    def day(self, days):
        return (datetime.date.today() + datetime.timedelta(days)).isoformat()

    def test_without_a_record_no_session_and_the_way_forward_is_told(self):
        self.refused(-32003, "Paula has no valid record of training on alex (alexandrite_755_lp). A safety officer",
                     self.start)
        self.train()
        self.assertEqual(self.start()["state"], "open")

    def test_a_record_of_another_class_or_one_that_ended_is_none(self):
        self.train(device_class="rf_monopolar")
        self.refused(-32003, "no valid record", self.start)
        self.train(on="2026-01-01", until=self.day(-1))
        self.refused(-32003, f"any more: the last one ended on {self.day(-1)}", self.start)
        self.train(on="2026-01-01", until=self.day(0))
        self.assertEqual(self.start()["training"]["days_left"], 0)

    def test_its_end_is_told_thirty_days_before(self):
        for days, soon in ((31, False), (30, True)):
            self.train(until=self.day(days))
            self.assertEqual(self.start()["training"], {"until": self.day(days), "days_left": days, "soon": soon})
        code, out, err = self.gate.ctl("session", "show", "alex")
        self.assertEqual((code, f"the training of paula on this device ends on {self.day(30)}, in 30 days" in
                          re.sub(r"\s+", " ", out)), (0, True), out + err)

    def test_what_is_no_record(self):
        for part, more in (("name one", {"device_class": None}), ("no device", {"device": "bert"}),
                           ("no device class", {"device_class": "laser"}), ("is no date", {"until": "soon"}),
                           ("is no date", {"until": "2027-02-30"}), ("still to come", {"on": self.day(1)}),
                           ("ends after", {"on": self.day(0), "until": self.day(-1)}),
                           ("their own", {"person": "susi"})):
            with self.subTest(part):
                self.refused(-32602, part, lambda m=more: self.train(**m))
        self.refused(-32003, "only operators and physicians", lambda: self.train(person="egon"))
        self.refused(-32003, "nobody of this name", lambda: self.train(person="nora"))

    def test_it_is_kept_recorded_and_listed(self):
        code, out, err = self.gate.ctl("training", "add", "paula", "--class", "alexandrite_755_lp", "--device", "alex",
                                       "--until", "2099-12-31", person="susi", code=True)
        self.assertEqual((code, "recorded by susi: valid" in re.sub(r"\s+", " ", out)), (0, True), err)
        [row] = self.gate.until_recorded(lambda r: r["body"].get("event") == "training" and
                                         r["body"]["person"] == "paula")
        self.assertEqual((row["body"]["device"], row["body"]["until"], row["body"]["by"]), ("alex", "2099-12-31", "susi"))
        self.gate.gate.end()
        self.gate.start()
        code, out, _ = self.gate.ctl("training", "list", "paula")
        self.assertIn("alexandrite_755_lp on alex", out)
        self.assertEqual(self.start()["state"], "open")


class Presence(People):
    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=0 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, supervised=False)
        self.gate.until_heard("alex")
        self.phil = self.client(self.gate, "phil", code=True)

    def start(self):
        return self.session(self.gate, "alex", site="axilla")

    def nearest(self):
        return self.client(self.gate).call("session.show", device="alex")["supervision"]["nearest"]

    def test_without_a_physician_on_the_premises_no_session(self):
        self.refused(-32003, "a physician on the premises (supervision_on_premises), and none has checked in", self.start)
        self.phil.call("presence.in", where="on_call")
        self.refused(-32003, "the nearest is on call", self.start)
        self.phil.call("presence.in")
        session = self.start()
        self.assertEqual((session["state"], session["supervision"]),
                         ("open", {"wanted": "on_premises", "nearest": "on_premises"}))

    def test_in_a_room_is_nearer_than_on_the_premises(self):
        self.phil.call("presence.in", room="alex")
        self.start()
        self.assertEqual(self.nearest(), "in_the_room")

    def test_an_operator_is_no_physician(self):
        self.refused(-32002, "may not check in", lambda: self.client(self.gate, "olga").call("presence.in"))
        self.refused(-32001, "code of your second factor", lambda: self.client(self.gate, "paula").call("presence.in"))

    def test_who_leaves_stops_what_is_armed_and_nothing_passes_until_one_is_back(self):
        self.phil.call("presence.in")
        self.start()
        raw = self.raw(self.gate)
        self.assertIsNone(exception_of(raw.write(1, 16, 120)))
        self.assertIsNone(exception_of(raw.coil(1, 0, True)))
        self.gate.until(lambda d: d["alex"]["state"] == "armed")
        self.phil.call("presence.out")
        self.gate.until(lambda d: d["alex"]["state"] == "standby")
        self.assertIsNone(self.client(self.gate).call("devices")["devices"][0]["alarm"])
        self.assertEqual(exception_of(raw.coil(1, 0, True)), 3)
        [reason] = self.client(self.gate).call("devices")["devices"][0]["last"]["reasons"]
        self.assertEqual(reason["check"], "unsupervised")
        self.assertIn("have a physician check in", reason["way"])
        self.phil.call("presence.in")
        self.assertIsNone(exception_of(raw.coil(1, 0, True)))
        self.gate.until_recorded(lambda row: row["body"].get("event") == "left")

    def test_a_restart_forgets_who_was_there(self):
        self.phil.call("presence.in")
        self.assertEqual(len(self.client(self.gate).call("status")["present"]), 1)
        self.gate.gate.end()
        self.gate.start()
        self.assertEqual(self.client(self.gate).call("presence.list")["present"], [])

    def test_the_time_said_is_kept_and_ends(self):
        for part, more in (("1 min to 12 h", {"for": "59 s"}), ("1 min to 12 h", {"for": "13 h"}),
                           ("1 min to 12 h", {"for": "long"}), ("no device", {"room": "bert"}),
                           ("on call is not", {"room": "alex", "where": "on_call"}), ("where is", {"where": "home"})):
            with self.subTest(more):
                self.refused(-32602, part, lambda m=more: self.phil.call("presence.in", **m))
        self.assertGreater(self.phil.call("presence.in")["left_s"], 4 * 3600 - 60)
        self.assertLessEqual(self.phil.call("presence.in", **{"for": "1 min"})["left_s"], 60)
        self.refused(-32003, "had not checked in", lambda: self.client(self.gate, "paula", code=True).call("presence.out"))

    def test_the_command_line(self):
        code, out, err = self.gate.ctl("presence", "in", "--room", "alex", "--for", "4h", person="paula", code=True)
        self.assertEqual((code, out), (0, "paula is in the room of alex for 240 min\n"), err)
        self.assertIn("paula is in the room of alex", self.gate.ctl("presence", "list")[1])
        self.assertIn("paula is in the room of alex", self.gate.ctl("status")[1])
        code, out, err = self.gate.ctl("presence", "out", person="paula", code=True)
        self.assertEqual((code, out), (0, "checked out\n"), err)
        self.assertIn("no physician has checked in", self.gate.ctl("presence", "list")[1])


if __name__ == "__main__":
    unittest.main()
