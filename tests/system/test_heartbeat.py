"""A device that falls to standby without its heartbeat, and a gate that feeds it only while its loop, its polls
and its ledger go on. The RF: fed every 300 ms, it waits 2 s. Whether it was fed, and fell, is asked of the simulator."""
import json
import os
import signal
import sqlite3
import struct
import tempfile
import threading
import time
import unittest
from unittest import mock

from house import BUILD, Case, Raw, exception_of

ENERGY, BEAT, BEAT_WORDS, ARM, STOP = 100, 200, 2, 20, 21
EVERY, WAITS = 0.3, 2.0
# The last beat was taken at most so long before; on a busy machine things are noticed late.
BUSY = 1.5


class Fed(Case):
    """An RF that is fed; the gate's machine can be made to misbehave."""

    options = {"poll": "50 ms"}
    boot = "0 ms"
    demo = True

    def setUp(self):
        self.device = self.sim("rf_monopolar.cfg", 0, 1, "--set", "boot=" + self.boot, "--set", "ready_delay=50 ms",
                               lines=self.lines())
        self.before()
        self.gate = self.begin()
        self.addCleanup(self.machine, None)
        self.status = self.client(self.gate)
        self.console = self.raw(self.gate)

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def lines(self):
        """How masters come to the device: Modbus/TCP."""

    def address(self):
        return self.device.port

    def before(self):
        """What is wrong with the device when the gate starts."""

    def begin(self):
        folder = self.folder()
        self.hangs, self.full, self.asleep = (os.path.join(folder, name) for name in ("hangs", "full", "asleep"))
        with mock.patch.dict(os.environ, {"LD_PRELOAD": os.path.join(BUILD, "bad_machine.so"),
                                          "ASAN_OPTIONS": "verify_asan_link_order=0", "DISK_HANGS": self.hangs,
                                          "DISK_FULL": self.full, "ASLEEP": self.asleep}):
            return self.house({"rf": (2, "rf_monopolar.cfg", self.address(), dict(self.options))}, demo=self.demo)

    def machine(self, trouble):
        for path in (self.hangs, self.full, self.asleep):
            if os.path.exists(path):
                os.unlink(path)
        if trouble:
            with open(trouble, "w", encoding="utf-8"):
                pass

    def heart(self):
        return self.status.call("devices")["devices"][0]["heartbeat"]

    def until(self, what):
        self.gate.until(lambda d: what(d["rf"]), self.status)

    def until_fed(self, fed=True):
        self.until(lambda d: d["heartbeat"]["fed"] == fed)

    def until_why(self, words):
        self.until(lambda d: words in (d["heartbeat"]["why"] or ""))

    def arm(self):
        self.until_fed()
        self.session(self.gate, "rf", indication="skin_tightening", site="face")
        self.assertIsNone(exception_of(self.console.coil(2, ARM, True)))
        self.until(lambda d: d["state"] == "armed")

    def counts(self):
        return json.loads(self.device.tell("counts"))

    def beats(self):
        return self.counts()["heartbeats"]

    def lost(self):
        return self.counts()["heartbeats_lost"]

    def stops_reached(self):
        return len([w for w in self.device.writes() if (w["function"], w["address"]) == (5, STOP)])

    def deaf_to_stop(self):
        """It acknowledges a stop and goes on: only the want of its heartbeat disarms it."""
        self.assertEqual(self.device.tell(f"fault stuck function=5 address={STOP}"), "ok")

    def falls(self):
        """Waits until it has fallen to standby; how long that took."""
        began = time.monotonic()
        self.assertEqual(self.device.tell("await heartbeat_lost"), "ok")
        took = time.monotonic() - began
        self.assertIn(self.device.tell("state"), ("standby", "cool_down"))
        self.assertEqual(self.lost(), 1)
        return took

    def said(self, event):
        return [r["body"]["text"] for r in self.gate.ledger() if r["kind"] == "device" and r["body"]["event"] == event]

    def until_said(self, event):
        rows = self.gate.until_recorded(lambda r: r["kind"] == "device" and r["body"].get("event") == event)
        return [row["body"]["text"] for row in rows]


