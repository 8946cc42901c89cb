"""The real programs on loopback: a gate, simulated devices, people, consoles.

A House starts dosegated and one dosegate-sim per device in a folder of its own, on ports the
kernel gives, and waits for each program's "ready" line; nothing here sleeps for luck. What reached
a device is asked of the simulator, never of the gate.
"""
import base64
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("DOSEGATE_BUILD", os.path.join(ROOT, "build", "dev"))
PROFILES = os.path.join(ROOT, "profiles")
# Sanitizers make programs slower; no wait here ends well later than this.
PATIENCE = 20.0


def device_profile(name, library=PROFILES):
    """Of the library, when the name is no path of its own."""
    return os.path.join(library, "devices", name)


class Program:
    """A child process whose first line of output is "ready ..."."""

    def __init__(self, *argv, stdin=None):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, bufsize=1)
        self.ready = self.line()
        if not self.ready.startswith("ready"):
            said = self.said()
            self.end(signal.SIGKILL)
            raise AssertionError(f"{argv}: said {self.ready!r}: {said}")

    def line(self):
        ok, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        return self.process.stdout.readline().strip() if ok else ""

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def end(self, how=signal.SIGTERM):
        if self.process.stdout.closed:
            return self.process.returncode
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()
        said = self.said()
        self.errors.close()
        if "Sanitizer" in said or "runtime error" in said:
            raise AssertionError(said)
        return code


class Sim(Program):
    """A simulated device; told what to do on its standard input, one answer a line.

    lines: how masters come to it, Modbus/TCP when nothing else is said; ("--rtu",) makes a terminal.
    """

    def __init__(self, profile, port=0, seed=1, *more, lines=None):
        if lines is None:
            lines = ("--tcp", f"127.0.0.1:{port}")
        super().__init__(os.path.join(BUILD, "dosegate-sim"), "device", device_profile(profile),
                         *lines, "--seed", str(seed), *more, stdin=subprocess.PIPE)
        self.lines = self.ready.split()[1:]
        ports = [int(line.rsplit(":", 1)[1]) for line in self.lines if ":" in line]
        self.port = ports[0] if ports else None
        self.terminal = next((line for line in self.lines if line.startswith("/")), None)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.line()

    def writes(self):
        """What reached the device: the list of writes it received."""
        return json.loads(self.tell("log"))

    def quit(self):
        return self.end()


def heard(wire, pdu):
    """Where in the order of all requests a device (dosegate-sim --wire) on Modbus/TCP heard this one."""
    with open(wire, encoding="utf-8") as f:
        asked = [line.split()[3] for line in f if " > " in line]
    return [i for i, frame in enumerate(asked) if bytes.fromhex(frame)[7:] == pdu]


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data") or {}


