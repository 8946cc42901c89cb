"""What is shown of a hold, word for word, and what is signed about it."""
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
import unittest

from house import BUILD, Refused, exception_of, secret_of, signature_holds
from test_judged import ARM, FLUENCE, Judged


def lines_of(text, key):
    return [line[11:] for line in text.split("\n") if line[:11].rstrip() == key]


class Override(Judged):
    """A hold for 22 J/cm2, where 20 is the ceiling."""

    facts = {}

    def setUp(self):
        super().setUp()
        self.open(**self.facts)
        self.set(FLUENCE, 220)

    def ask(self, text="stubborn hair", person="olga"):
        return self.client(self.gate, person).call("hold.ask", device="alex", text=text)

    def look(self, person=None):
        return self.client(self.gate, person).call("hold.show", hold=self.hold()["id"])

    def decide(self, hold, person="phil", method="hold.approve", **more):
        given = dict(hold=hold["id"], version=hold["version"], digest=hold["digest"], secret=secret_of(person),
                     code=self.gate.code(person) if method == "hold.approve" else "", number=0,
                     reason_code="clinical_judgement", reason_text="looked at it")
        given.update(more)
        return self.client(self.gate, person).call(method, **given)

    def refused(self, code, part, what):
        with self.assertRaises(Refused) as no:
            what()
        self.assertEqual(no.exception.code, code, no.exception.message)
        self.assertIn(part, no.exception.message)

    def decisions(self):
        """Rows follow answers."""
        return self.gate.until_recorded(lambda r: r["kind"] == "decision")

    def ledger_file(self):
        """The ledger of the gate, which is stopped for it, as a copy."""
        self.gate.gate.end()
        path = os.path.join(self.gate.folder.name, "copy.db")
        for end in ("", "-wal"):
            if os.path.exists(os.path.join(self.gate.state, "ledger.db" + end)):
                shutil.copy(os.path.join(self.gate.state, "ledger.db" + end), path + end)
        self.gate.start()
        return path