class Healthy(Fed):
    def test_it_never_falls_for_many_beats_while_consoles_read_and_write(self):
        self.arm()
        end = threading.Event()
        answers = []

        def work(n):
            console = Raw(self.gate.port)
            while not end.is_set():
                console.read(2, 0, 8, function=4)
                answers.append(exception_of(console.write(2, ENERGY, 0, 60000 + n)))  # refused, judged, or done
            console.close()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        before = self.beats()
        try:
            self.assertEqual(self.device.tell("await heartbeat 15"), "ok")
        finally:
            end.set()
            for thread in threads:
                thread.join()
        self.assertGreaterEqual(self.beats(), before + 15)
        self.assertGreater(len(answers), 15)
        self.assertEqual(self.lost(), 0)
        self.assertEqual(self.said("heartbeat withheld") + self.said("heartbeat"), [])

    def test_feeding_is_recorded_when_it_begins_and_no_beat_is(self):
        self.assertEqual(self.until_said("heartbeat fed"),
                         ["fed every 300 ms; without it the device falls to standby after 2000 ms"])
        self.assertEqual(self.device.tell("await heartbeat 5"), "ok")
        rows = [r for r in self.gate.ledger() if r["kind"] == "device"]
        self.assertEqual([r["body"]["event"] for r in rows], ["link up", "state", "heartbeat fed"])

    def test_its_end_is_recorded_when_the_gate_shuts_down(self):
        self.until_fed()
        self.gate.gate.end()
        with sqlite3.connect(os.path.join(self.gate.state, "ledger.db")) as ledger:
            rows = [json.loads(body) for (body,) in ledger.execute("SELECT body FROM ledger WHERE kind = 'device'")]
        self.assertEqual([row["text"] for row in rows if row["event"] == "heartbeat withheld"],
                         ["the heartbeat is withheld: the gate shuts down"])

    def test_the_register_is_closed_to_consoles(self):
        self.until_fed()
        for answer in (self.console.write(2, BEAT, 7, 7), self.console.write(2, BEAT, 7),
                       self.console.write(2, BEAT + 1, 7), self.console.write(2, BEAT - 1, 0, 7, 7),
                       self.console.ask(2, struct.pack(">BHHH", 22, BEAT, 0xffff, 0)),
                       self.console.read(2, BEAT, BEAT_WORDS)):
            self.assertIn(exception_of(answer), (1, 2))
        self.assertEqual(exception_of(self.console.write(2, BEAT, 7, 7)), 2)
        self.assertEqual(self.device.writes(), [])

    def test_people_see_that_it_is_fed(self):
        self.until_fed()
        heart = self.heart()
        self.assertEqual((heart["every_ms"], heart["standby_after_ms"], heart["why"]), (300, 2000, None))
        self.assertRegex(self.gate.ctl("devices")[1],
                         r"heartbeat: fed every 300 ms, \d+ so far; without it standby after 2000 ms")
        self.assertNotIn("heartbeat", self.gate.ctl("status")[1])

    def test_a_restarted_device_is_fed_when_it_stands_and_nothing_is_restored(self):
        self.arm()
        self.assertEqual(self.device.tell("panel boot=800 ms"), "ok")
        self.assertEqual(self.device.tell("reboot"), "ok")
        self.until_why("starting")
        before = self.beats()
        self.until(lambda d: d["state"] == "standby")
        self.assertLessEqual(self.beats(), before + 1)
        self.assertEqual(self.device.tell("await heartbeat 2"), "ok")
        self.assertEqual(self.device.tell("state"), "standby")
        self.assertEqual(self.lost(), 0)


class Order(Fed):
    """What stands on the wire: the device answers each beat after a second."""

    options = {"poll": "50 ms", "deadline": "1300 ms"}

    def lines(self):
        self.wire = os.path.join(self.folder(), "wire")
        return ("--tcp", "127.0.0.1:0", "--wire", self.wire)

    def frames(self):
        """[(> to the device or < from it, function, address)] of the writes and their answers, in order."""
        self.device.quit()
        found = []
        with open(self.wire, encoding="utf-8") as f:
            for line in f:
                words = line.split()
                if line.startswith("#") or words[2] not in (">", "<"):
                    continue
                frame = bytes.fromhex("".join(words[3:]))
                if frame[7] in (5, 16):
                    found.append((words[2], frame[7], struct.unpack(">H", frame[8:10])[0]))
        return found

    def test_a_stop_does_not_wait_for_a_beat(self):
        self.until_fed()
        self.assertEqual(self.device.tell(f"fault late ms=1000 function=16 address={BEAT}"), "ok")
        self.assertEqual(self.device.tell("await heartbeat"), "ok")
        self.status.call("stop", device="rf")
        self.assertEqual(self.device.tell("await heartbeat"), "ok")
        frames = self.frames()
        before = frames[:frames.index((">", 5, STOP))]
        self.assertEqual(before[-1], (">", 16, BEAT), "its answer is still awaited")


