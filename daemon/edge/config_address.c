#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

static bool port_of(const char *text, in_port_t *out)
{
	size_t n = strlen(text);
	long port = strtol(text, NULL, 10);

	if (n < 1 || n > 5 || strspn(text, "0123456789") != n || port > 65535)
		return false;
	*out = htons((uint16_t)port);
	return true;
}

bool config_address(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	const char *colon = strrchr(text, ':');
	char host[ADDRESS_LEN];
	bool bracketed = text[0] == '[';
	in_port_t port;

	memset(out, 0, sizeof *out);
	if (colon == NULL || (size_t)(colon - text) >= sizeof host || !port_of(colon + 1, &port))
		return false;
	size_t n = (size_t)(colon - text);

	if (bracketed && (n < 3 || text[n - 1] != ']'))
		return false;
	memcpy(host, text + bracketed, n - 2 * bracketed);
	host[n - 2 * bracketed] = '\0';
	if (bracketed) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = port;
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

bool address_is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

bool address_is_wildcard(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

bool address_has_port(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? ((const struct sockaddr_in *)a)->sin_port != 0
	                               : ((const struct sockaddr_in6 *)a)->sin6_port != 0;
}
