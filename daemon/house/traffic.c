/*
 * traffic: what each console asks, counted, and how many reads it may ask for. A console is who it
 * is at its address or on its line, however often it connects.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* So long a console that asks for too much is only counted before it is told of again. */
#define SAID_AGAIN_MS 60000

/* The one heard of longest ago makes room; those in the clinic file's list all have a place. */
static struct caller *place_for(struct gate *g)
{
	struct caller *oldest = &g->caller[0];

	if (g->n_callers < CALLERS_MAX)
		return &g->caller[g->n_callers++];
	for (size_t i = 1; i < CALLERS_MAX; i++)
		if (g->caller[i].heard_ms < oldest->heard_ms)
			oldest = &g->caller[i];
	for (size_t i = 0; i < ARRAY_LEN(g->seat); i++)
		if (g->seat[i].caller == oldest)
			g->seat[i] = (struct seat){0};
	return oldest;
}

static struct caller *caller_named(struct gate *g, const char *name)
{
	for (size_t i = 0; i < g->n_callers; i++)
		if (strcmp(g->caller[i].name, name) == 0)
			return &g->caller[i];
	struct caller *c = place_for(g);
	*c = (struct caller){0};
	text_copy(c->name, sizeof c->name, name);
	return c;
}

struct caller *traffic_of(struct gate *g, struct console_ref who)
{
	struct seat *seat = &g->seat[who.slot];
	const char *name;

	if (seat->caller != NULL && seat->generation == who.generation)
		return seat->caller;
	name = console_identity(g->consoles, who);
	if (name[0] == '\0')
		return NULL; /* it has gone */
	*seat = (struct seat){.generation = who.generation, .caller = caller_named(g, name)};
	return seat->caller;
}

void traffic_asked(struct gate *g, struct console_ref who)
{
	struct caller *c = traffic_of(g, who);

	if (c == NULL)
		return;
	c->requests++;
	c->heard_ms = gate_now_ms(g);
}

void traffic_refused(struct gate *g, struct console_ref who)
{
	struct caller *c = traffic_of(g, who);

	if (c != NULL)
		c->refused++;
}

static void say(struct gate *g, struct caller *c)
{
	const struct pace *p = &g->config->clinic.reads;
	char text[160];

	snprintf(text, sizeof text,
	         "asks for more than %lld reads a second (%lld at once): %llu answered with 06",
	         (long long)p->rate, (long long)p->burst, (unsigned long long)c->unsaid);
	gate_record_often(g, LEDGER_CONSOLE,
	                  json_pack("{s:s, s:I, s:s}", "console", c->name, "over_budget",
	                            (json_int_t)c->unsaid, "text", text));
	c->unsaid = 0;
	c->said_ms = gate_now_ms(g);
}

static bool said_of_late(const struct gate *g, const struct caller *c)
{
	return c->said_ms != 0 && gate_now_ms(g) - c->said_ms < SAID_AGAIN_MS;
}

bool traffic_may_read(struct gate *g, struct console_ref who)
{
	struct caller *c = traffic_of(g, who);

	if (c == NULL || pace_take(&c->reads, &g->config->clinic.reads, (int64_t)gate_now_ms(g)))
		return true;
	c->over_budget++;
	c->unsaid++;
	if (!said_of_late(g, c))
		say(g, c);
	return false;
}

void traffic_tick(struct gate *g)
{
	for (size_t i = 0; i < g->n_callers; i++)
		if (g->caller[i].unsaid > 0 && !said_of_late(g, &g->caller[i]))
			say(g, &g->caller[i]);
}

/* Connections it has now; of a line 1. */
static int connections(const struct gate *g, const struct caller *c)
{
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(g->seat); i++) {
		struct console_ref who = {(uint16_t)i, g->seat[i].generation};

		n += g->seat[i].caller == c && console_identity(g->consoles, who)[0] != '\0';
	}
	return n;
}

json_t *traffic_show(const struct gate *g)
{
	json_t *all = json_array();

	for (size_t i = 0; i < g->n_callers; i++) {
		const struct caller *c = &g->caller[i];

		json_array_append_new(all, json_pack("{s:s, s:i, s:I, s:I, s:I, s:I}", "console",
		                                     c->name, "connections", connections(g, c),
		                                     "requests", (json_int_t)c->requests, "refused",
		                                     (json_int_t)c->refused, "over_budget",
		                                     (json_int_t)c->over_budget, "heard_ms",
		                                     (json_int_t)(gate_now_ms(g) - c->heard_ms)));
	}
	return all;
}
