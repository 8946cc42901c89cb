"""dosegatectl as people type it: every command, every exit code, what the output says."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import termios
import unittest

from life import NARROWER, library_in
from house import BUILD, PATIENCE, PEOPLE, PROFILES, WELL, Case, exception_of, secret_of

DONE, NO_GATE, USAGE, REFUSED, WHO, NOT_FOUND, BROKEN = range(7)
CTL = os.path.join(BUILD, "dosegatectl")
GATE = os.path.join(BUILD, "dosegated")
FLUENCE, ARM = 16, 0
START = ("session", "start", "alex", "--patient", "P-4711", "--indication", "hair_removal", "--site",
         "axilla")
# Treated once, elsewhere on the body; a test area here, read after four weeks.
PAST = ("--elsewhere", "alexandrite_755_lp back 900 d", "--elsewhere",
        "alexandrite_755_lp axilla 60 d test_spot 30 d clear wavelength=755 nm, spot=18 mm, "
        "pulse_width=3 ms, fluence=20 J/cm2, cooling=cryogen")
# address 16, 20 J/cm2: a whole frame, and the same as a bare PDU
FRAME, PDU = "00 01 00 00 00 06 01 06 00 10 00 c8", "06 0010 00c8"


def facts(**more):
    """--fact options for a patient about whom all is known and nothing speaks against it."""
    return [word for name, value in dict(WELL, **more).items()
            for word in ("--fact", f"{name}={value}")]


class Desk(Case):
    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set",
                               "ready_delay=50 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)})
        self.gate.until_heard("alex")

    def ctl(self, code, *words, person=None, otp=False):
        """Runs it, holds the exit code, and gives what was said on both ways, as a person sees it."""
        got, out, err = self.gate.ctl(*words, person=person, code=otp)
        self.assertEqual(got, code, f"{words}: {out}{err}")
        self.assertNotIn("Sanitizer", err)
        return out + err

    def json(self, *words, person=None, code=DONE):
        got, out, err = self.gate.ctl("--json", *words, person=person)
        self.assertEqual(got, code, f"{words}: {out}{err}")
        return json.loads(out)

    def said(self, text, *wanted):
        for one in wanted:
            self.assertIn(one, text)

    def press(self, tenths, wanted=None):
        console = self.raw(self.gate)
        self.assertEqual(exception_of(console.write(1, FLUENCE, tenths)), wanted)

    def session(self, **more):
        return self.ctl(DONE, *START, *PAST, *facts(**more), person="olga")

    def hold(self):
        """A session of type III, 18 J/cm2 asked for: (hold, number)."""
        self.session(skin_type="III")
        self.press(180, 3)
        text = self.ctl(DONE, "hold", "ask", "alex", "--reason", "coarse hair", person="olga")
        found = re.search(r"give the physician hold (\d+) and the number (\d+)", text)
        self.assertTrue(found, text)
        return found.group(1), found.group(2)


class Looking(Desk):
    def test_status_says_clinic_devices_and_what_is_missing(self):
        self.said(self.ctl(DONE, "status"), "test clinic (DEMO: not for patients): well",
                  "alex (unit 1, alexandrite_755 at 127.0.0.1:", "): standby",
                  "set: fluence 10 J/cm2, spot 18 mm", "no session: no setting passes")
        self.assertTrue(self.json("status")["well"])

    def test_devices_says_serial_firmware_and_pulses(self):
        self.said(self.ctl(DONE, "devices"), "serial ALX-0001", "firmware", "pulses so far: 0")
        self.assertEqual(self.json("devices")["devices"][0]["name"], "alex")

    def test_library_lists_indications_sites_and_questions(self):
        self.said(self.ctl(DONE, "library"), "alexandrite_755_lp: hair_removal", "axilla",
                  "visible_tan", "no, yes, burnt", 'days since as "12 d", a date, never')
        self.assertIn("skin_type", [f["name"] for f in self.json("library")["facts"]])
        options = {o["name"]: o for o in self.json("library")["options"]}
        self.assertEqual(options["asds_2017"]["stands"], "dropped")
        self.assertIsNone(options["asds_2017"]["decided"])
        self.assertEqual(self.json("library")["site_words"]["forehead"],
                         {"words": "forehead", "within": "face"})
        self.assertIn("eyebrow: eyebrow, within face", self.ctl(DONE, "library"))

    def test_people_list_says_who_since_when(self):
        text = self.ctl(DONE, "people", "list")
        self.assertRegex(text, r"(?m)^dora +director +since \d{4}-\d\d-\d\d  Dr\. Dora Dean$")
        self.assertEqual(len(self.json("people", "list")["people"]), len(PEOPLE))
        self.assertNotIn("argon2", json.dumps(self.json("people", "list")))

    def test_map_is_two_tables(self):
        self.said(self.ctl(DONE, "map"), "| B+5 | 1 | verdict |", "| B+0 | 1 | stop |",
                  "B = 100 for the first device")
        as_json = self.json("map")
        self.assertEqual(as_json["device_base"], 100)
        self.assertIn("verdict", [row["name"] for row in as_json["device"] if row["address"] == 5])
        self.assertEqual([row["name"] for row in as_json["coils"]], ["stop", "ask", "take"])

    def test_tail_numbers_its_rows_and_says_what_was_asked_and_why(self):
        self.press(120, 3)
        self.gate.until_recorded(lambda row: row["kind"] == "refused")
        text = self.ctl(DONE, "ledger", "tail")
        self.assertRegex(text, r"(?m)^ +\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  refused   alex: "
                               r"fluence 10 J/cm2 -> 12 J/cm2: refused: no session is open")
        self.assertEqual(len(self.ctl(DONE, "ledger", "tail", "2").splitlines()), 2)
        self.assertEqual(len(self.json("ledger", "tail", "3")["rows"]), 3)

    def test_explain_an_allowed_a_held_and_a_blocked_frame(self):
        self.said(self.ctl(DONE, "explain", FRAME), "unit 1", "write register",
                  "fluence would be 20 J/cm2", "refused: no session is open")
        self.session(skin_type="III")
        self.said(self.ctl(DONE, "explain", "06 0010 0078", "--device", "alex"),
                  "allowed: inside the limits")
        self.said(self.ctl(DONE, "explain", "06 0010 00b4", "--device", "alex"), "held for a physician",
                  "18 J/cm2 is above 16 J/cm2", "ask the physician")
        self.said(self.ctl(DONE, "explain", FRAME), "20 J/cm2 is above 16 J/cm2", "ask two physicians")
        held = self.json("explain", PDU, "--device", "alex")
        self.assertEqual((held["verdict"]["verdict"], held["exception"]), ("HELD", 3))
        self.assertEqual(self.device.writes(), [], "explain sends nothing")
        self.said(self.ctl(DONE, "hold", "list"), "nothing waits")

    def test_explain_what_is_unknown_and_what_is_garbage(self):
        self.said(self.ctl(DONE, "explain", "06 0099 0001", "--device", "alex"), "exception 02")
        self.said(self.ctl(DONE, "explain", "63 00", "--device", "alex"), "unknown function",
                  "exception 01")
        self.said(self.ctl(DONE, "explain", "00 01 00 00 00 06 09 06 00 10 00 c8"), "exception 0A")
        self.said(self.ctl(USAGE, "explain", "zz"), '"zz" is not a frame')
        self.said(self.ctl(USAGE, "explain", "00 01"), "no whole Modbus/TCP frame", "name the device")
        self.said(self.ctl(NOT_FOUND, "explain", PDU, "--device", "bob"), "there are: alex")


class Watching(Desk):
    def watch(self, *options):
        child = subprocess.Popen([CTL, "--socket", self.gate.socket, *options, "watch"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.unread = b""

        def end():
            child.kill()
            child.communicate()
        self.addCleanup(end)
        return child

    def line(self, child, patience=PATIENCE):
        """The next whole line, or "" when there was none in time."""
        while b"\n" not in self.unread:
            if not select.select([child.stdout], [], [], patience)[0]:
                return ""
            data = os.read(child.stdout.fileno(), 4096)
            if data == b"":
                return ""
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def until(self, child, pattern):
        while True:
            line = self.line(child)
            if re.search(pattern, line):
                return line
            if line == "":
                self.fail(f"watch never said {pattern}")

    def test_it_shows_what_was_asked_decided_and_why(self):
        child = self.watch()
        self.until(child, "watching; end with Ctrl-C")
        self.session(skin_type="III")
        self.press(120)
        self.press(180, 3)
        self.until(child, r"session +alex: session open")
        self.until(child, r"intent +alex: fluence 10 J/cm2 -> 12 J/cm2: allowed")
        self.said(self.until(child, r"refused +alex: fluence 12 J/cm2 -> 18 J/cm2"),
                  "held for a physician", "above 16 J/cm2 (alex755_18mm_III)",
                  "ask for at most 16 J/cm2, or ask the physician")
        self.until(child, r"hold +alex: hold \d+: waits for a physician \(olga\)")

    def test_as_json_each_line_is_an_event(self):
        child = self.watch("--json")
        # nothing is printed when it begins: what it says first is something that happened
        client = self.client(self.gate)
        self.gate.until(lambda d: child.poll() is None and self.press_and_look(child), client)

    def press_and_look(self, child):
        self.press(120, 3)
        line = self.line(child, 0.05)
        if line == "":
            return False
        event = json.loads(line)
        self.assertEqual(set(event), {"kind", "at", "body"})
        return True

    def test_it_ends_when_the_gate_goes(self):
        child = self.watch()
        self.until(child, "watching")
        self.gate.gate.end()
        _, errors = child.communicate(timeout=PATIENCE)
        self.assertEqual(child.returncode, NO_GATE)
        self.assertIn(b"the gate went", errors)


class Sessions(Desk):
    def test_start_shows_limits_in_words(self):
        self.said(self.session(skin_type="III"), "session 1 on alex: open",
                  "patient P-4711, hair_removal, axilla, operator olga", "skin type III",
                  "fluence        up to 16 J/cm2 (usual from 10 J/cm2); never above",
                  "pulse_width    at least 3 ms", "cooling        cryogen",
                  "cooling_spray  40 ms to 50 ms",
                  "only after a test area was read  [alex755_18mm_III; CAN13, primary source]")

    def test_show_fact_and_end(self):
        self.said(self.ctl(DONE, "session", "show", "alex"), "no session is open")
        self.assertIsNone(self.json("session", "show", "alex"))
        self.session()
        self.said(self.ctl(DONE, "session", "show", "alex"), "visible_tan         no")
        text = self.ctl(DONE, "session", "fact", "alex", "--fact", "visible_tan=yes", person="olga")
        self.said(text, "waits for a physician: no setting passes until then", "HELD     ",
                  "skin type III, assessed as II and raised by a rule", "hold ask alex --reason")
        self.said(self.ctl(DONE, "session", "end", "alex", person="olga"), "session on alex ended")
        self.said(self.ctl(NOT_FOUND, "session", "end", "alex", person="olga"), "no session is open")
        self.said(self.ctl(NOT_FOUND, "session", "fact", "alex", "--fact", "visible_tan=no",
                           person="olga"), "no session is open")
        self.assertEqual(self.json(*START, *PAST, *facts(), person="olga")["state"], "open")
        self.assertEqual(self.json("session", "end", "alex", person="olga"), {})

    def test_what_is_not_given_counts_as_the_riskiest_and_is_named_once(self):
        text = self.ctl(REFUSED, *START, "--fact", "skin_type=II", person="olga")
        self.said(text, "not given, so they count as the riskiest answer: last_sun, visible_tan",
                  "screening of this patient says no", "BLOCKED", "[pregnancy; ")
        self.assertEqual(text.count("melasma,"), 1)
        refused = self.json(*START, person="olga", code=REFUSED)["error"]
        self.assertEqual((refused["code"], refused["data"]["verdict"]), (-32003, "BLOCKED"))

    def test_another_session_on_the_device_is_named_before_it_ends(self):
        self.session()
        self.said(self.session(), "alex has session 1 of patient P-4711; it ends when this one begins",
                  "session 2 on alex: open")

    def test_slips_are_said_with_what_would_be_right(self):
        for words, wanted in (
                (START[:3], "wants --patient TOKEN --indication I --site S"),
                (START + ("--fact", "skin_type"), "NAME=ANSWER, as in skin_type=III"),
                (START + ("--fact", "skin_type=9"), "answers: I, II, III, IV, V, VI, unknown"),
                (START + ("--fact", "last_sun=soon"), "a date"),
                (START + ("--fact", "skin=II"), 'no fact "skin"; there are: skin_type'),
                (START[:5] + ("--indication", "tattoo", "--site", "face"),
                 'no indication "tattoo"; there are: '),
                (START[:5] + ("--indication", "hair_removal", "--site", "nose"),
                 'no site "nose"; there are: '),
                (START[:4] + ("Smith",) + START[5:], "never a name"),
                (("session", "fact", "alex"), "wants --fact"),
        ):
            with self.subTest(words):
                self.said(self.ctl(USAGE, *words, person="olga"), wanted)
        self.said(self.ctl(NOT_FOUND, *START[:2], "bob", *START[3:], person="olga"),
                  'no device "bob"; there are: alex')


class Terminal(Desk):
    """A person at a terminal of 80 columns."""

    def open(self, *words, person="olga"):
        path = os.path.join(self.gate.folder.name, person + ".secret")
        with open(path, "w", encoding="utf-8") as f:
            f.write(secret_of(person))
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
        self.child = subprocess.Popen([CTL, "--socket", self.gate.socket, "--as", person,
                                       "--secret-file", path, *words],
                                      stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.text = ""

    def until(self, wanted):
        """Reads on until `wanted` was said behind what was read before."""
        at = len(self.text)
        while wanted not in self.text[at:]:
            if not self.more():
                self.fail(f"never said {wanted!r}: {self.text}")
        return self.text[at:]

    def more(self):
        if not select.select([self.master], [], [], PATIENCE)[0]:
            return False
        try:
            data = os.read(self.master, 4096).decode()
        except OSError:  # the other side is closed
            return False
        self.text += data
        return data != ""

    def answer(self, text):
        os.write(self.master, text.encode() + b"\n")

    def end(self):
        while self.more():
            pass
        return self.child.wait(PATIENCE)

    def test_questions_come_one_by_one_and_a_slip_is_asked_again(self):
        self.open(*START)
        for fact in self.client(self.gate).call("library")["facts"]:
            self.until("]: ")
            if fact["name"] == "visible_tan":
                self.answer("maybe")
                self.assertIn("this is not one of the answers", self.until("]: "))
            self.answer(WELL[fact["name"]])
        self.assertIn("radiofrequency", self.until("]: "))
        self.answer("last year, I think")
        self.assertIn("this is neither", self.until("]: "))
        for told in PAST[1::2]:
            self.answer(told)
            self.until("another one, or nothing]: ")
        self.answer("")
        self.assertEqual(self.end(), DONE)
        self.assertIn("session 1 on alex: open", self.text)
        self.assertRegex(self.text, r"1 of \d+: Fitzpatrick skin type")
        shown = re.sub("\033\\[[0-9]*m", "", self.text[self.text.index("session 1 on alex"):])
        self.assertEqual([line for line in shown.splitlines() if len(line) > 80], [])
        self.assertNotRegex(shown, r"(?m)\d$\n +J/cm2")

    def test_giving_up_starts_nothing(self):
        self.open(*START)
        self.until("]: ")
        os.write(self.master, b"\x04")
        self.assertEqual(self.end(), USAGE)
        self.assertIn("no session was started", self.text)
        self.assertIsNone(self.json("session", "show", "alex"))

    def test_signing_an_activation_takes_the_hash_once_more(self):
        folder = library_in(os.path.join(self.gate.folder.name, "second"), NARROWER)
        hash_ = self.client(self.gate, "phil").call("library.propose", dir=folder)["library"]
        sign = ("library", "activate", hash_[:8], "--reason", "read")
        for said, code in (("00000000", REFUSED), (hash_[:8], DONE)):
            before = self.json("status")["in_use"]["hash"]
            otp = ("--otp", self.gate.code("dora")) if code == DONE else ()
            self.open(*sign, *otp, person="dora")
            self.until("type the first eight digits of its hash: ")
            self.answer(said)
            self.assertEqual(self.end(), code)
            self.assertEqual(self.json("status")["in_use"]["hash"], hash_ if code == DONE else before)
        self.assertIn("proposed by Phil", self.text)

    def test_a_refusal_is_coloured_for_people_and_not_for_pipes(self):
        self.press(120, 3)
        self.open("status")
        self.assertEqual(self.end(), DONE)
        self.assertIn("\033[31mrefused: no session is open", self.text)
        self.assertNotIn("\033", self.ctl(DONE, "status"))


class Deciding(Desk):
    def decide(self, verb, hold, *more, person="phil", code=DONE):
        otp = verb == "approve" and code == DONE
        return self.ctl(code, "hold", verb, hold, "--code", "clinical_judgement", "--reason",
                        "looked at it", *more, person=person, otp=otp)

    def test_ask_approve_press_again_revoke(self):
        hold, number = self.hold()
        self.said(self.ctl(DONE, "hold", "list"), f"hold {hold} (version 1) on alex: waits",
                  "15 min left", 'operator olga: "coarse hair"', "asked    fluence 18 J/cm2, spot 18 mm",
                  "inside   fluence 16 J/cm2, the rest as asked", "visible_tan         no",
                  "approvers needed: 1, so far: 0")
        self.said(self.ctl(DONE, "hold", "show", hold), "history of this patient",
                  f"hold {hold}: waits for a physician")
        self.assertEqual(len(self.json("hold", "list")["holds"]), 1)
        self.said(self.decide("approve", hold, "--number", number, "--pulses", "20", "--seconds", "60"),
                  f"hold {hold} on alex, patient P-4711: granted: press again", "s left",
                  "granted  exactly what was asked", "reason   clinical_judgement: looked at it")
        self.press(180)
        self.said(self.ctl(DONE, "hold", "show", hold), "in force for these settings")
        self.said(self.ctl(DONE, "grant", "revoke", hold, person="phil"), "revoked")
        self.said(self.ctl(REFUSED, "grant", "revoke", hold, person="phil"), "")

    def test_less_is_granted_as_less_and_more_is_not(self):
        hold, number = self.hold()
        self.said(self.decide("approve", hold, "--number", number, "--set", "fluence=30 J/cm2",
                              code=REFUSED), "")
        self.said(self.decide("approve", hold, "--number", number, "--set", "fluence=17 J/cm2"),
                  "granted  fluence 17 J/cm2, the rest as asked")

    def test_deny(self):
        hold, _ = self.hold()
        self.said(self.decide("deny", hold), "denied by the physician")
        self.assertEqual(self.json("hold", "show", hold)["state"], "denied")

    def test_slips_of_a_decision_decide_nothing(self):
        hold, number = self.hold()
        said = self.said
        said(self.decide("approve", hold, code=USAGE), "wants --number")
        said(self.decide("approve", hold, "--number", "x", code=USAGE), 'not "x"')
        said(self.decide("approve", hold, "--number", number, "--pulses", "ten", code=USAGE), 'not "ten"')
        said(self.decide("approve", "x", "--number", number, code=USAGE), 'a hold wants a number')
        said(self.decide("approve", hold, "--number", number, "--set", "fluence", code=USAGE),
             "PARAMETER=VALUE")
        said(self.decide("approve", hold, "--number", number, "--set", "fluence=17", code=USAGE),
             "the unit is missing")
        said(self.decide("approve", hold, "--number", number, "--set", "fluence=17 J", code=USAGE),
             "measures something else")
        said(self.decide("approve", hold, "--number", number, "--set", "dose=1", code=USAGE), '"dose"')
        said(self.decide("approve", hold, "--number", str(int(number) + 1), code=REFUSED), "number")
        said(self.decide("approve", "99", "--number", number, code=NOT_FOUND), "no such hold")
        said(self.ctl(USAGE, "hold", "deny", hold, "--code", "clinical_judgement", person="phil"),
             "--reason")
        said(self.ctl(USAGE, "hold", "deny", hold, "--reason", "no", person="phil"), "--code")
        said(self.ctl(USAGE, "hold", "deny", hold, "--code", "mood", "--reason", "no", person="phil"),
             '"mood" is none of the clinic\'s reason codes')
        said(self.ctl(USAGE, "hold", "ask", "alex", person="olga"), "--reason")
        said(self.ctl(NOT_FOUND, "hold", "show", "99"), "no such hold")
        self.assertEqual(self.json("hold", "show", hold)["state"], "open")

    def test_nothing_to_ask_for_is_refused_and_not_exit_0(self):
        said = self.ctl(NOT_FOUND, "hold", "ask", "alex", "--reason", "x", person="olga")
        self.said(said, "no session is open")
        self.session()
        self.said(self.ctl(REFUSED, "hold", "ask", "alex", "--reason", "x", person="olga"),
                  "press the setting first")

    def test_roles(self):
        hold, number = self.hold()
        self.said(self.decide("approve", hold, "--number", number, person="olga", code=WHO), "may not")
        self.said(self.ctl(WHO, "alarm", "clear", "alex", "--reason", "x", person="olga"), "may not")
        self.said(self.ctl(WHO, *START, *facts(), person="egon"), "may not")
        self.said(self.ctl(WHO, "people", "add", "eve", "--printed", "Eve", "--role", "operator",
                           "--new-secret-file", self.secret("eve"), person="phil"), "may not")

    def secret(self, name, text=None):
        path = os.path.join(self.gate.folder.name, name + ".new")
        with open(path, "w", encoding="utf-8") as f:
            f.write((text or secret_of(name)) + "\n")
        return path

    def test_a_wrong_secret_no_secret_and_no_name(self):
        wrong = self.secret("wrong")
        end = ("session", "end", "alex")
        self.said(self.ctl(WHO, *end, "--as", "olga", "--secret-file", wrong), "name or secret is wrong")
        self.said(self.ctl(WHO, *end, "--as", "nobody", "--secret-file", wrong), "name or secret is wrong")
        self.said(self.ctl(WHO, *end, "--as", "olga", "--secret-file", "/nowhere"),
                  "no secret of olga: nothing could be read from /nowhere")
        self.said(self.ctl(WHO, *end), "give --as NAME")

    def test_stop_needs_no_login_and_reaches_the_device(self):
        self.session()
        self.press(160)
        console = self.raw(self.gate)
        self.assertIsNone(exception_of(console.coil(1, ARM, True)))
        self.gate.until(lambda d: d["alex"]["state"] == "armed")
        self.said(self.ctl(DONE, "stop", "alex"), "stop is on the wire")
        self.gate.until(lambda d: d["alex"]["state"] == "standby")
        self.assertTrue(self.json("stop", "alex")["stopped"])
        self.said(self.ctl(NOT_FOUND, "stop", "bob"), "there are: alex")

    def test_stop_says_when_it_cannot_reach_the_device(self):
        self.device.quit()
        self.gate.until(lambda d: d["alex"]["link"] == "down")
        self.said(self.ctl(REFUSED, "stop", "alex"), "use its own stop button")
        self.said(self.ctl(DONE, "status"), "DOES NOT ANSWER")

    def test_an_alarm_is_shown_and_cleared_with_a_reason(self):
        self.said(self.ctl(REFUSED, "alarm", "clear", "alex", "--reason", "x", person="egon"),
                  "no alarm")
        self.session()
        self.press(160)
        console = self.raw(self.gate)
        self.assertIsNone(exception_of(console.coil(1, ARM, True)))
        self.gate.until(lambda d: d["alex"]["state"] == "armed")
        self.device.tell("panel fluence=25 J/cm2")
        self.gate.until(lambda d: d["alex"]["alarm"] is not None)
        self.said(self.ctl(DONE, "status"), "ALARM ", "no setting passes until it is cleared")
        self.said(self.ctl(USAGE, "alarm", "clear", "alex", person="egon"), "--reason")
        text = self.ctl(DONE, "alarm", "clear", "alex", "--reason", "knob turned back", person="egon")
        self.assertNotIn("ALARM", text)


class People(Case):
    def add(self, house, code, name, role, *more, secret=None):
        path = os.path.join(house.folder.name, "new.secret")
        with open(path, "w", encoding="utf-8") as f:
            f.write(secret or secret_of(name))
        got, out, err = house.ctl("people", "add", name, "--printed", name.title(), "--role", role,
                                  "--new-secret-file", path, *more)
        self.assertEqual(got, code, out + err)
        return out + err

    def test_the_first_is_a_director_and_adds_the_others(self):
        device = self.sim("alexandrite_755.cfg")
        house = self.house({"alex": (1, "alexandrite_755.cfg", device.port)}, people=False)
        self.assertIn("nobody yet", house.ctl("people", "list")[1])
        self.assertIn("the first person is a director", self.add(house, WHO, "olga", "operator"))
        self.assertIn("dora is on file as director", self.add(house, DONE, "dora", "director"))
        self.assertIn("log in first", self.add(house, WHO, "olga", "operator"))
        dora = os.path.join(house.folder.name, "dora.secret")
        with open(dora, "w", encoding="utf-8") as f:
            f.write(secret_of("dora"))
        as_dora = ("--as", "dora", "--secret-file", dora)
        self.assertIn("you have none yet", self.add(house, WHO, "olga", "operator", *as_dora))
        house.enrol("dora")
        self.assertIn("code of your second factor", self.add(house, WHO, "olga", "operator", *as_dora))
        code = house.code("dora")
        self.assertIn("on file", self.add(house, DONE, "olga", "operator", *as_dora, "--otp", code))
        self.assertIn("has been used", self.add(house, WHO, "olga", "operator", *as_dora, "--otp", code))
        self.assertIn("taken", self.add(house, REFUSED, "olga", "operator", *as_dora,
                                        "--otp", house.code("dora")))
        self.assertIn("role is one of", self.add(house, USAGE, "nora", "nurse", *as_dora))
        code, _, err = house.ctl("people", "add", "nora", "--role", "engineer")
        self.assertEqual((code, "--printed" in err), (USAGE, True))
        code, out, _ = house.ctl("--json", "people", "list")
        self.assertEqual([p["name"] for p in json.loads(out)["people"]], ["dora", "olga"])


class Verifying(Desk):
    def run_ctl(self, *words):
        done = subprocess.run([CTL, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def copy(self):
        """The ledger of a gate that has ended, as a copy."""
        self.gate.until_recorded(lambda row: row["kind"] == "device")
        folder = tempfile.mkdtemp(dir=self.gate.folder.name)
        self.gate.gate.end()
        for name in os.listdir(self.gate.state):
            if name.startswith("ledger.db"):
                shutil.copy(os.path.join(self.gate.state, name), folder)
        return os.path.join(folder, "ledger.db")

    def test_an_open_ledger_is_not_verified(self):
        code, _, err = self.run_ctl("ledger", "verify", os.path.join(self.gate.state, "ledger.db"))
        self.assertEqual((code, "a gate has this ledger open" in err), (NOT_FOUND, True))

    def test_what_is_no_ledger(self):
        for path, why in (("/nowhere/ledger.db", "No such file"), (__file__, "is no ledger")):
            code, _, err = self.run_ctl("ledger", "verify", path)
            self.assertEqual((code, why in err), (NOT_FOUND, True), err)

    def test_a_whole_copy_is_whole_and_one_changed_byte_is_named(self):
        path = self.copy()
        code, out, _ = self.run_ctl("ledger", "verify", path)
        self.assertEqual(code, DONE)
        self.assertRegex(out, r"^whole: \d+ rows, head [0-9a-f]{64}\n$")
        db = sqlite3.connect(path)
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        (body,) = db.execute("SELECT body FROM ledger WHERE seq = 2").fetchone()
        db.execute("UPDATE ledger SET body = ? WHERE seq = 2", (body.replace("e", "f", 1),))
        db.commit()
        db.close()
        code, _, err = self.run_ctl("ledger", "verify", path)
        self.assertEqual(code, BROKEN)
        self.assertIn("BROKEN at row 2: ", err)
        code, out, _ = self.run_ctl("--json", "ledger", "verify", path)
        told = json.loads(out)
        self.assertEqual((code, told["whole"], told["first_bad"]), (BROKEN, False, 2))


class CommandLine(unittest.TestCase):
    def run_it(self, program, *words):
        done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_help_and_version(self):
        for program in (CTL, GATE):
            name = os.path.basename(program)
            code, out, err = self.run_it(program, "--version")
            self.assertEqual((code, err), (DONE, ""))
            self.assertRegex(out, rf"^{name} \d+\.\d+\.\d+\n$")
            code, out, err = self.run_it(program, "--help")
            self.assertEqual((code, err), (DONE, ""))
            self.assertIn(f"  {name} ", out)

    def test_help_says_every_exit_code(self):
        _, out, _ = self.run_it(CTL, "--help")
        codes = re.findall(r"(?m)^  (\d)  \S", out.split("exit codes:")[1])
        self.assertEqual([int(c) for c in codes], [DONE, NO_GATE, USAGE, REFUSED, WHO, NOT_FOUND, BROKEN])

    def test_no_gate_says_where_it_looked(self):
        code, _, err = self.run_it(CTL, "--socket", "/nowhere/control.sock", "status")
        self.assertEqual(code, NO_GATE)
        self.assertIn("/nowhere/control.sock", err)
        self.assertIn("DOSEGATE_SOCKET", err)
        self.assertEqual(self.run_it(CTL, "--socket", "/" + "x" * 200, "status")[0], NO_GATE)

    def test_what_is_no_command(self):
        for words, wanted in (
                ((), "wants a command: status, devices"),
                (("frobnicate",), 'no command "frobnicate"; there are: status'),
                (("session",), "wants one of: start, show, fact, end, log"),
                (("session", "begin"), "wants one of: start, show, fact, end, log"),
                (("status", "alex"), "status wants nothing more"),
                (("stop",), "stop wants DEVICE"),
                (("explain", "06", "00"), "put quotes around what has spaces"),
                (("--frob", "x"), "no option --frob"),
                (("status", "--as"), "--as wants a value"),
                (("ledger", "tail", "x"), 'ledger tail wants a number from 1 on, not "x"'),
        ):
            with self.subTest(words):
                code, out, err = self.run_it(CTL, *words)
                self.assertEqual((code, out), (USAGE, ""))
                self.assertIn(wanted, err)

    def test_check_says_all_faults_at_once(self):
        with open(os.path.join(PROFILES, "demo.cfg"), encoding="utf-8") as f:
            text = f.read()
        for was, wrong in (("gate_unit = 247", "gate_unit = 300"), ('"120 s"', '"120"'),
                           ("unit = 2;", "unit = 1;"), ('"."', f'"{PROFILES}"'),
                           ("rf_monopolar.cfg", "rf_nowhere.cfg"), ("demo = true", "demoo = true")):
            self.assertIn(was, text)
            text = text.replace(was, wrong)
        text = text.replace('"devices/', f'"{PROFILES}/devices/')
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "wrong.cfg")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            code, out, err = self.run_it(GATE, "--config", path, "--check")
        self.assertEqual((code, out), (2, ""))
        for wanted in ("gate_unit", "the unit is missing", "demoo", "rf_nowhere.cfg", "unit"):
            self.assertIn(wanted, err)
        self.assertRegex(err, r"(?m)^\d+ complaints; nothing was started$")
        self.assertGreaterEqual(int(re.search(r"(\d+) complaints", err).group(1)), 5)

    def test_check_of_what_is_right(self):
        for name in ("demo.cfg", "clinic.cfg"):
            code, out, err = self.run_it(GATE, "--config", os.path.join(PROFILES, name), "--check")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("all is well", out)

    def test_the_gate_s_own_command_line(self):
        self.assertEqual(self.run_it(GATE)[0], 2)
        self.assertEqual(self.run_it(GATE, "--frob")[0], 2)
        self.assertEqual(self.run_it(GATE, "--config", "/nowhere.cfg", "--check")[0], 2)


if __name__ == "__main__":
    unittest.main()
