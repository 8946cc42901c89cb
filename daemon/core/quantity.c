#include "core/quantity.h"

#include <string.h>

#include "core/text.h"

/* One unit is multiplier * 10^exp10 of its dimension's coherent unit. The range is the example for
 * people who wrote something else. */
struct unit {
	const char *name;
	enum dimension dimension;
	uint32_t multiplier;
	int8_t exp10;
	const char *from, *to;
};

/* Each dimension from its largest unit down to its smallest, which has no multiplier. */
static const struct unit UNITS[] = {
        /* name, dimension, multiplier, 10^, example */
        {"", DIM_COUNT, 1, 0, "1", "12"},
        {"", DIM_CHOICE, 1, 0, "", ""},
        {"%", DIM_RATIO, 1, -2, "5", "10"},
        {"J/cm2", DIM_FLUENCE, 1, 0, "14", "20"},
        {"mJ/cm2", DIM_FLUENCE, 1, -3, "50", "500"},
        {"uJ/cm2", DIM_FLUENCE, 1, -6, "50", "500"},
        {"J", DIM_ENERGY, 1, 0, "2", "15"},
        {"mJ", DIM_ENERGY, 1, -3, "10", "35"},
        {"uJ", DIM_ENERGY, 1, -6, "50", "500"},
        {"m", DIM_LENGTH, 1, 0, "1", "2"},
        {"cm", DIM_LENGTH, 1, -2, "1", "2"},
        {"mm", DIM_LENGTH, 1, -3, "10", "18"},
        {"um", DIM_LENGTH, 1, -6, "100", "500"},
        {"nm", DIM_LENGTH, 1, -9, "755", "1064"},
        {"m2", DIM_AREA, 1, 0, "1", "2"},
        {"cm2", DIM_AREA, 1, -4, "1", "4"},
        {"mm2", DIM_AREA, 1, -6, "100", "400"},
        {"um2", DIM_AREA, 1, -12, "100", "400"},
        {"d", DIM_TIME, 86400, 0, "1", "14"},
        {"h", DIM_TIME, 3600, 0, "1", "24"},
        {"min", DIM_TIME, 60, 0, "5", "30"},
        {"s", DIM_TIME, 1, 0, "1", "5"},
        {"ms", DIM_TIME, 1, -3, "3", "20"},
        {"us", DIM_TIME, 1, -6, "100", "500"},
        {"ns", DIM_TIME, 1, -9, "5", "20"},
        {"ps", DIM_TIME, 1, -12, "300", "750"},
        {"MHz", DIM_FREQUENCY, 1, 6, "1", "6"},
        {"kHz", DIM_FREQUENCY, 1, 3, "100", "500"},
        {"Hz", DIM_FREQUENCY, 1, 0, "1", "2"},
        {"mHz", DIM_FREQUENCY, 1, -3, "100", "500"},
        {"/cm2", DIM_DENSITY, 1, 0, "100", "1000"},
        {"W/cm2", DIM_IRRADIANCE, 1, 0, "10", "40"},
        {"mW/cm2", DIM_IRRADIANCE, 1, -3, "50", "500"},
};

/* NULL when there is none. */
static const struct unit *unit_named(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (strlen(UNITS[i].name) == len && memcmp(UNITS[i].name, name, len) == 0)
			return &UNITS[i];
	}
	return NULL;
}

/* 10^e; 1 below 10^0, and above 10^19 the largest number there is. */
static uint64_t power_of_ten(int e)
{
	uint64_t power = 1;

	if (e > 19)
		return UINT64_MAX;
	for (; e > 0; e--)
		power *= 10;
	return power;
}

/* --- text to integer ---------------------------------------------------------------------- */

/* digits * 10^exp10. The digits do not end in 0, so that "20000000" has one digit to keep. */
struct number {
	uint64_t digits;
	int exp10;
};

static bool is_digit(char c)
{
	return '0' <= c && c <= '9';
}

/* Zeros wait in exp10 until another digit needs them. False beyond 64 bits. */
static bool take_digits(const char **at, struct number *n)
{
	for (; is_digit(**at); (*at)++) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (digit == 0) {
			n->exp10++;
			continue;
		}
		if (__builtin_mul_overflow(n->digits, power_of_ten(n->exp10 + 1), &n->digits) ||
		    __builtin_add_overflow(n->digits, digit, &n->digits))
			return false;
		n->exp10 = 0;
	}
	return true;
}