class Serial(Fed):
    def lines(self):
        self.link = os.path.join(self.folder(), "tty")
        return ("--rtu", "--link", self.link)

    def address(self):
        return f"rtu:{self.link}:115200:8N1:silence=10 ms"

    def test_it_is_fed_and_falls_on_a_serial_line_too(self):
        self.arm()
        self.assertEqual(self.device.tell("await heartbeat 5"), "ok")
        self.assertEqual(self.lost(), 0)
        self.deaf_to_stop()
        self.machine(self.hangs)
        self.assertLess(self.falls(), EVERY + WAITS + BUSY)


class Frozen(Fed):
    def test_the_device_stops_by_itself_and_the_gate_says_so_when_it_is_back(self):
        self.arm()
        self.device.tell("pedal down")
        self.gate.gate.process.send_signal(signal.SIGSTOP)
        try:
            took = self.falls()
            self.assertLess(took, WAITS + BUSY)
            self.assertGreater(took, WAITS - EVERY - BUSY)
            pulses = self.counts()["pulses"]
            self.device.tell("await standby")
        finally:
            self.gate.gate.process.send_signal(signal.SIGCONT)
        self.until(lambda d: d["alarm"] is not None)
        self.assertEqual(self.until_said("heartbeat"),
                         ["the heartbeat is withheld: the gate stood still, and has not read the device since"])
        self.device.tell("pedal up")
        self.assertEqual(self.counts()["pulses"], pulses)
        self.until_fed()
        self.assertEqual(exception_of(self.console.coil(2, ARM, True)), 3)
        self.client(self.gate, "phil").call("alarm.clear", device="rf", reason="the machine was looked at")
        self.until(lambda d: d["state"] == "standby")
        self.assertIsNone(exception_of(self.console.coil(2, ARM, True)))


class Asleep(Fed):
    def test_after_sleep_the_device_is_read_before_it_is_fed(self):
        self.arm()
        self.machine(self.asleep)
        self.assertEqual(self.until_said("asleep"), ["the machine was asleep for 600 s"])
        self.assertEqual(self.until_said("heartbeat withheld"),
                         ["the heartbeat is withheld: the device was not read and judged yet"])
        self.until(lambda d: d["state"] == "standby" and d["session"] is None)
        self.until_fed()
        self.assertEqual(self.device.tell("state"), "standby")


class Ledger(Fed):
    def test_a_disk_that_hangs_ends_the_beat_and_stop_still_passes(self):
        self.arm()
        self.deaf_to_stop()
        self.machine(self.hangs)
        self.assertLess(self.falls(), EVERY + WAITS + BUSY)
        self.until(lambda d: d["alarm"] is not None)
        alarm = self.status.call("devices")["devices"][0]["alarm"]
        self.assertEqual(alarm, "the heartbeat is withheld: the ledger has not shown since the last beat that it can be "
                                "written")
        beats, stops = self.beats(), self.stops_reached()
        self.assertIn("NOT FED: the ledger has not shown", self.gate.ctl("status")[1])
        self.status.call("stop", device="rf")
        self.assertEqual(self.device.tell("await standby"), "ok")
        self.assertGreater(self.stops_reached(), stops)
        self.assertEqual(self.beats(), beats)
        self.assertTrue(os.path.exists(self.hangs))
        self.machine(None)
        self.until_fed()
        self.assertIsNotNone(self.status.call("devices")["devices"][0]["alarm"])
        self.until_said("heartbeat")
        self.assertEqual(self.device.tell("state"), "standby")

    def test_a_full_disk_ends_it_too_and_it_begins_again_when_there_is_room(self):
        self.arm()
        self.deaf_to_stop()
        self.machine(self.full)
        self.assertLess(self.falls(), EVERY + WAITS + BUSY)
        self.until_why("the ledger cannot be written")
        self.assertIn("THE LEDGER CANNOT BE WRITTEN", self.gate.ctl("status")[1])
        self.machine(None)
        self.until_fed()
        self.assertTrue(self.status.call("status")["well"])
        self.until_said("heartbeat")

    def test_in_standby_it_is_no_alarm(self):
        self.until_fed()
        self.machine(self.hangs)
        self.until_fed(False)
        self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])
        self.machine(None)
        self.until_fed()
        self.until_said("heartbeat")


