#!/bin/sh
# The whole story on real parts: two simulated devices, the gate, its pages, an operator and a physician.
#   sh sim/demo.sh            tells it, then stays up for you to try (Ctrl-C ends it)
#   sh sim/demo.sh --check    the same unattended; ends with "demo: ok", or says which step differed
# Everything is on 127.0.0.1 and in ./demo-state, which is made anew each time.
set -u
cd "$(dirname "$0")/.." || exit 1
check=no
[ "${1:-}" = --check ] && check=yes

sh .ci/install || exit 1
if ! { cmake --preset release && cmake --build --preset release --target dosegated dosegatectl dosegate-sim dosegate-web; } >/tmp/dosegate-build.$$ 2>&1; then
	tail -n 30 /tmp/dosegate-build.$$
	echo "demo: it does not build"
	exit 1
fi
rm -f /tmp/dosegate-build.$$

bin=build/release
state=demo-state
socket=$state/control.sock
if [ -f "$state/pid" ] && kill -0 "$(cat "$state/pid")" 2>/dev/null; then
	echo "demo: one is running already (process $(cat "$state/pid")); end it with Ctrl-C there"
	exit 1
fi
[ -d "$state" ] && chmod -R u+w "$state" # libraries are kept where nobody may write
rm -rf "$state"
mkdir -m 0700 "$state"
echo $$ >"$state/pid"
pids=

ended()
{
	trap - EXIT INT TERM
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	wait
	exit "${1:-1}"
}
trap 'ended 1' EXIT
trap 'ended 0' INT TERM

fail()
{
	echo
	echo "demo: this step differed: $step"
	echo "  wanted: $1"
	echo "  got:    $(cat "$state/said")"
	ended 1
}

say()
{
	step=$*
	printf '\n== %s\n' "$*"
}

# The real command behind our short names, as a person would type it (with DOSEGATE_SOCKET set).
shown()
{
	case $1 in
	ctl) printf '$ dosegatectl' ;;
	as) printf '$ dosegatectl --as %s --secret-file %s/%s.secret' "$2" "$state" "$2" && shift ;;
	browser) printf '$ curl --cacert %s/web/web.crt' "$state" ;;
	console) printf '$ mbpoll -m tcp -p 1502 -0 -1' ;;
	alex) printf '$ dosegate-sim tell %s/alex.sock' "$state" ;;
	simulator) printf '$ dosegate-sim' ;;
	esac
	shift
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=-]*) printf ' "%s"' "$word" ;;
		*) printf ' %s' "$word" ;;
		esac
	done
	echo
}

# run WANTED_CODE WANTED_TEXT COMMAND...: shows the command, runs it, and looks at what came of it
run()
{
	code=$1
	text=$2
	shift 2
	shown "$@"
	"$@" >"$state/said" 2>&1
	got=$?
	grep -v '^$' "$state/said" | grep -vE '^(mbpoll |Copyright|This program|are welcome|type .mbpoll|Protocol configuration|Slave configuration|Data type|                )' | sed 's/^/  /'
	[ "$got" = "$code" ] || fail "exit code $code, not $got"
	grep -q -- "$text" "$state/said" || fail "\"$text\""
}

ctl()
{
	"$bin/dosegatectl" --socket "$socket" "$@"
}

as()
{
	who=$1
	shift
	ctl --as "$who" --secret-file "$state/$who.secret" "$@"
}

# What the telephone of this person shows now.
otp()
{
	oathtool --totp --base32 "$(tail -n 1 "$state/$1.secret")"
}

# What a browser does, with the certificate the pages made for themselves.
browser()
{
	curl -sS --cacert "$state/web/web.crt" "$@"
}

# A Modbus panel that knows nothing of the gate: mbpoll, as it comes from Debian.
console()
{
	mbpoll -m tcp -p 1502 -0 -1 -o 2 -q "$@"
}

