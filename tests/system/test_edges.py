"""Two things at once: a stop while an arm is under way, a signature while the knob turns, an end
while something is awaited. What is safe comes first, and what is written down is what was."""
import json
import os
import signal
import struct
import threading
import time
import unittest

from house import Raw, Refused, exception_of, secret_of
from test_judged import ARM, FLUENCE, STOP, Judged


def coil(console, address, on):
    console.send(console.frame(1, struct.pack(">BHH", 5, address, 0xff00 if on else 0)))


def change(path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert old in text
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new, 1))


class Stop(Judged):
    def setUp(self):
        super().setUp()
        self.open()

    def arm_slowly(self, ms):
        """The device arms at once, and says so late."""
        self.device.tell(f"fault late ms={ms} function=5 address={ARM} count=1")
        coil(self.console, ARM, True)
        self.until_written(ARM)

    def until_written(self, address):
        while not any(a == address for _, a, _ in self.reached()):
            pass

    def test_a_stop_that_overtakes_the_answer_to_an_arm_is_repeated_until_it_is_obeyed(self):
        self.device.tell(f"fault stuck function=5 address={STOP} count=1")
        self.arm_slowly(200)
        other = self.raw(self.gate)
        self.assertIsNone(exception_of(other.coil(1, STOP, True)))
        self.console.reply()
        self.until_state("standby")
        self.assertEqual(self.device.tell("state"), "standby")

    def test_a_device_that_refuses_every_stop_raises_the_alarm(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell(f"fault exception code=4 function=5 address={STOP}")
        self.assertEqual(exception_of(self.console.coil(1, STOP, True)), 4)
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)
        self.assertIn("does not obey", self.status.call("devices")["devices"][0]["alarm"])

    def test_an_end_while_an_arm_is_under_way_stops_the_device(self):
        self.arm_slowly(300)
        self.assertEqual(self.gate.gate.end(signal.SIGTERM), 0)
        self.assertEqual(self.device.tell("state"), "standby")

    def test_the_same_after_an_earlier_stop(self):
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.arm_slowly(300)
        self.assertEqual(self.gate.gate.end(signal.SIGTERM), 0)
        self.assertEqual(self.device.tell("state"), "standby")

    def test_an_arm_that_was_not_heard_is_not_said_to_be_applied(self):
        self.device.tell(f"fault deaf function=5 address={ARM} count=1")
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 4)
        row = self.gate.until_recorded(lambda r: r["body"].get("outcome") == "resolved")[0]
        self.assertIn("not armed", row["body"]["text"])


