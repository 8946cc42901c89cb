#include "house/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edition *edition_take(struct gate *g)
{
	for (size_t i = 0; i < EDITIONS_MAX; i++) {
		struct edition *e = &g->edition[i];

		if (e->taken)
			continue;
		memset(e, 0, sizeof *e);
		e->taken = true;
		return e;
	}
	must(false); /* one each device, one in use, and one errand at a time takes one */
	return NULL;
}

void edition_drop(struct edition *e)
{
	if (e == NULL)
		return;
	config_free(&e->books);
	e->taken = false;
}

static bool is_used(const struct gate *g, const struct edition *e)
{
	bool used = e == g->edition_in_use;

	for (size_t i = 0; i < g->config->clinic.n_devices; i++)
		used = used || g->device[i].edition == e;
	return used;
}

/* --- a device goes over ----------------------------------------------------------------------- */

/* The library in use, when it has a profile for this device. */
static struct edition *wanted(const struct device *d)
{
	struct edition *e = d->gate->edition_in_use;

	return e != NULL && config_profile_of(&e->books, d->config) != NULL ? e : NULL;
}

static void take_up(struct device *d, struct edition *e)
{
	d->edition = e;
	d->profile = config_profile_of(&e->books, d->config);
	must(d->profile != NULL);
	d->timing = config_timing(d->config, d->profile);
	beat_begin(d);
}

/* Words are forgotten as they are, and so are their meanings: both are the old profile's. What the
 * device is doing and which one it is, is not. */
static void forget_reports(struct device *d)
{
	memset(&d->shadow, 0, sizeof d->shadow);
	memset(&d->reported, 0, sizeof d->reported);
	memset(&d->session, 0, sizeof d->session);
	d->heard_once = false;
	d->went_over = true;
	d->heard_ms = 0;
	d->polled = (struct polled){0};
	d->pulses_known = false;
	d->unarmed = 0;
	d->last_any = false; /* its reasons lie in the old library */
	d->poll_due_ms = 0;
	d->moment++;
}

/* Nothing is under way that was judged, or is to be understood, by the old one. */
static bool may_go_over(const struct device *d)
{
	return d->session.state == SESSION_NONE && d->writing == NULL && !d->outcome_unknown;
}

bool edition_follow(struct device *d)
{
	struct edition *before = d->edition, *e;

	if (before == d->gate->edition_in_use)
		return true;
	e = wanted(d);
	if (e == NULL || !may_go_over(d))
		return false;
	take_up(d, e);
	forget_reports(d);
	const struct link_policy policy = gate_link_policy(d);
	link_set_policy(d->link, &policy);
	if (!is_used(d->gate, before))
		edition_drop(before);
	way_went_over(d);
	return true;
}

const char *edition_why_not(struct device *d, bool *soon)
{
	*soon = false;
	if (d->gate->edition_in_use == NULL)
		return librarian_trouble(d->gate);
	if (wanted(d) == NULL)
		return "the library in use has no profile for this device; propose one that has, "
		       "and let the director activate it";
	if (d->edition != d->gate->edition_in_use && d->session.state != SESSION_NONE)
		return "another library has come into use since the session on this device "
		       "began; end that session first";
	*soon = true;
	if (!edition_follow(d))
		return "another library has come into use, and the device is busy under the one "
		       "before; try again in a moment";
	if (d->went_over && d->link->up)
		return "another library has come into use, and the device is just being read "
		       "anew; try again in a moment";
	return NULL;
}

void edition_begin(struct gate *g, struct edition *e)
{
	struct edition *before = g->edition_in_use;

	e->activated = true;
	g->edition_in_use = e;
	for (size_t i = 0; i < g->n_devices; i++)
		edition_follow(&g->device[i]);
	if (before != NULL && before->taken && !is_used(g, before))
		edition_drop(before);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The profiles of the clinic's folder that devices need, each once. */
static bool watch_by(struct edition *e, const struct clinic *c, const struct device_config *d,
                     struct complaints *complaints)
{
	struct config *books = &e->books;
	char path[2 * PATH_LEN];

	if (config_profile_of(books, d) != NULL)
		return true;
	snprintf(path, sizeof path, "%s/devices/%s", c->library_dir, d->profile);
	if (!config_load_profile(path, &books->library.choices,
	                         &books->profile[books->n_profiles++], complaints))
		return false;
	if (config_profile_of(books, d) != NULL)
		return true;
	complain(complaints, path, 0,
	         "its name is \"%s\"; a profile of a library is called as its file is",
	         books->profile[books->n_profiles - 1].name);
	return false;
}

static struct edition *open_watched(struct gate *g, struct complaints *c)
{
	struct edition *e = edition_take(g);
	const struct clinic *clinic = &g->config->clinic;
	bool well = true;

	e->books.profile = calloc(DEVICES_MAX, sizeof *e->books.profile);
	must(e->books.profile != NULL);
	for (size_t i = 0; i < clinic->n_devices; i++)
		well = watch_by(e, clinic, &clinic->device[i], c) && well;
	if (well)
		return e;
	edition_drop(e);
	return NULL;
}

bool edition_open(struct gate *g, struct complaints *c)
{
	struct edition *watched = NULL;

	for (size_t i = 0; i < g->config->clinic.n_devices; i++) {
		struct device *d = &g->device[i];
		struct edition *e;

		d->gate = g;
		d->config = &g->config->clinic.device[i];
		e = wanted(d);
		if (e == NULL && watched == NULL)
			watched = open_watched(g, c);
		if (e == NULL && watched == NULL)
			return false;
		take_up(d, e != NULL ? e : watched);
	}
	return true;
}

void edition_close(struct gate *g)
{
	for (size_t i = 0; i < EDITIONS_MAX; i++)
		if (g->edition[i].taken)
			edition_drop(&g->edition[i]);
}
