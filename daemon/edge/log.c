#include "edge/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void log_line(enum log_level l, const char *room, const char *format, ...)
{
	static const char *const word[] = {"error", "warn", "info"};
	char line[1024];
	struct timespec now;
	struct tm utc;
	va_list args;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t at = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
	at += (size_t)snprintf(line + at, sizeof line - at,
	                       ".%03ldZ %-5s %s: ", now.tv_nsec / 1000000, word[l], room);
	va_start(args, format);
	vsnprintf(line + at, sizeof line - at, format, args);
	va_end(args);
	fprintf(stderr, "%s\n", line); /* one call: lines of two threads do not mix */
}

_Noreturn void must_failed(const char *file, int line, const char *what)
{
	log_line(LOG_ERROR, "must", "%s:%d: %s", file, line, what);
	abort();
}
