"""The console's side of the wire: whatever the bytes, nothing undecoded ever reaches a device."""
import socket
import struct
import unittest

from house import Case, Raw, exception_of

TRANSPARENT = "transparent.cfg"


class Wire(Case):
    def setUp(self):
        self.device = self.sim(TRANSPARENT)
        self.gate = self.house({"one": (1, TRANSPARENT, self.device.port, {"aliases": "11, 12"})},
                               people=False)
        self.until_up(self.gate, "one")

    def until_up(self, house, name):
        house.until(lambda d: d[name]["link"] == "up")

    def test_a_frame_cut_at_every_byte_is_the_same_frame(self):
        for cut in range(1, 12):
            console = self.raw(self.gate)
            frame = console.frame(1, struct.pack(">BHH", 6, 100, cut))
            console.send(frame[:cut])
            console.send(frame[cut:])
            self.assertEqual(console.reply()[2], struct.pack(">BHH", 6, 100, cut))
        self.assertEqual([w["values"] for w in self.device.writes()], [[n] for n in range(1, 12)])

    def test_one_byte_at_a_time(self):
        console = self.raw(self.gate)
        for byte in console.frame(1, struct.pack(">BHH", 3, 0, 2)):
            console.send(bytes([byte]))
        self.assertEqual(console.reply()[2][:2], b"\x03\x04")

    def test_frames_glued_together_are_answered_in_order(self):
        console = self.raw(self.gate)
        console.send(b"".join(console.frame(1, struct.pack(">BHH", 6, 200 + i, i)) for i in range(20)))
        for i in range(20):
            tid, unit, pdu = console.reply()
            self.assertEqual((tid, unit, pdu), (i + 1, 1, struct.pack(">BHH", 6, 200 + i, i)))
        self.assertEqual([w["address"] for w in self.device.writes()], list(range(200, 220)))

    def test_the_same_transaction_id_twice_is_answered_twice(self):
        console = self.raw(self.gate)
        console.send(console.frame(1, b"\x03\x00\x01\x00\x01", tid=7) * 2)
        self.assertEqual([console.reply()[0] for _ in range(2)], [7, 7])

    def test_foreign_protocols_close_the_connection(self):
        for name, data in {
            "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "TLS": bytes.fromhex("160301010001000100") + bytes(50),
            "protocol 1": struct.pack(">HHHB", 1, 1, 6, 1) + b"\x06\x00\x01\x00\x01",
            "length 0": struct.pack(">HHHB", 1, 0, 0, 1),
            "length 1": struct.pack(">HHHB", 1, 0, 1, 1),
            "length 255": struct.pack(">HHHB", 1, 0, 255, 1) + bytes(254),
        }.items():
            with self.subTest(name):
                console = self.raw(self.gate)
                console.send(data)
                self.assertTrue(console.closed())
        self.assertEqual(self.device.writes(), [])

    def test_mis_sized_requests_are_refused_whole(self):
        for name, pdu in {
            "06 too short": b"\x06\x00\x01\x00",
            "06 too long": b"\x06\x00\x01\x00\x01\x00",
            "10 byte count too small": b"\x10\x00\x01\x00\x02\x02\x00\x01",
            "10 byte count too large": b"\x10\x00\x01\x00\x01\x04\x00\x01\x00\x02",
            "10 of none": b"\x10\x00\x01\x00\x00\x00",
            "10 of 124": b"\x10\x00\x01\x00\x7c\xf8" + bytes(246),
            "05 neither on nor off": b"\x05\x00\x01\x12\x34",
            "0F pad bits set": b"\x0f\x00\x01\x00\x02\x01\xff",
            "03 of 126": b"\x03\x00\x00\x00\x7e",
            "trailing frame inside a write": b"\x06\x00\x01\x00\x01" + b"\x00\x02\x00\x00\x00\x06\x01\x06\x00\x05\x00\x09",
        }.items():
            with self.subTest(name):
                console = self.raw(self.gate)
                self.assertEqual(exception_of(console.ask(1, pdu)), 3)
        self.assertEqual(self.device.writes(), [])

    def test_beyond_the_last_register_is_an_address_error(self):
        console = self.raw(self.gate)
        self.assertEqual(exception_of(console.ask(1, b"\x10\xff\xff\x00\x02\x04\x00\x01\x00\x02")), 2)
        self.assertEqual(exception_of(console.ask(1, b"\x03\xff\xff\x00\x02")), 2)
        self.assertEqual(exception_of(console.ask(1, b"\x03\xff\xfe\x00\x02")), None)
        self.assertEqual(self.device.writes(), [])

    def test_a_write_smuggled_inside_a_vendor_function_stays_inside(self):
        console = self.raw(self.gate)
        hidden = struct.pack(">HHHB", 9, 0, 6, 1) + b"\x06\x00\x10\x00\x63"
        self.assertEqual(exception_of(console.ask(1, b"\x41" + hidden)), 1)
        self.assertEqual(exception_of(console.read(1, 0, 1)), None)  # still in step
        self.assertEqual(self.device.writes(), [])

    def test_every_function_that_is_not_modelled_is_refused(self):
        modelled = {1, 2, 3, 4, 5, 6, 7, 0x0b, 0x0c, 0x0f, 0x10, 0x11, 0x16, 0x17}
        console = self.raw(self.gate)
        for function in set(range(128)) - modelled:
            with self.subTest(function):
                self.assertEqual(exception_of(console.ask(1, bytes([function, 0, 1, 0, 1]))), 1)
        self.assertEqual(self.device.writes(), [])

    def test_broadcast_and_unknown_units_reach_nobody(self):
        console = self.raw(self.gate)
        for unit in (0, 2, 10, 13, 246, 248, 254, 255):
            with self.subTest(unit):
                self.assertEqual(exception_of(console.write(unit, 1, 1)), 0x0a)
        self.assertEqual(self.device.writes(), [])

    def test_an_alias_is_the_same_device_only_when_named(self):
        console = self.raw(self.gate)
        for unit in (1, 11, 12):
            console.write(unit, unit, unit)
        self.assertEqual([w["unit"] for w in self.device.writes()], [1, 1, 1])

    def test_a_half_frame_does_not_hold_up_other_consoles(self):
        slow, quick = self.raw(self.gate), self.raw(self.gate)
        slow.send(b"\x00\x01\x00")
        self.assertIsNone(exception_of(quick.read(1, 0, 1)))
        self.assertTrue(slow.closed())  # after partial = 2 s

    def test_masked_and_combined_writes_go_out_as_explicit_writes(self):
        console = self.raw(self.gate)
        console.write(1, 40, 0x0012)
        self.assertEqual(console.ask(1, b"\x16\x00\x28\x00\xf2\x00\x25"), b"\x16\x00\x28\x00\xf2\x00\x25")
        reply = console.ask(1, struct.pack(">BHHHHBHH", 0x17, 40, 2, 41, 2, 4, 7, 8))
        self.assertEqual(reply, b"\x17\x04\x00\x17\x00\x07")  # 0012 and F2 or (25 and not F2) = 0017
        self.assertEqual([(w["function"], w["address"], w["values"]) for w in self.device.writes()],
                         [(6, 40, [0x12]), (6, 40, [0x17]), (16, 41, [7, 8])])

    def test_the_gate_answers_for_its_own_unit(self):
        console = self.raw(self.gate)
        self.assertIsNone(exception_of(console.read(247, 0, 1)))
        self.assertEqual(exception_of(console.read(247, 9000, 1)), 2)
        identity = console.ask(247, b"\x2b\x0e\x01\x00")
        self.assertEqual(identity[:3], b"\x2b\x0e\x01")
        self.assertIn(b"dosegate", identity)
        self.assertEqual(exception_of(console.ask(1, b"\x2b\x0e\x01\x00")), 1)

    def test_a_console_that_goes_before_its_answer_harms_nobody(self):
        for _ in range(20):
            console = Raw(self.gate.port)
            console.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            console.send(console.frame(1, b"\x03\x00\x00\x00\x7d") * 3)
            console.close()
            client = self.gate.control()
            client.socket.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "status"}\n' * 3)
            client.close()
        self.assertIsNone(exception_of(self.raw(self.gate).read(1, 0, 1)))

    def test_the_serial_diagnostics_pass_as_reads_where_the_profile_opens_them(self):
        console = self.raw(self.gate)
        for function in (0x07, 0x0b, 0x0c, 0x11):
            with self.subTest(function):
                self.assertNotEqual(exception_of(console.ask(1, bytes([function]))), 2)
        self.assertEqual(self.device.writes(), [])

    def test_many_consoles_are_each_answered_their_own(self):
        consoles = [self.raw(self.gate) for _ in range(32)]
        for i, console in enumerate(consoles):
            console.send(console.frame(1, struct.pack(">BHH", 6, i, i * 3)))
        for i, console in enumerate(consoles):
            self.assertEqual(console.reply()[2], struct.pack(">BHH", 6, i, i * 3))
        self.assertEqual(sorted(w["values"][0] for w in self.device.writes()),
                         [i * 3 for i in range(32)])


if __name__ == "__main__":
    unittest.main()
