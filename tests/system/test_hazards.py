"""Scenarios that are no presets, each named after its hazard in tests/hazards.txt: the gate hangs, dies, is
flooded, is there twice. What counts is what reached the device."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import tempfile
import unittest
from unittest import mock

import test_serial
from house import BUILD, Case, Raw, Refused, exception_of, past, secret_of, treated
from test_judged import ARM, FLUENCE, STOP, Judged
from test_sim_lines import Terminal

CONSOLES = 128  # as many as the house's clinic file lets in


def ask(console, *pdu):
    """Sent, and not waited for."""
    console.send(console.frame(1, struct.pack(">BHH", *pdu)))


def stands_still(gate, device, meanwhile=lambda: None):
    """For four times the device's deadline."""
    process = gate.gate.process
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    meanwhile()
    device.tell("wait 2000 ms")
    process.send_signal(signal.SIGCONT)


class Hung(Judged):
    """SIGSTOP: the gate stands still, as on a machine without memory, or one put aside by its host."""

    def setUp(self):
        super().setUp()
        self.open()

    def written(self):
        return [(address, values) for _, address, values in self.reached() if address != STOP]

    def test_h14_what_was_asked_while_the_gate_hung_is_not_done(self):
        """By consoles that were there, and by one that came meanwhile."""
        known = [self.raw(self.gate) for _ in range(3)]
        for console in known:
            console.read(1, FLUENCE, 1)
        asked = []

        def meanwhile():
            asked.extend(known + [self.raw(self.gate)])
            ask(asked[0], 6, FLUENCE, 150)
            ask(asked[1], 5, ARM, 0xff00)
            ask(asked[2], 6, 1000, 7)  # of no dose meaning
            ask(asked[3], 6, FLUENCE, 160)
        stands_still(self.gate, self.device, meanwhile)
        self.assertEqual([exception_of(console.reply()[2]) for console in asked], [0x0b] * 4)
        self.assertEqual(self.written(), [])
        self.assertEqual(self.device.tell("state"), "standby")
        self.gate.until(lambda d: d["alex"]["link"] == "up" and (d["alex"]["heard_ms"] or 9999) < 500, self.status)
        self.assertIsNone(self.set(FLUENCE, 150))  # asked again, it is done

    def test_h14_what_waited_its_turn_while_the_gate_hung_is_not_done(self):
        self.device.tell("fault late ms=300 function=6 count=1")
        first, second = self.raw(self.gate), self.raw(self.gate)
        ask(first, 6, FLUENCE, 150)
        while not self.device.writes():
            pass
        ask(second, 6, FLUENCE, 160)
        self.status.call("hello")  # a turn of the loop: the second has been heard
        stands_still(self.gate, self.device)
        self.assertEqual([exception_of(console.reply()[2]) for console in (first, second)], [4, 0x0b])
        self.assertEqual(self.written(), [(FLUENCE, [150])])

    def test_h14_a_stop_is_never_too_old(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        stands_still(self.gate, self.device, lambda: ask(self.console, 5, STOP, 0xff00))
        self.assertIsNone(exception_of(self.console.reply()[2]))
        self.assertEqual(self.device.tell("state"), "standby")

    def test_w25_what_was_asked_far_ahead_is_too_old_at_its_turn(self):
        """Each takes 300 ms, and from its arrival it has 500: two, and perhaps a third."""
        self.device.tell("fault late ms=300 function=6")
        for i in range(8):
            ask(self.console, 6, FLUENCE, 150 + i)
        answers = [exception_of(self.console.reply()[2]) for _ in range(8)]
        self.assertEqual(answers[0], None)
        self.assertEqual(set(answers[3:]), {0x0b})
        self.assertLessEqual(len(self.written()), 3)


class HungOnALine(test_serial.OnALine, Hung):
    """The device on a serial line."""

    test_w25_what_was_asked_far_ahead_is_too_old_at_its_turn = None  # a line gives everybody longer


class HungBehindAPanel(test_serial.Consoles):
    """A panel on a serial line, which asks while the gate stands still."""

    profile = test_serial.ALEX

    def setUp(self):
        super().setUp()
        self.gate.until_heard("one")
        self.panel = Terminal(self.cable.ends[1])
        self.addCleanup(self.panel.close)

    def test_h14_what_a_panel_asked_while_the_gate_hung_is_not_done(self):
        self.session(self.gate, "one")
        for pdu in (struct.pack(">BHH", 6, FLUENCE, 150), struct.pack(">BHH", 5, ARM, 0xff00)):
            stands_still(self.gate, self.device, lambda p=pdu: self.panel.send(self.panel.frame(1, p)))
            self.assertEqual(self.panel.heard(5)[1:3], bytes([pdu[0] | 0x80, 0x0b]))
        self.assertEqual([w for w in self.reached() if w[1] != STOP], [])
        self.gate.until(lambda d: d["one"]["link"] == "up" and (d["one"]["heard_ms"] or 9999) < 500, self.status)
        self.device.tell("wait 200 ms")  # so long a line may still bring what came while the gate hung
        write = struct.pack(">BHH", 6, FLUENCE, 150)
        self.assertEqual(self.panel.ask(1, write, 5), write)


class Dies(Judged):
    """kill -9."""

    def setUp(self):
        super().setUp()
        self.open()

    def dies(self):
        self.gate.gate.end(signal.SIGKILL)

    def is_back(self):
        self.gate.start()
        self.gate.until_heard("alex")
        self.console, self.status = self.raw(self.gate), self.client(self.gate)

    def test_h13_a_dead_gate_lets_nothing_pass_and_changes_nothing(self):
        self.assertIsNone(self.set(FLUENCE, 150))
        before = json.loads(self.device.tell("now"))
        self.dies()
        with self.assertRaises(OSError):
            Raw(self.gate.port)
        self.assertEqual(json.loads(self.device.tell("now")), before)
        self.is_back()
        self.assertEqual(self.set(FLUENCE, 160), 3)
        self.assertEqual(len(self.reached()), 1)

    def test_h13_what_was_left_armed_is_stopped_by_the_next(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.dies()
        self.assertEqual(self.device.tell("state"), "armed")
        self.gate.start()
        self.gate.until_heard("alex")
        self.assertEqual(self.device.tell("state"), "standby")

    def test_h15_a_write_cut_in_the_middle_is_not_sent_again_and_nothing_is_restored(self):
        self.device.tell("fault late ms=300 function=6 count=1")
        ask(self.console, 6, FLUENCE, 150)
        while not self.device.writes():
            pass
        self.dies()
        self.device.tell("panel fluence=12 J/cm2")
        self.is_back()
        self.assertEqual([v for _, _, v in self.reached()], [[150]])
        self.assertEqual(self.device.tell("get fluence"), "12 J/cm2")
        rows = [row for row in self.gate.ledger() if row["kind"] in ("intent", "outcome")]
        self.assertEqual([row["kind"] for row in rows], ["intent"])  # what became of it nobody has seen


class Patients(Judged):
    def test_h08_settings_left_by_the_patient_before_arm_for_nobody_else(self):
        self.open()
        self.assertIsNone(self.set(FLUENCE, 200))  # type II: 20 is the ceiling
        self.session(self.gate, "alex", patient="P-5000", skin_type="IV",
                     elsewhere=past("alexandrite_755_lp", "face"))
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)
        self.assertEqual(self.set(FLUENCE, 201), 3)
        self.assertEqual(self.device.tell("state"), "standby")

    def test_h09_the_patient_of_one_room_is_nobody_in_the_other(self):
        other = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set", "serial=ALX-0002")
        gate = self.house({"one": (1, "alexandrite_755.cfg", self.device.port),
                           "two": (2, "alexandrite_755.cfg", other.port)})
        gate.until_heard("one", "two")
        self.session(gate, "one", skin_type="II")
        self.session(gate, "two", skin_type="IV", patient="P-5000")
        console = self.raw(gate)
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 200)))
        self.assertEqual(exception_of(console.write(2, FLUENCE, 200)), 3)  # type IV: 16 is the ceiling
        self.assertIsNone(exception_of(console.write(2, FLUENCE, 160)))
        self.client(gate, "olga").call("session.end", device="one")
        self.assertEqual(exception_of(console.write(1, FLUENCE, 150)), 3)
        self.assertIsNone(exception_of(console.write(2, FLUENCE, 150)))
        self.assertEqual([v for _, _, v in self.reached()], [[200]])
        self.assertEqual([w["values"] for w in other.writes()], [[160], [150]])


