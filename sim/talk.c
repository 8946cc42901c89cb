#include "talk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool talk_open(struct talk *t, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

	*t = (struct talk){0};
	if (strlen(path) >= sizeof at.sun_path)
		return false;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		t->both = fdopen(fd, "r+");
	if (t->both == NULL && fd >= 0)
		close(fd);
	return t->both != NULL;
}

void talk_close(struct talk *t)
{
	if (t->both != NULL)
		fclose(t->both);
	free(t->line);
	*t = (struct talk){0};
}

static const char *hear(struct talk *t)
{
	ssize_t n = getline(&t->line, &t->room, t->both);

	if (n <= 0)
		return NULL;
	t->line[strcspn(t->line, "\r\n")] = '\0';
	return t->line;
}

const char *talk_ask(struct talk *t, const char *line)
{
	fprintf(t->both, "%s\n", line);
	fflush(t->both);
	return hear(t);
}

json_t *talk_call(struct talk *t, const char *method, json_t *params, json_t **error)
{
	json_t *ask = json_pack("{ss sI ss so}", "jsonrpc", "2.0", "id", ++t->last_id, "method",
	                        method, "params", params);
	char *line = json_dumps(ask, JSON_COMPACT);
	const char *heard = talk_ask(t, line);
	json_t *answer = NULL, *result;

	json_decref(ask);
	free(line);
	for (; heard != NULL; heard = hear(t)) { /* what nobody asked for may come between */
		answer = json_loads(heard, 0, NULL);
		if (json_object_get(answer, "id") != NULL)
			break;
		json_decref(answer);
		answer = NULL;
	}
	result = json_incref(json_object_get(answer, "result"));
	*error = json_incref(json_object_get(answer, "error"));
	json_decref(answer);
	return result;
}
