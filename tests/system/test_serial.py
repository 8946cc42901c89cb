"""Devices on serial lines: the same house, sessions and refusals as over TCP; and what only lines
have: neighbours, adapters that are pulled out, noise. The simulator makes the line (a pty) and tells
what reached it, and whether the gate kept its silences."""
import json
import os
import re
import select
import struct
import subprocess
import tempfile
import termios
import threading
import time
import tty
import unittest

from pymodbus.client import ModbusSerialClient

import test_device
import test_judged
from house import BUILD, PATIENCE, Case, Program, Raw, exception_of
from test_judged import ARM, FLUENCE, STOP
from test_sim_lines import Terminal, read_pdu, write_pdu

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


class Cable:
    """A wire between two terminals, at the pace of a line: the gate has one end, a console the
    other. What is written at one end arrives at the other when its last bit would have."""

    def __init__(self, char_s=0.0):
        self.folder = tempfile.TemporaryDirectory(prefix="dosegate-cable-")
        self.ends = [os.path.join(self.folder.name, end) for end in ("gate", "console")]
        self.char_s = char_s
        self.masters = [self.plug(end) for end in self.ends]
        self.cut = False
        self.thread = threading.Thread(target=self.carry)
        self.thread.start()

    @staticmethod
    def plug(path):
        master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        os.symlink(os.ttyname(slave), path)
        os.set_blocking(master, False)
        return master, slave  # held open, so that programs may come and go

    def carry(self):
        fds = [master for master, _ in self.masters]
        while not self.cut:
            for fd in select.select(fds, [], [], 0.02)[0]:
                data = os.read(fd, 1024)
                time.sleep(len(data) * self.char_s)
                os.write(fds[1 - fds.index(fd)], data)

    def remove(self):
        self.cut = True
        self.thread.join()
        for pair in self.masters:
            for fd in pair:
                os.close(fd)
        self.folder.cleanup()


class Consoles(Case):
    """Panels on a serial line, which others wrote; judged by what reached the device."""

    char_s, settings = 0.0, "115200:8N1:" + BUSY

    def setUp(self):
        self.cable = Cable(self.char_s)
        self.addCleanup(self.cable.remove)
        address = self.plug_in()
        self.gate = self.house({"one": (1, self.profile, address, {"aliases": "5", "deadline": "2 s"})},
                               people=self.profile == ALEX,
                               lines=(f"rtu:{self.cable.ends[0]}:{self.settings}",))
        self.gate.until(lambda d: d["one"]["link"] == "up")
        self.status = self.client(self.gate)
        end = time.monotonic() + PATIENCE
        while not self.line()["up"] and time.monotonic() < end:
            time.sleep(0.01)

    profile = "transparent.cfg"

    def plug_in(self):
        """The device; how the gate reaches it."""
        self.device = self.sim(self.profile)
        return self.device.port

    def line(self):
        return self.status.call("status")["console_lines"][0]

    def reached(self):
        return [(w["function"], w["address"], w["values"]) for w in self.device.writes()]

    def run_on_line(self, *argv):
        return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)