class Clocks(Judged):
    """A machine whose clock is set, or that was asleep, while something is in force."""

    def house(self, *args, **kw):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-clock-")
        self.addCleanup(folder.cleanup)
        self.asleep, self.set_ahead = (os.path.join(folder.name, name) for name in ("asleep", "set"))
        with mock.patch.dict(os.environ, {"LD_PRELOAD": os.path.join(BUILD, "bad_machine.so"), "ASLEEP": self.asleep,
                                          "CLOCK_SET": self.set_ahead, "ASAN_OPTIONS": "verify_asan_link_order=0"}):
            return super().house(*args, **kw)

    def happens(self, file, event):
        with open(file, "w", encoding="utf-8"):
            pass
        self.gate.until_recorded(lambda row: row["kind"] == "clock" and row["body"]["event"] == event)

    def test_h11_days_that_only_the_clock_says_have_passed_do_not_count(self):
        """A treatment 27 days ago; with the clock set ahead it would be 47, and the interval is 28."""
        before = past("alexandrite_755_lp", "face") + [treated("alexandrite_755_lp", "face", 27)]
        for elsewhere in (before, []):  # told, and then known
            with self.assertRaises(Refused) as no:
                self.session(self.gate, "alex", elsewhere=elsewhere)
            self.assertIn("interval_755", [reason["id"] for reason in no.exception.data["reasons"]])
            self.happens(self.set_ahead, "set")

    def test_h12_a_grant_lives_its_seconds_whatever_the_clock_says(self):
        self.open()
        self.set(FLUENCE, 220)
        self.approve()
        self.happens(self.set_ahead, "set")
        self.assertEqual(self.hold()["state"], "granted")
        self.assertIsNone(self.set(FLUENCE, 220))
        self.assertEqual(self.hold()["state"], "in_force")

    def test_h12_a_grant_does_not_outlive_the_machines_sleep(self):
        self.open()
        self.set(FLUENCE, 220)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 220))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.happens(self.asleep, "asleep")
        self.until_state("standby")
        self.assertIsNone(self.status.call("session.show", device="alex"))
        self.assertEqual(self.set(FLUENCE, 220), 3)
        self.assertEqual(self.device.tell("state"), "standby")


