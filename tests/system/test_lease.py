"""One console at a time sets a device: 127.0.0.1 is panel A, 127.0.0.2 panel B."""
import struct
import subprocess
import time
import unittest

from pymodbus.client import ModbusTcpClient

from house import PATIENCE, Case, Refused, exception_of
from test_judged import ARM, FLUENCE, STOP, Judged

A, B = "127.0.0.1", "127.0.0.2"
BUSY = 6
# on unit 247, for the first device
TAKE = 102
LEASE, LEASE_SECONDS, LEASE_CONSOLE = 158, 159, 160
NOBODY, THIS, ANOTHER = 0, 1, 2


class Lease(Case):
    life = "60 s"

    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set",
                               "ready_delay=50 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port,
                                         {"deadline": "2 s"})},
                               addresses=(A, B), consoles=f'lease = "{self.life}";')
        self.gate.until_heard("alex")
        self.status = self.client(self.gate)
        self.session(self.gate, "alex")
        self.a, self.b = self.raw(self.gate, A), self.raw(self.gate, B)

    def set(self, console, tenths):
        return exception_of(console.write(1, FLUENCE, tenths))

    def take(self, console):
        return exception_of(console.coil(247, TAKE, True))

    def arm(self, console):
        self.assertIsNone(exception_of(console.coil(1, ARM, True)))
        self.until(lambda d: d["state"] == "armed")

    def until(self, what):
        self.gate.until(lambda d: what(d["alex"]), self.status)

    def lease(self):
        lease = self.status.call("devices")["devices"][0]["lease"]
        return lease["state"], lease["console"]

    def fluences(self):
        """What reached the device."""
        return [w["values"][0] for w in self.device.writes()
                if (w["function"], w["address"]) == (6, FLUENCE)]

    def shown(self, console):
        """Who, seconds and which, in the reason registers."""
        words = console.read(247, LEASE, 26)[2:]
        who, seconds = struct.unpack(">HH", words[:4])
        return who, seconds, words[4:].rstrip(b"\0").decode()

    def recorded(self, text):
        """The row that says so; rows follow answers."""
        found = self.gate.until_recorded(lambda r: r["body"].get("text") == text)
        self.assertEqual({(r["body"]["event"], r["body"]["device"]) for r in found}, {("lease", "alex")})
        return found[-1]["body"]