class PanelsOfOthers(Consoles):
    def mbpoll(self, *words):
        return self.run_on_line("mbpoll", "-m", "rtu", "-b", "115200", "-P", "none", "-0", "-1", "-o",
                                "5", *words)

    def test_mbpoll(self):
        line = self.cable.ends[1]
        done = self.mbpoll("-a", "1", "-t", "4", "-r", "70", line, "5", "6")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.mbpoll("-a", "5", "-t", "4", "-r", "72", line, "7")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.mbpoll("-a", "1", "-t", "4", "-r", "70", "-c", "3", line)
        for register, value in ((70, 5), (71, 6), (72, 7)):
            self.assertIn(f"[{register}]: \t{value}", done.stdout)
        self.assertEqual(self.reached(), [(16, 70, [5, 6]), (6, 72, [7])])

    def test_a_unit_that_is_another_slaves_is_not_answered(self):
        done = self.run_on_line("mbpoll", "-m", "rtu", "-b", "115200", "-P", "none", "-0", "-1", "-o",
                                "0.3", "-a", "9", "-t", "4", "-r", "70", self.cable.ends[1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("timed out", done.stdout + done.stderr)
        self.assertEqual((self.line()["foreign"], self.line()["answered"]), (1, 0))

    def test_the_gates_own_unit_says_why(self):
        done = self.mbpoll("-a", "247", "-t", "3", "-r", "0", "-c", "3", self.cable.ends[1])
        self.assertIn("[2]: \t1", done.stdout)  # one device

    def test_libmodbus(self):
        done = self.run_on_line(os.path.join(BUILD, "modbus_client"), self.cable.ends[1], "1")
        self.assertEqual(done.stdout.splitlines(), [
            "write coil: 1", "write coils: 8", "read coils: 8", "read discrete inputs: 8",
            "write register: 1", "write registers: 4", "read registers: 4", "read input registers: 4",
            "mask write: 1", "write and read: 4", "too many: Illegal data address"])
        self.assertEqual([w[:2] for w in self.reached()],
                         [(5, 19), (15, 20), (6, 50), (16, 51), (6, 50), (16, 60)])

    def test_pymodbus(self):
        console = ModbusSerialClient(self.cable.ends[1], baudrate=115200, timeout=5)
        self.assertTrue(console.connect())
        self.addCleanup(console.close)
        self.assertFalse(console.write_register(30, 1234, slave=1).isError())
        self.assertFalse(console.write_registers(31, [1, 2, 65535], slave=1).isError())
        self.assertEqual(console.read_holding_registers(30, 4, slave=1).registers, [1234, 1, 2, 65535])
        self.assertEqual(self.reached(), [(6, 30, [1234]), (16, 31, [1, 2, 65535])])

    def test_a_console_has_the_name_of_its_line(self):
        self.mbpoll("-a", "1", "-t", "4", "-r", "70", self.cable.ends[1], "5")
        rows = self.gate.until_recorded(lambda r: r["kind"] == "intent")
        self.assertEqual(rows[0]["body"]["console"], self.cable.ends[0])
        rows = self.gate.until_recorded(lambda r: r["kind"] == "console")
        self.assertEqual((rows[0]["body"]["console"], rows[0]["body"]["text"]),
                         (self.cable.ends[0], "connected: the line is open"))
        self.assertEqual(self.status.call("status")["consoles"], 1)
        code, said, _ = self.gate.ctl("status", "--long")
        self.assertEqual(code, 0)
        self.assertIn(f"consoles on {self.cable.ends[0]}: open; requests 1\n", said)
        self.assertRegex(said, rf"(?m)^  {re.escape(self.cable.ends[0])} +1 +0 +0 +\d+ s ago$")
        self.assertNotIn("consoles on", self.gate.ctl("status")[1])  # all is well with it


class Panel(Consoles):
    """A laser's panel on a line at 9600, byte for byte."""

    profile = ALEX
    char_s, settings = 11 / 9600, "9600:8E1:" + BUSY

    def setUp(self):
        super().setUp()
        self.gate.until_heard("one")
        self.panel = Terminal(self.cable.ends[1])
        self.addCleanup(self.panel.close)

    def refused(self, unit, pdu):
        answer = self.panel.ask(unit, pdu, 2)
        self.assertEqual(answer[0], pdu[0] | 0x80)
        return answer[1]

    def test_a_session_at_a_panel_on_a_line(self):
        self.assertEqual(self.refused(1, write_pdu(FLUENCE, 150)), 3)
        self.session(self.gate, "one")
        self.assertEqual(self.panel.ask(1, write_pdu(FLUENCE, 150), 5), write_pdu(FLUENCE, 150))
        self.assertEqual(self.refused(1, write_pdu(FLUENCE, 210)), 3)
        self.assertEqual(self.device.tell("get fluence"), "15 J/cm2")
        # the reason registers: verdict (held) of the first device, and its words
        self.assertEqual(self.panel.ask(247, read_pdu(105, 1), 4)[2:], b"\x00\x02")
        words = self.panel.ask(247, read_pdu(118, 20), 42)[2:].decode("latin-1")
        self.assertIn("fluence", words.lower())
        # and stop by the gate's own unit
        stop = struct.pack(">BHH", 5, 100, 0xff00)
        self.assertEqual(self.panel.ask(247, stop, 5), stop)

    def test_what_is_said_to_all_is_obeyed_by_none(self):
        self.session(self.gate, "one")
        self.panel.send(self.panel.frame(0, write_pdu(FLUENCE, 150)))
        self.assertTrue(self.panel.silent())
        self.gate.until_recorded(lambda r: "obeyed by none" in r["body"].get("text", ""))
        self.assertEqual(self.device.writes(), [])
        self.assertEqual(self.line()["broadcasts"], 1)

    def test_garbled_writes_are_no_writes(self):
        self.session(self.gate, "one")
        whole = self.panel.frame(1, write_pdu(FLUENCE, 150))
        for i in range(len(whole)):
            self.panel.send(whole[:i] + bytes([whole[i] ^ 0x10]) + whole[i + 1:])
            time.sleep(0.06)
            self.panel.send(whole[:i])
            time.sleep(0.06)
        self.assertTrue(self.panel.silent())
        self.assertEqual(self.device.writes(), [])
        self.assertEqual(self.panel.ask(1, write_pdu(FLUENCE, 150), 5), write_pdu(FLUENCE, 150))

    def test_one_console_at_a_time_sets_the_device(self):
        """The line is one console, whoever is on it; a panel on TCP is another."""
        self.session(self.gate, "one")
        console, take = self.raw(self.gate), struct.pack(">BHH", 5, 102, 0xff00)
        self.assertEqual(self.panel.ask(1, write_pdu(FLUENCE, 150), 5), write_pdu(FLUENCE, 150))
        self.assertEqual(exception_of(console.write(1, FLUENCE, 160)), 6)
        self.assertEqual(self.status.call("devices")["devices"][0]["lease"]["console"], self.cable.ends[0])
        self.assertEqual(console.read(247, 158, 1), b"\x03\x02\x00\x02")
        self.assertEqual(self.panel.ask(247, read_pdu(158, 1), 4), b"\x03\x02\x00\x01")
        self.assertIsNone(exception_of(console.ask(247, take)))
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 160)))
        self.assertEqual(self.refused(1, write_pdu(FLUENCE, 150)), 6)
        self.assertEqual(self.panel.ask(247, take, 5), take)
        self.assertEqual(self.panel.ask(1, write_pdu(FLUENCE, 140), 5), write_pdu(FLUENCE, 140))
        self.assertEqual(self.device.tell("get fluence"), "14 J/cm2")

    def test_both_sides_at_once(self):
        """A console on TCP beside the panel: each is answered its own."""
        console = self.raw(self.gate)
        for _ in range(10):
            self.panel.send(self.panel.frame(1, read_pdu(FLUENCE, 1)))
            self.assertEqual(console.read(1, FLUENCE + 1, 1), b"\x03\x02\x00\xb4")
            self.assertEqual(self.panel.heard(7)[3:5], b"\x00\x64")


