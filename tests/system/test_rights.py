"""Who may do what: each role tries each action against a real gate, cell by cell.

The table stands here a second time, by hand. A cell that is yes gets past the question who may; what
the gate says then is about what was asked. A cell that is no is told so, and nothing else.
"""
import re
import unittest

from house import PEOPLE, ROOT, SIGNERS, Case, Refused

NOT_PROVED, NOT_ALLOWED = -32001, -32002
ROLES = ("operator", "physician", "director", "engineer", "safety_officer", "auditor")

SECRET, BOTH, SIGNED = "secret", "secret and code", "signed: secret and code again"

# action: the methods of it, a cell for each role, what is proved
TABLE = {
    "start sessions and correct facts": (("session.start", "session.fact"), "yy....", SECRET),
    "ask for an override": (("hold.ask", "hold.answer"), "yy....", SECRET),
    "approve a hold": (("hold.approve", "hold.live", "people.phone"), ".yy...", SIGNED),
    "deny a hold": (("hold.deny",), ".yy...", SECRET),
    "revoke a grant, end a session": (("grant.revoke", "session.end"), "yyy.y.", SECRET),
    "say which console sets a device": (("lease.take", "lease.release"), "yy....", SECRET),
    "clear an alarm": (("alarm.clear",), ".yyyy.", SECRET),
    "record the reading of a test area": (("test.read",), ".yy...", BOTH),
    "look at a patient's history, logs and ledger rows":
        (("patient.history", "hold.history", "session.log", "ledger.rows"), "yyy.yy", SECRET),
    "propose a library": (("library.propose",), ".yyyy.", SECRET),
    "activate a library that another person proposed": (("library.activate",), "..y...", SIGNED),
    "say that the clock is right": (("clock.accept",), "..y...", SECRET),
    "record the wire": (("record.start", "record.stop"), "..yy..", SECRET),
    "add people": (("people.add",), "..y...", BOTH),
    "check in as the physician who supervises": (("presence.in", "presence.out"), ".yy...", BOTH),
    "record training": (("training.add",), "..y.y.", BOTH),
    "change one's own secret and second factor": (("people.enrol", "people.confirm", "people.secret"), "yyyyyy", SECRET),
    "let somebody in again, two together": (("people.recover",), "yyyyy.", SECRET),
}

# What nobody has to log in for.
OPEN = {"hello", "login", "status", "devices", "library", "library.list", "library.files",
        "library.file", "library.history", "watch", "explain", "session.show", "hold.list",
        "hold.show", "stop", "people.list", "people.renew", "training.list", "presence.list", "ledger.tail"}

# Enough to be understood, where nothing at all would be refused before anybody looks who asks.
PARAMS = {
    "people.add": {"name": "x", "printed": "X", "role": "operator", "secret": "short"},
    "session.log": {"session": 1}, "patient.history": {"patient": "P-4711"},
    "library.propose": {"dir": "/nowhere"},
}


class Rights(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("each_cell")
        cls.case = case
        laser = case.sim("alexandrite_755.cfg")
        cls.house_ = case.house({"alex": (1, "alexandrite_755.cfg", laser.port)})
        cls.client_of = {role: case.client(cls.house_, name, code=role in SIGNERS)
                         for name, role in PEOPLE.items()}
        cls.half = {role: case.client(cls.house_, name) for name, role in PEOPLE.items()}

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()
        super().tearDownClass()

    def each_cell(self):
        """Only here so that the house can be opened before the first test."""

    def answer(self, client, method):
        """The code of the refusal, with its sentence; (0, "") when it was done."""
        try:
            client.call(method, device="alex", **PARAMS.get(method, {}))
        except Refused as no:
            return no.code, no.message
        return 0, ""

    def test_each_role_may_what_its_cells_say(self):
        for action, (methods, cells, _) in TABLE.items():
            for method in methods:
                for role, cell in zip(ROLES, cells):
                    with self.subTest(f"{role}: {method}"):
                        code, said = self.answer(self.client_of[role], method)
                        if cell == "y":
                            self.assertNotIn(code, (NOT_ALLOWED, NOT_PROVED), said)
                        else:
                            self.assertEqual(code, NOT_ALLOWED, said)
                            self.assertRegex(said, f"is {role.replace('_', ' ')} and may not {action}$")

    def test_where_a_code_is_wanted_the_secret_alone_does_nothing(self):
        for methods, cells, factor in TABLE.values():
            for method in methods if factor == BOTH else ():
                for role, cell in zip(ROLES, cells):
                    with self.subTest(f"{role}: {method}"):
                        code, _ = self.answer(self.half[role], method)
                        self.assertEqual(code, NOT_PROVED if cell == "y" else NOT_ALLOWED)

    def test_nobody_may_what_stands_in_the_table(self):
        nobody = self.case.client(self.house_)
        for methods, _, _ in TABLE.values():
            for method in methods:
                with self.subTest(method):
                    code, said = self.answer(nobody, method)
                    self.assertEqual((code, said), (NOT_PROVED, "log in first: who are you?"))

    def test_everything_else_wants_no_login(self):
        nobody = self.case.client(self.house_)
        for method in OPEN - {"login"}:
            with self.subTest(method):
                self.assertNotIn(self.answer(nobody, method)[0], (NOT_PROVED, NOT_ALLOWED))

    def test_the_table_has_every_action_and_every_method(self):
        code, said, _ = self.house_.ctl("rights")
        self.assertEqual(code, 0)
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in said.splitlines()]
        self.assertEqual(rows[0][1:], [role.replace("_", " ") for role in ROLES] + ["proved by"])
        told = {row[0]: ("".join("y" if cell == "yes" else "." for cell in row[1:-1]), row[-1])
                for row in rows[2:]}
        self.assertEqual(told, {action: (cells, factor) for action, (_, cells, factor) in TABLE.items()})
        with open(f"{ROOT}/daemon/house/methods.c", encoding="utf-8") as f:
            methods = set(re.findall(r'\{"([a-z.]+)",', f.read()))
        ours = {method for of, _, _ in TABLE.values() for method in of}
        self.assertEqual(methods, ours | OPEN)


if __name__ == "__main__":
    unittest.main()
