/*
 * bad_machine: loaded into a gate before everything else (LD_PRELOAD), it makes what is under the
 * gate misbehave for as long as a file is there.
 *
 *   DISK_HANGS  a file; meanwhile what is to be synced of the ledger does not come back
 *   DISK_FULL   a file; meanwhile nothing more is written of it
 *   ASLEEP      a file; with it the machine was asleep for ten minutes
 *   CLOCK_SET   a file; with it somebody has set the wall clock ahead by twenty days
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool now(const char *which)
{
	const char *file = getenv(which);

	return file != NULL && access(file, F_OK) == 0;
}

static bool of_the_ledger(int fd)
{
	char name[64], path[4096] = "";

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return readlink(name, path, sizeof path - 1) > 0 && strstr(path, "/ledger.db") != NULL;
}

int fdatasync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
	const struct timespec a_while = {.tv_nsec = 2000000};

	while (now("DISK_HANGS") && of_the_ledger(fd))
		nanosleep(&a_while, NULL);
	return real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");

	if (now("DISK_FULL") && of_the_ledger(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, n, at);
}

static bool is_there(const char *which)
{
	const char *file = getenv(which);

	return file != NULL && syscall(SYS_access, file, F_OK) == 0;
}

/* Asleep, the clock of what runs stands; the others go on. */
int clock_gettime(clockid_t id, struct timespec *out)
{
	long code = syscall(SYS_clock_gettime, id, out);

	if ((id == CLOCK_BOOTTIME || id == CLOCK_REALTIME) && is_there("ASLEEP"))
		out->tv_sec += 600;
	if (id == CLOCK_REALTIME && is_there("CLOCK_SET"))
		out->tv_sec += 20 * 24 * 3600;
	return (int)code;
}
