/*
 * given_faults: rows of a table "spoil the given library like this, and exactly that is found".
 */
#ifndef TESTS_GIVEN_FAULTS_H
#define TESTS_GIVEN_FAULTS_H

#include "given.h"
#include "given_library.h"

struct fault_row {
	const char *name;
	void (*spoil)(struct given_library *g);
	enum library_fault fault; /* LIBRARY_OK: nothing is found */
	const char *a, *b;        /* ids of rows, or of a rule; NULL: none */
	enum param param;         /* 0 is a fluence: PARAM_NONE must be said */
	bool rule;
};

#define PASSES LIBRARY_OK, NULL, NULL, PARAM_NONE, false

static inline void assert_index_is(const struct given_library *g, int32_t index, const char *id,
                                   bool rule)
{
	if (id == NULL)
		assert_i64(index, -1);
	else if (rule)
		assert_text(g->rule[index].id, id);
	else
		assert_text(g->row[index].id, id);
}

static inline void exactly_that_is_found(void **state)
{
	static struct given_library g;
	const struct fault_row *row = *state;
	struct library_finding found[4];

	given_library(&g);
	row->spoil(&g);
	assert_i64(library_check(&g.lib, found, ARRAY_LEN(found)), row->fault != LIBRARY_OK);
	if (row->fault == LIBRARY_OK)
		return;
	assert_text(library_fault_words(found[0].fault), library_fault_words(row->fault));
	assert_index_is(&g, found[0].a, row->a, row->rule);
	assert_index_is(&g, found[0].b, row->b, row->rule);
	assert_i64(found[0].param, row->param);
	assert_i64(found[0].rule, row->rule);
}

static inline bool some_row_finds(const struct fault_row *rows, size_t n, enum library_fault fault)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].fault == fault)
			return true;
	return false;
}

#endif
