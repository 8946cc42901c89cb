"""dosegatectl on a connection on which somebody is logged in already: nothing of a secret passes."""
import json
import os
import socket
import subprocess
import unittest

from house import BUILD, PATIENCE
from life import DONE, NARROWER, NO_GATE, USAGE, WHO, Life


class ControlFd(Life):
    def ctl(self, person, *words, more=()):
        """On a connection of this person's (None: of nobody's): (exit code, output, errors)."""
        client = self.client(self.gate, person)
        fd = client.socket.fileno()
        done = subprocess.run([os.path.join(BUILD, "dosegatectl"), *words, "--control-fd", str(fd), *more],
                              pass_fds=(fd,), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False, env={"PATH": os.environ["PATH"]})
        return done.returncode, done.stdout, done.stderr

    def test_it_is_that_person(self):
        code, out, errors = self.ctl("dora", "report", "--json")
        self.assertEqual((code, errors), (DONE, ""))
        self.assertIn("days", json.loads(out))
        code, _, errors = self.ctl("egon", "report", "--json")
        self.assertEqual(code, WHO)
        self.assertIn("Egon is engineer and may not", errors)
        code, _, errors = self.ctl(None, "report", "--json")
        self.assertEqual(code, WHO)
        self.assertIn("log in first", errors)

    def test_libraries_of_the_store_are_compared(self):
        first = self.begin()
        other = self.propose(self.library("other", NARROWER))
        code, out, errors = self.ctl("dora", "library", "diff", first[:8], other[:8], "--json")
        self.assertEqual((code, errors), (DONE, ""))
        told = json.loads(out)
        self.assertEqual((told["from"], told["to"], told["count"]), (first, other, 4))
        self.assertEqual({one["how"] for one in told["sections"][0]["differences"]}, {"narrower"})
        code, out, errors = self.ctl("dora", "library", "rerun", other, "--json")
        self.assertEqual((code, errors), (DONE, ""))
        self.assertEqual((json.loads(out)["in_use"], json.loads(out)["proposed"]), (first, other))

    def test_nothing_is_signed_there(self):
        self.begin()
        other = self.propose(self.library("other", NARROWER))
        for _ in range(5):  # nor counted as a wrong secret
            code, _, errors = self.ctl("dora", "library", "activate", other, "--reason", "x")
            self.assertEqual(code, WHO)
            self.assertIn("--control-fd brings none", errors)
        self.activate(other)

    def test_what_is_no_connection(self):
        with open(os.devnull, "rb") as nothing, socket.socket(type=socket.SOCK_DGRAM) as other:
            for fd in (nothing.fileno(), other.fileno(), 999):
                done = subprocess.run([os.path.join(BUILD, "dosegatectl"), "report", "--control-fd", str(fd)],
                                      pass_fds=[fd] if fd != 999 else [], capture_output=True, text=True,
                                      timeout=PATIENCE, check=False)
                self.assertEqual(done.returncode, NO_GATE)
                self.assertIn(f"descriptor {fd} is no connection", done.stderr)

    def test_usage(self):
        for text in ("x", "2", "-1", ""):
            code, _, errors = self.gate.ctl("report", "--control-fd", text)
            self.assertEqual(code, USAGE)
            self.assertIn("--control-fd wants a number from 3 on", errors)
        code, _, errors = self.ctl("dora", "report", more=("--as", "dora"))
        self.assertEqual(code, USAGE)
        self.assertIn("leave --as", errors)


if __name__ == "__main__":
    unittest.main()
