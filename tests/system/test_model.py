"""The life of a hold and its grant as a model (tests/model/hold.pml), looked through to the end by spin: every order in
which asks, two physicians, the ledger, time, changes and a crash can come. A model that cannot fail proves nothing, so it
is broken in each place that carries a promise, and in its table of moves, and spin must find each."""
import os
import re
import subprocess
import tempfile
import unittest

from house import BUILD, ROOT

MODEL = os.path.join(ROOT, "tests", "model")

# What is broken, and the promise that then fails: a part of the assertion, without blanks.
BROKEN = {
    "ACT_BEFORE_INTENT": "intent",
    "ACT_BEFORE_SIGNED": ">=needed",
    "ANY_VERSION": ">=needed",
    "NEVER_SPENT": "!(used)",
    "NOT_JUDGED_AGAIN": "!(over)",
    "ONE_IS_ENOUGH": ">=needed",
    "ONE_PERSON_TWICE": ">=needed",
    "OWN_REQUEST": "signed_for[true_asker]==0",
    "TWO_DOSES": ">=needed",
    "OUTLIVES_SESSION": "for_context==context",
    "REMEMBERS": "!(over)",
    "REVOKE_FORGETS": "!(over)",
    "STOP_LATER": "!(armed)",
    "USED_AT_ALL": "broken!=14",
}
# A line of the table with another end, and what then fails.
WRONG_MOVES = (("HOLD_GRANTED", "HOLD_REVOKE", "HOLD_GRANTED", "!(over)"),
               ("HOLD_CHECKING", "HOLD_REJECT", "HOLD_GRANTED", ">=needed"))


def run(folder, *argv, **more):
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=400, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{argv}: {done.stdout}{done.stderr}")
    return done.stdout


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        whole = tempfile.TemporaryDirectory(prefix="dosegate-model-")
        cls.addClassCleanup(whole.cleanup)
        cls.whole = whole.name
        with open(os.path.join(MODEL, "hold.pml"), encoding="utf-8") as f:
            cls.text = f.read()
        with open(os.path.join(MODEL, "hold_moves.pml"), encoding="utf-8") as f:
            cls.table = f.read()
        cls.build(os.path.join(cls.whole, "right"), cls.table, "-O1")

    @classmethod
    def build(cls, folder, table, *how):
        os.mkdir(folder)
        for name, text in (("hold.pml", cls.text), ("hold_moves.pml", table)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        run(folder, "spin", "-a", "hold.pml")
        run(folder, "gcc", *how, "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=700", "-o", "pan", "pan.c")

    def look(self, folder="right", broken=0):
        """Goes through all states, or to the first promise that fails; memory and depth are bounded, and it is said when
        that was not enough."""
        said = run(os.path.join(self.whole, folder), "./pan", "-E", "-m100000", "-w22",
                   env=dict(os.environ, BROKEN=str(broken)))
        for bound in ("depth too small", "out of memory", "reached -DMEMLIM", "Search not completed"):
            if broken == 0 and folder == "right":
                self.assertNotIn(bound, said)
        return said

    def fails(self, said, promise):
        self.assertIn("errors: 1", said)
        violated = re.search(r"assertion violated (.*) \(at depth", said)
        self.assertIsNotNone(violated, said)
        self.assertIn(promise, violated.group(1).replace(" ", ""))

    def test_the_table_in_the_model_is_the_table_of_the_gate(self):
        self.assertEqual(self.table, run(self.whole, os.path.join(BUILD, "hold_moves")))

    def test_what_is_promised_holds_in_every_order(self):
        said = self.look()
        self.assertIn("errors: 0", said)
        self.assertGreater(int(re.search(r"(\d+) states, stored", said).group(1)), 100000)

    def test_each_promise_is_found_when_it_is_broken(self):
        numbers = dict(re.findall(r"^#define (\w+) +(\d+) +/\*", self.text[:self.text.index("byte broken")], re.M))
        self.assertEqual(set(numbers), set(BROKEN))
        for name, promise in BROKEN.items():
            with self.subTest(name):
                self.assertGreater(len(re.findall(rf"\b{name}\b", self.text)), 1)
                self.fails(self.look(broken=int(numbers[name])), promise)

    def test_a_wrong_line_in_the_table_is_found(self):
        for state, event, instead, promise in WRONG_MOVES:
            with self.subTest(f"{state} {event}"):
                table, n = re.subn(rf"({state} && by == {event}\) -> state = )\w+", rf"\g<1>{instead}", self.table)
                self.assertEqual(n, 1)
                self.build(os.path.join(self.whole, state), table, "-O0")
                self.fails(self.look(state), promise)


if __name__ == "__main__":
    unittest.main()