class Held(Lease):
    def test_the_first_to_set_has_it_and_the_others_read_and_stop(self):
        self.assertEqual(self.lease(), ("free", None))
        self.assertIsNone(self.set(self.a, 120))
        self.assertEqual(self.lease(), ("held", A))
        self.assertEqual(self.set(self.b, 130), BUSY)
        self.assertEqual(self.b.read(1, FLUENCE, 1), b"\x03\x02" + struct.pack(">H", 120))
        self.assertIsNone(self.set(self.a, 140))
        self.assertEqual(self.fluences(), [120, 140])
        self.arm(self.a)
        self.assertIsNone(exception_of(self.b.coil(1, STOP, True)))
        self.until(lambda d: d["state"] == "standby")
        self.arm(self.a)
        self.assertIsNone(exception_of(self.b.coil(247, 100, True)))  # the panel's stop
        self.until(lambda d: d["state"] == "standby")

    def test_nothing_another_writes_passes_by_any_function(self):
        self.assertIsNone(self.set(self.a, 120))
        for pdu in (struct.pack(">BHH", 6, FLUENCE, 130), struct.pack(">BHHBH", 16, FLUENCE, 1, 2, 130),
                    struct.pack(">BHH", 5, ARM, 0xff00), struct.pack(">BHHBB", 15, ARM, 1, 1, 1),
                    struct.pack(">BHH", 6, 1000, 1)):  # the last has no dose meaning
            self.assertEqual(exception_of(self.b.ask(1, pdu)), BUSY, pdu.hex())
        self.assertEqual(len(self.device.writes()), 1)
        row = self.gate.until_recorded(lambda r: r["body"].get("exception") == BUSY)[0]
        self.assertEqual(row["kind"], "refused")
        self.assertTrue(row["body"]["console"].startswith(B))
        self.assertRegex(row["body"]["text"],
                         r"busy: the device is set from console 127\.0\.0\.1, for (60|5\d) s more")

    def test_what_has_no_dose_meaning_passes_and_begins_nothing(self):
        self.assertIsNone(exception_of(self.b.write(1, 1000, 7)))
        self.assertEqual(self.lease(), ("free", None))
        self.assertIsNone(self.set(self.a, 120))

    def test_it_is_shown_in_registers_and_in_words(self):
        self.assertEqual(self.shown(self.a), (NOBODY, 0, ""))
        self.assertIsNone(self.set(self.a, 120))
        who, seconds, which = self.shown(self.a)
        self.assertEqual((who, which), (THIS, A))
        self.assertLessEqual(seconds, 60)
        self.assertGreater(seconds, 30)
        self.assertEqual((self.shown(self.b)[0], self.shown(self.b)[2]), (ANOTHER, A))
        for command in ("status", "devices"):
            code, said, _ = self.gate.ctl(command)
            self.assertEqual(code, 0)
            self.assertIn("set from console 127.0.0.1, for ", said)
        row = self.recorded("console 127.0.0.1 sets the device from now on")
        self.assertEqual((row["from"], row["to"]), ("", A))

    def test_a_console_that_connects_again_has_it_still(self):
        self.assertIsNone(self.set(self.a, 120))
        self.a.close()
        self.assertEqual(self.set(self.b, 130), BUSY)
        again, beside = self.raw(self.gate, A), self.raw(self.gate, A)
        self.assertIsNone(self.set(again, 140))
        self.assertIsNone(self.set(beside, 150))  # two windows of one panel are one console
        self.assertEqual(self.set(self.b, 131), BUSY)
        self.assertEqual(self.fluences(), [120, 140, 150])
        self.gate.until_recorded(lambda r: r["kind"] == "refused" and r["body"]["request"]["hex"] == "0600100083")
        self.assertEqual(len([r for r in self.gate.ledger() if r["body"].get("event") == "lease"]), 1)

    def test_what_is_refused_begins_nothing(self):
        self.assertEqual(self.set(self.b, 700), 3)  # beyond the device's own range
        self.assertEqual(exception_of(self.b.write(1, FLUENCE - 1, 1)), 2)
        self.assertEqual(exception_of(self.b.ask(1, b"\x63\x00")), 1)
        self.assertEqual(exception_of(self.b.ask(1, b"\x06\x00")), 3)
        self.assertEqual(self.lease(), ("free", None))
        self.assertIsNone(self.set(self.a, 120))
        self.assertEqual(self.lease(), ("held", A))

    def test_without_a_session_nobody_has_it(self):
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.assertEqual(self.set(self.a, 120), 3)
        self.assertEqual(self.lease(), ("free", None))


