"""The life of a library: proposed, activated by another person, used, replaced. On real parts."""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import threading
import unittest

from house import (BUILD, PATIENCE, PROFILES, ROOT, WELL, Case, House, Raw, Refused, exception_of, secret_of,
                   signature_holds)
from life import (ALEX, DEVICE, DONE, FLUENCE, NARROWER, NOT_FOUND, PLAIN, REFUSED, SPRAY, STOP, USAGE, Life,
                  ceiling, library_in)


class Fresh(Life):
    """A gate for which nobody has activated anything."""

    def test_no_session_begins_and_it_is_said_what_to_do(self):
        no = self.refused(-32003, "no library has been activated yet", "library propose DIR",
                          "library activate HASH", what=self.open)
        self.assertEqual(self.in_use(), {"any": False, "why": no.message})
        out = self.ctl(DONE, "status")
        self.assertIn("NO LIBRARY IS IN USE: no library has been activated yet", re.sub(r"\s+", " ", out))
        self.assertIn("library none", out)
        self.refused(-32003, "no library has been activated yet",
                     what=lambda: self.status.call("library"))

    def test_devices_are_watched_and_stop_works(self):
        device = self.status.call("devices")["devices"][0]
        self.assertEqual((device["state"], device["settings"]["fluence"]), ("standby", "10 J/cm2"))
        self.assertIsNone(exception_of(self.raw(self.gate).coil(1, STOP, True)))
        self.assertTrue(self.status.call("stop", device="alex")["stopped"])

    def test_an_armed_device_is_stopped(self):
        somebody = Raw(self.device.port)  # past the gate, to the device itself
        self.addCleanup(somebody.close)
        somebody.coil(1, 0, True)
        self.gate.until_recorded(lambda row: row["kind"] == "stop")
        self.gate.until(lambda d: d["alex"]["state"] == "standby")

    def test_nothing_else_passes(self):
        """That a register has no dose meaning, nobody has signed."""
        self.assertEqual(self.set(PLAIN, 7), 3)
        self.assertEqual(self.set(FLUENCE, 100), 3)
        self.assertEqual(self.device.writes(), [])
        self.assertEqual(self.raw(self.gate).read(1, FLUENCE, 1), b"\x03\x02" + struct.pack(">H", 100))

    def test_a_console_that_only_speaks_modbus_sees_it(self):
        self.assertEqual(self.raw(self.gate).read(247, 1, 1), b"\x03\x02\x00\x03")
        self.begin()
        self.assertEqual(self.raw(self.gate).read(247, 1, 1), b"\x03\x02\x00\x01")

    def test_after_the_activation_sessions_begin(self):
        hash_ = self.begin()
        session = self.open()
        self.assertEqual((session["library"], session["demo"]), (hash_[:16], False))
        self.assertIsNone(self.set(FLUENCE, 160))
        self.assertEqual(self.set(PLAIN, 7), None)
        self.assertNotIn("DEMO", self.ctl(DONE, "status") + self.ctl(DONE, "session", "show", "alex"))


