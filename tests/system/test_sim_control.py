"""What happens at which time and event, who says it, what is written down, and how a run ends."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest

from house import BUILD, PATIENCE, PROFILES, ROOT, Case, Raw, device_profile
from test_sim_lines import crc

SIM = os.path.join(BUILD, "dosegate-sim")
ALEX = "alexandrite_755.cfg"
FLUENCE, ARM = 16, 0
CASES = os.path.join(ROOT, "sim", "scenarios", "cases")


class Told(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-sim-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return path

    def device(self, *more, profile=ALEX, **kw):
        return self.sim(profile, 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=0 ms", *more, **kw)

    def ready(self, *more):
        """Armed, by a console of its own."""
        device = self.device(*more)
        self.assertEqual(device.tell("await standby"), "ok")
        console = Raw(device.port)
        self.addCleanup(console.close)
        console.coil(1, ARM, True)
        self.assertEqual(device.tell("await armed"), "ok")
        return device, console

    def plays(self, commands, *more):
        """A whole run: (exit code, output without the first line, errors)."""
        done = subprocess.run([SIM, "device", device_profile(ALEX), "--tcp", "127.0.0.1:0", "--set", "boot=0 ms",
                               "--set", "ready_delay=0 ms", "--play", self.path("commands", commands), *more],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        return done.returncode, done.stdout.partition("\n")[2], done.stderr


class Events(Told):
    def test_when_a_pulse_has_left_something_is_done(self):
        device, _ = self.ready()
        self.assertEqual(device.tell("when pulse 2 panel fluence=25 J/cm2"), "ok")
        self.assertEqual(device.tell("panel rate=5 Hz"), "ok")
        self.assertEqual(device.tell("await pulse 3 after pedal down"), "ok")
        self.assertEqual([p["settings"]["fluence"] for p in json.loads(device.tell("pulses"))],
                         ["10 J/cm2", "10 J/cm2", "25 J/cm2"])

    def test_when_a_certain_register_is_written(self):
        device, console = self.ready()
        device.tell("when write address=17 panel fluence=25 J/cm2")
        console.write(1, FLUENCE, 120)
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")
        console.write(1, 17, 150)
        self.assertEqual(device.tell("await panel within 1 s"), "error: it did not happen")  # it has happened
        self.assertEqual(device.tell("get fluence"), "25 J/cm2")

    def test_an_event_happens_once(self):
        device, console = self.ready()
        device.tell("when write panel fluence=25 J/cm2")
        console.write(1, 17, 150)
        console.write(1, FLUENCE, 120)
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")

    def test_at_a_time(self):
        device = self.device()
        self.assertEqual(device.tell("await panel after at 50 ms panel fluence=25 J/cm2"), "ok")
        self.assertEqual(device.tell("get fluence"), "25 J/cm2")

    def test_a_state_that_is_there_is_not_waited_for(self):
        device = self.device()
        self.assertEqual(device.tell("await standby"), "ok")
        self.assertEqual(device.tell("await standby within 1 ms"), "ok")
        self.assertEqual(device.tell("await standby within 1 ms after state"), "error: it did not happen")

    def test_of_several_devices_each_has_its_own(self):
        device = self.device("--unit", "1", "--also", device_profile(ALEX), "--unit", "2", "--set", "boot=0 ms")
        self.assertEqual(device.tell("on 2 when panel pedal down"), "ok")
        self.assertEqual(device.tell("panel fluence=12 J/cm2"), "ok")
        self.assertEqual(device.tell("on 2 await panel after panel fluence=13 J/cm2"), "ok")
        self.assertEqual((device.tell("get fluence"), device.tell("on 2 get fluence")), ("12 J/cm2", "13 J/cm2"))

    def test_what_is_not_understood_is_said(self):
        device = self.device()
        for command, why in (("wehn armed pedal down", 'unknown command "wehn"; did you mean "when"?'),
                             ("when armd pedal down", 'unknown event "armd"; did you mean "armed"?'),
                             ("when armed pedel down", 'unknown command "pedel"; did you mean "pedal"?'),
                             ("at 5 pedal down", "at TIME COMMAND"),
                             ("at 5 ms await armed", None),
                             ("await armed soon", "await EVENT [within TIME]"),
                             ("await armed after padel", 'unknown command "padel"'),
                             ("wait 5", "wait TIME"),
                             ("panel flunce=1", 'unknown register "flunce"; did you mean "fluence"?'),
                             ("verdict", "no oracle watches")):
            with self.subTest(command):
                answer = device.tell(command)
                if why is None:
                    self.assertEqual(answer, "ok")  # found out when its time comes
                else:
                    self.assertTrue(answer.startswith("error: "), answer)
                    self.assertIn(why, answer)
        self.assertEqual(device.tell("wait 50 ms"), "ok")
        device.tell("quit")
        self.assertEqual(device.process.wait(PATIENCE), 1)
        self.assertIn("await armed: error: nobody waits behind at and when", device.said())


class Speakers(Told):
    def test_one_waits_and_the_others_go_on(self):
        path = self.path("control")
        device = self.device("--control", path)
        first, second = (socket.socket(socket.AF_UNIX) for _ in range(2))
        for one in (first, second):
            self.addCleanup(one.close)
            one.settimeout(PATIENCE)
            one.connect(path)
        first.sendall(b"await panel\nget fluence\n")  # the second line waits with the first
        second.sendall(b"panel fluence=12 J/cm2\n")
        self.assertEqual(second.recv(100), b"ok\n")
        heard = b""
        while heard.count(b"\n") < 2:
            heard += first.recv(100)
        self.assertEqual(heard, b"ok\n12 J/cm2\n")
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")

    def test_who_goes_away_while_waiting_is_forgotten(self):
        path = self.path("control")
        device = self.device("--control", path)
        gone = socket.socket(socket.AF_UNIX)
        gone.connect(path)
        gone.sendall(b"await panel\n")
        gone.close()
        self.assertEqual(device.tell("wait 20 ms"), "ok")
        self.assertEqual(device.tell("panel fluence=12 J/cm2"), "ok")
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")

    def test_tell_says_one_command(self):
        path = self.path("control")
        self.device("--control", path)
        for words, code, said in ((("get", "fluence"), 0, "10 J/cm2\n"), (("get", "depth"), 1, None)):
            done = subprocess.run([SIM, "tell", path, *words], capture_output=True, text=True, timeout=PATIENCE,
                                  check=False)
            self.assertEqual(done.returncode, code)
            self.assertEqual(done.stdout, said or done.stdout)

    def test_a_file_is_played(self):
        code, said, errors = self.plays("# a comment\nawait standby\npanel fluence=12 J/cm2\nget fluence\nquit\n")
        self.assertEqual((code, said, errors), (0, "12 J/cm2\n", ""))

    def test_a_file_with_a_slip_fails_and_says_where(self):
        code, _, errors = self.plays("\npanel flunce=1\nquit\n")
        self.assertEqual(code, 1)
        self.assertRegex(errors, r'commands:2: error: unknown register "flunce"')


class Ends(Told):
    """How a run ends is what a test suite looks at."""

    CASE = "case " + os.path.join(CASES, "alexandrite_755.json") + "\n"
    FIRED = "panel state=armed\nawait pulse 1 after pedal down\nquit\n"

    def test_clean(self):
        code, _, errors = self.plays(self.CASE + "panel fluence=20 J/cm2\n" + self.FIRED, "--library", PROFILES)
        self.assertEqual((code, errors), (0, ""))

    def test_blamed_with_number_limit_and_rule(self):
        code, _, errors = self.plays(self.CASE + "panel fluence=20.1 J/cm2\n" + self.FIRED, "--library", PROFILES)
        self.assertEqual(code, 3)
        self.assertRegex(errors, r"pulse 1 at \d+\.\d{3} s: fluence 20\.1 J/cm2 is above 20 J/cm2 "
                                 r"\(alex755_18mm_II\) \[CAN13\]\n.*1 of 1 pulses were outside")

    def test_a_case_on_the_command_line(self):
        code, _, errors = self.plays(self.FIRED, "--library", PROFILES, "--case",
                                     os.path.join(CASES, "alexandrite_755.json"))
        self.assertEqual((code, errors), (0, ""))

    def test_nobody_watches_without_a_library(self):
        code, _, _ = self.plays("panel fluence=60 J/cm2\n" + self.FIRED)
        self.assertEqual(code, 0)

    def test_what_cannot_begin(self):
        for more, why in ((["--tpc", "127.0.0.1:0"], "--tpc is no option"), (["--baud"], "--baud wants a value"),
                          (["--unit", "250"], "--unit takes a number from 1 to 247"),
                          (["--case", "none"], "no oracle watches"),
                          (["--fault", "badcrc"], "there is no such thing in Modbus/TCP"),
                          (["--library", "/nowhere"], "cannot be used as a library"),
                          (["--play", "/nowhere"], "/nowhere cannot be read"),
                          (["--wire", "/nowhere/x"], "/nowhere/x cannot be written")):
            with self.subTest(more):
                done = subprocess.run([SIM, "device", device_profile(ALEX), "--tcp", "127.0.0.1:0", *more],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(why, done.stderr)
                self.assertNotIn("Sanitizer", done.stderr)

    def test_a_signal_ends_it_with_its_verdict(self):
        device = self.device("--library", PROFILES)
        device.tell("fault emission_without_ready")
        self.assertEqual(device.end(signal.SIGTERM), 3)


class Written(Told):
    """What went over the lines, as it stands."""

    def wire(self, path):
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertEqual(lines[0], "# dosegate recording 1")
        for line in lines[1:]:
            self.assertRegex(line, r"^\d+ [1-4]\.\d+ ([+-]|[<>?] ([0-9a-f]{2})+)$")
        return [line.split(" ", 1)[1] for line in lines[1:]]

    def test_frames_answers_and_connections(self):
        path = self.path("wire")
        device = self.device("--wire", path)
        console = Raw(device.port)
        console.read(1, FLUENCE, 1)
        device.tell("fault short count=1")
        console.send(console.frame(1, b"\x03\x00\x10\x00\x01"))
        console.exact(10)
        console.close()
        self.assertEqual(device.tell("wait 50 ms"), "ok")
        self.assertEqual(self.wire(path), ["1.1 +", "1.1 > 000100000006010300100001", "1.1 < 0001000000050103020064",
                                           "1.1 > 000200000006010300100001", "1.1 < 00020000000401030200", "1.1 -"])

    def run_of(self, seed, chance):
        """The same story, told with a seed: reads and writes with faults of chance, and noisy pulses."""
        path = self.path(f"wire-{seed}-{chance}")
        device = self.sim(ALEX, 0, seed, "--set", "boot=0 ms", "--set", "ready_delay=0 ms", "--set", "noise=10 %",
                          "--set", "rate=5 Hz", "--wire", path, "--fault", f"noise chance={chance} function=3",
                          "--fault", f"badecho chance={chance} function=6",
                          lines=("--rtu-tcp", "127.0.0.1:0"))
        self.assertEqual(device.tell("await standby"), "ok")
        console = Raw(device.port)
        for i in range(40):
            pdu = b"\x01\x06\x00\x10" + (100 + i).to_bytes(2, "big") if i % 2 else b"\x01\x03\x00\x10\x00\x02"
            console.send(pdu + crc(pdu))
            console.exact(8 if i % 2 else 9)
        device.tell("panel state=armed")
        self.assertEqual(device.tell("await pulse 5 after pedal down"), "ok")
        pulses = [p["measured"]["fluence"] for p in json.loads(device.tell("pulses"))[:5]]
        console.close()
        self.assertEqual(device.tell("wait 20 ms"), "ok")
        device.quit()
        return self.wire(path), pulses

    def test_the_same_seed_the_same_bytes(self):
        first, second, other = self.run_of(7, 50), self.run_of(7, 50), self.run_of(8, 50)
        self.assertEqual(first, second)
        self.assertNotEqual(first[0], other[0])
        self.assertNotEqual(first[1], other[1])
        self.assertEqual(len(first[0]), 82)  # 40 frames, 40 answers, the connection's begin and end
        self.assertEqual(len(set(first[1])), 5)


class Played(Told):
    """The scenarios that are no presets, each where its first lines say it belongs."""

    def console(self, name, *options):
        done = subprocess.run([SIM, "console", os.path.join(ROOT, "sim", "scenarios", name), *options],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stderr

    def test_a_console_without_a_gate(self):
        device = self.device()
        self.assertEqual(self.console("unguarded.steps", "--to", f"127.0.0.1:{device.port}", "--profile",
                                      device_profile(ALEX)), (0, ""))

    def test_a_console_over_a_serial_line(self):
        device = self.device(lines=("--rtu",))
        self.assertEqual(self.console("unguarded.steps", "--to", device.terminal, "--profile",
                                      device_profile(ALEX)), (0, ""))

    def test_frames_that_are_none_to_a_device_and_through_a_gate(self):
        device = self.device()
        self.assertEqual(self.console("frames.steps", "--to", f"127.0.0.1:{device.port}"), (0, ""))
        gate = self.house({"alex": (1, ALEX, device.port)}, people=False)
        gate.until_heard("alex")
        self.assertEqual(self.console("frames.steps", "--to", f"127.0.0.1:{gate.port}"), (0, ""))
        self.assertEqual(device.writes(), [])

    def test_a_console_behind_a_gate_without_a_session(self):
        device = self.device()
        gate = self.house({"alex": (1, ALEX, device.port)}, people=False)
        gate.until_heard("alex")
        self.assertEqual(self.console("refused.steps", "--to", f"127.0.0.1:{gate.port}", "--profile",
                                      device_profile(ALEX)), (0, ""))

    def test_the_first_difference_is_said_with_its_place(self):
        device = self.device()
        for steps, why in (("read 16 1\nexpect values 101\n", ":2: expected values 101, got ok 100"),
                           ("read 16 1\nexpect ok or exception 03\n", None),
                           ("read 900 1\nexpect ok or exception 03\n", ":2: expected ok or exception 03, got exception 02"),
                           ("red 16 1\n", ":1: no step is named red"),
                           ("expect sure\n", ":1: this is not to be understood"),
                           ("send write fluence 12 J/cm2\nsend write fluence 61 J/cm2\nexpect ok\nexpect exception 03\n",
                            None),
                           ("repeat 3 send write fluence 12 J/cm2\ndrain\nget fluence\nexpect is 12 J/cm2\n", None),
                           ("device state\n", ":1: this step wants --device")):
            with self.subTest(steps):
                path = self.path("steps", steps)
                code, said = self.console(path, "--to", f"127.0.0.1:{device.port}", "--profile", device_profile(ALEX))
                self.assertEqual((code, said), (0, "") if why is None else (1, path + said[len(path):]))
                self.assertIn(why or "", said)

    def test_what_was_refused_and_not_expected_ends_it(self):
        control = self.path("control")
        device = self.device("--control", control)
        for steps, why in (("device panel flunce=1\nread 16 1\n", ':2: the step before was refused: unknown register'),
                           ("device panel flunce=1\n", ":1: the step before was refused"),
                           ("device panel flunce=1\nexpect refused did you mean\n", None)):
            with self.subTest(steps):
                path = self.path("steps", steps)
                code, said = self.console(path, "--to", f"127.0.0.1:{device.port}", "--device", control)
                self.assertEqual(code, 0 if why is None else 1, said)
                self.assertIn(why or "", said)


if __name__ == "__main__":
    unittest.main()