class Shown(Override):
    def test_the_text_has_everything_that_is_decided_on(self):
        self.ask()
        hold = self.look("phil")
        text = hold["text"]
        self.assertTrue(text.startswith("dosegate override request 1\n"))
        for key, value in (("hold", f"{hold['id']}, version 1"), ("device", "alex, alexandrite_755_lp"),
                           ("patient", "P-4711"), ("operator", "olga, Olga"), ("because", "stubborn hair"),
                           ("treatment", "treatment, hair_removal, face"), ("approvers", "1"),
                           ("gate", self.status.call("hello")["key"]),
                           ("library", self.status.call("library")["whole_hash"])):
            self.assertEqual(lines_of(text, key), [value])
        self.assertIn("fluence 22 J/cm2", lines_of(text, "asked"))
        self.assertIn("spot 18 mm", lines_of(text, "asked"))
        [held] = lines_of(text, "held")
        for part in ("fluence 22 J/cm2 is above 20 J/cm2", "limit ..20 J/cm2", "source CAN13", "confidence P"):
            self.assertIn(part, held)
        self.assertIn("skin_type: II", lines_of(text, "fact"))
        self.assertRegex(lines_of(text, "nonce")[0], "^[0-9a-f]{32}$")
        self.assertRegex(lines_of(text, "identified")[0], "^[0-9a-f]{64}$")

    def test_what_was_ever_decided_is_found_by_patient_rule_physician_and_day(self):
        fresh, once = self.client, {}
        self.client = lambda house, who=None: once[who] if who in once else once.setdefault(who, fresh(house, who))
        for n in range(45):  # more than one part
            self.session(self.gate, "alex", patient=f"P-{5000 + n % 2}")
            self.set(FLUENCE, 210)
            self.decide(self.look(), "phil" if n % 3 else "paula", method="hold.deny")
        for words, count in (((), 45), (("--patient", "P-5000"), 23), (("--patient", "P-5001", "--physician", "phil"), 15),
                             (("--rule", "alex755_18mm_II"), 45), (("--rule", "tan_hold"), 0), (("--since", "1"), 45)):
            code, out, err = self.gate.ctl("holds", "--json", *words, person="olga")
            self.assertEqual((code, len(json.loads(out)) if out else None), (0, count), (words, err))
        code, out, err = self.gate.ctl("holds", "--patient", "P-5000", person="olga")
        self.assertEqual((code, "23 decisions" in out, "override denied by Phil" in out), (0, True, True), out + err)
        self.assertIn("nothing was decided", self.gate.ctl("holds", "--patient", "P-1", person="olga")[1])

    def test_the_digest_is_that_of_the_text(self):
        hold = self.look()
        self.assertEqual(hold["digest"], hashlib.blake2b(hold["text"].encode(), digest_size=32).hexdigest())
        self.assertEqual(self.hold()["digest"], hold["digest"])
        code, out, err = self.gate.ctl("hold", "show", str(hold["id"]), "--text")
        self.assertEqual((code, out), (0, hold["text"]), err)

    def test_the_same_request_once_more_is_another_text(self):
        first = self.look()
        self.set(FLUENCE, 200)
        self.set(FLUENCE, 220)
        again = self.look()
        self.assertEqual(first["asked"], again["asked"])
        self.assertNotEqual(lines_of(first["text"], "nonce"), lines_of(again["text"], "nonce"))
        self.assertNotEqual(first["digest"], again["digest"])

    def test_no_override_without_the_operators_reason(self):
        for text in ("", "   ", "two\nlines", "x" * 200):
            self.refused(-32602, "why an override is wanted", lambda t=text: self.ask(t))

    def test_a_physician_who_looked_is_told_to_the_operator_once(self):
        self.look()
        self.assertEqual(self.hold()["seen_by"], [])
        self.look("olga")
        self.assertEqual(self.hold()["seen_by"], [])
        self.look("phil")
        self.look("phil")
        self.assertEqual([s["person"] for s in self.hold()["seen_by"]], ["phil"])
        rows = self.gate.until_recorded(lambda r: r["body"].get("event") == "seen")
        self.assertEqual([r["body"]["seen_by"] for r in rows], ["phil"])
        self.set(FLUENCE, 230)
        self.assertEqual(self.hold()["seen_by"], [])  # nobody has seen this one

    def test_what_was_decided_before_is_shown_for_the_patient_and_for_the_rule(self):
        number = self.ask()["number"]
        self.decide(self.look(), number=number)
        self.session(self.gate, "alex", patient="P-4712")
        self.set(FLUENCE, 210)
        self.decide(self.look(), method="hold.deny")
        self.session(self.gate, "alex")
        self.set(FLUENCE, 215)
        hold = self.look("phil")
        [own], [other] = hold["overrides"], hold["same_rules"]
        self.assertEqual((own["meaning"], own["settings"]["fluence"], own["patient"], own["ask_text"]),
                         ("override approved", "22 J/cm2", "P-4711", "stubborn hair"))
        self.assertEqual((other["meaning"], other["asked"]["fluence"], other["patient"], other["printed"]),
                         ("override denied", "21 J/cm2", "P-4712", "Phil"))
        code, out, err = self.gate.ctl("hold", "show", str(hold["id"]))
        self.assertEqual(code, 0, err)
        for part in ("earlier overrides for this patient", "earlier overrides of the same rules, for others",
                     "primary source", "digest  " + hold["digest"], "P-4712 on alex: override denied by Phil"):
            self.assertIn(part, out)