class Polls(Fed):
    def test_polls_that_fail_end_it(self):
        self.arm()
        self.deaf_to_stop()
        self.assertEqual(self.device.tell("fault exception function=4"), "ok")
        self.assertLess(self.falls(), EVERY + WAITS + BUSY)
        self.until_said("heartbeat withheld")
        self.assertEqual(self.device.tell("faults clear"), "ok")
        self.until_fed()
        self.assertEqual(self.device.tell("state"), "standby")

    def test_in_standby_they_do_too(self):
        self.until_fed()
        self.assertEqual(self.device.tell("fault exception function=4"), "ok")
        self.until_why("the device's last poll did not end well")
        self.until_fed(False)
        beats = self.beats()
        self.assertEqual(self.device.tell("await read 40"), "ok")
        self.assertEqual(self.beats(), beats)
        self.assertEqual(self.device.tell("faults clear"), "ok")
        self.until_fed()
        self.assertEqual(self.said("heartbeat"), [])


class BeforeItWasRead(Fed):
    def before(self):
        self.assertEqual(self.device.tell("fault exception function=4"), "ok")

    def test_a_gate_that_starts_reads_first(self):
        self.assertEqual(self.device.tell("await read 40"), "ok")
        self.assertEqual(self.beats(), 0)
        self.assertEqual(self.heart()["why"], "the device was not read and judged yet")
        self.assertFalse(self.heart()["fed"])
        self.assertEqual(self.device.tell("faults clear"), "ok")
        self.until_fed()


class Unsigned(Fed):
    demo = False

    def test_without_a_library_in_use_it_is_watched_and_not_fed(self):
        self.until(lambda d: d["state"] == "standby")
        self.assertEqual(self.device.tell("await read 40"), "ok")
        self.assertEqual(self.beats(), 0)
        self.assertEqual(self.heart()["why"], "no library is in use: nobody has signed its profile")
        self.assertIn("NOT FED: no library is in use", self.gate.ctl("status")[1])


class Answers(Fed):
    """What the device says to a beat."""

    def test_a_device_that_does_not_take_it_is_an_alarm_and_is_tried_again(self):
        self.until_fed()
        self.assertEqual(self.device.tell(f"fault exception code=2 address={BEAT}"), "ok")
        self.until(lambda d: d["alarm"] is not None)
        said = self.until_said("heartbeat refused")
        self.assertEqual(said, ["the device does not take its heartbeat: register not in the device profile, not "
                                "writable, or torn"])
        self.until_why("the device refused it")
        self.client(self.gate, "egon").call("alarm.clear", device="rf", reason="looking at the registers")
        self.assertEqual(len(self.said("heartbeat refused")), 1)
        self.assertEqual(self.device.tell("faults clear"), "ok")
        self.until_fed()

    def test_another_echo_stops_an_armed_device(self):
        self.arm()
        self.assertEqual(self.device.tell(f"fault badecho count=1 function=16 address={BEAT}"), "ok")
        self.until(lambda d: d["alarm"] is not None and d["state"] == "standby")
        self.until_said("heartbeat refused")
        self.assertEqual(self.lost(), 0)
        self.until_fed()

    def test_one_lost_answer_is_none(self):
        self.arm()
        self.assertEqual(self.device.tell(f"fault silent count=1 function=16 address={BEAT}"), "ok")
        self.gate.until_recorded(lambda r: r["kind"] == "device" and r["body"].get("event") == "link down")
        self.assertEqual(self.device.tell("await heartbeat 3"), "ok")
        self.assertEqual(self.lost(), 0)
        self.assertEqual(self.device.tell("state"), "armed")
        self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])

    def test_a_device_that_does_not_obey_a_stop_is_not_fed(self):
        self.arm()
        self.deaf_to_stop()
        self.status.call("stop", device="rf")
        self.assertLess(self.falls(), EVERY + WAITS + BUSY)
        self.until(lambda d: d["state"] == "standby" and "not obey" in (d["alarm"] or ""))
        self.until_fed()

    def test_a_device_that_does_not_count_it_falls_and_cannot_be_armed(self):
        self.arm()
        self.assertEqual(self.device.tell("fault deaf_heartbeat"), "ok")
        self.falls()
        self.until(lambda d: d["state"] == "standby")
        self.assertEqual(exception_of(self.console.coil(2, ARM, True)), 4)


if __name__ == "__main__":
    unittest.main()
