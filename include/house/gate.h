/*
 * gate: the house. Knows every room, decides nothing: what may pass is core's, how it travels is
 * the edge's; here they are put together.
 *
 *   gate.c     opens and closes everything, in one order and its reverse
 *   way.c      a console's request: decoded, queued at its device, its turn
 *   traffic.c  what each console asks, and how many reads it may ask for
 *   charge.c   which console sets a device
 *   write.c    the life of a write: judged, recorded, sent, read back (the table of TXN states)
 *   watch.c    polls, sweeps, stop
 *   beat.c     the heartbeat of devices that have one
 *   heard.c    what follows from what a device reports, and from its silence
 *   time.c     the clocks, and which day counts
 *   event.c    the table of what may be noticed, and its consequences
 *   session.c  sessions, holds and grants
 *   treatment.c  what stands in the ledger of a treatment, for the next session to know
 *   edition.c  which library each device is judged by
 *   librarian.c, librarian_*.c  how a library comes into use; errand.c what takes its time
 *   shelves.c  what can be looked up in libraries and ledger
 *   methods.c  what people may ask for on the control socket, as a table
 *   signing.c  logins, new people: what waits for a secret to be checked
 *   deciding.c approvals and denials of holds; override.c what is shown and signed of them
 *   recording.c  what went over the wires and what came of it, to a file
 *   show.c     the state as JSON, for people
 *   explain.c  any frame, decoded and judged without touching anything
 *
 * One struct is the state. Loop thread only; the ledger's thread and the password workers own
 * nothing of it.
 */
#ifndef HOUSE_GATE_H
#define HOUSE_GATE_H

#include "core/beat.h"
#include "core/clock.h"
#include "core/event.h"
#include "core/history.h"
#include "core/lease.h"
#include "core/pace.h"
#include "core/panel.h"
#include "core/verdict.h"
#include "edge/config.h"
#include "edge/console.h"
#include "edge/control.h"
#include "edge/ledger.h"
#include "edge/link.h"
#include "edge/people.h"
#include "edge/recorder.h"
#include "house/librarian.h"

#define TXN_QUEUE_MAX    1024 /* transactions waiting or under way, all devices together */
#define PENDING_MAX      32   /* people's requests that wait for a secret or the ledger */
#define PATIENT_LEN      48
#define ALARM_LEN        160
#define HISTORY_ROWS_MAX 100 /* of one patient, in one answer */
#define DIGEST_LEN       65  /* BLAKE2b-256 as hex, and its end */
#define SEEN_MAX         8

struct gate;
struct device;

/*  The life of a transaction. Reads go QUEUED → SENT → DONE; a stop is no transaction but a wish
 *  of its device (see watch.c). Every move not in the table of write.c is our bug.
 *
 *   QUEUED ──► SWEEPING ──► RECORDING ──► SENT ──► READ_BACK ──► (READ_AFTER) ──► DONE
 *      │  └──► RESOLVING ──────▲            │           │                           ▲
 *      └── refused, too old, stopped ───────┴───────────┴───────────────────────────┘
 */
#define TXN_STATE_MAP(X)                                                                   \
	X(TXN_FREE, "free")                                                                \
	X(TXN_QUEUED, "queued")         /* waits for its device's turn */                  \
	X(TXN_SWEEPING, "sweeping")     /* arm: everything is read first */                \
	X(TXN_RESOLVING, "resolving")   /* 16: the word's present value is read */         \
	X(TXN_RECORDING, "recording")   /* judged; the intent is on its way to the disk */ \
	X(TXN_SENT, "sent")             /* the device has it */                            \
	X(TXN_READ_BACK, "read_back")   /* all settings are being read */                  \
	X(TXN_READ_AFTER, "read_after") /* 17: the read half */                            \
	X(TXN_DONE, "done")

enum txn_state {
#define X(id, name) id,
	TXN_STATE_MAP(X)
#undef X
	        TXN_STATE_COUNT
};

