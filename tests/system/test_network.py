"""Three machines: a console, the gate, a device; between them the gate with two network cards. On it the rules
of profiles/network.nft, as they stand. Each machine is a network namespace of its own, which wants the right to
make one: without it these tests are skipped, and counted as skipped."""
import os
import subprocess
import sys
import tempfile
import unittest

from house import BUILD, PROFILES, Case, Program

RULES = os.path.join(PROFILES, "network.nft")
GATE, CONSOLE = "192.0.2.1", "192.0.2.11"
GATE_AT_DEVICES, DEVICE = "198.51.100.1", "198.51.100.11"
FORBIDDEN = subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True, text=True,
                           check=False).stderr
# Connects from the machine it runs on; asks for one register when it can.
KNOCK = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3])) as s:
        s.sendall(bytes.fromhex(sys.argv[4]))
        s.settimeout(20)
        print(s.recv(260).hex())
except OSError as e:
    print(type(e).__name__)
"""
# 32 bytes of TCP, 7 of Modbus/TCP, then the function: 06
LOSE_WRITES = "table ip bad { chain in { type filter hook input priority 0; tcp dport 502 @th,312,8 6 drop; }; }"
# 32 bytes of TCP, the unit, then the function
LOSE_RTU_WRITES = LOSE_WRITES.replace("502 @th,312,8", "4001 @th,264,8")
READ = "000100000006010300100001"


class Machine:
    """A network of its own; lives as long as the process that holds it."""

    def __init__(self, case):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        case.addCleanup(self.end)
        self.holder.stdout.readline()
        self.within = ("nsenter", "-t", str(self.holder.pid), "-n")
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *words, stdin=None):
        done = subprocess.run([*self.within, *words], capture_output=True, text=True, input=stdin, timeout=30,
                              check=False)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def card(self, name, address):
        self.run("ip", "address", "add", address + "/24", "dev", name)
        self.run("ip", "link", "set", name, "up")

    def knock(self, address, port, ask=READ, patience=1):
        """What is answered, or the name of what went wrong."""
        return self.run(sys.executable, "-c", KNOCK, address, str(port), str(patience), ask).strip()

    def end(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()


def cable(one, card, other, other_card):
    one.run("ip", "link", "add", "name", card, "type", "veth", "peer", "name", other_card, "netns",
            str(other.holder.pid))


@unittest.skipIf(FORBIDDEN, "no network of our own is to be had here: " + FORBIDDEN.strip())
class Network(Case):
    def setUp(self):
        self.console, self.box, self.laser = Machine(self), Machine(self), Machine(self)
        cable(self.box, "consoles", self.console, "eth0")
        cable(self.box, "devices", self.laser, "eth0")
        self.box.card("consoles", GATE)
        self.box.card("devices", GATE_AT_DEVICES)
        self.console.card("eth0", CONSOLE)
        self.laser.card("eth0", DEVICE)
        # as bad as it can be: somebody made the gate's machine a router, and gave everybody the way
        self.box.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.console.run("ip", "route", "add", "default", "via", GATE)
        self.laser.run("ip", "route", "add", "default", "via", GATE_AT_DEVICES)
        folder = tempfile.TemporaryDirectory(prefix="dosegate-network-")
        self.addCleanup(folder.cleanup)
        control = os.path.join(folder.name, "laser.sock")
        self.device = Program(*self.laser.within, os.path.join(BUILD, "dosegate-sim"), "device",
                              os.path.join(PROFILES, "devices", "alexandrite_755.cfg"), "--tcp", DEVICE + ":502",
                              "--rtu-tcp", DEVICE + ":4001",
                              "--set", "boot=0 ms", "--control", control)
        self.addCleanup(self.device.end)
        self.tell = lambda *words: subprocess.run([os.path.join(BUILD, "dosegate-sim"), "tell", control, *words],
                                                  capture_output=True, text=True, check=True).stdout.strip()

    def start(self, address=DEVICE + ":502"):
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", address)}, prefix=self.box.within,
                               listen=GATE + ":502", addresses=(CONSOLE,))
        self.gate.until_heard("alex")

    def test_h30_without_the_rules_a_console_reaches_the_device(self):
        """What the rules are for: this is no network to treat in."""
        self.assertTrue(self.console.knock(DEVICE, 502).endswith("0064"))  # 10 J/cm2

    def test_h30_the_gate_is_the_only_way(self):
        self.box.run("nft", "-f", RULES)
        self.start()
        self.assertTrue(self.console.knock(GATE, 502).endswith("0064"))  # through the gate
        for address, port in ((DEVICE, 502), (GATE_AT_DEVICES, 502), (GATE, 22)):
            with self.subTest(address=address, port=port):
                self.assertEqual(self.console.knock(address, port), "TimeoutError")
        self.session(self.gate, "alex")
        write = "000200000006010600100096"
        self.assertEqual(self.console.knock(GATE, 502, write), write)
        self.assertEqual(self.tell("get", "fluence"), "15 J/cm2")
        # nor does a device reach anybody, nor a console that is not on the list
        self.assertEqual(self.laser.knock(CONSOLE, 502), "TimeoutError")
        self.assertEqual(self.laser.knock(GATE, 502), "TimeoutError")
        self.console.run("ip", "address", "flush", "dev", "eth0")
        self.console.card("eth0", "192.0.2.99")
        self.assertEqual(self.console.knock(GATE, 502), "TimeoutError")

    def test_h14_a_write_that_the_network_held_back_does_not_arrive_later(self):
        """Lost on its way, as often as it is sent; the kernel must not go on trying when it is given up."""
        self.start()
        self.session(self.gate, "alex")
        client = self.client(self.gate)
        self.laser.run("nft", LOSE_WRITES)
        write = "000200000006010600100096"
        self.assertEqual(self.console.knock(GATE, 502, write), "000200000003018604")
        self.laser.run("nft", "delete", "table", "ip", "bad")
        self.gate.until(lambda d: d["alex"]["link"] == "up" and not d["alex"]["outcome_unknown"], client)
        self.tell("wait", "3000 ms")  # longer than any of the kernel's first tries
        self.assertEqual(self.tell("log"), "[]")
        self.assertEqual(self.tell("get", "fluence"), "10 J/cm2")

    def test_h14_nor_through_a_serial_server(self):
        self.start("rtu+tcp:" + DEVICE + ":4001")
        self.session(self.gate, "alex")
        client = self.client(self.gate)
        self.laser.run("nft", LOSE_RTU_WRITES)
        write = "000200000006010600100096"
        self.assertEqual(self.console.knock(GATE, 502, write), "000200000003018604")
        self.laser.run("nft", "delete", "table", "ip", "bad")
        self.gate.until(lambda d: d["alex"]["link"] == "up" and not d["alex"]["outcome_unknown"], client)
        self.tell("wait", "3000 ms")
        self.assertEqual(self.tell("log"), "[]")

    def test_h30_the_rules_take_the_place_of_themselves(self):
        for _ in range(2):
            self.box.run("nft", "-f", RULES)
        self.assertEqual(self.box.run("nft", "list", "tables"), "table inet dosegate\n")


if __name__ == "__main__":
    unittest.main()