static enum quantity_status take_number(const char **at, struct number *n)
{
	const char *point;

	*n = (struct number){0};
	if (**at == '\0')
		return QUANTITY_EMPTY;
	if (**at == '-' && is_digit((*at)[1]))
		return QUANTITY_NEGATIVE;
	if (!is_digit(**at))
		return QUANTITY_NOT_A_NUMBER;
	if (!take_digits(at, n))
		return QUANTITY_TOO_LARGE;
	if (**at != '.' || !is_digit((*at)[1]))
		return QUANTITY_OK;
	point = (*at)++;
	if (!take_digits(at, n))
		return QUANTITY_TOO_FINE;
	n->exp10 -= (int)(*at - point - 1);
	return QUANTITY_OK;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* digits * multiplier * 10^exp10 as an integer, exactly. */
static enum quantity_status to_integer(struct number n, uint64_t multiplier, int64_t *out)
{
	uint64_t divisor;
	uint64_t shared;
	uint64_t product;
	int64_t value;

	if (n.digits == 0) {
		*out = 0;
		return QUANTITY_OK;
	}
	/* 20 digits that do not end in 0 cannot be divided 20 times by ten, in any unit. */
	if (n.exp10 < -19)
		return QUANTITY_TOO_FINE;
	divisor = power_of_ten(-n.exp10);
	shared = common_divisor(n.digits, divisor);
	if (multiplier % (divisor / shared) != 0)
		return QUANTITY_TOO_FINE;
	multiplier /= divisor / shared;
	if (__builtin_mul_overflow(n.digits / shared, multiplier, &product) ||
	    __builtin_mul_overflow(product, power_of_ten(n.exp10), &value))
		return QUANTITY_TOO_LARGE;
	*out = value;
	return QUANTITY_OK;
}

static enum quantity_status to_base(struct number n, const struct unit *u, struct measure m,
                                    int64_t *out)
{
	n.exp10 += u->exp10 - m.base_exp10;
	return to_integer(n, u->multiplier, out);
}

/* What must stand behind the number, up to the end. */
static enum quantity_status take_unit(const char *at, struct measure m, const struct unit **unit)
{
	size_t len;

	if (*at == '.')
		return QUANTITY_NOT_A_NUMBER;
	if (*at == ',')
		return QUANTITY_COMMA;
	if (*at == ' ' && m.dimension != DIM_COUNT)
		at++;
	len = strcspn(at, " ");
	if (len == 0 && m.dimension != DIM_COUNT)
		return QUANTITY_NO_UNIT;
	*unit = unit_named(at, len);
	if (*unit == NULL)
		return QUANTITY_UNKNOWN_UNIT;
	if ((*unit)->dimension != m.dimension)
		return QUANTITY_WRONG_DIMENSION;
	return at[len] == '\0' ? QUANTITY_OK : QUANTITY_TRAILING;
}

enum quantity_status quantity_parse(const char *text, struct measure m, int64_t *out)
{
	const struct unit *unit;
	struct number n;
	enum quantity_status status = take_number(&text, &n);

	if (status != QUANTITY_OK)
		return status;
	status = take_unit(text, m, &unit);
	if (status != QUANTITY_OK)
		return status;
	return to_base(n, unit, m, out);
}

struct end {
	bool given;
	struct number n;
};

static enum quantity_status take_ends(const char **at, struct end *lo, struct end *hi)
{
	enum quantity_status status = QUANTITY_OK;

	lo->given = strncmp(*at, "..", 2) != 0;
	if (lo->given)
		status = take_number(at, &lo->n);
	*hi = *lo;
	if (status != QUANTITY_OK || strncmp(*at, "..", 2) != 0)
		return status;
	*at += 2;
	hi->given = is_digit(**at) || **at == '-';
	if (hi->given)
		return take_number(at, &hi->n);
	return lo->given ? QUANTITY_OK : QUANTITY_NOT_A_RANGE;
}

/* What is not given stays as it is: open. */
static enum quantity_status end_to_base(const struct end *e, const struct unit *u, struct measure m,
                                        int64_t *out)
{
	return e->given ? to_base(e->n, u, m, out) : QUANTITY_OK;
}

enum quantity_status quantity_parse_span(const char *text, struct measure m, struct span *out)
{
	const struct unit *unit;
	struct end lo, hi;
	struct span span = SPAN_ALL;
	enum quantity_status status = take_ends(&text, &lo, &hi);

