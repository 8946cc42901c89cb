/*
 * given_files: a small clinic in files, whole and right. A test changes a word of one of them,
 * loads it from a folder of its own, and looks at the complaints.
 */
#ifndef TESTS_GIVEN_FILES_H
#define TESTS_GIVEN_FILES_H

#include "given.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/config.h"

enum given_file { CLINIC, FACTS, SCREENING, PROTOCOL, DEVICE, SOURCES, DECISIONS, FILES };

static const char *const given_file_name[FILES] = {
        "clinic.cfg",         "facts.cfg",   "screening.cfg", "protocols/laser.cfg",
        "devices/device.cfg", "sources.cfg", "decisions.cfg"};

/* Line numbers in the tests are counted here: one line of text, one line of file. */
/* clang-format off */
static const char *const given_file_text[FILES] = {
	[CLINIC] =
	/*  1 */ "clinic = {\n"
	/*  2 */ "name = \"Small\"; listen = \"127.0.0.1:0\"; gate_unit = 247; library = \".\"; state = \"state\"; reason_codes = (\"judgement\");\n"
	/*  3 */ "consoles = { addresses = (\"127.0.0.1\"); max = 8; idle = \"10 min\"; partial = \"2 s\"; };\n"
	/*  4 */ "sessions = { idle = \"30 min\"; hold = \"15 min\"; grant = \"120 s\"; };\n"
	/*  5 */ "ledger = { deadline = \"250 ms\"; };\n"
	/*  6 */ "devices = (\n"
	/*  7 */ "{ name = \"a\"; unit = 1; aliases = (11, 12); address = \"127.0.0.1:1601\"; device_unit = 1; profile = \"devices/device.cfg\"; serial = \"A1\"; poll = \"50 ms\"; },\n"
	/*  8 */ "{ name = \"b\"; unit = 2; address = \"[::1]:1602\"; device_unit = 255; profile = \"devices/device.cfg\"; }\n"
	/*  9 */ ");\n"
	/* 10 */ "};\n",
	[FACTS] =
	/*  1 */ "facts = (\n"
	/*  2 */ "{ name = \"skin_type\"; question = \"Type?\"; kind = \"choice\"; values = (\"I\", \"II\", \"III\", \"IV\", \"V\", \"VI\"); answered_by = (\"physician\"); valid = \"365 d\"; source = \"S1\"; confidence = \"P\"; },\n"
	/*  3 */ "{ name = \"test_area\"; question = \"Read?\"; kind = \"choice\"; values = (\"clear\", \"none\"); answered_by = (\"operator\", \"engineer\"); valid = \"30 d\"; source = \"S1\"; confidence = \"P\"; },\n"
	/*  4 */ "{ name = \"last_sun\"; question = \"Sun?\"; kind = \"days\"; answered_by = (\"operator\"); valid = \"1 d\"; source = \"S1\"; confidence = \"X\"; },\n"
	/*  5 */ "{ name = \"pregnancy\"; question = \"Pregnant?\"; kind = \"yes_no\"; answered_by = (\"operator\"); valid = \"0 d\"; source = \"S1\"; confidence = \"P\"; }\n"
	/*  6 */ ");\n",
	[SCREENING] =
	/*  1 */ "rules = (\n"
	/*  2 */ "{ id = \"sun\"; only_adopted = \"sunny\"; classes = (\"laser\"); when = (\"last_sun < 14 d\"); then = (\"block\"); reason = \"Come back.\"; source = \"S1\"; confidence = \"P\"; },\n"
	/*  3 */ "{ id = \"neck\"; sites = (\"neck\"); then = (\"scale fluence 4/5\", \"minimum pulse_width 20 ms\"); reason = \"Neck.\"; source = \"S1\"; confidence = \"X\"; },\n"
	/*  4 */ "{ id = \"darker\"; unless_adopted = \"milder\"; indications = (\"hair\"); when = (\"skin_type >= IV\", \"pregnancy unknown\"); then = (\"raise_skin_type 1\", \"hold\"); reason = \"Darker.\"; source = \"S1\"; confidence = \"P\"; }\n"
	/*  5 */ ");\n"
	/*  6 */ "options = (\n"
	/*  7 */ "{ name = \"sunny\"; default = \"adopted\"; words = \"Sun counts.\"; source = \"S1\"; confidence = \"P\"; },\n"
	/*  8 */ "{ name = \"milder\"; default = \"dropped\"; words = \"Dark does not.\"; source = \"S1\"; confidence = \"X\"; }\n"
	/*  9 */ ");\n",
	[PROTOCOL] =
	/*  1 */ "protocol = {\n"
	/*  2 */ "device_class = \"laser\"; title = \"Hair\"; indications = (\"hair\"); sites = (\"face\", \"neck\");\n"
	/*  3 */ "rows = (\n"
	/*  4 */ "{ id = \"light\"; skin = (\"I\", \"II\", \"III\"); status = \"A\";\n"
	/*  5 */ "select = { spot = \"18 mm\"; };\n"
	/*  6 */ "limits = { fluence = \"14..20 J/cm2\"; pulse_width = \"3.. ms\"; cooling = (\"air\"); };\n"
	/*  7 */ "hard = { fluence = \"..40 J/cm2\"; };\n"
	/*  8 */ "unlimited = (\"rate\"); source = \"S1\"; confidence = \"P\"; },\n"
	/*  9 */ "{ id = \"dark\"; skin = (\"IV\", \"V\", \"VI\"); status = \"T\"; sites = (\"neck\", \"face\");\n"
	/* 10 */ "select = { spot = \"18 mm\"; };\n"
	/* 11 */ "limits = { fluence = \"..10 J/cm2\"; pulse_width = \"20.. ms\"; cooling = (\"air\"); };\n"
	/* 12 */ "hard = { fluence = \"..40 J/cm2\"; };\n"
	/* 13 */ "unlimited = (\"rate\"); source = \"S1\"; confidence = \"X\"; note = \"a note\"; }\n"
	/* 14 */ ");\n"
	/* 15 */ "};\n",
	[DEVICE] =
	/*  1 */ "profile = {\n"
	/*  2 */ "name = \"device\"; model = \"Model\"; device_class = \"laser\"; fluence = \"reported\"; functions = (\"mask_write\");\n"
	/*  3 */ "timing = { deadline = \"500 ms\"; poll = \"100 ms\"; ready_delay = \"2 s\"; boot = \"1 s\"; window = 2; };\n"
	/*  4 */ "registers = (\n"
	/*  5 */ "{ name = \"fluence\"; table = \"holding\"; address = 0x10; encoding = \"u16\"; role = \"parameter\"; parameter = \"fluence\"; scale = \"1/10 J/cm2\"; hard = \"1..60 J/cm2\"; access = \"rw\"; initial = \"10 J/cm2\"; note = \"at the skin\"; },\n"
	/*  6 */ "{ name = \"spot\"; table = \"holding\"; address = 0x11; encoding = \"f32\"; word_order = \"low_first\"; role = \"parameter\"; parameter = \"spot\"; scale = \"1 mm\"; access = \"rw\"; initial = \"12.5 mm\"; },\n"
	/*  7 */ "{ name = \"cooling\"; table = \"holding\"; address = 0x13; encoding = \"bits\"; bits = \"4..5\"; role = \"parameter\"; parameter = \"cooling\"; values = (\"0 none\", \"2 air\"); access = \"rw\"; initial = \"air\"; },\n"
	/*  8 */ "{ name = \"arm\"; table = \"coil\"; address = 0; encoding = \"bit\"; role = \"arm\"; on = 1; off = 0; access = \"rw\"; },\n"
	/*  9 */ "{ name = \"state\"; table = \"input\"; address = 0; encoding = \"u16\"; role = \"state\"; values = (\"2 standby\", \"4 armed\", \"5 emitting\"); access = \"r\"; initial = \"standby\"; },\n"
	/* 10 */ "{ name = \"serial\"; table = \"input\"; address = 8; encoding = \"text\"; words = 4; role = \"serial\"; access = \"r\"; initial = \"DEV-0001\"; }, { name = \"heart\"; table = \"holding\"; address = 0x30; encoding = \"u16\"; role = \"heartbeat\"; hard = \"1..255\"; fed_every = \"300 ms\"; standby_after = \"1100 ms\"; access = \"r\"; },\n"
	/* 11 */ "{ name = \"width\"; table = \"holding\"; address = 0x20; encoding = \"u32\"; byte_order = \"low_first\"; role = \"parameter\"; parameter = \"pulse_width\"; scale = \"0.1 ms\"; access = \"rw\"; initial = \"30 ms\"; }\n"
	/* 12 */ ");\n"
	/* 13 */ "open = ( { table = \"holding\"; first = 1000; last = 1099; access = \"rw\"; note = \"light\"; } );\n"
	/* 14 */ "examples = (\n"
	/* 15 */ "{ register = \"fluence\"; words = \"00c8\"; means = \"20 J/cm2\"; },\n"
	/* 16 */ "{ register = \"spot\"; words = \"0000 4148\"; means = \"12.5 mm\"; },\n"
	/* 17 */ "{ register = \"cooling\"; words = \"8021\"; means = \"air\"; },\n"
	/* 18 */ "{ register = \"width\"; words = \"0000 2C01\"; means = \"30 ms\"; }\n"
	/* 19 */ ");\n"
	/* 20 */ "};\n",
	[SOURCES] =
	/*  1 */ "sources = (\n"
	/*  2 */ "{ key = \"S1\"; title = \"A source\"; read = \"abstract\"; },\n"
	/*  3 */ "{ key = \"S2\"; title = \"Another\"; read = \"page\"; }\n"
	/*  4 */ ");\n",
	[DECISIONS] = "", /* nothing decided */
};
/* clang-format on */