class Moved(Judged):
    def setUp(self):
        super().setUp()
        self.open()

    def rows(self, event):
        return [r for r in self.gate.ledger() if r["body"].get("event") == event]

    def test_less_while_armed_under_a_grant_is_no_alarm(self):
        self.set(FLUENCE, 210)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 210))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.assertIsNone(self.set(FLUENCE, 150))
        self.gate.until(lambda d: d["alex"]["settings"]["fluence"] == "15 J/cm2", self.status)
        self.assertEqual(self.hold()["state"], "ended")
        self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])
        self.assertNotIn(STOP, [a for _, a, _ in self.reached()])
        self.assertEqual(self.device.tell("state"), "armed")

    def test_an_applied_write_whose_answer_was_lost_is_no_drift(self):
        self.device.tell("fault silent function=6 count=1")
        self.assertEqual(self.set(FLUENCE, 150), 4)
        self.gate.until_recorded(lambda r: r["body"].get("outcome") == "resolved")
        self.assertEqual(self.rows("drift"), [])

    def test_pulses_of_a_device_that_is_not_armed_are_an_alarm_and_a_stop(self):
        self.gate.until_recorded(lambda r: r["body"].get("event") == "open")
        polls = json.loads(self.device.tell("counts"))["reads"]
        while json.loads(self.device.tell("counts"))["reads"] < polls + 20:
            pass
        self.device.tell("fault emission_without_ready count=2")
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)
        self.assertIn("not armed", self.status.call("devices")["devices"][0]["alarm"])
        self.assertIn(STOP, [a for _, a, _ in self.reached()])

    def test_a_device_left_armed_is_stopped_when_its_session_has_been_idle_for_too_long(self):
        self.gate.gate.end()
        change(self.gate.config, 'idle = "30 min"', 'idle = "2 s"')
        self.gate.start()
        self.console, self.status = self.raw(self.gate), self.client(self.gate)
        self.gate.until_heard("alex")
        self.open()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.until_state("standby")
        self.gate.until_recorded(lambda r: r["body"].get("text") == "idle for too long")

    def test_what_moves_while_a_write_is_refused_by_the_device_is_drift(self):
        self.device.tell("fault late ms=200 function=6 count=1")
        self.device.tell("fault exception code=4 function=6 count=1")
        self.console.send(self.console.frame(1, struct.pack(">BHH", 6, FLUENCE, 150)))
        while not self.device.writes():
            pass
        self.assertEqual(self.device.tell("panel fluence=19 J/cm2"), "ok")
        self.assertEqual(exception_of(self.console.reply()[2]), 4)
        self.gate.until_recorded(lambda r: r["body"].get("event") == "drift")

    def test_the_device_is_polled_while_it_is_written_to_without_a_pause(self):
        going = threading.Event()
        going.set()
        said = []

        def hammer(console, value):
            while going.is_set():
                said.append(exception_of(console.write(1, FLUENCE, value)))

        consoles = [Raw(self.gate.port) for _ in range(8)]
        threads = [threading.Thread(target=hammer, args=(c, 150 + i)) for i, c in enumerate(consoles)]
        for t in threads:
            t.start()
        time.sleep(2)
        going.clear()
        for t in threads:
            t.join()
        for c in consoles:
            c.close()
        self.assertEqual(set(said), {None})

    def test_reads_that_waited_long_do_not_cost_the_line(self):
        self.device.tell("fault late ms=20 function=3")
        going = threading.Event()
        going.set()

        def hammer(console):
            while going.is_set():
                console.read(1, FLUENCE, 1)

        consoles = [Raw(self.gate.port) for _ in range(64)]
        threads = [threading.Thread(target=hammer, args=(c,)) for c in consoles]
        for t in threads:
            t.start()
        time.sleep(2)
        going.clear()
        for t in threads:
            t.join()
        for c in consoles:
            c.close()
        self.assertEqual(self.rows("link down"), [])


class Signatures(Judged):
    def decision(self, person, number, **more):
        hold = self.hold()
        given = dict(hold=hold["id"], version=hold["version"], digest=hold["digest"], secret=secret_of(person), number=number,
                     code=self.gate.code(person), reason_code="clinical_judgement", reason_text="looked at it")
        given.update(more)
        return given

    def number(self, olga):
        return olga.call("hold.ask", device="alex", text="wanted")["number"]

    def test_who_may_decide_is_not_told_the_number(self):
        self.open()
        self.set(FLUENCE, 210)
        phil = self.client(self.gate, "phil")
        self.assertNotIn("number", phil.call("hold.ask", device="alex", text="wanted"))
        self.assertIn("number", self.client(self.gate, "olga").call("hold.ask", device="alex",
                                                                     text="wanted"))

    def test_a_signature_stands_under_what_was_shown_to_the_one_who_signed(self):
        self.open()
        phil, paula = self.client(self.gate, "phil"), self.client(self.gate, "paula")
        number = self.client(self.gate, "olga")
        self.set(FLUENCE, 210)
        first = self.decision("phil", self.number(number))
        phil.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": 99, "method": "hold.approve",
                                         "params": first}) + "\n").encode())
        while self.hold()["state"] != "checking":
            pass
        self.assertEqual(self.set(FLUENCE, 220), 3)
        granted = paula.call("hold.approve", **self.decision("paula", self.number(number)))
        self.assertEqual(granted["state"], "granted")
        self.assertIn("error", json.loads(phil.lines.readline()))
        signed = [r["body"]["person"] for r in self.gate.ledger() if r["kind"] == "decision"]
        self.assertEqual(signed, ["paula"])

    def test_a_pulse_budget_needs_a_counter(self):
        self.device.quit()
        library = self.library()
        path = os.path.join(library, "devices", "alexandrite_755.cfg")
        with open(path, encoding="utf-8") as f:
            lines = [line for line in f if '"pulses"' not in line]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        self.device = self.sim(path, 0, 1, "--set", "boot=0 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, library=library)
        self.gate.until_heard("alex")
        self.console, self.status = self.raw(self.gate), self.client(self.gate)
        self.open()
        self.set(FLUENCE, 210)
        with self.assertRaises(Refused) as no:
            self.approve(pulses=3)
        self.assertIn("counts no pulses", no.exception.message)
        self.assertEqual(self.approve(seconds=60)["state"], "granted")

    def test_a_unit_without_a_stop_is_not_said_to_be_stopped(self):
        device = self.sim("transparent.cfg")
        gate = self.house({"one": (1, "transparent.cfg", device.port)}, people=False)
        gate.until(lambda d: d["one"]["link"] == "up")
        self.assertIs(self.client(gate).call("stop", device="one")["stopped"], False)

    def test_what_a_physician_cleared_outlives_the_line_and_can_be_revoked(self):
        self.open(last_sun="20 d")
        self.assertEqual(self.approve()["state"], "in_force")
        self.device.tell("fault refuse ms=200")
        self.gate.until(lambda d: d["alex"]["link"] == "down", self.status)
        self.gate.until_heard("alex")
        self.assertEqual(self.hold()["state"], "in_force")
        self.assertIsNone(self.set(FLUENCE, 100))
        phil = self.client(self.gate, "phil")
        phil.call("grant.revoke", hold=self.hold()["id"])
        self.assertEqual(self.set(FLUENCE, 101), 3)

    def test_an_end_while_secrets_are_checked_is_in_order(self):
        clients = [self.client(self.gate) for _ in range(6)]
        for c in clients:
            c.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": 1, "method": "login", "params": {
                "person": "olga", "secret": secret_of("olga")}}) + "\n").encode())
        self.assertEqual(self.gate.gate.end(signal.SIGTERM), 0)


