"""The wire, recorded by the gate: both sides, every decision, no secret; bounded, and said when it ends."""
import json
import os
import re
import signal
import stat
import time

from house import PATIENCE, Case, Refused, exception_of, secret_of

FLUENCE = 16
LINE = re.compile(r"^(\d+) (gate|d\d+|c\d+\.\d+) ([=+\-><?!~*%.])(?: (.*))?$")


def lines_of(path):
    """[(microseconds, channel, event, what)], each line held against the format."""
    with open(path, encoding="utf-8") as f:
        head, *lines = f.read().splitlines()
    assert head == "# dosegate recording 1", head
    found, last = [], 0
    for line in lines:
        at, channel, event, what = LINE.match(line).groups()
        assert int(at) >= last, line
        last = int(at)
        found.append((last, channel, event, what or ""))
    return found


def rows_of(lines, kind):
    return [json.loads(what.split(" ", 1)[1]) for _, channel, event, what in lines
            if channel == "gate" and event == "*" and what.split(" ", 1)[0] == kind]


class Recording(Case):
    def setUp(self):
        self.device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=0 ms")
        self.gate = self.house({"alex": (1, "alexandrite_755.cfg", self.device.port)})
        self.gate.until_heard("alex")
        self.egon = self.client(self.gate, "egon")

    def start(self, name="wire.rec", **more):
        return self.egon.call("record.start", file=name, **more)["file"]

    def stop(self):
        return self.egon.call("record.stop")

    def test_a_story_is_in_the_file_from_both_sides(self):
        path = self.start()
        self.session(self.gate, "alex", skin_type="II")
        console = self.raw(self.gate)
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        self.assertEqual(exception_of(console.write(1, FLUENCE, 450)), 3)
        console.close()
        self.gate.until_recorded(lambda r: r["kind"] == "console" and "went away" in r["body"]["text"])
        told = self.stop()
        self.assertEqual((told["file"], told["by"], told["lost"], told["over"]), (path, "egon", 0, ""))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(path, os.path.join(self.gate.state, "recordings", "wire.rec"))

        lines = lines_of(path)
        gate = json.loads(next(w for _, c, e, w in lines if (c, e) == ("gate", "=")))
        device = json.loads(next(w for _, c, e, w in lines if (c, e) == ("d1", "=")))
        self.assertEqual(gate["library"], self.egon.call("hello")["library"])
        self.assertEqual((device["name"], device["units"], device["device_unit"], device["profile"]),
                         ("alex", [1], 1, "alexandrite_755"))
        self.assertEqual(lines[-1][1:], ("gate", ".", "stopped by egon"))

        # the console's side: asked, answered
        asked = [w for _, c, e, w in lines if c.startswith("c") and e == ">"]
        answered = [w for _, c, e, w in lines if c.startswith("c") and e == "<"]
        self.assertEqual(asked, ["000100000006010600100078", "0002000000060106001001c2"])
        self.assertEqual(answered, ["000100000006010600100078", "000200000003018603"])
        begun = [w for _, c, e, w in lines if c.startswith("c") and e == "+"]
        self.assertEqual(len(begun), 1)
        self.assertRegex(begun[0], r"^127\.0\.0\.1:\d+$")
        self.assertIn("closed: it went away", [w for _, c, e, w in lines if c.startswith("c") and e == "-"])

        # the device's side: only the write that was allowed, after its intent was recorded
        writes = [(i, w) for i, (_, c, e, w) in enumerate(lines) if (c, e) == ("d1", ">") and w[14:16] == "06"]
        self.assertEqual([w[14:] for _, w in writes], ["0600100078"])
        intent = next(i for i, (_, c, e, w) in enumerate(lines) if c == "gate" and w.startswith("intent "))
        self.assertLess(intent, writes[0][0])
        asks = sum(1 for _, c, e, _ in lines if (c, e) == ("d1", ">"))
        answers = sum(1 for _, c, e, _ in lines if (c, e) == ("d1", "<"))
        self.assertLessEqual(abs(asks - answers), 1)
        self.assertGreater(asks, 5)

        # decisions
        self.assertEqual([r["verdict"] for r in rows_of(lines, "intent")], ["ALLOWED"])
        refused = rows_of(lines, "refused")
        self.assertEqual([r["verdict"] for r in refused], ["HELD"])
        self.assertTrue(refused[0]["reasons"][0]["text"])
        act = rows_of(lines, "act")[0]
        self.assertEqual((act["method"], act["person"], act["role"]), ("session.start", "olga", "operator"))
        self.assertEqual(act["params"]["facts"]["skin_type"], "II")
        self.assertEqual(rows_of(lines, "past"), [{"patient": "P-4711", "rows": []}])
        looks = [json.loads(w) for _, c, e, w in lines if (c, e) == ("d1", "~") and w]
        self.assertEqual(looks[-1]["settings"]["fluence"], "12 J/cm2")
        self.assertGreater(sum(1 for _, c, e, w in lines if (c, e) == ("d1", "~")), len(looks))

    def test_no_secret_and_no_number_of_a_hold_is_in_it(self):
        path = self.start()
        self.session(self.gate, "alex", skin_type="II")
        console = self.raw(self.gate)
        self.assertEqual(exception_of(console.write(1, FLUENCE, 220)), 3)
        hold = self.client(self.gate, "olga").call("hold.ask", device="alex", text="coarse hair")
        phil = self.client(self.gate, "phil")
        shown = phil.call("hold.show", hold=hold["id"])
        phil.call(
            "hold.approve", hold=hold["id"], version=shown["version"], digest=shown["digest"], number=hold["number"],
            code=self.gate.code("phil"), secret=secret_of("phil"), reason_code="clinical_judgement", reason_text="seen")
        self.stop()
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for person in ("olga", "phil", "egon"):
            self.assertNotIn(secret_of(person), text)
        lines = lines_of(path)
        acts = {r["method"]: r for r in rows_of(lines, "act")}
        self.assertEqual(list(acts), ["session.start", "hold.ask", "hold.approve"])
        for kept_back in ("secret", "code", "number"):
            self.assertNotIn(kept_back, acts["hold.approve"]["params"])
        self.assertEqual(acts["hold.approve"]["device"], "alex")
        done = {r["call"]: r["done"] for r in rows_of(lines, "done")}
        self.assertTrue(all(done[act["call"]] for act in acts.values()))
        self.assertEqual(rows_of(lines, "decision")[0]["reason_text"], "seen")

    def test_it_begins_with_what_is_there_already(self):
        console = self.raw(self.gate)
        console.read(1, FLUENCE, 1)
        path = self.start()
        console.read(1, FLUENCE, 1)
        self.stop()
        lines = lines_of(path)
        self.assertIn(("d1", "+"), [(c, e) for _, c, e, _ in lines])
        of_console = [(e, w) for _, c, e, w in lines if c.startswith("c")]
        self.assertEqual([e for e, _ in of_console], ["+", ">", "<"])

    def test_a_lost_line_and_a_bad_answer_are_in_it(self):
        path = self.start()
        self.device.tell("fault cut function=3 count=1")
        self.gate.until_recorded(lambda r: r["body"].get("event") == "link up" and r["seq"] > 8)
        self.stop()
        lines = lines_of(path)
        ends = [i for i, (_, c, e, _) in enumerate(lines) if (c, e) == ("d1", "-")]
        self.assertEqual(len(ends), 1)
        self.assertIn("the connection broke", lines[ends[0]][3])
        before = [e for _, c, e, _ in lines[:ends[0]] if c == "d1"]
        self.assertEqual(before[-2:], [">", "!"])
        self.assertIn("+", [e for _, c, e, _ in lines[ends[0]:] if c == "d1"])

    def test_what_is_no_modbus_is_in_it(self):
        path = self.start()
        console = self.raw(self.gate)
        console.send(b"GET / HTTP/1.1\r\n\r\n")
        self.assertTrue(console.closed())
        self.stop()
        noise = [w for _, c, e, w in lines_of(path) if e == "?"]
        self.assertEqual(noise, [b"GET / HTTP/1.1\r\n\r\n".hex()])

    def test_it_ends_with_the_gate(self):
        path = self.start()
        self.gate.until_recorded(lambda r: r["kind"] == "recording")
        self.assertEqual(self.gate.gate.end(), 0)
        lines = lines_of(path)
        self.assertEqual(lines[-1][1:], ("gate", ".", "the gate ends"))
        self.assertEqual(len(rows_of(lines, "end")), 1)

    def test_what_a_crash_leaves_is_good_up_to_its_last_line(self):
        path = self.start()
        end = time.monotonic() + PATIENCE
        while os.path.getsize(path) < 20000 and time.monotonic() < end:
            self.gate.until_recorded(lambda r: r["kind"] == "recording")
        self.gate.gate.end(signal.SIGKILL)
        with open(path, encoding="utf-8") as f:
            whole = f.read().split("\n")[:-1]
        self.assertGreater(len(whole), 50)
        for line in whole[1:]:
            self.assertRegex(line, LINE)

    def test_it_is_bounded(self):
        path = self.start(max_mb=1)
        console = self.raw(self.gate)
        end = time.monotonic() + 3 * PATIENCE
        while not self.egon.call("status")["recording"]["over"] and time.monotonic() < end:
            for _ in range(200):
                console.read(1, FLUENCE, 3)
        self.assertEqual(self.egon.call("status")["recording"]["over"], "it has its size of 1048576 bytes")
        said = self.gate.ctl("status")[1]
        self.assertIn("THE RECORDING IS OVER", said)
        told = self.stop()
        self.assertLessEqual(os.path.getsize(path), 1 << 20)
        self.assertEqual(lines_of(path)[-1][1:], ("gate", ".", "it has its size of 1048576 bytes"))
        self.assertEqual(told["over"], "it has its size of 1048576 bytes")

    def test_who_may_and_where(self):
        for person in ("olga", "phil"):
            with self.assertRaises(Refused) as no:
                self.client(self.gate, person).call("record.start", file="x")
            self.assertEqual(no.exception.code, -32002)
        with self.assertRaises(Refused) as no:
            self.client(self.gate).call("record.start", file="x")
        self.assertEqual(no.exception.code, -32001)
        for name in ("../ledger.db", "/tmp/x", ".hidden", "", "a b", "x" * 80):
            with self.assertRaises(Refused) as no:
                self.start(name)
            self.assertIn("letters, digits", no.exception.message, name)
        for size in (0, -1, 4097):
            with self.assertRaises(Refused) as no:
                self.start("x", max_mb=size)
            self.assertIn("1 to 4096", no.exception.message)
        with self.assertRaises(Refused) as no:
            self.stop()
        self.assertEqual(no.exception.code, -32004)
        self.start("once")
        with self.assertRaises(Refused) as no:
            self.start("twice")
        self.assertIn("already", no.exception.message)
        self.stop()
        with self.assertRaises(Refused) as no:
            self.start("once")
        self.assertIn("File exists", no.exception.message)

    def test_from_the_command_line(self):
        code, said, _ = self.gate.ctl("record", "start", "monday.rec", "--max", "2", person="egon")
        self.assertEqual(code, 0, said)
        self.assertIn("the wire is recorded", said)
        self.assertIn("monday.rec (asked for by egon)", self.gate.ctl("status")[1])
        code, said, _ = self.gate.ctl("record", "stop", person="egon")
        self.assertEqual((code, said.splitlines()[0]),
                         (0, os.path.join(self.gate.state, "recordings", "monday.rec")))
        self.assertEqual(self.gate.ctl("record", "start", "x", "--max", "much", person="egon")[0], 2)
        self.assertEqual(self.gate.ctl("record", "start", "x", person="olga")[0], 4)


if __name__ == "__main__":
    import unittest
    unittest.main()
