#include "control_path.h"

#include "edge/log.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* 0 when somebody listens there, else the errno that said otherwise. */
static int knock(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0)
		error = errno;
	close(fd);
	return error == EAGAIN ? 0 : error; /* its queue is full: there is a queue */
}

bool control_path_clear(const char *path, char *why, size_t why_len)
{
	struct stat st;

	if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
		snprintf(why, why_len, "%s: a socket's path has at most 107 bytes", path);
		return false;
	}
	if (lstat(path, &st) != 0)
		return true; /* nothing there; anything else bind will tell */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, why_len, "%s is there and is no socket; move it away", path);
		return false;
	}
	int error = knock(path);
	if (error == 0) {
		snprintf(why, why_len, "%s: another gate listens there", path);
		return false;
	}
	if (error != ECONNREFUSED || unlink(path) != 0) {
		snprintf(why, why_len, "%s cannot be taken over: %s", path,
		         strerror(error != ECONNREFUSED ? error : errno));
		return false;
	}
	log_line(LOG_INFO, "control", "removed %s, left by a gate that ended badly", path);
	return true;
}

bool control_path_give(const char *path, const char *group, char *why, size_t why_len)
{
	const struct group *g = group == NULL ? NULL : getgrnam(group);

	if (group != NULL && g == NULL) {
		snprintf(why, why_len, "there is no group \"%s\" on this machine", group);
		return false;
	}
	if (g != NULL && chown(path, (uid_t)-1, g->gr_gid) != 0) {
		snprintf(why, why_len, "%s cannot be given to group %s: %s", path, group,
		         strerror(errno));
		return false;
	}
	if (chmod(path, 0660) != 0) {
		snprintf(why, why_len, "%s: %s", path, strerror(errno));
		return false;
	}
	return true;
}
