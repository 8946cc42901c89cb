/*
 * log: one line on standard error per thing a person may want to know, with time and room.
 * Never patient data beyond the token. Any thread.
 */
#ifndef EDGE_LOG_H
#define EDGE_LOG_H

#include "core/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO };
void log_line(enum log_level l, const char *room, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#endif
