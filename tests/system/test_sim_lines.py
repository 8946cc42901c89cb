"""How masters come to simulated devices: a terminal, a stream of RTU frames, several units on one
line. libmodbus (mbpoll) and pymodbus are the second opinion; the CRC stands here once more."""
import json
import os
import select
import struct
import subprocess
import tempfile
import termios
import time
import tty
import unittest

from pymodbus.client import ModbusTcpClient
from pymodbus.framer.rtu_framer import ModbusRtuFramer

from house import PATIENCE, Case, Raw, device_profile, exception_of

ALEX = "alexandrite_755.cfg"
FLUENCE = 16  # holds tenths of J/cm2; 100 when new
SILENT = 0.15  # nothing for so long is silence; answers come within a few milliseconds


def crc(data):
    """CRC-16 of Modbus over serial line, appendix B, bit by bit."""
    value = 0xffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xa001 if value & 1 else 0)
    return struct.pack("<H", value)


class Terminal:
    """A master on a terminal that writes exactly the bytes it is told to."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)

    def send(self, data):
        os.write(self.fd, data)

    def frame(self, unit, pdu):
        return bytes([unit]) + pdu + crc(bytes([unit]) + pdu)

    def heard(self, n, patience=PATIENCE):
        """So many bytes; fewer when they do not come."""
        got = b""
        while len(got) < n and select.select([self.fd], [], [], patience)[0]:
            part = os.read(self.fd, n - len(got))
            if not part:
                break
            got += part
        return got

    def ask(self, unit, pdu, n):
        """The answer's PDU of n bytes; its sum is looked at."""
        self.send(self.frame(unit, pdu))
        got = self.heard(n + 3)
        assert len(got) == n + 3 and got[0] == unit and got[-2:] == crc(got[:-2]), got.hex()
        return got[1:-2]

    def silent(self):
        return self.heard(1, SILENT) == b""

    def close(self):
        os.close(self.fd)


def read_pdu(address, count, function=3):
    return struct.pack(">BHH", function, address, count)


def write_pdu(address, value):
    return struct.pack(">BHH", 6, address, value)


class Serial(Case):
    def line(self, *more, profile=ALEX, lines=("--rtu",)):
        device = self.sim(profile, 0, 1, "--set", "boot=0 ms", *more, lines=lines)
        return device, self.terminal(device.terminal)

    def terminal(self, path):
        terminal = Terminal(path)
        self.addCleanup(terminal.close)
        return terminal

    def count(self, device, what, wanted):
        """Waits until so many are counted: what came is looked at when the line has been silent."""
        end = time.monotonic() + PATIENCE
        while (found := json.loads(device.tell("counts"))[what]) < wanted and time.monotonic() < end:
            pass
        self.assertEqual(found, wanted)


