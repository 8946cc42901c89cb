"""Every event of the table (dosegatectl events) on real parts: what the device does, and what the
gate does about it, in standby and armed."""
import unittest

from house import Case, exception_of
from test_judged import ARM, FLUENCE, Judged

RF_ENERGY, RF_ARM = 100, 20


class Watched(Judged):
    def arm(self):
        self.open()
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")

    def device_now(self):
        return self.status.call("devices")["devices"][0]

    def happened(self, event):
        return self.gate.until_recorded(lambda r: r["kind"] == "device" and r["body"].get("event") == event)

    def stops(self):
        return [r for r in self.gate.ledger() if r["kind"] == "stop" and r["body"]["event"] == "stop"]

    def follows(self, event, stop, alarm, session):
        """After the event: was the device stopped, is there an alarm, is the session still there."""
        self.happened(event)
        if stop:
            self.until_state("standby")
        self.gate.until(lambda d: (d["alex"]["alarm"] is not None) == alarm and
                        (d["alex"]["session"] is not None) == session, self.status)
        self.assertEqual(self.stops() != [], stop)


class Standby(Watched):
    def setUp(self):
        super().setUp()
        self.open()

    def test_drift_is_recorded_and_nothing_else(self):
        self.device.tell("panel fluence=14 J/cm2")
        self.follows("drift", stop=False, alarm=False, session=True)

    def test_the_counter_going_back_ends_the_session(self):
        self.device.tell("panel pulses=500")
        self.gate.until(lambda d: d["alex"]["pulses"] == 500, self.status)
        self.client(self.gate, "phil").call("alarm.clear", device="alex", reason="counter was set")
        self.open()
        self.device.tell("fault counter_rollback by=100")
        self.happened("counter back")
        self.gate.until(lambda d: d["alex"]["session"] is None, self.status)

    def test_another_handpiece_ends_the_session(self):
        self.device.tell("fault handpiece_swap to=2")
        self.follows("handpiece", stop=False, alarm=False, session=False)

    def test_another_serial_number_ends_the_session(self):
        self.device.tell("fault serial_swap to=ALX-0002")
        self.follows("serial", stop=False, alarm=False, session=False)

    def test_another_firmware_is_an_alarm_until_the_engineer_has_looked(self):
        self.device.tell("fault firmware_swap to=3.0")
        self.follows("firmware", stop=False, alarm=True, session=False)
        self.open()
        self.assertEqual(self.set(FLUENCE, 120), 3)
        self.client(self.gate, "egon").call("alarm.clear", device="alex", reason="same registers")
        self.assertIsNone(self.set(FLUENCE, 120))

    def test_an_open_interlock_voids_a_hold_and_arms_nothing(self):
        self.assertEqual(self.set(FLUENCE, 250), 3)
        self.assertEqual(self.hold()["state"], "open")
        self.device.tell("panel interlock=1")
        self.follows("interlock", stop=False, alarm=False, session=True)
        self.assertEqual(self.hold()["state"], "ended")
        self.assertTrue(self.device_now()["interlock_open"])

    def test_silence_voids_a_hold(self):
        self.assertEqual(self.set(FLUENCE, 250), 3)
        self.device.tell("fault deaf")
        self.happened("stale")
        self.assertEqual(self.hold()["state"], "ended")
        self.device.tell("faults clear")
        self.gate.until_heard("alex")
        self.assertEqual(self.stops(), [])


class Restart(Watched):
    boot = "300 ms"

    def test_a_restart_ends_the_session_and_nothing_is_restored(self):
        self.open()
        self.assertIsNone(self.set(FLUENCE, 120))
        before = len(self.reached())
        self.device.tell("reboot defaults")
        self.follows("restart", stop=False, alarm=False, session=False)
        self.until_state("standby")
        self.assertEqual(len(self.reached()), before)
        self.assertEqual(self.device_now()["settings"]["fluence"], "10 J/cm2")


class Armed(Watched):
    def setUp(self):
        super().setUp()
        self.arm()

    def test_drift_stops_and_is_an_alarm(self):
        self.device.tell("panel fluence=13 J/cm2")
        self.follows("drift", stop=True, alarm=True, session=True)

    def test_another_handpiece_stops_and_ends_the_session(self):
        self.device.tell("fault handpiece_swap to=2")
        self.follows("handpiece", stop=True, alarm=False, session=False)

    def test_another_firmware_stops_and_is_an_alarm(self):
        self.device.tell("fault firmware_swap to=3.0")
        self.follows("firmware", stop=True, alarm=True, session=False)

    def test_the_counter_going_back_stops_and_is_an_alarm(self):
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["pulses"] > 0, self.status)
        self.device.tell("pedal up")
        self.device.tell("panel pulses=0")
        self.follows("counter back", stop=True, alarm=True, session=False)

    def test_an_open_interlock_stops(self):
        self.device.tell("panel interlock=1")
        self.happened("interlock")
        self.until_state("standby")  # the device's own doing, or the gate's
        self.assertIsNone(self.device_now()["alarm"])

    def test_after_silence_the_first_thing_is_a_stop(self):
        self.device.tell("fault deaf")
        self.happened("stale")
        self.assertEqual(self.device.tell("state"), "armed")
        self.device.tell("faults clear")
        self.until_state("standby")
        self.assertIsNone(self.device_now()["alarm"])


class Output(Case):
    """The RF measures each pulse: more than a fifth from what is set is stopped (60601-2-22)."""

    def setUp(self):
        self.device = self.sim("rf_monopolar.cfg", 0, 1, "--set", "boot=0 ms", "--set",
                               "ready_delay=50 ms")
        self.gate = self.house({"rf": (2, "rf_monopolar.cfg", self.device.port)})
        self.gate.until_heard("rf")
        self.status = self.client(self.gate)
        self.session(self.gate, "rf", indication="skin_tightening", site="cheek")
        console = self.raw(self.gate)
        self.assertIsNone(exception_of(console.write_many(2, RF_ENERGY, 1, 0x86a0)))  # 100 J
        self.assertIsNone(exception_of(console.coil(2, RF_ARM, True)))
        self.gate.until(lambda d: d["rf"]["state"] == "armed", self.status)

    def fires(self, share):
        self.device.tell(f"panel output={share} %")
        self.device.tell("pedal down")

    def test_a_fifth_either_way_is_well(self):
        for share in (80, 120):
            with self.subTest(share):
                before = self.status.call("devices")["devices"][0]["pulses"]
                self.fires(share)
                self.gate.until(lambda d: d["rf"]["pulses"] >= before + 3, self.status)
                self.assertIsNone(self.status.call("devices")["devices"][0]["alarm"])

    def stopped(self, share, measured):
        self.fires(share)
        self.gate.until(lambda d: d["rf"]["alarm"] is not None and d["rf"]["state"] == "standby",
                        self.status)
        alarm = self.status.call("devices")["devices"][0]["alarm"]
        self.assertIn("more than a fifth away", alarm)
        self.assertIn(measured, alarm)

    def test_121_percent_stops(self):
        self.stopped(121, "121 J")

    def test_79_percent_stops(self):
        self.stopped(79, "79 J")


if __name__ == "__main__":
    unittest.main()
