"""Devices on serial lines: the same house, sessions and refusals as over TCP; and what only lines
have: neighbours, adapters that are pulled out, noise. The simulator makes the line (a pty) and tells
what reached it, and whether the gate kept its silences."""
import json
import os
import tempfile
import threading
import time
import unittest

import test_device
import test_judged
from house import PATIENCE, Case, Raw, exception_of
from test_judged import ARM, FLUENCE, STOP

ALEX = "alexandrite_755.cfg"
BUSY = "silence=10 ms"  # a machine that is busy with other tests makes no silence of this length


class OnALine:
    """Instead of TCP: a terminal that the simulator makes, under a name that outlives it."""

    baud, settings = 0, "115200:8N1:" + BUSY

    def lines(self):
        self.folder = tempfile.TemporaryDirectory(prefix="dosegate-line-")
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "ttyLASER")
        pace = ("--baud", str(self.baud)) if self.baud else ()
        return ("--rtu", "--link", self.path, *pace)

    def address(self):
        return f"rtu:{self.path}:{self.settings}"

    def counts(self):
        return json.loads(self.device.tell("counts"))


class Treated(OnALine, test_judged.Judged):
    def test_a_session_from_beginning_to_end(self):
        self.assertEqual(self.set(FLUENCE, 150), 3)  # no session
        self.open()
        self.assertIsNone(self.set(FLUENCE, 150))
        self.assertEqual(self.set(FLUENCE, 210), 3)  # 20 J/cm2 is the most for type II
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["pulses"] > 0, self.status)
        self.device.tell("pedal up")
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.until_state("standby")
        self.assertEqual([(f, v) for f, _, v in self.reached()], [(6, [150]), (5, [1]), (5, [1])])
        self.assertEqual((self.counts()["bad_crc"], self.counts()["no_silence"]), (0, 0))

    def test_a_grant_is_used(self):
        self.open()
        self.assertEqual(self.set(FLUENCE, 210), 3)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 210))
        self.assertEqual(self.device.tell("get fluence"), "21 J/cm2")

    def test_a_setting_that_moves_at_the_panel_stops_the_device(self):
        self.open()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell("panel fluence=15 J/cm2")
        self.until_state("standby")
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)

    def test_a_stop_under_load_is_the_next_on_the_wire(self):
        self.open()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        done = threading.Event()

        def reads():
            console = Raw(self.gate.port)
            while not done.is_set():
                console.read(1, FLUENCE, 2)
            console.close()

        readers = [threading.Thread(target=reads) for _ in range(8)]
        for reader in readers:
            reader.start()
        before = time.monotonic()
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        took = time.monotonic() - before
        done.set()
        for reader in readers:
            reader.join()
        self.assertEqual(self.device.tell("state"), "standby")
        self.assertLess(took, 0.5)  # eight reads and a sweep that waited would take longer

    def test_a_line_pulled_out_and_put_in_again(self):
        self.open()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.quit()
        self.gate.until(lambda d: d["alex"]["link"] == "down", self.status)
        self.assertEqual(self.set(FLUENCE, 150), 0x0b)  # at once
        down = self.status.call("devices")["devices"][0]
        self.assertIn("line", down["traffic"]["last_trouble"])
        self.device = self.sim(ALEX, 0, 1, "--set", "boot=0 ms", lines=("--rtu", "--link", self.path))
        self.gate.until(lambda d: d["alex"]["link"] == "up" and d["alex"]["state"] == "standby",
                        self.status)
        self.assertEqual(self.reached(), [])  # nothing is restored, nothing is sent again
        traffic = self.status.call("devices")["devices"][0]["traffic"]
        self.assertEqual((traffic["lost"], traffic["wrong"]), (1, 0))

    def test_noise_on_the_line_is_no_setting(self):
        self.open()
        self.device.tell("fault noise function=3 chance=30")
        self.device.tell("fault badcrc function=3 chance=20")
        self.device.tell("fault truncated function=3 chance=20")
        right = 0
        for _ in range(40):
            answer = self.console.read(1, FLUENCE, 1)
            self.assertIn(answer, (b"\x03\x02\x00\x64", b"\x83\x0b"))
            right += answer[0] == 3
        self.assertGreater(right, 0)
        self.device.tell("faults clear")
        self.gate.until(lambda d: d["alex"]["link"] == "up", self.status)
        self.assertEqual(self.status.call("devices")["devices"][0]["settings"]["fluence"], "10 J/cm2")


class At9600(Treated):
    """The bytes at the pace of the line; the deadline is the device's own time and the line's comes
    on top."""

    baud, settings = 9600, "9600:8E1:" + BUSY


class Misbehaving(OnALine, test_device.Misbehaving):
    """Every fault of an answer to a write, as over TCP."""

    def test_a_wrong_check_sum(self):
        self.unknown_then_resolved("badcrc")

    def test_an_answer_cut_short(self):
        self.unknown_then_resolved("truncated")

    def test_noise_before_the_answer(self):
        self.unknown_then_resolved("noise")

    # A line has no transaction and no protocol to be wrong, and a connection that is cut is a line
    # pulled out.
    test_another_transaction = test_another_protocol = test_a_connection_cut_in_the_answer = None