class Signed(Override):
    def test_a_decision_wants_the_digest_of_what_was_shown(self):
        number = self.ask()["number"]
        hold = self.look()
        self.refused(-32602, "digest", lambda: self.decide(hold, number=number, digest=None))
        self.refused(-32003, "changed", lambda: self.decide(hold, number=number, digest="0" * 64))
        self.refused(-32003, "changed", lambda: self.decide(hold, method="hold.deny", digest="0" * 64))
        self.assertEqual(self.hold()["state"], "open")

    def test_another_reason_of_the_operators_is_another_request(self):
        number = self.ask()["number"]
        looked = self.look("phil")
        self.ask("because she says so")
        self.refused(-32003, "it again", lambda: self.decide(looked, number=number))
        self.assertEqual(self.decide(self.look("phil"), number=number)["state"], "granted")

    def test_what_was_signed_stands_in_the_record_and_holds_without_the_gate(self):
        number = self.ask()["number"]
        hold = self.look("phil")
        granted = self.decide(hold, number=number, pulses=30, settings={"fluence": "21 J/cm2"})
        text, key = granted["signed"]["text"], self.status.call("hello")["key"]
        self.assertTrue(signature_holds(key, text, granted["signed"]["signature"]))
        self.assertFalse(signature_holds(key, text.replace("21 J", "22 J"), granted["signed"]["signature"]))
        for name, value in (("decision", "approved, less than asked"), ("person", "phil"), ("printed", "Phil"),
                            ("role", "physician"), ("code", "clinical_judgement"), ("reason", "looked at it"),
                            ("pulses", "at most 30"), ("shown", hold["digest"])):
            self.assertEqual(lines_of(text, name), [value])
        self.assertIn("fluence 21 J/cm2", lines_of(text, "grants"))
        self.assertRegex(lines_of(text, "at")[0], r"^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertIn("one use", lines_of(text, "meaning")[0])
        self.assertTrue(text.endswith("\n\n" + hold["text"]))
        [row] = self.decisions()
        body = row["body"]
        self.assertEqual(body["signed"], granted["signed"])
        self.assertEqual((body["digest"], body["rules"], body["asked"]["fluence"], body["settings"]["fluence"]),
                         (hold["digest"], ["alex755_18mm_II"], "22 J/cm2", "21 J/cm2"))
        self.assertEqual((body["printed"], body["role"], body["ask_text"], body["patient"]),
                         ("Phil", "physician", "stubborn hair", "P-4711"))
        self.assertGreaterEqual(body["waited_s"], body["looked_s"])

    def test_reason_code_and_reason_are_both_needed_and_one_line(self):
        number = self.ask()["number"]
        hold = self.look()
        for wrong, part in (({"reason_code": "because"}, "none of the clinic's reason codes"),
                            ({"reason_text": "a\nb"}, "one line"), ({"reason_text": "x" * 200}, "one line")):
            self.refused(-32602, part, lambda w=wrong: self.decide(hold, number=number, **w))
        self.refused(-32003, "both required", lambda: self.decide(hold, number=number, reason_text=" "))

    def test_the_command_prints_what_it_signs_or_compares_with_what_was_looked_at(self):
        number = str(self.ask()["number"])
        hold = self.look("phil")
        words = ["hold", "approve", str(hold["id"]), "--number", number, "--code", "clinical_judgement", "--reason",
                 "looked at it"]
        code, _, err = self.gate.ctl(*words, "--shown", "0123456789", person="phil")
        self.assertEqual((code, "look at it again" in re.sub(r"\s+", " ", err)), (3, True), err)
        code, _, err = self.gate.ctl(*words, "--shown", hold["digest"][:7], person="phil")
        self.assertEqual(code, 3, err)
        code, out, err = self.gate.ctl(*words, "--shown", hold["digest"][:8], person="phil", code=True)
        self.assertEqual((code, hold["text"] in out), (0, False), err)
        self.set(FLUENCE, 230)
        hold = self.look()
        number = str(self.ask()["number"])
        words[2:5] = [str(hold["id"]), "--number", number]
        code, out, err = self.gate.ctl(*words, person="phil", code=True)
        self.assertEqual((code, lines_of(out, "because")), (0, ["stubborn hair"]), err)


class Reminders(Override):
    """A clinic that asks phil at once, paula after a second, and dora after ten minutes."""

    def test_who_is_to_look_is_told_in_order_once_and_shown_to_the_operator(self):
        self.gate.gate.end()
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        with open(self.gate.config, "w", encoding="utf-8") as f:
            f.write(text.replace("  ledger =", """  escalation = ( { person = "phil"; after = "0 s"; },
                { person = "paula"; after = "1 s"; }, { person = "dora"; after = "10 min"; } );
  ledger =""", 1))
        self.gate.start()
        self.console, self.status = self.raw(self.gate), self.client(self.gate)
        self.status.call("watch", on=True)
        self.gate.until_heard("alex")
        self.open()
        self.set(FLUENCE, 220)
        for person, printed in (("phil", "Phil"), ("paula", "Paula")):
            event = self.status.event(lambda e: e["body"].get("event") == "remind")["body"]
            self.assertEqual((event["to"], f"{printed} is to look" in event["text"]), (person, True), event)
        self.set(FLUENCE, 230)  # the same hold, asking for more: nobody is told twice
        self.assertEqual([(r["person"], r["asked"]) for r in self.hold()["reminders"]],
                         [("phil", True), ("paula", True), ("dora", False)])
        self.look("paula")
        said = self.gate.ctl("session", "show", "alex")[1]
        for part in ("seen by Paula", "asked to look: Phil", "to be asked in ", "Dora Dean"):
            self.assertIn(part, said)
        rows = self.gate.until_recorded(lambda r: r["body"].get("event") == "remind")
        self.assertEqual([r["body"]["to"] for r in rows], ["phil", "paula"])


class TwoApprovers(Override):
    """More than a fifth beyond the ceiling of 20 J/cm2."""

    def test_both_sides_of_the_second_line(self):
        for value, approvers in ((240, 1), (241, 2), (220, 1)):
            self.set(FLUENCE, value)
            self.assertEqual(self.hold()["approvers_needed"], approvers, value)

    def test_two_persons_and_the_second_sees_whom_they_sign_with(self):
        self.set(FLUENCE, 250)
        number = self.ask()["number"]
        first = self.look("phil")
        self.assertEqual(self.decide(first, number=number)["state"], "open")
        self.assertEqual(self.set(FLUENCE, 250), 3)
        self.refused(-32003, "it again", lambda: self.decide(first, "paula", number=number))  # looked before phil signed
        again = self.look("paula")
        self.assertEqual(lines_of(again["text"], "approved"), ["by phil, Phil"])
        self.refused(-32003, "another person", lambda: self.decide(again, "phil", number=number))
        self.refused(-32003, "changed", lambda: self.decide(again, "paula", number=number, pulses=5))  # not the same
        self.assertEqual(self.decide(again, "paula", number=number)["state"], "granted")
        self.assertIsNone(self.set(FLUENCE, 250))


class Live(Override):
    """An approver who must stay present; a clinic that waits three seconds for a sign of life."""

    def setUp(self):
        super().setUp()
        self.gate.gate.end()
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        with open(self.gate.config, "w", encoding="utf-8") as f:
            f.write(text.replace('grant = "120 s";', 'grant = "120 s"; live = "3 s";'))
        self.gate.start()
        self.console, self.status = self.raw(self.gate), self.client(self.gate)
        self.gate.until_heard("alex")
        self.open()
        self.set(FLUENCE, 220)
        self.number = self.ask()["number"]
        self.held = self.look()
        self.phil = self.client(self.gate, "phil")

    def armed(self):
        """Under a grant of phil, who gives signs of life."""
        granted = self.phil.call("hold.approve", **self.decision(live=True))
        self.assertEqual((granted["state"], granted["live"]), ("granted", True))
        self.assertEqual(lines_of(granted["signed"]["text"], "present"),
                         ["good only while the approver stays present"])
        self.assertIsNone(self.set(FLUENCE, 220))
        self.sign()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.sign()
        self.gate.until(lambda d: self.sign() and d["alex"]["state"] == "armed", self.status)

    def decision(self, **more):
        return dict(hold=self.held["id"], version=self.held["version"], digest=self.held["digest"],
                    secret=secret_of("phil"), number=self.number, reason_code="clinical_judgement",
                    reason_text="I watch", code=self.gate.code("phil"), **more)

    def sign(self):
        return self.phil.call("hold.live", hold=self.held["id"])["state"]

    def stopped(self, why):
        self.gate.until(lambda d: d["alex"]["session"]["hold"]["state"] == "revoked", self.status)
        self.until_state("standby")
        self.assertEqual(self.device.tell("state"), "standby")
        self.gate.until_recorded(lambda r: r["kind"] == "grant" and why in r["body"].get("text", ""))
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)

    def test_it_lasts_while_there_are_signs_of_life_and_ends_without(self):
        self.armed()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assertEqual(self.sign(), "in_force")
        self.stopped("no sign of life for too long")

    def test_a_lost_connection_stops(self):
        self.armed()
        self.phil.close()
        self.stopped("the connection is gone")

    def test_the_cut_stops(self):
        self.armed()
        self.phil.call("grant.revoke", hold=self.held["id"])
        self.stopped("phil")

    def test_another_login_at_the_connection_stops(self):
        self.armed()
        self.phil.call("login", person="paula", secret=secret_of("paula"))
        self.stopped("no longer logged in")

    def test_nobody_else_gives_the_sign_and_a_screening_has_no_live(self):
        self.refused(-32003, "no grant stands here", self.sign)
        self.phil.call("hold.approve", **self.decision(live=True))
        paula = self.client(self.gate, "paula")
        self.refused(-32003, "phil approved it on another connection",
                     lambda: paula.call("hold.live", hold=self.held["id"]))

    def test_the_command_stays_and_a_key_cuts(self):
        argv = [os.path.join(BUILD, "dosegatectl"), "--socket", self.gate.socket, "--as", "phil", "--secret-file",
                os.path.join(self.gate.folder.name, "phil.secret"), "hold", "approve", str(self.held["id"]),
                "--number", str(self.number), "--code", "clinical_judgement", "--reason", "I watch", "--live",
                "--shown", self.held["digest"], "--otp", self.gate.code("phil")]
        with open(argv[6], "w", encoding="utf-8") as f:
            f.write(secret_of("phil") + "\n")
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as staying:
            while "granted: press again; the device: standby" not in (line := staying.stdout.readline()):
                self.assertNotEqual(line, "")
            self.assertIsNone(self.set(FLUENCE, 220))
            while "in force for these settings" not in (line := staying.stdout.readline()):
                self.assertNotEqual(line, "")
            self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
            self.until_state("armed")
            staying.stdin.write("x")
            staying.stdin.flush()
            said = staying.stdout.read()
            self.assertEqual((staying.wait(), "taken back; the device is stopped" in said), (0, True), said)
        self.stopped("phil")


