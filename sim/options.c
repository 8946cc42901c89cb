#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALSO    "--also"
#define LIBRARY "--library"

/* --- each of them --------------------------------------------------------------------------------
 */

static bool option_line(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	enum line_kind k = LINE_TCP;

	while (strcmp(line_option(k), name) != 0)
		k++;
	return line_open(s, k, k == LINE_RTU ? s->link : value, s->baud, why, len);
}

static bool option_number(const char *name, const char *value, long lowest, long highest, long *out,
                          char *why, size_t len)
{
	char *end;

	*out = strtol(value, &end, 0);
	if (end != value && *end == '\0' && *out >= lowest && *out <= highest)
		return true;
	snprintf(why, len, "%s takes a number from %ld to %ld, not \"%s\"", name, lowest, highest,
	         value);
	return false;
}

static bool option_link(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	if ((size_t)snprintf(s->link, sizeof s->link, "%s", value) < sizeof s->link)
		return true;
	snprintf(why, len, "%s: a path has at most %zu characters", name, sizeof s->link - 1);
	return false;
}

static bool option_baud(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	return option_number(name, value, 50, 4000000, &s->baud, why, len);
}

static bool option_control(struct sim *s, const char *name, const char *value, char *why,
                           size_t len)
{
	(void)name, (void)why, (void)len;
	s->control = value;
	return true;
}

static bool option_play(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	(void)name, (void)why, (void)len;
	s->play = value;
	return true;
}

static bool option_library(struct sim *s, const char *name, const char *value, char *why,
                           size_t len)
{
	struct complaints c = {0};

	(void)name;
	s->has_library = config_load_library(value, &s->library, &c);
	if (!s->has_library) {
		complaints_say(&c, "the oracle has no library");
		snprintf(why, len, "%s cannot be used as a library", value);
	}
	complaints_free(&c);
	return s->has_library;
}

static bool option_case(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	char command[LINE_MAX_LEN];
	char *answer;
	bool ok;

	(void)name;
	snprintf(command, sizeof command, "case %s", value);
	answer = command_answer(s, NULL, s->chosen, command);
	ok = strcmp(answer, "ok") == 0;
	if (!ok)
		snprintf(why, len, "--case: %s", answer);
	free(answer);
	return ok;
}

static bool option_unit(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	long unit;

	if (!option_number(name, value, 1, 247, &unit, why, len))
		return false;
	s->chosen->unit = (int)unit;
	return true;
}

static bool option_seed(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	long seed;

	if (!option_number(name, value, 0, INT32_MAX, &seed, why, len))
		return false;
	s->chosen->faults.seed = (uint64_t)seed;
	return true;
}

static bool option_fault(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	(void)name;
	return faults_add(s->chosen, value, why, len);
}

static bool option_set(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	(void)name;
	return device_set_line(s->chosen, value, why, len);
}

/* What goes over the lines from now on. */
static bool option_wire(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	(void)name;
	s->wire = wire_open(value);
	if (s->wire == NULL)
		snprintf(why, len, "%s cannot be written", value);
	return s->wire != NULL;
}

static bool option_also(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	struct device *d = calloc(1, sizeof *d);

	must(d != NULL);
	(void)name;
	if (s->has_library) /* names mean the same to the device and to its oracle */
		d->choices = s->library.library.choices;
	if (s->n_devices == UNITS_ON_A_LINE || !device_open(d, value)) {
		snprintf(why, len,
		         s->n_devices == UNITS_ON_A_LINE ? "%s: there are %d devices already"
		                                         : "%s cannot be used as a device profile",
		         value, UNITS_ON_A_LINE);
		free(d);
		return false;
	}
	d->sim = s;
	if (s->has_library)
		d->oracle = oracle_open(&s->library.library);
	d->faults.seed = 1;
	d->now_ms = d->began_ms = (int64_t)uv_now(&s->loop);
	s->device[s->n_devices++] = d;
	return true;
}

/* In the order in which they are taken: a line needs its pace and its link, a fault its line. */
static const struct option {
	const char *name;
	bool bare; /* without a value */
	bool (*take)(struct sim *s, const char *name, const char *value, char *why, size_t len);
} options[] = {
        {LIBRARY, false, option_library},     {ALSO, false, option_also},
        {"--unit", false, option_unit},       {"--seed", false, option_seed},
        {"--set", false, option_set},         {"--case", false, option_case},
        {"--control", false, option_control}, {"--play", false, option_play},
        {"--baud", false, option_baud},       {"--link", false, option_link},
        {"--wire", false, option_wire},       {"--tcp", false, option_line},
        {"--rtu-tcp", false, option_line},    {"--rtu", true, option_line},
        {"--fault", false, option_fault},
};

static const struct option *option_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	return NULL;
}

bool sim_options_known(int argc, char **argv, char *why, size_t len)
{
	for (int i = 2; i < argc; i++) {
		const struct option *o = option_named(argv[i]);

		if (o == NULL || (!o->bare && i + 1 == argc)) {
			snprintf(why, len,
			         o == NULL ? "%s is no option; see dosegate-sim --help"
			                   : "%s wants a value; see dosegate-sim --help",
			         argv[i]);
			return false;
		}
		i += !o->bare;
	}
	return true;
}

/* One option wherever it stands, each time for the device whose profile stands before it. */
static bool option_take(struct sim *s, const struct option *wanted, int argc, char **argv,
                        char *why, size_t len)
{
	int device = 0;

	for (int i = 2; i < argc; i++) {
		const struct option *o = option_named(argv[i]);

		device += strcmp(o->name, ALSO) == 0;
		s->chosen = s->device[device];
		if (o == wanted && !o->take(s, o->name, o->bare ? "" : argv[i + 1], why, len))
			return false;
		i += !o->bare;
	}
	return true;
}

static bool units_differ(const struct sim *s)
{
	for (int i = 0; i < s->n_devices; i++) {
		for (int k = 0; k < i; k++) {
			if (s->device[i]->unit == s->device[k]->unit)
				return false;
		}
	}
	return s->n_devices == 1 || sim_device((struct sim *)s, 0) == NULL;
}

bool sim_options_take(struct sim *s, int argc, char **argv, char *why, size_t len)
{
	for (size_t k = 0; k < ARRAY_LEN(options); k++) {
		if (strcmp(options[k].name, ALSO) == 0 && !option_also(s, ALSO, argv[1], why, len))
			return false; /* the first one */
		if (!option_take(s, &options[k], argc, argv, why, len))
			return false;
	}
	if (!units_differ(s)) {
		snprintf(why, len, "of several devices each wants a --unit of its own");
		return false;
	}
	if (s->n_lines > 0)
		return true;
	snprintf(why, len,
	         "--tcp ADDRESS:PORT, --rtu-tcp ADDRESS:PORT or --rtu says where "
	         "masters find it");
	return false;
}
