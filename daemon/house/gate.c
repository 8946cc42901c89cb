/*
 * gate: opens everything in one order, closes it in the reverse.
 */
#include "house/override.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "edge/log.h"

/* Finer than any deadline that matters to people, coarse enough to cost nothing. */
#define TICK_MS 10
/* A shutdown waits so long for the stops it sent to be acknowledged. */
#define SHUT_MS 1000
/* What anybody on the wire can cause gets so many rows a second; the rest is counted. Well above
 * what hands at panels do, well below what fills a disk. */
#define FLOOD_ROWS_A_SECOND 50
/* A console that does not take so many bytes of answers is closed. */
#define UNREAD_BYTES 65536

struct device *gate_device_named(struct gate *g, const char *name)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (strcmp(g->device[i].config->name, name) == 0)
			return &g->device[i];
	return NULL;
}

const struct library *gate_library(const struct gate *g)
{
	return g->edition_in_use == NULL ? NULL : &g->edition_in_use->books.library;
}

const struct library *device_library(const struct device *d)
{
	return &d->edition->books.library;
}

static void notify(struct gate *g, enum ledger_kind kind, json_t *body)
{
	control_notify(g->control, "event",
	               json_pack("{s:s, s:I, s:O}", "kind", ledger_kind_name(kind), "at",
	                         (json_int_t)time_unix_ms(), "body", body));
}

bool gate_record(struct gate *g, enum ledger_kind kind, json_t *body, struct record_tag *tag)
{
	must(body != NULL);
	if (g->control != NULL)
		notify(g, kind, body);
	recording_row(g, ledger_kind_name(kind), body);
	return ledger_append(g->ledger, kind, body, tag);
}

static void recorded(void *owner, void *tag, bool ok, int64_t seq)
{
	struct gate *g = owner;
	struct record_tag *t = tag;

	(void)seq; /* rows name each other by txn and hold, not by number */
	/* else all is closed: nothing is sent, nobody is answered */
	if (g->consoles != NULL || g->opening)
		t->done(g, t, ok);
}

/* The count of what was not written a row each, once the second is over. */
static void flood_said(struct gate *g)
{
	uint64_t second = gate_now_ms(g) / 1000;

	if (second == g->flood_second)
		return;
	g->flood_second = second;
	g->flood_rows = 0;
	if (g->flood_unsaid > 0)
		gate_record(
		        g, LEDGER_REFUSED,
		        json_pack("{s:i, s:s}", "count", g->flood_unsaid, "text",
		                  "so many more refusals or connections, too many for a row each"),
		        NULL);
	g->flood_unsaid = 0;
}

void gate_record_often(struct gate *g, enum ledger_kind kind, json_t *body)
{
	flood_said(g);
	if (g->flood_rows < FLOOD_ROWS_A_SECOND) {
		g->flood_rows++;
		gate_record(g, kind, body, NULL);
		return;
	}
	g->flood_unsaid++;
	recording_row(g, ledger_kind_name(kind), body);
	json_decref(body);
}

static void console_event(void *owner, const char *address, const char *what)
{
	gate_record_often(owner, LEDGER_CONSOLE,
	                  json_pack("{s:s, s:s}", "console", address, "text", what));
}

static void client_gone(void *owner, struct control_ref who)
{
	live_gone(owner, who); /* answers to it are then no event */
}

static void tick(uv_timer_t *timer)
{
	struct gate *g = timer->data;

	beat_progress(g);
	for (size_t i = 0; i < g->n_devices; i++) {
		edition_follow(&g->device[i]);
		watch_tick(&g->device[i]);
		charge_look(&g->device[i]);
		session_tick(&g->device[i]);
	}
	traffic_tick(g);
	time_look(g);
	if (g->control != NULL)
		signing_look(g);
	presence_tick(g);
	if (g->flood_unsaid > 0)
		flood_said(g);
	if (g->closing)
		gate_shut(g);
}

static void on_term(uv_signal_t *s, int number)
{
	(void)number;
	gate_shut(s->data);
}

static void on_stop(uv_signal_t *s, int number)
{
	struct gate *g = s->data;

	(void)number;
	for (size_t i = 0; i < g->n_devices; i++)
		watch_stop(&g->device[i], "asked for by signal", "SIGUSR1");
}

/* --- open --------------------------------------------------------------------------------------
 */

struct link_policy gate_link_policy(const struct device *d)
{
	return (struct link_policy){.window = d->timing.window,
	                            .connect_delay_ms = d->timing.connect_delay_ms,
	                            .spacing_ms = d->timing.spacing_ms,
	                            .idle_close_ms = d->timing.idle_close_ms};
}

