/*
 * What a device profile and the clinic file may not say, and what becomes of files that are right.
 */
#include "given_files.h"

#include <sys/socket.h>

#include "edge/console.h"
#include "edge/link.h"
#include "edge/people.h"

/* clang-format off */
static const struct refusal of_registers[] = {
	{"a register twice", DEVICE, "name = \"spot\"", "name = \"fluence\"", "device.cfg:6: the register \"fluence\" is there already, on line 5"},
	{"a table nobody knows", DEVICE, "\"holding\"", "\"holdings\"", "device.cfg:5: unknown table \"holdings\"; did you mean \"holding\"?"},
	{"an encoding nobody knows", DEVICE, "\"u16\"", "\"u61\"", "device.cfg:5: unknown encoding \"u61\"; known are u16, s16"},
	{"a role nobody knows", DEVICE, "\"arm\"; on", "\"armed\"; on", "device.cfg:8: unknown role \"armed\"; did you mean \"arm\"?"},
	{"an access nobody knows", DEVICE, "access = \"rw\"", "access = \"rx\"", "device.cfg:5: unknown access \"rx\"; did you mean"},
	{"a parameter nobody knows", DEVICE, "parameter = \"fluence\"", "parameter = \"fluense\"", "device.cfg:5: unknown parameter \"fluense\"; did you mean \"fluence\"?"},
	{"a parameter without its name", DEVICE, "parameter = \"fluence\";", "", "device.cfg:5: parameter = \"...\" goes with the role parameter"},
	{"a parameter's name at another role", DEVICE, "role = \"state\";", "role = \"state\"; parameter = \"spot\";", "device.cfg:9: parameter = \"...\" goes with the role parameter"},
	{"an address beyond the table", DEVICE, "address = 0x10;", "address = 65536;", "device.cfg:5: address = 65536 is outside 0..65535"},
	{"two words that pass the table's end", DEVICE, "address = 0x20;", "address = 65535;", "device.cfg:11: register width: words do not fit"},
	{"words for a number", DEVICE, "encoding = \"u16\";", "encoding = \"u16\"; words = 1;", "device.cfg:5: words goes with the encoding text"},
	{"text without words", DEVICE, "words = 4;", "", "device.cfg:10: words goes with the encoding text"},
	{"bits for a number", DEVICE, "encoding = \"u16\";", "encoding = \"u16\"; bits = \"0..1\";", "device.cfg:5: bits = \"FIRST..LAST\" goes with the encoding bits"},
	{"bits that are not said", DEVICE, "bits = \"4..5\";", "", "device.cfg:7: bits = \"FIRST..LAST\" goes with the encoding bits"},
	{"bit 16", DEVICE, "\"4..5\"", "\"4..16\"", "device.cfg:7: bits \"4..16\" are outside \"0..15\""},
	{"bits without a first", DEVICE, "\"4..5\"", "\"..5\"", "device.cfg:7: bits \"..5\" are outside"},
	{"a word order of one word", DEVICE, "encoding = \"u16\";", "encoding = \"u16\"; word_order = \"low_first\";", "device.cfg:5: word_order goes with the encodings of two words"},
	{"a byte order of bits", DEVICE, "bits = \"4..5\";", "bits = \"4..5\"; byte_order = \"low_first\";", "device.cfg:7: byte_order does not go with bits"},
	{"an order nobody knows", DEVICE, "\"low_first\"", "\"little\"", "device.cfg:6: unknown word_order \"little\""},
	{"a parameter without a scale", DEVICE, "scale = \"1/10 J/cm2\";", "", "device.cfg:5: scale is missing; it says what one step of fluence is, as in \"1/10 J/cm2\""},
	{"a scale without a unit", DEVICE, "\"1/10 J/cm2\"", "\"1/10\"", "device.cfg:5: \"1\": the unit is missing"},
	{"a scale in another unit", DEVICE, "\"1/10 J/cm2\"", "\"1/10 J\"", "device.cfg:5: \"1 J\": the unit measures something else"},
	{"a scale that is no ratio", DEVICE, "\"1/10 J/cm2\"", "\"1/x J/cm2\"", "device.cfg:5: scale \"1/x J/cm2\": a ratio and a unit are wanted"},
	{"a scale of nothing", DEVICE, "\"0.1 ms\"", "\"0 ms\"", "device.cfg:11: scale \"0 ms\" is nothing, or too large"},
	{"a scale beyond 64 bits", DEVICE, "\"1/10 J/cm2\"", "\"9000000000000000000/10 J/cm2\"", "device.cfg:5: scale \"9000000000000000000/10 J/cm2\" is nothing, or too large"},
	{"a scale of names", DEVICE, "bits = \"4..5\";", "bits = \"4..5\"; scale = \"1 mm\";", "device.cfg:7: cooling holds names or text; it has no scale"},
	{"a hard range of names", DEVICE, "bits = \"4..5\";", "bits = \"4..5\"; hard = \"1 mm\";", "device.cfg:7: cooling holds names or text; it has no scale"},
	{"a hard range in another unit", DEVICE, "\"1..60 J/cm2\"", "\"1..60 J\"", "device.cfg:5: \"1..60 J\": the unit measures something else"},
	{"values of a number", DEVICE, "scale = \"1 mm\";", "scale = \"1 mm\"; values = (\"1 a\");", "device.cfg:6: spot is a number; values are for states and choices"},
	{"a choice without values", DEVICE, "values = (\"0 none\", \"2 air\");", "", "device.cfg:7: values are missing; cooling needs them"},
	{"a value without its number", DEVICE, "\"2 air\"", "\"air\"", "device.cfg:7: \"air\" is no value; a number and a name make one"},
	{"a value without its name", DEVICE, "\"2 air\"", "\"2\"", "device.cfg:7: \"2\" is no value"},
	{"a value below 0", DEVICE, "\"2 air\"", "\"-2 air\"", "device.cfg:7: \"-2 air\" is no value"},
	{"a value the bits cannot hold", DEVICE, "\"2 air\"", "\"4 air\"", "device.cfg:7: \"4 air\": the register holds at most 3"},
	{"a value twice", DEVICE, "\"0 none\", \"2 air\"", "\"2 none\", \"2 air\"", "device.cfg:7: this number or name of cooling is there twice"},
	{"a name twice", DEVICE, "\"0 none\", \"2 air\"", "\"0 air\", \"2 air\"", "device.cfg:7: this number or name of cooling is there twice"},
	{"a name too long", DEVICE, "\"2 air\"", "\"2 01234567890123456789012345678901\"", "device.cfg:7: \"01234567890123456789012345678901\" is no name; 1 to 31"},
	{"a state nobody knows", DEVICE, "\"4 armed\"", "\"4 ready\"", "device.cfg:9: unknown state \"ready\""},
	{"a device that knows itself as unknown", DEVICE, "\"4 armed\"", "\"4 unknown\"", "device.cfg:9: a device knows its own state; \"unknown\" is none"},
	{"on at a parameter", DEVICE, "scale = \"1 mm\";", "scale = \"1 mm\"; on = 1;", "device.cfg:6: on belongs to the roles arm and stop alone"},
	{"arm without on", DEVICE, "on = 1;", "", "device.cfg:8: on is missing; it is the number that makes arm act"},
	{"a coil set to 2", DEVICE, "on = 1;", "on = 2;", "device.cfg:8: on = 2 is outside 0..1"},
	{"on and off alike", DEVICE, "off = 0;", "off = 1;", "device.cfg:8: on and off of arm are the same number"},
	{"an initial value it cannot hold", DEVICE, "initial = \"10 J/cm2\"", "initial = \"10.05 J/cm2\"", "device.cfg:5: fluence cannot hold \"10.05 J/cm2\" exactly"},
	{"an initial choice it does not have", DEVICE, "initial = \"air\"", "initial = \"cryogen\"", "device.cfg:7: unknown value \"cryogen\""},
	{"an initial text too long", DEVICE, "\"DEV-0001\"", "\"DEV-00001\"", "device.cfg:10: initial \"DEV-00001\" is longer than 8 characters"},
	{"no stop", DEVICE, "off = 0;", "", "device.cfg:1: no row stops the device"},
	{"no emitting state", DEVICE, ", \"5 emitting\"", "", "device.cfg:1: no row tells the state"},
	{"a fluence nobody reports", DEVICE, "fluence = \"reported\"", "fluence = \"both\"", "device.cfg:1: fluence is declared as known in a way the rows do not give"},
	{"a way to fluence nobody knows", DEVICE, "\"reported\"", "\"told\"", "device.cfg:2: unknown fluence \"told\""},
	{"two rows that share a word", DEVICE, "address = 0x11;", "address = 0x0F;", "device.cfg:6: register spot: two rows share a register"},
	{"a row in an open range", DEVICE, "first = 1000", "first = 16", "device.cfg:5: register fluence: a row lies inside a writable open range"},
	{"an open range backwards", DEVICE, "first = 1000", "first = 1100", "device.cfg:13: the range runs backwards: 1100..1099"},
	{"a writable input register", DEVICE, "access = \"r\"; initial = \"standby\"", "access = \"rw\"; initial = \"standby\"", "device.cfg:9: register state: input registers and discrete inputs cannot be written"},
	{"a function nobody opens", DEVICE, "\"mask_write\"", "\"mask-write\"", "device.cfg:2: unknown function \"mask-write\"; did you mean \"mask_write\"?"},
	{"a deadline beyond reason", DEVICE, "deadline = \"500 ms\"", "deadline = \"31 s\"", "device.cfg:3: deadline = \"31 s\" is outside 10 ms to 30000 ms"},
	{"a deadline without a unit", DEVICE, "deadline = \"500 ms\"", "deadline = \"500\"", "device.cfg:3: \"500\": the unit is missing"},
	{"a window of 17", DEVICE, "window = 2", "window = 17", "device.cfg:3: window = 17 is outside 1..16"},
	{"an example of a register that is not there", DEVICE, "register = \"spot\"", "register = \"spit\"", "device.cfg:16: unknown register \"spit\"; did you mean \"spot\"?"},
	{"a parameter without an example", DEVICE, "{ register = \"spot\"; words = \"0000 4148\"; means = \"12.5 mm\"; },", "", "device.cfg:6: the parameter spot has no example"},
	{"an example with a word too few", DEVICE, "\"0000 4148\"", "\"4148\"", "device.cfg:16: words of spot are 2 of four digits in base 16"},
	{"an example with three digits", DEVICE, "\"00c8\"", "\"0c8\"", "device.cfg:15: words of fluence are 1 of four digits"},
	{"an example with a letter too many", DEVICE, "\"00c8\"", "\"00g8\"", "device.cfg:15: words of fluence are 1 of four digits"},
	{"an example with the wrong blank", DEVICE, "\"0000 4148\"", "\"0000-4148\"", "device.cfg:16: words of spot are 2 of four digits"},
	{"an example in the other word order", DEVICE, "\"0000 4148\"", "\"4148 0000\"", "device.cfg:16: the example of spot does not"},
	{"an example that a factor of ten belies", DEVICE, "\"20 J/cm2\"", "\"200 J/cm2\"", "device.cfg:15: the example of fluence does not agree: 00C8 is 20 J/cm2 by scale and order, not \"200 J/cm2\""},
	{"an example of another choice", DEVICE, "means = \"air\"", "means = \"none\"", "device.cfg:17: the example of cooling does not agree"},
	{"an example that is no number", DEVICE, "\"0000 4148\"", "\"0000 7FC0\"", "device.cfg:16: the example of spot does not decode: it is not a number"},
	{"an example that is no choice", DEVICE, "\"8021\"", "\"8031\"", "device.cfg:17: the example of cooling does not decode: the value has no meaning"},
	{"an example that is understood but not written so: -0", DEVICE, "words = \"0000 4148\"; means = \"12.5 mm\"", "words = \"0000 8000\"; means = \"0 mm\"", "device.cfg:16: the example of spot does not come back: \"0 mm\" is written as 0000 0000"},
};

