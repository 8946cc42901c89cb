/*
 * bench_device: a Modbus/TCP server as fast as one core allows: 65536 registers in memory, no
 * state, no checks beyond framing. It is the device in the benchmark, so that what is measured is
 * the way to it. usage: bench_device PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/pdu.h"

#define PEERS 1100

struct peer {
	int fd;
	size_t have;
	uint8_t in[8 * ADU_MAX];
};

/* Answers every whole frame in the buffer with one write. */
static void serve(struct peer *p, const uint16_t *registers)
{
	uint8_t out[16 * ADU_MAX], pdu[PDU_MAX];
	size_t used = 0, n = 0, step;
	struct frame f;

	while (mbap_take(p->in + used, p->have - used, &f, &step) == MBAP_OK) {
		struct request r;
		struct reply reply = {0};
		size_t len;

		used += step;
		if (request_take(f.pdu, f.pdu_len, &r) != MB_OK) {
			len = exception_put(f.pdu[0], MB_FUNCTION, pdu);
		} else {
			reply.function = r.function;
			reply.count = r.count;
			for (uint16_t i = 0; i < r.count && i < PDU_READ_REGS_MAX; i++)
				reply.value[i] = registers[(uint16_t)(r.address + i)];
			len = reply_put(&r, &reply, pdu);
		}
		n += mbap_put(out + n, f.tid, f.unit, pdu, len);
	}
	memmove(p->in, p->in + used, p->have - used);
	p->have -= used;
	if (n > 0 && write(p->fd, out, n) != (ssize_t)n)
		_exit(1);
}

static void take(int epoll, int listener, struct peer *peers)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;

	if (fd < 0 || fd >= PEERS)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	peers[fd] = (struct peer){.fd = fd};
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static void hear(struct peer *p, const uint16_t *registers)
{
	ssize_t n = read(p->fd, p->in + p->have, sizeof p->in - p->have);

	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return;
		close(p->fd);
		return;
	}
	p->have += (size_t)n;
	serve(p, registers);
}

int main(int argc, char **argv)
{
	static uint16_t registers[65536];
	struct peer *peers = calloc(PEERS, sizeof *peers);
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0")),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	int epoll = epoll_create1(0);

	for (int i = 0; i < 65536; i++)
		registers[i] = (uint16_t)(i * 40503);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (peers == NULL || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(listener, 1024) != 0)
		return 1;
	getsockname(listener, (struct sockaddr *)&at, &len);
	printf("ready %d\n", ntohs(at.sin_port));
	fflush(stdout);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, got[256];
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
	for (;;) {
		int n = epoll_wait(epoll, got, 256, -1);

		for (int i = 0; i < n; i++) {
			if (got[i].data.fd == listener)
				take(epoll, listener, peers);
			else
				hear(&peers[got[i].data.fd], registers);
		}
	}
}
