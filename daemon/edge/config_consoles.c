/*
 * Who may be a console, how long one of them has a device, and how much each may read.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config_read.h"

#define HOUR_MS      INT64_C(3600000)
#define CONSOLES_ALL 512 /* CONSOLES_MAX of edge/console.h; a test compares the two */

static const struct key consoles_keys[] = {
        {"addresses", KEY_TEXTS, false},
        {"lines", KEY_TEXTS, false},
        {"max", KEY_INT, false},
        {"idle", KEY_TEXT, false},
        {"partial", KEY_TEXT, false},
        {"lease", KEY_TEXT, false},
        {"reads_per_second", KEY_INT, false},
        {"reads_burst", KEY_INT, false},
};

/* Kept as the system prints them, so that a console's own address compares. */
static void console_address_take(const struct source *s, const config_setting_t *at,
                                 const char *text, struct clinic *c)
{
	unsigned char parsed[16];
	int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;

	if (c->n_console_addresses == CONSOLE_ADDRESSES_MAX) {
		wrong(s, at, "more than %d console addresses", CONSOLE_ADDRESSES_MAX);
		return;
	}
	if (inet_pton(family, text, parsed) != 1) {
		wrong(s, at, "\"%.60s\" is no numeric address without a port, as in \"192.0.2.7\"",
		      text);
		return;
	}
	inet_ntop(family, parsed, c->console_address[c->n_console_addresses++], ADDRESS_LEN);
}

/* --- the lease --------------------------------------------------------------------------- */

/* Modbus/TCP is always listened on, and without a list of addresses any of the loopback may come.
 */
static bool one_alone(const struct clinic *c)
{
	return c->n_console_addresses == 1 && c->n_console_lines == 0;
}

void lease_take(const struct source *s, const config_setting_t *group, const struct clinic *c,
                int64_t *out)
{
	const config_setting_t *at = key_at(group, "lease", KEY_TEXT);

	if (at == NULL)
		return;
	if (strcmp(key_text(group, "lease"), "none") != 0) {
		take_ms(s, group, "lease", 1000, HOUR_MS, out);
		return;
	}
	*out = 0;
	if (!one_alone(c))
		wrong(s, at,
		      "lease = \"none\" is for a clinic with one console; name its one address in "
		      "consoles.addresses, without lines, or give a time, as in \"60 s\"");
}

/* --- reads ------------------------------------------------------------------------------- */

/* Left out, each may ask as much as it can. */
static void pace_of(const struct source *s, const config_setting_t *group, struct pace *out)
{
	const config_setting_t *burst_at = key_at(group, "reads_burst", KEY_INT);
	int rate = 0;

	if (key_at(group, "reads_per_second", KEY_INT) == NULL && burst_at != NULL)
		wrong(s, burst_at, "reads_burst is nothing without reads_per_second");
	if (!take_int(s, group, "reads_per_second", 1, PACE_RATE_MAX, &rate))
		return;
	int burst = rate; /* a second's worth */
	if (take_int(s, group, "reads_burst", 1, PACE_BURST_MAX, &burst))
		*out = (struct pace){.rate = rate, .burst = burst};
}

/* --- the group --------------------------------------------------------------------------- */

void consoles_take(const struct source *s, const config_setting_t *group, struct clinic *c)
{
	if (group == NULL)
		return;
	const config_setting_t *list = key_at(group, "addresses", KEY_TEXTS);

	KEYS_CHECK(s, group, consoles_keys);
	for (int i = 0; i < elems(list); i++)
		console_address_take(s, elem(list, i), elem_text(list, i), c);
	console_lines_take(s, key_at(group, "lines", KEY_TEXTS), c);
	take_int(s, group, "max", 1, CONSOLES_ALL, &c->consoles_max);
	take_ms(s, group, "idle", 1000, 24 * HOUR_MS, &c->idle_ms);
	take_ms(s, group, "partial", 100, 60000, &c->partial_ms);
	lease_take(s, group, c, &c->lease_ms);
	pace_of(s, group, &c->reads);
}