/* The small device is polled every 100 ms, answers within 500 ms, is fed every 300 ms and waits 1100 ms: just long enough. */
static const struct refusal of_heartbeats[] = {
	{"a heartbeat that does not say how often", DEVICE, "fed_every = \"300 ms\";", "", "device.cfg:10: a heartbeat says how often it must be fed"},
	{"nor after how long without it the device stops", DEVICE, "standby_after = \"1100 ms\";", "", "device.cfg:10: a heartbeat says how often it must be fed"},
	{"a length of time without a unit", DEVICE, "\"300 ms\"", "\"300\"", "device.cfg:10: \"300\": the unit is missing"},
	{"fed more often than once in 20 ms", DEVICE, "\"300 ms\"", "\"19 ms\"", "device.cfg:10: fed_every = \"19 ms\" is outside 20 ms to 60000 ms"},
	{"fed less often than once a minute", DEVICE, "\"300 ms\"", "\"60001 ms\"", "device.cfg:10: fed_every = \"60001 ms\" is outside"},
	{"a device that waits for less than 100 ms", DEVICE, "\"1100 ms\"", "\"99 ms\"", "device.cfg:10: standby_after = \"99 ms\" is outside 100 ms to 600000 ms"},
	{"a device that waits for more than ten minutes", DEVICE, "\"1100 ms\"", "\"600001 ms\"", "device.cfg:10: standby_after = \"600001 ms\" is outside"},
	{"how often it is fed, at another role", DEVICE, "role = \"serial\";", "role = \"serial\"; fed_every = \"1 s\";", "device.cfg:10: fed_every and standby_after belong to the role heartbeat alone"},
	{"how long it waits, at another role", DEVICE, "role = \"state\";", "role = \"state\"; standby_after = \"1 s\";", "device.cfg:9: fed_every and standby_after belong to the role heartbeat alone"},
	{"fed more often than polled", DEVICE, "\"300 ms\"", "\"99 ms\"", "device.cfg:10: register heart: it is to be fed every 99 ms and polled every 100 ms"},
	{"polled less often than fed", DEVICE, "poll = \"100 ms\"", "poll = \"301 ms\"", "device.cfg:10: register heart: it is to be fed every 300 ms and polled every 301 ms"},
	{"one beat lost and the device stops", DEVICE, "\"1100 ms\"", "\"1099 ms\"", "device.cfg:10: register heart: it falls to standby after 1099 ms, and when one beat is lost the next may be answered after 1100 ms"},
	{"a deadline too long for it", DEVICE, "deadline = \"500 ms\"", "deadline = \"501 ms\"", "device.cfg:10: register heart: it falls to standby after 1100 ms, and when one beat is lost the next may be answered after 1101 ms"},
	{"a site that polls less often than it is fed", CLINIC, "poll = \"50 ms\"", "poll = \"301 ms\"", "clinic.cfg:7: device \"a\", its heartbeat: it is to be fed every 300 ms and polled every 301 ms"},
	{"a site that gives it more time to answer", CLINIC, "poll = \"50 ms\"", "deadline = \"501 ms\"", "clinic.cfg:7: device \"a\", its heartbeat: it falls to standby after 1100 ms"},
	{"a heartbeat that consoles may write", DEVICE, "standby_after = \"1100 ms\"; access = \"r\"", "standby_after = \"1100 ms\"; access = \"rw\"", "device.cfg:10: register heart: this role is never written by a console"},
	{"one without the range it counts through", DEVICE, "hard = \"1..255\";", "", "device.cfg:10: register heart: a heartbeat counts whole numbers, without a scale, from the lowest to the highest of hard = \"1..65535\""},
	{"one that counts further than its register", DEVICE, "\"1..255\"", "\"1..65536\"", "device.cfg:10: register heart: a heartbeat counts"},
	{"one that never changes", DEVICE, "\"1..255\"", "\"255\"", "device.cfg:10: register heart: a heartbeat counts"},
	{"one with a scale", DEVICE, "hard = \"1..255\";", "hard = \"1..255\"; scale = \"2\";", "device.cfg:10: register heart: a heartbeat counts"},
};

