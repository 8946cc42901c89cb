/*
 * bench_load: consoles in a closed loop, one request in flight each, every answer checked.
 * usage: bench_load PORT UNIT CONNECTIONS WARM_MS RUN_MS PID
 * Prints one JSON line: requests a second, latency percentiles in microseconds, CPU nanoseconds a
 * request that process PID spent meanwhile (0: not measured), errors.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/pdu.h"

#define COUNT    10
#define SAMPLES  4000000
#define PEER_MAX 600

struct console {
	int fd;
	uint16_t tid, address;
	uint64_t sent_ns;
	size_t have;
	uint8_t in[ADU_MAX];
};

struct run {
	int epoll, n;
	uint8_t unit;
	struct console console[PEER_MAX];
	uint32_t *sample; /* nanoseconds */
	size_t samples, errors;
	bool counting;
	uint32_t seed;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* All threads of the process, from the scheduler's own account. */
static uint64_t cpu_ns(int pid)
{
	char path[64];
	uint64_t sum = 0;
	struct dirent *e;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *d = pid > 0 ? opendir(path) : NULL;
	while (d != NULL && (e = readdir(d)) != NULL) {
		char file[400];
		unsigned long long ns = 0;

		snprintf(file, sizeof file, "%s/%s/schedstat", path, e->d_name);
		FILE *f = fopen(file, "r");
		if (f == NULL)
			continue;
		if (fscanf(f, "%llu", &ns) == 1)
			sum += ns;
		fclose(f);
	}
	if (d != NULL)
		closedir(d);
	return sum;
}

static void ask(struct run *r, struct console *c)
{
	uint8_t frame[ADU_MAX], pdu[PDU_MAX];

	r->seed = r->seed * 1664525u + 1013904223u;
	c->address = (uint16_t)((r->seed >> 16) % 65000u);
	c->tid++;
	struct request q = {.function = FC_READ_HOLDING, .address = c->address, .count = COUNT};
	size_t n = mbap_put(frame, c->tid, r->unit, pdu, request_put(&q, pdu));
	c->sent_ns = now_ns();
	if (write(c->fd, frame, n) != (ssize_t)n)
		r->errors++;
}

static bool right(const struct run *r, const struct console *c, const struct frame *f)
{
	struct request q = {.function = FC_READ_HOLDING, .address = c->address, .count = COUNT};
	struct reply reply;

	if (f->tid != c->tid || f->unit != r->unit ||
	    reply_take(&q, f->pdu, f->pdu_len, &reply) != REPLY_OK)
		return false;
	for (int i = 0; i < COUNT; i++)
		if (reply.value[i] != (uint16_t)((c->address + i) * 40503))
			return false;
	return true;
}

static bool hear(struct run *r, struct console *c)
{
	ssize_t n = read(c->fd, c->in + c->have, sizeof c->in - c->have);
	struct frame f;
	size_t used;

	if (n <= 0)
		return false;
	c->have += (size_t)n;
	if (mbap_take(c->in, c->have, &f, &used) != MBAP_OK)
		return true;
	if (!right(r, c, &f))
		r->errors++;
	if (r->counting && r->samples < SAMPLES)
		r->sample[r->samples++] = (uint32_t)(now_ns() - c->sent_ns);
	c->have -= used;
	ask(r, c);
	return true;
}

static bool connect_all(struct run *r, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;

	for (int i = 0; i < r->n; i++) {
		struct console *c = &r->console[i];

		c->fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
			return false;
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
		epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &e);
	}
	return true;
}

static void go_on_until(struct run *r, uint64_t end_ns)
{
	struct epoll_event got[64];

	while (now_ns() < end_ns) {
		int n = epoll_wait(r->epoll, got, 64, 100);

		for (int i = 0; i < n; i++)
			if (!hear(r, got[i].data.ptr)) {
				r->errors++;
				close(((struct console *)got[i].data.ptr)->fd);
			}
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double at(const struct run *r, double share)
{
	if (r->samples == 0)
		return 0;
	return (double)r->sample[(size_t)((double)(r->samples - 1) * share)] / 1000.0;
}

int main(int argc, char **argv)
{
	struct run *r = calloc(1, sizeof *r);

	if (argc != 7 || r == NULL)
		return 2;
	r->unit = (uint8_t)atoi(argv[2]);
	r->n = atoi(argv[3]);
	r->sample = malloc(SAMPLES * sizeof *r->sample);
	r->epoll = epoll_create1(0);
	r->seed = 12345;
	if (r->sample == NULL || r->n > PEER_MAX || !connect_all(r, (uint16_t)atoi(argv[1])))
		return 1;
	for (int i = 0; i < r->n; i++)
		ask(r, &r->console[i]);
	go_on_until(r, now_ns() + (uint64_t)atoi(argv[4]) * 1000000u);
	r->counting = true;
	uint64_t begin = now_ns(), cpu = cpu_ns(atoi(argv[6]));
	go_on_until(r, begin + (uint64_t)atoi(argv[5]) * 1000000u);
	uint64_t spent = now_ns() - begin;
	cpu = cpu_ns(atoi(argv[6])) - cpu;
	qsort(r->sample, r->samples, sizeof *r->sample, by_size);
	printf("{\"rps\": %.0f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"cpu_ns\": %.0f, "
	       "\"errors\": %zu}\n",
	       (double)r->samples * 1e9 / (double)spent, at(r, 0.5), at(r, 0.99), at(r, 0.999),
	       r->samples == 0 ? 0 : (double)cpu / (double)r->samples, r->errors);
	return r->errors == 0 ? 0 : 1;
}
