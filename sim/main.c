#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 5

static const char help_device[] =
        "dosegate-sim: devices that behave and misbehave, and consoles that replay.\n"
        "\n"
        "dosegate-sim device PROFILE.cfg --tcp ADDRESS:PORT [--control SOCKET] [--unit N]\n"
        "                    [--seed N] [--set NAME=VALUE]... [--fault 'NAME ...']...\n"
        "\n"
        "  A Modbus/TCP server that is the device of the profile: it boots, tests itself, stands\n"
        "  by, is armed, waits its ready delay, and emits while the pedal is down: the pulse\n"
        "  counter and the delivered energy rise at the rate that is set. A setting outside the\n"
        "  device's own hard range is refused with exception 03. Stop always works. Port 0 takes\n"
        "  a free one; when it listens it prints one line: ready 127.0.0.1:PORT\n"
        "  Without --unit it answers to every unit. --set takes what panel takes, and also\n"
        "  boot=\"1 s\" and ready_delay=\"2 s\". Profiles with open ranges serve all of them.\n"
        "\n"
        "  Commands, one a line, on standard input and on the control socket; one line answers:\n"
        "    pedal down | pedal up\n"
        "    panel NAME=VALUE     somebody turns a knob at the device: panel fluence=12 J/cm2;\n"
        "                         registers without a quantity take a whole number, texts a text;\n"
        "                         panel state=fault breaks it, panel state=standby mends it\n"
        "    reboot [defaults]    connections end; settings stay, or are those of a new device\n"
        "    get NAME             the value of a register, as people say it\n"
        "    state                boot self_test standby ready_delay armed emitting cool_down "
        "fault\n"
        "    log                  JSON: [every write, in order: unit, function, address, values;\n"
        "                         \"answer\": 0, or the exception it got]\n"
        "    counts               JSON: {\"reads\", \"writes\", \"pulses\"}\n"
        "    emitted              JSON: {\"pulses\", \"runs\": [pulses and the settings they left "
        "with;\n"
        "                         \"ready\": false when the device was not armed]}\n"
        "    fault NAME [unit=N] [function=N] [address=N] [count=N] [after=N] [chance=PERCENT] "
        "...\n"
        "    faults clear\n"
        "    quit\n"
        "\n"
        "  Faults (each until cleared, unless count= is given):\n";

static const char help_console[] =
        "\n"
        "dosegate-sim console FILE --to ADDRESS:PORT [--unit N] [--profile PROFILE.cfg]\n"
        "\n"
        "  Plays a file of steps to a gate or a device, one a line; ends with 0, or with 1 and\n"
        "  file:line of the first difference. Requests go through libmodbus, a second opinion.\n"
        "    regs ADDRESS VALUE...   one value: function 06, more: function 10\n"
        "    coil ADDRESS 0|1        function 05\n"
        "    read ADDRESS COUNT      holding registers; input, coils, discrete likewise\n"
        "    raw HEX...              a frame as it stands, header included\n"
        "    write NAME VALUE        by the profile: write fluence 20 J/cm2\n"
        "    get NAME                by the profile; then: expect is 20 J/cm2\n"
        "    arm | stop              by the profile\n"
        "    until NAME VALUE        asks until it is so, at most 10 s: until state armed\n"
        "    unit N                  from here on for another unit\n"
        "    wait MS                 nothing, for so long\n"
        "    close                   ends the connection; the next step makes another\n"
        "    expect ok | exception NN | values N... | is VALUE | bytes HEX... | closed | silent\n"
        "                            of the step before; NN in hexadecimal, numbers as in C\n"
        "    # a comment\n"
        "\n"
        "dosegate-sim tell SOCKET COMMAND\n"
        "\n"
        "  One command to a running device's --control socket; prints its answer.\n";

static void print_help(void)
{
	const char *name, *words;

	fputs(help_device, stdout);
	for (int i = 0; (name = faults_help(i, &words)) != NULL; i++)
		printf("    %-23s %s\n", name, words);
	fputs(help_console, stdout);
}

