/* config: how a device is reached, and who shares a line. */
#include "given.h"

#include <netinet/in.h>

#include "edge/given_files.h"

#define A              "address = \"127.0.0.1:1601\"; device_unit = 1;"
#define B              "address = \"[::1]:1602\"; device_unit = 255;"
#define AT(text, unit) "address = \"" text "\"; device_unit = " unit ";"
#define C              "addresses = (\"127.0.0.1\");"

/* clang-format off */
static const struct refusal REFUSALS[] = {
	{"an unknown baud rate", CLINIC, A, AT("rtu:/dev/ttyS9:19201:8E1", "1"), "clinic.cfg:7: \"rtu:/dev/ttyS9:19201:8E1\": its baud rate is none of 1200, 2400, 4800, 9600, 19200"},
	{"an unknown parity", CLINIC, A, AT("rtu:/dev/ttyS9:19200:8X1", "1"), "clinic.cfg:7: \"rtu:/dev/ttyS9:19200:8X1\": its format is none of 8E1, 8O1, 8N1, 8N2"},
	{"no device", CLINIC, A, AT("rtu::19200:8E1", "1"), "it names no device by its whole path; right is \"rtu:/dev/ttyUSB0:19200:8E1\""},
	{"a kind that is none", CLINIC, A, AT("serial:/dev/ttyS9:19200:8E1", "1"), "a serial line is called \"rtu:/dev/ttyUSB0:19200:8E1\""},
	{"a device that is no line", CLINIC, A, AT("rtu:/etc/passwd:19200:8E1", "1"), "clinic.cfg:7: /etc/passwd is no serial line"},
	{"a device server by name", CLINIC, A, AT("rtu+tcp:server:4001", "1"), "clinic.cfg:7: address \"server:4001\" is no numeric address"},
	{"a device server without a port of its own", CLINIC, A, AT("rtu+tcp:192.0.2.9:0", "1"), "has port 0"},
	{"unit 0 on a serial line", CLINIC, A, AT("rtu:/dev/ttyS9:19200:8E1", "0"), "clinic.cfg:7: device_unit 0 is outside 1..247, which a serial line has; 0 is everybody"},
	{"unit 248 on a serial line", CLINIC, A, AT("rtu:/dev/ttyS9:19200:8E1", "248"), "device_unit 248 is outside 1..247"},
	{"unit 0 behind a device server", CLINIC, A, AT("rtu+tcp:192.0.2.9:4001", "0"), "device_unit 0 is outside 1..247"},
	{"unit 255 behind a device server", CLINIC, A, AT("rtu+tcp:192.0.2.9:4001", "255"), "device_unit 255 is outside 1..247"},
	{"a tty has no connection to close", CLINIC, A, AT("rtu:/dev/ttyS9:19200:8E1", "1") " idle_close = \"10 s\";", "clinic.cfg:7: idle_close closes a connection, and a tty has none"},
	{"an idle time below a second", CLINIC, A, A " idle_close = \"999 ms\";", "idle_close = \"999 ms\" is outside 1 s to"},
	{"a spacing above half a second", CLINIC, A, A " spacing = \"501 ms\";", "spacing = \"501 ms\" is outside 1 ms to 500 ms"},
	{"a connect delay above ten seconds", CLINIC, A, A " connect_delay = \"10001 ms\";", "connect_delay = \"10001 ms\" is outside 1 ms to 10000 ms"},
	{"a console's line that is none", CLINIC, C, C " lines = (\"rtu:/dev/ttyS9:19200\");", "clinic.cfg:3: \"rtu:/dev/ttyS9:19200\": it says no format"},
	{"a console's line on a network", CLINIC, C, C " lines = (\"127.0.0.1:1502\");", "\"127.0.0.1:1502\" is no serial line, as in \"rtu:/dev/ttyUSB1:19200:8E1\"; consoles on a network are named in addresses"},
	{"a console's line behind a device server", CLINIC, C, C " lines = (\"rtu+tcp:192.0.2.9:4001\");", "is no serial line"},
	{"a console's line that is a file", CLINIC, C, C " lines = (\"rtu:/etc/passwd:19200:8E1\");", "clinic.cfg:3: /etc/passwd is no serial line"},
	{"a console's line twice", CLINIC, C, C " lines = (\"rtu:/dev/ttyS9:19200:8E1\", \"rtu:/dev/ttyS9:9600:8E1\");", "clinic.cfg:3: /dev/ttyS9 is there already"},
	{"more lines than there can be", CLINIC, C, C " lines = (\"rtu:/dev/ttyS9:9600:8E1\", \"rtu:/dev/ttyS8:9600:8E1\", \"rtu:/dev/ttyS7:9600:8E1\", \"rtu:/dev/ttyS6:9600:8E1\", \"rtu:/dev/ttyS5:9600:8E1\");", "5 lines; 4 are the most"},
};
/* clang-format on */

