/*
 * dosejson_past: past treatments and test areas as JSON, as the ledger keeps them and as people
 * tell of what was done elsewhere.
 *
 * One way in: what people tell becomes rows like the ledger's own, and all rows are read alike.
 * A row is the body of a ledger row of kind "treatment":
 *
 *   {"event": "begins", "session": 7, "patient", "device_class", "site", "kind": "treatment" or
 *    "test_spot", "day": "2026-11-25", "settings": {...}}      energy may leave from now on
 *   {"event": "dose", "session": 7, "settings": {...}}         … with other settings
 *   {"event": "ended", "session": 7, "fired": true or false}   false: no pulse left the device
 *   {"event": "elsewhere", "device_class", "site", "kind", "day", "settings"?, "read"?, "result"?}
 *   {"event": "read", "device_class", "site", "day", "result": "clear" or "reaction"}
 *
 * A session without its "ended" row (the gate was cut off) counts as a treatment. Any thread.
 */
#ifndef EDGE_DOSEJSON_PAST_H
#define EDGE_DOSEJSON_PAST_H

#include <jansson.h>

#include "core/history.h"

#define PAST_DAY_LEN 16 /* "2026-11-25" */

void past_day_text(int32_t day, char buf[PAST_DAY_LEN]);
/* "2026-05-31"; false for what is no day. */
MUST_USE bool past_day_take(const char *text, int32_t *out);

/* One thing done elsewhere, as told: {"device_class": name or "unknown", "site": name or "unknown",
 * "days_ago": 30 or "date": "2026-10-26", "kind": "treatment" (or left out) or "test_spot",
 * "settings"?; of a test_spot also "read_days_ago" or "read_date", and "result": "clear" or
 * "reaction"}. *out is a new row of event "elsewhere"; NULL with the reason in `why`, in which it
 * is called `where`. */
json_t *past_told(const struct library *lib, const char *where, json_t *told, int32_t today,
                  char *why, size_t why_len);

/* Bodies of rows, oldest first, to what core derives from, seen from `c` (class, site, today).
 * told_all: what was done elsewhere has been told too; else what is missing is not known. */
void past_read(const struct library *lib, json_t *bodies, const struct patient_case *c,
               bool told_all, struct history *out);

#endif
