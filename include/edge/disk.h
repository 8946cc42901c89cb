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

/* A file that must not be there yet, with what it holds on the disk. Its name is only there for
 * good when its folder is (disk_sync_folder). On an error a part of it may be left. */
MUST_USE int disk_write_new(const char *path, const void *bytes, size_t n, mode_t mode);
/* Writes beside ("PATH.new"), then takes the place of what was there, for good. */
MUST_USE int disk_replace(const char *path, const void *bytes, size_t n, mode_t mode);
/* What a folder names is on the disk. */
MUST_USE int disk_sync_folder(const char *folder);

#endif
