#include "edge/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, bytes, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? errno : ENOSPC;
		bytes += put;
		n -= (size_t)put;
	}
	return 0;
}

int disk_write_new(const char *path, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return errno;
	int error = write_all(fd, bytes, n);
	if (close(fd) != 0 && error == 0)
		error = errno;
	return error;
}

int disk_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int error = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) != 0)
		error = errno;
	close(fd);
	return error;
}

int disk_replace(const char *path, const void *bytes, size_t n, mode_t mode)
{
	char beside[PATH_MAX], folder[PATH_MAX];

	if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
		return ENAMETOOLONG;
	snprintf(folder, sizeof folder, "%s", path);
	unlink(beside); /* left by a gate that died while writing it */
	int error = disk_write_new(beside, bytes, n, mode);
	if (error == 0)
		error = disk_sync(beside);
	if (error == 0 && rename(beside, path) != 0)
		error = errno;
	if (error != 0) {
		unlink(beside);
		return error;
	}
	return disk_sync(dirname(folder));
}
