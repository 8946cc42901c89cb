"""The simulator's handbook in README: its examples run as they stand, its tables are printed ones."""
import os
import re
import socket
import subprocess
import tempfile
import unittest

from house import BUILD, PATIENCE, ROOT

SIM = os.path.join(BUILD, "dosegate-sim")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Handbook(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
            self.text = f.read()
        self.running = []
        self.addCleanup(self.end)

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.terminate()
            process.wait(PATIENCE)
            process.stdout.close()

    def part(self, name):
        return re.search(rf"(?s)<!-- {name}:[^>]*-->\n(.*?)<!-- /{name} -->", self.text).group(1)

    def examples(self):
        """[(command, what it says)]: "$ " begins a command, "> " goes on with it."""
        found = []
        for line in self.part("handbook").splitlines():
            if line.startswith("    $ "):
                found.append([line[6:], []])
            elif line.startswith("    > "):
                found[-1][0] += "\n" + line[6:]
            elif line.startswith("    ") and found and not line.startswith("    dosegate-sim preset"):
                found[-1][1].append(line[4:])
        return [(command, "\n".join(said)) for command, said in found]

    def run_one(self, command):
        """What it says; one that stays in the background is heard once."""
        env = dict(os.environ, PATH=BUILD + os.pathsep + os.environ["PATH"])
        background = command.endswith("&")
        process = subprocess.Popen(["bash", "-c", ("exec " if background else "") + command.rstrip("& ")], cwd=ROOT,
                                   env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        if background:
            self.running.append(process)
            return process.stdout.readline().rstrip("\n")
        said, _ = process.communicate(timeout=PATIENCE)
        return said.rstrip("\n")

    def test_the_examples_say_what_they_say(self):
        examples = self.examples()
        self.assertGreater(len(examples), 15)
        with tempfile.TemporaryDirectory(prefix="dosegate-book-") as folder:
            port = str(free_port())
            for command, wanted in examples:
                with self.subTest(command):
                    said = self.run_one(command.replace("/tmp/", folder + "/").replace("1601", port))
                    pattern = ".*".join(re.escape(part) for part in wanted.replace("1601", port).split("…"))
                    self.assertRegex(said, re.compile(rf"\A{pattern}\s*\Z", re.S))

    def test_the_tables_are_printed(self):
        for name in ("faults", "preset"):
            printed = subprocess.run([SIM, name], capture_output=True, text=True, cwd=ROOT, check=True).stdout
            told = self.part(name if name == "faults" else "presets")
            self.assertEqual(told.strip(), printed.strip(), name)

    def test_help_names_every_step_that_scenarios_use(self):
        told = subprocess.run([SIM, "--help"], capture_output=True, text=True, check=True).stdout
        steps = set()
        folder = os.path.join(ROOT, "sim", "scenarios")
        for name in os.listdir(folder):
            if name.endswith(".steps"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    steps |= {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
        for step in steps:
            self.assertRegex(told, rf"(?m)^    {step}\b", step)


if __name__ == "__main__":
    unittest.main()