static const struct refusal of_clinics[] = {
	{"an interface without a word about isolation", CLINIC, "\"127.0.0.1:0\"", "\"192.0.2.1:502\"", "clinic.cfg:2: listen \"192.0.2.1:502\" is not the loopback, and Modbus/TCP has no passwords"},
	{"an isolated interface whose consoles are not named", CLINIC, "listen = \"127.0.0.1:0\"; gate_unit = 247; library = \".\"; state = \"state\"; reason_codes = (\"judgement\");\nconsoles = { addresses = (\"127.0.0.1\");", "listen = \"192.0.2.1:502\"; isolated_interface = true; library = \".\"; state = \"state\"; reason_codes = (\"judgement\");\nconsoles = {", "clinic.cfg:2: listen \"192.0.2.1:502\" is not the loopback; consoles.addresses must name"},
	{"every interface", CLINIC, "listen = \"127.0.0.1:0\"", "isolated_interface = true; listen = \"0.0.0.0:502\"", "clinic.cfg:2: listen \"0.0.0.0:502\" is every interface"},
	{"every interface of IPv6", CLINIC, "listen = \"127.0.0.1:0\"", "isolated_interface = true; listen = \"[::]:502\"", "clinic.cfg:2: listen \"[::]:502\" is every interface"},
	{"a name instead of an address", CLINIC, "\"127.0.0.1:0\"", "\"localhost:502\"", "clinic.cfg:2: listen \"localhost:502\" is no numeric address"},
	{"a device's name instead of its address", CLINIC, "\"127.0.0.1:1601\"", "\"laser1:502\"", "clinic.cfg:7: address \"laser1:502\" is no numeric address"},
	{"a device without a port", CLINIC, "\"127.0.0.1:1601\"", "\"127.0.0.1\"", "clinic.cfg:7: address \"127.0.0.1\" is no numeric address with a port"},
	{"a device at port 0", CLINIC, "\"127.0.0.1:1601\"", "\"127.0.0.1:0\"", "clinic.cfg:7: address \"127.0.0.1:0\" has port 0"},
	{"a console with a port", CLINIC, "(\"127.0.0.1\")", "(\"127.0.0.1:80\")", "clinic.cfg:3: \"127.0.0.1:80\" is no numeric address without a port"},
	{"a console with a name", CLINIC, "(\"127.0.0.1\")", "(\"panel1\")", "clinic.cfg:3: \"panel1\" is no numeric address"},
	{"too many consoles", CLINIC, "max = 8", "max = 513", "clinic.cfg:3: max = 513 is outside 1..512"},
	{"a lease below a second", CLINIC, "max = 8", "lease = \"999 ms\"; max = 8", "clinic.cfg:3: lease = \"999 ms\" is outside 1 s to 3600 s"},
	{"a lease above an hour", CLINIC, "max = 8", "lease = \"61 min\"; max = 8", "clinic.cfg:3: lease = \"61 min\" is outside 1 s to 3600 s"},
	{"a lease of no unit", CLINIC, "max = 8", "lease = \"60\"; max = 8", "clinic.cfg:3: \"60\": the unit is missing"},
	{"no lease and two consoles", CLINIC, "(\"127.0.0.1\"); max", "(\"127.0.0.1\", \"127.0.0.2\"); lease = \"none\"; max", "clinic.cfg:3: lease = \"none\" is for a clinic with one console"},
	{"no lease and any console", CLINIC, "addresses = (\"127.0.0.1\"); max", "lease = \"none\"; max", "clinic.cfg:3: lease = \"none\" is for a clinic with one console"},
	{"no lease and a serial line beside", CLINIC, "max = 8", "lines = (\"rtu:/dev/ttyS9:19200:8E1\"); lease = \"none\"; max = 8", "clinic.cfg:3: lease = \"none\" is for a clinic with one console"},
	{"no reads at all", CLINIC, "max = 8", "reads_per_second = 0; max = 8", "clinic.cfg:3: reads_per_second = 0 is outside 1..1000000"},
	{"more reads than can be", CLINIC, "max = 8", "reads_per_second = 1000001; max = 8", "clinic.cfg:3: reads_per_second = 1000001 is outside 1..1000000"},
	{"no read at once", CLINIC, "max = 8", "reads_per_second = 5; reads_burst = 0; max = 8", "clinic.cfg:3: reads_burst = 0 is outside 1..1000000"},
	{"reads at once without a second", CLINIC, "max = 8", "reads_burst = 5; max = 8", "clinic.cfg:3: reads_burst is nothing without reads_per_second"},
	{"a hold longer than a hold may last", CLINIC, "hold = \"15 min\"", "hold = \"16 min\"", "clinic.cfg:4: hold = \"16 min\" is outside 1 s to 900 s"},
	{"an escalation out of order", CLINIC, "reason_codes =", "escalation = ( { person = \"a\"; after = \"9 s\"; }, { person = \"b\"; after = \"8 s\"; } ); reason_codes =", "is asked before the one above; put them in order"},
	{"a live grant longer without a sign", CLINIC, "grant = \"120 s\"", "live = \"6 s\"", "clinic.cfg:4: live = \"6 s\" is outside"},
	{"a grant longer than a grant may last", CLINIC, "grant = \"120 s\"", "grant = \"121 s\"", "clinic.cfg:4: grant = \"121 s\" is outside"},
	{"a deadline of the ledger that is none", CLINIC, "\"250 ms\"", "\"9 ms\"", "clinic.cfg:5: deadline = \"9 ms\" is outside 10 ms"},
	{"no reason code", CLINIC, "(\"judgement\")", "()", "clinic.cfg:2: reason_codes has 0; 1 to 16 are wanted"},
	{"an empty reason code", CLINIC, "(\"judgement\")", "(\"\")", "clinic.cfg:2: a reason code has 1 to 107 characters"},
	{"a unit twice", CLINIC, "unit = 2;", "unit = 1;", "clinic.cfg:8: unit 1 belongs to a already"},
	{"a unit that is another's alias", CLINIC, "unit = 2;", "unit = 12;", "clinic.cfg:8: unit 12 belongs to a already"},
	{"the gate's own unit", CLINIC, "unit = 2;", "unit = 247;", "clinic.cfg:8: unit 247 belongs to the gate itself"},
	{"unit 0, which is everybody", CLINIC, "unit = 2;", "unit = 0;", "clinic.cfg:8: unit = 0 is outside 1..247"},
	{"an alias beyond the units", CLINIC, "(11, 12)", "(11, 248)", "clinic.cfg:7: unit 248 is outside 1..247"},
	{"five aliases", CLINIC, "(11, 12)", "(11, 12, 13, 14, 15)", "clinic.cfg:7: 5 aliases; 4 are the most"},
	{"a device twice", CLINIC, "name = \"b\"", "name = \"a\"", "clinic.cfg:8: the device \"a\" is there already, on line 7"},
	{"one device under two names", CLINIC, "\"[::1]:1602\"; device_unit = 255", "\"127.0.0.1:1601\"; device_unit = 1", "clinic.cfg:8: 127.0.0.1:1601 unit 1 is the device \"a\" already"},
	{"no device", CLINIC, "devices = (", "devices = (); x = (", "clinic.cfg:6: devices has 0; 1 to 8"},
	{"a profile that is not there", CLINIC, "/device.cfg\"", "/devise.cfg\"", "clinic.cfg:7: unknown profile \"devise.cfg\"; did you mean \"device.cfg\"?"},
	{"a library that is not there", CLINIC, "library = \".\"", "library = \"lib\"", "lib/facts.cfg:0: cannot be opened: No such file"},
	{"a library without protocols", CLINIC, "library = \".\"", "library = \"protocols\"", "protocols:0: has no folder protocols"},
	{"a class without a protocol", DEVICE, "device_class = \"laser\"", "device_class = \"lazer\"", "clinic.cfg:7: device \"a\": there is no protocol for its class \"lazer\""},
	{"a state folder of no name", CLINIC, "state = \"state\"", "state = \"\"", "clinic.cfg:2: state is empty"},
};
/* clang-format on */

