"""Makes the recordings that are kept here: of each preset, and of the demo, by the gate itself.

    python3 tests/recordings/make.py [NAME...]      # with nothing named, all of them

Wanted when the wire looks otherwise than it did: another format of recordings, another preset, another demo. A
recording is not made anew because its replay differs: that is what it is kept for.
"""
import lzma
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "system"))

from test_sim_presets import DEVICES, Presets, listed  # pylint: disable=wrong-import-position


def keep(name, path):
    with open(path, "rb") as f, lzma.open(os.path.join(HERE, name + ".rec.xz"), "wb", preset=9) as packed:
        packed.write(f.read())
    print(name, os.path.getsize(path), flush=True)


def record(stage, preset, profile):
    engineer = stage.house.control("egon")
    path = engineer.call("record.start", file=preset + ".rec")["file"]
    code, said = stage.play(preset, profile)
    engineer.call("record.stop")
    engineer.close()
    assert code == 0, said
    keep(preset, path)


def record_presets(profile, names):
    """On a gate that has this one device."""
    stage = type("Stage", (Presets,), {"devices": {profile: DEVICES[profile]}})
    stage.setUpClass()
    try:
        for preset in names:
            record(stage(), preset, profile)
    finally:
        stage.tearDownClass()


def record_demo():
    subprocess.run(["sh", "sim/demo.sh", "--check"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    keep("demo", os.path.join(ROOT, "demo-state", "recordings", "demo.rec"))


def main(names):
    presets = listed()
    for profile in sorted(set(presets.values())):
        wanted = [p for p, of in presets.items() if of == profile and (not names or p in names)]
        if wanted:
            record_presets(profile, wanted)
    if not names or "demo" in names:
        record_demo()


if __name__ == "__main__":
    main(sys.argv[1:])
