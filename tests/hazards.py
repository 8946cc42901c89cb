"""Hazard, control, test: prints the table of tests/hazards.txt as Markdown, with all that is open, and checks
it against the house: every control must be where it is said to be, every test must exist, and nothing may be
without one that is not declared open. Wants built programs (cmake --build --preset dev).

  python3 tests/hazards.py            the table; ends with 1 when something is wrong with it, which it says
  python3 tests/hazards.py H02 W41    only these
  python3 tests/hazards.py --check    says only what is wrong
"""
import ast
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TABLE = os.path.join(HERE, "hazards.txt")
SYSTEM = os.path.join(HERE, "system")
CONCERNS = ("wire", "device", "time", "people", "records", "program")
WANT_SCENARIO = ("wire", "device", "time")
KINDS = ("system", "unit", "fuzz", "floors")


def text_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


class Control:
    def __init__(self, line, words, where):
        self.line, self.words, self.where = line, words, where
        self.tests = []  # [(line, kind, name)]


class Hazard:
    def __init__(self, line, id_, concern, situation):
        self.line, self.id, self.concern, self.situation = line, id_, concern, situation
        self.controls, self.open = [], []

    def tests(self):
        return [test for control in self.controls for test in control.tests]


class Table:
    """What the file says; what cannot be understood is in self.wrong."""

    def __init__(self, text):
        self.hazards, self.wrong = [], []
        self.one = self.control = None
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self.take(number, line)

    def take(self, number, line):
        head = re.fullmatch(r"([HW]\d\d) (\w+): (\S.*)", line)
        control = re.fullmatch(r" +control (\S.*?) \| (\S.*)", line)
        left = re.fullmatch(r" +open (\S.*)", line)
        test = re.fullmatch(rf" +({'|'.join(KINDS)}) (\S.*)", line)
        if head:
            self.one, self.control = Hazard(number, *head.groups()), None
            self.hazards.append(self.one)
        elif self.one and control:
            self.control = Control(number, *control.groups())
            self.one.controls.append(self.control)
        elif self.one and left:
            self.one.open.append(left.group(1))
            self.control = None
        elif self.control and test:
            self.control.tests.append((number, *test.groups()))
        elif self.one and test and self.one.open:
            self.wrong.append((number, f"{self.one.id} has a test below what is declared open: {line.strip()}; make it a "
                               "control"))
        else:
            self.wrong.append((number, f"not understood: {line.strip()}"))


