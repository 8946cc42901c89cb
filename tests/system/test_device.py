"""Devices that misbehave (the wire table's reply side), and the gate that dies: what is known stays
known, what is not is said to be unknown, and nothing is ever sent twice."""
import json
import os
import signal
import struct
import subprocess
import threading
import unittest

from house import BUILD, Case, House, Raw, Refused, Sim, exception_of
from test_judged import ARM, FLUENCE, STOP, Judged


class Misbehaving(Judged):
    """Each fault of the answer to a write: 04 (outcome unknown) or what the device said; the write
    reached the device at most once; a later read-back resolves it; the next write passes."""

    def setUp(self):
        super().setUp()
        self.open()

    def fault_on_write(self, fault):
        self.assertTrue(self.device.tell(f"fault {fault} function=6 count=1").startswith("ok"))

    def known_again(self):
        self.gate.until(lambda d: d["alex"]["link"] == "up" and not d["alex"]["outcome_unknown"],
                        self.status)

    def unknown_then_resolved(self, fault, applied=True):
        self.fault_on_write(fault)
        self.assertEqual(self.set(FLUENCE, 150), 4)
        self.known_again()
        row = self.gate.until_recorded(lambda r: r["body"].get("outcome") == "resolved")[0]
        self.assertIn("it was applied" if applied else "it was not applied", row["body"]["text"])
        self.assertEqual(len(self.reached()), 1)
        self.assertIsNone(self.set(FLUENCE, 160))
        self.assertEqual([v for _, _, [v] in self.reached()], [150, 160])

    def test_silence(self):
        self.unknown_then_resolved("silent")

    def test_an_answer_after_the_deadline(self):
        self.unknown_then_resolved("late ms=900")

    def test_another_transaction(self):
        self.unknown_then_resolved("badtid")

    def test_another_unit(self):
        self.unknown_then_resolved("badunit")

    def test_another_protocol(self):
        self.unknown_then_resolved("badproto")

    def test_another_function(self):
        self.unknown_then_resolved("badfc")

    def test_another_echo(self):
        self.unknown_then_resolved("badecho")

    def test_an_answer_too_short(self):
        self.unknown_then_resolved("short")

    def test_an_answer_too_long(self):
        self.unknown_then_resolved("long")

    def test_a_connection_cut_in_the_answer(self):
        self.unknown_then_resolved("cut")

    def test_an_exception_that_is_not_final(self):
        for code in (5, 6):
            with self.subTest(code):
                self.fault_on_write(f"exception code={code}")
                self.assertEqual(self.set(FLUENCE, 150), 4)
                self.known_again()

    def test_an_exception_that_is_final_is_passed_on(self):
        self.fault_on_write("exception code=4")
        self.assertEqual(self.set(FLUENCE, 150), 4)
        self.gate.until_recorded(lambda r: r["body"].get("outcome") == "refused by the device")

    def test_a_second_answer_is_nobodys(self):
        self.unknown_then_resolved("twice")  # the stream is given up before it is read back

    def test_an_answer_in_dribbles_is_an_answer(self):
        self.fault_on_write("dribble")
        self.assertIsNone(self.set(FLUENCE, 150))

    def test_a_device_that_clamps_is_found_out_and_stopped(self):
        self.fault_on_write("clamp")
        self.assertEqual(self.set(FLUENCE, 199), 4)
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)
        self.assertEqual(self.set(FLUENCE, 150), 3)  # latched until a person clears it

    def test_a_device_that_acknowledges_and_does_nothing_is_found_out(self):
        self.fault_on_write("stuck")
        self.assertEqual(self.set(FLUENCE, 150), 4)
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)

    def test_a_stop_that_is_not_heard_is_sent_until_it_is(self):
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.device.tell("fault deaf function=5 count=2")
        self.assertEqual(exception_of(self.console.coil(1, STOP, True)), 0x0b)
        self.until_state("standby")
        self.assertEqual(self.device.tell("state"), "standby")


class Dead(Case):
    def test_a_hung_device_delays_nobody_else(self):
        well = self.sim("transparent.cfg")
        hung = self.sim("transparent.cfg")
        gate = self.house({"well": (1, "transparent.cfg", well.port),
                           "hung": (2, "transparent.cfg", hung.port)}, people=False)
        gate.until(lambda d: d["well"]["link"] == d["hung"]["link"] == "up")
        hung.tell("fault deaf")
        waiting = [self.raw(gate) for _ in range(8)]
        for console in waiting:
            console.send(console.frame(2, b"\x03\x00\x00\x00\x01"))
        quick = self.raw(gate)
        for i in range(200):
            self.assertIsNone(exception_of(quick.read(1, i, 1)))
        self.assertEqual([exception_of(c.reply()[2]) for c in waiting], [0x0b] * 8)

    def test_a_device_that_is_not_there_is_answered_for_at_once(self):
        gone = self.sim("transparent.cfg")
        gate = self.house({"gone": (1, "transparent.cfg", gone.port)}, people=False)
        gate.until(lambda d: d["gone"]["link"] == "up")
        port = gone.port
        gone.end(signal.SIGKILL)
        gate.until(lambda d: d["gone"]["link"] == "down")
        console = self.raw(gate)
        self.assertEqual(exception_of(console.read(1, 0, 1)), 0x0b)
        self.assertEqual(exception_of(console.write(1, 0, 1)), 0x0b)
        back = self.sim("transparent.cfg", port)
        gate.until(lambda d: d["gone"]["link"] == "up")
        self.assertIsNone(exception_of(console.write(1, 0, 1)))
        self.assertEqual([w["values"] for w in back.writes()], [[1]])