/* The other side of each edge. */
/* clang-format off */
static const struct refusal fitting_hearts[] = {
	{"as often as it is polled", DEVICE, "\"300 ms\"", "\"100 ms\"", ""},
	{"polled as often as it is fed", DEVICE, "poll = \"100 ms\"", "poll = \"300 ms\"", ""},
	{"a site that polls as often as it is fed", CLINIC, "poll = \"50 ms\"", "poll = \"300 ms\"", ""},
	{"a site that gives it just enough time to answer", CLINIC, "poll = \"50 ms\"", "deadline = \"500 ms\"", ""},
	{"a register that nobody reads", DEVICE, "standby_after = \"1100 ms\"; access = \"r\"", "standby_after = \"1100 ms\"; access = \"none\"", ""},
	{"a coil that goes on and off", DEVICE, "table = \"holding\"; address = 0x30; encoding = \"u16\"; role = \"heartbeat\"; hard = \"1..255\"", "table = \"coil\"; address = 9; encoding = \"bit\"; role = \"heartbeat\"; hard = \"0..1\"", ""},
	{"all that the register holds", DEVICE, "\"1..255\"", "\"0..65535\"", ""},
	{"a minute and ten", DEVICE, "fed_every = \"300 ms\"; standby_after = \"1100 ms\"", "fed_every = \"60 s\"; standby_after = \"600 s\"", ""},
};
/* clang-format on */

