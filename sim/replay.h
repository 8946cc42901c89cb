/*
 * replay: a recording, played to a gate, and what the gate says to it now.
 *
 * tape         the recording, read
 * script       what its devices did
 * mimic        devices that do it again, on ports of their own
 * stage        a gate in a folder of its own, and its people
 * voice        people at its control socket
 * play         consoles, in the order of the recording
 * act          people
 * told         what was said to each write and each session, out of a recording
 * replay       both compared, line by line
 * pcapng       the recording as packets, for Wireshark
 *
 * Plain code, one thread: whoever waits calls play_pump, which serves everybody meanwhile.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include <netinet/in.h>
#include <poll.h>

#include "factor.h"
#include "script.h"
#include "sim.h"
#include "tape.h"

struct replay;

/* --- mimic: a device that plays its script -------------------------------------------------------
 */

struct mimic {
	struct replay *replay;
	struct script script;
	struct device device; /* the simulator's: its registers, and what it does off the script */
	struct sockaddr_storage at;
	int listener, conn; /* -1: none */
	size_t have;
	uint8_t in[4 * ADU_MAX];
	int next;          /* item */
	bool read_back;    /* the next sweep only reads back what was written */
	bool look_played;  /* in this sweep */
	int reads_left;    /* of this sweep */
	int blocked;       /* sweeps in which the next item did not come to its turn */
	int hung_up;       /* connections the gate has ended, and no script has told of yet */
	int64_t down_ms;   /* since when the script waits for the line */
	bool off;          /* what was armed then is not now: state and counters are its own */
	bool alive;        /* armed off the script: it lives as the simulator's devices do */
	struct item *hold; /* the read whose answer waits for a console's request to be sent */
	bool holds;        /* it has come */
	uint8_t held[ADU_MAX];
	size_t n_held;
};

bool mimic_open(struct mimic *m, const char *listen, char *why, size_t len);
void mimic_close(struct mimic *m);
/* Its descriptors into `fds` (at most 2); how many. */
int mimic_fds(const struct mimic *m, struct pollfd *fds);
/* What poll said of them. */
void mimic_serve(struct mimic *m, const struct pollfd *fds, int n);
/* Time goes on. */
void mimic_step(struct mimic *m);
/* Nothing of the script before event `at` is left to be played, and the last look has been had. */
bool mimic_done(const struct mimic *m, int at);
/* A read that got no plain answer was on its way when a console asked (between these two events):
 * its next one is to be on its way then too. False: there was none such. */
bool mimic_hold(struct mimic *m, int from, int to);
/* The console has asked: it is answered. */
void mimic_let_go(struct mimic *m);
/* What does not come again is left out. */
void mimic_give_up(struct mimic *m, int at);

/* --- stage: the gate -----------------------------------------------------------------------------
 */

#define VOICES_MAX 16
#define SEED_CHARS 32 /* of base 32: 160 bits */
#define VOICE_LINE 65536

/* A person at the gate's control socket. */
struct voice {
	char name[48], role[24], secret[SEED_CHARS + 1], seed[SEED_CHARS + 1];
	struct factor factor;
	int fd;
	size_t have;
	char in[VOICE_LINE];
	int64_t last_id;
	struct {
		int64_t id, call; /* of ours, and as recorded */
		json_t *answer;   /* NULL: not yet */
	} waits[8];
};

struct stage {
	char program[PATH_LEN]; /* dosegated */
	char library[PATH_LEN];
	char folder[PATH_LEN]; /* "": a gate that runs already */
	char control[PATH_LEN];
	char host[64];
	int port;
	pid_t pid;
	int n_voices;
	struct voice voice[VOICES_MAX];
};

