"""Many consoles at one device: who goes first, and what is asked only once."""
import json
import os
import struct
import tempfile
import unittest

from house import Case, exception_of, heard

FLUENCE = 16


class Consoles(Case):
    window = 1

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.addCleanup(folder.cleanup)
        self.wire = os.path.join(folder.name, "wire")
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--wire", self.wire)
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port,
                                         {"window": self.window, "deadline": "2 s"})})
        self.gate.until_heard("alex")
        self.session(self.gate, "alex")

    def consoles(self, n):
        return [self.raw(self.gate) for _ in range(n)]

    def send(self, console, *pdu):
        console.send(console.frame(1, struct.pack(">BHH", *pdu)))

    def reads(self):
        return json.loads(self.device.tell("counts"))["reads"]


class Order(Consoles):
    def test_reads_of_the_same_on_their_way_are_asked_once(self):
        """The first answer is late; what asks the same meanwhile is answered with it."""
        self.device.tell("fault late ms=400 function=3 address=19 count=1")
        consoles = self.consoles(8)
        before = self.reads()
        for console in consoles:
            self.send(console, 3, 19, 1)
        answers = [console.reply()[2] for console in consoles]
        self.assertEqual(set(answers), {b"\x03\x02" + struct.pack(">H", 10)})
        # one read for all; polls go on beside, and none of them is of this register alone
        self.assertLess(self.reads() - before, 8)

    def test_a_write_goes_before_reads_that_came_earlier(self):
        self.device.tell("fault late ms=300 function=3 address=19 count=1")
        slow, *readers = self.consoles(6)
        writer = self.raw(self.gate)
        self.send(slow, 3, 19, 1)            # on its way
        for i, reader in enumerate(readers):
            self.send(reader, 3, 1000 + i, 1)  # wait behind it, each for another register
        self.send(writer, 6, FLUENCE, 120)
        for console in (slow, writer, *readers):
            self.assertIsNone(exception_of(console.reply()[2]))
        first, = heard(self.wire, struct.pack(">BHH", 6, FLUENCE, 120))
        for i in range(len(readers)):
            self.assertGreater(heard(self.wire, struct.pack(">BHH", 3, 1000 + i, 1))[0], first)

    def test_what_a_console_reads_after_its_write_is_its_write(self):
        writer, *others = self.consoles(5)
        for console in others:
            self.send(console, 3, FLUENCE, 1)
        for tenths in (120, 130, 140, 110):
            self.assertIsNone(exception_of(writer.write(1, FLUENCE, tenths)))
            self.assertEqual(writer.read(1, FLUENCE, 1), b"\x03\x02" + struct.pack(">H", tenths))
        for console in others:
            self.assertIsNone(exception_of(console.reply()[2]))

    def test_a_device_that_hangs_answers_all_at_their_deadline(self):
        self.device.tell("fault deaf")
        consoles = self.consoles(6)
        for i, console in enumerate(consoles):
            self.send(console, 3, 1000 + i % 2, 1)
        self.assertEqual({exception_of(console.reply()[2]) for console in consoles}, {0x0B})


if __name__ == "__main__":
    unittest.main()