class Control:
    """A client of the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.last = 0
        self.events = []

    def call(self, method, **params):
        self.last += 1
        self.socket.sendall((json.dumps({"jsonrpc": "2.0", "id": self.last, "method": method,
                                         "params": params}) + "\n").encode())
        while True:
            line = self.lines.readline()
            if not line:
                raise ConnectionError("the gate closed the control socket")
            message = json.loads(line)
            if "id" not in message:
                self.events.append(message["params"])
                continue
            if "error" in message:
                raise Refused(message["error"])
            return message["result"]

    def event(self, want):
        """Waits for the event for which want(event) is true."""
        while True:
            for i, event in enumerate(self.events):
                if want(event):
                    del self.events[: i + 1]
                    return event
            self.events.clear()
            message = json.loads(self.lines.readline())
            self.events.append(message["params"])

    def close(self):
        self.lines.close()
        self.socket.close()


CLINIC = """
clinic = {
  name = "test clinic"; demo = %(demo)s; listen = "%(listen)s"; gate_unit = 247;
  isolated_interface = %(isolated)s;
  library = "%(library)s"; state = "%(state)s"; control = "control.sock";
  consoles = { addresses = (%(addresses)s); lines = (%(lines)s); max = 128; idle = "10 min";
               partial = "2 s"; %(consoles)s };
  sessions = { idle = "30 min"; hold = "15 min"; grant = "%(grant)s"; };
  %(logins)s
  ledger = { deadline = "5 s"; };
  reason_codes = ("clinical_judgement", "test_area_read");
  devices = ( %(devices)s );
};
"""
DEVICE = """{ name = "%(name)s"; unit = %(unit)d; aliases = (%(aliases)s);
  address = "%(address)s"; device_unit = %(device_unit)d; profile = "%(profile)s"; serial = "";
  deadline = "%(deadline)s"; poll = "%(poll)s"; window = %(window)d; %(more)s }"""

PEOPLE = {"dora": "director", "olga": "operator", "phil": "physician", "paula": "physician",
          "egon": "engineer", "susi": "safety_officer", "arno": "auditor",
          "petra": "physician"}  # who is on the premises

# Who signs, and so has a second factor.
SIGNERS = ("physician", "director", "safety_officer")

# Who starts sessions, and so was trained on everything.
TRAINED = ("olga", "phil")
CLASSES = sorted(name[:-4] for name in os.listdir(os.path.join(PROFILES, "protocols")))

# A patient about whom everything is known and nothing speaks against treatment.
WELL = {"skin_type": "II", "last_sun": "90 d", "visible_tan": "no", "self_tanner": "never",
        "sunscreen": "daily", "melasma": "none", "pih_history": "no", "pregnancy": "no",
        "photosensitiser": "none", "isotretinoin": "never",
        "active_implant": "no", "metal_in_field": "no", "anaesthesia": "no", "open_skin": "no",
        "infection_in_field": "no", "herpes": "none", "tattoo_in_field": "no",
        "suspicious_lesion": "no", "photodermatosis": "no", "age": "35", "breast_feeding": "no",
        "hormonal_therapy": "no", "immunosuppression": "no", "epilepsy": "no", "gold_therapy": "no",
        "keloid_history": "no", "vitiligo": "none", "koebner_in_field": "none", "filler": "never",
        "neurotoxin": "never", "peel": "never", "deep_peel": "never", "microneedling": "never",
        "surgery_in_field": "never", "dark_marking_in_field": "no", "eyewear": "worn"}


# The same for the what-if judge, which is told no history: the test area is answered there.
TYPED = dict(WELL, test_area="read_clear")


def treated(device_class, site, days_ago, **more):
    """A treatment elsewhere, as people tell of it."""
    return {"device_class": device_class, "site": site, "days_ago": days_ago, **more}


def test_area(device_class, site, made, read=None, result="clear", **settings):
    """A test area made elsewhere so many days ago, and read so many days ago."""
    told = treated(device_class, site, made, kind="test_spot")
    if read is not None:
        told.update(read_days_ago=read, result=result)
    if settings:
        told["settings"] = settings
    return told


# What a test area was made with, where a protocol asks for one.
TESTED = {
    "alexandrite_755_lp": {"wavelength": "755 nm", "spot": "18 mm", "pulse_width": "3 ms",
                           "fluence": "20 J/cm2", "cooling": "cryogen"},
    "nafr_1550": {"wavelength": "1550 nm", "energy": "40 mJ", "density": "1500 /cm2"},
    "rf_fractional_bipolar": {"handpiece": "pins_160", "energy": "49.6 mJ"},
}


def past(device_class, site):
    """Treated once, long ago and far from the site; a test area here, read after four weeks."""
    return [treated(device_class, far_from(site), 900),
            test_area(device_class, site, 60, 30, **TESTED.get(device_class, {}))]


def far_from(site):
    return "thigh" if site in ("back", "abdomen", "chest") else "back"


class House:
    """A gate with devices: {name: (unit, profile file, port or address[, options])}.

    lines: serial lines with consoles. addresses: of the others. consoles: more of that group. listen: where
    its own loopback is not meant. prefix: words before those that start the gate.
    """

    on_file = None  # people.json of the first house, made through the gate; later ones begin with it
    seeds_on_file = {}  # of the second factors in it, in base 32

    def __init__(self, devices, grant="120 s", state=None, people=True, library=PROFILES, demo=True,
                 lines=(), logins="", supervised=True, addresses=("127.0.0.1",), consoles="",
                 listen="127.0.0.1:0", prefix=()):
        self.folder = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.prefix = prefix
        self.state = state or os.path.join(self.folder.name, "state")
        self.config = os.path.join(self.folder.name, "clinic.cfg")
        listed = []
        for name, (unit, profile, port, *more) in devices.items():
            options = {"aliases": "", "device_unit": 1, "deadline": "500 ms", "poll": "50 ms",
                       "window": 1, "more": ""}
            options.update(more[0] if more else {})
            address = port if isinstance(port, str) else f"127.0.0.1:{port}"
            listed.append(DEVICE % dict(options, name=name, unit=unit, address=address,
                                        profile=device_profile(profile, library)))
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(CLINIC % {"listen": listen, "isolated": "false" if listen.startswith("127.") else "true",
                              "library": library, "state": self.state, "grant": grant, "logins": logins,
                              "demo": "true" if demo else "false",
                              "lines": ", ".join(f'"{line}"' for line in lines),
                              "addresses": ", ".join(f'"{a}"' for a in addresses),
                              "consoles": consoles,
                              "devices": ", ".join(listed)})
        self.socket = os.path.join(self.state, "control.sock")
        self.supervised = supervised
        self.seeds = dict(House.seeds_on_file) if people else {}
        self.steps = {}  # the last step of each person's second factor
        self.gate = None
        if people and House.on_file:
            os.makedirs(self.state, mode=0o750, exist_ok=True)
            self.people_again()
        self.start()
        if people and not House.on_file:
            self.people()
            House.seeds_on_file = dict(self.seeds)
            with open(os.path.join(self.state, "people.json"), encoding="utf-8") as f:
                House.on_file = json.load(f)
            for person in House.on_file["people"]:
                person.get("totp", {})["last_step"] = 0  # for those who begin with it: long ago
            self.supervise()

    def people_again(self):
        """While the gate is down: everybody as at the first start, no code used."""
        path = os.path.join(self.state, "people.json")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            json.dump(House.on_file, f)
        self.steps = {}

    def start(self):
        self.gate = Program(*self.prefix, os.path.join(BUILD, "dosegated"), "--config", self.config)
        self.port = int(self.gate.ready.split()[1])
        self.supervise()

    def supervise(self):
        """Petra is on the premises, as the library wants it of a physician."""
        if self.supervised and "petra" in self.seeds:
            client = self.control("petra", code=True)
            client.call("presence.in")
            client.close()

    def people(self):
        first = Control(self.socket)
        first.call("people.add", name="dora", printed="Dr. Dora Dean", role="director",
                   secret=secret_of("dora"))
        first.close()
        self.enrol("dora")
        first = self.control("dora", code=True)
        for name, role in PEOPLE.items():
            if name != "dora":
                first.call("people.add", name=name, printed=name.title(), role=role,
                           secret=secret_of(name))
        first.close()
        for name, role in PEOPLE.items():
            if role in SIGNERS and name != "dora":
                self.enrol(name)
        officer = self.control("susi", code=True)
        for name in TRAINED:
            for device_class in CLASSES:
                officer.call("training.add", person=name, device_class=device_class, until="2099-12-31")
        officer.close()

    def enrol(self, person):
        """A second factor, through the gate, as a person does it."""
        client = self.control(person)
        self.seeds[person] = client.call("people.enrol", secret=secret_of(person))["seed"]
        client.call("people.confirm", code=self.code(person))
        client.close()

    def code(self, person):
        """A code of the person's second factor that was not used yet.

        The gate takes each code once, and those of half a minute ago and ahead: three in a row are
        there at once, the next one is waited for. Who has none has no code.
        """
        if person not in self.seeds:
            return ""
        step = max((int(time.time()) + 10) // 30 - 1,  # good for ten seconds at least
                    self.steps.get(person, 0) + 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(0.2)
        self.steps[person] = step
        return totp(self.seeds[person], 30 * step)

    def control(self, person=None, code=False):
        """A client; as a person, when one is named, and with the second factor as well."""
        client = Control(self.socket)
        if person:
            more = {"code": self.code(person)} if code else {}
            client.call("login", person=person, secret=secret_of(person), **more)
        return client

    def ctl(self, *words, person=None, code=False, stdin=subprocess.DEVNULL):
        """dosegatectl as a person runs it: (exit code, output, errors).

        code: the person has a code of the second factor at hand.
        """
        if code:
            words += ("--otp", self.code(person))
        argv = [os.path.join(BUILD, "dosegatectl"), "--socket", self.socket, *words]
        if person:
            path = os.path.join(self.folder.name, person + ".secret")
            with open(path, "w", encoding="utf-8") as f:
                f.write(secret_of(person) + "\n")
            argv += ["--as", person, "--secret-file", path]
        done = subprocess.run(argv, stdin=stdin, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def until(self, what, client=None):
        """Waits until what(status of the gate) is true, looking again after each event."""
        own = client or self.control()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = own.call("status")
            if what({d["name"]: d for d in status["devices"]}):
                if client is None:
                    own.close()
                return
            select.select([own.socket], [], [], 0.02)
        raise AssertionError("waited in vain: " + json.dumps(status)[:2000])

    def until_heard(self, *names):
        self.until(lambda d: all(d[n]["heard_ms"] is not None and d[n]["state"] == "standby"
                                 for n in names))

    def until_recorded(self, what):
        """Waits for a ledger row (newest 1000) for which what(row) is true; rows follow answers."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = [row for row in self.ledger() if what(row)]
            if found:
                return found
        raise AssertionError("no such row: " + json.dumps(self.ledger()[-20:]))

    def ledger(self, count=1000):
        client = self.control()
        rows = client.call("ledger.tail", count=count)["rows"]
        client.close()
        return rows

    def close(self):
        code = self.gate.end()
        self.folder.cleanup()
        return code


