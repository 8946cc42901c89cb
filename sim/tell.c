/*
 * tell: one command to a running simulator's control socket, its answer on standard output.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "talk.h"

int tell_main(int argc, char **argv)
{
	char line[LINE_MAX_LEN] = "";
	size_t n = 0;
	struct talk t;
	const char *answer;
	int code;

	if (argc < 3 || !talk_open(&t, argv[1])) {
		fprintf(stderr, "dosegate-sim: no simulator answers at %s\n",
		        argc < 2 ? "(no socket given)" : argv[1]);
		return 1;
	}
	for (int i = 2; i < argc && n < sizeof line; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", i > 2 ? " " : "", argv[i]);
	answer = talk_ask(&t, line);
	if (answer != NULL)
		puts(answer);
	code = answer != NULL && strncmp(answer, "error", 5) != 0 ? 0 : 1;
	talk_close(&t);
	return code;
}