class Racing(Lease):
    def test_of_two_at_the_same_moment_one_wins(self):
        """Both are there before the device is free for either; then as fast as they can be sent."""
        olga = self.client(self.gate, "olga")
        won = []
        for i in range(20):
            if i % 2 == 0:
                self.device.tell("fault late ms=100 function=3 count=1")
                self.a.send(self.a.frame(1, struct.pack(">BHH", 3, FLUENCE, 1)))
                self.b.send(self.b.frame(1, struct.pack(">BHH", 3, FLUENCE + 1, 1)))
            sent = {self.a: 100 + 2 * (i % 20), self.b: 101 + 2 * (i % 20)}
            order = (self.a, self.b) if i % 4 < 2 else (self.b, self.a)
            for console in order:
                console.send(console.frame(1, struct.pack(">BHH", 6, FLUENCE, sent[console])))
            if i % 2 == 0:
                self.assertIsNone(exception_of(self.a.reply()[2]))
                self.assertIsNone(exception_of(self.b.reply()[2]))
            codes = {console: exception_of(console.reply()[2]) for console in order}
            self.assertEqual(sorted(codes.values(), key=str), [BUSY, None])
            won.append(next(sent[c] for c in order if codes[c] is None))
            self.assertEqual(self.fluences(), won)  # and nothing of the other one
            olga.call("lease.release", device="alex")

    def test_of_two_that_arm_one_wins(self):
        for console in (self.a, self.b):
            console.send(console.frame(1, struct.pack(">BHH", 5, ARM, 0xff00)))
        codes = [exception_of(console.reply()[2]) for console in (self.a, self.b)]
        self.assertEqual(sorted(codes, key=str), [BUSY, None])
        self.assertEqual([w["address"] for w in self.device.writes()], [ARM])
        self.until(lambda d: d["state"] == "armed")


    def test_a_take_over_and_a_setting_at_the_same_moment(self):
        """Whichever comes first: what was answered well has reached the device, the rest has not."""
        applied = []
        for i in range(20):
            self.assertIsNone(self.take(self.a))
            self.a.send(self.a.frame(1, struct.pack(">BHH", 6, FLUENCE, 100 + i)))
            self.b.send(self.b.frame(247, struct.pack(">BHH", 5, TAKE, 0xff00)))
            code = exception_of(self.a.reply()[2])
            self.assertIsNone(exception_of(self.b.reply()[2]))
            self.assertIn(code, (None, 3, BUSY))  # 03: it was recorded, and then not sent after all
            applied += [100 + i] if code is None else []
            self.assertEqual(self.set(self.a, 150), BUSY)
            self.assertEqual(self.fluences(), applied)