	if (status == QUANTITY_OK)
		status = take_unit(text, m, &unit);
	if (status == QUANTITY_OK)
		status = end_to_base(&lo, unit, m, &span.lo);
	if (status == QUANTITY_OK)
		status = end_to_base(&hi, unit, m, &span.hi);
	if (status != QUANTITY_OK)
		return status;
	if (span.lo > span.hi)
		return QUANTITY_REVERSED;
	*out = span;
	return QUANTITY_OK;
}

enum quantity_status quantity_parse_ratio(const char *text, int64_t *num, int64_t *den)
{
	struct number above;
	struct number below = {1, 0};
	int64_t n, d;
	enum quantity_status status = take_number(&text, &above);

	if (status == QUANTITY_OK && *text == '/') {
		text++;
		status = take_number(&text, &below);
	}
	if (status != QUANTITY_OK)
		return status;
	if (*text != '\0')
		return *text == ',' ? QUANTITY_COMMA : QUANTITY_TRAILING;
	if (above.digits == 0 || below.digits == 0)
		return QUANTITY_ZERO;
	if (above.exp10 < 0) { /* 0.1 is 1/10 */
		below.exp10 -= above.exp10;
		above.exp10 = 0;
	}
	status = to_integer(above, 1, &n);
	if (status == QUANTITY_OK)
		status = to_integer(below, 1, &d);
	if (status != QUANTITY_OK)
		return status;
	*num = n;
	*den = d;
	return QUANTITY_OK;
}

/* --- integer to text ---------------------------------------------------------------------- */

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

/* The unit m.shown_in, or the dimension's largest. */
static const struct unit *shown_unit(struct measure m)
{
	const struct unit *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (UNITS[i].dimension != m.dimension)
			continue;
		if (strcmp(UNITS[i].name, m.shown_in) == 0)
			return &UNITS[i];
		if (first == NULL)
			first = &UNITS[i];
	}
	return first;
}

/* Both are written exactly in this unit, and the larger is at least 10^exp10 of it. */
static bool unit_suits(const struct unit *u, struct measure m, uint64_t larger, uint64_t smaller,
                       int exp10)
{
	return larger % u->multiplier == 0 && smaller % u->multiplier == 0 &&
	       larger / u->multiplier >= power_of_ten(u->exp10 - m.base_exp10 + exp10);
}

/* One unit for both ends of a span. */
static const struct unit *unit_for(struct measure m, uint64_t a, uint64_t b)
{
	uint64_t larger = a > b ? a : b;
	uint64_t smaller = a > b ? b : a;
	const struct unit *unit = shown_unit(m);

	if (larger == 0 || unit_suits(unit, m, larger, smaller, -3))
		return unit;
	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (UNITS[i].dimension != m.dimension)
			continue;
		unit = &UNITS[i];
		if (unit_suits(unit, m, larger, smaller, 0))
			break;
	}
	return unit;
}

/* Every digit, and no zero that says nothing. */
static void put_number(struct text *t, int64_t v, const struct unit *u, struct measure m)
{
	int places = u->exp10 - m.base_exp10;
	uint64_t digits = magnitude(v) / u->multiplier;
	uint64_t left = digits % power_of_ten(places);

	text_put(t, v < 0 ? "-" : "");
	text_put_int(t, (int64_t)(digits / power_of_ten(places)));
	for (; v != 0 && places < 0; places++)
		text_put(t, "0");
	text_put(t, left > 0 ? "." : "");
	while (left > 0) {
		places--;
		text_put_int(t, (int64_t)(left / power_of_ten(places)));
		left %= power_of_ten(places);
	}
}

static void put_unit(struct text *t, const struct unit *u)
{
	text_put(t, u->name[0] != '\0' ? " " : "");
	text_put(t, u->name);
}

size_t quantity_format(int64_t value, struct measure m, char *buf, size_t len)
{
	struct text t = text_in(buf, len);
	const struct unit *unit = unit_for(m, magnitude(value), magnitude(value));

	put_number(&t, value, unit, m);
	put_unit(&t, unit);
	return t.needed;
}

