"""What the gate does when what it wrote down about its library was touched, and when it was ended while
it wrote."""
import os
import re
import shutil
import signal
import unittest
from unittest import mock

from house import BUILD, House, secret_of
from life import ALEX, DONE, NARROWER, Life


def forge(text, old, new):
    assert old in text, old
    return text.replace(old, new)


class Touched(Life):
    def refuses(self, *parts):
        """It starts, watches, stops; and opens no session."""
        self.restart()
        told = self.in_use()
        self.assertFalse(told["any"])
        for part in parts:
            self.assertIn(part, told["why"])
        self.refused(-32003, *parts, what=self.open)
        self.assertTrue(self.status_again().call("stop", device="alex")["stopped"])
        self.assertIn(parts[0], self.gate.gate.said())  # and in the log
        start = [row["body"] for row in self.gate.ledger() if row["kind"] == "start"][-1]
        self.assertEqual((start["library"], start["no_library"]), ("", told["why"]))
        return told["why"]

    def status_again(self):
        return self.client(self.gate)

    def write(self, path, text):
        folder = os.path.dirname(path)
        mode = os.stat(folder).st_mode
        os.chmod(folder, 0o700)
        if os.path.exists(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(folder, mode)

    def test_a_stored_file_that_was_changed_is_named_and_put_back_it_is_good_again(self):
        hash_ = self.begin()
        path = self.stored(hash_, ALEX)
        with open(path, encoding="utf-8") as f:
            good = f.read()
        self.write(path, forge(good, "10..16 J/cm2", "10..17 J/cm2"))
        self.refuses(path + " was changed: its BLAKE2b-256 is", "put back what was there")
        self.write(path, good)
        self.restart()
        self.assertEqual(self.in_use()["hash"], hash_)
        self.assertEqual(self.open()["state"], "open")

    def test_a_comment_counts_too(self):
        hash_ = self.begin()
        path = self.stored(hash_, "facts.cfg")
        with open(path, encoding="utf-8") as f:
            self.write(path, f.read() + "// later\n")
        self.refuses("facts.cfg was changed")

    def test_a_stored_file_more_or_less(self):
        hash_ = self.begin()
        path = self.stored(hash_, "devices", "more.cfg")
        self.write(path, "x")
        self.refuses("devices/more.cfg does not belong to the library")
        os.chmod(os.path.dirname(path), 0o700)
        os.unlink(path)
        os.rename(self.stored(hash_, "devices", "pdl_595.cfg"), os.path.join(self.folder, "away.cfg"))
        self.refuses("devices/pdl_595.cfg is missing")

    def test_one_that_was_touched_comes_back_by_proposing_it_again(self):
        hash_ = self.begin()
        self.write(self.stored(hash_, "facts.cfg"), "x")
        self.refuses("facts.cfg was changed")
        self.assertEqual(self.propose(os.path.join(self.folder, "first"), "phil"), hash_)
        self.activate(hash_)
        self.assertEqual(self.in_use()["hash"], hash_)

    def test_another_one_is_activated_over_it(self):
        hash_ = self.begin()
        self.write(self.stored(hash_, "facts.cfg"), "x")
        self.refuses("facts.cfg was changed")
        self.activate(self.propose(self.library("second", NARROWER)))
        self.gate.until_heard("alex")
        self.assertEqual(self.open()["state"], "open")

    def test_a_proposal_that_was_touched_is_not_activated(self):
        self.begin()
        second = self.propose(self.library("second", NARROWER), "dora")
        path = self.stored(second + ".json")
        with open(path, encoding="utf-8") as f:
            good = f.read()
        # dora would be another person than "egon", who proposed it by this
        self.write(path, forge(forge(good, '"person": "dora"', '"person": "egon"'), "person    dora", "person    egon"))
        self.refused(-32003, "its signature does not hold: it was changed or forged",
                     what=lambda: self.activate(second))
        [one] = [one for one in self.libraries() if one["hash"] == second]
        self.assertIn("does not hold", one["wrong"])
        self.assertIn("NOT TO BE BELIEVED", self.ctl(DONE, "library", "list"))
        self.write(path, good)
        self.refused(-32003, "you have proposed this library yourself", what=lambda: self.activate(second))

    def test_a_stored_library_that_was_touched_is_not_activated(self):
        self.begin()
        second = self.propose(self.library("second", NARROWER))
        self.write(self.stored(second, "facts.cfg"), "x")
        self.refused(-32003, "facts.cfg was changed", what=lambda: self.activate(second))

    def test_an_activation_that_was_changed(self):
        hash_ = self.begin()
        path = self.stored("active.json")
        with open(path, encoding="utf-8") as f:
            good = f.read()
        second = self.propose(self.library("second", NARROWER))
        with open(self.stored(hash_ + ".json"), encoding="utf-8") as f:
            proposal = f.read()
        for name, bad, says in (
                ("a member", forge(good, f'"library": "{hash_}"', f'"library": "{second}"'),
                 "its text is not what its members say"),
                ("member and text", forge(good, hash_, second), "its signature does not hold"),
                ("the person", forge(forge(good, '"person": "dora"', '"person": "phil"'), "person    dora",
                                     "person    phil"), "its signature does not hold"),
                ("no JSON", "{", "line 1"),
                ("a proposal in its place", proposal, "it is no activation"),
                ("nothing", "", "line 1")):
            with self.subTest(name):
                self.write(path, bad)
                self.refuses(path, says)
        self.write(path, good)
        self.restart()
        self.assertEqual(self.in_use()["hash"], hash_)

    def test_an_old_activation_put_back(self):
        first = self.begin()
        path = self.stored("active.json")
        with open(path, encoding="utf-8") as f:
            old = f.read()
        second = self.propose(self.library("second", NARROWER))
        self.activate(second)
        self.write(path, old)
        self.refuses("active.json: the newest activation is another one, of " + second[:16])
        self.activate(first, before="")  # whoever wants it back signs for it
        self.restart()
        self.assertEqual(self.in_use()["hash"], first)

    def test_no_activation_where_one_was(self):
        self.begin()
        os.unlink(self.stored("active.json"))
        self.refuses("active.json is missing, and by the ledger a library was in use")

    def test_an_activation_of_another_gate(self):
        self.begin()
        other = House({"alex": (1, "alexandrite_755.cfg", self.device.port)}, demo=False)
        self.addCleanup(other.close)
        hash_ = self.client(other, "egon").call("library.propose", dir=self.library("second", NARROWER))["library"]
        self.client(other, "dora").call("library.activate", hash=hash_, before="", reason="there",
                                        secret=secret_of("dora"), code=other.code("dora"))
        for name in (hash_, hash_ + ".json", hash_ + ".files", "active.json"):
            copy = shutil.copytree if name == hash_ else shutil.copy
            copy(os.path.join(other.state, "libraries", name), self.stored(name))
        self.refuses("it was signed with the key", "and this gate's is")

    def test_another_ledger(self):
        self.begin()
        self.gate.gate.end()
        for name in os.listdir(self.gate.state):
            if name.startswith("ledger.db"):
                os.unlink(os.path.join(self.gate.state, name))
        self.refuses("active.json: the ledger knows of no activation")

    def test_another_key(self):
        self.begin()
        key = os.path.join(self.gate.state, "gate.key")
        os.chmod(key, 0o640)
        self.refuses(key, "others may read it", "chmod 600")
        self.refused(-32003, "others may read it", what=lambda: self.activate("0" * 64, before=""))
        os.unlink(key)
        self.refuses("it was signed with the key")

    def test_a_demos_activation_in_a_clinic(self):
        self.gate.gate.end()
        with open(self.gate.config, encoding="utf-8") as f:
            text = f.read()
        for demo in ("true", "false"):
            with open(self.gate.config, "w", encoding="utf-8") as f:
                f.write(re.sub("demo = (true|false)", "demo = " + demo, text))
            if demo == "true":
                self.gate.start()
        self.refuses("it was activated by a demo", "a director must activate one")
        [one] = self.libraries()
        self.assertTrue(one["demo"])
        self.refused(-32003, "nobody has proposed this library but the demo",
                     what=lambda: self.activate(one["hash"]))


class Killed(Life):
    """kill -9 just before each step that changes the store, one after the other."""

    def setUp(self):
        super().setUp()
        self.armed = os.path.join(self.folder, "armed")
        self.seen = os.path.join(self.folder, "seen")
        self.prepared = os.path.join(self.folder, "prepared")

    def prepare(self):
        self.gate.gate.end()
        shutil.copytree(self.gate.state, self.prepared, ignore=shutil.ignore_patterns("*.sock"))

    def start_killed_at(self, step):
        """The gate as it was prepared; from now on its steps count."""
        remove(self.gate.state)
        shutil.copytree(self.prepared, self.gate.state)
        self.gate.people_again()
        for path in (self.armed, self.seen):
            if os.path.exists(path):
                os.unlink(path)
        with mock.patch.dict(os.environ, {"LD_PRELOAD": os.path.join(BUILD, "kill_at.so"),
                                          "ASAN_OPTIONS": "verify_asan_link_order=0",
                                          "KILL_ARMED": self.armed, "KILL_AT": str(step),
                                          "KILL_SEEN": self.seen}):
            self.gate.start()
        self.gate.until_heard("alex")
        with open(self.armed, "w", encoding="utf-8"):
            pass

    def steps(self):
        return os.path.getsize(self.seen) if os.path.exists(self.seen) else 0

    def ends_in(self, act):
        """True when the gate was ended on the way."""
        try:
            act()
        except (ConnectionError, OSError):
            self.gate.gate.end(signal.SIGKILL)
            return True
        self.gate.gate.end()
        return False

    def whole(self):
        self.gate.gate.end()
        self.assertIn("whole", self.ctl(DONE, "ledger", "verify", os.path.join(self.gate.state, "ledger.db")))

    def test_an_activation_came_into_use_or_did_not(self):
        first = self.begin()
        second = self.propose(self.library("second", NARROWER))
        self.prepare()
        came = {}
        step, killed = 0, True
        while killed:
            step += 1
            self.start_killed_at(step)
            killed = self.ends_in(lambda: self.activate(second))
            self.gate.start()
            self.gate.until_heard("alex")
            told = self.in_use()
            self.assertTrue(told["any"], told)
            came[step] = told["hash"]
            self.assertEqual({one["hash"] for one in self.libraries()}, {first, second})
            self.assertEqual(self.open()["library"], told["hash"][:16])
            self.end()
            events = [row["body"]["event"] for row in self.gate.ledger() if row["kind"] == "library"]
            self.assertEqual(events.count("activated"), 2)  # signed, whatever came of it
            self.assertEqual(events[-1], "in use" if told["hash"] == second else "activated")
            if told["hash"] == first:
                self.activate(second)
            self.assertEqual(self.in_use()["hash"], second)
            self.whole()
        self.assertEqual(self.steps(), step - 1)
        # open, fsync, rename, fsync of the folder: until the rename it is the first, then the second
        self.assertGreaterEqual(step, 5)
        self.assertEqual(came[1], first)
        self.assertEqual(came[step], second)
        self.assertEqual(sorted(came.values(), key=[first, second].index), [came[n] for n in sorted(came)])

    def test_a_proposal_is_in_the_store_whole_or_not_at_all(self):
        first = self.begin()
        folder = self.library("second", NARROWER)
        self.prepare()
        self.start_killed_at(0)
        self.assertFalse(self.ends_in(lambda: self.propose(folder)))
        steps = self.steps()
        self.assertGreater(steps, 80)  # forty files and more, each written and brought onto the disk
        for step in [1, 2, 3, steps // 4, steps // 2] + list(range(steps - 9, steps + 1)):
            with self.subTest(step=step, of=steps):
                self.start_killed_at(step)
                self.assertTrue(self.ends_in(lambda: self.propose(folder)))
                self.gate.start()
                self.gate.until_heard("alex")
                self.assertEqual(self.in_use()["hash"], first)
                hashes = {one["hash"] for one in self.libraries()}
                self.assertTrue(all("wrong" not in one for one in self.libraries()))
                self.assertEqual([name for name in os.listdir(self.stored()) if name.startswith(".new")], [])
                if len(hashes) == 1:
                    self.propose(folder)
                [second] = {one["hash"] for one in self.libraries()} - {first}
                self.activate(second)
                self.gate.until_heard("alex")
                self.assertEqual(self.open()["library"], second[:16])
                self.whole()

    def test_at_any_moment(self):
        """Not at steps of its own, but whenever: also while a row is written."""
        first = self.begin()
        second = self.propose(self.library("second", NARROWER))
        self.prepare()
        for ms in range(0, 300, 25):
            with self.subTest(ms=ms):
                self.start_killed_at(0)
                client = self.client(self.gate, "dora")
                client.socket.settimeout(ms / 1000 if ms else 0.001)
                try:
                    client.call("library.activate", hash=second, before=first, reason="in time",
                                secret=secret_of("dora"), code=self.gate.code("dora"))
                except (OSError, ConnectionError):
                    pass
                self.gate.gate.end(signal.SIGKILL)
                self.gate.start()
                self.gate.until_heard("alex")
                self.assertIn(self.in_use().get("hash"), (first, second))
                self.assertEqual(self.open()["state"], "open")
                self.whole()


def remove(folder):
    """A store's folders are for nobody to write to."""
    for at, _, _ in os.walk(folder):
        os.chmod(at, 0o700)
    shutil.rmtree(folder)


if __name__ == "__main__":
    unittest.main()