/* --- two devices ------------------------------------------------------------------------- */

struct pair_row {
	const char *name, *a, *b, *consoles;
	const char *want; /* NULL: all is well */
};

static const struct pair_row PAIRS[] = {
        {"two units on one line", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:19200:8E1", "2"), C, NULL},
        {"units at the ends of what a line has", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:19200:8E1", "247"), C, NULL},
        {"two lines", AT("rtu:/dev/ttyS9:19200:8E1", "1"), AT("rtu:/dev/ttyS8:9600:8N1", "1"), C,
         NULL},
        {"two units behind one device server", AT("rtu+tcp:192.0.2.9:4001", "1"),
         AT("rtu+tcp:192.0.2.9:4001", "2"), C, NULL},
        {"one unit behind each of two ports", AT("rtu+tcp:192.0.2.9:4001", "1"),
         AT("rtu+tcp:192.0.2.9:4002", "1"), C, NULL},
        {"consoles on a line of their own", AT("rtu:/dev/ttyS9:19200:8E1", "1"), B,
         C " lines = (\"rtu:/dev/ttyS8:19200:8E1\");", NULL},
        {"one unit on one line twice", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:19200:8E1", "1"), C,
         "clinic.cfg:8: rtu:/dev/ttyS9:19200:8E1 unit 1 is the device \"a\" already"},
        {"one unit behind a device server twice", AT("rtu+tcp:192.0.2.9:4001", "1"),
         AT("rtu+tcp:192.0.2.9:4001:silence=9 ms", "1"), C, "unit 1 is the device \"a\" already"},
        {"one line at two rates", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:9600:8E1", "2"), C,
         "clinic.cfg:8: the line /dev/ttyS9 is \"rtu:/dev/ttyS9:19200:8E1\" for \"a\"; all on a "
         "line speak alike"},
        {"one line in two formats", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:19200:8N1", "2"), C, "all on a line speak alike"},
        {"one line turned and not turned", AT("rtu:/dev/ttyS9:19200:8E1", "1"),
         AT("rtu:/dev/ttyS9:19200:8E1:rs485", "2"), C, "all on a line speak alike"},
        {"one device server with two silences", AT("rtu+tcp:192.0.2.9:4001", "1"),
         AT("rtu+tcp:192.0.2.9:4001:silence=9 ms", "2"), C, "all on a line speak alike"},
        {"a consoles' line behind the gate", A, AT("rtu:/dev/ttyS8:19200:8E1", "1"),
         C " lines = (\"rtu:/dev/ttyS8:19200:8E1\");",
         "clinic.cfg:8: /dev/ttyS8 is a consoles' line"},
        {"one tty by two names", AT("rtu:LINK:19200:8E1", "1"), AT("rtu:/dev/ptmx:19200:8E1", "2"),
         C, "right is one name for both"},
        {"one tty by two names, for a device and consoles", A, AT("rtu:/dev/ptmx:19200:8E1", "2"),
         C " lines = (\"rtu:LINK:19200:8E1\");", "/dev/ptmx is a consoles' line"},
        {"one tty by two names, for consoles", A, B,
         C " lines = (\"rtu:LINK:19200:8E1\", \"rtu:/dev/ptmx:19200:8E1\");",
         "/dev/ptmx is there already"},
        {"one device by two names", AT("rtu:LINK:19200:8E1", "1"),
         AT("rtu:/dev/ptmx:19200:8E1", "1"), C, "unit 1 is the device \"a\" already"},
};

/* LINK is another name for a tty that every machine has. */
static void put_link(const struct given_folder *g, const char *from, char *to, size_t size)
{
	const char *at = strstr(from, "LINK");
	char path[300];

	if (at == NULL) {
		snprintf(to, size, "%s", from);
		return;
	}
	snprintf(path, sizeof path, "%s/line", g->dir);
	must(access(path, F_OK) == 0 || symlink("/dev/ptmx", path) == 0);
	snprintf(to, size, "%.*s%s%s", (int)(at - from), from, path, at + 4);
}

static void two_are_judged(void **state)
{
	const struct pair_row *row = *state;
	char a[600], b[600], consoles[600], said[16384], path[300];
	struct given_folder g;

	given_folder_make(&g);
	put_link(&g, row->a, a, sizeof a);
	put_link(&g, row->b, b, sizeof b);
	put_link(&g, row->consoles, consoles, sizeof consoles);
	given_change(&g, CLINIC, A, a);
	given_change(&g, CLINIC, B, b);
	given_change(&g, CLINIC, C, consoles);
	given_load(&g);
	given_complaints_text(&g, said, sizeof said);
	bool ok = g.ok;
	snprintf(path, sizeof path, "%s/line", g.dir);
	unlink(path);
	given_folder_drop(&g);
	assert_true(ok == (row->want == NULL));
	if (row->want != NULL)
		assert_contains(said, row->want);
	else
		assert_text(said, "");
}

/* --- what is understood ------------------------------------------------------------------ */

static void a_line_is_understood(void **state)
{
	(void)state;
	struct given_folder g;

	given_folder_make(&g);
	given_change(&g, CLINIC, A,
	             AT("rtu:/dev/ttyS9:9600:8N2:rs485", "17") " connect_delay = \"200 ms\"; "
	                                                       "spacing = \"5 ms\";");
	given_change(&g, CLINIC, B,
	             AT("rtu+tcp:[2001:db8::9]:4001", "3") " idle_close = \"30 s\";");
	given_change(&g, CLINIC, C, C " lines = (\"rtu:/dev/ttyS8:115200:8N1\");");
	given_load(&g);
	assert_true(g.ok);
	const struct device_config *a = &g.config.clinic.device[0], *b = &g.config.clinic.device[1];
	assert_text(a->address, "rtu:/dev/ttyS9:9600:8N2:rs485");
	assert_i64(a->transport.kind, TRANSPORT_RTU);
	assert_text(a->transport.place, "/dev/ttyS9");
	assert_i64(a->transport.drive, DRIVE_RS485);
	assert_i64(a->device_unit, 17);
	struct device_timing of_a = config_timing(a, g.config.profile);
	assert_i64(of_a.connect_delay_ms, 200);
	assert_i64(of_a.spacing_ms, 5);
	assert_i64(of_a.idle_close_ms, 0);
	assert_i64(b->transport.kind, TRANSPORT_RTU_TCP);
	assert_i64(b->at.ss_family, AF_INET6);
	assert_i64(ntohs(((const struct sockaddr_in6 *)&b->at)->sin6_port), 4001);
	assert_i64(config_timing(b, g.config.profile).idle_close_ms, 30000);
	assert_i64(g.config.clinic.n_console_lines, 1);
	assert_text(g.config.clinic.console_line[0].place, "/dev/ttyS8");
	assert_i64(g.config.clinic.console_line[0].baud, 115200);
	given_folder_drop(&g);
}

/* What a device model needs stands in its profile; what a site says goes before it. */
static void a_profile_says_how_its_model_wants_to_be_spoken_to(void **state)
{
	(void)state;
	struct given_folder g;

	given_folder_make(&g);
	given_change(
	        &g, DEVICE, "timing = {",
	        "timing = { connect_delay = \"1 s\"; spacing = \"20 ms\"; idle_close = \"5 s\";");
	given_change(&g, CLINIC, B, B " spacing = \"7 ms\";");
	given_load(&g);
	assert_true(g.ok);
	struct device_timing a = config_timing(&g.config.clinic.device[0], g.config.profile);
	struct device_timing b = config_timing(&g.config.clinic.device[1], g.config.profile);
	assert_i64(a.connect_delay_ms, 1000);
	assert_i64(a.spacing_ms, 20);
	assert_i64(a.idle_close_ms, 5000);
	assert_i64(b.connect_delay_ms, 1000);
	assert_i64(b.spacing_ms, 7);
	given_folder_drop(&g);
}

static void nothing_said_is_as_it_comes(void **state)
{
	(void)state;
	struct given_folder g;

	given_folder_make(&g);
	given_load(&g);
	assert_true(g.ok);
	struct device_timing t = config_timing(&g.config.clinic.device[0], g.config.profile);
	assert_i64(t.connect_delay_ms, 0);
	assert_i64(t.spacing_ms, 0);
	assert_i64(t.idle_close_ms, 0);
	assert_i64(g.config.clinic.n_console_lines, 0);
	assert_i64(g.config.clinic.device[0].transport.kind, TRANSPORT_TCP);
	given_folder_drop(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_is_understood),
	        cmocka_unit_test(a_profile_says_how_its_model_wants_to_be_spoken_to),
	        cmocka_unit_test(nothing_said_is_as_it_comes),
	};
	int failures = cmocka_run_group_tests_name("lines", tests, NULL, NULL);

	failures += RUN_ROWS("refused:", REFUSALS, is_refused);
	failures += RUN_ROWS("two on a line:", PAIRS, two_are_judged);
	return failures != 0;
}