/* --- one device ----------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *tick)
{
	struct sim *s = CONTAINER_OF(tick, struct sim, tick);

	s->device.now_ms = (int64_t)uv_now(&s->loop);
	life_tick(&s->device);
	faults_tick(&s->device);
	server_listen(s->server, !faults_refuse(&s->device));
}

void sim_quit(struct sim *s)
{
	if (uv_is_closing((uv_handle_t *)&s->tick))
		return;
	server_listen(s->server, false);
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

static int complain_and_end(const char *what)
{
	fprintf(stderr, "dosegate-sim: %s\n", what);
	return 2;
}

struct options {
	const char *profile, *tcp, *control;
	long unit, seed;
};

/* Options that act on the device wait until it is there: argv is gone through twice. */
static const char *take_option(struct options *o, const char *name, const char *value)
{
	if (value == NULL)
		return "an option without its value; see dosegate-sim --help";
	if (strcmp(name, "--tcp") == 0)
		o->tcp = value;
	else if (strcmp(name, "--control") == 0)
		o->control = value;
	else if (strcmp(name, "--unit") == 0)
		o->unit = strtol(value, NULL, 0);
	else if (strcmp(name, "--seed") == 0)
		o->seed = strtol(value, NULL, 0);
	else if (strcmp(name, "--set") != 0 && strcmp(name, "--fault") != 0)
		return "an option that is not known; see dosegate-sim --help";
	return NULL;
}

static bool set_one(struct device *d, const char *name, const char *value, char *why, size_t len)
{
	const char *equals = strchr(value, '=');
	char register_name[64];

	if (strcmp(name, "--fault") == 0)
		return faults_add(d, value, why, len);
	if (strcmp(name, "--set") != 0)
		return true;
	snprintf(why, len, "--set NAME=VALUE, as --set \"fluence=12 J/cm2\"");
	if (equals == NULL || (size_t)(equals - value) >= sizeof register_name)
		return false;
	snprintf(register_name, sizeof register_name, "%.*s", (int)(equals - value), value);
	why[0] = '\0';
	return device_set(d, register_name, equals + 1, why, len);
}

static int run(struct sim *s, const struct options *o)
{
	char why[200] = "", host[ADDRESS_LEN];

	uv_loop_init(&s->loop);
	s->device.now_ms = (int64_t)uv_now(&s->loop);
	s->server = server_open(&s->loop, o->tcp, &s->device, why, sizeof why);
	if (s->server == NULL || !commands_open(s, o->control, why, sizeof why))
		return complain_and_end(why);
	life_boot(&s->device);
	uv_timer_init(&s->loop, &s->tick);
	uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
	s->interrupted.data = s->terminated.data = s;
	uv_signal_init(&s->loop, &s->interrupted);
	uv_signal_start(&s->interrupted, on_interrupted, SIGINT);
	uv_signal_init(&s->loop, &s->terminated);
	uv_signal_start(&s->terminated, on_interrupted, SIGTERM);
	snprintf(host, sizeof host, "%.*s", (int)(strrchr(o->tcp, ':') - o->tcp), o->tcp);
	printf("ready %s:%d\n", host, server_port(s->server));
	fflush(stdout);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	server_free(s->server);
	free(s->commands);
	uv_loop_close(&s->loop);
	return 0;
}

int device_main(int argc, char **argv)
{
	struct options o = {.unit = FAULT_ANY, .seed = 1};
	static struct sim s; /* too large for the stack */
	char why[200] = "";
	const char *wrong = NULL;
	int status;

	for (int i = 2; i < argc && wrong == NULL; i += 2)
		wrong = take_option(&o, argv[i], argv[i + 1]);
	if (wrong == NULL && o.tcp == NULL)
		wrong = "--tcp ADDRESS:PORT says where to listen";
	if (wrong != NULL)
		return complain_and_end(wrong);
	signal(SIGPIPE, SIG_IGN);
	if (!device_open(&s.device, argv[1]))
		return complain_and_end("the device profile cannot be used");
	s.device.unit = (int)o.unit;
	s.device.faults.seed = (uint64_t)o.seed;
	status = 0;
	for (int i = 2; i < argc && status == 0; i += 2) {
		if (!set_one(&s.device, argv[i], argv[i + 1], why, sizeof why))
			status = complain_and_end(why);
	}
	if (status == 0)
		status = run(&s, &o);
	device_close(&s.device);
	return status;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		print_help();
		return 0;
	}
	if (argc >= 3 && strcmp(argv[1], "device") == 0)
		return device_main(argc - 1, argv + 1);
	if (argc >= 3 && strcmp(argv[1], "tell") == 0)
		return tell_main(argc - 1, argv + 1);
	if (argc >= 3 && strcmp(argv[1], "console") == 0)
		return console_main(argc - 1, argv + 1);
	return complain_and_end(
	        "dosegate-sim device PROFILE ..., console FILE ..., tell SOCKET COMMAND, or "
	        "dosegate-sim --help");
}
