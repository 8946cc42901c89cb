"""The fractional lasers and RF as shipped, all at one gate: ceilings of energy, density and their
product in each device's own words on the wire; what has no number says so."""
import json
import unittest

from house import WELL, Case, Refused, exception_of, past

DEVICES = ("nafr_1550", "nafr_1927", "co2_fractional", "eryag_fractional", "ablative_full_field",
           "rf_fractional_bipolar", "rf_microneedling")

# Device, type, site, part of what is said.
CLOSED = (("ablative_full_field", "I", "face", "no source gives a number"),
          ("rf_microneedling", "I", "neck", "no source gives an energy for a depth"),
          ("co2_fractional", "V", "face", "no row for types V and VI"),
          ("co2_fractional", "I", "neck", "nor off the face"),
          ("eryag_fractional", "VI", "face", "is treated as CO2"),
          ("nafr_1927", "V", "face", "types V and VI"))

# Device, type, register, the words at the ceiling, one step beyond it. Densities stay as the devices
# begin: 500 and 252 a cm2.
OPEN = (
    ("nafr_1550", "II", 0x0400, (0x9001,), (0x9101,)),  # 40, 40.1 mJ
    ("nafr_1550", "II", 0x0401, (0xD007,), (0xD107,)),  # 2000, 2001 /cm2
    ("nafr_1927", "II", 0x0020, (0x41A0, 0x0000), (0x41A0, 0x020C)),  # 20, 20.001 mJ
    ("rf_fractional_bipolar", "II", 300, (620,), (621,)),  # 62, 62.1 mJ with 160 pins
    ("rf_fractional_bipolar", "IV", 300, (496,), (497,)),  # times 0.8
)


class Fractional(Case):
    def setUp(self):
        self.sims = {name: self.sim(name + ".cfg", 0, 1, "--set", "boot=0 ms") for name in DEVICES}
        self.gate = self.house({name: (unit, name + ".cfg", self.sims[name].port)
                                for unit, name in enumerate(DEVICES, 1)})
        self.gate.until_heard(*DEVICES)
        self.olga = self.client(self.gate, "olga")
        self.console = self.raw(self.gate)

    def start(self, device, skin, site="face"):
        return self.olga.call("session.start", device=device, patient="P-1",
                              indication="resurfacing", site=site, facts=dict(WELL, skin_type=skin),
                              elsewhere=past(device, site))

    def write(self, device, address, *words):
        return exception_of(self.console.write_many(DEVICES.index(device) + 1, address, *words))

    def last(self, name):
        return next(d for d in self.olga.call("devices")["devices"] if d["name"] == name)["last"]

    def test_what_has_no_number_says_so(self):
        for device, skin, site, words in CLOSED:
            with self.subTest(device, skin=skin, site=site):
                with self.assertRaises(Refused) as refused:
                    self.start(device, skin, site)
                self.assertIn(words, refused.exception.message)

    def test_each_device_passes_its_ceiling_and_no_step_more(self):
        for device, skin, address, most, beyond in OPEN:
            with self.subTest(device, skin=skin, address=address):
                self.assertEqual(self.start(device, skin)["state"], "open")
                self.assertIsNone(self.write(device, address, *most))
                self.assertIsNotNone(self.write(device, address, *beyond))
                self.assertEqual(self.sims[device].writes()[-1]["values"], list(most))
                self.assertEqual(self.last(device)["verdict"], "HELD")

    def test_energy_and_density_are_never_both_reached(self):
        self.start("nafr_1550", "III")
        self.assertIsNone(self.write("nafr_1550", 0x0400, 0x9001))  # 40 mJ at 500 /cm2: 20 J/cm2
        self.assertIsNotNone(self.write("nafr_1550", 0x0401, 0xF501))  # 501 /cm2
        self.assertIsNotNone(self.write("nafr_1550", 0x0401, 0xE803))  # 1000 /cm2
        self.assertIn("product", json.dumps(self.last("nafr_1550")["reasons"]))
        self.assertIsNone(self.write("nafr_1550", 0x0400, 0xC800, 0xE803))  # 20 mJ, 1000 /cm2

    def test_ablation_waits_for_a_physician_in_every_type(self):
        for device in ("co2_fractional", "eryag_fractional"):
            for skin in ("I", "IV"):
                with self.subTest(device, skin=skin):
                    self.assertEqual(self.start(device, skin)["state"], "waiting")


if __name__ == "__main__":
    unittest.main()
