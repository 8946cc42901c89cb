/*
 * event: what may be noticed about a device without anybody having asked for it, and what follows.
 *
 * One table: the house carries it out (daemon/house/event.c), README's copy is printed from it.
 * Values only; any thread.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/base.h"

/* What follows when something is noticed, beside its row in the ledger. */
enum consequence {
	DO_NOTHING = 0,
	DO_STOP = 1,  /* first: the device is stopped */
	DO_LATCH = 2, /* an alarm: no setting passes until a person clears it with a reason */
	DO_VOID = 4,  /* a hold or a grant for settings is over */
	DO_END = 8,   /* the session ends */
};

/* Everything that is noticed about a device without anybody having asked for it, and what follows,
 * in standby and while it is armed (or may be). README's table is printed from it (dosegatectl
 * events); the number is what the reason registers show of a latched one.
 *
 *  enumerator, number, name, in standby, armed, what happened, what the operator does */
#define EVENT_MAP(X)                                                                               \
	X(EVENT_NONE, 0, "none", DO_NOTHING, DO_NOTHING, "", "")                                   \
	X(EVENT_DRIFT, 1, "drift", DO_VOID, DO_STOP | DO_LATCH | DO_VOID,                          \
	  "a setting moved without the gate",                                                      \
	  "look who turned the knob at the device; set it again from the console")                 \
	X(EVENT_DIFFERS, 2, "differs", DO_STOP | DO_LATCH, DO_STOP | DO_LATCH,                     \
	  "the device reports other settings than were written",                                   \
	  "do not treat; have the device and its profile compared")                                \
	X(EVENT_ARMED_OUTSIDE, 3, "armed outside", DO_STOP | DO_LATCH, DO_STOP | DO_LATCH,         \
	  "the device is armed outside the limits",                                                \
	  "find out who armed it at the device; arm from the console only")                        \
	X(EVENT_STRANGER, 4, "stranger", DO_LATCH | DO_END, DO_STOP | DO_LATCH | DO_END,           \
	  "the device is not the one that was expected",                                           \
	  "compare the serial number with the clinic file; cables may be swapped")                 \
	X(EVENT_NOT_STOPPING, 5, "not stopping", DO_STOP | DO_LATCH, DO_STOP | DO_LATCH,           \
	  "the device does not obey a stop", "use the device's own stop button, now")              \
	X(EVENT_FIRED, 6, "fired", DO_STOP | DO_LATCH, DO_STOP | DO_LATCH,                         \
	  "pulses left the device while it was not armed",                                         \
	  "step off the pedal; have the device looked at")                                         \
	X(EVENT_OUTPUT, 7, "output", DO_STOP | DO_LATCH, DO_STOP | DO_LATCH,                       \
	  "the energy measured is more than a fifth away from the energy set",                     \
	  "do not treat; have the output measured and calibrated")                                 \
	X(EVENT_FIRMWARE, 8, "firmware", DO_LATCH | DO_END, DO_STOP | DO_LATCH | DO_END,           \
	  "the device answers with another firmware",                                              \
	  "have the engineer check that the profile still fits: registers may have moved")         \
	X(EVENT_COUNTER_BACK, 9, "counter back", DO_END, DO_STOP | DO_LATCH | DO_END,              \
	  "the pulse counter went back", "start a new session; the device has restarted")          \
	X(EVENT_RESTART, 10, "restart", DO_END, DO_STOP | DO_END, "the device restarted",          \
	  "look at its settings, then start a new session")                                        \
	X(EVENT_SERIAL, 11, "serial", DO_END, DO_STOP | DO_END, "another serial number answers",   \
	  "start a new session for this device")                                                   \
	X(EVENT_HANDPIECE, 12, "handpiece", DO_END, DO_STOP | DO_END, "another handpiece is on",   \
	  "start a new session with it")                                                           \
	X(EVENT_INTERLOCK, 13, "interlock", DO_VOID, DO_STOP | DO_VOID, "the interlock is open",   \
	  "close the door, turn the key; then set and arm again")                                  \
	X(EVENT_STALE, 14, "stale", DO_VOID, DO_STOP | DO_VOID,                                    \
	  "the device has not been heard for too long",                                            \
	  "use its own stop button if it is armed; check cable and power")                         \
	X(EVENT_AUTHORITY, 15, "authority", DO_NOTHING, DO_STOP,                                   \
	  "what allowed it to be armed has ended", "ask again, set and arm again")                 \
	X(EVENT_LINK_DOWN, 16, "link down", DO_VOID, DO_VOID, "the line to the device was lost",   \
	  "check cable and power; the gate tries again by itself")                                 \
	X(EVENT_UNREADABLE, 17, "not decoded", DO_NOTHING, DO_STOP,                                \
	  "a register holds no value of its kind", "look at the device; nothing passes meanwhile") \
	X(EVENT_ASLEEP, 18, "asleep", DO_END, DO_STOP | DO_END, "the gate's machine was asleep",   \
	  "look at the device, then start a new session")                                          \
	X(EVENT_HEARTBEAT, 19, "heartbeat", DO_VOID, DO_STOP | DO_LATCH | DO_VOID,                 \
	  "the device was not fed its heartbeat in time, and falls to standby",                    \
	  "look at the gate's machine: its disk, its load; then set and arm again")                \
	X(EVENT_HEARTBEAT_REFUSED, 20, "heartbeat refused", DO_LATCH | DO_VOID,                    \
	  DO_STOP | DO_LATCH | DO_VOID, "the device does not take its heartbeat",                  \
	  "have the engineer compare its profile with the device")

enum event {
#define X(id, number, name, standby, armed, words, way) id = number,
	EVENT_MAP(X)
#undef X
	        EVENT_COUNT
};
const char *event_name(enum event e);  /* in the ledger */
const char *event_words(enum event e); /* what happened */
const char *event_way(enum event e);   /* what the operator does */
/* Bits of enum consequence. */
unsigned event_follows(enum event e, bool armed);
/* "stop, alarm, session ends"; "recorded" for nothing else. As snprintf. */
size_t event_follows_words(unsigned follows, char *buf, size_t len);

#endif
