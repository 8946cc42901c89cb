#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

#define UNIT_MAX 247 /* Modbus over serial line v1.02, 2.2: 248..255 are reserved */
/* No source says how soon an absent approver must be noticed (confidence X): four signs of life may
 * be lost on the way before the fifth is missed. A clinic may only shorten it. */
#define LIVE_MS INT64_C(5000)
#define HOUR_MS INT64_C(3600000)

static const struct key clinic_keys[] = {
        {"name", KEY_TEXT, true},           {"demo", KEY_FLAG, false},
        {"listen", KEY_TEXT, true},         {"isolated_interface", KEY_FLAG, false},
        {"gate_unit", KEY_INT, false},      {"library", KEY_TEXT, true},
        {"state", KEY_TEXT, true},          {"control", KEY_TEXT, false},
        {"control_group", KEY_TEXT, false}, {"consoles", KEY_GROUP, false},
        {"sessions", KEY_GROUP, false},     {"logins", KEY_GROUP, false},
        {"ledger", KEY_GROUP, false},       {"escalation", KEY_GROUPS, false},
        {"reason_codes", KEY_TEXTS, true},  {"devices", KEY_GROUPS, true},
};

static const struct key sessions_keys[] = {{"idle", KEY_TEXT, false},
                                           {"hold", KEY_TEXT, false},
                                           {"grant", KEY_TEXT, false},
                                           {"live", KEY_TEXT, false}};

static const struct key logins_keys[] = {
        {"signers", KEY_TEXT, false}, {"others", KEY_TEXT, false}, {"longest", KEY_TEXT, false}};

static const struct key ledger_keys[] = {{"deadline", KEY_TEXT, false}};

static const struct key device_keys[] = {
        {"name", KEY_TEXT, true},           {"unit", KEY_INT, true},
        {"aliases", KEY_INTS, false},       {"address", KEY_TEXT, true},
        {"device_unit", KEY_INT, true},     {"profile", KEY_TEXT, true},
        {"serial", KEY_TEXT, false},        {"deadline", KEY_TEXT, false},
        {"poll", KEY_TEXT, false},          {"window", KEY_INT, false},
        {"connect_delay", KEY_TEXT, false}, {"spacing", KEY_TEXT, false},
        {"idle_close", KEY_TEXT, false},    {"lease", KEY_TEXT, false},
};

/* The file being read, and the folder its relative paths begin at. */
struct site {
	struct source s;
	struct clinic *out;
	char folder[PATH_LEN];
	char owner[256][32]; /* what answers to a unit; "": nothing */
};

static bool listen_address(const struct site *site, const config_setting_t *group, char *out,
                           struct sockaddr_storage *parsed)
{
	const config_setting_t *at = key_at(group, "listen", KEY_TEXT);

	if (at == NULL || !take_text(&site->s, group, "listen", out, ADDRESS_LEN))
		return false;
	if (config_address(out, parsed))
		return true;
	wrong(&site->s, at,
	      "listen \"%s\" is no numeric address with a port, as in \"192.0.2.7:502\" or "
	      "\"[2001:db8::7]:502\"; names are not looked up",
	      out);
	return false;
}

/* Plain Modbus/TCP knows no passwords: whoever reaches the port may ask for doses. So the loopback,
 * or an interface the clinic has declared its own, with the consoles on it named. */
static void listen_take(const struct site *site, const config_setting_t *group)
{
	struct clinic *c = site->out;
	const config_setting_t *at = key_at(group, "listen", KEY_TEXT);
	struct sockaddr_storage parsed;

	if (!listen_address(site, group, c->listen, &parsed) || address_is_loopback(&parsed))
		return;
	if (address_is_wildcard(&parsed))
		wrong(&site->s, at,
		      "listen \"%s\" is every interface; name the isolated one's address",
		      c->listen);
	else if (!flag_at(group, "isolated_interface"))
		wrong(&site->s, at,
		      "listen \"%s\" is not the loopback, and Modbus/TCP has no passwords; say "
		      "isolated_interface = true when only consoles can reach it",
		      c->listen);
	if (c->n_console_addresses == 0)
		wrong(&site->s, at,
		      "listen \"%s\" is not the loopback; consoles.addresses must name who may "
		      "connect",
		      c->listen);
}

/* --- the clinic ------------------------------------------------------------------------------ */

