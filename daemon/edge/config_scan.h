/*
 * config_scan: a look over a file's bytes before libconfig sees them. Private to config*.c.
 */
#ifndef EDGE_CONFIG_SCAN_H
#define EDGE_CONFIG_SCAN_H

#include "edge/config.h"

/* Complains about everything libconfig would silently read as something else, or that has no
 * business in these files. False when libconfig must not see the bytes at all (includes, open
 * comments and strings, bytes that are no text). bytes[len] is 0. */
MUST_USE bool scan_allows(const char *file, const char *bytes, size_t len, struct complaints *c);

#endif
