/*
 * regmap: a device model's registers as rows, and what a request would do to them.
 *
 * What has no row does not exist. A console's write is laid over the image of what the device last
 * reported, and the *resulting* settings are decoded and handed to the judge; a value of several
 * words is never written in part. A range opened as `plain` carries no dose meaning and is passed.
 *
 * The rows come from profiles/devices (edge/config reads them); here they are values. Pure
 * functions; a profile is const after regmap_prepare; any thread.
 */
#ifndef CORE_REGMAP_H
#define CORE_REGMAP_H

#include "core/dose.h"
#include "core/pdu.h"

enum table { TABLE_COIL, TABLE_DISCRETE, TABLE_INPUT, TABLE_HOLDING, TABLE_COUNT };

/*  enumerator, name in files, words (0: as the row says) */
#define ENCODING_MAP(X)                                                      \
	X(ENC_U16, "u16", 1)                                                 \
	X(ENC_S16, "s16", 1)                                                 \
	X(ENC_U32, "u32", 2)                                                 \
	X(ENC_S32, "s32", 2)                                                 \
	X(ENC_F32, "f32", 2)                                                 \
	X(ENC_BITS, "bits", 1) /* bit_first and bit_count inside one word */ \
	X(ENC_BIT, "bit", 1)   /* a coil or a discrete input */              \
	X(ENC_TEXT, "text", 0) /* two characters a word, high byte first: serial, firmware */

enum encoding {
#define X(id, name, words) id,
	ENCODING_MAP(X)
#undef X
	        ENCODING_COUNT
};

/*  enumerator, name in files, a console may write it when the row's access says so */
#define ROLE_MAP(X)                                                                   \
	X(ROLE_PARAMETER, "parameter", true)                                          \
	X(ROLE_ARM, "arm", true)   /* writing `on` arms; `off`, where given, stops */ \
	X(ROLE_STOP, "stop", true) /* writing `on` stops */                           \
	X(ROLE_STATE, "state", false)                                                 \
	X(ROLE_PULSE_COUNTER, "pulse_counter", false)                                 \
	X(ROLE_DELIVERED_ENERGY, "delivered_energy", false)                           \
	X(ROLE_HANDPIECE, "handpiece", false)                                         \
	X(ROLE_SERIAL, "serial", false)                                               \
	X(ROLE_FIRMWARE, "firmware", false)                                           \
	X(ROLE_HEARTBEAT, "heartbeat", false) /* written by the gate alone */         \
	X(ROLE_INTERLOCK, "interlock", false) /* 0: closed and well */                \
	X(ROLE_STATUS, "status", false)                                               \
	X(ROLE_FIRE, "fire", false) /* never written, by anyone */                    \
	X(ROLE_PLAIN, "plain", true)

enum role {
#define X(id, name, writable) id,
	ROLE_MAP(X)
#undef X
	        ROLE_COUNT
};

/*  enumerator, name in files, for people */
#define DEVICE_STATE_MAP(X)                                   \
	X(DEVICE_UNKNOWN, "unknown", "not known")             \
	X(DEVICE_BOOT, "boot", "starting")                    \
	X(DEVICE_SELF_TEST, "self_test", "testing itself")    \
	X(DEVICE_STANDBY, "standby", "standby")               \
	X(DEVICE_READY_DELAY, "ready_delay", "getting ready") \
	X(DEVICE_ARMED, "armed", "armed")                     \
	X(DEVICE_EMITTING, "emitting", "emitting")            \
	X(DEVICE_COOL_DOWN, "cool_down", "cooling down")      \
	X(DEVICE_FAULT, "fault", "in fault")

enum device_state {
#define X(id, name, words) id,
	DEVICE_STATE_MAP(X)
#undef X
	        DEVICE_STATE_COUNT
};
const char *device_state_words(enum device_state s);
/* "armed" etc.; the name in files and JSON. */
const char *device_state_name(enum device_state s);

#define REGS_MAX        64
#define REG_WORDS_MAX   8
#define REG_CHOICES_MAX 12
#define IMAGE_WORDS     192
#define OPEN_RANGES_MAX 16
#define READS_MAX       16
#define UNITS_MAX       4

struct reg_choice {
	uint16_t raw;
	int64_t value; /* a symbol for DIM_CHOICE parameters, an enum device_state for ROLE_STATE */
};

