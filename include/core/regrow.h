/*
 * regrow: what the files of regmap share about one row and one range of addresses. Nobody else
 * includes it.
 *
 * Pure; any thread.
 */
#ifndef CORE_REGROW_H
#define CORE_REGROW_H

#include "core/regmap.h"

/* Addresses first..end-1 of one table. */
struct range {
	enum table table;
	uint32_t first, end;
};

static inline struct range reg_range(const struct reg *r)
{
	return (struct range){r->table, r->address, (uint32_t)r->address + r->words};
}

static inline bool range_meets(struct range a, struct range b)
{
	return a.table == b.table && a.first < b.end && b.first < a.end;
}

/* a lies wholly inside b. */
static inline bool range_inside(struct range a, struct range b)
{
	return a.table == b.table && b.first <= a.first && a.end <= b.end;
}

static inline bool table_of_bits(enum table t)
{
	return t == TABLE_COIL || t == TABLE_DISCRETE;
}

static inline bool row_in(uint64_t rows, uint16_t i)
{
	return (rows >> i & 1) != 0;
}

/* Arm and stop: a write to one of these is a command, not a setting. */
static inline bool reg_commands(const struct reg *r)
{
	return r->role == ROLE_ARM || r->role == ROLE_STOP;
}

/* 0: as the row says. */
uint8_t encoding_words(enum encoding e);
bool role_writable(enum role role);
/* Values go by name (or by code): the row's choices count, not its scale. */
bool reg_chooses(const struct reg *r);
/* The bits of its word that belong to the row, as the word stands on the wire. */
uint16_t reg_mask(const struct reg *r);
/* The number in the words before any scale; of a float its bits. */
int64_t reg_raw(const struct reg *r, const uint16_t *words);
/* The reverse; false when it does not fit. Bits that are not the row's are kept. */
MUST_USE bool reg_put_raw(const struct reg *r, int64_t raw, uint16_t *words);

/* What is wrong with completed rows, and with which (-1: the whole). */
MUST_USE enum regmap_fault reg_fault(const struct profile *p, int *row);
/* Every address may be read: by a readable row or open range. Of an empty range: yes. */
bool regmap_readable(const struct profile *p, struct range range);

#endif
