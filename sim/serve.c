#include "sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 5

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

static void on_prepare(uv_prepare_t *prepare)
{
	struct sim *s = CONTAINER_OF(prepare, struct sim, prepare);

	triggers_run(s);
	if (s->quitting)
		sim_quit(s);
}

void sim_told(struct sim *s, struct device *d, const struct happening *h)
{
	if (h->what == EVENT_REBOOT)
		lines_drop(s);
	if (h->what == EVENT_WRITE && d->oracle != NULL)
		oracle_written(d->oracle, d);
	triggers_told(s, d, h);
}

void sim_complain(struct sim *s, const char *command, const char *answer)
{
	fprintf(stderr, "dosegate-sim: %s: %s\n", command, answer);
	s->failed = true;
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
	speakers_close(s);
	triggers_forget(s, NULL);
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->prepare, NULL);
	uv_close((uv_handle_t *)&s->interrupted, NULL);
	uv_close((uv_handle_t *)&s->terminated, NULL);
}

static void on_interrupted(uv_signal_t *signal, int number)
{
	(void)number;
	sim_quit(signal->data);
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
	uv_prepare_init(&s->loop, &s->prepare);
	uv_prepare_start(&s->prepare, on_prepare);
	uv_timer_init(&s->loop, &s->tick);
	uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
	s->interrupted.data = s->terminated.data = s;
	uv_signal_init(&s->loop, &s->interrupted);
	uv_signal_start(&s->interrupted, on_interrupted, SIGINT);
	uv_signal_init(&s->loop, &s->terminated);
	uv_signal_start(&s->terminated, on_interrupted, SIGTERM);
	say_ready(s);
	speakers_play(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);
}

/* False with the reason: it never ran. */
static bool device_run(struct sim *s, int argc, char **argv, char *why, size_t len)
{
	bool ok = sim_options_take(s, argc, argv, why, len) && speakers_open(s, why, len);

	if (ok)
		run(s);
	else
		lines_close(s);
	if (!ok && s->speakers != NULL)
		speakers_close(s);
	uv_run(&s->loop, UV_RUN_DEFAULT); /* what was closed is gone then */
	return ok;
}

static int exit_code(const struct sim *s)
{
	bool blamed = false;

	for (int i = 0; i < s->n_devices; i++) {
		if (s->device[i]->oracle == NULL)
			continue;
		oracle_say(s->device[i]->oracle);
		blamed = blamed || oracle_blamed(s->device[i]->oracle) > 0;
	}
	return blamed ? EXIT_BLAMED : s->failed ? 1 : 0;
}

static void all_close(struct sim *s)
{
	for (int i = 0; i < s->n_devices; i++) {
		oracle_close(s->device[i]->oracle);
		device_close(s->device[i]);
		free(s->device[i]);
	}
	config_free(&s->library);
	if (s->wire != NULL)
		fclose(s->wire);
	free(s->speakers);
	uv_loop_close(&s->loop);
}

int device_main(int argc, char **argv)
{
	static struct sim s; /* too large for the stack */
	char why[1000] = "";
	int code = 2;

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&s.loop);
	s.began_ns = clock_ns();
	if (sim_options_known(argc, argv, why, sizeof why) &&
	    device_run(&s, argc, argv, why, sizeof why))
		code = exit_code(&s);
	else
		fprintf(stderr, "dosegate-sim: %s\n", why);
	all_close(&s);
	return code;
}
