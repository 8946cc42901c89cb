/*
 * The way to a device, and the lines that ways share.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_read.h"

#define UNIT_MAX                                                                         \
	247 /* Modbus over serial line v1.02, 2.2: 248..255 are reserved; 0 is everybody \
	     */

/* A tty by one name, whichever link in /dev it was called by. One that is not there (an adapter
 * that will be put in later) goes by what it is called. */
static void tty_name(const struct transport *t, char out[PATH_MAX])
{
	if (realpath(t->place, out) == NULL)
		snprintf(out, PATH_MAX, "%s", t->place);
}

static bool same_tty(const struct transport *a, const struct transport *b)
{
	char one[PATH_MAX], other[PATH_MAX];

	if (a->kind != TRANSPORT_RTU || b->kind != TRANSPORT_RTU)
		return false;
	tty_name(a, one);
	tty_name(b, other);
	return strcmp(one, other) == 0;
}

static bool same_line(const struct transport *a, const struct transport *b)
{
	return same_tty(a, b) || (a->kind == TRANSPORT_RTU_TCP && transport_same_place(a, b));
}

/* Not there is no mistake of the file: the gate waits for it. Something else there is one. */
static void tty_check(const struct source *s, const config_setting_t *at, const struct transport *t)
{
	struct stat st;

	if (stat(t->place, &st) == 0 && !S_ISCHR(st.st_mode))
		wrong(s, at, "%s is no serial line; it is called /dev/ttyS0 or /dev/ttyUSB0, say",
		      t->place);
}

static bool address_of(const struct source *s, const config_setting_t *at,
                       const struct transport *t, struct sockaddr_storage *out)
{
	if (!config_address(t->place, out)) {
		wrong(s, at,
		      "address \"%s\" is no numeric address with a port, as in \"192.0.2.7:502\" "
		      "or "
		      "\"[2001:db8::7]:502\"; names are not looked up; a serial line is called "
		      "\"rtu:/dev/ttyUSB0:19200:8E1\"",
		      t->place);
		return false;
	}
	if (!address_has_port(out))
		wrong(s, at, "address \"%s\" has port 0; a device listens on one of its own",
		      t->place);
	return address_has_port(out);
}

static bool transport_of(const struct source *s, const config_setting_t *at, const char *text,
                         struct transport *out)
{
	enum transport_fault fault = transport_take(text, out);

	if (fault == TRANSPORT_OK)
		return true;
	wrong(s, at, "\"%s\": %s", text, transport_fault_words(fault));
	return false;
}

/* --- a device's -------------------------------------------------------------------------- */

static void unit_check(const struct source *s, const config_setting_t *group,
                       const struct device_config *d)
{
	if (d->transport.kind == TRANSPORT_TCP ||
	    (d->device_unit >= 1 && d->device_unit <= UNIT_MAX))
		return;
	wrong(s, group, "device_unit %d is outside 1..%d, which a serial line has; 0 is everybody",
	      d->device_unit, UNIT_MAX);
}

static void idle_check(const struct source *s, const config_setting_t *group,
                       const struct device_config *d)
{
	const config_setting_t *at = key_at(group, "idle_close", KEY_TEXT);

	if (at != NULL && d->transport.kind == TRANSPORT_RTU)
		wrong(s, at, "idle_close closes a connection, and a tty has none; leave it out");
}

bool device_transport_take(const struct source *s, const config_setting_t *group,
                           struct device_config *d)
{
	const config_setting_t *at = key_at(group, "address", KEY_TEXT);

	if (at == NULL || !take_text(s, group, "address", d->address, sizeof d->address) ||
	    !transport_of(s, at, d->address, &d->transport))
		return false;
	unit_check(s, group, d);
	idle_check(s, group, d);
	if (d->transport.kind != TRANSPORT_RTU)
		return address_of(s, at, &d->transport, &d->at);
	tty_check(s, at, &d->transport);
	return true;
}

/* --- who is on which line ---------------------------------------------------------------- */

/* On one line there is one name for it and one way of speaking. */
static void neighbours_check(const struct source *s, const config_setting_t *at,
                             const struct transport *new, const struct device_config *other)
{
	if (!same_line(new, &other->transport) || transport_equal(new, &other->transport))
		return;
	if (!transport_same_place(new, &other->transport))
		wrong(s, at, "%s is the line %s of \"%s\"; right is one name for both", new->place,
		      other->transport.place, other->name);
	else
		wrong(s, at, "the line %s is \"%s\" for \"%s\"; all on a line speak alike",
		      new->place, other->address, other->name);
}

void device_line_check(const struct source *s, const config_setting_t *group,
                       const struct clinic *c, const struct device_config *d)
{
	for (size_t i = 0; i < c->n_console_lines; i++)
		if (same_tty(&d->transport, &c->console_line[i]))
			wrong(s, group,
			      "%s is a consoles' line; a device behind the gate has one that no "
			      "console is on",
			      d->transport.place);
	for (size_t i = 0; i < c->n_devices; i++)
		neighbours_check(s, group, &d->transport, &c->device[i]);
}

bool same_device(const struct device_config *a, const struct device_config *b)
{
	if (a->address[0] == '\0' || a->device_unit != b->device_unit)
		return false;
	return transport_same_place(&a->transport, &b->transport) ||
	       same_line(&a->transport, &b->transport);
}

/* --- the consoles' ----------------------------------------------------------------------- */

static bool console_line_is_new(const struct source *s, const config_setting_t *at,
                                const struct clinic *c, const struct transport *t)
{
	for (size_t i = 0; i < c->n_console_lines; i++) {
		if (!same_tty(t, &c->console_line[i]))
			continue;
		wrong(s, at, "%s is there already", t->place);
		return false;
	}
	return true;
}

static void console_line_take(const struct source *s, const config_setting_t *at, const char *text,
                              struct clinic *c)
{
	struct transport t;

	if (!transport_of(s, at, text, &t))
		return;
	if (t.kind != TRANSPORT_RTU) {
		wrong(s, at,
		      "\"%s\" is no serial line, as in \"rtu:/dev/ttyUSB1:19200:8E1\"; consoles on "
		      "a "
		      "network are named in addresses",
		      text);
		return;
	}
	tty_check(s, at, &t);
	if (console_line_is_new(s, at, c, &t))
		c->console_line[c->n_console_lines++] = t;
}

void console_lines_take(const struct source *s, const config_setting_t *list, struct clinic *c)
{
	if (elems(list) > CONSOLE_LINES_MAX)
		wrong(s, list, "%d lines; %d are the most", elems(list), CONSOLE_LINES_MAX);
	for (int i = 0; i < elems(list) && i < CONSOLE_LINES_MAX; i++)
		console_line_take(s, elem(list, i), elem_text(list, i), c);
}
