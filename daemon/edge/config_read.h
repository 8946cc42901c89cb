/*
 * config_read: the strict reading all configuration files share. Private to config*.c.
 *
 * A source is one file: read whole, looked over before libconfig sees it (libconfig changes long
 * integers silently, glues neighbouring strings and loses what follows an open comment), then
 * parsed. Settings are walked by tables of keys, so that nothing in a file goes unread.
 */
#ifndef EDGE_CONFIG_READ_H
#define EDGE_CONFIG_READ_H

#include <libconfig.h>

#include "core/hold.h"
#include "edge/config.h"

struct source {
	char file[128]; /* as complaints name it */
	config_t parsed;
	struct complaints *complaints; /* borrowed */
};

/* False when there is nothing to walk; otherwise source_close when done. Complaints may have been
 * made even when true. */
MUST_USE bool source_open(struct source *s, const char *path, struct complaints *c);
void source_close(struct source *s);
/* The one group a file is about ("profile", "clinic" …), or NULL with a complaint. Any other name
 * beside it is complained about. */
const config_setting_t *source_root(const struct source *s, const char *name, int type);

/* A complaint about this place. */
void wrong(const struct source *s, const config_setting_t *at, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
int line_of(const config_setting_t *at);

/* The position in the list, or -1 with a complaint that names the nearest. */
int word_of(const struct source *s, const config_setting_t *at, const char *what, const char *text,
            const struct words *known);

enum key_kind { KEY_TEXT, KEY_INT, KEY_FLAG, KEY_GROUP, KEY_GROUPS, KEY_TEXTS, KEY_INTS };

struct key {
	const char *name;
	enum key_kind kind;
	bool required;
};

/* Complains about every key that is not in the table (naming the nearest), is of another kind or
 * is missing. The takers below then find only what has passed; what has not counts as absent. */
void keys_check(const struct source *s, const config_setting_t *group, const struct key *keys,
                size_t n);
#define KEYS_CHECK(s, group, keys) keys_check((s), (group), (keys), ARRAY_LEN(keys))

/* The setting when it is there and of this kind, else NULL. */
const config_setting_t *key_at(const config_setting_t *group, const char *name, enum key_kind kind);
/* How many elements; 0 for NULL. elem: the i-th. */
int elems(const config_setting_t *list);
const config_setting_t *elem(const config_setting_t *list, int i);
const char *elem_text(const config_setting_t *list, int i);
/* "" when absent. */
const char *key_text(const config_setting_t *group, const char *name);
bool flag_at(const config_setting_t *group, const char *name);

/* These leave *out alone when the key is absent and are then true; false after a complaint. */
bool take_text(const struct source *s, const config_setting_t *group, const char *name, char *out,
               size_t size);
/* A name for files, wire and people: a-z 0-9 _ - . and nothing else, not empty. */
bool take_name(const struct source *s, const config_setting_t *group, const char *name, char *out,
               size_t size);
bool take_int(const struct source *s, const config_setting_t *group, const char *name, int lo,
              int hi, int *out);
/* "500 ms" to milliseconds, within lo..hi. */
bool take_ms(const struct source *s, const config_setting_t *group, const char *name, int64_t lo,
             int64_t hi, int64_t *out);
/* "14 d" to whole days, within lo..hi. */
bool days_of(const struct source *s, const config_setting_t *at, const char *text, int64_t lo,
             int64_t hi, int64_t *out);
bool quantity_of(const struct source *s, const config_setting_t *at, const char *text,
                 struct measure m, int64_t *out);
bool span_of(const struct source *s, const config_setting_t *at, const char *text, struct measure m,
             struct span *out);
/* PARAM_NONE after a complaint. */
enum param param_of(const struct source *s, const config_setting_t *at, const char *name);
/* Adds to the table; 0 after a complaint. */
int64_t symbol_of(const struct source *s, const config_setting_t *at, struct symbols *table,
                  size_t max, const char *name);

/* Joins a path of a file in `dir` unless it is absolute; false when it does not fit. */
MUST_USE bool path_join(char *out, size_t size, const char *dir, const char *path);
/* The folder a file lies in, "." when its name has none. */
MUST_USE bool path_folder(char *out, size_t size, const char *file);

/* The files NAME.cfg of a folder in `dir`, in the order of their names; how many, or -1. The caller
 * frees each and the list. */
struct dirent;
int folder_files(const char *dir, const char *folder, struct dirent ***list);

/* Device classes under one name, for the rules of screening.cfg. A group may name classes that no
 * protocol has yet: its rules then hold from the day the protocol is there. */
#define GROUPS_MAX 24
struct class_group {
	char name[SYMBOL_LEN];
	uint32_t classes; /* of those that have a protocol */
};
struct groups {
	size_t n;
	struct class_group group[GROUPS_MAX];
	struct symbols members; /* every class any of them names */
};

/* --- the files of the room to each other ---------------------------------------------------- */

/* config_groups.c: where there are groups, each class must be in one, or a class whose rules were
 * forgotten would be treated without any. classes_take: *out stays 0 when a rule is for all; false
 * for a rule that is for none of the classes that have a protocol. */
void groups_take(const struct source *s, const config_setting_t *list, const struct library *lib,
                 struct groups *all);
bool classes_take(const struct source *s, const config_setting_t *rule, const struct groups *all,
                  const struct library *lib, uint32_t *out);
/* config_effects.c: a condition or an effect in parts; the last of `most` keeps its spaces ("20
 * J/cm2"). And one effect. False after a complaint. */
#define PARTS_MAX 4
struct parts {
	char text[96];
	const char *part[PARTS_MAX];
	int n;
};
bool parts_split(const struct source *s, const config_setting_t *at, const char *text, int most,
                 struct parts *out);
bool effect_take(const struct source *s, const config_setting_t *at, const char *text,
                 struct effect *out);
/* further back than any answer may lie (fact_parse: 120 years) */
#define DAYS_BACK_MAX 43829
/* config_consoles.c: who may be a console, the lease of one on a device, how much each may read.
 * lease_take: *out stays when nothing is said. */
#define LEASE_MS \
	INT64_C(60000) /* longer than between two turns of a knob, no longer than one waits */
void consoles_take(const struct source *s, const config_setting_t *group, struct clinic *c);
void lease_take(const struct source *s, const config_setting_t *group, const struct clinic *c,
                int64_t *out);
/* config_sites.c: what lies in what. A rule or a row for a site is for all that lies in it. */
void sites_load(const char *file, struct config *out, struct complaints *c);
uint64_t sites_covered(const struct library *lib, uint64_t sites);
/* config_address.c */
bool address_is_loopback(const struct sockaddr_storage *a);
bool address_is_wildcard(const struct sockaddr_storage *a);
bool address_has_port(const struct sockaddr_storage *a);
/* config_line.c: the way to a device, and who else is on its line. device_transport_take: false
 * after a complaint. */
bool device_transport_take(const struct source *s, const config_setting_t *group,
                           struct device_config *d);
void device_line_check(const struct source *s, const config_setting_t *group,
                       const struct clinic *c, const struct device_config *d);
bool same_device(const struct device_config *a, const struct device_config *b);
void console_lines_take(const struct source *s, const config_setting_t *list, struct clinic *c);
/* config_clinic.c: the clinic file, without the library. */
void clinic_load(const char *file, struct clinic *out, struct complaints *c);
/* config_register.c: one row of a device profile, and what people call its values. */
extern const struct words table_words;
int word_at(const struct source *s, const config_setting_t *group, const char *key,
            const struct words *known);
void access_take(const struct source *s, const config_setting_t *group, bool *readable,
                 bool *writable);
void register_take(const struct source *s, const config_setting_t *group, struct symbols *choices,
                   struct reg *r);
/* How a row's base values are measured; false: they have names instead. */
bool measure_of(const struct reg *r, struct measure *out);
/* "20 J/cm2", "cryogen", "standby", "7" to the row's base value. */
bool value_of(const struct source *s, const config_setting_t *at, const struct reg *r,
              const struct symbols *choices, const char *text, int64_t *out);
/* config_heart.c: what a heartbeat's row says; false, with a sentence, when its times do not fit
 * how the device is spoken to. */
void heart_take(const struct source *s, const config_setting_t *group, struct reg *r);
bool heart_fits(const struct profile *p, const struct device_timing *t, char *why, size_t len);
/* config_device.c: deadline, poll and window, where a group names them. */
void timing_override(const struct source *s, const config_setting_t *group,
                     struct device_timing *t);
/* config_profiles.c: all of the folder devices; and which of them a device of the clinic names: a
 * path from the library's folder or the clinic file's, to a file in the library's devices. */
void profiles_load(const char *dir, struct config *out, struct complaints *c);
void profile_named(const struct source *s, const config_setting_t *device,
                   const char *clinic_folder, const char *library, struct device_config *out);
/* config_protocol.c: one protocol file; its rows are added to *out, `file` in library.files. */
void protocol_take(const struct source *s, struct config *out, uint8_t file);
/* config_library.c: adds to *out; config_free frees. */
void library_load(const char *dir, struct config *out, struct complaints *c);
/* config_sources.c: sources.cfg; and source and confidence, as every clinical number must have
 * them, each key with an entry there. */
void sources_load(const char *file, struct config *out, struct complaints *c);
void take_origin(const struct source *s, const config_setting_t *group, const struct library *lib,
                 char *source, size_t size, char *confidence);
/* config_options.c: what screening.cfg leaves to the director; which of it a rule hangs on; the
 * complaint about those that no rule hangs on (bit per index: named); what decisions.cfg decides;
 * and the silent rules sorted to the end. */
void options_take(const struct source *s, const config_setting_t *list, struct config *out);
void rule_option_take(const struct source *s, const config_setting_t *group,
                      const struct library *lib, struct rule *r);
void options_unnamed(const struct source *s, const struct library *lib, uint32_t named);
void decisions_load(const char *file, struct config *out, struct complaints *c);
void rules_part(struct config *out);
/* config_facts.c, config_rules.c. */
void facts_load(const char *file, struct config *out, struct complaints *c);
void rules_load(const char *file, struct config *out, struct complaints *c);
/* config_hash.c: BLAKE2b-256 over the canonical text of all that decides. */
void library_hash(struct config *c);

#endif
