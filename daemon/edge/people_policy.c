/*
 * Which secrets are taken: long enough, and not what is tried first.
 */
#include "people_room.h"

#include <ctype.h>
#include <string.h>

/* Eight is what NIST SP 800-63B asks of a secret that a person remembers; the rest of its advice is
 * followed too: no rules on kinds of characters, but nothing that stands in every guesser's list.
 */
#define LEFT_MIN      SECRET_MIN /* without what everybody knows of the person */
#define DIFFERENT_MIN 5

/* What lists of leaked secrets begin with, and what lies near in a clinic; without the digits and
 * signs that people put behind it. */
/* clang-format off */
static const char *const worst[] = {
        "password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "kennwort", "letmein", "welcome",
        "willkommen", "admin", "administrator", "login", "master", "secret", "geheim", "qwerty",
        "qwertyuiop", "qwertz", "qwertzuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "1q2w3e4r",
        "1qaz2wsx", "iloveyou", "ichliebedich", "princess", "sunshine", "football", "baseball",
        "superman", "batman", "starwars", "dragon", "monkey", "trustno", "whatever", "computer",
        "internet", "changeme", "default", "abcdefgh", "abcdefghi", "hallo", "hello", "schatz",
        "sommer", "summer", "winter", "doctor", "physician", "operator", "director", "engineer",
        "auditor", "clinic", "hospital", "laser", "dosegate", "treatment",
};
/* clang-format on */

static void lower(const char *text, char *out, size_t len)
{
	size_t n = 0;

	for (; *text != '\0' && n < len - 1; text++)
		out[n++] = (char)tolower((unsigned char)*text);
	out[n] = '\0';
}

/* Takes each place where the word stands out of the text. */
static void take_out(char *text, const char *word)
{
	size_t n = strlen(word);
	char *at;

	while (n >= 3 && (at = strstr(text, word)) != NULL)
		memmove(at, at + n, strlen(at + n) + 1);
}

static void take_out_words(char *text, const char *words)
{
	char all[128], *rest = all, *word;

	lower(words, all, sizeof all);
	while ((word = strsep(&rest, " .,-")) != NULL)
		take_out(text, word);
}

static int different(const char *text)
{
	bool seen[256] = {false};
	int n = 0;

	for (; *text != '\0'; text++) {
		n += !seen[(unsigned char)*text];
		seen[(unsigned char)*text] = true;
	}
	return n;
}

/* Digits and signs alone are no better than the words are with them. */
static bool is_worst(char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < ARRAY_LEN(worst); i++)
		if (strcmp(text, worst[i]) == 0)
			return true;
	while (n > 0 && !isalpha((unsigned char)text[n - 1]) && (unsigned char)text[n - 1] < 0x80)
		n--;
	text[n] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(worst); i++)
		if (strcmp(text, worst[i]) == 0)
			return true;
	return n == 0;
}

const char *secret_refused(const char *secret, const char *name, const char *printed)
{
	char text[SECRET_MAX + 1];
	size_t n = strlen(secret);

	if (n < SECRET_MIN || n > SECRET_MAX)
		return "a secret has 8 to 128 characters; a sentence is good, six digits are not";
	if (different(secret) < DIFFERENT_MIN)
		return "a secret has at least five different characters; a sentence has";
	lower(secret, text, sizeof text);
	if (is_worst(text))
		return "this secret, or a word and digits like it, is among those tried first; "
		       "three "
		       "or four words that do not belong together are better";
	lower(secret, text, sizeof text);
	take_out(text, name);
	take_out_words(text, printed);
	if (strlen(text) < LEFT_MIN)
		return "without your own name less than eight characters of it are left; leave the "
		       "name "
		       "out, or add words";
	return NULL;
}