struct txn {
	struct record_tag tag; /* first */
	struct txn *next;
	struct txn *same; /* a read in flight: others who asked the very same since it was sent */
	enum txn_state state;
	int64_t id;
	struct device *device;
	struct console_ref who;
	char console[LEASE_CONSOLE_LEN]; /* of what writes: its identity, also when it is gone */
	uint16_t tid;
	uint8_t unit;
	struct touch touch;
	struct request asked; /* as the console asked */
	struct request wire;  /* as the device hears it */
	struct link_call call;
	uint64_t arrived_ms, deadline_ms, recorded_at_ms;
	uint32_t stops_seen;    /* the device's count of stops when this arrived */
	uint64_t judged_moment; /* the device's moment the verdict was made on */
	struct image result;
	struct settings judged;
	bool by_grant;
	uint32_t grant, grant_version; /* the hold whose grant allowed it */
	uint8_t device_exception;      /* the device refused the write with it; 0: it did not */
};

/* What waits for its turn. Stop waits nowhere; then the poll, then writes, then reads. */
enum lane_of { LANE_WRITES, LANE_READS, LANE_COUNT };
struct lane {
	struct txn *first, **end;
};

#define WINDOW_MAX 16 /* reads in flight; a profile may have no more */

/* Reads of everything (or of all settings) of one device, one after the other. */
struct sweep {
	bool under_way;
	bool settings_only;
	int next;
	const struct profile *by; /* when it began: under another one it tells nothing */
	int64_t began_ms;
	struct image image;
	struct request request;
	struct link_call call;
	void (*done)(struct device *d, bool ok);
};

/* What is fed to a device that falls to standby without it. */
struct heart {
	const struct reg *row; /* of the profile of now; NULL: it has none */
	bool fed;              /* the last one was taken not longer ago than the device waits */
	enum beat why;         /* what keeps the next one back */
	bool refused;          /* the last answer was none that a beat has; said once */
	bool counted;          /* value goes on from what the register held */
	int64_t value, beats;
	int64_t sent_ms, taken_ms; /* the last one; when the last that was taken was sent */
	bool in_flight;
	const struct profile *by; /* when it was sent */
	struct request request;
	struct link_call call;
};

enum session_state { SESSION_NONE, SESSION_WAITING, SESSION_OPEN };

/* What left the device with one dose. */
#define DELIVERED_MAX 16
struct delivered {
	struct settings dose;
	int64_t pulses, energy_uj;
	bool measured; /* the device measures its pulses; else the energy is what was set */
};

/* What belongs to the session's hold besides its life (core/hold); begins anew with each version of
 * it. See house/override.h. */
struct override {
	char nonce[33]; /* hex */
	/* a grant that is good only while its approver stays present (hold.live) */
	struct control_ref live_who;
	char live_person[PERSON_LEN];
	int64_t live_ms;   /* the last sign of life */
	uint32_t hold;     /* whose it is; with the same one, who was reminded stays so */
	size_t reminded;   /* so many of the clinic's list */
	int wrong_answers; /* by telephone */
	int n_seen;
	struct {
		char person[PERSON_LEN];
		int64_t at_ms;
	} seen[SEEN_MAX]; /* physicians who looked at it */
};

struct session {
	enum session_state state;
	uint32_t id;
	char operator_[PERSON_LEN];
	char patient[PATIENT_LEN];
	struct patient_case case_;
	struct limits limits;
	uint64_t cleared; /* screening reasons a physician has cleared */
	struct hold hold;
	struct override override;
	int64_t started_ms, touched_ms;
	struct history history; /* case_ points to it */
	bool elsewhere_told;
	int64_t pulses_at_start;
	bool counted; /* the device's counter was known then, and has not gone back since */
	uint8_t n_delivered;
	struct delivered delivered[DELIVERED_MAX];
	bool energy_unknown;  /* of some pulses neither measured nor computable */
	bool dosed;           /* energy may have left the device since the session began … */
	struct settings dose; /* … with this, the last one written down */
	char handpiece[48], serial[48];
};

