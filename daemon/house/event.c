/*
 * event: what follows from what was noticed about a device. What that is: EVENT_MAP, core/event.h.
 */
#include "house/gate.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

void event_record(struct device *d, enum ledger_kind kind, const char *name, const char *text)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "device", d->config->name, "event", name,
	                         "text", text);

	if (d->session.state != SESSION_NONE)
		json_object_update_new(body,
		                       json_pack("{s:i, s:s, s:s}", "session", (int)d->session.id,
		                                 "patient", d->session.patient, "library",
		                                 device_library(d)->hash_hex));
	gate_record(d->gate, kind, body, NULL);
}

/* The first one stays until a person clears it. */
static void latch(struct device *d, enum event e, const char *text)
{
	if (d->alarm != EVENT_NONE)
		return;
	d->alarm = e;
	text_copy(d->alarm_text, sizeof d->alarm_text, text);
	d->moment++;
	event_record(d, LEDGER_DEVICE, "alarm", text);
}

void event_happened(struct device *d, enum event e, const char *text)
{
	unsigned what = event_follows(e, may_be_armed(d));
	char said[ALARM_LEN]; /* `text` may lie in what is about to change */

	text_copy(said, sizeof said, text != NULL ? text : event_words(e));
	if (what & DO_STOP)
		watch_stop(d, said, "gate"); /* first the wire */
	event_record(d, LEDGER_DEVICE, event_name(e), said);
	if (what & DO_LATCH)
		latch(d, e, said);
	if (what & DO_VOID)
		session_settings_moved(d, event_words(e));
	if (what & DO_END)
		session_end(d, said);
}
