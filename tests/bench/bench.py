"""The benchmark: everything on one CPU, interleaved, ratios within a round, medians over rounds.

Only ratios are worth quoting: the machine's own speed drifts. haproxy runs twice in every round;
if its two figures differ by more than 5 % in the median, the run is called NOISY.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
WARM_MS, RUN_MS = 150, 400
CONSOLES = (1, 8, 64)

CLINIC = """
clinic = {
  name = "bench"; demo = true; listen = "127.0.0.1:0"; gate_unit = 247;
  library = "%(profiles)s"; state = "%(state)s"; control = "control.sock";
  consoles = { addresses = ("127.0.0.1"); max = 256; idle = "10 min"; partial = "2 s"; };
  sessions = { idle = "30 min"; hold = "15 min"; grant = "120 s"; };
  ledger = { deadline = "5 s"; };
  reason_codes = ("bench");
  devices = (
    { name = "one"; unit = 1; address = "127.0.0.1:%(device)d"; device_unit = 1;
      profile = "%(profiles)s/devices/transparent.cfg"; window = 1; },
    { name = "many"; unit = 2; address = "127.0.0.1:%(device)d"; device_unit = 2;
      profile = "%(profiles)s/devices/transparent.cfg"; window = 16; }
  );
};
"""
HAPROXY = """
global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend f
    bind 127.0.0.1:%(port)d
    default_backend b
backend b
    server s 127.0.0.1:%(device)d
"""


def start(*argv):
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    return child, int(child.stdout.readline().split()[1])


def load(port, unit, consoles, pid):
    done = subprocess.run([f"{BUILD}/bench_load", str(port), str(unit), str(consoles), str(WARM_MS),
                           str(RUN_MS), str(pid)], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"bench_load failed: {done.stderr}")
    figures = json.loads(done.stdout)
    if figures["errors"]:
        raise SystemExit(f"wrong answers: {figures}")
    return figures


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def ratio(rows, target, key, base="haproxy"):
    return statistics.median(r[target][key] / r[base][key] for r in rows)


def added(rows, target):
    """Latency added over the direct way, against what haproxy adds."""
    return statistics.median((r[target]["p50"] - r["direct"]["p50"]) /
                             (r["haproxy"]["p50"] - r["direct"]["p50"]) for r in rows)


def main():
    folder = tempfile.mkdtemp(prefix="dosegate-bench-")
    children = []
    try:
        device, device_port = start(f"{BUILD}/bench_device", "0")
        children.append(device)
        with open(f"{folder}/clinic.cfg", "w", encoding="utf-8") as f:
            f.write(CLINIC % {"profiles": f"{ROOT}/profiles", "state": f"{folder}/state",
                              "device": device_port})
        gate, gate_port = start(f"{BUILD}/dosegated", "--config", f"{folder}/clinic.cfg")
        children.append(gate)
        proxy_port = device_port + 1 if device_port < 65000 else device_port - 1
        with open(f"{folder}/haproxy.cfg", "w", encoding="utf-8") as f:
            f.write(HAPROXY % {"port": proxy_port, "device": device_port})
        proxy = subprocess.Popen(["/usr/sbin/haproxy", "-f", f"{folder}/haproxy.cfg", "-db"],
                                 stderr=subprocess.DEVNULL)
        children.append(proxy)
        time.sleep(0.5)  # haproxy says nothing when it is ready
        idle_rss = rss_kb(gate.pid)
        targets = {"direct": (device_port, 1, 0), "haproxy": (proxy_port, 1, proxy.pid),
                   "gate W=1": (gate_port, 1, gate.pid), "gate W=16": (gate_port, 2, gate.pid),
                   "haproxy again": (proxy_port, 1, proxy.pid)}
        rows = {c: [] for c in CONSOLES}
        for number in range(ROUNDS):
            order = list(targets)
            order = order[number % len(order):] + order[: number % len(order)]
            for consoles in CONSOLES:
                rows[consoles].append({t: load(targets[t][0], targets[t][1], consoles,
                                               targets[t][2]) for t in order})
        report(rows, idle_rss, rss_kb(gate.pid))
    finally:
        for child in children:
            child.terminate()
            child.wait()
        shutil.rmtree(folder)
    print()
    subprocess.run([f"{BUILD}/bench_judge", f"{ROOT}/profiles"], check=True)


def report(rows, idle_rss, busy_rss):
    print(f"{ROUNDS} rounds of {RUN_MS} ms, all on one CPU, medians; FC03 of 10 registers\n")
    print("| consoles | way | requests/s | p50 us | p99 us | p99.9 us | CPU ns/request |"
          " requests/s : haproxy | p99 : haproxy | CPU : haproxy |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for consoles, rounds in rows.items():
        for target in rounds[0]:
            m = {k: statistics.median(r[target][k] for r in rounds)
                 for k in ("rps", "p50", "p99", "p999", "cpu_ns")}
            cpu = "-" if target == "direct" else f"{ratio(rounds, target, 'cpu_ns'):.2f}"
            print(f"| {consoles} | {target} | {m['rps']:.0f} | {m['p50']:.1f} | {m['p99']:.1f} |"
                  f" {m['p999']:.1f} | {m['cpu_ns']:.0f} | {ratio(rounds, target, 'rps'):.2f} |"
                  f" {ratio(rounds, target, 'p99'):.2f} | {cpu} |")
    print(f"\nadded p50 at one console, gate : haproxy = {added(rows[1], 'gate W=1'):.2f}")
    print(f"memory of the gate: {idle_rss} kB idle, {busy_rss} kB after 64 consoles")
    same = [ratio(r, "haproxy again", "p50") for r in rows.values()]
    if any(not 0.95 <= s <= 1.05 for s in same):
        print("NOISY: haproxy against itself: " + ", ".join(f"{s:.2f}" for s in same))


main()
