"""A device with dose: sessions, refusals, holds, grants, arming, stop. What passes is what reached
the simulator. The numbers are those of the alexandrite's protocol: type II at 18 mm 14..20 J/cm2,
type III 10..16, pulse width at least 3 ms, cryogen on."""
import json
import signal
import struct
import unittest

from house import WELL, Case, Refused, exception_of, past, secret_of

FLUENCE, SPOT, WIDTH, RATE, WAVELENGTH, COOLING, SPRAY, DELAY = range(16, 24)
ARM, STOP, FIRE = 0, 1, 8


class Judged(Case):
    boot = "0 ms"

    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=" + self.boot, "--set",
                               "ready_delay=50 ms", lines=self.lines())
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.address(),
                                         {"aliases": "5"})}, grant=self.grant())
        self.gate.until_heard("alex")
        self.console = self.raw(self.gate)
        self.status = self.client(self.gate)

    def lines(self):
        """How masters come to the device: Modbus/TCP."""

    def address(self):
        return self.device.port

    def grant(self):
        return "120 s"

    def open(self, **facts):
        return self.session(self.gate, "alex", **facts)

    def set(self, address, *values):
        return exception_of(self.console.write(1, address, *values))

    def reached(self):
        return [(w["function"], w["address"], w["values"]) for w in self.device.writes()]

    def last(self):
        return self.status.call("devices")["devices"][0]["last"]

    def hold(self):
        holds = self.status.call("hold.list")["holds"]
        return holds[0] if holds else None

    def approve(self, person="phil", **more):
        olga = self.client(self.gate, "olga")
        number = olga.call("hold.ask", device="alex", text="wanted")["number"]
        hold = self.hold()
        physician = self.client(self.gate, person)
        given = dict(hold=hold["id"], version=hold["version"], digest=hold["digest"], secret=secret_of(person), number=number,
                     code=self.gate.code(person),
                     reason_code="clinical_judgement", reason_text="looked at it")
        given.update(more)
        return physician.call("hold.approve", **given)

    def until_state(self, state):
        self.gate.until(lambda d: d["alex"]["state"] == state, self.status)


class Sessions(Judged):
    def test_without_a_session_nothing_is_set_and_nothing_is_armed(self):
        self.assertEqual(self.set(FLUENCE, 120), 3)
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)
        self.assertEqual(self.last()["reasons"][0]["check"], "no_session")
        self.assertEqual(self.reached(), [])

    def test_reads_pass_without_a_session(self):
        self.assertEqual(self.console.read(1, FLUENCE, 2), b"\x03\x04" + struct.pack(">HH", 100, 180))

    def test_plain_registers_pass_without_a_session_and_are_recorded(self):
        self.assertIsNone(self.set(1000, 7))
        self.assertEqual(self.reached(), [(6, 1000, [7])])
        self.gate.until_recorded(lambda row: row["body"].get("outcome") == "applied")

    def test_a_name_is_not_a_token(self):
        olga = self.client(self.gate, "olga")
        with self.assertRaises(Refused) as no:
            olga.call("session.start", device="alex", patient="Maria Muster", indication="hair_removal",
                      site="leg", facts={})
        self.assertIn("token", no.exception.message)

    def test_nobody_unproved_starts_a_session(self):
        with self.assertRaises(Refused) as no:
            self.session(self.gate, "alex", person=None)
        self.assertEqual(no.exception.code, -32001)

    def test_an_engineer_may_not_start_a_session(self):
        with self.assertRaises(Refused) as no:
            self.session(self.gate, "alex", person="egon")
        self.assertEqual(no.exception.code, -32002)

    def test_pregnancy_is_refused_with_its_reason(self):
        with self.assertRaises(Refused) as no:
            self.open(pregnancy="yes")
        self.assertEqual(no.exception.data["verdict"], "BLOCKED")
        self.assertTrue(any("pregnan" in r["text"].lower() for r in no.exception.data["reasons"]))

    def test_unknown_counts_as_the_worst(self):
        with self.assertRaises(Refused):
            self.open(last_sun="unknown")

    def test_a_tan_makes_the_session_wait_and_a_physician_opens_it(self):
        session = self.open(visible_tan="yes")
        self.assertEqual((session["state"], session["skin_type"], session["skin_as_assessed"]),
                         ("waiting", "III", "II"))
        self.assertEqual(self.set(FLUENCE, 120), 3)
        self.assertEqual(self.approve()["state"], "in_force")
        self.assertEqual(self.status.call("session.show", device="alex")["state"], "open")
        self.assertIsNone(self.set(FLUENCE, 120))
        self.assertEqual(self.set(FLUENCE, 180), 3)  # as type III: 16 is the ceiling

    def test_another_patient_ends_the_session_before(self):
        self.open()
        olga = self.client(self.gate, "olga")
        olga.call("session.start", device="alex", patient="P-5000", indication="hair_removal",
                  site="face", facts=WELL, elsewhere=past("alexandrite_755_lp", "face"))
        self.assertEqual(self.status.call("session.show", device="alex")["patient"], "P-5000")

    def test_a_changed_fact_narrows_the_running_session(self):
        self.open()
        self.assertIsNone(self.set(FLUENCE, 200))
        olga = self.client(self.gate, "olga")
        session = olga.call("session.fact", device="alex", facts={"skin_type": "IV"})
        self.assertEqual(session["skin_type"], "IV")
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)  # 16 is the ceiling now
        self.assertEqual(self.set(FLUENCE, 201), 3)
        self.assertIsNone(self.set(FLUENCE, 160))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))


