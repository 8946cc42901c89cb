"""Consoles that others wrote, through the gate, against the simulator; judged by what reached it."""
import os
import subprocess
import unittest

from pymodbus.client import ModbusTcpClient

from house import BUILD, PATIENCE, Case

TRANSPARENT = "transparent.cfg"


class Clients(Case):
    def setUp(self):
        self.device = self.sim(TRANSPARENT)
        self.gate = self.house({"one": (1, TRANSPARENT, self.device.port)}, people=False)
        self.gate.until(lambda d: d["one"]["link"] == "up")

    def reached(self):
        return [(w["function"], w["address"], w["values"]) for w in self.device.writes()]

    def test_pymodbus(self):
        console = ModbusTcpClient("127.0.0.1", port=self.gate.port, timeout=PATIENCE)
        self.assertTrue(console.connect())
        self.addCleanup(console.close)
        self.assertFalse(console.write_register(30, 1234, slave=1).isError())
        self.assertFalse(console.write_registers(31, [1, 2, 65535], slave=1).isError())
        self.assertFalse(console.write_coil(5, True, slave=1).isError())
        self.assertFalse(console.write_coils(6, [True, False, True], slave=1).isError())
        self.assertEqual(console.read_holding_registers(30, 4, slave=1).registers, [1234, 1, 2, 65535])
        self.assertEqual(console.read_coils(5, 4, slave=1).bits[:4], [True, True, False, True])
        self.assertFalse(console.read_input_registers(0, 2, slave=1).isError())
        self.assertFalse(console.read_discrete_inputs(0, 9, slave=1).isError())
        self.assertEqual(console.read_holding_registers(30, 1, slave=9).exception_code, 0x0a)
        self.assertEqual(self.reached(), [(6, 30, [1234]), (16, 31, [1, 2, 65535]), (5, 5, [1]),
                                          (15, 6, [1, 0, 1])])

    def mbpoll(self, *words):
        return subprocess.run(["mbpoll", "-m", "tcp", "-p", str(self.gate.port), "-0", "-1", "-o", "5",
                               *words], capture_output=True, text=True, timeout=PATIENCE, check=False)

    def test_mbpoll(self):
        done = self.mbpoll("-a", "1", "-t", "4", "-r", "70", "127.0.0.1", "5", "6")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.mbpoll("-a", "1", "-t", "4:float", "-B", "-r", "80", "127.0.0.1", "12.5")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.mbpoll("-a", "1", "-t", "4", "-r", "70", "-c", "2", "127.0.0.1")
        self.assertIn("[70]: \t5", done.stdout)
        self.assertIn("[71]: \t6", done.stdout)
        done = self.mbpoll("-a", "3", "-t", "4", "-r", "70", "127.0.0.1", "5")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.reached(), [(16, 70, [5, 6]), (16, 80, [0x4148, 0])])

    def test_the_client_of_libmodbus(self):
        done = subprocess.run([os.path.join(BUILD, "modbus_client"), str(self.gate.port), "1"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.stdout.splitlines(), [
            "write coil: 1", "write coils: 8", "read coils: 8", "read discrete inputs: 8",
            "write register: 1", "write registers: 4", "read registers: 4", "read input registers: 4",
            "mask write: 1", "write and read: 4", "too many: Illegal data address"])
        self.assertEqual(self.reached(), [
            (5, 19, [1]), (15, 20, [1, 0, 1, 1, 0, 0, 1, 0]), (6, 50, [0xabcd]),
            (16, 51, [0x1234, 0, 0xffff, 7]), (6, 50, [(0xabcd & 0x00f2) | (0x0025 & ~0x00f2)]),
            (16, 60, [0x1234, 0])])


if __name__ == "__main__":
    unittest.main()
