#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *words;
} kinds[FAULT_COUNT] = {
#define X(id, name, words) [id] = {name, words},
        FAULT_MAP(X)
#undef X
};

const char *faults_help(int i, const char **words)
{
	if (i >= FAULT_COUNT)
		return NULL;
	*words = kinds[i].words;
	return kinds[i].name;
}

/* --- taking down ------------------------------------------------------------------------------ */

/* These act by themselves, when their time comes; all others bend a request or its answer. */
static bool acts_by_itself(enum fault_kind k)
{
	return k == FAULT_DRIFT || k == FAULT_EMISSION || k == FAULT_ROLLBACK || k == FAULT_REFUSE;
}

static bool kind_named(const char *name, enum fault_kind *out)
{
	for (int i = 0; i < FAULT_COUNT; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*out = (enum fault_kind)i;
			return true;
		}
	}
	return false;
}

static bool take_option(struct fault *f, const char *option)
{
	const struct {
		const char *name;
		int *value;
	} ints[] = {
	        {"unit", &f->unit},   {"function", &f->function}, {"address", &f->address},
	        {"count", &f->count}, {"after", &f->after},       {"chance", &f->chance},
	        {"ms", &f->ms},       {"code", &f->code},         {"by", &f->by},
	};
	const char *equals = strchr(option, '=');
	size_t n = equals == NULL ? 0 : (size_t)(equals - option);
	char *end;

	if (n == 4 && strncmp(option, "name", 4) == 0) {
		snprintf(f->name, sizeof f->name, "%s", equals + 1);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(ints) && n > 0; i++) {
		if (strlen(ints[i].name) != n || strncmp(option, ints[i].name, n) != 0)
			continue;
		*ints[i].value = (int)strtol(equals + 1, &end, 0);
		return end != equals + 1 && *end == '\0';
	}
	return false;
}

static void defaults_for(struct fault *f, enum fault_kind k)
{
	static const int ms[FAULT_COUNT] = {
	        [FAULT_LATE] = 1000, [FAULT_DRIBBLE] = 5, [FAULT_DRIFT] = 500};

	*f = (struct fault){.kind = k,
	                    .unit = FAULT_ANY,
	                    .function = FAULT_ANY,
	                    .address = FAULT_ANY,
	                    .count = acts_by_itself(k) ? 1 : FAULT_ENDLESS,
	                    .chance = 100,
	                    .ms = ms[k],
	                    .code = MB_DEVICE_FAILURE,
	                    .by = k == FAULT_ROLLBACK ? 1000 : 1,
	                    .name = "fluence"};
}

bool faults_add(struct device *d, const char *line, char *why, size_t why_len)
{
	char text[256], *save, *word;
	enum fault_kind kind;
	struct fault f;

	snprintf(text, sizeof text, "%s", line);
	word = strtok_r(text, " ", &save);
	if (word == NULL || !kind_named(word, &kind)) {
		snprintf(why, why_len, "no fault is named \"%s\"", word == NULL ? "" : word);
		return false;
	}
	defaults_for(&f, kind);
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		if (take_option(&f, word))
			continue;
		snprintf(why, why_len,
		         "\"%s\" is none of unit= function= address= count= after= "
		         "chance= ms= code= by= (numbers) name=",
		         word);
		return false;
	}
	if (kind == FAULT_DRIFT && device_row(d, f.name) == NULL) {
		snprintf(why, why_len, "no register is named %s", f.name);
		return false;
	}
	if (d->faults.n == FAULTS_MAX) {
		snprintf(why, why_len, "there are %d faults already", FAULTS_MAX);
		return false;
	}
	f.next_ms = d->now_ms;
	if (kind == FAULT_REFUSE)
		f.next_ms = f.ms > 0 ? d->now_ms + f.ms : INT64_MAX; /* when it ends */
	d->faults.fault[d->faults.n++] = f;
	return true;
}

void faults_clear(struct device *d)
{
	d->faults.n = 0;
}

bool faults_refuse(const struct device *d)
{
	for (int i = 0; i < d->faults.n; i++) {
		if (d->faults.fault[i].kind == FAULT_REFUSE)
			return true;
	}
	return false;
}