struct device {
	struct gate *gate;
	const struct device_config *config;
	struct edition *edition;       /* it is judged by; never NULL once the gate is open */
	const struct profile *profile; /* of that */
	struct device_timing timing;   /* of the profile, or what the site says instead */
	int index;
	struct link *link;

	/* what it reported */
	struct image shadow;
	struct settings reported; /* of shadow */
	bool heard_once;
	bool went_over;    /* to another library, and was not read since */
	uint64_t heard_ms; /* when a sweep of everything last ended well */
	uint64_t word_ms;  /* the same, kept while the line is down */
	bool stale;        /* silent for too long, and said so */
	uint64_t moment;   /* rises when anything a verdict rests on may have changed */
	enum device_state state;
	int64_t counter; /* its pulse counter, as the register holds it … */
	int64_t pulses;  /* … and without its wrapping */
	bool pulses_known;
	int unarmed; /* reports in a row in which it was not armed */
	char serial[48], firmware[48], handpiece[48];
	bool interlock_open;
	bool outcome_unknown;
	int64_t unknown_txn;
	enum intent unknown_intent;
	struct settings unknown_before, unknown_asked; /* to say later what became of it */

	/* its turn */
	bool turning; /* way_turn is at work further down the stack */
	struct lane lane[LANE_COUNT];
	struct txn *writing; /* alone, while it is */
	int reads_in_flight;
	struct txn *flying[WINDOW_MAX]; /* those reads, in no order; NULL: a free place */
	struct sweep sweep;
	uint64_t poll_due_ms;
	struct polled polled; /* since the line came; judged, too */
	struct heart heart;

	struct lease lease; /* which console sets it */

	/* stop */
	bool stop_wanted;
	bool stop_in_flight;
	uint32_t stops;           /* how many were asked for */
	int stop_tries;           /* since it was last seen safe */
	uint64_t stop_again_ms;   /* not before, after one that failed */
	struct txn *stop_waiters; /* consoles that await its acknowledgement */
	struct request stop_request;
	struct link_call stop_call;
	bool armed_by_gate; /* an arm that went through here is why it is armed */

	enum event alarm; /* latched; EVENT_NONE: none */
	char alarm_text[ALARM_LEN];
	struct session session;
	struct verdict last; /* of the last judged write */
	bool last_any;
	uint8_t last_exception;
};

/* A console, however often it connects. The counts are of those heard of lately. */
#define CALLERS_MAX 128 /* more than a clinic file can name */
struct caller {
	char name[LEASE_CONSOLE_LEN];
	uint64_t requests, refused; /* refused: answered with an exception, whoever said no */
	uint64_t over_budget;       /* reads that were too many */
	struct bucket reads;
	uint64_t heard_ms, said_ms, unsaid; /* too many reads: told last, not told yet */
};

/* Who speaks on a connection or line. */
struct seat {
	uint32_t generation;
	struct caller *caller;
};

/* Where a physician has said to be. */
#define PRESENT_MAX 16
struct presence {
	char person[PERSON_LEN]; /* "": a free place */
	enum supervision level;
	const struct device *room; /* whose room; NULL: no one's */
	uint64_t until_ms;
};

/* A person's request that waits: for a secret, for its record, or for rows of the ledger. */
struct pending {
	struct record_tag tag; /* first */
	bool used;
	struct gate *gate;
	struct control_ref who;
	int64_t call;
	struct device *device;
	struct decision decision;
	char shown[DIGEST_LEN];      /* of the request, as the one who decides saw it */
	char entered_by[PERSON_LEN]; /* by telephone: who typed the answer; "": nobody */
	char person[PERSON_LEN];
	bool both;      /* a login with the second factor as well */
	json_t *params; /* what was asked, when it is looked at again; released with it */
	json_t *answer; /* likewise, when the record comes first */
};

