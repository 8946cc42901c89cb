/*
 * training: who was trained on what, until when.
 */
#include "ctl.h"

#include <string.h>

static void print_record(json_t *t)
{
	const char *device = text_at(t, "device"), *class = text_at(t, "device_class");

	say(4, "%-12s %s%s%s: %s to %s, recorded by %s: %s (%lld days)", text_at(t, "person"),
	    class, class[0] != '\0' && device[0] != '\0' ? " on " : "", device, text_at(t, "on"),
	    text_at(t, "until"), text_at(t, "by"), text_at(t, "state"), number_at(t, "days_left"));
}

static void print_training(json_t *result)
{
	json_t *all = json_object_get(result, "training"), *t;
	size_t i;

	json_array_foreach(all, i, t) print_record(t);
	if (json_array_size(all) == 0)
		puts("no training is on record");
}

enum exit_code cmd_training(const struct options *o)
{
	return look(o, "training.list",
	            o->n_words == 0 ? json_object() : json_pack("{s:s}", "person", o->word[0]),
	            print_training);
}

enum exit_code cmd_train(const struct options *o)
{
	if (o->until == NULL || (o->device == NULL && o->device_class == NULL)) {
		say_to(stderr, 2,
		       "training add wants NAME, --device DEVICE or --class CLASS (or both), and "
		       "--until DATE");
		return EXIT_USAGE;
	}
	return signed_call(o, "training.add",
	                   json_pack("{s:s, s:s*, s:s*, s:s*, s:s}", "person", o->word[0], "device",
	                             o->device, "device_class", o->device_class, "on", o->on,
	                             "until", o->until),
	                   print_record);
}
