/*
 * control_path: the place in the file system where the control socket stands, and who may use it.
 */
#ifndef EDGE_CONTROL_PATH_H
#define EDGE_CONTROL_PATH_H

#include "core/base.h"

/* True when a socket can be bound here. Only a socket nobody answers on is ours to remove. */
MUST_USE bool control_path_clear(const char *path, char *why, size_t why_len);
/* Mode 0660 and the group, when one is named. */
MUST_USE bool control_path_give(const char *path, const char *group, char *why, size_t why_len);

#endif