/* What is kept of the wires, while somebody wants it. */
#define RECORDING_CONSOLES (CONSOLES_MAX + 16) /* slots of the room */
struct tape {
	struct recorder *recorder; /* NULL: nothing is kept */
	char file[PATH_LEN], by[PERSON_LEN];
	uint32_t named[RECORDING_CONSOLES]; /* generation of the console whose name stands in it */
};

struct gate {
	uv_loop_t *loop;
	struct config *config;
	struct links *links;
	struct consoles *consoles;
	struct ledger *ledger;
	struct people *people;
	struct control *control;
	size_t n_devices;
	struct device device[DEVICES_MAX];
	struct device *by_unit[256];
	struct edition edition[EDITIONS_MAX];
	struct edition *edition_in_use; /* by which new sessions are judged; NULL: none */
	struct librarian librarian;
	size_t n_callers;
	struct caller caller[CALLERS_MAX];
	struct seat seat[CONSOLES_SLOTS];
	struct txn txn[TXN_QUEUE_MAX];
	struct txn *txn_free;
	struct pending pending[PENDING_MAX];
	struct presence present[PRESENT_MAX];
	struct session draft; /* a session being prepared, within one call */
	int64_t last_txn;
	uint32_t last_session, last_hold;
	uint64_t started_ms;
	struct progress progress; /* do loop and ledger go on? */
	int64_t proofs;           /* the ledger's, as last seen */
	int64_t prove_again_ms;   /* it is not asked for one before */
	struct clock clock;
	uint64_t clock_due_ms, logins_due_ms;
	uint64_t flood_second; /* rows that the wire can cause: in this second … */
	int flood_rows;        /* … so many were written, */
	int flood_unsaid;      /* and so many were only counted */
	struct tape tape;
	uv_timer_t tick; /* polls, deadlines in queues, idle sessions, holds */
	uv_signal_t on_term, on_int, on_stop;
	bool opening, closing;
	bool library_is_wrong; /* why it did not open */
	int live_handles;
	uint64_t close_by_ms;
};

/* --- gate.c */

/* Opens everything; false with the reason said to people on standard error. config is borrowed. */
MUST_USE bool gate_open(struct gate *g, uv_loop_t *loop, struct config *config);
/* Stops armed devices, then closes all; the loop ends by itself. */
void gate_shut(struct gate *g);
uint64_t gate_now_ms(const struct gate *g);
/* The clinic's calendar day, as a day number: the more careful one when the clock was set. */
int32_t gate_today(const struct gate *g);
/* To the ledger and to whoever watches. Takes body. False: could not be taken down. tag may be
 * NULL. */
bool gate_record(struct gate *g, enum ledger_kind kind, json_t *body, struct record_tag *tag);
/* For what anybody on the wire can cause at machine speed: so many rows a second, the rest as a
 * count. Takes body. */
void gate_record_often(struct gate *g, enum ledger_kind kind, json_t *body);
/* How its profile, or the site, wants the device to be spoken to. */
struct link_policy gate_link_policy(const struct device *d);
struct device *gate_device_named(struct gate *g, const char *name);
/* The library new sessions are judged by (NULL: none), and the one this device is judged by now. */
const struct library *gate_library(const struct gate *g);
const struct library *device_library(const struct device *d);

/* --- time.c */

/* The wall clock, for the record only. */
int64_t time_unix_ms(void);

void time_begin(struct gate *g);
/* With each tick: was the clock set, did the machine sleep? */
void time_look(struct gate *g);
/* False, with a sentence, while the clock is behind the ledger. */
MUST_USE bool time_is_sound(const struct gate *g, char *why, size_t why_len);
void time_accept(struct gate *g, const char *by, const char *reason);

/* --- way.c */

void way_frame(void *owner, struct console_ref who, const struct frame *f);
/* Whatever may go out to this device now, goes. */
void way_turn(struct device *d);
/* Answers queued requests whose deadline has passed. */
void way_expire(struct device *d);
void txn_finish(struct txn *t, uint8_t exception, const struct reply *reply);
/* Refuses everything queued that is older than the last stop. */
void way_stopped(struct device *d);
/* Refuses what was queued under the profile of the library before, where it means another thing. */
void way_went_over(struct device *d);