static void is_taken(void **state)
{
	char said[16384];
	bool ok = loads_changed(*state, said, sizeof said);

	assert_text(said, "");
	assert_true(ok);
}

struct address {
	const char *name;
	const char *text;
	int family; /* 0: refused */
};

static void is_address(void **state)
{
	const struct address *row = *state;
	struct sockaddr_storage a;
	bool ok = config_address(row->text, &a);

	assert_i64(ok ? a.ss_family : 0, row->family);
}

static const struct address of_addresses[] = {
        {"IPv4 with a port", "192.0.2.7:502", AF_INET},
        {"IPv6 with a port", "[2001:db8::7]:502", AF_INET6},
        {"the highest port", "127.0.0.1:65535", AF_INET},
        {"a port beyond the highest is refused", "127.0.0.1:65536", 0},
        {"a port that wraps around is refused", "127.0.0.1:4294967298", 0},
        {"an empty port is refused", "127.0.0.1:", 0},
        {"a signed port is refused", "127.0.0.1:+5", 0},
        {"no port is refused", "127.0.0.1", 0},
        {"no host is refused", ":502", 0},
        {"a name is refused", "localhost:502", 0},
        {"three numbers are refused", "127.0.1:502", 0},
        {"octal is refused", "0177.0.0.1:502", 0},
        {"IPv6 without brackets is refused", "::1:502", 0},
        {"a bracket without its end is refused", "[::1:502", 0},
        {"empty brackets are refused", "[]:502", 0},
        {"IPv4 in brackets is refused", "[127.0.0.1]:502", 0},
        {"a host too long is refused",
         "1111111111111111111111111111111111111111111111111111111111111111:502", 0},
        {"nothing is refused", "", 0},
};

int main(void)
{
	int failures = 0;

	failures += RUN_ROWS("registers", of_registers, is_refused);
	failures += RUN_ROWS("heartbeats", of_heartbeats, is_refused);
	failures += RUN_ROWS("heartbeats that fit", fitting_hearts, is_taken);
	failures += RUN_ROWS("clinics", of_clinics, is_refused);
	failures += RUN_ROWS("addresses", of_addresses, is_address);
	return failures != 0;
}
