#include "given.h"
#include "core/event.h"

/* The table written down a second time. */
static const struct {
	const char *name;
	enum event event;
	int number; /* what the reason registers show */
	const char *standby, *armed;
} rows[] = {
        {"none", EVENT_NONE, 0, "recorded", "recorded"},
        {"drift", EVENT_DRIFT, 1, "hold or grant over", "stop, alarm, hold or grant over"},
        {"differs", EVENT_DIFFERS, 2, "stop, alarm", "stop, alarm"},
        {"armed outside", EVENT_ARMED_OUTSIDE, 3, "stop, alarm", "stop, alarm"},
        {"stranger", EVENT_STRANGER, 4, "alarm, session ends", "stop, alarm, session ends"},
        {"not stopping", EVENT_NOT_STOPPING, 5, "stop, alarm", "stop, alarm"},
        {"fired", EVENT_FIRED, 6, "stop, alarm", "stop, alarm"},
        {"output", EVENT_OUTPUT, 7, "stop, alarm", "stop, alarm"},
        {"firmware", EVENT_FIRMWARE, 8, "alarm, session ends", "stop, alarm, session ends"},
        {"counter back", EVENT_COUNTER_BACK, 9, "session ends", "stop, alarm, session ends"},
        {"restart", EVENT_RESTART, 10, "session ends", "stop, session ends"},
        {"serial", EVENT_SERIAL, 11, "session ends", "stop, session ends"},
        {"handpiece", EVENT_HANDPIECE, 12, "session ends", "stop, session ends"},
        {"interlock", EVENT_INTERLOCK, 13, "hold or grant over", "stop, hold or grant over"},
        {"stale", EVENT_STALE, 14, "hold or grant over", "stop, hold or grant over"},
        {"authority", EVENT_AUTHORITY, 15, "recorded", "stop"},
        {"link down", EVENT_LINK_DOWN, 16, "hold or grant over", "hold or grant over"},
        {"not decoded", EVENT_UNREADABLE, 17, "recorded", "stop"},
        {"asleep", EVENT_ASLEEP, 18, "session ends", "stop, session ends"},
        {"heartbeat", EVENT_HEARTBEAT, 19, "hold or grant over", "stop, alarm, hold or grant over"},
        {"heartbeat refused", EVENT_HEARTBEAT_REFUSED, 20, "alarm, hold or grant over",
         "stop, alarm, hold or grant over"},
};

static void an_event_has_its_number_and_consequences(void **state)
{
	const size_t i = (size_t)((const char *)*state - (const char *)rows) / sizeof rows[0];
	char words[80];

	assert_i64(rows[i].event, rows[i].number);
	assert_text(event_name(rows[i].event), rows[i].name);
	event_follows_words(event_follows(rows[i].event, false), words, sizeof words);
	assert_text(words, rows[i].standby);
	event_follows_words(event_follows(rows[i].event, true), words, sizeof words);
	assert_text(words, rows[i].armed);
	assert_true(rows[i].event == EVENT_NONE ||
	            (event_words(rows[i].event)[0] != '\0' && event_way(rows[i].event)[0] != '\0'));
}

/* What is heard of an armed device never has milder consequences than of one in standby. */
static void armed_is_never_milder(void **state)
{
	(void)state;
	assert_i64(ARRAY_LEN(rows), EVENT_COUNT);
	for (enum event e = EVENT_NONE; e < EVENT_COUNT; e++)
		assert_i64(event_follows(e, false) & ~event_follows(e, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(armed_is_never_milder)};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL) +
	       RUN_ROWS("event: the table", rows, an_event_has_its_number_and_consequences);
}