class TakenOver(Lease):
    def test_at_the_panel_on_purpose(self):
        self.assertIsNone(self.set(self.a, 120))
        self.assertIsNone(self.take(self.b))
        self.assertEqual(self.lease(), ("held", B))
        self.assertEqual(self.set(self.a, 130), BUSY)
        self.assertIsNone(self.set(self.b, 140))
        self.assertEqual(self.fluences(), [120, 140])
        row = self.recorded("taken over by console 127.0.0.2 from console 127.0.0.1 "
                            "(asked for at its panel)")
        self.assertEqual((row["from"], row["to"], row["by"]), (A, B, "asked for at its panel"))

    def test_not_while_it_is_armed_stop_first(self):
        self.assertIsNone(self.set(self.a, 120))
        self.arm(self.a)
        self.assertEqual(self.take(self.b), 3)
        self.assertEqual(self.lease(), ("kept", A))
        row = self.gate.until_recorded(lambda r: "stop it first" in r["body"].get("text", ""))[0]
        self.assertEqual((row["kind"], row["body"]["device"]), ("refused", "alex"))
        self.assertIsNone(exception_of(self.b.coil(1, STOP, True)))
        self.until(lambda d: d["state"] == "standby")
        self.assertIsNone(self.take(self.b))
        self.assertIsNone(self.set(self.b, 130))
        self.assertEqual(self.fluences(), [120, 130])

    def test_not_while_the_request_to_arm_is_on_its_way(self):
        self.assertIsNone(self.set(self.a, 120))
        self.device.tell(f"fault late ms=400 function=5 address={ARM} count=1")
        self.a.send(self.a.frame(1, struct.pack(">BHH", 5, ARM, 0xff00)))
        end = time.monotonic() + PATIENCE
        while not any(w["address"] == ARM for w in self.device.writes()):
            self.assertLess(time.monotonic(), end)
        self.assertEqual(self.take(self.b), 3)
        self.assertIsNone(exception_of(self.a.reply()[2]))

    def test_what_the_one_before_has_under_way_is_not_sent(self):
        """A's setting waits for its turn behind a read that is late; B takes the device over."""
        self.assertIsNone(self.set(self.a, 120))
        self.device.tell("fault late ms=400 function=3 address=19 count=1")
        other = self.raw(self.gate, A)
        other.send(other.frame(1, struct.pack(">BHH", 3, 19, 1)))
        end = time.monotonic() + PATIENCE
        while self.device.tell("faults") != "[]":  # the device has it
            self.assertLess(time.monotonic(), end)
        self.a.send(self.a.frame(1, struct.pack(">BHH", 6, FLUENCE, 130)))
        self.assertIsNone(self.take(self.b))
        self.assertIsNone(exception_of(other.reply()[2]))
        self.assertEqual(exception_of(self.a.reply()[2]), BUSY)
        self.assertEqual(self.fluences(), [120])

    def test_by_a_person(self):
        self.assertIsNone(self.set(self.a, 120))
        code, said, errors = self.gate.ctl("lease", "take", "alex", "--console", B, person="olga")
        self.assertEqual(code, 0, errors)
        self.assertIn("set from console 127.0.0.2, for 60 s more", said)
        self.recorded("taken over by console 127.0.0.2 from console 127.0.0.1 (olga)")
        self.assertEqual(self.set(self.a, 130), BUSY)
        code, said, errors = self.gate.ctl("lease", "release", "alex", person="phil")
        self.assertEqual(code, 0, errors)
        self.assertEqual(self.lease(), ("free", None))
        self.recorded("released: console 127.0.0.2 sets it no longer (phil)")
        self.assertIsNone(self.set(self.a, 130))

    def test_what_a_person_may_not(self):
        self.assertEqual(self.gate.ctl("lease", "take", "alex", "--console", B, person="egon")[0], 4)
        self.assertEqual(self.gate.ctl("lease", "release", "alex", person="dora")[0], 4)
        code, _, errors = self.gate.ctl("lease", "take", "alex", "--console", "127.0.0.9", person="olga")
        self.assertEqual(code, 5)
        self.assertIn('no console "127.0.0.9"', errors)
        self.assertEqual(self.gate.ctl("lease", "take", "alex", person="olga")[0], 2)
        code, _, errors = self.gate.ctl("lease", "release", "alex", person="olga")
        self.assertEqual(code, 3)
        self.assertIn("no console has the device", errors)
        self.arm(self.a)
        for words in (("take", "alex", "--console", B), ("release", "alex")):
            code, _, errors = self.gate.ctl("lease", *words, person="olga")
            self.assertEqual(code, 3)
            self.assertIn("stop it first", errors)
        self.assertEqual(self.lease(), ("kept", A))


class Grants(Lease):
    """A hold, and what a physician grants, is for the console that asked."""

    hold, approve = Judged.hold, Judged.approve

    def test_who_waits_for_a_physician_has_the_device(self):
        self.assertEqual(self.set(self.a, 210), 3)  # the ceiling is 20 J/cm2
        self.assertEqual(self.lease(), ("kept", A))
        self.assertEqual(self.set(self.b, 120), BUSY)
        self.assertEqual(self.set(self.b, 210), BUSY)
        self.approve()
        self.assertEqual(self.set(self.b, 210), BUSY)
        self.assertEqual(self.hold()["state"], "granted")
        self.assertIsNone(self.set(self.a, 210))
        self.assertEqual(self.fluences(), [210])
        self.assertEqual(self.lease(), ("kept", A))
        self.assertIsNone(self.set(self.a, 120))  # the next setting ends the grant
        self.assertEqual(self.lease(), ("held", A))

    def test_taken_over_the_hold_is_over(self):
        self.assertEqual(self.set(self.a, 210), 3)
        self.assertIsNone(self.take(self.b))
        self.assertEqual(self.hold()["state"], "ended")
        self.assertEqual(self.lease(), ("held", B))

    def test_taken_over_the_grant_is_over(self):
        self.assertEqual(self.set(self.a, 210), 3)
        self.approve()
        self.assertIsNone(self.take(self.b))
        self.assertEqual(self.set(self.b, 210), 3)
        self.assertIsNone(self.take(self.a))
        self.assertEqual(self.set(self.a, 210), 3)
        self.assertEqual(self.fluences(), [])

    def test_released_the_grant_is_over(self):
        self.assertEqual(self.set(self.a, 210), 3)
        self.approve()
        self.client(self.gate, "olga").call("lease.release", device="alex")
        self.assertEqual(self.set(self.b, 210), 3)
        self.assertEqual(self.fluences(), [])

    def test_what_a_physician_cleared_of_the_patient_stands(self):
        self.session(self.gate, "alex", visible_tan="yes")
        self.assertEqual(self.set(self.a, 120), 3)
        self.assertEqual(self.lease(), ("free", None))  # the session waits: nothing can be set
        self.approve()
        self.assertIsNone(self.set(self.a, 120))
        self.assertIsNone(self.take(self.b))
        self.assertIsNone(self.set(self.b, 130))