static void times_take(const struct site *site, const config_setting_t *group)
{
	struct clinic *c = site->out;
	const config_setting_t *sessions = key_at(group, "sessions", KEY_GROUP);
	const config_setting_t *logins = key_at(group, "logins", KEY_GROUP);
	const config_setting_t *ledger = key_at(group, "ledger", KEY_GROUP);

	if (sessions != NULL) {
		KEYS_CHECK(&site->s, sessions, sessions_keys);
		take_ms(&site->s, sessions, "idle", 1000, 12 * HOUR_MS, &c->session_idle_ms);
		take_ms(&site->s, sessions, "hold", 1000, HOLD_LIFE_MS, &c->hold_ms);
		take_ms(&site->s, sessions, "grant", 1000, GRANT_PRESS_MS, &c->grant_ms);
		take_ms(&site->s, sessions, "live", 1000, LIVE_MS, &c->live_ms);
	}
	if (logins != NULL) {
		KEYS_CHECK(&site->s, logins, logins_keys);
		take_ms(&site->s, logins, "signers", 1000, HOUR_MS, &c->signers_idle_ms);
		take_ms(&site->s, logins, "others", 1000, HOUR_MS, &c->others_idle_ms);
		take_ms(&site->s, logins, "longest", 1000, 12 * HOUR_MS, &c->login_ms);
	}
	if (ledger != NULL) {
		KEYS_CHECK(&site->s, ledger, ledger_keys);
		take_ms(&site->s, ledger, "deadline", 10, 10000, &c->ledger_deadline_ms);
	}
}

static const struct key escalation_keys[] = {{"person", KEY_TEXT, true}, {"after", KEY_TEXT, true}};

/* In the order in which they are asked. */
static void escalation_take(const struct site *site, const config_setting_t *list)
{
	struct clinic *c = site->out;
	int64_t before = 0;

	if (elems(list) > ESCALATION_MAX)
		wrong(&site->s, list, "escalation names %d; %d are the most", elems(list),
		      ESCALATION_MAX);
	for (int i = 0; i < elems(list) && i < ESCALATION_MAX; i++) {
		const config_setting_t *one = elem(list, i);
		int64_t after = before;

		KEYS_CHECK(&site->s, one, escalation_keys);
		take_text(&site->s, one, "person", c->escalation[i].person,
		          sizeof c->escalation[i].person);
		take_ms(&site->s, one, "after", 0, HOLD_LIFE_MS, &after);
		if (after < before)
			wrong(&site->s, one, "is asked before the one above; put them in order");
		c->escalation[i].after_ms = before = after;
		c->n_escalation++;
	}
}

static void reason_codes_take(const struct site *site, const config_setting_t *list)
{
	struct clinic *c = site->out;

	if (list == NULL)
		return;
	if (elems(list) == 0 || elems(list) > (int)ARRAY_LEN(c->reason_code))
		wrong(&site->s, list, "reason_codes has %d; 1 to %zu are wanted", elems(list),
		      ARRAY_LEN(c->reason_code));
	for (int i = 0; i < elems(list) && i < (int)ARRAY_LEN(c->reason_code); i++) {
		const char *text = elem_text(list, i);

		if (text[0] == '\0' || strlen(text) >= sizeof c->reason_code[0])
			wrong(&site->s, elem(list, i), "a reason code has 1 to %zu characters",
			      sizeof c->reason_code[0] - 1);
		else
			memcpy(c->reason_code[c->n_reason_codes++], text, strlen(text) + 1);
	}
}

static void path_take(const struct site *site, const config_setting_t *group, const char *key,
                      const char *folder, char *out)
{
	const config_setting_t *at = key_at(group, key, KEY_TEXT);
	const char *text = at == NULL ? out : key_text(group, key);
	char path[PATH_LEN];

	if (at == NULL && out[0] == '\0')
		return; /* said to be missing */
	if (!path_join(path, sizeof path, folder, text))
		wrong(&site->s, at != NULL ? at : group,
		      "%s: the path in \"%s\" has more than %d characters", key, folder,
		      PATH_LEN - 1);
	else if (at != NULL && text[0] == '\0')
		wrong(&site->s, at, "%s is empty", key);
	else
		memcpy(out, path, strlen(path) + 1);
}

/* Says who has the unit already. */
static void unit_claim(struct site *site, const config_setting_t *at, int unit, const char *name)
{
	if (site->owner[unit][0] != '\0')
		wrong(&site->s, at, "unit %d belongs to %s already", unit, site->owner[unit]);
	else
		snprintf(site->owner[unit], sizeof site->owner[unit], "%s", name);
}

