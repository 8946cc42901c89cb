/*
 * dosejson: settings as JSON, the same words for everyone who reads them.
 *
 * Any thread.
 */
#ifndef EDGE_DOSEJSON_H
#define EDGE_DOSEJSON_H

#include <jansson.h>

#include "core/dose.h"

/* {"fluence": "18 J/cm2", "cooling": "cryogen"}: what is known; a new reference. */
json_t *dosejson_settings(const struct symbols *choices, const struct settings *s);
/* The reverse. False with the reason: no object, no such parameter, no text, a value that is none.
 * *out is written on success. */
MUST_USE bool dosejson_take(const struct symbols *choices, json_t *settings, struct settings *out,
                            char *why, size_t why_len);
/* What of it has a meaning here; the rest is not known. False when nothing has. For what was
 * written down under another library. */
MUST_USE bool dosejson_known(const struct symbols *choices, json_t *settings, struct settings *out);

#endif
