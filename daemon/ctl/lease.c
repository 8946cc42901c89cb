/*
 * lease: which console sets a device, said by a person.
 */
#include "ctl.h"

static void print_moved(json_t *device)
{
	print_device(device, false);
}

enum exit_code cmd_lease_take(const struct options *o)
{
	if (o->console == NULL) {
		say_to(stderr, 2,
		       "lease take wants --console CONSOLE: its address, or its line, as \"status "
		       "--long\" names it");
		return EXIT_USAGE;
	}
	return signed_call(o, "lease.take",
	                   json_pack("{s:s, s:s}", "device", o->word[0], "console", o->console),
	                   print_moved);
}

enum exit_code cmd_lease_release(const struct options *o)
{
	return signed_call(o, "lease.release", json_pack("{s:s}", "device", o->word[0]),
	                   print_moved);
}