/* A folder of its own, and what was said of it. */
struct given_folder {
	char dir[32];
	struct complaints complaints;
	struct config config;
	bool ok;
};

static inline void given_path(const struct given_folder *g, const char *name, char out[128])
{
	must(snprintf(out, 128, "%s/%s", g->dir, name) < 128);
}

static inline void given_write(const struct given_folder *g, const char *name, const char *bytes,
                               size_t len)
{
	char path[128];

	given_path(g, name, path);
	FILE *f = fopen(path, "wb");

	must(f != NULL && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static inline void given_folder_make(struct given_folder *g)
{
	char path[128];

	*g = (struct given_folder){.dir = "/tmp/dosegate-test-XXXXXX"};
	must(mkdtemp(g->dir) != NULL);
	given_path(g, "protocols", path);
	must(mkdir(path, 0700) == 0);
	given_path(g, "devices", path);
	must(mkdir(path, 0700) == 0);
	for (int i = 0; i < FILES; i++)
		given_write(g, given_file_name[i], given_file_text[i], strlen(given_file_text[i]));
}

static inline void given_read(const struct given_folder *g, const char *name, char *out,
                              size_t size)
{
	char path[128];

	given_path(g, name, path);
	FILE *f = fopen(path, "rb");

	must(f != NULL);
	size_t n = fread(out, 1, size - 1, f);
	must(feof(f) && fclose(f) == 0);
	out[n] = '\0';
}

/* The whole file when from is NULL; else the first place where it stands. One change after another
 * if need be. */
static inline void given_change(const struct given_folder *g, enum given_file which,
                                const char *from, const char *to)
{
	char text[8192], changed[8192];

	given_read(g, given_file_name[which], text, sizeof text);
	const char *at = from == NULL ? text : strstr(text, from);
	size_t cut = strlen(from == NULL ? text : from);

	must(at != NULL);
	int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + cut);

	must(n >= 0 && (size_t)n < sizeof changed);
	given_write(g, given_file_name[which], changed, (size_t)n);
}

static inline void given_load(struct given_folder *g)
{
	char path[128];

	given_path(g, "clinic.cfg", path);
	g->ok = config_load(path, &g->config, &g->complaints);
}

static inline void given_folder_drop(struct given_folder *g)
{
	char path[128];

	config_free(&g->config);
	complaints_free(&g->complaints);
	for (int i = 0; i < FILES; i++) {
		given_path(g, given_file_name[i], path);
		(void)unlink(path);
	}
	given_path(g, "protocols", path);
	must(rmdir(path) == 0);
	given_path(g, "devices", path);
	must(rmdir(path) == 0 && rmdir(g->dir) == 0);
}

/* "facts.cfg:3: the sentence" for each complaint, a line each. */
static inline void given_complaints_text(const struct given_folder *g, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < g->complaints.count && len < size; i++) {
		const struct complaint *c = &g->complaints.list[i];
		size_t skip = strncmp(c->file, g->dir, strlen(g->dir)) == 0 ? strlen(g->dir) : 0;

		skip += c->file[skip] == '/';
		len += (size_t)snprintf(out + len, size - len, "%s:%d: %s\n", c->file + skip,
		                        c->line, c->text);
	}
}

/* One word of one file changed, and what must be said of it. */
struct refusal {
	const char *name;
	enum given_file file;
	const char *from; /* NULL: the whole file */
	const char *to;
	const char *want; /* a part of "file:line: complaint" */
};

/* With the one change; what is said of it. */
static inline bool loads_changed(const struct refusal *row, char *said, size_t size)
{
	struct given_folder g;

	given_folder_make(&g);
	given_change(&g, row->file, row->from, row->to);
	given_load(&g);
	given_complaints_text(&g, said, size);
	bool ok = g.ok;

	given_folder_drop(&g);
	return ok;
}

static inline void is_refused(void **state)
{
	const struct refusal *row = *state;
	char said[16384];

	assert_false(loads_changed(row, said, sizeof said));
	assert_contains(said, row->want);
}

#endif