/* --- traffic.c */

/* NULL when it has gone. */
struct caller *traffic_of(struct gate *g, struct console_ref who);
void traffic_asked(struct gate *g, struct console_ref who);
void traffic_refused(struct gate *g, struct console_ref who);
/* One more read at a device: false, and counted, when that is too many. */
MUST_USE bool traffic_may_read(struct gate *g, struct console_ref who);
void traffic_tick(struct gate *g);
json_t *traffic_show(const struct gate *g); /* a new array */

/* --- charge.c */

/* Lets its time pass. */
void charge_look(struct device *d);
/* Whether the write's console may write to its device now; else a sentence. */
MUST_USE bool charge_admits(struct txn *t, char *why, size_t why_len);
/* It was admitted, and what it asks is allowed or waits for a physician from now on: its console
 * sets the device. */
void charge_set(struct txn *t);
/* LEASE_TAKE: to this console; LEASE_RELEASE: to nobody. by: who wants it so. */
enum lease_status charge_move(struct device *d, enum lease_deed deed, const char *to,
                              const char *by);
/* The same for a person who may, and answered. console: to which, with LEASE_TAKE. */
void charge_asked(struct device *d, struct control_ref who, int64_t call, enum lease_deed deed,
                  const char *console);
/* Which console sets it, for people; null when every one may at any time. */
json_t *charge_show(struct device *d);

/* --- write.c */

/* The turn of a write has come; the device is alone with it. */
void write_begin(struct txn *t);
void write_swept(struct device *d, bool ok); /* an arm's sweep, or a read-back, has ended */
/* What the gate would judge right now. */
void judge(struct device *d, enum intent intent, const struct image *result, uint64_t rows,
           struct verdict *out);

/* --- event.c */

/* Recorded, and all that follows from it. text: what happened this time; NULL: the event's words.
 */
void event_happened(struct device *d, enum event e, const char *text);
/* A row about the device from which nothing follows. */
void event_record(struct device *d, enum ledger_kind kind, const char *name, const char *text);

/* --- beat.c */

/* With each turn of the loop: it turns, and has the ledger written? */
void beat_progress(struct gate *g);
/* The device is judged by another profile now. */
void beat_begin(struct device *d);
/* The machine was asleep: it is not fed any more, until it was read again. */
void beat_slept(struct device *d);
/* Sends the next one, when it is due, may go and the device is nobody's. */
void beat_turn(struct device *d);
/* Whether it was withheld for too long is looked at here. */
void beat_tick(struct device *d);

/* --- heard.c */

/* A whole sweep is in: shadow, drift, edges, consequences. */
void watch_heard(struct device *d, const struct image *image, bool own_write);
/* If it is armed and what it reports may not be: stop. */
void watch_armed(struct device *d);
bool watch_fresh(const struct device *d);
/* So long after it was last heard it is not known any more. */
int64_t watch_patience_ms(const struct device *d);
bool state_is_armed(enum device_state s);
/* Whether it has been silent for too long is looked at here. */
void watch_silence(struct device *d);

/* --- watch.c */

void watch_tick(struct device *d);
/* Begins a sweep when one is due and the device is nobody's. */
void watch_poll(struct device *d);
/* Reads everything (settings_only: what the read-back needs); done once, later. */
void watch_sweep(struct device *d, bool settings_only, void (*done)(struct device *d, bool ok));
/* Next on the wire, whatever waits. */
void watch_stop(struct device *d, const char *why, const char *by);
void watch_send_stop(struct device *d);
void watch_link_state(struct link *l, bool up);

/* Armed, or it may be before its answer comes. */
bool may_be_armed(const struct device *d);

/* --- session.c */