static bool open_device(struct gate *g, size_t i)
{
	struct device *d = &g->device[i];
	char why[200];

	d->index = (int)i;
	d->lease.life_ms = d->config->lease_ms;
	for (int lane = 0; lane < LANE_COUNT; lane++)
		d->lane[lane].end = &d->lane[lane].first;
	const struct link_policy policy = gate_link_policy(d);
	d->link = link_open(g->links, &d->config->transport,
	                    (const struct sockaddr *)&d->config->at, &policy, why, sizeof why);
	if (d->link == NULL) {
		log_line(LOG_ERROR, "gate", "device %s: %s", d->config->name, why);
		return false;
	}
	d->link->owner = d;
	d->link->on_state = watch_link_state;
	g->by_unit[d->config->unit] = d;
	for (int a = 0; a < d->config->n_aliases; a++)
		g->by_unit[d->config->aliases[a]] = d;
	g->n_devices = i + 1;
	return true;
}

static bool has_unit(void *owner, uint8_t unit)
{
	const struct gate *g = owner;

	return g->by_unit[unit] != NULL || unit == g->config->clinic.gate_unit;
}

static struct consoles *open_consoles(struct gate *g, char *why, size_t why_len)
{
	const struct clinic *c = &g->config->clinic;
	const char *allowed[CONSOLE_ADDRESSES_MAX];
	struct sockaddr_storage address;

	for (size_t i = 0; i < c->n_console_addresses; i++)
		allowed[i] = c->console_address[i];
	struct console_rules rules = {
	        .max = c->consoles_max,
	        .idle_ms = c->idle_ms,
	        .partial_ms = c->partial_ms,
	        .unread_bytes = UNREAD_BYTES,
	        .allowed = c->n_console_addresses == 0 ? NULL : allowed,
	        .n_allowed = c->n_console_addresses,
	        .lines = c->console_line,
	        .n_lines = c->n_console_lines,
	        .has_unit = has_unit,
	};
	must(config_address(c->listen, &address));
	return consoles_open(g->loop, (struct sockaddr *)&address, &rules, way_frame, console_event,
	                     g, why, why_len);
}

static bool open_files(struct gate *g, char *why, size_t why_len)
{
	const struct clinic *c = &g->config->clinic;
	char path[PATH_LEN + 32];

	if (mkdir(c->state_dir, 0750) != 0 && errno != EEXIST) {
		snprintf(why, why_len, "state folder %s: %s", c->state_dir, strerror(errno));
		return false;
	}
	snprintf(path, sizeof path, "%s/ledger.db", c->state_dir);
	g->ledger = ledger_open(g->loop, path, recorded, g, why, why_len);
	if (g->ledger == NULL)
		return false;
	/* Sessions and holds each have rows of their own, so no number below was ever theirs. */
	time_begin(g);
	g->last_session = g->last_hold = (uint32_t)ledger_count(g->ledger);
	snprintf(path, sizeof path, "%s/people.json", c->state_dir);
	g->people = people_open(g->loop, path, why, why_len);
	return g->people != NULL;
}

static void open_timers(struct gate *g)
{
	uv_timer_init(g->loop, &g->tick);
	uv_signal_init(g->loop, &g->on_term);
	uv_signal_init(g->loop, &g->on_int);
	uv_signal_init(g->loop, &g->on_stop);
	g->tick.data = g->on_term.data = g->on_int.data = g->on_stop.data = g;
	uv_timer_start(&g->tick, tick, TICK_MS, TICK_MS);
	uv_signal_start(&g->on_term, on_term, SIGTERM);
	uv_signal_start(&g->on_int, on_term, SIGINT);
	uv_signal_start(&g->on_stop, on_stop, SIGUSR1);
}

static void record_start(struct gate *g)
{
	const struct clinic *c = &g->config->clinic;
	const struct edition *e = g->edition_in_use;
	const struct seal *seal = g->librarian.seal;

	gate_record(g, LEDGER_START,
	            json_pack("{s:s, s:b, s:s, s:s*, s:s, s:s*, s:s}", "clinic", c->name, "demo",
	                      c->demo, "version", DOSEGATE_VERSION, "key",
	                      seal == NULL ? NULL : seal_key(seal), "library",
	                      e == NULL ? "" : e->books.library.hash_hex, "no_library",
	                      librarian_trouble(g), "text",
	                      "the gate starts; every session and grant of before is over"),
	            NULL);
}

/* The loop turns for the ledger's answers only: nobody else is in the house yet. */
static bool open_library(struct gate *g)
{
	g->opening = true;
	librarian_open(g);
	record_start(g);
	g->library_is_wrong = !librarian_begin(g);
	g->opening = false;
	return !g->library_is_wrong;
}

