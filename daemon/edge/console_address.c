#include "console_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

void address_plain(struct sockaddr_storage *a)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)a;
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (a->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		return;
	four.sin_port = six->sin6_port;
	memcpy(&four.sin_addr, six->sin6_addr.s6_addr + 12, 4);
	memcpy(a, &four, sizeof four);
}

static const void *address_bytes(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return &((const struct sockaddr_in *)a)->sin_addr;
	return &((const struct sockaddr_in6 *)a)->sin6_addr;
}

void address_host(const struct sockaddr_storage *a, char host[CONSOLE_HOST_LEN])
{
	host[0] = '\0';
	uv_inet_ntop(a->ss_family, address_bytes(a), host, CONSOLE_HOST_LEN);
}

void address_name(const struct sockaddr_storage *a, char name[CONSOLE_NAME_LEN])
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)a; /* the port stands alike */
	char host[CONSOLE_HOST_LEN];
	bool six = a->ss_family == AF_INET6;

	address_host(a, host);
	snprintf(name, CONSOLE_NAME_LEN, "%s%s%s:%u", six ? "[" : "", host, six ? "]" : "",
	         ntohs(in->sin_port));
}

bool address_among(const struct sockaddr_storage *a, const struct ip *list, size_t n)
{
	size_t length = a->ss_family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < n; i++)
		if (list[i].family == a->ss_family &&
		    memcmp(list[i].bytes, address_bytes(a), length) == 0)
			return true;
	return false;
}

const char *address_keep(struct ip *list, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		list[i].family = strchr(texts[i], ':') != NULL ? AF_INET6 : AF_INET;
		if (uv_inet_pton(list[i].family, texts[i], list[i].bytes) != 0)
			return texts[i];
	}
	return NULL;
}
