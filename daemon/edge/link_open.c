/*
 * From the line of text to the link: which kind, and whether its line is there already.
 */
#include "link_rtu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct owned_tcp {
	struct link_tcp tcp;
	struct owned_tcp *next;
};

struct links {
	uv_loop_t *loop;
	struct owned_tcp *tcps;
	struct line *lines;
};

struct links *links_new(uv_loop_t *loop)
{
	struct links *all = calloc(1, sizeof *all);

	if (all != NULL)
		all->loop = loop;
	return all;
}

static struct link *open_tcp(struct links *all, const struct sockaddr *at,
                             const struct link_policy *policy, int *error)
{
	struct owned_tcp *one = calloc(1, sizeof *one);

	*error = UV_ENOMEM;
	if (one == NULL)
		return NULL;
	*error = link_tcp_open(&one->tcp, all->loop, at, policy);
	if (*error < 0) {
		free(one);
		return NULL;
	}
	one->next = all->tcps;
	all->tcps = one;
	return &one->tcp.link;
}

static struct line *line_at(struct links *all, const struct transport *to,
                            const struct sockaddr *at)
{
	struct line *l = all->lines;

	while (l != NULL && (l->closing || !transport_same_place(&l->transport, to)))
		l = l->next;
	if (l != NULL)
		return l;
	l = line_new(all->loop, to, at);
	if (l == NULL)
		return NULL;
	l->next = all->lines;
	all->lines = l;
	return l;
}

static struct link *open_station(struct links *all, const struct transport *to,
                                 const struct sockaddr *at, const struct link_policy *policy,
                                 int *error)
{
	struct line *l = line_at(all, to, at);

	*error = l == NULL ? UV_ENOMEM : UV_EINVAL;
	if (l == NULL || !transport_equal(&l->transport, to))
		return NULL; /* one line has one way of speaking */
	struct station *s = station_new(l, policy);
	*error = UV_ENOMEM;
	if (s == NULL)
		return NULL;
	line_turn(l);
	return &s->link;
}

struct link *link_open(struct links *all, const struct transport *to, const struct sockaddr *at,
                       const struct link_policy *policy, char *why, size_t why_len)
{
	struct link *l;
	int error;

	if (to->kind == TRANSPORT_TCP)
		l = open_tcp(all, at, policy, &error);
	else
		l = open_station(all, to, at, policy, &error);
	if (l == NULL)
		snprintf(why, why_len, "%s: %s", to->place, uv_strerror(error));
	return l;
}

void links_free(struct links *all)
{
	for (struct owned_tcp *one = all->tcps, *next; one != NULL; one = next) {
		next = one->next;
		free(one);
	}
	for (struct line *l = all->lines, *next; l != NULL; l = next) {
		next = l->next;
		for (struct station *s = l->newest, *older; s != NULL; s = older) {
			older = s->older;
			free(s);
		}
		free(l);
	}
	free(all);
}
