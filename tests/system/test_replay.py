"""Recordings, played again: the kept ones say the same as then; another library says otherwise just where it should;
what is no recording is refused with its place; and Wireshark reads them."""
import concurrent.futures
import glob
import json
import lzma
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from house import BUILD, PATIENCE, PROFILES, ROOT, Case, Refused, exception_of, secret_of
from test_sim_presets import listed

SIM = os.path.join(BUILD, "dosegate-sim")
KEPT = os.path.join(ROOT, "tests", "recordings")
FLUENCE = 16
PROTOCOL = os.path.join("protocols", "alexandrite_755_lp.cfg")


def replay(path, *options, library=PROFILES):
    words = ["--library", library] if library else []
    done = subprocess.run([SIM, "replay", path, *words, *options], capture_output=True, text=True,
                          timeout=6 * PATIENCE, check=False, cwd=ROOT)
    if "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        raise AssertionError(done.stderr)
    return done.returncode, done.stdout, done.stderr


def counts(said):
    """(all, same, for another reason, differing) of the last line."""
    found = re.search(r": (\d+) verdicts: (\d+) same, (\d+) for another reason, (\d+) differ$", said.strip())
    return tuple(int(n) for n in found.groups())


def differing(said):
    """[(what was asked, what was said then, what is said now)]"""
    return re.findall(r"(?m)^ *[\d.]+ s  \S+ +\S+ +(.*?): (.*?) -> (.*?)  DIFFERS$", said)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dosegate-replay-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def kept(self, name):
        """An unpacked copy of a recording that is kept."""
        path = self.path(name + ".rec")
        with lzma.open(os.path.join(KEPT, name + ".rec.xz")) as packed, open(path, "wb") as f:
            shutil.copyfileobj(packed, f)
        return path

    def changed_library(self, *pairs, file=PROTOCOL):
        """The shipped one, but for a few words, where they stand first."""
        library = shutil.copytree(PROFILES, self.path("library"))
        path = os.path.join(library, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for old, new in pairs:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return library


# What happened to the gate's own machine is not on the wire, and does not happen again.
NOT_ON_THE_WIRE = {"gate-frozen": [("arm", "BLOCKED", "ALLOWED")]}


class Kept(Folder):
    def names(self):
        return sorted(os.path.basename(path)[:-len(".rec.xz")] for path in glob.glob(os.path.join(KEPT, "*.rec.xz")))

    def test_they_are_of_the_presets_and_of_the_demo(self):
        """tests/recordings/make.py makes what is missing."""
        names = set(self.names())
        self.assertLessEqual(names, set(listed()) | {"demo"})
        self.assertIn("demo", names)
        self.assertGreaterEqual(len(names), 39)

    def test_by_the_same_library_each_says_the_same(self):
        names = self.names()
        paths = [self.kept(name) for name in names]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, (code, said, errors) in zip(names, pool.map(replay, paths)):
                with self.subTest(name):
                    wanted = NOT_ON_THE_WIRE.get(name, [])
                    self.assertEqual((code, errors), (3 if wanted else 0, ""), said)
                    self.assertEqual(differing(said), wanted)
                    told, same, _, differ = counts(said)
                    self.assertEqual((same, differ), (told - len(wanted), len(wanted)), said)
                    self.assertGreaterEqual(told, 2)


class Otherwise(Folder):
    """What is expected here was written by hand, out of the scenarios and the change."""

    def test_a_lower_ceiling_holds_what_was_above_it(self):
        """18 mm, type II: 20 J/cm2 becomes 18. Of 19, 15, arm, stop only the 19 is another matter."""
        library = self.changed_library(("14..20 J/cm2", "14..18 J/cm2"))
        code, said, _ = replay(self.kept("late-reply"), library=library)
        self.assertEqual(code, 3)
        self.assertEqual(differing(said), [("set fluence 19 J/cm2", "ALLOWED, exception 04", "HELD")])
        self.assertIn("is  alex755_18mm_II, limit ..18 J/cm2: fluence 19 J/cm2 is above 18 J/cm2", said)
        self.assertEqual(counts(said), (5, 4, 0, 1))

    def test_a_higher_ceiling_lets_pass_what_was_above_it(self):
        """18 mm, type II: 20 J/cm2 becomes 30. With 30 J/cm2 set, the spot of 18 mm was held, two times."""
        library = self.changed_library(("14..20 J/cm2", "14..30 J/cm2"))
        code, said, _ = replay(self.kept("spot-after-fluence"), library=library)
        self.assertEqual(code, 3)
        self.assertEqual(differing(said), [("set spot 18 mm", "HELD", "ALLOWED")] * 2)
        self.assertIn("was alex755_18mm_II, limit ..20 J/cm2: fluence 30 J/cm2 is above 20 J/cm2", said)
        self.assertEqual(counts(said), (7, 5, 0, 2))

    def test_another_limit_with_the_same_verdict_is_no_difference(self):
        """18 mm, type II: 22 J/cm2 was too much, and is; the limit that is named is another one."""
        library = self.changed_library(("14..20 J/cm2", "14..19 J/cm2"))
        code, said, _ = replay(self.kept("grant-used-up"), library=library)
        self.assertEqual((code, differing(said)), (0, []))
        self.assertIn("limit ..19 J/cm2: fluence 22 J/cm2 is above 19 J/cm2", said)
        self.assertEqual(counts(said), (5, 3, 2, 0))

    def test_a_rule_that_blocks_a_patient_leaves_no_session(self):
        """Sun 90 days ago blocks: the session is refused, and so is every setting; stop passes."""
        library = self.changed_library(
            ("rules = (", "rules = (\n  { id = \"ninety\"; when = (\"last_sun < 100 d\"); then = (\"block\"); "
             "reason = \"a test\"; source = \"CAN13\"; confidence = \"P\"; },"), file="screening.cfg")
        code, said, _ = replay(self.kept("spot-after-fluence"), library=library)
        self.assertEqual(code, 3)
        self.assertEqual(differing(said)[0][1:], ("ALLOWED", "BLOCKED"))
        self.assertIn("is  ninety: a test", said)
        self.assertEqual([now for _, _, now in differing(said)], ["BLOCKED"] * len(differing(said)))
        self.assertRegex(said, r"stop: passed  same")


class Played(Case):
    """Recorded here, played here: time, people, what was before the recording."""

    def recorded(self, story, grant="120 s"):
        """The file of a story told to a gate with one laser."""
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=0 ms")
        house = self.house({"alex": (1, "alexandrite_755.cfg", device.port)}, grant=grant)
        house.until_heard("alex")
        engineer = self.client(house, "egon")
        console = self.raw(house)
        story(house, device, console, lambda: engineer.call("record.start", file="story.rec"))
        return engineer.call("record.stop")["file"]

    def override(self, house, **more):
        hold = self.client(house, "olga").call("hold.ask", device="alex", text="coarse hair")
        phil = self.client(house, "phil")
        shown = phil.call("hold.show", hold=hold["id"])
        phil.call("hold.approve", hold=hold["id"], version=shown["version"], digest=shown["digest"],
                  number=hold["number"], secret=secret_of("phil"), code=house.code("phil"), reason_code="clinical_judgement",
                  reason_text="seen", **more)

    def test_what_ended_by_its_time_ends_by_its_time(self):
        """A grant is good for a second; pressed after two it is none. As fast as it goes, that second is kept."""
        def story(house, _, console, begin):
            begin()
            self.session(house, "alex", skin_type="II")
            self.assertEqual(exception_of(console.write(1, FLUENCE, 220)), 3)
            self.override(house)
            house.until_recorded(lambda row: row["body"].get("event") == "expire")
            self.assertEqual(exception_of(console.write(1, FLUENCE, 220)), 3)
        code, said, errors = replay(self.recorded(story, grant="1 s"))
        self.assertEqual((code, errors), (0, ""), said)
        self.assertEqual([line.split(": ")[1].split()[0] for line in said.splitlines() if " set " in line],
                         ["HELD", "HELD"])

    def test_a_grant_is_given_again_and_used_again(self):
        def story(house, _, console, begin):
            begin()
            self.session(house, "alex", skin_type="II")
            self.assertEqual(exception_of(console.write(1, FLUENCE, 220)), 3)
            self.override(house, settings={"fluence": "21 J/cm2"})
            self.assertIsNone(exception_of(console.write(1, FLUENCE, 210)))
        code, said, errors = replay(self.recorded(story))
        self.assertEqual((code, errors), (0, ""), said)
        self.assertEqual(counts(said), (3, 3, 0, 0))

    def test_what_the_ledger_knew_is_known_again(self):
        """Treated on this gate before the recording began: the interval refuses the session, then and now."""
        def story(house, device, console, begin):
            self.session(house, "alex", skin_type="II")
            self.assertIsNone(exception_of(console.coil(1, 0, True)))
            self.assertEqual(device.tell("await pulse 1 after pedal down"), "ok")
            device.tell("pedal up")
            self.assertIsNone(exception_of(console.coil(1, 1, True)))
            house.until(lambda d: d["alex"]["state"] == "standby")
            self.client(house, "olga").call("session.end", device="alex")
            begin()
            with self.assertRaises(Refused):
                self.session(house, "alex", skin_type="II")
        path = self.recorded(story)
        code, said, errors = replay(path)
        self.assertEqual((code, errors), (0, ""), said)
        self.assertIn("session for P-4711: BLOCKED  same", said)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        forgetful = path + ".forgetful"
        with open(forgetful, "w", encoding="utf-8") as f:
            f.write(re.sub(r'"patient":"P-4711","rows":\[.*\]', '"patient":"P-4711","rows":[]', text))
        self.assertEqual(differing(replay(forgetful)[1]), [("session for P-4711", "BLOCKED", "ALLOWED")])

    def test_a_device_on_a_serial_line(self):
        """Recorded of a terminal, played through a device server: a write that is carried out and never answered."""
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms", "--set", "ready_delay=0 ms", lines=("--rtu",))
        house = self.house({"alex": (1, "alexandrite_755.cfg", f"rtu:{device.terminal}:115200:8N1:silence=10 ms")})
        house.until_heard("alex")
        engineer = self.client(house, "egon")
        engineer.call("record.start", file="story.rec")
        self.session(house, "alex", skin_type="II")
        console = self.raw(house)
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        device.tell("fault silent function=6 count=1")
        self.assertEqual(exception_of(console.write(1, FLUENCE, 190)), 4)
        house.until(lambda d: not d["alex"]["outcome_unknown"])
        self.assertIsNone(exception_of(console.write(1, FLUENCE, 150)))
        path = engineer.call("record.stop")["file"]
        code, said, errors = replay(path)
        self.assertEqual((code, errors), (0, ""), said)
        self.assertIn("set fluence 19 J/cm2: ALLOWED, exception 04  same", said)
        self.assertEqual(counts(said), (4, 4, 0, 0))
        out = path + ".pcapng"
        self.assertEqual(replay(path, "--pcapng", out, library=None)[0], 0)
        rows = tshark(out, "-o", 'uat:user_dlts:"User 0 (DLT=147)","mbrtu","0","","0",""', "-Y",
                      "mbrtu && frame.comment", fields=("mbrtu.unit_id", "modbus.func_code", "frame.comment"))
        self.assertEqual(rows, [["1", "6", "dosegate: ALLOWED: allowed"]] * 3)

    def test_who_was_not_trained_then_is_not_now(self):
        def story(house, _, console, begin):
            dora = house.control("dora", code=True)
            self.addCleanup(dora.close)
            dora.call("people.add", name="nora", printed="Nora New", role="operator", secret=secret_of("nora"))
            begin()
            with self.assertRaises(Refused):
                self.session(house, "alex", person="nora", skin_type="II")
            self.session(house, "alex", skin_type="II")
            self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        code, said, errors = replay(self.recorded(story))
        self.assertEqual((code, errors), (0, ""), said)
        self.assertIn("session for P-4711: exception 03  same", said)
        self.assertIn("session for P-4711: ALLOWED  same", said)

    def test_a_session_begun_before_the_recording_is_not_judged_again(self):
        def story(house, _, console, begin):
            self.session(house, "alex", skin_type="II")
            begin()
            self.assertIsNone(exception_of(console.write(1, FLUENCE, 120)))
        code, said, _ = replay(self.recorded(story))
        self.assertEqual(code, 0, said)
        self.assertIn("begun before the recording", said)
        self.assertIn("0 differ, 1 of sessions begun before", said)

    def test_at_the_speed_of_then(self):
        def story(house, _, console, begin):
            begin()
            self.assertEqual(exception_of(console.write(1, FLUENCE, 120)), 3)
            house.until_recorded(lambda row: row["kind"] == "refused")
            time.sleep(2)  # is what is to be heard of
            self.assertEqual(exception_of(console.write(1, FLUENCE, 120)), 3)
        path = self.recorded(story)
        began = time.monotonic()
        self.assertEqual(replay(path, "--speed", "0.5")[0], 0)
        self.assertGreater(time.monotonic() - began, 4)


class Wrong(Folder):
    def refused(self, path, wanted, *options, library=PROFILES):
        code, said, errors = replay(path, *options, library=library)
        self.assertEqual((code, said), (2, ""), errors)
        self.assertIn(wanted, errors)

    def edited(self, edit):
        path = self.kept("late-reply")
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines(keepends=True)
        edit(lines)
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        return path

    def test_a_file_that_is_wrong_is_refused_with_its_place(self):
        def put(at, text):
            def edit(lines):
                lines[at] = text

            return edit
        rows = [
            (put(0, "# dosegate recording 2\n"), ":1:1: a recording of another version; this program reads version 1"),
            (put(0, "GIF89a\n"), ":1:1: this is no recording"),
            (put(20, "12 d1 > 00zz\n"), ":21:1: earlier than the line before"),
            (put(20, "99999999999 d1 > 00zz\n"), ":21:20: a frame is whole bytes in base 16"),
            (put(20, "99999999999 d1 > 001\n"), ":21:21: a frame is whole bytes in base 16"),
            (put(20, "99999999999 d1 x\n"), ":21:16: behind the channel stands one of"),
            (put(20, "once upon a time\n"), ":21:1: a line begins with microseconds"),
            (put(20, "\0\n"), ":21:1: a byte of 0 is no text"),
            (put(1, "0 d1 = {\"name\": 7}\n"), "line 2: this does not say what the device is"),
        ]
        for edit, wanted in rows:
            with self.subTest(wanted):
                self.refused(self.edited(edit), wanted)

    def test_one_that_was_cut_is_played_to_its_end(self):
        path = self.kept("late-reply")
        size = os.path.getsize(path)
        with open(path, "rb") as f:
            whole = f.read()
        at = whole.rindex(b" < ") - 20
        self.assertGreater(at, size // 2)
        with open(path, "wb") as f:
            f.write(whole[:at])
        code, said, errors = replay(path)
        self.assertIn("its end is missing; what is there is played", errors)
        self.assertIn(code, (0, 3), errors)
        self.assertGreater(counts(said)[1], 2)

    def test_what_cannot_be_played(self):
        path = self.kept("late-reply")
        self.refused(self.path("nowhere"), "nowhere: No such file or directory")
        self.refused(path, "--library DIR says by which library", library=None)
        self.refused(path, "cannot be used as a library", library=self.folder)
        self.refused(path, "--speed cannot be used", "--speed", "0")
        self.refused(path, "--loud cannot be used", "--loud")
        library = shutil.copytree(PROFILES, self.path("library"))
        os.rename(os.path.join(library, "devices", "alexandrite_755.cfg"), self.path("gone.cfg"))
        code, _, errors = replay(path, library=library)
        self.assertEqual(code, 2)
        self.assertIn("alexandrite_755", errors)


def tshark(path, *words, fields=()):
    """Rows of fields, as Wireshark's own dissectors have them."""
    options = [word for name in fields for word in ("-e", name)]
    done = subprocess.run(["tshark", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                           *words, *(["-T", "fields", *options] if fields else [])],
                          capture_output=True, text=True, timeout=6 * PATIENCE, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


class Packets(Folder):
    def packets(self, name):
        out = self.path(name + ".pcapng")
        code, said, errors = replay(self.kept(name), "--pcapng", out, library=None)
        self.assertEqual((code, said, errors), (0, "", ""))
        return out

    def test_wireshark_reads_what_the_recording_says(self):
        out = self.packets("spot-after-fluence")
        asked = tshark(out, "-Y", "modbus && frame.comment && ip.dst == 192.0.2.1",
                       fields=("mbtcp.unit_id", "modbus.func_code", "modbus.reference_num", "frame.comment"))
        self.assertEqual([row[:3] for row in asked],
                         [["1", "6", "17"], ["1", "6", "16"], ["1", "6", "17"], ["1", "16", "16"], ["1", "5", "0"]])
        self.assertEqual([row[3].split(": held")[0] for row in asked],
                         ["dosegate: ALLOWED: allowed"] * 2 + ["dosegate: HELD by alex755_18mm_II"] * 2 +
                         ["dosegate: ALLOWED: allowed"])
        sent = tshark(out, "-Y", "modbus && frame.comment && ip.dst == 192.0.2.100",
                      fields=("modbus.func_code", "modbus.reference_num"))
        self.assertEqual(sent, [["6", "17"], ["6", "16"], ["5", "0"], ["5", "1"]])

    def test_nothing_is_malformed_and_every_sum_is_right(self):
        for name in ("arm-race", "line-lost-armed", "half-float", "demo"):
            with self.subTest(name):
                out = self.packets(name)
                bad = tshark(out, "-Y", "_ws.malformed || tcp.analysis.flags || tcp.checksum.status != 1 || "
                             "ip.checksum.status != 1", fields=("frame.number",))
                self.assertEqual(bad, [])
                frames = tshark(out, "-Y", "modbus", fields=("frame.number",))
                with open(self.path(name + ".rec"), encoding="utf-8") as f:
                    recorded = len(re.findall(r"(?m)^\d+ [cd]\S+ [<>] ", f.read()))
                self.assertEqual(len(frames), recorded)

    def test_times_are_those_of_then(self):
        out = self.packets("arm-race")
        with open(self.path("arm-race.rec"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        began = json.loads(lines[1].split(" = ")[1])["unix_ms"] / 1000 - int(lines[1].split()[0]) / 1e6
        first = next(int(line.split()[0]) for line in lines if re.match(r"\d+ d1 > ", line)) / 1e6
        told = tshark(out, "-Y", "modbus", "-c", "60", fields=("frame.time_epoch",))[0][0]
        self.assertAlmostEqual(float(told), began + first, delta=0.002)

    def test_a_serial_line_has_its_own_kind_of_link(self):
        """What the simulator's own side has written of a terminal: RTU, sums included."""
        recording, out = self.path("line.rec"), self.path("line.pcapng")
        with open(recording, "w", encoding="utf-8") as f:
            f.write('# dosegate recording 1\n0 gate = {"unix_ms": 1000}\n'
                    '1 d1 = {"name":"alex","address":"rtu:/dev/ttyUSB0:19200:8E1","line":true}\n'
                    '2 d1 > 01030010000185cf\n3 d1 < 0103020078b866\n')
        code, _, errors = replay(recording, "--pcapng", out, library=None)
        self.assertEqual((code, errors), (0, ""))
        user = 'uat:user_dlts:"User 0 (DLT=147)","mbrtu","0","","0",""'
        rows = tshark(out, "-o", user, "-Y", "mbrtu", fields=("mbrtu.unit_id", "modbus.func_code", "mbrtu.crc16.status"))
        self.assertEqual([row[:2] for row in rows], [["1", "3"], ["1", "3"]])

    def test_the_simulator_s_own_side(self):
        wire, out = self.path("own.wire"), self.path("own.pcapng")
        with open(wire, "w", encoding="utf-8") as f:
            f.write("# dosegate recording 1\n5 1.1 +\n9 1.1 > 000100000006010300100001\n"
                    "12 1.1 < 0001000000050103020064\n15 1.1 -\n")
        self.assertEqual(replay(wire, "--pcapng", out, library=None)[0], 0)
        self.assertEqual(tshark(out, "-Y", "modbus", fields=("modbus.func_code",)), [["3"], ["3"]])
        self.assertEqual(len(tshark(out, "-Y", "tcp.flags.fin == 1", fields=("frame.number",))), 2)


if __name__ == "__main__":
    unittest.main()