class Limits(Judged):
    def setUp(self):
        super().setUp()
        self.open()

    def test_both_sides_of_the_ceiling(self):
        self.assertIsNone(self.set(FLUENCE, 200))
        self.assertEqual(self.set(FLUENCE, 201), 3)
        self.assertEqual(self.last()["verdict"], "HELD")
        self.assertEqual(self.reached(), [(6, FLUENCE, [200])])

    def test_the_refusal_says_number_limit_rule_and_way(self):
        self.set(FLUENCE, 201)
        reason = self.last()["reasons"][0]
        self.assertEqual((reason["check"], reason["parameter"], reason["asked"]),
                         ("soft_limit", "fluence", "20.1 J/cm2"))
        self.assertIn("20 J/cm2", reason["limit"])
        self.assertIn("CAN13", reason["source"])
        self.assertTrue(reason["way"])

    def test_a_slipped_decimal_point_is_named(self):
        self.set(FLUENCE, 200)
        self.assertEqual(self.set(FLUENCE, 2000), 3)
        self.assertTrue(self.last()["reasons"][0]["tenfold"])

    def test_a_smaller_spot_after_the_fluence_is_judged_with_it(self):
        self.assertIsNone(self.set(FLUENCE, 200))
        self.assertIsNone(self.set(SPOT, 120))  # 12 mm allows 36
        self.assertIsNone(self.set(FLUENCE, 360))
        self.assertEqual(self.set(SPOT, 180), 3)  # 18 mm allows 20: not with 36 set
        self.assertIsNone(self.console_many(360, 120))

    def console_many(self, *values):
        return exception_of(self.console.write_many(1, FLUENCE, *values))

    def test_many_parameters_in_one_write_are_judged_as_one(self):
        self.assertIsNone(self.console_many(360, 120))
        self.assertEqual(self.console_many(360, 180), 3)
        self.assertEqual(self.reached(), [(16, FLUENCE, [360, 120])])

    def test_a_shortened_pulse_is_held(self):
        self.assertEqual(self.set(WIDTH, 29), 3)
        self.assertIsNone(self.set(WIDTH, 30))

    def test_cooling_off_is_held_through_a_mask_write_too(self):
        self.assertEqual(self.set(COOLING, 0), 3)
        mask = struct.pack(">BHHH", 0x16, COOLING, 0xfffc, 0x0000)
        self.assertEqual(exception_of(self.console.ask(1, mask)), 3)
        self.assertEqual(self.reached(), [])

    def test_a_mask_write_that_changes_nothing_dangerous_goes_out_explicit(self):
        mask = struct.pack(">BHHH", 0x16, COOLING, 0xfffc, 0x0002)
        self.assertIsNone(exception_of(self.console.ask(1, mask)))
        self.assertEqual(self.reached(), [(6, COOLING, [0x0002])])

    def test_a_mask_write_to_bits_without_a_row_is_refused(self):
        mask = struct.pack(">BHHH", 0x16, COOLING, 0x00ff, 0x8000)
        self.assertEqual(exception_of(self.console.ask(1, mask)), 3)
        self.assertEqual(self.reached(), [])

    def test_a_combined_write_is_judged_before_it_reads(self):
        self.assertEqual(exception_of(self.console.ask(1, struct.pack(
            ">BHHHHBH", 0x17, FLUENCE, 2, FLUENCE, 1, 2, 201))), 3)
        reply = self.console.ask(1, struct.pack(">BHHHHBH", 0x17, FLUENCE, 2, FLUENCE, 1, 2, 190))
        self.assertEqual(reply, b"\x17\x04" + struct.pack(">HH", 190, 180))

    def test_read_only_unlisted_and_fire_registers_are_never_written(self):
        for address in (WAVELENGTH, DELAY + 1, 15, 500, 999, 1100):
            self.assertEqual(self.set(address, 1), 2, address)
        self.assertEqual(exception_of(self.console.coil(1, FIRE, True)), 2)
        self.assertEqual(exception_of(self.console.ask(1, b"\x0f\x00\x00\x00\x09\x02\xff\x01")), 2)
        self.assertEqual(self.reached(), [])

    def test_beyond_the_device_itself_is_blocked_and_opens_no_hold(self):
        self.assertEqual(self.set(FLUENCE, 601), 3)
        self.assertEqual(self.last()["verdict"], "BLOCKED")
        self.assertIsNone(self.hold())

    def test_an_alias_cannot_go_around(self):
        self.assertEqual(exception_of(self.console.write(5, FLUENCE, 201)), 3)
        self.assertIsNone(exception_of(self.console.write(5, FLUENCE, 199)))

    def test_bad_settings_at_the_device_are_mended_step_by_step_in_any_order(self):
        for wrong in ("fluence=40 J/cm2", "pulse_width=1 ms", "cooling=none"):
            self.device.tell("panel " + wrong)
        self.gate.until(lambda d: d["alex"]["settings"]["cooling"] == "none", self.status)
        self.assertIsNone(self.set(COOLING, 2))
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)
        self.assertEqual(self.set(FLUENCE, 401), 3)  # never widens
        self.assertIsNone(self.set(FLUENCE, 200))
        self.assertIsNone(self.set(WIDTH, 30))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))