class Folder(Case):
    """What a gate without a library watches its devices by."""

    def start(self, *changes, profile="alexandrite_755.cfg"):
        device = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"alex": (1, "alexandrite_755.cfg", device.port)}, demo=False)
        folder = library_in(os.path.join(house.folder.name, "folder"), *changes)
        os.rename(os.path.join(folder, DEVICE), os.path.join(folder, "devices", profile))
        house.gate.end()
        with open(house.config, encoding="utf-8") as f:
            text = re.sub(r'profile = "[^"]*"', f'profile = "devices/{profile}"', f.read())
        with open(house.config, "w", encoding="utf-8") as f:
            f.write(text.replace(f'library = "{PROFILES}"', f'library = "{folder}"'))
        done = subprocess.run([os.path.join(BUILD, "dosegated"), "--config", house.config],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stderr

    def test_a_profile_that_is_wrong_starts_nothing(self):
        code, said = self.start((DEVICE, 'scale = "1/10 J/cm2"', 'scale = "1/7 J/cm2"'))
        self.assertEqual(code, 2)
        self.assertIn(DEVICE + ":", said)

    def test_a_profile_of_another_name_than_its_file_starts_nothing(self):
        code, said = self.start(profile="mine.cfg")
        self.assertEqual(code, 2)
        self.assertIn('devices/mine.cfg: its name is "alexandrite_755"', said)


class Proposing(Life):
    def test_what_is_wrong_is_said_with_file_and_line_and_nothing_is_stored(self):
        folder = self.library("wrong", (ALEX, "fluence = \"14..20 J/cm2\"", "fluence = \"14..20 J\""),
                              ("screening.cfg", "age > 75", "agee > 75"))
        no = self.refused(-32003, "is wrong", "nothing was stored", what=lambda: self.propose(folder))
        told = [f"{c['file']}:{c['line']}: {c['text']}" for c in no.data["complaints"]]
        self.assertEqual(no.data["count"], len(told))
        self.assertTrue(any(re.match(re.escape(os.path.join(folder, ALEX)) + r":\d+: ", one) and "J/cm2" in one
                            for one in told), told)
        self.assertTrue(any(re.match(re.escape(os.path.join(folder, "screening.cfg")) + r":\d+: ", one)
                            and "did you mean \"age\"" in one for one in told), told)
        self.assertEqual(self.libraries(), [])
        self.assertEqual(os.listdir(self.stored()), [])
        self.assertEqual([row for row in self.gate.ledger() if row["kind"] == "library"], [])

    def test_a_person_at_a_terminal_reads_the_same(self):
        folder = self.library("wrong", ("screening.cfg", "age > 75", "agee > 75"))
        out = self.ctl(REFUSED, "library", "propose", folder, person="egon")
        self.assertRegex(out, re.escape(os.path.join(folder, "screening.cfg")) + r":\d+: .*did you mean \"age\"")

    def test_what_is_no_text_in_a_file_is_told_all_the_same(self):
        folder = self.library("wrong")
        with open(os.path.join(folder, "screening.cfg"), "rb") as f:
            text = f.read()
        with open(os.path.join(folder, "screening.cfg"), "wb") as f:
            f.write(text.replace(b'when = ("age > 75")', b'when = ("ag\xe9 > 75")'))
        no = self.refused(-32003, what=lambda: self.propose(folder))
        self.assertEqual((len(no.data["complaints"]), no.data["count"]), (1, 1))

    def test_a_folder_that_is_none(self):
        no = self.refused(-32003, what=lambda: self.propose("/nowhere"))
        self.assertIn("/nowhere/facts.cfg", [c["file"] for c in no.data["complaints"]])
        self.assertIn("No such file", self.ctl(NOT_FOUND, "library", "propose", "/nowhere", person="egon"))
        self.refused(-32602, "whole path", what=lambda: self.propose("here"))
        self.assertEqual(os.listdir(self.stored()), [])

    def test_a_library_without_the_profile_of_a_device_is_refused(self):
        folder = self.library("small")
        os.unlink(os.path.join(folder, DEVICE))
        no = self.refused(-32003, "does not fit this clinic", what=lambda: self.propose(folder))
        [complaint] = no.data["complaints"]
        self.assertEqual(complaint["file"], self.gate.config)
        self.assertIn("unknown profile \"alexandrite_755.cfg\"", complaint["text"])

    def test_a_good_one_is_stored_signed_and_recorded_and_changes_nothing(self):
        folder = self.library("first")
        statement = self.client(self.gate, "egon").call("library.propose", dir=folder, note="all rows")
        hash_ = statement["library"]
        self.assertRegex(hash_, "^[0-9a-f]{64}$")
        self.assertIn(f"\nlibrary   {hash_}\n", statement["text"])
        self.assertIn("\nperson    egon\nprinted   Egon\n", statement["text"])
        [one] = self.libraries()
        self.assertEqual((one["hash"], one["person"], one["reason"], one["demo"]),
                         (hash_, "egon", "all rows", False))
        [row] = self.rows("proposed")
        self.assertEqual((row["hash"], row["person"], row["printed"], row["reason"], row["statement"]),
                         (hash_, "egon", "Egon", "all rows", statement["text"]))
        self.assertEqual(len(self.rows("stored")), 1)
        self.assertFalse(self.in_use()["any"])
        # exactly the library's files, as they were, and nobody may write there
        kept = sorted(os.path.relpath(os.path.join(at, name), self.stored(hash_))
                      for at, _, names in os.walk(self.stored(hash_)) for name in names)
        told = self.status.call("library.files", hash=hash_[:8])
        self.assertEqual(sorted(told["files"]), kept)
        self.assertNotIn("clinic.cfg", kept)
        for name in kept:
            path = self.stored(hash_, name)
            self.assertEqual(os.stat(path).st_mode & 0o222, 0, name)
            with open(path, "rb") as mine, open(os.path.join(folder, name), "rb") as theirs:
                self.assertEqual(mine.read(), theirs.read())
        self.assertEqual(os.stat(self.stored(hash_)).st_mode & 0o222, 0)
        done = subprocess.run(["b2sum", "-l", "256", "--quiet", "-c", self.stored(hash_ + ".files")],
                              cwd=self.stored(hash_), capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_who_may(self):
        folder = self.library("first")
        self.refused(-32002, "may not propose a library", what=lambda: self.propose(folder, "olga"))
        self.refused(-32001, what=lambda: self.client(self.gate).call("library.propose", dir=folder))
        for person in ("egon", "phil", "dora"):
            self.propose(folder, person)
        self.assertEqual([one["person"] for one in self.libraries()], ["dora"])  # the newest proposal

    def test_the_same_again_by_the_same_person_is_refused(self):
        folder = self.library("first")
        self.propose(folder)
        self.refused(-32003, "already", what=lambda: self.propose(folder))

    def test_a_note_is_one_line(self):
        folder = self.library("first")
        self.refused(-32602, "one line", what=lambda: self.propose(folder, note="a\nproposer  phil"))
        self.refused(-32602, "399 bytes", what=lambda: self.propose(folder, note="n" * 400))

    def test_two_at_once_are_told_to_wait(self):
        folder = self.library("first")
        clients = [self.client(self.gate, person) for person in ("egon", "phil", "paula")]
        said = []

        def ask(client):
            try:
                said.append(client.call("library.propose", dir=folder)["library"])
            except Refused as no:
                said.append(no.code)
        threads = [threading.Thread(target=ask, args=(one,)) for one in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.libraries()), 1)
        self.assertTrue(all(one == -32005 or len(str(one)) == 64 for one in said), said)


class Activating(Life):
    def test_nobody_activates_their_own_proposal(self):
        hash_ = self.propose(self.library("first"), "dora")
        self.refused(-32003, "you have proposed this library yourself", what=lambda: self.activate(hash_))
        self.assertFalse(self.in_use()["any"])
        self.propose(os.path.join(self.folder, "first"), "egon")  # another person stands by it
        self.activate(hash_)
        self.assertEqual(self.in_use()["hash"], hash_)

    def test_only_a_director_does(self):
        hash_ = self.propose(self.library("first"))
        for person in ("olga", "phil", "egon"):
            self.refused(-32002, "may not activate", what=lambda who=person: self.activate(hash_, who))

    def test_the_secret_is_proved_again(self):
        hash_ = self.propose(self.library("first"))
        self.refused(-32001, "name or secret is wrong",
                     what=lambda: self.activate(hash_, secret="dora-long-secreu"))
        self.assertFalse(self.in_use()["any"])
        self.gate.until_recorded(lambda row: row["body"].get("event") == "not proved")

    def test_a_reason_is_wanted(self):
        hash_ = self.propose(self.library("first"))
        self.refused(-32003, "with a reason", what=lambda: self.activate(hash_, reason="  "))
        self.refused(-32602, "one line", what=lambda: self.activate(hash_, reason="a\nb"))
        self.assertIn("--reason", self.ctl(USAGE, "library", "activate", hash_, person="dora"))

    def test_what_is_not_in_the_store_is_not_found(self):
        self.propose(self.library("first"))
        self.refused(-32004, "library list", what=lambda: self.activate("0123456789abcdef"))
        self.refused(-32602, "too short", what=lambda: self.activate(self.libraries()[0]["hash"][:7]))
        self.refused(-32004, "library list", what=lambda: self.activate("../people"))

    def test_over_another_one_than_was_looked_at_it_is_refused(self):
        first = self.begin()
        second = self.propose(self.library("second", NARROWER))
        self.refused(-32003, "not the one you compared with",
                     what=lambda: self.activate(second, before=""))
        self.refused(-32003, "not the one you compared with",
                     what=lambda: self.activate(second, before=second))
        self.activate(second, before=first[:16])
        self.refused(-32003, "in use already", what=lambda: self.activate(second))

    def test_it_is_signed_recorded_and_written_down(self):
        first = self.begin()
        second = self.propose(self.library("second", NARROWER))
        statement = self.activate(second, rerun={"sessions": 3, "sessions_changed": 1})
        key = self.client(self.gate).call("hello")["key"]
        self.assertEqual(self.ctl(DONE, "key").strip(), key)
        text = statement["text"]
        for line in (f"library   {second}", f"before    {first}", "person    dora", "printed   Dr. Dora Dean",
                     "proposer  egon", "reason    read and compared", "demo      no",
                     "I activate this library: from now on every new session is judged by it."):
            self.assertIn("\n" + line + "\n", text)
        row = self.rows("activated")[-1]
        self.assertEqual((row["statement"], row["signature"], row["rerun"]["sessions"]),
                         (text, statement["signature"], 3))
        self.gate.until_recorded(lambda row: row["body"].get("event") == "in use" and row["body"]["hash"] == second)
        with open(self.stored("active.json"), encoding="utf-8") as f:
            kept = json.load(f)
        self.assertEqual((kept["text"], kept["signature"], kept["key"]), (text, statement["signature"], key))
        self.assertEqual([r["body"]["key"] for r in self.gate.ledger() if r["kind"] == "start"], [key])
        self.assertTrue(signature_holds(key, text, statement["signature"]))
        self.assertFalse(signature_holds(key, text + " ", statement["signature"]))


class Using(Life):
    def test_an_open_session_keeps_its_library_and_the_next_one_takes_the_new(self):
        first = self.begin()
        self.open()
        second = self.propose(self.library("second", NARROWER))
        self.activate(second)
        # this one goes on under 16 J/cm2
        self.assertEqual(self.status.call("session.show", device="alex")["library"], first[:16])
        self.assertIsNone(self.set(FLUENCE, 155))
        self.assertEqual(self.set(FLUENCE, 165), 3)
        self.assertEqual(self.status.call("hold.list")["holds"][0]["state"], "open")
        self.assertEqual(self.status.call("library", device="alex")["whole_hash"], first)
        self.assertEqual(self.status.call("library")["whole_hash"], second)
        self.client(self.gate, "olga").call("session.fact", device="alex", facts={"sunscreen": "daily"})
        self.assertEqual(self.status.call("session.show", device="alex")["library"], first[:16])
        # on this device the next one waits for its end
        self.refused(-32003, "end that session first", what=lambda: self.open(patient="P-5000"))
        self.end()
        self.gate.until_heard("alex")
        self.assertEqual(self.open(patient="P-5000")["library"], second[:16])
        self.assertEqual(self.set(FLUENCE, 156), 3)  # 155 is what it stands at
        self.assertIsNone(self.set(FLUENCE, 140))
        self.assertEqual(self.set(FLUENCE, 141), 3)
        # and each row says which
        rows = self.gate.ledger()
        by = {patient: {row["body"]["library"] for row in rows
                        if row["body"].get("patient") == patient and "library" in row["body"]}
              for patient in ("P-4711", "P-5000")}
        self.assertEqual(by, {"P-4711": {first[:16]}, "P-5000": {second[:16]}})
        self.assertEqual({row["kind"] for row in rows if row["body"].get("library") == first[:16]} &
                         {"session", "intent", "refused", "hold", "grant"},
                         {"session", "intent", "refused", "hold", "grant"} &
                         {row["kind"] for row in rows if row["body"].get("patient") == "P-4711"})

    def test_a_grant_says_by_which_library(self):
        first = self.begin()
        self.open()
        self.assertEqual(self.set(FLUENCE, 180), 3)
        olga = self.client(self.gate, "olga")
        number = olga.call("hold.ask", device="alex", text="coarse hair")["number"]
        hold = self.status.call("hold.list")["holds"][0]
        self.client(self.gate, "phil").call(
            "hold.approve", hold=hold["id"], version=hold["version"], digest=hold["digest"], number=number, secret=secret_of("phil"),
            code=self.gate.code("phil"), reason_code="clinical_judgement", reason_text="looked at it")
        self.activate(self.propose(self.library("second", NARROWER)))
        self.assertIsNone(self.set(FLUENCE, 180))
        self.gate.until_recorded(lambda row: row["kind"] == "grant" and "txn" in row["body"] and
                                 row["body"]["library"] == first[:16])
        [decision] = [row["body"] for row in self.gate.ledger() if row["kind"] == "decision"]
        self.assertEqual(decision["library"], first[:16])

    def test_other_registers_are_read_anew_and_names_are_the_new_librarys(self):
        """In the second library spray and delay lie in each other's register, and "air" is met before
        "cryogen", so that both have another number."""
        self.begin()
        self.device.tell("panel cooling_spray=50 ms")
        self.gate.until(lambda d: d["alex"]["settings"]["cooling_spray"] == "50 ms")
        second = self.library(
            "second", (DEVICE, r"address = 0x0016", "address = 0x0099"),
            (DEVICE, r"address = 0x0017", "address = 0x0016"), (DEVICE, r"address = 0x0099", "address = 0x0017"),
            (ALEX, r'cooling = \("cryogen"\)', 'cooling = ("air", "cryogen")'))
        hash_ = self.propose(second)
        self.open()
        self.activate(hash_)
        now = self.status.call("devices")["devices"][0]["settings"]
        self.assertEqual((now["cooling_spray"], now["cooling_delay"], now["cooling"]), ("50 ms", "40 ms", "cryogen"))
        self.end()
        self.gate.until(lambda d: d["alex"]["settings"].get("cooling_delay") == "50 ms")
        now = self.status.call("devices")["devices"][0]["settings"]
        self.assertEqual((now["cooling_spray"], now["cooling_delay"], now["cooling"]), ("40 ms", "50 ms", "cryogen"))
        self.open()
        self.assertIsNone(self.set(SPRAY, 40))  # is the delay now: 50 ms becomes 40 ms
        self.assertIsNone(self.set(FLUENCE, 120))

    def test_ten_in_a_row_and_under_load(self):
        """What nobody uses is given back: there is room for ten at once, and more come."""
        self.begin()
        stop = threading.Event()
        failed = []

        def read():
            console = self.raw(self.gate)
            while not stop.is_set():
                pdu = console.read(1, FLUENCE, 2)
                if exception_of(pdu) not in (None, 6):
                    failed.append(pdu)
        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for i in range(10):
            tenths = 159 - i
            hash_ = self.propose(self.library(f"n{i}", ceiling(tenths / 10)))
            self.activate(hash_)
            self.gate.until_heard("alex")
            self.assertEqual(self.open()["library"], hash_[:16])
            self.assertEqual(self.set(FLUENCE, tenths + 2), 3)  # one more is what it stands at
            self.assertIsNone(self.set(FLUENCE, tenths))
            self.end()
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual(failed, [])

    def test_files_that_are_edited_change_nothing(self):
        first = self.begin()
        for name in ("first/" + ALEX, "first/screening.cfg"):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
                f.write("broken {")
        self.open()
        self.assertIsNone(self.set(FLUENCE, 160))
        self.restart()
        self.assertEqual(self.in_use()["hash"], first)
        self.assertEqual(self.open()["library"], first[:16])

    def test_the_folder_of_the_clinic_file_is_not_needed_any_more(self):
        folder = self.library("first")
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        text = text.replace(f'library = "{PROFILES}"', f'library = "{folder}"')
        text = re.sub(r'profile = "[^"]*"', 'profile = "devices/alexandrite_755.cfg"', text)
        with open(self.gate.config, "w", encoding="utf-8") as f:
            f.write(text)
        self.restart()
        hash_ = self.propose(folder)
        self.activate(hash_)
        shutil.rmtree(folder)
        self.restart()
        self.assertEqual(self.in_use()["hash"], hash_)
        self.assertEqual(self.open()["state"], "open")

    def test_a_restart_keeps_it_and_all_that_was_said(self):
        first = self.begin()
        before = self.in_use()
        self.restart()
        self.assertEqual(self.in_use(), before)
        self.assertEqual([one["hash"] for one in self.libraries()], [first])
        start = [row["body"] for row in self.gate.ledger() if row["kind"] == "start"][-1]
        self.assertEqual((start["library"], "no_library" in start), (first[:16], False))
        self.restart(signal.SIGKILL)
        self.assertEqual(self.in_use(), before)


class NewDevice(Case):
    def test_a_device_the_library_does_not_know_is_watched_and_treats_nobody(self):
        """The clinic file got a device after the activation: the others go on."""
        alex = self.sim("alexandrite_755.cfg", 0, 1, "--set", "boot=0 ms")
        pdl = self.sim("pdl_595.cfg", 0, 1, "--set", "boot=0 ms")
        house = self.house({"alex": (1, "alexandrite_755.cfg", alex.port)}, demo=False)
        folder = library_in(os.path.join(house.folder.name, "small"))
        os.unlink(os.path.join(folder, "devices/pdl_595.cfg"))
        hash_ = self.client(house, "egon").call("library.propose", dir=folder)["library"]
        self.client(house, "dora").call("library.activate", hash=hash_, before="", reason="small",
                                        secret=secret_of("dora"), code=house.code("dora"))
        house.gate.end()
        both = House({"alex": (1, "alexandrite_755.cfg", alex.port), "pdl": (2, "pdl_595.cfg", pdl.port)},
                     demo=False, state=house.state)
        self.addCleanup(both.close)
        both.until_heard("alex", "pdl")
        olga = self.client(both, "olga")
        session = dict(patient="P-1", indication="hair_removal", site="axilla", facts=dict(WELL, skin_type="II"),
                       elsewhere=[])
        with self.assertRaises(Refused) as no:
            olga.call("session.start", device="pdl", **session)
        self.assertEqual(no.exception.code, -32003)
        self.assertIn("has no profile for this device", no.exception.message)
        self.assertTrue(olga.call("stop", device="pdl")["stopped"])
        self.assertIn(olga.call("session.start", device="alex", **session)["state"], ("open", "waiting"))


class Demo(Life):
    demo = True

    def test_it_says_so_everywhere(self):
        told = self.in_use()
        self.assertEqual((told["any"], told["demo"], told["person"], told["printed"]),
                         (True, True, "demo", "demo director"))
        self.assertTrue(self.open(skin="II")["demo"])
        for words in (("status",), ("session", "show", "alex"), ("library",), ("library", "list"),
                      ("library", "history")):
            self.assertIn("(DEMO", self.ctl(DONE, *words), words)
        self.assertIn("(DEMO: not for patients)", self.gate.gate.said())
        pages = os.path.join(self.folder, "pages")
        self.ctl(DONE, "library", "pages", told["hash"], "--out", pages)
        for name in ("index.md", "alexandrite_755_lp.md"):
            with open(os.path.join(pages, name), encoding="utf-8") as f:
                self.assertIn("(DEMO: not for patients)", f.read())
        self.assertIn("demo      yes: nobody signed this", self.rows("activated")[0]["statement"])
        self.assertTrue(all(row["demo"] for row in self.rows("activated") + self.rows("in use")))

    def test_edited_files_change_nothing_until_the_demo_starts_again(self):
        folder = self.library("edited")
        self.gate.gate.end()
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        text = text.replace(f'library = "{PROFILES}"', f'library = "{folder}"')
        text = re.sub(r'profile = "[^"]*"', 'profile = "devices/alexandrite_755.cfg"', text)
        with open(self.gate.config, "w", encoding="utf-8") as f:
            f.write(text)
        self.gate.start()
        before = self.in_use()["hash"]
        self.assertEqual(len(self.rows("activated")), 1)  # the same library: nothing new to say
        shutil.rmtree(folder)
        self.library("edited", NARROWER)
        self.gate.until_heard("alex")
        self.open()
        self.assertIsNone(self.set(FLUENCE, 155))
        self.restart()
        self.assertNotEqual(self.in_use()["hash"], before)
        self.assertEqual(self.rows("activated")[-1]["before"], before)
        self.open()
        self.assertEqual(self.set(FLUENCE, 156), 3)

    def test_a_folder_that_is_wrong_starts_nothing(self):
        self.gate.gate.end()
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        folder = self.library("wrong", ("screening.cfg", "age > 75", "agee > 75"))
        with open(self.gate.config, "w", encoding="utf-8") as f:
            f.write(re.sub(r'profile = "[^"]*"', 'profile = "devices/alexandrite_755.cfg"',
                           text.replace(f'library = "{PROFILES}"', f'library = "{folder}"')))
        done = subprocess.run([os.path.join(BUILD, "dosegated"), "--config", self.gate.config],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(os.path.join(folder, "screening.cfg") + ":", done.stderr)
        self.assertIn("did you mean \"age\"", done.stderr)
        self.gate.config = os.path.join(ROOT, "profiles", "demo.cfg")  # nothing is left to be closed


if __name__ == "__main__":
    unittest.main()