class Ends(Lease):
    life = "2 s"

    def test_when_nothing_more_is_set(self):
        self.assertIsNone(self.set(self.a, 120))
        self.assertEqual(self.set(self.b, 130), BUSY)
        self.until(lambda d: d["lease"]["state"] == "free")
        self.recorded("console 127.0.0.1 has set nothing for 2 s: any console may")
        self.assertIsNone(self.set(self.b, 130))
        self.assertEqual(self.set(self.a, 140), BUSY)
        self.assertEqual(self.fluences(), [120, 130])

    def test_not_while_it_is_armed(self):
        self.assertIsNone(self.set(self.a, 120))
        self.arm(self.a)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            self.assertEqual(self.set(self.b, 130), BUSY)
        self.assertEqual(self.lease(), ("kept", A))
        self.assertIsNone(exception_of(self.b.coil(1, STOP, True)))
        self.until(lambda d: d["lease"]["state"] == "free")
        self.assertIsNone(self.set(self.b, 130))
        self.assertEqual(self.fluences(), [120, 130])

    def test_another_that_tries_does_not_make_it_longer(self):
        self.assertIsNone(self.set(self.a, 120))
        end, code = time.monotonic() + PATIENCE, BUSY
        while code == BUSY and time.monotonic() < end:
            code = exception_of(self.b.coil(1, ARM, True))
        self.assertIsNone(code)


class None_(Case):
    """One console alone: no lease."""

    def test_none_is_taken(self):
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        gate = self.house({"alex": (1, "alexandrite_755.cfg", device.port)}, consoles='lease = "none";')
        gate.until_heard("alex")
        self.session(gate, "alex")
        console = self.raw(gate)
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        client = self.client(gate, "olga")
        self.assertIsNone(client.call("devices")["devices"][0]["lease"])
        self.assertEqual(exception_of(console.coil(247, TAKE, True)), 3)
        with self.assertRaisesRegex(Refused, "lease = \"none\""):
            client.call("lease.release", device="alex")


class Others(Lease):
    """Consoles that others wrote."""

    def mbpoll(self, *words):
        return subprocess.run(["mbpoll", "-m", "tcp", "-p", str(self.gate.port), "-0", "-1", "-o", "5", "-a",
                               "1", "-t", "4", "-r", str(FLUENCE), A, *words], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)

    def test_mbpoll_and_pymodbus(self):
        done = self.mbpoll("120")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        console = ModbusTcpClient("127.0.0.1", port=self.gate.port, timeout=PATIENCE,
                                  source_address=(B, 0))
        self.assertTrue(console.connect())
        self.addCleanup(console.close)
        self.assertEqual(console.write_register(FLUENCE, 130, slave=1).exception_code, BUSY)
        self.assertEqual(console.read_holding_registers(FLUENCE, 1, slave=1).registers, [120])
        self.assertFalse(console.write_coil(TAKE, True, slave=247).isError())
        self.assertFalse(console.write_register(FLUENCE, 130, slave=1).isError())
        done = self.mbpoll("140")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("busy", (done.stdout + done.stderr).lower())
        self.assertEqual(self.fluences()[-1], 130)


if __name__ == "__main__":
    unittest.main()
