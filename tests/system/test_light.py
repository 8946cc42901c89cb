"""The light devices as shipped, all at one gate: what is open passes up to its cell and not a step
beyond, in each device's own words on the wire; what is closed says why, to whoever asks."""
import json
import unittest

from house import WELL, Case, Refused, exception_of, past

DEVICES = ("diode_810_stamping", "diode_810_sweeping", "ipl", "pdl_595", "qs_1064", "qs_755",
           "qs_532", "ps_755_array")

CLOSED = (("diode_810_sweeping", "hair_removal", "until the medical director loads a patch rule"),
          ("ipl", "photorejuvenation", "No honest class-level table exists"),
          ("qs_755", "tattoo_removal", "No published dose by skin type was found"),
          ("ps_755_array", "photorejuvenation", "device preset only"))

# Device, indication, type, register, the words at the ceiling, one step beyond it.
OPEN = (
    ("diode_810_stamping", "hair_removal", "II", 0x20, (0x5000,), (0x5100,)),  # 40, 40.5 J/cm2
    ("pdl_595", "diffuse_redness", "II", 0x400, (30,), (31,)),  # 7.5, 7.75 J/cm2
    ("qs_1064", "toning", "II", 1000, (565,), (566,)),  # 565 mJ on 6 mm: 1.998; 566: 2.002 J/cm2
    ("qs_532", "pigmented_lesion", "II", 0x2000, (0x0000, 0x4040), (0x0400, 0x4040)),  # 3, 3.000001
)


class Light(Case):
    def setUp(self):
        self.sims = {name: self.sim(name + ".cfg", 0, 1, "--set", "boot=0 ms") for name in DEVICES}
        self.gate = self.house({name: (unit, name + ".cfg", self.sims[name].port)
                                for unit, name in enumerate(DEVICES, 1)})
        self.gate.until_heard(*DEVICES)
        self.olga = self.client(self.gate, "olga")

    def start(self, device, indication, **facts):
        return self.olga.call("session.start", device=device, patient="P-1", indication=indication,
                              site="face", facts=dict(WELL, **facts),
                              elsewhere=past(device, "face"))

    def test_a_closed_class_says_why(self):
        for device, indication, words in CLOSED:
            with self.subTest(device), self.assertRaises(Refused) as refused:
                self.start(device, indication)
            self.assertIn(words, refused.exception.message)

    def test_a_type_without_a_row_is_told_why(self):
        with self.assertRaises(Refused) as refused:
            self.start("pdl_595", "diffuse_redness", skin_type="V")
        self.assertIn("For types V and VI no dose was found", refused.exception.message)

    def test_the_library_says_what_is_closed(self):
        classes = {c["name"]: c for c in self.olga.call("library")["classes"]}
        for device, indication, words in CLOSED:
            with self.subTest(device):
                self.assertIn(indication, classes[device]["indications"])
                self.assertIn(words, classes[device]["closed"])
        self.assertEqual(classes["diode_810_stamping"]["closed"], "")

    def test_a_person_at_the_command_line_is_told_why(self):
        facts = [word for name, value in WELL.items() for word in ("--fact", f"{name}={value}")]
        code, _, said = self.gate.ctl("session", "start", "ipl", "--patient", "P-1", "--indication",
                                      "hair_removal", "--site", "face", *facts, person="olga")
        self.assertNotEqual(code, 0)
        self.assertIn("No honest class-level table exists", " ".join(said.split()))

    def test_each_device_passes_its_ceiling_and_no_step_more(self):
        console = self.raw(self.gate)
        for device, indication, skin, address, most, beyond in OPEN:
            with self.subTest(device):
                self.assertEqual(self.start(device, indication, skin_type=skin)["state"], "open")
                unit = DEVICES.index(device) + 1
                self.assertIsNone(exception_of(console.write_many(unit, address, *most)))
                self.assertIsNotNone(exception_of(console.write_many(unit, address, *beyond)))
                self.assertEqual([w["values"] for w in self.sims[device].writes()], [list(most)])
                last = self.device(device)["last"]
                self.assertEqual(last["verdict"], "HELD")
                self.assertIn("fluence", json.dumps(last["reasons"]))

    def device(self, name):
        return next(d for d in self.olga.call("devices")["devices"] if d["name"] == name)


if __name__ == "__main__":
    unittest.main()
