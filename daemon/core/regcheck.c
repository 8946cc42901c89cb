/* What is wrong with the rows of a profile, if anything. */
#include "core/regrow.h"

#define ADDRESSES 0x10000u

const char *regmap_fault_words(enum regmap_fault f)
{
	static const char *const words[] = {
#define X(id, words_) [id] = words_,
	        REGMAP_FAULT_MAP(X)
#undef X
	};

	return words[f];
}

static bool table_writable(enum table t)
{
	return t == TABLE_COIL || t == TABLE_HOLDING;
}

/* --- one row ----------------------------------------------------------------------------- */

static bool counts_hold(const struct profile *p, const struct reg *r)
{
	(void)p;
	return r->n_choices <= REG_CHOICES_MAX;
}

static bool width_holds(const struct profile *p, const struct reg *r)
{
	uint8_t fixed = encoding_words(r->encoding);

	(void)p;
	if (r->words < 1 || r->words > REG_WORDS_MAX || (fixed != 0 && r->words != fixed))
		return false;
	if (reg_commands(r) && fixed != 1)
		return false;
	if (r->encoding == ENC_BITS && (r->bit_count < 1 || r->bit_first + r->bit_count > 16))
		return false;
	return reg_range(r).end <= ADDRESSES;
}

static bool table_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return table_of_bits(r->table) == (r->encoding == ENC_BIT);
}

static bool write_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return !r->writable || table_writable(r->table);
}

static bool role_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return !r->writable || role_writable(r->role);
}

static bool scale_holds(const struct profile *p, const struct reg *r)
{
	(void)p;
	return r->encoding == ENC_TEXT || reg_chooses(r) || (r->num > 0 && r->den > 0);
}

/* Every value it will be fed has a place in it. */
static bool heart_holds(const struct profile *p, const struct reg *r)
{
	uint16_t words[REG_WORDS_MAX] = {0};

	(void)p;
	if (r->role != ROLE_HEARTBEAT)
		return true;
	return table_writable(r->table) && r->encoding != ENC_TEXT && r->encoding != ENC_F32 &&
	       r->num == r->den && r->hard.lo < r->hard.hi && reg_put_raw(r, r->hard.lo, words) &&
	       reg_put_raw(r, r->hard.hi, words);
}

/* Of these a device may have several: nobody looks them up by role. */
static bool role_repeats(enum role role)
{
	return role == ROLE_PLAIN || role == ROLE_STATUS || role == ROLE_FIRE;
}

static bool once(const struct profile *p, const struct reg *r)
{
	for (const struct reg *o = p->reg; o < r; o++) {
		if (o->role != r->role || role_repeats(r->role))
			continue;
		if (r->role != ROLE_PARAMETER || o->param == r->param)
			return false;
	}
	return true;
}

/* What is written by itself, by its whole word: the write that stops, the beat. */
static bool alone(const struct reg *r)
{
	return reg_commands(r) || r->role == ROLE_HEARTBEAT;
}

/* Packed bits share a word. */
static bool may_share(const struct reg *a, const struct reg *b)
{
	if (alone(a) || alone(b))
		return false;
	return (reg_mask(a) & reg_mask(b)) == 0;
}

static bool apart(const struct profile *p, const struct reg *r)
{
	for (const struct reg *o = p->reg; o < r; o++)
		if (range_meets(reg_range(o), reg_range(r)) && !may_share(o, r))
			return false;
	return true;
}

static bool guarded(const struct profile *p, const struct reg *r)
{
	for (uint16_t i = 0; i < p->n_open; i++) {
		const struct open_range *o = &p->open[i];

		if (o->writable &&
		    range_meets(reg_range(r), (struct range){o->table, o->first, o->last + 1u}))
			return false;
	}
	return true;
}

