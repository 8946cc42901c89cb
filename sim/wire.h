/*
 * wire: what went over the lines, as a recording (core/recording.h) of the simulator's side:
 * channel 1.2 is the second connection of the first of the options --tcp, --rtu-tcp and --rtu (a
 * terminal has one).
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdio.h>

#include "core/recording.h"

struct channel;

/* NULL when the file cannot be written. */
FILE *wire_open(const char *path);
void wire_note(const struct channel *c, enum recording_event e, const uint8_t *bytes, size_t n);

#endif
