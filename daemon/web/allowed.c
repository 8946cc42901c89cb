/*
 * allowed: what a page may ask, and how much it may say. What has no row does not exist. Who may
 * do what is the gate's to decide: each call goes over the connection its person proved themselves
 * on.
 */
#include "web.h"

#include <string.h>

#define SHORT 512
#define TEXT  2048
#define FORM  12288 /* all questions answered, and what was done elsewhere */

static const struct allowed table[] = {
        /* method, bytes of params, anyone, answered here */
        {"here", SHORT, true, true}, /* somebody touched the page */
        {"leave", SHORT, true, true},
        {"qr", SHORT, false, true},   /* drawn for the second factor */
        {"tool", SHORT, false, true}, /* dosegatectl works something out */
        {"hello", SHORT, true, false},
        {"stop", SHORT, true, false}, /* always open */
        {"status", SHORT, false, false},
        {"devices", SHORT, false, false},
        {"library", SHORT, false, false},
        {"session.start", FORM, false, false},
        {"session.show", SHORT, false, false},
        {"session.fact", FORM, false, false},
        {"session.end", SHORT, false, false},
        {"session.log", SHORT, false, false},
        {"test.read", TEXT, false, false},
        {"patient.history", SHORT, false, false},
        {"hold.list", SHORT, false, false},
        {"hold.show", SHORT, false, false},
        {"hold.ask", TEXT, false, false},
        {"hold.approve", TEXT, false, false},
        {"hold.answer", TEXT, false, false},
        {"hold.live", SHORT, false, false},
        {"hold.deny", TEXT, false, false},
        {"grant.revoke", SHORT, false, false},
        {"alarm.clear", TEXT, false, false},
        {"clock.accept", TEXT, false, false},
        {"library.propose", TEXT, false, false},
        {"library.activate", TEXT, false, false},
        {"library.list", SHORT, false, false},
        {"library.history", SHORT, false, false},
        {"lease.release", SHORT, false, false},
        {"people.enrol", TEXT, false, false},
        {"people.confirm", SHORT, false, false},
        {"people.secret", TEXT, false, false},
        {"people.list", SHORT, false, false},
        {"people.add", TEXT, false, false},
        {"training.add", TEXT, false, false},
        {"training.list", SHORT, false, false},
        {"ledger.rows", SHORT, false, false},
};

const struct allowed *allowed_method(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].method, name) == 0)
			return &table[i];
	return NULL;
}