class LinesOnBothSides(OnALine, Panel):
    """The panel's line and the laser's, both at 9600, and the gate between them."""

    baud, settings = 9600, "9600:8E1:" + BUSY

    def plug_in(self):
        self.device = self.sim(self.profile, 0, 1, "--set", "boot=0 ms", lines=self.lines())
        return self.address()


class DeviceOfOthers(Case):
    """libmodbus's own server as the device, at the pace of a line."""

    baud, parity = 115200, "N"

    def setUp(self):
        self.cable = Cable(11 / self.baud)
        self.addCleanup(self.cable.remove)
        self.device = Program(os.path.join(BUILD, "modbus_server"), self.cable.ends[1], str(self.baud),
                              self.parity, "3")
        self.addCleanup(self.device.end)
        line = f"rtu:{self.cable.ends[0]}:{self.baud}:8{self.parity}1:{BUSY}"
        self.gate = self.house({"one": (1, "transparent.cfg", line, {"device_unit": 3})}, people=False)
        self.gate.until(lambda d: d["one"]["link"] == "up")

    def test_every_function_comes_through(self):
        done = subprocess.run([os.path.join(BUILD, "modbus_client"), str(self.gate.port), "1"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.stdout.splitlines(), [
            "write coil: 1", "write coils: 8", "read coils: 8", "read discrete inputs: 8",
            "write register: 1", "write registers: 4", "read registers: 4", "read input registers: 4",
            "mask write: 1", "write and read: 4", "too many: Illegal data address"])

    def test_a_unit_that_is_not_there_does_not_answer(self):
        gate = self.raw(self.gate)
        self.assertEqual(exception_of(gate.ask(9, read_pdu(0, 1))), 0x0a)
        self.assertIsNone(exception_of(gate.ask(1, write_pdu(7, 1234))))
        self.assertEqual(gate.read(1, 7, 1)[2:], struct.pack(">H", 1234))


class DeviceOfOthersAt9600(DeviceOfOthers):
    baud, parity = 9600, "E"


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
