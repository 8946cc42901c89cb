"""Record, then act; and stop, which acts first: without a ledger, under load, before everything."""
import json
import os
import resource
import struct
import threading
import unittest

from house import Raw, Refused, exception_of
from test_judged import ARM, FLUENCE, STOP, Judged


class Records(Judged):
    def setUp(self):
        super().setUp()
        self.open()

    def limit_files_to(self, size):
        resource.prlimit(self.gate.gate.process.pid, resource.RLIMIT_FSIZE,
                         (size, resource.RLIM_INFINITY))

    def fill_the_disk(self):
        """As if the disk were full: no file of the gate may grow any more."""
        self.limit_files_to(0)
        while self.set(FLUENCE, 150) is None:
            self.assertIsNone(self.set(FLUENCE, 160))

    def test_the_intent_stands_before_the_outcome_and_both_name_the_write(self):
        self.assertIsNone(self.set(FLUENCE, 150))
        outcome = self.gate.until_recorded(lambda r: r["kind"] == "outcome")[0]
        intent = next(r for r in self.gate.ledger() if r["kind"] == "intent")
        self.assertLess(intent["seq"], outcome["seq"])
        self.assertEqual(intent["body"]["txn"], outcome["body"]["txn"])
        self.assertEqual(intent["body"]["changed"], {"fluence": ["10 J/cm2", "15 J/cm2"]})
        self.assertEqual((intent["body"]["patient"], intent["body"]["operator"]), ("P-4711", "olga"))

    def test_a_refusal_stands_with_what_was_asked_and_why(self):
        self.set(FLUENCE, 210)
        row = self.gate.until_recorded(lambda r: r["kind"] == "refused")[0]["body"]
        self.assertEqual(row["changed"], {"fluence": ["10 J/cm2", "21 J/cm2"]})
        self.assertEqual(row["verdict"], "HELD")
        self.assertIn("20 J/cm2", row["text"])

    def test_no_secret_and_no_number_is_written_down(self):
        self.set(FLUENCE, 210)
        self.approve()
        self.gate.until_recorded(lambda r: r["kind"] == "decision")
        with open(os.path.join(self.gate.state, "ledger.db-wal"), "rb") as f:
            wal = f.read()
        self.assertNotIn(b"phil-long-secret", wal)
        self.assertNotIn('"number"', json.dumps(self.gate.ledger()))
        self.assertNotIn("number", self.hold())

    def test_without_a_ledger_nothing_is_set_and_stop_still_stops(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.fill_the_disk()
        before = len(self.reached())
        self.assertEqual(self.set(FLUENCE, 155), 3)
        self.assertEqual(len(self.reached()), before)
        self.assertFalse(self.status.call("status")["well"])
        self.assertEqual(self.console.read(247, 1, 1), b"\x03\x02\x00\x02")
        self.assertIsNone(exception_of(self.console.read(1, FLUENCE, 1)))
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.assertEqual(self.device.tell("state"), "standby")
        self.limit_files_to(resource.RLIM_INFINITY)

    def test_without_a_ledger_no_session_begins(self):
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.limit_files_to(0)
        self.set(FLUENCE, 150)
        self.gate.until(lambda d: not self.status.call("status")["well"], self.status)
        with self.assertRaises(Refused) as no:
            self.open()
        self.assertIn("ledger", no.exception.message)
        self.limit_files_to(resource.RLIM_INFINITY)

    def test_what_cannot_be_taken_apart_is_recorded_as_it_came(self):
        self.console.ask(1, b"\x41\xde\xad")
        row = self.gate.until_recorded(lambda r: "hex" in r["body"])[0]["body"]
        self.assertEqual((row["hex"], row["exception"], row["unit"]), ("41dead", 1, 1))

    def test_a_flood_of_refusals_is_counted_not_written(self):
        for _ in range(400):
            self.console.ask(1, b"\x06\x00")
        self.gate.until_recorded(lambda r: r["body"].get("count", 0) > 0)
        self.assertLess(len([r for r in self.gate.ledger() if "hex" in r["body"]]), 399)

    def test_authority_that_ended_stops_without_an_alarm(self):
        self.set(FLUENCE, 220)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 220))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.assertEqual(self.set(FLUENCE, 230), 3)  # asking for more ends what was granted
        self.until_state("standby")
        self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])

    def test_stop_is_next_on_the_wire_under_load(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        going = threading.Event()
        going.set()

        def hammer(console, value):
            while going.is_set():
                console.write(1, FLUENCE, value)
                console.read(1, FLUENCE, 4)

        consoles = [Raw(self.gate.port) for _ in range(16)]
        threads = [threading.Thread(target=hammer, args=(c, 150 + i)) for i, c in enumerate(consoles)]
        for thread in threads:
            thread.start()
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.assertEqual(self.device.tell("state"), "standby")
        going.clear()
        for thread, console in zip(threads, consoles):
            thread.join()
            console.close()

    def test_what_waits_behind_a_stop_is_not_sent_after_it(self):
        self.device.tell("fault late ms=200 function=6 count=1")
        first, second, third = self.console, self.raw(self.gate), self.raw(self.gate)
        first.send(first.frame(1, struct.pack(">BHH", 6, FLUENCE, 150)))
        self.gate.until(lambda d: len(self.reached()) == 1, self.status)
        second.send(second.frame(1, struct.pack(">BHH", 5, ARM, 0xff00)))
        self.status.call("hello")  # a turn of the loop: the second console has been heard
        self.assertIsNone(exception_of(third.coil(1, STOP, True)))
        self.assertIsNone(exception_of(first.reply()[2]))
        self.assertEqual(exception_of(second.reply()[2]), 3)
        self.assertEqual(self.device.tell("state"), "standby")
        self.assertEqual([(f, a) for f, a, _ in self.reached()], [(6, FLUENCE), (5, STOP)])


if __name__ == "__main__":
    unittest.main()
