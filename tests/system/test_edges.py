"""Two things at once: a stop while an arm is under way, a signature while the knob turns, an end
while something is awaited. What is safe comes first, and what is written down is what was."""
import signal
import struct
import unittest

from house import exception_of
from test_judged import ARM, STOP, Judged


def coil(console, address, on):
    console.send(console.frame(1, struct.pack(">BHH", 5, address, 0xff00 if on else 0)))


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


if __name__ == "__main__":
    unittest.main(verbosity=0)