def secret_of(name):
    return name + "-long-secret"


def totp(seed, at):
    """What a telephone with this seed (base 32) shows at this time; oathtool is the telephone."""
    done = subprocess.run(["oathtool", "--totp", "--base32", "--now", f"@{at}", seed], check=True,
                          capture_output=True, text=True)
    return done.stdout.strip()


def signature_holds(key, text, signature):
    """As OpenSSL sees it, with the key in the frame RFC 8410 puts around it."""
    der = bytes.fromhex("302a300506032b6570032100" + key)
    folder = os.environ.get("TMPDIR", "/tmp")
    names = [os.path.join(folder, f"signed-{os.getpid()}.{end}") for end in ("pem", "txt", "sig")]
    pem = "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der).decode() + "\n-----END PUBLIC KEY-----\n"
    for name, data in zip(names, (pem.encode(), text.encode(), bytes.fromhex(signature))):
        with open(name, "wb") as f:
            f.write(data)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", names[0], "-rawin", "-in",
                           names[1], "-sigfile", names[2]], capture_output=True, check=False)
    for name in names:
        os.unlink(name)
    return done.returncode == 0


class Raw:
    """A Modbus/TCP console that writes exactly the bytes it is told to."""

    def __init__(self, port, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
        self.socket.settimeout(PATIENCE)
        self.tid = 0

    def send(self, data):
        self.socket.sendall(data)

    def frame(self, unit, pdu, tid=None, protocol=0, length=None):
        if tid is None:
            self.tid = (self.tid + 1) & 0xffff
            tid = self.tid
        return struct.pack(">HHHB", tid, protocol, len(pdu) + 1 if length is None else length,
                           unit) + pdu

    def exact(self, n):
        got = b""
        while len(got) < n:
            part = self.socket.recv(n - len(got))
            if not part:
                raise ConnectionError("closed")
            got += part
        return got

    def reply(self):
        head = self.exact(7)
        tid, protocol, length, unit = struct.unpack(">HHHB", head)
        assert protocol == 0
        return tid, unit, self.exact(length - 1)

    def ask(self, unit, pdu):
        self.send(self.frame(unit, pdu))
        return self.reply()[2]

    def closed(self):
        """True when the gate has closed this connection and sent nothing before."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    # the common functions, as PDUs
    def read(self, unit, address, count, function=3):
        return self.ask(unit, struct.pack(">BHH", function, address, count))

    def write(self, unit, address, *values):
        if len(values) == 1:
            return self.ask(unit, struct.pack(">BHH", 6, address, values[0]))
        return self.write_many(unit, address, *values)

    def write_many(self, unit, address, *values):
        return self.ask(unit, struct.pack(f">BHHB{len(values)}H", 16, address, len(values),
                                          2 * len(values), *values))

    def coil(self, unit, address, on):
        return self.ask(unit, struct.pack(">BHH", 5, address, 0xff00 if on else 0))


def exception_of(pdu):
    """The exception code of a reply, or None."""
    return pdu[1] if pdu[0] & 0x80 else None


class Case(unittest.TestCase):
    """A test with sims and a house that are closed whatever happens."""

    def sim(self, *args, **kw):
        sim = Sim(*args, **kw)
        self.addCleanup(sim.quit)
        return sim

    def house(self, devices, people=True, **kw):
        house = House(devices, people=people, **kw)
        self.addCleanup(house.close)
        return house

    def library(self):
        """A copy of the shipped library, to change."""
        folder = tempfile.TemporaryDirectory(prefix="dosegate-test-")
        self.addCleanup(folder.cleanup)
        return shutil.copytree(PROFILES, os.path.join(folder.name, "profiles"))

    def raw(self, house, source="127.0.0.1"):
        raw = Raw(house.port, source)
        self.addCleanup(raw.close)
        return raw

    def client(self, house, person=None, code=False):
        client = house.control(person, code)
        self.addCleanup(client.close)
        return client

    def session(self, house, device, person="olga", indication="hair_removal", site=None,
                elsewhere=None, kind="treatment", patient="P-4711", **facts):
        """A session of a patient treated once with this class, long ago and far from the site."""
        client = self.client(house, person)
        if site is None:
            site = client.call("library")["sites"][0]
        if elsewhere is None:
            named = {d["name"]: d["device_class"] for d in client.call("devices")["devices"]}
            elsewhere = past(named[device], site)
        return client.call("session.start", device=device, patient=patient, indication=indication,
                           site=site, kind=kind, elsewhere=elsewhere, facts=dict(WELL, **facts))
