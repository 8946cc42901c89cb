/*
 * console_address: who is at the other end of a connection, and whether that one may be. Private to
 * the console room; any thread.
 *
 * Addresses are kept as addresses, not as text: there is more than one way to write one.
 */
#ifndef EDGE_CONSOLE_ADDRESS_H
#define EDGE_CONSOLE_ADDRESS_H

#include <sys/socket.h>

#include "edge/console.h"

#define CONSOLE_HOST_LEN 46 /* INET6_ADDRSTRLEN */

struct ip {
	int family;
	uint8_t bytes[16];
};

/* A v4 address behind a v6 socket becomes that v4 address. */
void address_plain(struct sockaddr_storage *a);
/* "192.0.2.7:51000", "[2001:db8::7]:51000" */
void address_name(const struct sockaddr_storage *a, char name[CONSOLE_NAME_LEN]);
/* "192.0.2.7", "2001:db8::7" */
void address_host(const struct sockaddr_storage *a, char host[CONSOLE_HOST_LEN]);
bool address_among(const struct sockaddr_storage *a, const struct ip *list, size_t n);
/* NULL when all are kept, else the first text that is no address. */
MUST_USE const char *address_keep(struct ip *list, const char *const *texts, size_t n);

#endif
