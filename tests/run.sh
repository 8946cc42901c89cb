#!/bin/sh
# Every test, from a fresh Debian 12 machine. Quiet; shows what failed; ends with the count.
#   sh tests/run.sh            all of it
#   sh tests/run.sh STEP...    only these: floors unit coverage fuzz system demo
set -u
cd "$(dirname "$0")/.." || exit 1
sh .ci/install || exit 1

logs=build/logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0
steps=${*:-floors unit coverage fuzz system demo}

# count PASSED FAILED LOG WORDS: adds up, and shows the log of what failed
count()
{
	passed=$((passed + $1))
	failed=$((failed + $2))
	[ "$2" = 0 ] && return
	echo "--- $4: $2 failed; the end of $3:"
	tail -n 60 "$3"
}

build()
{
	cmake --preset "$1" >"$logs/build-$1.log" 2>&1 &&
		cmake --build --preset "$1" >>"$logs/build-$1.log" 2>&1 && return 0
	count 0 1 "$logs/build-$1.log" "build $1"
	return 1
}

step_floors()
{
	sh .ci/floors build/dev >"$logs/floors.log" 2>&1
	bad=$(tail -n 1 "$logs/floors.log" | cut -d' ' -f2)
	all=$(tail -n 1 "$logs/floors.log" | cut -d' ' -f1)
	count $((all - bad)) "$bad" "$logs/floors.log" "floors"
}

# Each unit test is a program; its cases are counted from what cmocka prints.
step_unit()
{
	for program in build/dev/test_*; do
		[ -x "$program" ] || continue
		log=$logs/$(basename "$program").log
		timeout 300 "$program" >"$log" 2>&1
		code=$?
		good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
		bad=$(grep -c '^\[  FAILED  \] [^0-9]' "$log")
		[ "$code" != 0 ] && [ "$bad" = 0 ] && bad=1
		[ "$code" = 0 ] && [ "$good" = 0 ] && bad=1 # a test that tested nothing
		count "$good" "$bad" "$log" "$(basename "$program")"
	done
}

# 100 % of the lines and branches of core, or it fails.
step_coverage()
{
	build coverage || return
	find build/coverage -name '*.gcda' -delete
	for source in tests/unit/core/test_*.c; do
		"build/coverage/$(basename "$source" .c)" >/dev/null 2>&1
	done
	if gcovr -r . --filter 'daemon/core/' --exclude-unreachable-branches --object-directory build/coverage \
		--branches --fail-under-line 100 --fail-under-branch 100 >"$logs/coverage.log" 2>&1; then
		count 1 0 "$logs/coverage.log" "coverage of core"
	else
		gcovr -r . --filter 'daemon/core/' --exclude-unreachable-branches --object-directory build/coverage >>"$logs/coverage.log" 2>&1
		count 0 1 "$logs/coverage.log" "coverage of core"
	fi
}

step_fuzz()
{
	build fuzz || return
	for source in tests/fuzz/fuzz_*.c; do
		name=$(basename "$source" .c)
		found=$logs/$name
		mkdir -p "$found"
		if (cd "$found" && timeout 120 "../../fuzz/$name" -max_total_time=30 -max_len=1024 -print_final_stats=0 \
			-artifact_prefix="$PWD/" . "../../../tests/fuzz/corpus/${name#fuzz_}") >"$logs/$name.log" 2>&1; then
			count 1 0 "$logs/$name.log" "$name"
		else
			count 0 1 "$logs/$name.log" "$name"
		fi
	done
}

# The real programs on loopback, with consoles that others wrote. They wait more than they work, so
# one file a core runs at a time, the longest first as the last run knew them.
step_system()
{
	for file in tests/system/test_*.py; do
		log=$logs/$(basename "$file" .py).log
		echo "$(sed -n 's/^Ran [0-9]* tests* in \([0-9]*\).*/\1/p' "$log" 2>/dev/null | tail -n 1) $(basename "$file" .py)"
	done | sort -k1,1nr -k2 | sed 's/.* //' | xargs -P "$(nproc)" -I NAME sh -c '
		cd tests/system && timeout 900 /usr/bin/python3 -m unittest -v NAME >"../../$0/NAME.log" 2>&1
		echo $? >"../../$0/NAME.code"' "$logs"
	for file in tests/system/test_*.py; do
		log=$logs/$(basename "$file" .py).log
		code=$(cat "${log%.log}.code")
		all=$(sed -n 's/^Ran \([0-9]*\) test.*/\1/p' "$log")
		bad=$(sed -n 's/^FAILED (\(.*\))$/\1/p' "$log" | tr ',' '\n' | sed -n 's/.*\(failures\|errors\)=//p' |
			awk '{n += $1} END {print n + 0}')
		left=$(sed -n 's/^\(OK\|FAILED\) (.*skipped=\([0-9]*\).*/\2/p' "$log")
		good=$((${all:-0} - bad - ${left:-0}))
		skipped=$((skipped + ${left:-0}))
		sed -n "s/^test.*\.\.\. skipped /$(basename "$file" .py): skipped: /p" "$log" | sort -u
		[ "$code" != 0 ] && [ "$bad" = 0 ] && bad=1
		[ "${all:-0}" = 0 ] && bad=1
		count "$good" "$bad" "$log" "$(basename "$file")"
	done
}

step_demo()
{
	if sh sim/demo.sh --check >"$logs/demo.log" 2>&1 && [ "$(tail -n 1 "$logs/demo.log")" = "demo: ok" ]; then
		count 1 0 "$logs/demo.log" "demo"
	else
		count 0 1 "$logs/demo.log" "demo"
	fi
}

build dev && for step in $steps; do
	"step_$step"
done
[ "$skipped" = 0 ] || echo "$skipped skipped, not counted as passed"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