class Telephone(Override):
    """Phil is away; what he has is a file and his secret. He hears the code, and says an answer."""

    def setUp(self):
        super().setUp()
        self.key = os.path.join(self.gate.folder.name, "phil.phone")
        code, out, err = self.gate.ctl("people", "phone", "--out", self.key, person="phil", code=True)
        self.assertEqual((code, "answers for phil" in out), (0, True), err)
        self.asked = self.ask()

    def away(self, request, *more, secret="phil"):
        """On his own device: no socket, no gate."""
        path = os.path.join(self.gate.folder.name, "secret")
        with open(path, "w", encoding="utf-8") as f:
            f.write(secret_of(secret) + "\n")
        done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "--socket", "/nowhere", "answer", request, "--phone",
                               self.key, "--secret-file", path, "--code", "clinical_judgement", *more],
                              capture_output=True, text=True, timeout=60, check=False)
        said = re.search(r"to approve, say: (\S+)", done.stdout)
        return done.returncode, said.group(1) if said else None, re.sub(r"\s+", " ", done.stdout + done.stderr)

    def answer(self, answer, person="phil", by="olga", **more):
        given = dict(hold=self.hold()["id"], person=person, answer=answer, reason_code="clinical_judgement",
                     reason_text="says: go on")
        given.update(more)
        return self.client(self.gate, by).call("hold.answer", **given)

    def test_heard_answered_entered_and_on_record(self):
        request = self.hold()["request_code"]
        self.assertRegex(request, r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){4}$")
        code, answer, said = self.away(request)
        self.assertEqual(code, 0, said)
        for part in ("device: unit 1", f"number at the console: {self.asked['number']};", "skin type that counts: II",
                     "fluence about 22 J/cm2"):
            self.assertIn(part, said)
        code, out, err = self.gate.ctl("hold", "answer", str(self.hold()["id"]), "--person", "phil", "--answer",
                                       answer.lower().replace("-", ""), "--code", "clinical_judgement", "--reason",
                                       "says: go on", person="olga")
        self.assertEqual((code, "granted" in out), (0, True), err)
        self.assertIsNone(self.set(FLUENCE, 220))
        [row] = self.decisions()
        text = row["body"]["signed"]["text"]
        self.assertEqual((row["body"]["person"], row["body"]["entered_by"]), ("phil", "olga"))
        self.assertEqual(lines_of(text, "telephone"), ["answered by telephone, entered by olga"])
        self.assertTrue(signature_holds(row["body"]["signed"]["key"], text, row["body"]["signed"]["signature"]))

    def test_an_answer_is_good_for_its_request_alone_and_once(self):
        _, answer, _ = self.away(self.hold()["request_code"])
        for wrong in (dict(person="paula"), dict(reason_code="test_area_read"), dict(answer="0000-0000")):
            self.refused(-32003, "not the answer", lambda w=wrong: self.answer(**dict(dict(answer=answer), **w)))
        self.refused(-32003, "may approve by telephone", lambda: self.answer(answer, person="olga"))
        self.set(FLUENCE, 230)  # another request
        self.refused(-32003, "not the answer", lambda: self.answer(answer))
        _, answer, _ = self.away(self.hold()["request_code"])
        self.assertEqual(self.answer(answer)["state"], "granted")
        self.refused(-32003, "not in a state", lambda: self.answer(answer))

    def test_five_wrong_answers_close_the_telephone_for_this_request(self):
        _, answer, _ = self.away(self.hold()["request_code"])
        for _ in range(5):
            self.refused(-32003, "not the answer", lambda: self.answer("0000-0000"))
        self.refused(-32003, "no longer taken by telephone", lambda: self.answer(answer))
        self.gate.until_recorded(lambda r: r["body"].get("event") == "wrong telephone answer")

    def test_a_misheard_code_and_another_secret_answer_nothing(self):
        request = self.hold()["request_code"]
        changed = request[:-1] + ("0" if request[-1] != "0" else "1")
        self.assertEqual(self.away(changed)[:2], (3, None))
        self.assertEqual(self.away(request, secret="paula")[:2], (4, None))

    def test_nobody_approves_their_own_request_by_telephone(self):
        self.session(self.gate, "alex", person="phil")
        self.set(FLUENCE, 220)
        _, answer, _ = self.away(self.hold()["request_code"])
        self.refused(-32003, "own request", lambda: self.answer(answer))


