/*
 * tell: one command to a running simulator's control socket, its answer on standard output.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int complain_about(const char *socket)
{
	fprintf(stderr, "dosegate-sim: no simulator answers at %s\n", socket);
	return 1;
}

int tell_main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char answer[65536];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 3 || strlen(argv[1]) >= sizeof at.sun_path)
		return complain_about(argc < 2 ? "(no socket given)" : argv[1]);
	strcpy(at.sun_path, argv[1]);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		return complain_about(argv[1]);
	FILE *both = fdopen(fd, "r+");
	if (both == NULL)
		return complain_about(argv[1]);
	for (int i = 2; i < argc; i++)
		fprintf(both, "%s%s", i > 2 ? " " : "", argv[i]);
	fputc('\n', both);
	fflush(both);
	bool ok = fgets(answer, sizeof answer, both) != NULL;
	if (ok)
		fputs(answer, stdout);
	fclose(both);
	return ok && strncmp(answer, "error", 5) != 0 ? 0 : 1;
}