class OnATerminal(Serial):
    def test_a_master_reads_and_writes(self):
        device, master = self.line()
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 2), 6).hex(), "0304006400b4")
        self.assertEqual(master.ask(1, write_pdu(FLUENCE, 120), 5).hex(), "0600100078")
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")
        self.assertEqual(master.ask(1, read_pdu(900, 1), 2).hex(), "8302")

    def test_mbpoll_reads_and_writes_at_a_pace(self):
        for baud in ("9600", "115200"):
            with self.subTest(baud):
                device = self.sim(ALEX, 0, 1, "--baud", baud, lines=("--rtu",))
                for value in ((), ("150",)):
                    done = subprocess.run(["mbpoll", "-m", "rtu", "-b", baud, "-P", "none", "-a", "1", "-0",
                                           "-1", "-o", "5", "-r", str(FLUENCE), device.terminal, *value],
                                          capture_output=True, text=True, timeout=PATIENCE, check=False)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    if not value:
                        self.assertIn("[16]: \t100", done.stdout)
                self.assertEqual([w["values"] for w in device.writes()], [[150]])

    def test_bytes_leave_no_faster_than_eleven_bits_each(self):
        _, master = self.line("--baud", "9600")
        began = time.monotonic()
        master.send(master.frame(1, read_pdu(FLUENCE, 8)))
        first = master.heard(1)
        until_first = time.monotonic() - began
        self.assertEqual(len(first + master.heard(20)), 21)
        until_last = time.monotonic() - began
        # 8 characters of the request, 3.5 of silence, one of the answer; then the 20 others
        self.assertGreater(until_first, 12.5 * 11 / 9600)
        self.assertGreater(until_last, 32.5 * 11 / 9600)

    def test_what_is_none_is_not_answered(self):
        device, master = self.line()
        whole = master.frame(1, write_pdu(FLUENCE, 120))
        for name, sent in (("a wrong sum", whole[:-1] + bytes([whole[-1] ^ 1])), ("a byte less", whole[:-1]),
                           ("a byte more", whole + b"\x55"), ("noise before it", b"\x55" + whole),
                           ("another unit", None), ("three bytes", b"\x01\x40\x21")):
            with self.subTest(name):
                if sent is None:
                    device_2, master_2 = self.line("--unit", "7")
                    master_2.send(whole)
                    self.assertTrue(master_2.silent())
                    self.assertEqual(device_2.writes(), [])
                    continue
                master.send(sent)
                self.assertTrue(master.silent())
        self.assertEqual(device.writes(), [])
        self.count(device, "bad_crc", 5)
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")

    def test_silence_ends_a_frame_and_nothing_else_does(self):
        _, master = self.line("--baud", "300")  # 3.5 characters are 128 ms
        whole = master.frame(1, read_pdu(FLUENCE, 1))
        master.send(whole[:3])
        master.send(whole[3:])
        self.assertEqual(len(master.heard(7)), 7)
        device, master = self.line()
        master.send(whole[:3])
        self.assertTrue(master.silent())
        master.send(whole[3:])
        self.assertTrue(master.silent())
        self.count(device, "bad_crc", 2)

    def test_a_request_without_silence_before_it_is_counted(self):
        device, master = self.line("--baud", "300")
        master.ask(1, read_pdu(FLUENCE, 1), 4)
        master.ask(1, read_pdu(FLUENCE, 1), 4)
        self.count(device, "no_silence", 1)

    def test_what_is_said_to_all_is_carried_out_and_not_answered(self):
        device, master = self.line()
        master.send(master.frame(0, write_pdu(FLUENCE, 120)))
        self.assertTrue(master.silent())
        self.assertEqual(device.tell("get fluence"), "12 J/cm2")

    def test_the_link_leads_to_the_terminal_and_goes_with_it(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "laser")
            device = self.sim(ALEX, lines=("--rtu", "--link", link))
            self.assertEqual(os.readlink(link), device.terminal)
            master = self.terminal(link)
            self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")
            device.quit()
            self.assertFalse(os.path.lexists(link))

    def test_an_adapter_that_is_unplugged_comes_back_at_the_same_link(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "laser")
            device = self.sim(ALEX, lines=("--rtu", "--link", link))
            master = self.terminal(link)
            self.assertEqual(device.tell("fault refuse"), "ok")
            with self.assertRaises(OSError):
                while os.read(master.fd, 1) != b"":
                    pass
                raise OSError("hung up")
            self.assertEqual(device.tell("faults clear"), "ok")
            again = self.terminal(link)
            self.assertEqual(again.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")


class Bent(Serial):
    """Faults of the answer as a serial line has them: the answer to this read is 01 03 02 00 64 and
    its sum."""

    def answer(self, fault, n, patience=SILENT):
        device, master = self.line()
        self.assertEqual(device.tell(f"fault {fault} function=3 count=1"), "ok")
        master.send(master.frame(1, read_pdu(FLUENCE, 1)))
        got = master.heard(n, patience)
        self.assertTrue(master.silent())
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")
        return got

    def good(self, pdu="0103020064"):
        data = bytes.fromhex(pdu)
        return data + crc(data)

    def test_a_wrong_sum(self):
        got = self.answer("badcrc", 7)
        self.assertEqual(got[:5], self.good()[:5])
        self.assertNotEqual(got[5:], self.good()[5:])

    def test_an_answer_cut_short(self):
        self.assertEqual(self.answer("truncated by=3", 7), self.good()[:4])

    def test_a_flipped_bit(self):
        got = self.answer("noise", 7)
        self.assertEqual(sum(bin(a ^ b).count("1") for a, b in zip(got, self.good())), 1)

    def test_another_unit_with_its_own_sum(self):
        self.assertEqual(self.answer("badunit", 7), self.good("0003020064"))

    def test_two_answers(self):
        self.assertEqual(self.answer("twice", 14), 2 * self.good())

    def test_an_answer_too_long_with_its_own_sum(self):
        self.assertEqual(self.answer("long", 8), self.good("010302006400"))

    def test_byte_by_byte(self):
        self.assertEqual(self.answer("dribble ms=3", 7, PATIENCE), self.good())

    def test_late(self):
        self.assertEqual(self.answer("late ms=200", 7, PATIENCE), self.good())

    def test_none(self):
        self.assertEqual(self.answer("silent", 1), b"")

    def test_the_request_before_the_answer(self):
        self.assertEqual(self.answer("echo", 15), self.good("010300100001") + self.good())

    def test_noise_by_itself(self):
        device, master = self.line()
        self.assertEqual(device.tell("fault chatter by=4 count=2 ms=20"), "ok")
        self.assertEqual(len(master.heard(8)), 8)
        self.assertTrue(master.silent())
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")

    def test_a_terminal_that_hangs_up_in_the_answer_is_another_one_then(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "laser")
            device, master = self.line("--link", link)
            self.assertEqual(device.tell("fault cut function=3 count=1"), "ok")
            master.send(master.frame(1, read_pdu(FLUENCE, 1)))
            with self.assertRaises(OSError):
                while master.heard(1) != b"":
                    pass
                raise OSError("hung up")
            self.assertEqual(device.tell("wait 50 ms"), "ok")
            again = self.terminal(link)
            self.assertEqual(again.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")

    def test_an_adapter_is_unplugged_by_a_certain_request(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, "laser")
            device, master = self.line("--link", link)
            self.assertEqual(device.tell("fault refuse function=6 ms=100"), "ok")
            self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")
            master.send(master.frame(1, write_pdu(FLUENCE, 120)))
            while not device.writes():
                pass
            self.assertEqual(device.tell("wait 200 ms"), "ok")
            again = self.terminal(link)
            self.assertEqual(again.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020078")


class Several(Serial):
    def test_two_devices_behind_one_terminal(self):
        rf = device_profile("rf_monopolar.cfg")
        device, master = self.line("--unit", "1", "--also", rf, "--unit", "2", "--set", "boot=0 ms")
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")
        self.assertEqual(master.ask(2, read_pdu(100, 2), 6).hex(), "03040000ea60")  # 60 J in mJ
        master.send(master.frame(3, read_pdu(100, 2)))
        self.assertTrue(master.silent())
        self.assertEqual(device.tell("on 2 get energy"), "60 J")
        self.assertEqual(device.tell("on 2 panel energy=70 J"), "ok")
        self.assertEqual(device.tell("on 2 get energy"), "70 J")
        self.assertEqual(device.tell("get fluence"), "10 J/cm2")
        self.assertIn("has to have this unit", device.tell("on 3 state"))

    def test_two_devices_behind_one_port(self):
        rf = device_profile("rf_monopolar.cfg")
        device = self.sim(ALEX, 0, 1, "--unit", "1", "--also", rf, "--unit", "2")
        console = Raw(device.port)
        self.addCleanup(console.close)
        self.assertEqual(console.read(2, 100, 2).hex(), "03040000ea60")
        self.assertEqual(exception_of(console.read(3, 100, 2)), 0x0b)

    def test_a_fault_of_one_is_no_fault_of_the_other(self):
        rf = device_profile("rf_monopolar.cfg")
        device, master = self.line("--unit", "1", "--also", rf, "--unit", "2")
        self.assertEqual(device.tell("on 2 fault silent"), "ok")
        master.send(master.frame(2, read_pdu(100, 2)))
        self.assertTrue(master.silent())
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020064")

    def test_units_must_differ(self):
        for units in (("--also", device_profile(ALEX)), ("--unit", "2", "--also", device_profile(ALEX), "--unit", "2")):
            with self.subTest(units), self.assertRaises(AssertionError) as no:
                self.sim(ALEX, 0, 1, *units)
            self.assertIn("each wants a --unit of its own", str(no.exception))


class OverTcp(Serial):
    def test_pymodbus_speaks_rtu_over_tcp(self):
        device = self.sim(ALEX, lines=("--rtu-tcp", "127.0.0.1:0"))
        console = ModbusTcpClient("127.0.0.1", port=device.port, framer=ModbusRtuFramer, timeout=PATIENCE)
        self.assertTrue(console.connect())
        self.addCleanup(console.close)
        self.assertEqual(console.read_holding_registers(FLUENCE, 2, slave=1).registers, [100, 180])
        self.assertFalse(console.write_registers(FLUENCE, [120, 150], slave=1).isError())
        self.assertEqual(device.writes()[0]["values"], [120, 150])

    def test_a_frame_in_pieces_is_a_frame_and_what_follows_a_wrong_sum_is_not(self):
        device = self.sim(ALEX, lines=("--rtu-tcp", "127.0.0.1:0"))
        console = Raw(device.port)
        self.addCleanup(console.close)
        read = bytes([1]) + read_pdu(FLUENCE, 1)
        read += crc(read)
        for byte in read:
            console.send(bytes([byte]))
        self.assertEqual(console.exact(7)[:5].hex(), "0103020064")
        console.send(read[:-1] + b"\xff" + read)
        console.socket.settimeout(SILENT)
        with self.assertRaises(TimeoutError):
            console.exact(1)
        console.socket.settimeout(PATIENCE)
        console.send(read)
        self.assertEqual(console.exact(7)[:5].hex(), "0103020064")

    def test_an_unknown_function_is_answered_when_nothing_more_comes(self):
        device = self.sim(ALEX, lines=("--rtu-tcp", "127.0.0.1:0"))
        console = Raw(device.port)
        self.addCleanup(console.close)
        data = bytes.fromhex("014101020304")
        console.send(data + crc(data))
        self.assertEqual(console.exact(5)[:3].hex(), "01c101")

    def test_one_device_on_three_lines(self):
        device = self.sim(ALEX, lines=("--rtu", "--tcp", "127.0.0.1:0", "--rtu-tcp", "127.0.0.1:0"))
        self.assertEqual(len(device.lines), 3)
        console = Raw(device.port)
        self.addCleanup(console.close)
        console.write(1, FLUENCE, 120)
        master = self.terminal(device.terminal)
        self.assertEqual(master.ask(1, read_pdu(FLUENCE, 1), 4).hex(), "03020078")


if __name__ == "__main__":
    unittest.main()