class Verified(Override):
    def setUp(self):
        super().setUp()
        number = self.ask()["number"]
        self.decide(self.look(), number=number)
        self.decisions()
        self.key = self.status.call("hello")["key"]
        self.file = self.ledger_file()

    def change(self, *pairs):
        """In the body of the decision; by somebody who can write the whole chain anew, and has no key."""
        db = sqlite3.connect(self.file)
        db.execute("DROP TRIGGER ledger_no_update")
        rows = db.execute("SELECT seq, kind, at_unix_ms, mono_ms, boot, body, prev, hash FROM ledger "
                          "ORDER BY seq").fetchall()
        before = bytes(32)
        for seq, kind, at, mono, boot, body, _, _ in rows:
            for was, instead in pairs if kind == "decision" else ():
                self.assertIn(was, body)
                body = body.replace(was, instead)
            h = hashlib.blake2b(digest_size=32)
            for field in (seq, kind, at, mono, boot, body, before):
                if isinstance(field, int):
                    h.update((8).to_bytes(8, "little") + field.to_bytes(8, "little"))
                else:
                    data = field if isinstance(field, bytes) else field.encode()
                    h.update(len(data).to_bytes(8, "little") + data)
            db.execute("UPDATE ledger SET body = ?, prev = ?, hash = ? WHERE seq = ?",
                       (body, before, h.digest(), seq))
            before = h.digest()
        db.commit()
        db.close()

    def verify(self, *more):
        code, out, err = self.gate.ctl("hold", "verify", self.file, *more)
        return code, re.sub(r"\s+", " ", out + err)

    def test_as_it_was_signed(self):
        for more in ((), ("--key", self.key)):
            code, said = self.verify(*more)
            self.assertEqual(code, 0, said)
            self.assertIn("P-4711: override approved by Phil: its signature holds", said)
            self.assertIn("1 decisions, every signature holds, key " + self.key, said)

    def test_under_the_key_of_another_gate(self):
        code, said = self.verify("--key", "0" * 64)
        self.assertEqual((code, "was signed with another key" in said), (6, True), said)

    def test_a_chain_written_anew_with_another_person_dose_or_text(self):
        for was, instead, what in (
                ('"person":"phil"', '"person":"paul"', "says another thing than was signed"),
                ('"settings":{"cooling":"cryogen"', '"settings":{"cooling":"none"', "says another thing than was signed"),
                ("fluence 22 J/cm2 is above", "fluence 20 J/cm2 is above", "its signature does not hold"),
                ('"digest":"', '"digest":"f', "was not signed over what the row says was shown")):
            with self.subTest(what):
                self.change((was, instead))
                self.assertEqual(self.gate.ctl("ledger", "verify", self.file)[0], 0)  # the chain alone is whole
                code, said = self.verify()
                self.assertEqual((code, what in said), (6, True), said)
                self.file = self.ledger_file()


if __name__ == "__main__":
    unittest.main()
