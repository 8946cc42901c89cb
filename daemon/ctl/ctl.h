/*
 * ctl: dosegatectl, the command line for operator, physician, director and engineer.
 *
 *   main.c     options, the table of commands, exit codes
 *   rpc.c      one connection to the gate's control socket, calls and notifications
 *   session.c  sessions: questions asked one by one
 *   log.c      the treatment log of a session
 *   past.c     what was done before: told, read, looked at
 *   decide.c   holds, grants, stop, alarms, people: everything that changes something
 *   record.c   the wire, recorded to a file of the gate's
 *   phone.c    approvals by telephone
 *   holds.c    what was decided about holds, ever
 *   live.c     an approver who stays present
 *   look.c     everything that only looks
 *   rights.c   who may do what
 *   people.c   people and how they prove who they are
 *   presence.c where physicians are
 *   training.c who was trained on what
 *   qr.c       a QR code in the terminal
 *   judge.c    what would the gate say? no gate; judge_ask.c judges, judge_read.c reads its lines
 *   report.c   the quality report; quality*.c counts it, for pages too
 *   print.c    JSON to sentences and tables; print_hold.c holds
 *   page.c     lines folded to the terminal's width, colour
 *   library.h  the library for its director, without a gate
 *
 * A client of the control socket with no rights of its own. Plain blocking code, one thread.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdio.h>

#include "core/base.h"

/*  enumerator, code, meaning; printed by --help and README */
#define EXIT_MAP(X)                                                                          \
	X(EXIT_DONE, 0, "done")                                                              \
	X(EXIT_NO_GATE, 1, "the gate could not be reached, or broke off")                    \
	X(EXIT_USAGE, 2, "the command line is wrong")                                        \
	X(EXIT_REFUSED, 3, "the gate understood and says no; the reasons are printed")       \
	X(EXIT_WHO, 4, "not logged in, wrong secret, or not allowed for this role")          \
	X(EXIT_NOT_FOUND, 5,                                                                 \
	  "there is no such device, session, hold, ledger or file; or the library is wrong") \
	X(EXIT_BROKEN, 6, "ledger verify: the chain is broken")

enum exit_code {
#define X(id, code, meaning) id = code,
	EXIT_MAP(X)
#undef X
};

#define FACT_ARGS_MAX 80

/* What the command line said. */
struct options {
	const char *socket, *control_fd, *as, *secret_file, *otp, *library;
	bool json, csv, markdown, test_spot, text, live, long_form;
	const char *out, *note, *since, *often, *max;
	const char *device, *patient, *indication, *site, *code, *reason, *number, *pulses,
	        *seconds;
	const char *printed, *role, *new_secret_file;
	const char *on, *until, *room, *for_;
	bool on_call;
	const char *shown;                   /* the digest of a hold that was looked at */
	const char *key;                     /* of the gate */
	const char *phone, *person, *answer; /* by telephone */
	const char *rule, *physician;
	const char *device_class, *result;
	const char *console;
	const char *elsewhere[32]; /* a treatment each */
	size_t n_elsewhere;
	const char *half[2]; /* of a word that lets somebody in again */
	size_t n_halves;
	const char *fact[FACT_ARGS_MAX]; /* name=value */
	size_t n_facts;
	const char *set[32]; /* parameter=value */
	size_t n_sets;
	int n_words;
	char **word; /* what is left behind the command */
};

/* --- rpc.c: every function ends the program with a sentence when the gate is gone */

struct rpc;
struct rpc *rpc_open(const struct options *o);
/* The result (new reference), or NULL after the error was printed (with --json also as it came);
 * *code is then the exit code. When the gate wants a code of the second factor too, it gets the one
 * of --otp, or one typed on the terminal. Takes params. */
json_t *rpc_call(struct rpc *r, const char *method, json_t *params, enum exit_code *code);
/* Logs in with --as and the secret (file, or asked for on the terminal); on a connection that was
 * given (--control-fd) somebody is logged in already. */
enum exit_code rpc_login(struct rpc *r, const struct options *o);
/* The secret that was used to log in, for signing. */
const char *rpc_secret(const struct rpc *r);
/* The next notification; NULL when the gate closed. */
json_t *rpc_next(struct rpc *r);
void rpc_close(struct rpc *r);
/* A secret from a file's first line, or asked for without echo. False: none. */
bool read_secret(const char *file, const char *prompt, char *out, size_t len);

/* --- page.c */

