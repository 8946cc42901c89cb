/*
 * A pseudo terminal as a serial line: masters open its other side, as they would /dev/ttyUSB0.
 */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Bytes as they are: no echo, no lines, no signals. */
static bool make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return false;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t) == 0;
}

static bool make_link(const struct line *l, char *why, size_t why_len)
{
	struct stat st;

	if (l->link[0] == '\0')
		return true;
	if (lstat(l->link, &st) == 0 && !S_ISLNK(st.st_mode)) {
		snprintf(why, why_len, "%s is there already, and no link", l->link);
		return false;
	}
	unlink(l->link); /* what an earlier run left, or an earlier terminal */
	if (symlink(l->path, l->link) == 0)
		return true;
	snprintf(why, why_len, "%s: %s", l->link, strerror(errno));
	return false;
}

bool pty_open(struct line *l, char *why, size_t why_len)
{
	int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), theirs = -1;

	if (ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0 &&
	    ptsname_r(ours, l->path, sizeof l->path) == 0)
		theirs = open(l->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (theirs < 0 || !make_raw(theirs)) {
		snprintf(why, why_len, "no pseudo terminal to be had: %s", strerror(errno));
		close(ours);
		return false;
	}
	struct channel *c = channel_new(l);
	c->other_side = theirs;
	uv_pipe_init(&l->sim->loop, &c->uv.pipe, 0);
	must(uv_pipe_open(&c->uv.pipe, ours) == 0);
	channel_start(c);
	return make_link(l, why, why_len);
}

void pty_unlink(const struct line *l)
{
	if (l->link[0] != '\0')
		unlink(l->link);
}
