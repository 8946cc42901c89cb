/*
 * record: what goes over the wires, to a file of the gate's. dosegate-sim plays it again.
 */
#include "ctl.h"

void print_recording(json_t *r)
{
	const char *over = text_at(r, "over");

	if (!json_is_object(r))
		return;
	say(4, "%s: %s (asked for by %s); lines %lld, bytes %lld%s%s",
	    over[0] == '\0' ? "the wire is recorded" : "THE RECORDING IS OVER", text_at(r, "file"),
	    text_at(r, "by"), number_at(r, "lines"), number_at(r, "bytes"),
	    over[0] == '\0' ? "" : ": ", over);
	if (number_at(r, "lost") > 0)
		say(4, "LOST: %lld lines, because the disk was slow", number_at(r, "lost"));
}

enum exit_code cmd_record_start(const struct options *o)
{
	json_t *params = json_pack("{s:s}", "file", o->word[0]);
	json_int_t max;

	if (o->max != NULL && !take_number("--max", o->max, 1, &max)) {
		json_decref(params);
		return EXIT_USAGE;
	}
	if (o->max != NULL)
		json_object_set_new(params, "max_mb", json_integer(max));
	return signed_call(o, "record.start", params, print_recording);
}

static void print_stopped(json_t *r)
{
	printf("%s\n", text_at(r, "file"));
	say(4, "lines %lld, bytes %lld, lost %lld%s%s", number_at(r, "lines"),
	    number_at(r, "bytes"), number_at(r, "lost"),
	    text_at(r, "over")[0] == '\0' ? "" : "; it ended before: ", text_at(r, "over"));
}

enum exit_code cmd_record_stop(const struct options *o)
{
	return signed_call(o, "record.stop", json_object(), print_stopped);
}