alex()
{
	"$bin/dosegate-sim" tell "$state/alex.sock" "$@"
}

simulator()
{
	"$bin/dosegate-sim" "$@"
}

# await TEXT COMMAND...: looks again until the command says it; 10 s at most
await()
{
	text=$1
	shift
	for _ in $(seq 200); do
		"$@" >"$state/said" 2>&1
		grep -q -- "$text" "$state/said" && return
		sleep 0.05
	done
	fail "\"$text\""
}

# How many devices the gate has heard, and found in standby.
standing()
{
	echo "$(ctl --json devices | grep -c '"state": "standby"') of 2"
}

say "Two simulated devices start: an alexandrite laser (unit 1) and a monopolar RF (unit 2); the laser is told the patient, and its oracle will judge each pulse"
"$bin/dosegate-sim" device profiles/devices/alexandrite_755.cfg --tcp 127.0.0.1:1601 --control "$state/alex.sock" \
	--library profiles --case sim/scenarios/cases/demo.json \
	</dev/null >"$state/alex.out" 2>&1 &
pids="$pids $!"
"$bin/dosegate-sim" device profiles/devices/rf_monopolar.cfg --tcp 127.0.0.1:1602 --control "$state/rf.sock" \
	</dev/null >"$state/rf.out" 2>&1 &
pids="$pids $!"
await ready cat "$state/alex.out"
await ready cat "$state/rf.out"

# secret, and below it the seed of the second factor, of whom has one; only a demo may do so
for who in dora olga phil paula susi egon arno; do
	(umask 077 && {
		echo "only a demo, $who"
		sed -n "/\"name\": \"$who\"/,/}/s/.*\"seed\": \"\(.*\)\".*/\1/p" sim/demo_people.json
	} >"$state/$who.secret")
done
install -m 0600 sim/demo_people.json "$state/people.json"

say "The gate starts: consoles on 127.0.0.1:1502, its own unit is 247"
"$bin/dosegated" --config profiles/demo.cfg --state "$state" >"$state/gate.out" 2>"$state/gate.log" &
gate=$!
pids="$pids $gate"
await ready cat "$state/gate.out"
await "2 of 2" standing

say "Nothing is judged by a library nobody activated. A demo has no one to do it: it does so itself, and says so"
run 0 "demo director (DEMO" ctl library list

say "Who is on file: people of a demo, whose secrets and telephones everybody may know (in $state/*.secret)"
run 0 "physician" ctl people list

say "The pages come up beside it, a process of their own, with a certificate they made for themselves; the operator signs in"
"$bin/dosegate-web" --socket "$socket" --listen 127.0.0.1:8443 --state "$state/web" >"$state/web.out" 2>"$state/web.log" &
web=$!
pids="$pids $web"
await ready cat "$state/web.out"
run 0 "200" browser -o "$state/page.html" -w "%{http_code}\n" https://127.0.0.1:8443/
run 0 "Olga Oper" browser -H "Origin: https://127.0.0.1:8443" -H "Content-Type: application/json" \
	-d '{"person": "olga", "secret": "only a demo, olga"}' https://127.0.0.1:8443/login

say "From here on the wire is recorded, both sides, with every decision; at the end it is played again"
run 0 "the wire is recorded" as dora record start demo.rec

say "Without a session no setting passes: a console asks for 12 J/cm2 (register 16 holds tenths) and is refused"
run 1 "Illegal data value" console -a 1 -t 4 -r 16 127.0.0.1 120

say "A physician is on the premises while somebody is treated: so the library wants it, and Dr. Reed says so"
run 0 "on the premises" as paula presence in --for 12h --otp "$(otp paula)"

