/*
 * faults: named misbehaviour, aimed at requests, so many times, with such a chance, for so long.
 *
 * FAULT_MAP is the one list: `dosegate-sim faults` and README print it, arguments are checked by
 * it. Each fault draws its own random numbers from the seed of its device and its place in the
 * list, so that what one does never depends on how often another was asked.
 *
 * faults       the table; a line to a fault
 * faults_meet  which of them meet a request; those that act by themselves
 * faults_bend  what becomes of an answer's bytes
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <jansson.h>

#include "core/pdu.h"

struct device;

/* ASKED: bends a request or its answer. ITSELF: acts at once and every ms=; told which requests,
 * it acts when such a one has been carried out. */
enum fault_when { ASKED, ITSELF };
/* On which lines there is such a thing. */
enum fault_wire { ANY_WIRE, TCP_WIRE, RTU_WIRE };

/* Arguments beside those that every fault takes. */
enum {
	ARG_MS = 1,
	ARG_CODE = 2,
	ARG_BY = 4,
	ARG_NAME = 8,
	ARG_TO = 16,
};

/*  enumerator, name, when, wire, its own arguments, ms, by, what it does */
#define FAULT_MAP(X)                                                                               \
	X(FAULT_SILENT, "silent", ASKED, ANY_WIRE, 0, 0, 0,                                        \
	  "carries the request out and never answers")                                             \
	X(FAULT_DEAF, "deaf", ASKED, ANY_WIRE, 0, 0, 0, "neither carries it out nor answers")      \
	X(FAULT_LATE, "late", ASKED, ANY_WIRE, ARG_MS, 1000, 0, "answers after ms=1000")           \
	X(FAULT_TWICE, "twice", ASKED, ANY_WIRE, 0, 0, 0, "sends the answer two times")            \
	X(FAULT_BADTID, "badtid", ASKED, TCP_WIRE, 0, 0, 0, "answers with another transaction id") \
	X(FAULT_BADUNIT, "badunit", ASKED, ANY_WIRE, 0, 0, 0, "answers for another unit")          \
	X(FAULT_BADFC, "badfc", ASKED, ANY_WIRE, 0, 0, 0, "answers with another function code")    \
	X(FAULT_BADPROTO, "badproto", ASKED, TCP_WIRE, 0, 0, 0, "answers with protocol id 1")      \
	X(FAULT_BADECHO, "badecho", ASKED, ANY_WIRE, 0, 0, 0,                                      \
	  "changes the last byte of the answer")                                                   \
	X(FAULT_SHORT, "short", ASKED, ANY_WIRE, 0, 0, 0,                                          \
	  "leaves out the last byte, the frame in agreement")                                      \
	X(FAULT_LONG, "long", ASKED, ANY_WIRE, 0, 0, 0, "adds a byte, the frame in agreement")     \
	X(FAULT_BADCRC, "badcrc", ASKED, RTU_WIRE, 0, 0, 0, "sends a wrong sum behind the answer") \
	X(FAULT_TRUNCATED, "truncated", ASKED, ANY_WIRE, ARG_BY, 0, 1,                             \
	  "leaves out the last by=1 bytes of the frame as it stands")                              \
	X(FAULT_NOISE, "noise", ASKED, ANY_WIRE, ARG_BY, 0, 1,                                     \
	  "flips by=1 bits of the frame as it stands")                                             \
	X(FAULT_ECHO, "echo", ASKED, RTU_WIRE, 0, 0, 0,                                            \
	  "sends the request back before the answer, as some adapters do")                         \
	X(FAULT_CUT, "cut", ASKED, ANY_WIRE, 0, 0, 0, "hangs up in the middle of the answer")      \
	X(FAULT_DRIBBLE, "dribble", ASKED, ANY_WIRE, ARG_MS, 5, 0,                                 \
	  "sends the answer byte by byte, ms=5 apart")                                             \
	X(FAULT_EXCEPTION, "exception", ASKED, ANY_WIRE, ARG_CODE, 0, 0,                           \
	  "refuses with code=4 and does nothing")                                                  \
	X(FAULT_CLAMP, "clamp", ASKED, ANY_WIRE, 0, 0, 0,                                          \
	  "takes half of each value written, and acknowledges")                                    \
	X(FAULT_STUCK, "stuck", ASKED, ANY_WIRE, 0, 0, 0,                                          \
	  "acknowledges a write and changes nothing")                                              \
	X(FAULT_DEAF_HEARTBEAT, "deaf_heartbeat", ASKED, ANY_WIRE, 0, 0, 0,                        \
	  "acknowledges its heartbeat and does not count it")                                      \
	X(FAULT_DRIFT, "drift", ITSELF, ANY_WIRE, ARG_MS | ARG_BY | ARG_NAME, 500, 1,              \
	  "changes name=fluence by=1 steps of its register")                                       \
	X(FAULT_PANEL, "front_panel", ITSELF, ANY_WIRE, ARG_MS | ARG_NAME | ARG_TO, 0, 0,          \
	  "somebody turns name=fluence to=\"25 J/cm2\" at the device")                             \
	X(FAULT_REBOOT, "reboot", ITSELF, ANY_WIRE, ARG_MS, 0, 0, "restarts; settings stay")       \
	X(FAULT_DEFAULTS, "defaults_after_reboot", ITSELF, ANY_WIRE, ARG_MS, 0, 0,                 \
	  "restarts with the settings of a new device")                                            \
	X(FAULT_SELF_TEST, "self_test_fails", ITSELF, ANY_WIRE, ARG_MS, 0, 0,                      \
	  "restarts, and its self-test ends in fault")                                             \
	X(FAULT_EMISSION, "emission_without_ready", ITSELF, ANY_WIRE, ARG_MS, 0, 0,                \
	  "fires a pulse in whatever state it is")                                                 \
	X(FAULT_ROLLBACK, "counter_rollback", ITSELF, ANY_WIRE, ARG_MS | ARG_BY, 0, 1000,          \
	  "takes by=1000 from the pulse counter")                                                  \
	X(FAULT_HANDPIECE, "handpiece_swap", ITSELF, ANY_WIRE, ARG_MS | ARG_TO, 0, 0,              \
	  "reports the handpiece to=9")                                                            \
	X(FAULT_FIRMWARE, "firmware_swap", ITSELF, ANY_WIRE, ARG_MS | ARG_TO, 0, 0,                \
	  "reports the firmware to=9.9")                                                           \
	X(FAULT_SERIAL, "serial_swap", ITSELF, ANY_WIRE, ARG_MS | ARG_TO, 0, 0,                    \
	  "reports the serial number to=ZZZ-9")                                                    \
	X(FAULT_CHATTER, "chatter", ITSELF, RTU_WIRE, ARG_MS | ARG_BY, 200, 3,                     \
	  "puts by=3 bytes of noise on the line")                                                  \
	X(FAULT_REFUSE, "refuse", ITSELF, ANY_WIRE, ARG_MS, 0, 0,                                  \
	  "closes everything and does not listen, for ms=0 (ever)")