class Answers(Judged):
    def change(self, old, new):
        """A house on a library of its own, with this one change in its facts."""
        library = self.library()
        change(os.path.join(library, "facts.cfg"), old, new)
        self.gate.gate.end()
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, library=library)
        self.console, self.status = self.raw(self.gate), self.client(self.gate)
        self.gate.until_heard("alex")

    def test_what_only_a_physician_may_answer_is_not_taken_from_an_operator(self):
        self.change('answered_by = ("physician", "operator")', 'answered_by = ("physician")')
        with self.assertRaises(Refused) as no:
            self.open()
        self.assertIn("skin_type is not for olga to answer", no.exception.message)
        self.session(self.gate, "alex", person="phil")
        olga = self.client(self.gate, "olga")
        with self.assertRaises(Refused):
            olga.call("session.fact", device="alex", facts={"skin_type": "I"})
        self.assertEqual(self.status.call("session.show", device="alex")["skin_type"], "II")
        olga.call("session.fact", device="alex", facts={"last_sun": "60 d"})

    def test_what_the_director_has_decided_holds_at_the_gate_and_is_shown(self):
        library = self.library()
        with open(os.path.join(library, "decisions.cfg"), "w", encoding="utf-8") as f:
            f.write('decisions = ( { adopt = "asds_2017"; by = "Dr. Dora Dean"; on = "2026-11-20"; '
                    'why = "Asked."; } );')
        self.assertEqual(self.open(isotretinoin="30 d")["state"], "waiting")
        self.gate.gate.end()
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, library=library)
        self.gate.until_heard("alex")
        self.assertEqual(self.open(isotretinoin="30 d")["state"], "open")
        code, said, _ = self.gate.ctl("library")
        self.assertEqual(code, 0)
        self.assertIn('asds_2017: adopted by Dr. Dora Dean on 2026-11-20 ("Asked.")', said)
        self.assertIn("sun_28_days: adopted by default, nobody has decided", said)

    def test_the_ledger_holds_what_a_session_rests_on(self):
        self.open(last_sun="20 d")
        self.approve()
        rows = {r["kind"]: r["body"] for r in self.gate.ledger()}
        waits = [r["body"] for r in self.gate.ledger() if r["body"].get("event") == "waits"][0]
        self.assertEqual((waits["indication"], waits["site"]), ("hair_removal", "face"))
        self.assertEqual((waits["facts"]["last_sun"], waits["answered_by"]), ("20 days", "olga"))
        self.assertEqual([r["id"] for r in waits["screening"]], ["sun_28_days_hold"])
        self.assertEqual([r["id"] for r in rows["decision"]["screening"]], ["sun_28_days_hold"])


if __name__ == "__main__":
    unittest.main(verbosity=0)