class Overrides(Judged):
    def setUp(self):
        super().setUp()
        self.open()

    def test_one_hold_while_a_knob_turns_and_none_when_it_is_back(self):
        for value in (210, 220, 230):
            self.assertEqual(self.set(FLUENCE, value), 3)
        hold = self.hold()
        self.assertEqual((hold["state"], hold["asked"]["fluence"]), ("open", "23 J/cm2"))
        self.assertEqual(hold["counter_offer"]["fluence"], "20 J/cm2")
        self.set(FLUENCE, 200)
        self.assertEqual(self.hold()["state"], "withdrawn")

    def test_approved_then_pressed_again_then_spent(self):
        self.set(FLUENCE, 220)
        self.assertEqual(self.approve()["state"], "granted")
        self.assertEqual(self.reached(), [])  # nothing happens because somebody clicked elsewhere
        self.assertEqual(self.set(FLUENCE, 221), 3)  # exactly this, not one step beside
        self.assertEqual(self.reached(), [])

    def test_the_grant_fits_and_works_once(self):
        self.set(FLUENCE, 220)
        self.approve()
        self.assertIsNone(self.set(FLUENCE, 220))
        self.assertEqual(self.hold()["state"], "in_force")
        self.assertIsNone(self.set(FLUENCE, 200))
        self.assertEqual(self.hold()["state"], "ended")
        self.assertEqual(self.set(FLUENCE, 220), 3)
        self.assertEqual([v for _, _, [v] in self.reached()], [220, 200])

    def test_less_than_asked(self):
        self.set(FLUENCE, 240)
        self.approve(settings={"fluence": "22 J/cm2"})
        self.assertIsNone(self.set(FLUENCE, 220))

    def test_never_more_than_asked(self):
        self.set(FLUENCE, 220)
        with self.assertRaises(Refused):
            self.approve(settings={"fluence": "24 J/cm2"})
        self.assertEqual(self.hold()["state"], "open")

    def test_wrong_number_wrong_secret_wrong_code_and_old_version_grant_nothing(self):
        self.set(FLUENCE, 220)
        for wrong in ({"number": 5}, {"secret": "not-phils-secret"}, {"reason_code": "because"},
                      {"reason_text": ""}, {"version": 99}):
            with self.subTest(wrong), self.assertRaises(Refused):
                self.approve(**wrong)
        self.assertEqual(self.set(FLUENCE, 220), 3)
        self.assertEqual(self.reached(), [])

    def test_nobody_approves_their_own_request(self):
        self.session(self.gate, "alex", person="phil")
        self.set(FLUENCE, 220)
        with self.assertRaises(Refused) as no:
            self.approve("phil")
        self.assertIn("own", no.exception.message)
        self.assertEqual(self.approve("paula")["state"], "granted")

    def test_an_operator_may_not_decide(self):
        self.set(FLUENCE, 220)
        with self.assertRaises(Refused) as no:
            self.approve("olga")
        self.assertEqual(no.exception.code, -32002)

    def test_denied(self):
        self.set(FLUENCE, 220)
        hold = self.hold()
        phil = self.client(self.gate, "phil")
        phil.call("hold.deny", hold=hold["id"], version=hold["version"], digest=hold["digest"], secret=secret_of("phil"),
                  reason_code="clinical_judgement", reason_text="too early")
        self.assertEqual(self.hold()["state"], "denied")
        self.assertEqual(self.set(FLUENCE, 220), 3)

    def test_a_revoked_grant_stops_the_armed_device(self):
        self.set(FLUENCE, 220)
        granted = self.approve()
        self.set(FLUENCE, 220)
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")
        self.client(self.gate, "phil").call("grant.revoke", hold=granted["id"])
        self.until_state("standby")
        self.assertEqual(self.device.tell("state"), "standby")
        self.assertEqual(exception_of(self.console.coil(1, ARM, True)), 3)

    def test_the_pulse_budget_ends_the_grant_and_the_emission(self):
        self.set(RATE, 50)
        self.set(FLUENCE, 220)
        self.approve(pulses=2)
        self.set(FLUENCE, 220)
        self.console.coil(1, ARM, True)
        self.until_state("armed")
        self.device.tell("pedal down")
        self.gate.until(lambda d: d["alex"]["session"]["hold"]["state"] == "ended", self.status)
        self.gate.until(lambda d: d["alex"]["state"] in ("standby", "cool_down"), self.status)

    def test_the_session_takes_its_grant_along(self):
        self.set(FLUENCE, 220)
        self.approve()
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.open()
        self.assertEqual(self.set(FLUENCE, 220), 3)

    def test_two_approvers_where_the_status_is_b(self):
        self.session(self.gate, "alex", skin_type="VI")
        hold = self.hold()
        self.assertEqual((hold["kind"], hold["approvers_needed"]), ("screening", 2))
        self.assertEqual(self.approve("phil")["state"], "open")
        with self.assertRaises(Refused):
            self.approve("phil")
        self.assertEqual(self.approve("paula")["state"], "in_force")
        self.assertEqual(self.status.call("session.show", device="alex")["state"], "open")