static void clinic_take(struct site *site, const config_setting_t *group)
{
	struct clinic *c = site->out;
	const struct source *s = &site->s;
	int gate_unit = UNIT_MAX;

	*c = (struct clinic){.consoles_max = 64,
	                     .idle_ms = 10 * 60000,
	                     .partial_ms = 2000,
	                     .session_idle_ms = 30 * 60000,
	                     .signers_idle_ms = 5 * 60000,
	                     .others_idle_ms = 30 * 60000,
	                     .login_ms = 12 * HOUR_MS,
	                     .hold_ms = HOLD_LIFE_MS,
	                     .grant_ms = GRANT_PRESS_MS,
	                     .live_ms = LIVE_MS,
	                     .ledger_deadline_ms = 250,
	                     .lease_ms = LEASE_MS,
	                     .control = "control.sock"};
	snprintf(c->file, sizeof c->file, "%s", s->file);
	KEYS_CHECK(s, group, clinic_keys);
	take_text(s, group, "name", c->name, sizeof c->name);
	c->demo = flag_at(group, "demo");
	take_int(s, group, "gate_unit", 1, UNIT_MAX, &gate_unit);
	c->gate_unit = (uint8_t)gate_unit;
	unit_claim(site, group, gate_unit, "the gate itself (gate_unit)");
	path_take(site, group, "library", site->folder, c->library_dir);
	path_take(site, group, "state", site->folder, c->state_dir);
	path_take(site, group, "control", c->state_dir, c->control);
	take_text(s, group, "control_group", c->control_group, sizeof c->control_group);
	consoles_take(&site->s, key_at(group, "consoles", KEY_GROUP), c);
	listen_take(site, group);
	times_take(site, group);
	escalation_take(site, key_at(group, "escalation", KEY_GROUPS));
	reason_codes_take(site, key_at(group, "reason_codes", KEY_TEXTS));
}

/* --- devices --------------------------------------------------------------------------------- */

static void aliases_take(struct site *site, const config_setting_t *list, struct device_config *d)
{
	if (elems(list) > UNITS_MAX)
		wrong(&site->s, list, "%d aliases; %d are the most", elems(list), UNITS_MAX);
	for (int i = 0; i < elems(list) && i < UNITS_MAX; i++) {
		int unit = config_setting_get_int(elem(list, i));

		if (unit < 1 || unit > UNIT_MAX) {
			wrong(&site->s, elem(list, i), "unit %d is outside 1..%d", unit, UNIT_MAX);
			continue;
		}
		unit_claim(site, elem(list, i), unit, d->name);
		d->aliases[d->n_aliases++] = (uint8_t)unit;
	}
}

/* Two judges for one device would each judge against a device the other changes. */
static void device_twins(const struct site *site, const config_setting_t *group,
                         const struct device_config *d)
{
	const struct clinic *c = site->out;

	for (size_t i = 0; i < c->n_devices; i++) {
		const struct device_config *other = &c->device[i];

		if (d->name[0] != '\0' && strcmp(other->name, d->name) == 0)
			wrong(&site->s, group, "the device \"%s\" is there already, on line %d",
			      d->name, other->line);
		if (same_device(d, other))
			wrong(&site->s, group,
			      "%s unit %d is the device \"%s\" already; one device has one judge",
			      d->address, d->device_unit, other->name);
	}
}

static void device_take(struct site *site, const config_setting_t *group)
{
	struct clinic *c = site->out;
	struct device_config d = {.line = line_of(group), .lease_ms = site->out->lease_ms};
	int unit = 0, device_unit = 0;

	KEYS_CHECK(&site->s, group, device_keys);
	take_name(&site->s, group, "name", d.name, sizeof d.name);
	take_text(&site->s, group, "serial", d.serial, sizeof d.serial);
	if (take_int(&site->s, group, "unit", 1, UNIT_MAX, &unit) && unit != 0)
		unit_claim(site, group, unit, d.name);
	take_int(&site->s, group, "device_unit", 0, 255, &device_unit);
	d.unit = (uint8_t)unit;
	d.device_unit = (uint8_t)device_unit;
	aliases_take(site, key_at(group, "aliases", KEY_INTS), &d);
	if (device_transport_take(&site->s, group, &d))
		device_line_check(&site->s, group, c, &d);
	profile_named(&site->s, group, site->folder, c->library_dir, &d);
	timing_override(&site->s, group, &d.site);
	lease_take(&site->s, group, c, &d.lease_ms);
	device_twins(site, group, &d);
	c->device[c->n_devices++] = d;
}

static void devices_take(struct site *site, const config_setting_t *list)
{
	if (list == NULL)
		return;
	if (elems(list) == 0 || elems(list) > DEVICES_MAX)
		wrong(&site->s, list, "devices has %d; 1 to %d are wanted", elems(list),
		      DEVICES_MAX);
	for (int i = 0; i < elems(list) && i < DEVICES_MAX; i++)
		device_take(site, elem(list, i));
}

void clinic_load(const char *file, struct clinic *out, struct complaints *c)
{
	struct site *site = calloc(1, sizeof *site);
	const config_setting_t *group = NULL;

	must(site != NULL);
	site->out = out;
	bool opened = source_open(&site->s, file, c);

	if (opened && !path_folder(site->folder, sizeof site->folder, file))
		wrong(&site->s, NULL, "lies in a folder of more than %d characters", PATH_LEN - 1);
	else if (opened)
		group = source_root(&site->s, "clinic", CONFIG_TYPE_GROUP);
	if (group != NULL)
		clinic_take(site, group);
	if (out->library_dir[0] != '\0')
		devices_take(site, key_at(group, "devices", KEY_GROUPS));
	if (opened)
		source_close(&site->s);
	free(site);
}