/* In this order: a later check may rely on the earlier ones. */
static const struct {
	enum regmap_fault fault;
	bool (*holds)(const struct profile *p, const struct reg *r);
} ROW_CHECKS[] = {
        {REGMAP_TOO_MANY, counts_hold},  {REGMAP_WIDTH, width_holds},
        {REGMAP_BIT_TABLE, table_holds}, {REGMAP_READ_ONLY, write_holds},
        {REGMAP_ROLE_WRITE, role_holds}, {REGMAP_SCALE, scale_holds},
        {REGMAP_HEARTBEAT, heart_holds}, {REGMAP_TWICE, once},
        {REGMAP_OVERLAP, apart},         {REGMAP_OVERLAP_OPEN, guarded},
};

static enum regmap_fault row_fault(const struct profile *p, const struct reg *r)
{
	for (size_t i = 0; i < ARRAY_LEN(ROW_CHECKS); i++)
		if (!ROW_CHECKS[i].holds(p, r))
			return ROW_CHECKS[i].fault;
	return REGMAP_OK;
}

/* --- the whole --------------------------------------------------------------------------- */

static enum regmap_fault open_fault(const struct profile *p)
{
	for (uint16_t i = 0; i < p->n_open; i++) {
		if (p->open[i].last < p->open[i].first)
			return REGMAP_WIDTH;
		if (p->open[i].writable && !table_writable(p->open[i].table))
			return REGMAP_READ_ONLY;
	}
	return REGMAP_OK;
}

static bool arm_is_not_stop(const struct profile *p)
{
	const struct reg *arm = regmap_row(p, ROLE_ARM);

	return arm == NULL || !arm->has_on || !arm->has_off || arm->on != arm->off;
}

static bool stops(const struct profile *p)
{
	struct request stop;

	return arm_is_not_stop(p) && regmap_stop_request(p, &stop);
}

static bool tells_state(const struct profile *p)
{
	static const enum device_state needed[] = {DEVICE_STANDBY, DEVICE_ARMED, DEVICE_EMITTING};
	const struct reg *state = regmap_row(p, ROLE_STATE);
	size_t found = 0;

	if (state == NULL || !state->readable)
		return false;
	for (size_t n = 0; n < ARRAY_LEN(needed); n++)
		for (uint8_t i = 0; i < state->n_choices; i++)
			if (state->choice[i].value == (int64_t)needed[n]) {
				found++;
				break;
			}
	return found == ARRAY_LEN(needed);
}

static bool tells(const struct profile *p, enum param param)
{
	const struct reg *r = regmap_param_row(p, param);

	return r != NULL && r->readable;
}

static bool tells_fluence(const struct profile *p)
{
	static const struct {
		bool reported, derived;
	} NEEDS[] = {
	        [FLUENCE_REPORTED] = {true, false},
	        [FLUENCE_DERIVED] = {false, true},
	        [FLUENCE_BOTH] = {true, true},
	        [FLUENCE_NONE] = {false, false},
	};
	bool reported = tells(p, FLUENCE_UJ_CM2);
	bool derived = tells(p, ENERGY_UJ) && (tells(p, SPOT_UM) || tells(p, TIP_AREA_UM2));

	return (reported || !NEEDS[p->fluence].reported) && (derived || !NEEDS[p->fluence].derived);
}

static enum regmap_fault whole_fault(const struct profile *p)
{
	if (p->device_class[0] == '\0') /* nothing of it has dose meaning */
		return REGMAP_OK;
	if (!stops(p))
		return REGMAP_NO_STOP;
	if (!tells_state(p))
		return REGMAP_NO_STATE;
	return tells_fluence(p) ? REGMAP_OK : REGMAP_NO_FLUENCE;
}

enum regmap_fault reg_fault(const struct profile *p, int *row)
{
	enum regmap_fault fault = open_fault(p);

	*row = -1;
	if (fault != REGMAP_OK)
		return fault;
	for (uint16_t i = 0; i < p->n_regs; i++) {
		fault = row_fault(p, &p->reg[i]);
		if (fault != REGMAP_OK) {
			*row = i;
			return fault;
		}
	}
	return whole_fault(p);
}