struct session_ask {
	const char *operator_, *patient, *indication, *site;
	const char *kind;  /* "treatment" (or NULL) or "test_spot" */
	json_t *facts;     /* {name: text} */
	json_t *elsewhere; /* what was done elsewhere, [] when nothing; NULL: not told */
};
/* "treatment" or "test_spot" */
const char *session_kind(const struct session *s);
/* The position of a name, or a sentence that lists what there is. */
MUST_USE bool session_index_of(const struct symbols *names, const char *what, const char *name,
                               uint8_t *out, char *why, size_t why_len);
/* What can be said to be wrong before the patient's past is known. */
MUST_USE bool session_check(struct device *d, const struct session_ask *ask, char *why,
                            size_t why_len);
/* bodies: the ledger's rows of this patient's treatments, borrowed. True: the session stands,
 * waiting or open. False: `why` says what was wrong, and when screening
 * refused, *refused is a new array of its reasons (else NULL). */
bool session_start(struct device *d, const struct session_ask *ask, json_t *bodies,
                   json_t **refused, char *why, size_t why_len);
/* New answers to some facts of the running session: limits are computed again and what a physician
 * cleared must be cleared again. Screening that now blocks ends the session. */
bool session_facts(struct device *d, const char *by, json_t *facts, json_t **refused, char *why,
                   size_t why_len);
void session_end(struct device *d, const char *why);
void session_tick(struct device *d);
/* A HELD write in an open session opens or updates its hold; an ALLOWED one, once it is applied,
 * withdraws or ends it. */
void session_held(struct device *d, const struct verdict *v, const struct settings *asked);
void session_went_inside(struct device *d);
/* The device is no longer as it was: a hold or a grant for its settings is over. What a physician
 * cleared about the patient stands. */
void session_settings_moved(struct device *d, const char *why);
/* Ends the hold's present wait in `ms` at the latest. */
void session_shorten(struct device *d, int64_t ms);
/* After a physician's word on screening. */
void session_cleared(struct device *d);
/* Any other hold event, with its ledger row; the wire is looked at afterwards. */
enum hold_status session_hold_event(struct device *d, enum hold_event e, const char *by);
struct device *session_hold_device(struct gate *g, int64_t hold_id);

/* --- treatment.c */

/* Called before a device may be armed with this dose, before it is set on an armed one, and of one
 * that is armed and may be, whoever armed it. */
void treatment_dose(struct device *d, const struct settings *dose);
/* With the session's end. */
void treatment_end(struct device *d);
/* The device has counted so many pulses more, with the settings it reports; measured: the energy of
 * the last one, -1 when it tells none. A test area ends with its last pulse. */
void treatment_counted(struct device *d, int64_t pulses, int64_t measured_uj);
/* In a session with a limit to its pulses; never below 0. */
int64_t treatment_pulses_left(const struct device *d);
/* What has left the device in this session, as far as it is known. */
struct taken treatment_taken(const struct device *d);
/* What people tell of treatments elsewhere, as rows: what the ledger does not have yet is added to
 * `news`. False with the reason. */
MUST_USE bool treatment_told(const struct device *d, json_t *elsewhere, json_t *bodies,
                             json_t *news, char *why, size_t why_len);
