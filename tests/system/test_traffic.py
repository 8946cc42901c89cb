"""What each console may ask: so many reads a second, counted; a flood is its own harm and nobody else's.

What passed is what the device heard.
"""
import math
import os
import struct
import tempfile
import time
import unittest

from house import Case, exception_of, heard
from test_judged import FLUENCE, STOP

A, B = "127.0.0.1", "127.0.0.2"
BUSY = 6
RATE, BURST = 1, 30


class Traffic(Case):
    deadline = "5 s"
    addresses = (A, B)
    consoles = f"reads_per_second = {RATE}; reads_burst = {BURST};"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.addCleanup(folder.cleanup)
        self.wire = os.path.join(folder.name, "wire")
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--wire", self.wire)
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port,
                                         {"deadline": self.deadline})},
                               addresses=self.addresses, consoles=self.consoles)
        self.gate.until_heard("alex")
        self.session(self.gate, "alex")

    def heard(self, pdu):
        return heard(self.wire, pdu)

    def traffic(self):
        status = self.client(self.gate).call("status")
        return {c["console"]: c for c in status["console_traffic"]}


def read(address):
    return struct.pack(">BHH", 3, address, 1)


class Budget(Traffic):
    def flood(self, console, n, address):
        """Asks n times in one breath; how many were answered, and how many were too many."""
        console.send(b"".join(console.frame(1, read(address)) for _ in range(n)))
        codes = [exception_of(console.reply()[2]) for _ in range(n)]
        self.assertLessEqual(set(codes), {None, BUSY})
        return codes.count(None), codes.count(BUSY)

    def test_more_than_it_may_is_answered_06_and_never_reaches_the_device(self):
        console = self.raw(self.gate, A)
        began = time.monotonic()
        passed, refused = self.flood(console, 200, 1000)
        gained = math.ceil((time.monotonic() - began) * RATE)
        self.assertGreaterEqual(passed, BURST)
        self.assertLessEqual(passed, BURST + gained)
        self.assertEqual(len(self.heard(read(1000))), passed)
        shown = self.traffic()[A]
        self.assertEqual((shown["requests"], shown["over_budget"], shown["refused"]),
                         (200, refused, refused))
        row = self.gate.until_recorded(lambda r: "over_budget" in r["body"])[0]
        self.assertEqual((row["kind"], row["body"]["console"]), ("console", A))
        self.assertIn("asks for more than 1 reads a second (30 at once)", row["body"]["text"])

    def test_it_is_told_once_and_then_counted(self):
        console = self.raw(self.gate, A)
        self.flood(console, 100, 1000)
        self.flood(self.raw(self.gate, A), 100, 1000)  # another connection of the same console
        self.assertEqual(exception_of(self.raw(self.gate, B).write(1, FLUENCE, 120)), None)
        self.gate.until_recorded(lambda r: r["kind"] == "outcome")
        rows = [r for r in self.gate.ledger() if "over_budget" in r["body"]]
        self.assertEqual([r["body"]["over_budget"] for r in rows], [1])

    def test_its_writes_its_stop_and_the_reason_registers_pass(self):
        console = self.raw(self.gate, A)
        self.flood(console, 200, 1000)
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        self.assertIsNone(exception_of(console.coil(1, STOP, True)))
        for _ in range(50):
            self.assertIsNone(exception_of(console.read(247, 100, 84)))
        self.assertIsNone(exception_of(console.coil(247, 100, True)))
        self.assertEqual(exception_of(console.read(1, FLUENCE, 1)), BUSY)

    def test_a_flood_of_one_console_leaves_the_other_its_reads_and_its_stop(self):
        """Six connections of A are at it for as long as B works; the device is slow."""
        self.device.tell("fault late ms=20 function=3 address=1000")
        flood = [self.raw(self.gate, A) for _ in range(6)]
        for console in flood:
            console.send(b"".join(console.frame(1, read(1000)) for _ in range(85)))
        b = self.raw(self.gate, B)
        for i in range(BURST - 5):
            self.assertIsNone(exception_of(b.read(1, 1001 + i, 1)))
        self.assertIsNone(exception_of(b.coil(1, STOP, True)))
        codes = [exception_of(console.reply()[2]) for console in flood for _ in range(85)]
        passed = codes.count(None)
        self.assertEqual(passed + codes.count(BUSY), 6 * 85)
        self.assertGreater(codes.count(BUSY), 6 * 85 // 2)
        self.assertLessEqual(len(self.heard(read(1000))), passed)  # the same on its way is asked once
        for i in range(BURST - 5):
            self.assertEqual(len(self.heard(read(1001 + i))), 1)
        shown = self.traffic()
        self.assertEqual((shown[B]["over_budget"], shown[B]["refused"]), (0, 0))
        self.assertEqual(shown[A]["connections"], 6)


class Shown(Traffic):
    deadline = "500 ms"

    def said(self, *words):
        code, said, errors = self.gate.ctl(*words)
        self.assertEqual(code, 0, errors)
        self.assertLessEqual(max(len(line) for line in said.splitlines() if " set: " not in line
                                 and "library" not in line), 100)
        return said

    def test_what_each_console_asks_and_sets(self):
        a, b = self.raw(self.gate, A), self.raw(self.gate, B)
        self.assertIsNone(exception_of(a.write(1, FLUENCE, 120)))
        self.assertEqual(exception_of(b.write(1, FLUENCE, 130)), BUSY)
        self.assertIsNone(exception_of(b.read(1, FLUENCE, 1)))
        b.close()
        self.gate.until_recorded(lambda r: r["body"].get("text") == "closed: it went away")
        said = self.said("status", "--long")
        self.assertRegex(said, r"(?m)^  127\.0\.0\.1, 1 connection +1 +0 +0 +\d+ s ago  sets alex$")
        self.assertRegex(said, r"(?m)^  127\.0\.0\.2, 0 connections +2 +1 +0 +\d+ s ago$")
        self.assertNotIn("consoles  ", self.said("status"))

    def test_how_the_line_to_a_device_does(self):
        self.assertRegex(self.said("devices"), r"(?m)^  line: requests \d+, all answered$")
        self.device.tell("fault silent function=3 address=1000 count=1")
        self.assertIsNotNone(exception_of(self.raw(self.gate, A).read(1, 1000, 1)))
        self.gate.until(lambda d: d["alex"]["link"] == "up")
        self.assertRegex(self.said("devices"), r"(?m)^  line: requests \d+; not answered in time 1, lost 1; "
                                               r"last: no answer before the deadline$")


class Unlimited(Traffic):
    consoles = ""

    def test_without_a_number_as_many_as_come(self):
        console = self.raw(self.gate, A)
        console.send(b"".join(console.frame(1, read(1000)) for _ in range(2000)))
        self.assertEqual({exception_of(console.reply()[2]) for _ in range(2000)}, {None})
        shown = self.traffic()[A]
        self.assertEqual((shown["requests"], shown["over_budget"]), (2000, 0))


class Many(Traffic):
    """More consoles than are remembered: the one heard of longest ago makes room."""

    addresses = ()

    def test_the_oldest_makes_room(self):
        first = self.raw(self.gate, "127.0.1.1")
        self.assertIsNone(exception_of(first.write(1, FLUENCE, 120)))
        for i in range(2, 131):
            console = self.raw(self.gate, f"127.0.1.{i}")
            self.assertIsNone(exception_of(console.read(1, 1000, 1)))
            console.close()
        shown = self.traffic()
        self.assertEqual(len(shown), 128)
        self.assertNotIn("127.0.1.1", shown)
        self.assertNotIn("127.0.1.2", shown)
        self.assertEqual(shown["127.0.1.130"]["requests"], 1)
        # its lease it has all the same, and it is there again when it speaks
        self.assertEqual(exception_of(self.raw(self.gate, "127.0.1.9").write(1, FLUENCE, 130)), BUSY)
        self.assertIsNone(exception_of(first.write(1, FLUENCE, 140)))
        self.assertEqual(self.traffic()["127.0.1.1"]["requests"], 1)


if __name__ == "__main__":
    unittest.main()