/* One line, folded at words when it goes to a terminal; folded lines begin at column `hang`. */
void say(int hang, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_to(FILE *to, int hang, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Appends to a terminated text; what does not fit is cut. */
void add(char *buf, size_t len, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Colour of a verdict, only for people; "" for what is none. */
const char *ink(const char *kind);
const char *ink_off(void);

/* --- print.c */

void print_json(json_t *value);
/* "2026-05-31 14:03:27", in the reader's own time, of what has an "at" in Unix milliseconds. */
const char *when(json_t *object, char *buf, size_t len);
void print_device(json_t *device, bool long_form);
void print_session(json_t *session);
void print_hold(json_t *hold);
/* "fluence 18 J/cm2, spot 18 mm" on a line of its own; nothing when there are none. */
void print_pairs(const char *label, json_t *pairs);
/* Only what differs from `from`: eight equal settings hide the ninth. */
void print_different(const char *label, json_t *pairs, json_t *from);
void print_facts(json_t *facts);
/* ", 90 s left", or "". */
const char *left_words(json_t *hold, char *buf, size_t len);
/* Who has looked, who was asked to and who will be. */
void print_seen(json_t *hold);
void print_earlier(const char *title, json_t *decisions);
/* "fluence 18 J/cm2, spot 18 mm" */
void add_pairs(char *buf, size_t len, json_t *pairs);
void print_decided(json_t *hold); /* what became of it, short */
void print_event(json_t *params, bool numbered);
void print_reasons(json_t *reasons, int indent);
const char *demo_words(json_t *of); /* what is said behind a library of a demo; else "" */
const char *text_at(json_t *object, const char *key); /* "" when absent or null */
long long number_at(json_t *object, const char *key); /* 0 when absent or null */
/* wires.c: how the line to a device does; long: also when nothing is wrong with it. */
void print_link(json_t *device, bool long_form);
/* Lines of consoles that are not open; long: all of them, and what each console asks. */
void print_consoles(json_t *status, bool long_form);
/* What is recorded of the wire; "recording" of the status, null when nothing is. */
void print_recording(json_t *recording);

/* --- decide.c */

/* Prints what came of it, or as it came with --json. Takes result. */
enum exit_code print_result(const struct options *o, json_t *result, enum exit_code code,
                            void (*print)(json_t *));

/* Logs in, calls, prints. Takes params. */
enum exit_code signed_call(const struct options *o, const char *method, json_t *params,
                           void (*print)(json_t *));
/* Some things are only done with a reason, because it stands in the record. False: says so. */
bool has_reason(const struct options *o, const char *command);

/* --- presence.c */

/* Of a result with "present". */
void print_present(json_t *result);

/* --- people.c */

/* Typed without echo, so typed twice. whose: "of the new person". */
bool read_new_secret(const struct options *o, const char *whose, char *out, size_t len);

/* --- qr.c */

/* In half blocks, two modules a character, with its quiet zone; dark on light whatever the
 * terminal's colours are. False: the text is too long for a code. */
bool qr_print(FILE *to, const char *text);

/* --- live.c */

/* Stays, gives signs of life for this hold every second, until a key is pressed (then it is taken
 * back), or the grant is over. */
enum exit_code stay_present(struct rpc *r, json_int_t hold);

/* --- look.c */

/* Calls one method and hands the result to `print`, or prints it as JSON. Takes params. */
enum exit_code look(const struct options *o, const char *method, json_t *params,
                    void (*print)(json_t *));

/* --- past.c */

/* What --elsewhere or the person at the terminal tells: a new list, null when it is not known; NULL
 * after saying what is wrong with it. */
json_t *told_elsewhere(const struct options *o);

/* --- main.c: plain numbers of the command line */

/* False after saying that `what` wants a number from `least` on, and not `text`. */
bool take_number(const char *what, const char *text, long long least, json_int_t *out);

/* --- the commands */

typedef enum exit_code command_fn(const struct options *o);
command_fn cmd_status, cmd_devices, cmd_library, cmd_watch, cmd_tail, cmd_verify, cmd_explain,
        cmd_map, cmd_events, cmd_people, cmd_rights, cmd_judge;
command_fn cmd_test_read, cmd_history, cmd_session_log, cmd_report;
command_fn cmd_start, cmd_show, cmd_end, cmd_fact;
command_fn cmd_holds, cmd_hold, cmd_ask, cmd_approve, cmd_deny, cmd_revoke, cmd_hold_verify,
        cmd_holds_search, cmd_people_phone, cmd_answer, cmd_hold_answer, cmd_stop, cmd_clear,
        cmd_clock_accept, cmd_record_start, cmd_record_stop;
command_fn cmd_lease_take, cmd_lease_release;
command_fn cmd_add_person, cmd_enrol, cmd_confirm, cmd_secret, cmd_recover, cmd_renew;
command_fn cmd_train, cmd_training, cmd_presence_in, cmd_presence_out, cmd_presence;
command_fn cmd_library_propose, cmd_library_activate, cmd_library_list, cmd_library_history,
        cmd_library_copy, cmd_library_rerun, cmd_key;
command_fn cmd_library_check, cmd_library_show, cmd_library_pages, cmd_library_diff,
        cmd_library_explain;

#endif
