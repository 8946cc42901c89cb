"""The wall clock against the ledger: a clock that is behind it opens no session."""
import hashlib
import os
import sqlite3
import struct
import time
import unittest

from house import Refused
from test_judged import Judged

HOUR = 3600 * 1000


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def number(value):
    return struct.pack("<QQ", 8, value)


def add_row(path, at):
    """A row of that time at the ledger's end, as the gate would have written it then."""
    db = sqlite3.connect(path)
    seq, prev = db.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    fields = (seq + 1, "stop", at, 1, "boot", "{}")
    data = number(fields[0]) + text(fields[1]) + number(at) + number(1) + text("boot") + text("{}") \
        + struct.pack("<Q", len(prev)) + prev
    db.execute("INSERT INTO ledger VALUES(?,?,?,?,?,?,?,?)",
               fields + (prev, hashlib.blake2b(data, digest_size=32).digest()))
    db.commit()
    db.close()


class Clock(Judged):
    def begin_behind(self, ms):
        self.gate.gate.end()
        add_row(os.path.join(self.gate.state, "ledger.db"), int(time.time() * 1000) + ms)
        self.gate.start()
        self.gate.until_heard("alex")

    def test_behind_the_ledger_no_session_begins_until_the_director_has_looked(self):
        self.begin_behind(2 * HOUR)
        with self.assertRaises(Refused) as no:
            self.open()
        self.assertRegex(no.exception.message, r"the clock says 20\d\d-.* and the ledger has a row of 20")
        with self.assertRaises(Refused) as no:
            self.client(self.gate, "phil").call("clock.accept", reason="looks right")
        self.assertEqual(no.exception.code, -32002)
        code, _, _ = self.gate.ctl("clock", "accept", person="dora")
        self.assertEqual(code, 2)
        code, out, _ = self.gate.ctl("clock", "accept", "--reason", "battery was empty", person="dora")
        self.assertEqual((code, out.split(";")[0]), (0, "accepted"))
        self.assertEqual(self.open()["state"], "open")
        self.gate.until_recorded(lambda r: r["kind"] == "clock" and "battery was empty" in r["body"]["text"])

    def test_what_was_accepted_stays_so_after_a_restart(self):
        self.begin_behind(2 * HOUR)
        self.client(self.gate, "dora").call("clock.accept", reason="battery was empty")
        self.gate.gate.end()
        self.gate.start()
        self.gate.until_heard("alex")
        self.assertEqual(self.open()["state"], "open")

    def test_a_stop_passes_whatever_the_clock_says(self):
        self.begin_behind(2 * HOUR)
        self.assertTrue(self.client(self.gate).call("stop", device="alex")["stopped"])

    def test_a_clock_that_has_caught_up_is_well(self):
        self.begin_behind(-1000)
        self.assertEqual(self.open()["state"], "open")


if __name__ == "__main__":
    unittest.main()