bool stage_open(struct replay *r, char *why, size_t len);
/* The gate's own recording of what was played, when it has stopped; false with the reason. */
bool stage_close(struct replay *r, struct tape *heard, char *why, size_t len);
void stage_strike(struct replay *r);
/* NULL: nobody of this name. */
struct voice *stage_voice(struct replay *r, const char *name);
/* Calls, and serves everybody until the answer is there: result (new) or NULL with the reason. */
json_t *voice_call(struct replay *r, struct voice *v, const char *method, json_t *params, char *why,
                   size_t len);
/* Calls, and does not wait. */
bool voice_ask(struct voice *v, const char *method, json_t *params, int64_t call);
/* The answer to that call: a new reference; NULL: not yet, or nobody called. */
json_t *voice_answer(struct voice *v, int64_t call);
/* The next code of the second factor; everybody is served while it is waited for. */
void voice_code(struct replay *r, struct voice *v, char code[FACTOR_CODE_LEN]);
bool voice_waits(const struct voice *v, int64_t call);
void voice_serve(struct voice *v);
/* -1: nobody listens there. */
int voice_connect(const char *path);
void voice_close(struct voice *v);

/* --- play ----------------------------------------------------------------------------------------
 */

#define PANELS_MAX 64

/* One of the recording's consoles. */
struct panel_of {
	int channel; /* -1: free */
	bool serial;
	int fd; /* -1: not connected */
	uint16_t tid;
	bool in_flight;
	size_t have;
	uint8_t in[4 * ADU_MAX];
	char name[64]; /* as the gate calls it: "127.0.0.1:51002" */
};

struct replay {
	/* what was asked for */
	const char *file, *library, *pcapng;
	double speed; /* 0: as fast as it goes */
	bool differing_only;
	/* the recording */
	struct tape tape;
	json_t *was;      /* what the gate was */
	int *next_send;   /* by event: the next one that is sent by us, from there on */
	int at;           /* all events before it have been begun */
	int64_t *when_ms; /* by event: when that was */
	int64_t began_ms;
	/* those around */
	struct config config;
	int n_mimics;
	struct mimic *mimic;
	struct stage stage;
	struct panel_of panel[PANELS_MAX];
	int waited_in_vain;
	char host_here[16]; /* 127.0.0.2: where a console of then asks from now */
};

int64_t now_ms(void);
/* Everybody is served until `is` says so, or for so long; false: in vain. */
typedef bool until_fn(struct replay *r, void *what);
bool play_pump(struct replay *r, until_fn *is, void *what, int ms);
/* False with the reason: it could not be played. */
bool play(struct replay *r, char *why, size_t len);
/* All that devices showed before this event has been shown, and looked at. */
void play_await_seen(struct replay *r);
/* Where a console of the recording asks from now. */
struct in_addr play_address(const struct replay *r, const char *address);
/* A copy in which every day is as far from today as it was from the day of the recording. */
json_t *play_today(const struct replay *r, json_t *value);
/* The channel of the recording that spoke from this address; -1: none. */
int play_channel_of(const struct replay *r, const char *name);

/* --- act: what people did ------------------------------------------------------------------------
 */

void act_begin(struct replay *r, const struct tape_event *e);
/* Waits for the answer to what that event answers. */
void act_end(struct replay *r, int at);

/* --- told ----------------------------------------------------------------------------------------
 */

/* What was said to a write, or to a session. */
struct told {
	int channel; /* of the console; -1: people */
	int nth;     /* of those of this channel */
	int64_t us;
	char device[32];
	char asked[160];  /* "set fluence 12 J/cm2" */
	char verdict[16]; /* "ALLOWED" ...; "" when nothing was judged */
	char rule[64], limit[128], text[400];
	int exception; /* 0: done; -1: never answered */
	bool before;   /* in a session that had begun before the recording: not judged again */
};

struct tolds {
	int n;
	struct told *of;
};

void tolds_read(const struct tape *t, const struct script *scripts, int n_scripts,
                struct tolds *out);

/* --- pcapng --------------------------------------------------------------------------------------
 */

bool pcapng_write(const struct tape *t, const char *file, char *why, size_t len);

int replay_main(int argc, char **argv);

#endif
