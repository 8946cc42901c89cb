#include "core/text.h"

#include <string.h>

struct text text_in(char *buf, size_t size)
{
	if (size > 0)
		buf[0] = '\0';
	return (struct text){.buf = buf, .size = size};
}

/* How many of the first n bytes are whole UTF-8 characters, given that bytes[n] follows them: half
 * a character would make the whole text unreadable to whoever checks it (JSON does). */
static size_t whole_characters(const char *bytes, size_t n)
{
	while (n > 0 && ((unsigned char)bytes[n] & 0xC0) == 0x80)
		n--;
	return n;
}

void text_put_n(struct text *t, const char *bytes, size_t n)
{
	size_t at = t->needed;
	size_t kept = n;

	t->needed += n;
	if (at >= t->size)
		return;
	if (n > t->size - 1 - at)
		kept = whole_characters(bytes, t->size - 1 - at);
	memcpy(t->buf + at, bytes, kept);
	t->buf[at + kept] = '\0';
}

void text_put(struct text *t, const char *words)
{
	text_put_n(t, words, strlen(words));
}

void text_put_int(struct text *t, int64_t v)
{
	char digits[sizeof("-9223372036854775808")];
	size_t first = sizeof(digits);
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		digits[--first] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		digits[--first] = '-';
	text_put_n(t, digits + first, sizeof(digits) - first);
}

size_t text_item(const char **rest, const char **item)
{
	*item = *rest + strspn(*rest, ", ");
	size_t n = strcspn(*item, ",");

	*rest = *item + n;
	while (n > 0 && (*item)[n - 1] == ' ')
		n--;
	return n;
}

void text_copy(char *to, size_t size, const char *from)
{
	struct text t = text_in(to, size);

	text_put(&t, from);
}