struct reg {
	char name[32];
	char note[96];
	enum table table;
	uint16_t address;
	uint8_t words; /* 1 for bits */
	enum encoding encoding;
	bool low_word_first;
	bool low_byte_first;
	uint8_t bit_first; /* ENC_BITS: lowest bit, 0 is the least significant */
	uint8_t bit_count;
	enum role role;
	enum param param; /* ROLE_PARAMETER */
	bool readable;
	bool writable; /* by consoles */
	int64_t num;   /* base value = raw * num / den, exactly, or the value is refused */
	int64_t den;
	struct span hard; /* base units: outside is BLOCKED; SPAN_ALL: none */
	uint8_t n_choices;
	struct reg_choice choice[REG_CHOICES_MAX];
	bool has_on, has_off;
	uint16_t on, off;                         /* ROLE_ARM, ROLE_STOP */
	int64_t initial;                          /* raw, for the simulator */
	char initial_text[2 * REG_WORDS_MAX + 1]; /* ENC_TEXT: likewise */
	int64_t fed_every_ms;     /* ROLE_HEARTBEAT: the gate writes it so often; it counts … */
	int64_t standby_after_ms; /* … through `hard`. Not fed for so long, the device falls to
	                           * standby by itself */
	uint16_t at;              /* where its words are in an image; set by regmap_prepare */
	int line;                 /* in its file, for complaints */
};

struct open_range {
	enum table table;
	uint16_t first, last; /* both included */
	bool readable, writable;
};

struct profile_read {
	enum table table;
	uint16_t address, count;
};

/* What a profile says of the wire and of the device's life. Milliseconds. */
struct device_timing {
	int64_t deadline_ms;      /* for an answer, from the request's arrival at the gate */
	int64_t poll_ms;          /* between reads of everything */
	int64_t ready_delay_ms;   /* arm to possible emission (simulator) */
	int64_t boot_ms;          /* simulator */
	int window;               /* reads in flight, 1.. */
	int64_t connect_delay_ms; /* from the connection to the first request */
	int64_t spacing_ms;       /* from a request, and from its answer, to the next request */
	int64_t idle_close_ms;    /* a connection idle for so long is closed; 0: never */
};

struct profile {
	char name[48];
	char model[64];
	char device_class[SYMBOL_LEN]; /* "" for a device without dose (only open ranges) */
	char file[128];
	enum fluence_source fluence;
	bool mask_write;  /* function 16 */
	bool read_write;  /* function 17 */
	bool diagnostics; /* 07 0B 0C 11 passed as reads */
	struct device_timing timing;
	uint16_t n_regs;
	struct reg reg[REGS_MAX];
	uint16_t n_open;
	struct open_range open[OPEN_RANGES_MAX];
	uint16_t n_reads; /* set by regmap_prepare: as few as the rows allow */
	struct profile_read read[READS_MAX];
};

/* What a device last reported, or would report after a write. */
struct image {
	uint64_t known; /* bit i: row i */
	uint16_t word[IMAGE_WORDS];
};
_Static_assert(REGS_MAX <= 64, "a row is a bit of uint64_t");

/*  enumerator, what is wrong with the rows */
#define REGMAP_FAULT_MAP(X)                                                                     \
	X(REGMAP_OK, "")                                                                        \
	X(REGMAP_OVERLAP,                                                                       \
	  "two rows share a register (packed bits may share a word, not a bit; arm, stop and "  \
	  "heartbeat share nothing)")                                                           \
	X(REGMAP_OVERLAP_OPEN,                                                                  \
	  "a row lies inside a writable open range, which would pass it unjudged")              \
	X(REGMAP_WIDTH, "words do not fit the encoding or pass the end of the table")           \
	X(REGMAP_BIT_TABLE, "coils and discrete inputs are of encoding bit, registers are not") \
	X(REGMAP_READ_ONLY, "input registers and discrete inputs cannot be written")            \
	X(REGMAP_ROLE_WRITE, "this role is never written by a console")                         \
	X(REGMAP_SCALE, "the scale must be a ratio of positive integers")                       \
	X(REGMAP_HEARTBEAT,                                                                     \
	  "a heartbeat counts whole numbers, without a scale, from the lowest to the highest "  \
	  "of hard = \"1..65535\" (what the register holds), in a coil or a holding register")  \
	X(REGMAP_TWICE, "this role or parameter has two rows")                                  \
	X(REGMAP_NO_STOP, "no row stops the device: a role stop, or arm with an off value")     \
	X(REGMAP_NO_STATE,                                                                      \
	  "no row tells the state: standby, armed and emitting cannot be told apart")           \
	X(REGMAP_NO_FLUENCE, "fluence is declared as known in a way the rows do not give")      \
	X(REGMAP_TOO_MANY, "more rows, words or separate reads than a profile may have")

enum regmap_fault {
#define X(id, words) id,
	REGMAP_FAULT_MAP(X)
#undef X
};
const char *regmap_fault_words(enum regmap_fault f);

/* Checks the rows, gives each its place in the image, plans the reads (adjacent and overlapping
 * rows of one table together, at most 125 registers or 2000 bits each; never a register without a
 * row or open range between). On a fault *row is the index of the row at fault, -1: the whole. */