say "The operator starts a session for patient P-4711, skin type II, never treated before, and sees the limits for this patient"
run 0 "session 1 on alex: open" as olga session start alex --patient P-4711 --indication hair_removal --site axilla \
	--fact skin_type=II --fact "last_sun=90 d" --fact visible_tan=no --fact self_tanner=never --fact sunscreen=daily \
	--fact melasma=none --fact pih_history=no --fact pregnancy=no --fact photosensitiser=none \
	--fact isotretinoin=never --elsewhere none \
	--fact active_implant=no --fact metal_in_field=no --fact anaesthesia=no --fact open_skin=no --fact infection_in_field=no \
	--fact herpes=none --fact tattoo_in_field=no --fact suspicious_lesion=no --fact photodermatosis=no \
	--fact age=35 --fact breast_feeding=no --fact hormonal_therapy=no --fact immunosuppression=no --fact epilepsy=no \
	--fact gold_therapy=no --fact keloid_history=no --fact vitiligo=none --fact koebner_in_field=none \
	--fact filler=never --fact neurotoxin=never --fact peel=never --fact deep_peel=never \
	--fact microneedling=never --fact surgery_in_field=never --fact dark_marking_in_field=no --fact eyewear=worn

say "Inside the protocol: 12 J/cm2 at 18 mm passes, and the device has it"
run 0 "Written" console -a 1 -t 4 -r 16 127.0.0.1 120
run 0 "12 J/cm2" alex get fluence

say "Outside it: 18 J/cm2 (18 mm has 20 J/cm2 for type II, and a first session takes four fifths: 16) is refused, and the device still has 12"
run 1 "Illegal data value" console -a 1 -t 4 -r 16 127.0.0.1 180
run 0 "12 J/cm2" alex get fluence

say "Why? The gate says it in words"
run 0 "16 J/cm2" ctl status

say "... and on its own registers for consoles that speak only Modbus: 105 is 2, held; 113 the hold; 115 its number"
run 0 "" console -a 247 -t 4 -r 100 -c 16 127.0.0.1

say "The operator says why an override is wanted; the physician looks at it"
run 0 "number" as olga hold ask alex --reason "coarse hair"
number=$(sed -n 's/.*and the number \([0-9]*\).*/\1/p' "$state/said")
run 0 "18 J/cm2" ctl hold show 1

say "An operator may not approve (and a physician never what they asked for themselves)"
run 4 "may not" as olga hold approve 1 --number "$number" --code clinical_judgement --reason "it is fine"

say "The physician approves exactly this, once, for 20 pulses, with the number from the operator and the code of the telephone"
run 0 "press again" as phil hold approve 1 --number "$number" --code clinical_judgement --reason "looked at it, treated elsewhere before" --pulses 20 --otp "$(otp phil)"

say "The simulator's oracle hears nothing from the gate, so we tell it what was granted"
run 0 "ok" alex grant '{"settings": {"fluence": "18 J/cm2"}, "pulses": 20}'

say "Nothing happened at the patient yet: the device still has 12 J/cm2. The operator presses again"
run 0 "12 J/cm2" alex get fluence
run 0 "Written" console -a 1 -t 4 -r 16 127.0.0.1 180
run 0 "18 J/cm2" alex get fluence

say "Arming judges what the device reports; the grant in force covers exactly this"
run 0 "Written" console -a 1 -t 0 -r 0 127.0.0.1 1
await armed alex state
run 0 "armed" alex state

say "The pedal fires a few pulses; settings are refused meanwhile"
run 0 "ok" alex pedal down
await emitting ctl --json devices
run 1 "Illegal data value" console -a 1 -t 4 -r 16 127.0.0.1 120
run 0 "ok" alex pedal up

say "Stop is always open, without a login"
run 0 "on the wire" ctl stop alex
await standby alex state
run 0 "standby" alex state

say "What left the aperture, by the simulator's own oracle: nothing outside of what was allowed"
run 0 '"verdict":"clean"' alex verdict

say "The physician takes the grant back; the session ends; everything stands in the ledger"
run 0 "revoked" as phil grant revoke 1
run 0 "ended" as olga session end alex
await "ended by olga" ctl ledger tail 12
run 0 "ended by olga" ctl ledger tail 12

