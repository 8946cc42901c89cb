"""README says what the code says: the map, the methods, the codes, the files, the commands."""
import glob
import os
import re
import shlex
import subprocess
import unittest

from house import BUILD, PATIENCE, ROOT

CTL = os.path.join(BUILD, "dosegatectl")


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def run(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


class Readme(unittest.TestCase):
    def setUp(self):
        self.text = text_of("README.md")

    def section(self, title):
        found = re.search(rf"(?ms)^##+ {re.escape(title)}$(.*?)(?=^##+ |\Z)", self.text)
        self.assertTrue(found, title)
        return found.group(1)

    def table(self, head):
        """The rows below a table's head, as lists of cells."""
        at = self.text.index(head)
        rows = []
        for line in self.text[at:].splitlines()[2:]:
            if not line.startswith("|"):
                break
            rows.append(cells(line))
        return rows

    def commands(self):
        """Every command line of the house in README: indented blocks and `code`."""
        found = re.findall(r"(?m)^ {4,}((?:dosegatectl|dosegated|dosegate-sim) .*)$", self.text)
        found += re.findall(r"`((?:dosegatectl|dosegated|dosegate-sim) [^`]*)`", self.text)
        return [shlex.split(one, comments=True) for one in found]

    def test_the_register_map_is_what_the_gate_answers(self):
        told = re.search(r"(?s)<!-- map:[^>]*-->\n(.*?)<!-- /map -->", self.text).group(1)
        code, printed = run(CTL, "map")
        self.assertEqual(code, 0)
        self.assertEqual(told.strip(), printed.strip())

    def test_the_events_are_those_the_gate_knows(self):
        told = re.search(r"(?s)<!-- events:[^>]*-->\n(.*?)<!-- /events -->", self.text).group(1)
        code, printed = run(CTL, "events")
        self.assertEqual(code, 0)
        self.assertEqual(told.strip(), printed.strip())

    def test_the_methods_are_those_of_the_table(self):
        table = re.search(r"(?s)\} methods\[\] = \{(.*?)\n\};", text_of("daemon", "house", "methods.c"))
        real = re.findall(r'\{"([a-z.]+)",', table.group(1))
        told = re.findall(r"(?m)^    → ([a-z.]+)\*? \{", self.section("The control socket"))
        self.assertEqual(sorted(told), sorted(real))
        self.assertEqual(len(told), len(set(told)))

    def test_starred_methods_are_those_that_want_a_login(self):
        starred = set(re.findall(r"(?m)^    → ([a-z.]+)\* ", self.section("The control socket")))
        real = set(re.findall(r'\{"([a-z.]+)", \w+, RIGHT_', text_of("daemon", "house", "methods.c")))
        self.assertEqual(starred, real | {"people.add"})  # which looks for itself

    def test_the_errors_of_the_control_socket(self):
        real = dict(re.findall(r"CONTROL_([A-Z_]+) = (-320\d\d)\b", text_of("include", "edge", "control.h")))
        told = re.findall(r"`(-320\d\d)`", self.section("The control socket"))
        self.assertEqual(sorted(told), sorted(real.values()))

    def test_the_exit_codes(self):
        real = re.findall(r"X\(EXIT_[A-Z_]+, (\d),", text_of("daemon", "ctl", "ctl.h"))
        sentence = re.search(r"(?s)its exit codes: (.*?)\. `--json`", self.text).group(1)
        self.assertEqual(re.findall(r"\b(\d) [a-z]", sentence), real)

    def test_the_exceptions(self):
        header = text_of("include", "core", "pdu.h")
        real = re.findall(r"X\(MB_[A-Z_]+, 0x([0-9A-F]{2}), \"", header)
        real = [code for code in real if code != "00"]
        told = [row[0] for row in self.table("| exception | what it means at the gate |")]
        self.assertEqual(told, real)

    def test_the_rights_are_those_of_the_map(self):
        told = re.search(r"(?s)<!-- rights:[^>]*-->\n(.*?)<!-- /rights -->", self.text).group(1)
        code, printed = run(CTL, "rights")
        self.assertEqual(code, 0)
        self.assertEqual(told.strip(), printed.strip())

    def test_where_is_it_decided_names_what_is_there(self):
        rows = self.table("| question | answer |")
        self.assertGreater(len(rows), 10)
        for question, answer in rows:
            names = re.findall(r"`([^`]+)`", answer)
            text = ""
            for name in [n for n in names if "/" in n]:
                found = glob.glob(os.path.join(ROOT, name) + ("*" if name.endswith("/") else ""))
                self.assertTrue(found, f"{question} {name}: there is no such file")
                text += "".join(text_of(path) for path in found)
            for name in [n for n in names if "/" not in n]:
                self.assertTrue(re.search(rf"\b{re.escape(name)}\b", text),
                                f"{question} {name} stands in none of its files")

    def test_files_named_in_prose_exist(self):
        for name in re.findall(r"`((?:profiles|daemon|include|sim|tests|\.ci)/[^`*A-Z ]+)`", self.text):
            self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)
        for name in re.findall(r"`([a-z0-9_]+\.cfg)`", self.text):
            self.assertTrue(os.path.exists(os.path.join(ROOT, "profiles", "devices", name)), name)
        for name in re.findall(r"\bsh ((?:sim|tests)/[a-z]+\.sh)", self.text):
            self.assertTrue(os.path.exists(os.path.join(ROOT, name)), name)

    def test_commands_of_dosegatectl_parse(self):
        commands = [c[1:] for c in self.commands() if c[0] == "dosegatectl"]
        self.assertGreater(len(commands), 10)
        for words in commands:
            with self.subTest(" ".join(words)):
                words = ["profiles" if word == "profiles-new" else word for word in words]
                code, said = run(CTL, "--socket", "/nowhere/control.sock", *words)
                wanted = {"map": 0, "events": 0, "rights": 0, "--help": 0, "ledger": 5, "answer": 5}.get(words[0], 1)
                verb = words[1] if words[0] == "library" and len(words) > 1 else ""
                if words[:2] == ["hold", "verify"]:
                    wanted = 5
                if verb in ("check", "show", "pages", "explain", "diff"):  # its files may be missing
                    wanted = 0 if code == 0 else 5
                self.assertEqual(code, wanted, said)  # 1: understood, and no gate is there

    def test_commands_of_the_gate_and_the_simulator_parse(self):
        code, said = run(os.path.join(BUILD, "dosegated"), "--config", "profiles/clinic.cfg", "--check")
        self.assertEqual(code, 0, said)
        for words in self.commands():
            for word in words:
                if word.startswith("profiles/"):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, word)), word)

    def test_presets_are_there(self):
        presets = text_of("CMakePresets.json")
        for name in ("dev", "release", "coverage", "fuzz"):
            self.assertIn(f'"{name}"', presets)
            self.assertIn(name, self.section("For the engineer"))

    def test_the_director_s_options_are_those_of_the_file(self):
        offered = re.findall(r'\{ name = "(\w+)"; default = "(\w+)"', text_of("profiles", "screening.cfg"))
        told = []
        for names, default in re.findall(r"(?m)^\| (`\w+`(?:, `\w+`)*) \| (adopted|dropped) \|",
                                         self.section("For the medical director")):
            told += [(name, default) for name in re.findall(r"`(\w+)`", names)]
        self.assertGreater(len(offered), 5)
        self.assertEqual(sorted(told), sorted(offered))

    def test_the_example_row_stands_in_the_protocol(self):
        example = re.search(r'\{ id = "(\w+)"; skin = \("III"\)', self.text).group(1)
        protocol = text_of("profiles", "protocols", "alexandrite_755_lp.cfg")
        self.assertIn(f'id = "{example}"', protocol)


if __name__ == "__main__":
    unittest.main()
