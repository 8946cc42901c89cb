/*
 * config: files to values, strictly, and everything wrong at once.
 *
 * libconfig is the tokenizer only (its numbers change values silently): every quantity is a quoted
 * string with a unit, unknown keys are refused, includes and floats are refused, and each complaint
 * names file, line, what was wrong and what would be right.
 *
 * Before the loop runs; blocks. The values are const afterwards.
 */
#ifndef EDGE_CONFIG_H
#define EDGE_CONFIG_H

#include <sys/socket.h>

#include "core/hold.h" /* PERSON_LEN */
#include "core/library.h"
#include "core/pace.h"
#include "core/regmap.h"
#include "core/transport.h"

#define ESCALATION_MAX        8
#define DEVICES_MAX           8
#define PROFILES_MAX          128
#define ADDRESS_LEN           64
#define PATH_LEN              108
#define CONSOLE_ADDRESSES_MAX 64
#define CONSOLE_LINES_MAX     4

struct complaint {
	char file[128];
	int line; /* 0: the file as a whole */
	char text[320];
};

/* Grows as needed; complaints_free when done. {0} to begin. */
struct complaints {
	size_t count, room;
	struct complaint *list;
};
void complain(struct complaints *c, const char *file, int line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* To standard error, one line each, and how many there are; `then` is what follows from them. */
void complaints_say(const struct complaints *c, const char *then);
void complaints_free(struct complaints *c);

/* Words one could have meant; borrowed. */
struct words {
	size_t n;
	const char *word[256];
};
void words_add(struct words *w, const char *word);
/* "unknown WHAT "x"; did you mean "y"?", or all that are known. */
void words_explain(const char *what, const char *text, const struct words *known, char *buf,
                   size_t len);

struct device_config {
	char name[32];
	uint8_t unit;               /* as consoles address it */
	uint8_t aliases[UNITS_MAX]; /* further units that mean the same device */
	uint8_t n_aliases;
	char address[TRANSPORT_LEN]; /* as it is written: "192.0.2.7:502", "rtu:…" */
	struct transport transport;
	struct sockaddr_storage at; /* of the kinds that have a numeric address */
	uint8_t device_unit;        /* as the device is addressed */
	char profile[52];           /* "NAME.cfg" in the library's devices/ */
	char serial[48];            /* expected; "": any */
	struct device_timing site;  /* what the site says instead of the profile; 0: nothing */
	int64_t lease_ms;           /* how long one console has it; 0: none, every one sets */
	int line, profile_line;
};

struct clinic {
	char file[128]; /* as complaints name it */
	char name[64];
	bool demo; /* shown everywhere */
	char listen[ADDRESS_LEN];
	uint8_t gate_unit; /* 247 */
	char state_dir[PATH_LEN];
	char control[PATH_LEN];
	char control_group[32];
	char library_dir[PATH_LEN];
	size_t n_console_addresses;
	char console_address[CONSOLE_ADDRESSES_MAX][ADDRESS_LEN]; /* 0: any (loopback only) */
	size_t n_console_lines;
	struct transport console_line[CONSOLE_LINES_MAX];
	int consoles_max;
	int64_t idle_ms, partial_ms;
	int64_t lease_ms;  /* of devices that say nothing else */
	struct pace reads; /* of each console */
	int64_t session_idle_ms;
	int64_t signers_idle_ms, others_idle_ms, login_ms; /* until a login ends */
	int64_t hold_ms, grant_ms; /* at most HOLD_LIFE_MS, GRANT_PRESS_MS */
	int64_t live_ms;           /* without a sign of life of a live grant's approver */
	int64_t ledger_deadline_ms;
	/* who is to look at a hold that nobody decides, and after how long */
	size_t n_escalation;
	struct {
		char person[PERSON_LEN];
		int64_t after_ms;
	} escalation[ESCALATION_MAX];
	size_t n_reason_codes;
	char reason_code[16][PATH_LEN];
	size_t n_devices;
	struct device_config device[DEVICES_MAX];
};

struct config {
	struct clinic clinic;
	struct library library;
	size_t n_profiles;
	struct profile *profile; /* owned, as all below; every one of the library's, used or not */
	struct reference *reference;
	struct fact *fact;
	struct director_option *option;
	struct rule *rule;
	struct row *row;
};

/* Reads the clinic file and the library in the folder it names, and sees whether they fit. False
 * when there is any complaint; *out is then not to be used, but config_free is right all the same.
 */
MUST_USE bool config_load(const char *file, struct config *out, struct complaints *c);
/* The clinic file alone; *out has no library. */
MUST_USE bool config_load_clinic(const char *file, struct config *out, struct complaints *c);
/* A single device profile, for the simulator; whatever its file is called. */
MUST_USE bool config_load_profile(const char *file, struct symbols *choices, struct profile *out,
                                  struct complaints *c);
/* A library folder: sources.cfg, facts.cfg, sites.cfg, screening.cfg, decisions.cfg, protocols/,
 * devices/. The hash is the one config_load gives a clinic with this folder. */
MUST_USE bool config_load_library(const char *dir, struct config *out, struct complaints *c);
/* The files of a folder that config_load_library would read, those that are there, as names within
 * the folder; at most max. How many there are. */
#define CONFIG_FILE_LEN 96
size_t config_library_files(const char *dir, char (*name)[CONFIG_FILE_LEN], size_t max);
/* The device profile of this name, which is that of its file in devices/; NULL: none. */
const struct profile *config_profile(const struct config *c, const char *name);
/* What a library has for a device of a clinic; NULL: no profile of that name. */
const struct profile *config_profile_of(const struct config *library,
                                        const struct device_config *d);
/* As its profile says, or as the site does. */
struct device_timing config_timing(const struct device_config *d, const struct profile *p);
/* True when the library has a profile for each device of the clinic, and a protocol for its class;
 * else complaints, at the clinic file's lines. */
MUST_USE bool config_fits(const struct clinic *clinic, const struct config *library,
                          struct complaints *c);
void config_free(struct config *c);

/* "127.0.0.1:1502", "[::1]:1502": numeric, with port. */
MUST_USE bool config_address(const char *text, struct sockaddr_storage *out);

#endif
