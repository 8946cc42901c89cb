/*
 * presence: a physician says where they are, and until when.
 */
#include "ctl.h"

#include <string.h>

static void print_one(json_t *p)
{
	const char *where = text_at(p, "where"), *device = text_at(p, "device");

	printf("%s is %s%s for %lld min\n", text_at(p, "person"),
	       strcmp(where, "on_call") == 0       ? "on call"
	       : strcmp(where, "on_premises") == 0 ? "on the premises"
	                                           : "in the room of ",
	       device, (number_at(p, "left_s") + 59) / 60);
}

void print_present(json_t *result)
{
	json_t *all = json_object_get(result, "present"), *p;
	size_t i;

	json_array_foreach(all, i, p) print_one(p);
	if (json_array_size(all) == 0)
		puts("no physician has checked in");
}

static void print_out(json_t *result)
{
	(void)result;
	puts("checked out");
}

/* "4h" as people type it, "4 h" as the gate reads it. */
static const char *spaced(const char *text, char *buf, size_t len)
{
	size_t n = text == NULL ? 0 : strspn(text, "0123456789.");

	if (text == NULL || n == 0 || text[n] == ' ' || text[n] == '\0')
		return text;
	snprintf(buf, len, "%.*s %s", (int)n, text, text + n);
	return buf;
}

enum exit_code cmd_presence_in(const struct options *o)
{
	char buf[40];

	return signed_call(o, "presence.in",
	                   json_pack("{s:s*, s:s*, s:s*}", "room", o->room, "where",
	                             o->on_call ? "on_call" : NULL, "for",
	                             spaced(o->for_, buf, sizeof buf)),
	                   print_one);
}

enum exit_code cmd_presence_out(const struct options *o)
{
	return signed_call(o, "presence.out", json_object(), print_out);
}

enum exit_code cmd_presence(const struct options *o)
{
	return look(o, "presence.list", json_object(), print_present);
}