void treatment_record_told(struct device *d, const char *patient, const char *by, json_t *news);
/* The bodies of found rows, a new array. */
json_t *treatment_bodies(json_t *rows);
void treatment_read(struct gate *g, struct control_ref who, int64_t call, json_t *params);
/* What has left the device in this session, dose by dose; a new array. */
json_t *treatment_delivered(const struct device *d);
void treatment_log(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void treatment_history(struct gate *g, struct control_ref who, int64_t call, json_t *params);

/* --- recording.c: nothing happens while nothing is recorded */

void recording_start(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void recording_stop(struct gate *g, struct control_ref who, int64_t call);
/* With the gate. */
void recording_end(struct gate *g);
void recording_row(struct gate *g, const char *kind, json_t *body);
/* What a person asks for, when it changes anything; never with a secret. */
void recording_act(struct gate *g, struct control_ref who, int64_t call, const char *method,
                   json_t *params);
/* What the ledger knows of a patient whose session begins. */
void recording_past(struct gate *g, const char *patient, json_t *bodies);
/* The device was read whole. */
void recording_look(struct device *d, bool news);
void recording_link(struct device *d, bool up);
/* {"file", "by", "bytes", "lines", "lost", "over"}, or null. */
json_t *recording_show(const struct gate *g);

/* --- methods.c, signing.c */

/* NULL after saying that too many wait. */
struct pending *pending_take(struct gate *g, struct control_ref who, int64_t call);
/* Answered: what it kept is released. */
void pending_done(struct pending *p);

void methods_call(void *owner, struct control_ref who, int64_t call, const char *method,
                  json_t *params);
/* Says no for a missing login or right; true when the person may. The table of methods asks it for
 * each method that wants a right. */
bool may(struct gate *g, struct control_ref who, int64_t call, enum right r);
/* With each tick: who has been idle for too long is logged off. */
void signing_look(struct gate *g);
void signing_login(struct gate *g, struct control_ref who, int64_t call, json_t *params);
/* That this person is who asks, at this moment. code: NULL when the secret alone is wanted, "" when
 * the second factor is wanted and its code was not given. Borrows all. */
struct claim signing_claim(const struct gate *g, struct control_ref who, const char *person,
                           const char *secret, const char *code);
/* Records it; the sentence for people, and a new object for programs: {"proof", "wait_s"}. */
json_t *signing_not_proved(struct gate *g, const char *person, const struct proof *proof,
                           char *text, size_t len);
/* Answers so, and the request is done. */
void signing_refused(struct pending *p, const struct proof *proof);

/* --- persons.c */

void person_add(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_secret(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_phone(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_enrol(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_enrol_end(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_recover(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void person_renew(struct gate *g, struct control_ref who, int64_t call, json_t *params);

/* --- deciding.c */

void deciding(struct gate *g, struct control_ref who, int64_t call, json_t *params, bool deny);

/* --- presence.c */

enum supervision presence_nearest(const struct device *d);
/* False, with a sentence, when none is as near as these limits want. */
MUST_USE bool presence_suffices(const struct device *d, const struct limits *l, char *why,
                                size_t why_len);
/* With each tick: who said to be there for so long is there no more. */
void presence_tick(struct gate *g);
json_t *presence_show(const struct gate *g);
void presence_in(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void presence_out(struct gate *g, struct control_ref who, int64_t call);

/* --- training.c */

/* False, with a sentence, when this person has no valid record for this device. */
MUST_USE bool training_allows(const struct device *d, const char *name, char *why, size_t why_len);
/* {"until", "days_left", "soon"} of the record that holds longest; null: none does. */
json_t *training_left(const struct device *d, const char *name);
void training_add(struct gate *g, struct control_ref who, int64_t call, json_t *params);
void training_list(struct gate *g, struct control_ref who, int64_t call, json_t *params);

/* --- show.c: new references */

json_t *show_status(struct gate *g);
json_t *show_device(struct device *d);
json_t *show_session(struct device *d);
json_t *show_hold(struct device *d);
json_t *show_library(const struct edition *e);
json_t *show_in_use(const struct gate *g);
json_t *show_settings(const struct library *lib, const struct settings *s);
json_t *show_reasons(const struct library *lib, const struct verdict *v);
json_t *show_screening(const struct limits *l, uint64_t cleared);
json_t *show_request(const struct request *r);
/* As this console sees it. */
void show_panel(struct gate *g, struct console_ref who, struct panel *out);
/* One sentence: what was decided and why. */
void say_verdict(const struct library *lib, const struct verdict *v, char *buf, size_t len);

/* --- explain.c */

json_t *explain(struct gate *g, struct device *d, const char *hex, char *why, size_t why_len);

#endif
