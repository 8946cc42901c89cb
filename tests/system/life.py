"""What the tests of a library's life share: a gate with demo = false, and what people do there."""
import os
import re
import shutil
import signal

from house import PROFILES, WELL, Case, Refused, exception_of, past, secret_of

FLUENCE, SPOT, SPRAY, DELAY, PLAIN = 16, 17, 22, 23, 1000
STOP = 1
DONE, NO_GATE, USAGE, REFUSED, WHO, NOT_FOUND, BROKEN = range(7)
ALEX = "protocols/alexandrite_755_lp.cfg"
DEVICE = "devices/alexandrite_755.cfg"


def ceiling(joules):
    """Types III to VI at 18 mm: 16 J/cm2 becomes so many."""
    return (ALEX, r'(id = "alex755_18mm"(?:(?!\n    \{).)*?fluence = "\d+)\.\.16 J/cm2"',
            rf'\g<1>..{joules} J/cm2"', 4)


NARROWER = ceiling(14)
# of patients of 35: nothing was said, a physician decides
OLDER = ("screening.cfg", "age > 75", "age > 30")


def library_in(folder, *changes):
    """A copy of the shipped library, with a word changed here and there."""
    shutil.copytree(PROFILES, folder)
    for name, was, instead, *times in changes:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text, n = re.subn(was, instead, text, count=0 if times else 1, flags=re.S)
        assert n == (times[0] if times else 1), (name, was, n)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    return folder


class Life(Case):
    demo = False

    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set",
                               "ready_delay=50 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)}, demo=self.demo)
        self.folder = self.gate.folder.name
        self.gate.until_heard("alex")
        self.status = self.client(self.gate)

    # --- what people do

    def library(self, name, *changes):
        return library_in(os.path.join(self.folder, name), *changes)

    def propose(self, folder, person="egon", note="as read"):
        client = self.client(self.gate, person)
        return client.call("library.propose", dir=folder, note=note)["library"]

    def in_use(self):
        return self.client(self.gate).call("status")["in_use"]

    def activate(self, hash_, person="dora", **more):
        given = dict(hash=hash_, before=self.in_use().get("hash", ""), reason="read and compared",
                     secret=secret_of(person), code=self.gate.code(person))
        given.update(more)
        return self.client(self.gate, person).call("library.activate", **given)

    def begin(self, *changes, name="first"):
        """A library in use."""
        hash_ = self.propose(self.library(name, *changes))
        self.activate(hash_)
        self.gate.until_heard("alex")
        return hash_

    def open(self, patient="P-4711", skin="III", **facts):
        client = self.client(self.gate, "olga")
        return client.call("session.start", device="alex", patient=patient, indication="hair_removal",
                           site="axilla", facts=dict(WELL, skin_type=skin, **facts),
                           elsewhere=past("alexandrite_755_lp", "axilla"))

    def end(self):
        self.client(self.gate, "olga").call("session.end", device="alex")

    def set(self, address, *values):
        return exception_of(self.raw(self.gate).write(1, address, *values))

    def refused(self, code, *parts, what):
        with self.assertRaises(Refused) as no:
            what()
        self.assertEqual(no.exception.code, code, no.exception.message)
        for part in parts:
            self.assertIn(part, no.exception.message)
        return no.exception

    def libraries(self):
        return self.client(self.gate).call("library.list")["libraries"]

    def restart(self, how=signal.SIGTERM):
        self.gate.gate.end(how)
        self.gate.start()
        self.gate.until_heard("alex")

    def rows(self, event):
        """Rows follow answers: there is one at least, by now or in a moment."""
        return [row["body"] for row in self.gate.until_recorded(
            lambda row: row["kind"] == "library" and row["body"]["event"] == event)]

    def stored(self, *names):
        return os.path.join(self.gate.state, "libraries", *names)

    def ctl(self, code, *words, person=None, otp=False):
        got, out, err = self.gate.ctl(*words, person=person, code=otp)
        self.assertEqual(got, code, f"{words}: {out}{err}")
        self.assertNotIn("Sanitizer", err)
        return out + err