static void say_open(const struct gate *g)
{
	const struct clinic *c = &g->config->clinic;
	const struct edition *e = g->edition_in_use;

	log_line(LOG_INFO, "gate", "%s: consoles on %s, gate unit %u, %zu devices, %s%s%s", c->name,
	         c->listen, c->gate_unit, c->n_devices,
	         e != NULL ? "library " : "NO LIBRARY IN USE",
	         e != NULL ? e->books.library.hash_hex : "",
	         c->demo || (e != NULL && e->demo) ? " (DEMO: not for patients)" : "");
}

bool gate_open(struct gate *g, uv_loop_t *loop, struct config *config)
{
	const struct clinic *c = &config->clinic;
	char why[300] = "";

	g->loop = loop;
	g->config = config;
	g->started_ms = uv_now(loop);
	for (int i = TXN_QUEUE_MAX - 1; i >= 0; i--) {
		g->txn[i].next = g->txn_free;
		g->txn_free = &g->txn[i];
	}
	if (!open_files(g, why, sizeof why)) {
		log_line(LOG_ERROR, "gate", "%s", why);
		return false;
	}
	if (!open_library(g))
		return false;
	g->control = control_open(loop, c->control, c->control_group[0] ? c->control_group : NULL,
	                          methods_call, client_gone, g, why, sizeof why);
	if (g->control == NULL) {
		log_line(LOG_ERROR, "gate", "%s", why);
		return false;
	}
	g->links = links_new(loop);
	must(g->links != NULL);
	for (size_t i = 0; i < c->n_devices; i++)
		if (!open_device(g, i))
			return false;
	g->consoles = open_consoles(g, why, sizeof why);
	if (g->consoles == NULL) {
		log_line(LOG_ERROR, "gate", "%s", why);
		return false;
	}
	open_timers(g);
	say_open(g);
	return true;
}

/* --- shut ----------------------------------------------------------------------------------------
 */

bool may_be_armed(const struct device *d)
{
	return state_is_armed(d->state) ||
	       (d->outcome_unknown && d->unknown_intent == INTENT_ARM) ||
	       (d->writing != NULL && d->writing->touch.intent == INTENT_ARM);
}

/* A line that is down may come back in time for its stop. */
static bool devices_are_safe(const struct gate *g)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->device[i];

		if (d->stop_wanted || d->stop_in_flight || d->writing != NULL)
			return false;
	}
	return true;
}

static void people_closed(void *owner)
{
	struct gate *g = owner;

	for (int i = 0; i < PENDING_MAX; i++)
		if (g->pending[i].used)
			pending_done(&g->pending[i]); /* nobody is left to answer */
	links_free(g->links);
	ledger_close(g->ledger); /* last: what the others said on closing is written */
	g->ledger = NULL;
}

static void control_closed(void *owner)
{
	struct gate *g = owner;

	g->control = NULL;
	people_close(g->people, people_closed, g);
}

static void consoles_closed(void *owner)
{
	struct gate *g = owner;

	g->consoles = NULL;
	gate_record(g, LEDGER_END, json_pack("{s:s}", "text", "the gate shuts down in order"),
	            NULL);
	recording_end(g);
	control_close(g->control, control_closed);
}

static void link_closed(struct link *l)
{
	struct device *d = l->owner;
	struct gate *g = d->gate;

	if (--g->live_handles > 0)
		return;
	consoles_close(g->consoles, consoles_closed);
}

static void close_all(struct gate *g)
{
	uv_close((uv_handle_t *)&g->tick, NULL);
	uv_close((uv_handle_t *)&g->on_term, NULL);
	uv_close((uv_handle_t *)&g->on_int, NULL);
	uv_close((uv_handle_t *)&g->on_stop, NULL);
	g->live_handles = (int)g->n_devices;
	for (size_t i = 0; i < g->n_devices; i++)
		link_close(g->device[i].link, link_closed);
}

/* Called by the signal once, then by each tick until the devices are safe or time is up. */
void gate_shut(struct gate *g)
{
	if (!g->closing) {
		g->closing = true;
		g->close_by_ms = gate_now_ms(g) + SHUT_MS;
		for (size_t i = 0; i < g->n_devices; i++)
			if (may_be_armed(&g->device[i]))
				watch_stop(&g->device[i], "the gate shuts down", "gate");
		for (size_t i = 0; i < g->n_devices; i++)
			beat_tick(&g->device[i]); /* it is not fed any more */
	}
	if (uv_is_closing((uv_handle_t *)&g->tick))
		return;
	if (devices_are_safe(g) || gate_now_ms(g) >= g->close_by_ms)
		close_all(g);
}