say "The recording ends. Played to another gate, by the same library, it comes to the same verdicts; dosegate-sim says so of each"
run 0 "demo.rec" as dora record stop
run 0 "0 differ" simulator replay "$state/recordings/demo.rec" --library profiles

say "The ledger's chain is checked offline, on a copy"
mkdir -p "$state/copy"
cp "$state"/ledger.db* "$state/copy/"
run 0 "whole" ctl ledger verify "$state/copy/ledger.db"

if [ "$check" = yes ]; then
	echo
	trap - EXIT INT TERM
	kill "$web" && wait "$web" || {
		echo "demo: the pages ended with $?"
		exit 1
	}
	kill "$gate" && wait "$gate"
	code=$?
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	wait
	[ "$code" = 0 ] || {
		echo "demo: the gate ended with $code"
		exit 1
	}
	echo "demo: ok"
	exit 0
fi

cat <<TRY

== It stays up. The pages (Ctrl-C here ends it all):

  https://127.0.0.1:8443/     your browser warns of a certificate it does not know; compare
                              its SHA-256 with the one in $state/web.log
  operator   olga             secret: only a demo, olga
  physician  phil             secret: only a demo, phil      (or paula)
  director   dora             secret: only a demo, dora
  the six digits phil's telephone shows: oathtool --totp --base32 \$(tail -n 1 $state/phil.secret)

and in another terminal:

  cd $PWD
  export DOSEGATE_SOCKET=$PWD/$socket PATH=$PWD/$bin:\$PATH
  olga="--as olga --secret-file $state/olga.secret"
  phil="--as phil --secret-file $state/phil.secret"     # the second line is the seed of the second factor
  otp() { oathtool --totp --base32 \$(tail -n 1 $state/\$1.secret); }    # a code, as the telephone shows it

as anybody: what is, what happens (leave it running), what a frame would do
  dosegatectl status
  dosegatectl watch
  dosegatectl explain "00 01 00 00 00 06 01 06 00 10 00 c8"

as the operator: a session on the RF, its questions asked one by one; then its console, which counts
energy in mJ (register 100, 32 bits): on a 1 cm2 tip 110 J passes, 200 J is held
  dosegatectl \$olga session start rf --patient P-4712 --indication skin_tightening --site face
  mbpoll -m tcp -p 1502 -0 -1 -a 2 -t 4:int -B -r 100 127.0.0.1 110000
  mbpoll -m tcp -p 1502 -0 -1 -a 2 -t 4:int -B -r 100 127.0.0.1 200000
  dosegatectl \$olga hold ask rf --reason "thick skin"

as the physician: what waits, and a decision (approve wants --number as well: the one just printed)
  dosegatectl hold list
  dosegatectl \$phil hold deny 2 --code clinical_judgement --reason "not on the face"

as physician and director: another library comes into use (what is edited meanwhile changes nothing)
  dosegatectl library copy \$(dosegatectl library list | cut -c 1-16 | head -n 1) --out $state/my-library
  dosegatectl \$phil library propose $state/my-library --note "after an edit of protocols/alexandrite_755_lp.cfg"
  dosegatectl --as dora --secret-file $state/dora.secret library activate HASH --reason "read it" --otp \$(otp dora)

as the engineer: why, on registers; and somebody turns the knob at the laser itself
  mbpoll -m tcp -p 1502 -0 -1 -a 247 -t 4 -r 200 -c 16 127.0.0.1
  dosegate-sim tell $state/alex.sock panel "fluence=25 J/cm2"
... and a nasty scenario against your running gate ("dosegate-sim preset" lists them)
  dosegate-sim preset front-panel-edit --to 127.0.0.1:1502 --device $state/alex.sock --gate $socket \\
    --operator olga=$state/olga.secret --physician phil=$state/phil.secret
TRY
wait "$gate"
ended 0