class Busy(Judged):
    def test_h42_people_who_log_in_delay_no_console(self):
        """Thirty-five at once, each secret takes its time; reads, a write and a stop do not wait for them."""
        self.open()
        clients = [self.client(self.gate) for _ in range(35)]
        for client in clients:
            client.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": 1, "method": "login", "params": {
                "person": "olga", "secret": secret_of("olga")}}) + "\n").encode())
        for _ in range(20):
            self.assertIsNone(exception_of(self.console.read(1, FLUENCE, 4)))
        self.assertIsNone(self.set(FLUENCE, 150))
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        answered = select.select([client.socket for client in clients], [], [], 0)[0]
        self.assertLess(len(answered), len(clients))  # the last of them are still waiting
        told = [json.loads(client.lines.readline()) for client in clients]
        self.assertGreaterEqual(sum("result" in answer for answer in told), 32)


class Flooded(Case):
    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        # what the sanitizer keeps of freed memory is not the gate's
        with mock.patch.dict(os.environ, {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"}):
            self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port, {"deadline": "5 s"})})
        self.gate.until_heard("alex")

    def resident(self):
        with open(f"/proc/{self.gate.gate.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2 ** 20

    def flood(self, sockets, data):
        """Written to all until each is closed by the gate, or takes no more."""
        for one in sockets:
            one.settimeout(0.2)
        for one in sockets:
            try:
                for _ in range(64):
                    one.sendall(data)
            except (TimeoutError, ConnectionError):
                pass

    def test_h43_who_asks_and_never_reads_costs_no_memory(self):
        consoles = [self.raw(self.gate) for _ in range(32)]
        clients = [self.client(self.gate) for _ in range(16)]
        quick = self.raw(self.gate)
        quick.read(1, FLUENCE, 1)
        before = self.resident()
        self.flood([c.socket for c in consoles], consoles[0].frame(1, struct.pack(">BHH", 3, 1000, 100)) * 2000)
        self.flood([c.socket for c in clients], b'{"jsonrpc": "2.0", "id": 1, "method": "devices"}\n' * 500)
        self.assertIsNone(exception_of(quick.read(1, FLUENCE, 1)))
        self.assertTrue(self.client(self.gate).call("stop", device="alex")["stopped"])
        self.assertLess(self.resident() - before, 48)


class ManyFiles(Case):
    """The gate's own files have numbers from 1100 on, as after many that it was left by who started it."""

    FILES = "ulimit -n 4096; for ((i = 0; i < 1100; i++)); do exec {fd}</dev/null; done; exec \"$@\""

    def test_h44_as_many_consoles_as_may_be_and_files_beyond_1023(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-line-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "line")
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", lines=("--rtu", "--link", path))
        gate = self.house({"alex": (1, "alexandrite_755.cfg", f"rtu:{path}:115200:8N1:silence=10 ms")},
                          prefix=("bash", "-c", self.FILES, "-"))
        gate.until_heard("alex")
        self.session(gate, "alex")
        consoles = [self.raw(gate) for _ in range(CONSOLES)]
        for console in consoles:
            self.assertIsNone(exception_of(console.read(247, 0, 1)))
        for _ in range(8):
            self.assertTrue(self.raw(gate).closed())
        self.assertIsNone(exception_of(consoles[-1].write(1, FLUENCE, 150)))
        self.assertEqual([w["values"] for w in device.writes()], [[150]])
        open_files = {int(fd): os.readlink(f"/proc/{gate.gate.process.pid}/fd/{fd}")
                      for fd in os.listdir(f"/proc/{gate.gate.process.pid}/fd")}
        self.assertTrue([fd for fd, name in open_files.items() if fd > 1023 and name.startswith("/dev/pts/")])


class Twice(Judged):
    def test_h54_a_second_gate_on_the_same_ledger_does_not_start(self):
        other = subprocess.run([os.path.join(BUILD, "dosegated"), "--config", self.gate.config],
                               capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual((other.returncode, other.stdout), (1, ""))
        self.assertIn("another gate has this ledger open", other.stderr)
        self.open()
        self.assertIsNone(self.set(FLUENCE, 150))

    def test_h54_what_another_gate_sets_while_it_is_armed_stops_it(self):
        other = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)})
        other.until_heard("alex")
        self.session(other, "alex", patient="P-5000")
        self.open()
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.raw(other).write(1, FLUENCE, 150)
        self.until_state("standby")
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)
        self.assertEqual(self.set(FLUENCE, 160), 3)


