#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 5
#define ALSO    "--also"

/* --- one device ----------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *tick)
{
	struct sim *s = CONTAINER_OF(tick, struct sim, tick);

	for (int i = 0; i < s->n_devices; i++) {
		s->device[i]->now_ms = (int64_t)uv_now(&s->loop);
		life_tick(s->device[i]);
		faults_tick(s->device[i]);
	}
	sim_listen(s);
}

struct device *sim_device(struct sim *s, int unit)
{
	for (int i = 0; i < s->n_devices; i++) {
		if (s->device[i]->unit == FAULT_ANY || s->device[i]->unit == unit)
			return s->device[i];
	}
	return NULL;
}

void sim_listen(struct sim *s)
{
	bool refuse = false;

	for (int i = 0; i < s->n_devices; i++)
		refuse = refuse || faults_refuse(s->device[i]);
	lines_listen(s, !refuse);
}

void sim_quit(struct sim *s)
{
	if (uv_is_closing((uv_handle_t *)&s->tick))
		return;
	lines_close(s);
	commands_close(s->commands);
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->interrupted, NULL);
	uv_close((uv_handle_t *)&s->terminated, NULL);
}

static void on_interrupted(uv_signal_t *signal, int number)
{
	(void)number;
	sim_quit(signal->data);
}

/* --- its options --------------------------------------------------------------------------------
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
	const char *equals = strchr(value, '=');
	char register_name[64];

	snprintf(why, len, "%s NAME=VALUE, as %s \"fluence=12 J/cm2\"", name, name);
	if (equals == NULL || (size_t)(equals - value) >= sizeof register_name)
		return false;
	snprintf(register_name, sizeof register_name, "%.*s", (int)(equals - value), value);
	why[0] = '\0';
	return device_set(s->chosen, register_name, equals + 1, why, len);
}

static bool option_also(struct sim *s, const char *name, const char *value, char *why, size_t len)
{
	struct device *d = calloc(1, sizeof *d);

	must(d != NULL);
	(void)name;
	if (s->n_devices == UNITS_ON_A_LINE || !device_open(d, value)) {
		snprintf(why, len,
		         s->n_devices == UNITS_ON_A_LINE ? "%s: there are %d devices already"
		                                         : "%s cannot be used as a device profile",
		         value, UNITS_ON_A_LINE);
		free(d);
		return false;
	}
	d->faults.seed = 1;
	d->now_ms = (int64_t)uv_now(&s->loop);
	s->device[s->n_devices++] = d;
	return true;
}

/* In the order in which they are taken: a line needs its pace and its link. */
static const struct option {
	const char *name;
	bool bare; /* without a value */
	bool (*take)(struct sim *s, const char *name, const char *value, char *why, size_t len);
} options[] = {
        {ALSO, false, option_also},       {"--unit", false, option_unit},
        {"--seed", false, option_seed},   {"--set", false, option_set},
        {"--fault", false, option_fault}, {"--control", false, option_control},
        {"--baud", false, option_baud},   {"--link", false, option_link},
        {"--tcp", false, option_line},    {"--rtu-tcp", false, option_line},
        {"--rtu", true, option_line},
};

static const struct option *option_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	}
	return NULL;
}

static bool options_known(int argc, char **argv, char *why, size_t len)
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

static bool options_take(struct sim *s, int argc, char **argv, char *why, size_t len)
{
	for (size_t k = 0; k < ARRAY_LEN(options); k++) {
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

/* --- its run ------------------------------------------------------------------------------------
 */

static void say_ready(const struct sim *s)
{
	char name[80];

	fputs("ready", stdout);
	for (int i = 0; i < s->n_lines; i++) {
		line_name(&s->line[i], name, sizeof name);
		printf(" %s", name);
	}
	putchar('\n');
	fflush(stdout);
}

static void run(struct sim *s)
{
	for (int i = 0; i < s->n_devices; i++)
		life_boot(s->device[i]);
	uv_timer_init(&s->loop, &s->tick);
	uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
	s->interrupted.data = s->terminated.data = s;
	uv_signal_init(&s->loop, &s->interrupted);
	uv_signal_start(&s->interrupted, on_interrupted, SIGINT);
	uv_signal_init(&s->loop, &s->terminated);
	uv_signal_start(&s->terminated, on_interrupted, SIGTERM);
	say_ready(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

/* False with the reason: it never ran. */
static bool device_run(struct sim *s, int argc, char **argv, char *why, size_t len)
{
	bool ok = option_also(s, "", argv[1], why, len) && options_take(s, argc, argv, why, len) &&
	          commands_open(s, s->control, why, len);

	if (ok)
		run(s);
	else
		lines_close(s);
	if (!ok && s->commands != NULL)
		commands_close(s->commands);
	uv_run(&s->loop, UV_RUN_DEFAULT); /* what was closed is gone then */
	return ok;
}

int device_main(int argc, char **argv)
{
	static struct sim s; /* too large for the stack */
	char why[300] = "";
	bool ok;

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&s.loop);
	ok = options_known(argc, argv, why, sizeof why) &&
	     device_run(&s, argc, argv, why, sizeof why);
	for (int i = 0; i < s.n_devices; i++) {
		device_close(s.device[i]);
		free(s.device[i]);
	}
	free(s.commands);
	uv_loop_close(&s.loop);
	if (!ok)
		fprintf(stderr, "dosegate-sim: %s\n", why);
	return ok ? 0 : 2;
}