static void forget_spent(struct faults *all)
{
	int kept = 0;

	for (int i = 0; i < all->n; i++) {
		if (all->fault[i].count != 0)
			all->fault[kept++] = all->fault[i];
	}
	all->n = kept;
}

/* --- acting by itself --------------------------------------------------------------------------
 */

static void misbehave(struct device *d, struct fault *f)
{
	const struct reg *counter = regmap_row(&d->profile, ROLE_PULSE_COUNTER);
	const struct reg *r = device_row(d, f->name);

	if (f->kind == FAULT_DRIFT && r != NULL)
		device_raw_put(d, r, device_raw_get(d, r) + f->by);
	if (f->kind == FAULT_EMISSION)
		life_fire(d);
	if (f->kind == FAULT_ROLLBACK && counter != NULL) {
		d->counter = d->counter > f->by ? d->counter - f->by : 0;
		device_raw_put(d, counter, d->counter);
	}
}

void faults_tick(struct device *d)
{
	for (int i = 0; i < d->faults.n; i++) {
		struct fault *f = &d->faults.fault[i];

		if (!acts_by_itself(f->kind) || f->count == 0 || d->now_ms < f->next_ms)
			continue;
		misbehave(d, f);
		f->next_ms = d->now_ms + f->ms;
		if (f->count > 0)
			f->count--;
	}
	forget_spent(&d->faults);
}

/* --- bending a request and its answer ------------------------------------------------------------
 */

/* xorshift64*: the same seed gives the same run. */
static uint64_t draw(uint64_t *seed)
{
	uint64_t x = *seed == 0 ? 1 : *seed;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*seed = x;
	return (x * UINT64_C(2685821657736338717)) >> 33;
}

static bool meant(const struct fault *f, uint8_t unit, const struct request *q)
{
	return !acts_by_itself(f->kind) && (f->unit == FAULT_ANY || f->unit == unit) &&
	       (f->function == FAULT_ANY || f->function == q->function) &&
	       (f->address == FAULT_ANY ||
	        (f->address >= q->address && f->address < q->address + q->count));
}

void faults_match(struct device *d, uint8_t unit, const struct request *q, struct hits *h)
{
	memset(h->of, 0, sizeof h->of);
	for (int i = 0; i < d->faults.n; i++) {
		struct fault *f = &d->faults.fault[i];

		if (!meant(f, unit, q) || h->of[f->kind] != NULL)
			continue;
		if (f->after > 0) {
			f->after--;
			continue;
		}
		if (f->chance < 100 && (int)(draw(&d->faults.seed) % 100) >= f->chance)
			continue;
		if (f->count > 0)
			f->count--;
		f->drawn = draw(&d->faults.seed);
		h->copy[f->kind] = *f;
		h->of[f->kind] = &h->copy[f->kind];
	}
	forget_spent(&d->faults);
}

void faults_bend(const struct hits *h, struct response *a)
{
	if (h->of[FAULT_BADTID] != NULL)
		a->tid ^= 0x5500;
	if (h->of[FAULT_BADPROTO] != NULL)
		a->protocol = 1;
	if (h->of[FAULT_BADUNIT] != NULL)
		a->unit ^= 0x01;
	if (h->of[FAULT_BADFC] != NULL)
		a->pdu[0] ^= 0x01;
	if (h->of[FAULT_BADECHO] != NULL)
		a->pdu[a->n - 1] ^= 0x01;
	if (h->of[FAULT_SHORT] != NULL && a->n > 1)
		a->n--;
	if (h->of[FAULT_LONG] != NULL)
		a->pdu[a->n++] = 0;
}

size_t faults_bend_bytes(const struct hits *h, uint8_t *bytes, size_t n)
{
	const struct fault *noise = h->of[FAULT_NOISE], *cut = h->of[FAULT_TRUNCATED];
	uint64_t drawn = noise == NULL ? 0 : noise->drawn;

	if (h->of[FAULT_BADCRC] != NULL)
		bytes[n - 1] ^= 0x55;
	for (int i = 0; noise != NULL && i < noise->by; i++) {
		size_t bit = (size_t)(draw(&drawn) % (8 * n));

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	if (cut == NULL)
		return n;
	return (size_t)cut->by < n ? n - (size_t)cut->by : 0;
}
