/*
 * disk: files that are there whole, or as they were before, whenever the power goes.
 *
 * What every room of the edge may use that keeps something on disk. Blocks; any thread.
 */
#ifndef EDGE_DISK_H
#define EDGE_DISK_H

#include <sys/types.h>

#include "core/base.h"

/* Each returns 0 or an errno. */

/* A file that must not be there yet. It is on the disk when it is synced, and there for good when
 * its folder is too. On an error a part of it may be left. */
MUST_USE int disk_write_new(const char *path, const void *bytes, size_t n, mode_t mode);
/* What a file holds, or what a folder names, is on the disk. Many files are written first and then
 * synced one after the other: the first sync does the work of most. */
MUST_USE int disk_sync(const char *path);
/* Writes beside ("PATH.new"), then takes the place of what was there, for good. */
MUST_USE int disk_replace(const char *path, const void *bytes, size_t n, mode_t mode);

#endif
