/*
 * base: the few words every room shares, and nothing else ever.
 *
 * `must` is for our own bugs, never for anything that came from a wire, a file, a person or a
 * clock. It stays in release builds: a gate that has lost its senses ends, and a supervisor
 * restarts it with everything closed.
 */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE                        __attribute__((warn_unused_result))
#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define must(cond) ((cond) ? (void)0 : must_failed(__FILE__, __LINE__, #cond))

/* Says what broke on standard error and aborts. Given by the program that links core
 * (daemon/edge/log.c); core itself knows no output. */
_Noreturn void must_failed(const char *file, int line, const char *what);

#endif