class SystemTests:
    """Classes and their tests, read and not run: so that no program and no library is wanted for it."""

    def __init__(self):
        self.classes = {}  # {(module, class): (bases, tests)}
        self.imported = {}  # {(module, name): module it is from}
        for path in sorted(glob.glob(os.path.join(SYSTEM, "*.py"))):
            self.read(os.path.basename(path)[:-3], ast.parse(text_of(path)))

    def read(self, module, tree):
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                self.imported.update({(module, name.name): node.module for name in node.names})
            if isinstance(node, ast.ClassDef):
                tests = [f.name for f in node.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")]
                self.classes[module, node.name] = ([ast.unparse(base) for base in node.bases], tests)

    def bases(self, module, class_):
        """Of a class, itself and all it comes from, as (module, class)."""
        if (module, class_) not in self.classes:
            module = self.imported.get((module, class_), module)
        yield module, class_
        for base in self.classes.get((module, class_), ([], []))[0]:
            of, _, name = base.rpartition(".")
            yield from self.bases(of or module, name)

    def has(self, name):
        """"test_x.Class.test", of its own or of a class it comes from; and a class that is run."""
        parts = name.split(".")
        bases = list(self.bases(*parts[:2])) if len(parts) == 3 and tuple(parts[:2]) in self.classes else []
        return ("unittest", "TestCase") in bases and \
            any(parts[2] in self.classes[base][1] for base in bases if base in self.classes)

    def named_after_hazards(self):
        """{id: [test]}: those whose name begins with a hazard's id."""
        found = {}
        for (module, class_), (_, tests) in self.classes.items():
            for test in tests:
                id_ = re.match(r"test_([hw]\d\d)_", test)
                if id_:
                    found.setdefault(id_.group(1).upper(), []).append(f"{module}.{class_}.{test}")
        return found


class House:
    """What there is: tests, presets, files."""

    def __init__(self):
        sys.path.insert(0, SYSTEM)
        import test_sim_presets  # pylint: disable=import-outside-toplevel
        self.presets = test_sim_presets.hazards()
        self.system = SystemTests()
        self.named = self.system.named_after_hazards()

    def scenarios(self, id_):
        return [f"preset {name}" for name, ids in self.presets.items() if id_ in ids] + \
               [f"system {name}" for name in self.named.get(id_, [])]

    def has(self, kind, name):
        return getattr(self, "has_" + kind)(name)

    def has_system(self, name):
        return self.system.has(name)

    def has_unit(self, name):
        """A function that is run, or the sentence at the head of a row."""
        program, _, test = name.partition(" ")
        files = glob.glob(os.path.join(HERE, "unit", "*", program + ".c"))
        if not files or not test:
            return False
        text = text_of(files[0])
        if test.startswith('"'):
            return re.search(r"[{(]\s*(?:\.name = )?" + re.escape(test), text) is not None
        return re.search(rf"\b(?:cmocka_unit_test\w*|[A-Z_]+)\(\s*{re.escape(test)}\b", text) is not None

    def has_fuzz(self, name):
        return os.path.exists(os.path.join(HERE, "fuzz", name + ".c"))

    def has_floors(self, name):
        return re.search(rf"(?m)^check # .*{re.escape(name)}", text_of(".ci", "floors")) is not None

    def has_place(self, where):
        file, _, symbol = where.partition(" ")
        path = os.path.join(ROOT, file)
        return os.path.isfile(path) and (not symbol or re.search(rf"\b{re.escape(symbol)}\b", text_of(file)) is not None)


def wrong_in_numbers(hazards):
    """Ids run from 01 without a gap, each once."""
    for letter in "HW":
        ids = [hazard.id for hazard in hazards if hazard.id[0] == letter]
        wanted = [f"{letter}{n:02d}" for n in range(1, len(ids) + 1)]
        if ids != wanted:
            yield 1, f"the ids are not {letter}01 to {letter}{len(ids):02d}, each once and in order: " + \
                next(a for a, b in zip(ids, wanted) if a != b)


def wrong_in_control(hazard, control, house, scenarios):
    if not house.has_place(control.where):
        yield control.line, f"{hazard.id}: there is no {control.where}"
    if not control.tests and not scenarios:
        yield control.line, f'{hazard.id}: no test of "{control.words}"'
    for line, kind, name in control.tests:
        if not house.has(kind, name):
            yield line, f"{hazard.id}: there is no test {kind} {name}"


def wrong_in_hazard(hazard, house):
    scenarios = house.scenarios(hazard.id)
    if hazard.concern not in CONCERNS:
        yield hazard.line, f'{hazard.id}: "{hazard.concern}" is none of {", ".join(CONCERNS)}'
    if not hazard.controls and not hazard.open:
        yield hazard.line, f"{hazard.id}: no control, and not declared open"
    if not hazard.controls and hazard.open and scenarios:
        yield hazard.line, f"{hazard.id}: declared open, and meanwhile there is {scenarios[0]}"
    for control in hazard.controls:
        yield from wrong_in_control(hazard, control, house, scenarios)
    if hazard.controls and hazard.concern in WANT_SCENARIO and not scenarios and \
            not any(kind == "system" for _, kind, _ in hazard.tests()):
        yield hazard.line, f"{hazard.id}: concerns the {hazard.concern}, and no scenario shows it"


def complaints(table, house):
    """[sentence with file and line] of all that is wrong."""
    wrong = list(table.wrong) + list(wrong_in_numbers(table.hazards))
    for hazard in table.hazards:
        wrong += wrong_in_hazard(hazard, house)
    known = {hazard.id for hazard in table.hazards}
    for name, ids in house.presets.items():
        wrong += [(1, f"preset {name} is a scenario of {id_}, which is no hazard") for id_ in ids if id_ not in known]
    for id_, tests in house.named.items():
        wrong += [(1, f"{tests[0]} is named after {id_}, which is no hazard")] if id_ not in known else []
    return [f"tests/hazards.txt:{line}: {words}" for line, words in sorted(wrong)]


def row(hazard, house):
    def cell(parts):
        return "<br>".join(parts)
    tests = [f"`{name}`" for name in house.scenarios(hazard.id)]
    tests += [f"`{kind} {name}`" for _, kind, name in hazard.tests() if f"`{kind} {name}`" not in tests]
    controls = [f"{control.words} (`{control.where}`)" for control in hazard.controls]
    controls += [f"**open:** {words}" for words in hazard.open]
    return f"| {hazard.id} | {hazard.situation} | {cell(controls)} | {cell(dict.fromkeys(tests))} |"


def say(hazards, house):
    print("| | what may happen | what stands against it | which tests show it |\n|---|---|---|---|")
    for hazard in hazards:
        print(row(hazard, house))
    left = [(hazard.id, words) for hazard in hazards for words in hazard.open]
    controls = sum(len(hazard.controls) for hazard in hazards)
    tests = {name for hazard in hazards for name in house.scenarios(hazard.id)}
    tests |= {f"{kind} {name}" for hazard in hazards for _, kind, name in hazard.tests()}
    print(f"\n{len(hazards)} hazards and ways, {controls} controls, {len(tests)} tests, {len(left)} open:")
    for id_, words in left:
        print(f"- {id_}: {words}")


def main(words):
    table, house = Table(text_of("tests", "hazards.txt")), House()
    known = {hazard.id for hazard in table.hazards}
    wanted = [word for word in words if word != "--check"]
    if not known.issuperset(wanted):
        sys.exit("usage: hazards.py [--check] [H01...]: " + ", ".join(set(wanted) - known) + " is no hazard")
    if "--check" not in words:
        say([hazard for hazard in table.hazards if not wanted or hazard.id in wanted], house)
    wrong = complaints(table, house)
    for words_ in wrong:
        print(words_, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