class BehindAServer(test_device.Misbehaving):
    """RTU frames in a TCP stream."""

    def lines(self):
        return ("--rtu-tcp", "127.0.0.1:0")

    def address(self):
        return f"rtu+tcp:127.0.0.1:{self.device.port}"

    def test_a_wrong_check_sum(self):
        self.unknown_then_resolved("badcrc")

    test_another_transaction = test_another_protocol = None


class Neighbours(OnALine, Case):
    """Two lasers on one line; one of them may be dead."""

    def setUp(self):
        self.device = self.sim(ALEX, 0, 1, "--unit", "1", "--set", "boot=0 ms", "--also",
                               os.path.join("..", "..", "profiles", "devices", ALEX), "--unit", "2",
                               "--set", "boot=0 ms", lines=self.lines())
        line = self.address()
        self.gate = self.house({"one": (1, ALEX, line, {"device_unit": 1}),
                                "two": (2, ALEX, line, {"device_unit": 2})})
        self.gate.until_heard("one", "two")
        self.console = self.raw(self.gate)

    def test_each_has_its_own_session_and_settings(self):
        self.session(self.gate, "one")
        self.assertIsNone(exception_of(self.console.write(1, FLUENCE, 150)))
        self.assertEqual(exception_of(self.console.write(2, FLUENCE, 150)), 3)
        self.session(self.gate, "two", skin_type="III")
        self.assertIsNone(exception_of(self.console.write(2, FLUENCE, 120)))
        self.assertEqual(exception_of(self.console.write(2, FLUENCE, 170)), 3)  # type III: 16
        self.assertEqual(self.device.tell("on 1 get fluence"), "15 J/cm2")
        self.assertEqual(self.device.tell("on 2 get fluence"), "12 J/cm2")
        self.assertEqual((self.counts()["bad_crc"], self.counts()["no_silence"]), (0, 0))

    def test_the_neighbour_of_a_dead_device_goes_on(self):
        self.session(self.gate, "one")
        self.device.tell("on 2 fault deaf")
        self.gate.until(lambda d: d["two"]["link"] == "down")
        status = self.client(self.gate)
        for fluence in range(141, 156):
            self.assertIsNone(exception_of(self.console.write(1, FLUENCE, fluence)))
            self.assertEqual(exception_of(self.console.read(2, FLUENCE, 1)), 0x0b)
        heard = status.call("devices")["devices"]
        self.assertEqual([d["link"] for d in heard], ["up", "down"])
        self.device.tell("on 2 faults clear")
        self.gate.until(lambda d: d["two"]["link"] == "up" and d["two"]["heard_ms"] is not None)
        self.assertIsNone(exception_of(self.console.read(2, FLUENCE, 1)))

    def test_a_stop_reaches_a_device_that_was_given_up(self):
        self.session(self.gate, "two")
        self.assertIsNone(exception_of(self.console.coil(2, ARM, True)))
        self.gate.until(lambda d: d["two"]["state"] == "armed")
        self.device.tell("on 2 fault deaf")
        self.gate.until(lambda d: d["two"]["link"] == "down")
        self.device.tell("on 2 faults clear")
        self.assertIsNone(exception_of(self.console.coil(2, STOP, True)))
        self.assertEqual(self.device.tell("on 2 state"), "standby")

    def test_one_armed_one_stopped(self):
        for unit, name in ((1, "one"), (2, "two")):
            self.session(self.gate, name, patient=f"P-{unit}")
            self.assertIsNone(exception_of(self.console.coil(unit, ARM, True)))
        self.gate.until(lambda d: d["one"]["state"] == d["two"]["state"] == "armed")
        self.assertIsNone(exception_of(self.console.coil(2, STOP, True)))
        self.gate.until(lambda d: d["two"]["state"] == "standby" and d["one"]["state"] == "armed")


class Policy(Case):
    """How a device wants to be spoken to, and what it saw of that."""

    def ask(self, more, poll):
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        gate = self.house({"alex": (1, ALEX, device.port, {"poll": poll, "more": more})}, people=False)
        gate.until_heard("alex")
        return device, gate

    def test_an_idle_connection_is_made_again_for_the_next_poll(self):
        _, gate = self.ask('idle_close = "1 s";', "2500 ms")
        rows = len(gate.ledger())
        client = self.client(gate)
        seen = []
        end = time.monotonic() + PATIENCE
        while len(seen) < 3 and time.monotonic() < end:
            heard = client.call("devices")["devices"][0]["heard_ms"]
            if heard is not None and heard < 400 and (not seen or time.monotonic() - seen[-1] > 1):
                seen.append(time.monotonic())
            time.sleep(0.02)
        self.assertEqual(len(seen), 3)  # it was heard three times over, each by a new connection
        self.assertEqual(len(gate.ledger()), rows)  # and to nobody that was an event

    def test_requests_keep_their_spacing(self):
        _, gate = self.ask('spacing = "100 ms";', "10 s")
        console = self.raw(gate)
        before = time.monotonic()
        for _ in range(6):
            self.assertIsNone(exception_of(console.read(1, FLUENCE, 1)))
        self.assertGreater(time.monotonic() - before, 0.45)


if __name__ == "__main__":
    unittest.main()