class ShortGrant(Judged):
    def grant(self):
        return "1 s"

    def test_a_grant_not_pressed_in_time_is_void(self):
        self.open()
        self.set(FLUENCE, 220)
        self.approve()
        self.gate.until(lambda d: d["alex"]["session"]["hold"]["state"] == "expired", self.status)
        self.assertEqual(self.set(FLUENCE, 220), 3)


class Armed(Judged):
    boot = "300 ms"

    def setUp(self):
        super().setUp()
        self.open()
        self.assertIsNone(self.set(FLUENCE, 180))
        self.assertIsNone(exception_of(self.console.coil(1, ARM, True)))
        self.until_state("armed")

    def test_emission_is_the_pedals_and_settings_wait(self):
        self.device.tell("pedal down")
        self.until_state("emitting")
        self.assertEqual(self.set(FLUENCE, 150), 3)
        self.device.tell("pedal up")
        fired = json.loads(self.device.tell("emitted"))
        self.assertTrue(all(run["ready"] for run in fired["runs"]))

    def test_stop_from_the_console_coil(self):
        self.assertIsNone(exception_of(self.console.coil(1, STOP, True)))
        self.assertEqual(self.device.tell("state"), "standby")

    def test_stop_from_the_gates_own_unit(self):
        self.assertIsNone(exception_of(self.console.coil(247, 100, True)))
        self.until_state("standby")

    def test_stop_from_the_control_socket_without_login(self):
        self.assertTrue(self.status.call("stop", device="alex")["stopped"])
        self.until_state("standby")

    def test_stop_by_signal(self):
        self.gate.gate.process.send_signal(signal.SIGUSR1)
        self.until_state("standby")

    def test_a_knob_turned_at_the_armed_device_stops_it_and_latches(self):
        self.device.tell("panel fluence=30 J/cm2")
        self.until_state("standby")
        self.gate.until(lambda d: d["alex"]["alarm"], self.status)
        self.assertIsNotNone(self.set(FLUENCE, 180))
        self.client(self.gate, "phil").call("alarm.clear", device="alex", reason="talked to olga")
        self.assertIsNone(self.set(FLUENCE, 180))

    def test_the_end_of_the_session_disarms(self):
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.until_state("standby")

    def test_a_reboot_ends_the_session(self):
        self.device.tell("reboot defaults")
        self.gate.until(lambda d: d["alex"]["session"] is None, self.status)

    def test_an_orderly_end_of_the_gate_disarms(self):
        self.assertEqual(self.gate.gate.end(), 0)
        self.assertEqual(self.device.tell("state"), "standby")
        self.gate.start()

    def test_armed_at_the_panel_without_a_session_is_stopped(self):
        self.client(self.gate, "olga").call("session.end", device="alex")
        self.until_state("standby")
        self.device.tell("panel state=armed")
        self.gate.until(lambda d: self.device.tell("state") == "standby", self.status)


if __name__ == "__main__":
    unittest.main()