MUST_USE enum regmap_fault regmap_prepare(struct profile *p, int *row);

/* What a request means. */
enum intent {
	INTENT_READ,  /* passes */
	INTENT_SET,   /* judged as resulting settings */
	INTENT_ARM,   /* judged on what the device reports */
	INTENT_STOP,  /* always open, first */
	INTENT_PLAIN, /* no dose meaning: recorded and passed */
	INTENT_OWN    /* for the gate's own unit; never from here */
};

struct touch {
	enum intent intent;
	uint64_t rows; /* rows written */
};

/* MB_OK and *out, or the exception to answer: MB_FUNCTION (not modelled, or not opened by this
 * profile), MB_ADDRESS (no row, not readable/writable, torn, two intents in one write, the fire or
 * heartbeat register), MB_VALUE (a value an arm or stop row does not know, or a bit
 * without row set in a word of packed bits). For 17 both ranges are
 * checked. 2B is answered by the gate and is MB_FUNCTION here. */
MUST_USE enum mb_exception regmap_intent(const struct profile *p, const struct request *r,
                                         struct touch *out);

/* Functions 16 and 17 become the explicit write they amount to, given what the device reports at
 * this moment: *out is a 06 or 10. For 16 `current` is the word as the device reports it; 17 needs
 * none. False when `r` is neither. */
MUST_USE bool regmap_resolve(const struct request *r, uint16_t current, struct request *out);

/* Lays a reply to a read over the image: rows wholly inside become known. */
void regmap_take(const struct profile *p, enum table table, uint16_t address, uint16_t count,
                 const struct reply *reply, struct image *image);
/* Lays a write (05 06 0F 10) over a copy of the image. */
void regmap_apply(const struct profile *p, const struct request *r, const struct image *before,
                  struct image *after);

/*  enumerator, why a register's words are no value */
#define DECODE_STATUS_MAP(X)                                       \
	X(DECODE_OK, "")                                           \
	X(DECODE_NOT_KNOWN, "the device has not reported it")      \
	X(DECODE_NOT_A_NUMBER, "it is not a number")               \
	X(DECODE_TOO_LARGE, "it is beyond what can be held")       \
	X(DECODE_NOT_EXACT, "it is no whole number of base units") \
	X(DECODE_NO_CHOICE, "the value has no meaning in the device profile")

enum decode_status {
#define X(id, words) id,
	DECODE_STATUS_MAP(X)
#undef X
};
const char *decode_status_words(enum decode_status s);

/* One row's words to a base value (DIM_CHOICE: symbol; ROLE_STATE: enum device_state). A float is
 * taken as the base value whose nearest float it is, and refused when that value's nearest float
 * is another one (too fine), or it is NaN or infinite. -0 is 0. */
MUST_USE enum decode_status reg_decode(const struct reg *r, const uint16_t *words, int64_t *out);
/* The reverse; false when the row cannot hold the value exactly (a float: nearest). For ENC_BITS
 * the other bits of words[0] are kept. */
MUST_USE bool reg_encode(const struct reg *r, int64_t value, uint16_t *words);

/* All parameters of an image. On failure *row is the first row that has no value, and that
 * parameter is absent from *out; the others are there. */
enum decode_status regmap_settings(const struct profile *p, const struct image *image,
                                   struct settings *out, int *row);
/* The value of the row with this role; DECODE_NOT_KNOWN when there is none. Not for ENC_TEXT. */
MUST_USE enum decode_status regmap_role(const struct profile *p, const struct image *image,
                                        enum role role, int64_t *out);
/* The text of the row with this role, trailing spaces gone, what is no plain ASCII as '?'; of a
 * row that is no text its raw number. "" when there is none or it is not known. */
void regmap_role_text(const struct profile *p, const struct image *image, enum role role, char *buf,
                      size_t len);
/* DEVICE_UNKNOWN when not known or not in the profile's list. */
enum device_state regmap_state(const struct profile *p, const struct image *image);
/* NULL when the profile has none. */
const struct reg *regmap_row(const struct profile *p, enum role role);
const struct reg *regmap_param_row(const struct profile *p, enum param param);

/* The write that stops this device; every prepared profile with a class has one. */
bool regmap_stop_request(const struct profile *p, struct request *out);
/* The write that feeds this device its heartbeat; false without such a row, or when it does not
 * count to this value. */
bool regmap_beat_request(const struct profile *p, int64_t value, struct request *out);
/* The i-th planned read. */
void regmap_read_request(const struct profile *p, int i, struct request *out);
/* The last check before bytes go out: no row of role fire, and nothing without row or open
 * writable range, whoever asks. `by_gate` lets the heartbeat row through. */
bool regmap_may_send(const struct profile *p, const struct request *r, bool by_gate);

#endif