enum fault_kind {
#define X(id, name, when, wire, args, ms, by, words) id,
	FAULT_MAP(X)
#undef X
	        FAULT_COUNT
};

struct fault_row {
	const char *name;
	enum fault_when when;
	enum fault_wire wire;
	unsigned args;
	int ms, by;
	const char *words;
};
const struct fault_row *fault_row(enum fault_kind k);

#define FAULTS_MAX    32
#define FAULT_ANY     (-1)
#define FAULT_ENDLESS (-1)

struct fault {
	enum fault_kind kind;
	int unit, function, address; /* FAULT_ANY, or only these requests */
	int count;                   /* how many times still; FAULT_ENDLESS */
	int after;                   /* matching requests to let pass first */
	int chance;                  /* percent */
	int for_ms;                  /* 0: until its count is used up, or for ever */
	int ms, code, by, seed;
	char name[32], to[48];
	int64_t next_ms; /* of those that act by themselves */
	int64_t until_ms;
	uint64_t random; /* its own */
};

/* At certain requests. */
static inline bool fault_aimed(const struct fault *f)
{
	return f->unit != FAULT_ANY || f->function != FAULT_ANY || f->address != FAULT_ANY;
}

struct faults {
	int n, added;
	struct fault fault[FAULTS_MAX];
	uint64_t seed;
};

/* What applies to one request: the fault of each kind, or NULL. */
struct hits {
	const struct fault *of[FAULT_COUNT];
	struct fault copy[FAULT_COUNT];
};

/* An answer before it is a frame. */
struct response {
	uint16_t tid, protocol; /* Modbus/TCP */
	uint8_t unit;
	size_t n;
	uint8_t pdu[PDU_MAX + 1];
};

/* --- the table and a line ------------------------------------------------------------------------
 */

/* "late ms=300 function=6 count=1". False with the reason. */
bool faults_add(struct device *d, const char *line, char *why, size_t why_len);
void faults_clear(struct device *d);
/* Those that are left, as an array of lines. */
json_t *faults_list(const struct device *d);
/* A line for each there is, to standard output. */
void faults_print(void);

/* --- acting --------------------------------------------------------------------------------------
 */

bool faults_refuse(const struct device *d);
/* Those that act by themselves. */
void faults_tick(struct device *d);
/* Uses up counts. */
void faults_match(struct device *d, uint8_t unit, const struct request *q, struct hits *h);
/* The request has been carried out: those that waited for it. */
void faults_carried_out(struct device *d, const struct hits *h);

/* --- bending -------------------------------------------------------------------------------------
 */

/* What it says, with a frame in agreement. */
void faults_bend(const struct hits *h, struct response *r);
/* The frame's bytes as they stand; returns how many are left. */
size_t faults_bend_bytes(const struct hits *h, uint8_t *bytes, size_t n);

/* xorshift64*: the same seed gives the same run. 31 bits of it. */
uint32_t random_draw(uint64_t *seed);
/* A seed of its own for the n-th of something. */
uint64_t random_seed(uint64_t seed, uint64_t n);

#endif