class OnTheWire(Judged):
    def test_w14_what_would_be_an_answer_is_no_request(self):
        for function in range(0x80, 0x100):
            pdu = self.console.ask(1, bytes([function, 0, 16, 0, 200]))
            self.assertEqual(pdu[1:], b"\x01", function)
        self.assertEqual(self.reached(), [])

    def test_w35_other_ways_to_frame_modbus_are_not_spoken_here(self):
        self.open()
        for name, data in {"RTU": bytes.fromhex("0106001000964BA1"), "ASCII": b":0106001000964B\r\n"}.items():
            with self.subTest(name):
                console = self.raw(self.gate)
                console.send(data)
                self.assertTrue(console.closed())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.gate.port))
            udp.send(self.console.frame(1, struct.pack(">BHH", 6, FLUENCE, 150)))
            udp.settimeout(5)
            with self.assertRaises(ConnectionRefusedError):
                udp.recv(1)
        self.assertEqual(self.reached(), [])

    def test_w43_what_is_not_in_the_profile_is_not_read(self):
        for function in (1, 2, 3, 4):
            for address in (60, 500, 999, 1100, 65535):
                self.assertEqual(exception_of(self.console.read(1, address, 1, function)), 2, (function, address))


if __name__ == "__main__":
    unittest.main()
