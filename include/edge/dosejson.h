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

#endif
