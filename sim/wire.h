/*
 * wire: what went over the lines, one event a line of text, in the order in which it came.
 *
 *     MICROSECONDS LINE.CHANNEL EVENT [BYTES]
 *
 *     125003 1.2 > 000100000006010300100001
 *
 * Microseconds since the file was begun. LINE counts the options --tcp, --rtu-tcp and --rtu from 1,
 * CHANNEL the connections of the line (a terminal has one). EVENT: > a frame to the devices, < what
 * was answered, ? bytes to the devices that are no frame, + a connection begins, - it ends. BYTES
 * in base 16, header and sum included. What begins with # is a comment; the first line says the
 * version.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdio.h>

#include "core/base.h"

struct channel;

/* NULL when the file cannot be written. */
FILE *wire_open(const char *path);
void wire_note(const struct channel *c, char event, const uint8_t *bytes, size_t n);

#endif