size_t quantity_format_span(struct span s, struct measure m, char *buf, size_t len)
{
	struct text t = text_in(buf, len);
	bool from = s.lo != INT64_MIN;
	bool to = s.hi != INT64_MAX;
	const struct unit *unit;

	if (s.lo == s.hi)
		return quantity_format(s.lo, m, buf, len);
	if (!from && !to) {
		text_put(&t, "any");
		return t.needed;
	}
	unit = unit_for(m, from ? magnitude(s.lo) : 0, to ? magnitude(s.hi) : 0);
	if (from)
		put_number(&t, s.lo, unit, m);
	text_put(&t, "..");
	if (to)
		put_number(&t, s.hi, unit, m);
	put_unit(&t, unit);
	return t.needed;
}

/* --- for people --------------------------------------------------------------------------- */

static const char *status_sentence(enum quantity_status s)
{
	static const char *const sentence[] = {
#define X(id, sentence) [id] = (sentence),
	        QUANTITY_STATUS_MAP(X)
#undef X
	};

	return sentence[s];
}

static const char *dimension_words(enum dimension d)
{
	static const char *const words[] = {
#define X(id, words) [id] = (words),
	        DIMENSION_MAP(X)
#undef X
	};

	return words[d];
}

/* "(an energy)", when a unit of another kind stands behind the number or the range. */
static void put_found(struct text *t, const char *text)
{
	const char *at = text + strspn(text, "0123456789.");
	const struct unit *found;

	at += *at == ' ';
	found = unit_named(at, strcspn(at, " "));
	if (found == NULL)
		return;
	text_put(t, " (");
	text_put(t, dimension_words(found->dimension));
	text_put(t, ")");
}

static void put_example(struct text *t, bool range, struct measure m)
{
	const struct unit *unit = shown_unit(m);

	text_put(t, ", as in \"");
	if (range) {
		text_put(t, unit->from);
		text_put(t, "..");
	}
	text_put(t, unit->to);
	put_unit(t, unit);
	text_put(t, "\"");
}

static void put_units(struct text *t, struct measure m)
{
	const char *before = " (units: ";

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (UNITS[i].dimension != m.dimension)
			continue;
		text_put(t, before);
		text_put(t, UNITS[i].name);
		before = ", ";
	}
	text_put(t, ")");
}

static void put_finest(struct text *t, struct measure m)
{
	const struct unit *unit = unit_for(m, 1, 1);

	text_put(t, "the finest step is ");
	put_number(t, 1, unit, m);
	put_unit(t, unit);
}

static void put_wanted(struct text *t, bool range, struct measure m)
{
	text_put(t, dimension_words(m.dimension));
	text_put(t, " is wanted");
	put_example(t, range, m);
}

/* What would be right. */
static void put_way(struct text *t, enum quantity_status why, const char *text, struct measure m)
{
	/* Who wrote a range is shown one, unless a range is not a number because one was wanted. */
	bool range = strstr(text, "..") != NULL && why != QUANTITY_NOT_A_NUMBER;

	if (why == QUANTITY_TOO_FINE) {
		put_finest(t, m);
	} else if (why == QUANTITY_COMMA) {
		text_put(t, "two and a half is \"2.5\", a thousand is \"1000\"");
	} else if (why == QUANTITY_REVERSED) {
		text_put(t, "the smaller end stands first");
		put_example(t, range, m);
	} else {
		put_wanted(t, range, m);
	}
	if (why == QUANTITY_UNKNOWN_UNIT)
		put_units(t, m);
}

size_t quantity_explain(enum quantity_status why, const char *text, struct measure m, char *buf,
                        size_t len)
{
	struct text t = text_in(buf, len);

	if (why == QUANTITY_OK)
		return 0;
	text_put(&t, "\"");
	text_put(&t, text);
	text_put(&t, "\": ");
	if (m.dimension == DIM_CHOICE) { /* which names there are, only the caller knows */
		text_put(&t, "it is not one of the names known here");
		return t.needed;
	}
	text_put(&t, status_sentence(why));
	if (why == QUANTITY_WRONG_DIMENSION)
		put_found(&t, text);
	text_put(&t, "; ");
	put_way(&t, why, text, m);
	return t.needed;
}
