"""Every preset, each against a real gate with the oracle watching; what the scenario expects of the
wire, of the gate and of the oracle stands in its file in sim/scenarios."""
import os
import re
import subprocess
import tempfile
import unittest

from house import BUILD, PATIENCE, PROFILES, ROOT, House, Sim, secret_of

SIM = os.path.join(BUILD, "dosegate-sim")
SCENARIOS = os.path.join(ROOT, "sim", "scenarios")
DEVICES = {"alexandrite_755": ("alex", 1), "ndyag_1064": ("yag", 2), "rf_monopolar": ("rf", 3)}


def rows():
    """[(preset, profile, hazards)], as the program lists them."""
    said = subprocess.run([SIM, "preset"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    return re.findall(r"(?m)^\| `([a-z0-9-]+)` \| `(\w+)` \| .* \| ([HW0-9 ]*) \|$", said)


def listed():
    """{preset: profile}"""
    return {preset: profile for preset, profile, _ in rows()}


def hazards():
    """{preset: [ids of the hazards it is a scenario of]}"""
    return {preset: ids.split() for preset, _, ids in rows()}


class Presets:
    """A gate and its devices for all tests of a class; each preset begins with everything as new."""

    devices = DEVICES

    @classmethod
    def line(cls, name):
        """How masters come to the device, and where its gate finds it when that is no port."""
        return None, None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="dosegate-presets-")
        cls.sims, listed = {}, {}
        for profile, (name, unit) in cls.devices.items():
            lines, address = cls.line(name)
            sim = Sim(profile + ".cfg", 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=50 ms", "--library",
                      PROFILES, "--control", cls.path(name + ".sock"), lines=lines)
            cls.sims[name] = sim
            listed[name] = (unit, profile + ".cfg", address or sim.port)
        cls.house = House(listed)
        cls.house.until_heard(*cls.sims)
        cls.options = ["--to", f"127.0.0.1:{cls.house.port}", "--gate", cls.house.socket]
        for option, person in (("--operator", "olga"), ("--physician", "phil")):
            with open(cls.path(person + ".secret"), "w", encoding="utf-8") as f:
                f.write(secret_of(person) + "\n" + cls.house.seeds.get(person, "") + "\n")
            cls.options += [option, f"{person}={cls.path(person + '.secret')}"]

    @classmethod
    def tearDownClass(cls):
        cls.house.close()
        for sim in cls.sims.values():
            sim.quit()
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def play(self, preset, profile, *options):
        name, unit = self.devices[profile]
        done = subprocess.run([SIM, "preset", preset, *self.options, "--name", name, "--unit", str(unit),
                               "--device", self.path(name + ".sock"), *options],
                              capture_output=True, text=True, timeout=6 * PATIENCE, check=False, cwd=ROOT)
        return done.returncode, done.stdout + done.stderr


class Nasty(Presets, unittest.TestCase):
    def test_none_is_missing(self):
        """Those that were asked for by name, and at least as many again."""
        wanted = {"two-writes-race", "late-reply", "half-float", "front-panel-edit", "spot-after-fluence",
                  "machine-speed-edits", "reboot-armed", "defaults-after-reboot", "stuck-stop",
                  "badecho-on-write", "twice-reply"}
        self.assertLessEqual(wanted, set(listed()))
        self.assertGreaterEqual(len(listed()), 2 * len(wanted))

    def test_each_ends_with_the_word_of_the_oracle(self):
        for preset in listed():
            with open(os.path.join(SCENARIOS, preset + ".steps"), encoding="utf-8") as f:
                self.assertRegex(f.read().rstrip().splitlines()[-1], r"^oracle (clean|blames \w+)$", preset)

    def test_without_a_gate_the_oracle_finds_them_out(self):
        """A console that speaks to the device itself: what was refused behind the gate passes, and is blamed."""
        for preset in ("spot-after-fluence", "width-after-fluence"):
            with self.subTest(preset):
                sim = self.sims["alex"]
                code, said = self.play(preset, "alexandrite_755", "--to", f"127.0.0.1:{sim.port}", "--unit", "1")
                self.assertEqual(code, 1, said)
                self.assertIn("expected exception 03, got ok", said)

    def test_an_unknown_preset_names_the_nearest(self):
        code, said = self.play("late-repply", "alexandrite_755")
        self.assertEqual(code, 1)
        self.assertIn('unknown preset "late-repply"; did you mean "late-reply"?', said)

    def test_a_hazard_is_all_presets_that_show_it(self):
        shown = [preset for preset, ids in hazards().items() if "H39" in ids]
        code, said = self.play("H39", "alexandrite_755")
        self.assertEqual((code, said), (0, "".join(f"{preset}: ok\n" for preset in shown if listed()[preset] ==
                                                   "alexandrite_755")))
        self.assertGreater(said.count("\n"), 1)
        code, said = self.play("H99", "alexandrite_755")
        self.assertEqual((code, said), (1, "dosegate-sim: no preset for alexandrite_755 is a scenario of H99\n"))

    def test_a_scenario_for_another_device_is_refused(self):
        code, said = self.play("half-float", "alexandrite_755")
        self.assertEqual(code, 1)
        self.assertIn("the case is for ndyag_1064_lp, and the device is of alexandrite_755_lp", said)


class NastyOnASerialLine(Presets, unittest.TestCase):
    """The same, where the gate and the laser share a terminal. What is only said of Modbus/TCP stays out."""

    devices = {"alexandrite_755": DEVICES["alexandrite_755"]}
    presets = ("arm-race", "badecho-on-write", "cut-in-the-answer", "deaf-stop", "front-panel-edit-firing",
               "grant-used-up", "late-reply", "line-lost-armed", "machine-speed-edits", "noise-on-the-line",
               "reboot-armed", "silent-write", "stuck-stop", "twice-reply", "two-writes-race")

    @classmethod
    def line(cls, name):
        link = cls.path("tty-" + name)
        return ("--rtu", "--link", link), f"rtu:{link}:115200:8N1:silence=10 ms"


def one(preset, profile):
    def test(self):
        code, said = self.play(preset, profile)
        self.assertEqual((code, said), (0, preset + ": ok\n"))
    return test


def give_tests(case):
    for preset, profile in listed().items():
        if preset in getattr(case, "presets", [preset]):
            setattr(case, "test_" + preset.replace("-", "_"), one(preset, profile))


give_tests(Nasty)
give_tests(NastyOnASerialLine)


if __name__ == "__main__":
    unittest.main()