class Killed(Case):
    """kill -9 in the middle of writes, again and again, on one ledger."""

    def test_the_chain_stays_whole_and_no_write_is_sent_twice(self):
        device = self.sim("transparent.cfg")
        house = self.house({"one": (1, "transparent.cfg", device.port)}, people=False)
        asked = 0
        for round_number in range(6):
            house.until(lambda d: d["one"]["link"] == "up")
            console = Raw(house.port)
            killer = threading.Timer(0.02 + 0.013 * round_number, house.gate.process.kill)
            killer.start()
            try:
                while True:
                    asked += 1
                    console.write(1, asked, asked)
            except (ConnectionError, OSError):
                pass
            killer.join()
            console.close()
            house.gate.end(signal.SIGKILL)
            verified = subprocess.run([os.path.join(BUILD, "dosegatectl"), "--json", "ledger", "verify",
                                       os.path.join(house.state, "ledger.db")], capture_output=True,
                                      text=True, check=False)
            self.assertEqual(verified.returncode, 0, verified.stderr)
            self.assertTrue(json.loads(verified.stdout)["whole"])
            house.start()
        reached = [w["address"] for w in device.writes()]
        self.assertEqual(len(reached), len(set(reached)), "a write was sent twice")
        self.assertGreater(len(reached), 6)
        intended = {r["body"]["request"]["address"] for r in house.ledger() if r["kind"] == "intent"}
        kept = {r["body"]["request"]["address"] for r in house.ledger() if "request" in r["body"]}
        self.assertTrue({a for a in reached if a in kept or a > min(kept)} <= intended,
                        "a write reached the device without its intent in the ledger")

    def test_a_session_does_not_survive_the_gate(self):
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"alex": (1, "alexandrite_755.cfg", device.port)})
        house.until_heard("alex")
        self.session(house, "alex")
        house.gate.end(signal.SIGKILL)
        house.start()
        house.until_heard("alex")
        console = self.raw(house)
        self.assertEqual(exception_of(console.write(1, FLUENCE, 150)), 3)
        self.assertEqual(device.writes(), [])


class OtherProfiles(Case):
    """The two other shipped profiles: floats in low-word-first order, fluence derived and both."""

    def test_the_yag_takes_whole_floats_that_agree(self):
        device = self.sim("ndyag_1064.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"yag": (1, "ndyag_1064.cfg", device.port)})
        house.until_heard("yag")
        self.session(house, "yag", skin_type="II")
        console = self.raw(house)

        def floats(*values):
            words = []
            for value in values:
                high, low = struct.unpack(">HH", struct.pack(">f", value))
                words += [low, high]
            return words

        def write(address, *values):
            return exception_of(console.write_many(1, address, *floats(*values)))

        # 40 J/cm2 on a 10 mm spot is 31.416 J; fluence, energy and spot stand side by side at 0x100
        self.assertIsNone(write(0x100, 40.0, 31.416, 10.0))
        self.assertEqual(exception_of(console.write(1, 0x100, 0)), 2)  # half of a float
        self.assertEqual(write(0x100, 20.0, 31.416, 10.0), 3)  # 20 J/cm2 said, 40 derived
        self.assertEqual(write(0x100, 61.0, 47.91, 10.0), 3)  # 60 is the ceiling
        self.assertEqual(write(0x100, float("nan"), 31.416, 10.0), 3)
        self.assertEqual(write(0x100, float("inf"), 31.416, 10.0), 3)
        self.assertEqual(len(device.writes()), 1)

    def test_the_rf_is_judged_by_energy_over_its_tip(self):
        device = self.sim("rf_monopolar.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"rf": (2, "rf_monopolar.cfg", device.port)})
        house.until_heard("rf")
        client = self.client(house)
        indication = next(c for c in client.call("library")["classes"]
                          if c["name"] == "rf_monopolar")["indications"][0]
        self.session(house, "rf", indication=indication)
        console = self.raw(house)

        def joules(value):
            return exception_of(console.write_many(2, 100, *divmod(value * 1000, 65536)))

        self.assertIsNone(joules(124))  # 124 J/cm2 on the standard 1 cm2 tip
        self.assertEqual(joules(125), 3)
        self.assertEqual(exception_of(console.write(2, 101, 0)), 2)  # half of a 32-bit value
        device.tell("panel tip=fast_1_0_cm2")
        house.until(lambda d: d["rf"]["settings"]["tip"] == "fast_1_0_cm2", client)
        self.assertIsNone(joules(115))  # 124 was set: down is always a step on the way
        self.assertEqual(exception_of(console.coil(2, 20, True)), 3)  # but not armed: 109 is the ceiling
        self.assertIsNone(joules(109))
        self.assertEqual(joules(110), 3)
        self.assertIsNone(exception_of(console.coil(2, 20, True)))

    def test_rf_opens_for_nobody_with_a_pacemaker_or_who_was_not_asked(self):
        device = self.sim("rf_monopolar.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"rf": (2, "rf_monopolar.cfg", device.port)})
        house.until_heard("rf")
        for answer in ("yes", "unknown"):
            with self.subTest(answer), self.assertRaises(Refused) as no:
                self.session(house, "rf", indication="skin_tightening", active_implant=answer)
            self.assertEqual(no.exception.data["verdict"], "BLOCKED")
            self.assertEqual([r["id"] for r in no.exception.data["reasons"]], ["active_implant_rf"])


if __name__ == "__main__":
    unittest.main()
