/*
 * sim: devices that behave, and misbehave on request, and remember the truth.
 *
 * device    the registers of a profile, and the life behind them        device.h
 * faults    named misbehaviour: of answers, of the device, of the line  faults.h
 * line      how masters come to it                                      line.h
 * oracle    was what left the aperture allowed?                         oracle.h
 * triggers  what happens at which time, or when something else does     triggers.h
 * commands  one line in, one line out: standard input, socket, file
 * serve     the options of a device, and its run
 * console   the other side: a file of steps played to a gate or a device
 *
 * One thread, one loop.
 */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>
#include <uv.h>

#include "device.h"
#include "edge/config.h"
#include "line.h"
#include "oracle.h"
#include "triggers.h"
#include "wire.h"
#include "words.h"

/* --- the simulator, and commands to it ---------------------------------------------------------
 */

#define UNITS_ON_A_LINE 8

struct sim {
	uv_loop_t loop;
	int n_devices;
	struct device *device[UNITS_ON_A_LINE];
	struct device *chosen; /* whom a command or an option is for */
	int n_lines;
	struct line line[LINES_MAX];
	long baud;           /* of the RTU lines; 0: at once */
	char link[PATH_LEN]; /* to the terminal; "": none */
	const char *control; /* NULL: no socket */
	const char *play;    /* NULL: no file of commands */
	FILE *wire;          /* what went over the lines; NULL: nobody writes it down */
	int64_t began_ns;
	struct config library;
	bool has_library; /* then an oracle watches */
	struct triggers triggers;
	struct speakers *speakers;
	uv_timer_t tick;
	uv_prepare_t prepare;
	uv_signal_t interrupted, terminated;
	bool failed; /* something that was to happen could not */
	bool quitting;
};

/* NULL: no device answers for this unit. */
struct device *sim_device(struct sim *s, int unit);
/* Something happened at one of them. */
void sim_told(struct sim *s, struct device *d, const struct happening *h);
/* Every line follows what the faults of its devices say. */
void sim_listen(struct sim *s);
/* What nobody waits for went wrong: to standard error, and the run has failed. */
void sim_complain(struct sim *s, const char *command, const char *answer);
void sim_quit(struct sim *s);

/* --- commands -----------------------------------------------------------------------------------
 */

/* One line in, one line out, without its end; to be freed. For this device, when the line names no
 * other. NULL: the speaker is answered later; without one that is refused. */
char *command_answer(struct sim *s, struct speaker *sp, struct device *d, const char *line);
/* There is a command of this name; else the reason. */
bool command_known(const char *line, char *why, size_t len);

/* --- speakers: who says them ---------------------------------------------------------------------
 */

/* Standard input, a socket and a file where there is a path. */
MUST_USE bool speakers_open(struct sim *s, char *why, size_t why_len);
/* The file begins. */
void speakers_play(struct sim *s);
void speakers_close(struct sim *s);
/* What a speaker waited for; takes the answer. */
void speaker_answered(struct speaker *sp, char *answer);

/* --- options of a device: argv[1] is its profile
 * -------------------------------------------------- */

bool sim_options_known(int argc, char **argv, char *why, size_t len);
/* Opens devices, lines and all; what is open when it fails is the caller's all the same. */
bool sim_options_take(struct sim *s, int argc, char **argv, char *why, size_t len);

/* --- help ----------------------------------------------------------------------------------------
 */

void help_print(void);
/* One thing and what it means, folded. */
void help_row(const char *name, const char *arguments, const char *words);
void commands_print(void);
void steps_print(void);
void events_print(void);

int device_main(int argc, char **argv);
int console_main(int argc, char **argv);
int preset_main(int argc, char **argv);
int tell_main(int argc, char **argv);

#endif
