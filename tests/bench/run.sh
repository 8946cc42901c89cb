#!/bin/sh
# Speed, side by side in one run: direct, haproxy (mode tcp) and the gate; 1, 8 and 64 consoles.
# Prints a table of ratios (medians over rounds). usage: sh tests/bench/run.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."
sh .ci/install
cmake --preset release >/dev/null
cmake --build --preset release >/dev/null
exec taskset -c 0 /usr/bin/python3 tests/bench/bench.py build/release "${1:-5}"
