#include "core/fact.h"

#include <string.h>

#include "core/text.h"

/* 120 years of 365.25 days: beyond any patient, so a slip of the pen. */
#define DAYS_LONGEST 43830

/* The calendar repeats every 400 years, its eras begin on 1 March. Counting from six million eras
 * ago keeps every int32_t, as a year or as a day, on the positive side of the divisions. */
#define ERA_DAYS    INT64_C(146097)
#define ERA_YEARS   INT64_C(400)
#define ERAS_BEFORE INT64_C(6000000)
/* From 0000-03-01 to 1970-01-01. */
#define EPOCH_DAYS INT64_C(719468)

const char *fact_status_words(enum fact_status s)
{
	static const char *const words[] = {
#define X(id, sentence) [id] = sentence,
	        FACT_STATUS_MAP(X)
#undef X
	};

	return words[s];
}

const char *fact_kind_name(enum fact_kind k)
{
	static const char *const names[FACT_KIND_COUNT] = {
#define X(id, name) [id] = name,
	        FACT_KIND_MAP(X)
#undef X
	};

	return names[k];
}

/* Days from the answer to today; negative when it was answered in the future. */
static int64_t answer_age(const struct answer *a, int32_t today)
{
	return (int64_t)today - a->answered_day;
}

static int64_t choice_risk(const struct fact *f, const struct answer *a)
{
	return a->value >= 0 && a->value < f->n_values ? a->value : RISK_UNKNOWN;
}

/* Nobody knows on one day what happens on the next; and what is no day at all is no answer. */
static int64_t days_risk(const struct answer *a, int32_t today)
{
	if (a->value == DAY_NEVER)
		return INT64_MIN;
	if (a->value < INT32_MIN || a->value > a->answered_day)
		return RISK_UNKNOWN;
	return a->value - today;
}

static int64_t number_risk(const struct answer *a)
{
	return a->value >= 0 && a->value <= FACT_NUMBER_MOST ? a->value : RISK_UNKNOWN;
}

int64_t fact_risk(const struct fact *f, const struct answer *a, int32_t today)
{
	if (f->derive != DERIVE_NONE && !a->given)
		return INT64_MIN;
	if (!a->given || answer_age(a, today) < 0 || answer_age(a, today) > f->valid_days)
		return RISK_UNKNOWN;
	if (f->kind == FACT_CHOICE)
		return choice_risk(f, a);
	return f->kind == FACT_NUMBER ? number_risk(a) : days_risk(a, today);
}

bool fact_expired(const struct fact *f, const struct answer *a, int32_t today)
{
	return a->given && answer_age(a, today) >= 0 && answer_age(a, today) > f->valid_days;
}

/* How many digits stand at the beginning; their value ends at a thousand million. */
static size_t take_digits(const char *text, int64_t *value)
{
	size_t n = 0;

	*value = 0;
	for (; text[n] >= '0' && text[n] <= '9'; n++)
		if (*value < 1000000000)
			*value = *value * 10 + (text[n] - '0');
	return n;
}

static bool words_for_days(const char *text)
{
	static const char *const words[] = {"", " d", " day", " days"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* "2026-05-31" and nothing behind it. */
static bool take_date(const char *text, int32_t *day_number)
{
	int64_t year, month, day;

	if (take_digits(text, &year) != 4 || text[4] != '-')
		return false;
	if (take_digits(text + 5, &month) != 2 || text[7] != '-')
		return false;
	if (take_digits(text + 8, &day) != 2 || text[10] != '\0')
		return false;
	return day_from_date((int)year, (int)month, (int)day, day_number);
}

static enum fact_status take_day(const char *text, int32_t today, int64_t *day)
{
	int64_t since;
	size_t n = take_digits(text, &since);
	int32_t date;

	if (strcmp(text, "never") == 0) {
		*day = DAY_NEVER;
		return FACT_OK;
	}
	if (n == 0 || !words_for_days(text + n)) {
		if (!take_date(text, &date))
			return FACT_NOT_A_DAY;
		since = (int64_t)today - date;
	}
	if (since < 0)
		return FACT_FUTURE;
	if (since > DAYS_LONGEST)
		return FACT_TOO_LONG_AGO;
	*day = today - since;
	return FACT_OK;
}

static enum fact_status take_choice(const struct fact *f, const char *text, int64_t *index)
{
	for (uint8_t i = 0; i < f->n_values; i++) {
		if (strcmp(text, f->value[i]) == 0) {
			*index = i;
			return FACT_OK;
		}
	}
	return FACT_NOT_A_VALUE;
}

static enum fact_status take_number(const char *text, int64_t *number)
{
	size_t n = take_digits(text, number);

	return n > 0 && text[n] == '\0' && *number <= FACT_NUMBER_MOST ? FACT_OK
	                                                               : FACT_NOT_A_NUMBER;
}

static enum fact_status parse_one(const struct fact *f, const char *text, int32_t today,
                                  struct answer *out)
{
	struct answer a = {.given = strcmp(text, "unknown") != 0, .answered_day = today};
	enum fact_status status = FACT_OK;

	if (a.given && f->kind == FACT_CHOICE)
		status = take_choice(f, text, &a.value);
	if (a.given && f->kind == FACT_DAYS)
		status = take_day(text, today, &a.value);
	if (a.given && f->kind == FACT_NUMBER)
		status = take_number(text, &a.value);
	if (status == FACT_OK)
		*out = a;
	return status;
}

#define DOUBT " or "

/* Who doubts between two answers gives both, and the riskier one counts. Of a number too small and
 * too large may both be the risk, so there a doubt is not knowing. */
static enum fact_status parse_doubt(const struct fact *f, const char *text, const char *at,
                                    int32_t today, struct answer *out)
{
	struct answer first, second;
	char one[64];

	if ((size_t)(at - text) >= sizeof one)
		return FACT_NOT_A_VALUE;
	memcpy(one, text, (size_t)(at - text));
	one[at - text] = '\0';
	enum fact_status status = parse_one(f, one, today, &first);
	if (status == FACT_OK)
		status = parse_one(f, at + strlen(DOUBT), today, &second);
	if (status != FACT_OK)
		return status;
	if (f->kind == FACT_NUMBER)
		*out = (struct answer){.given = false, .answered_day = today};
	else
		*out = fact_risk(f, &second, today) > fact_risk(f, &first, today) ? second : first;
	return FACT_OK;
}

enum fact_status fact_parse(const struct fact *f, const char *text, int32_t today,
                            struct answer *out)
{
	const char *doubt = strstr(text, DOUBT);

	if (f->derive != DERIVE_NONE)
		return FACT_DERIVED;
	return doubt != NULL ? parse_doubt(f, text, doubt, today, out)
	                     : parse_one(f, text, today, out);
}

static void put_days(struct text *t, int64_t days)
{
	text_put_int(t, days);
	text_put(t, days == 1 ? " day" : " days");
}

/* The answer as it counts on that day. */
static void put_answer(struct text *t, const struct fact *f, const struct answer *a, int32_t day)
{
	int64_t risk = fact_risk(f, a, day);

	if (risk == RISK_UNKNOWN || !a->given)
		text_put(t, "unknown");
	else if (f->kind == FACT_CHOICE)
		text_put(t, f->value[risk]);
	else if (f->kind == FACT_NUMBER)
		text_put_int(t, risk);
	else if (risk == INT64_MIN)
		text_put(t, "never");
	else
		put_days(t, -risk);
}

size_t fact_format(const struct fact *f, const struct answer *a, int32_t today, char *buf,
                   size_t len)
{
	struct text t = text_in(buf, len);

	if (!fact_expired(f, a, today)) {
		put_answer(&t, f, a, today);
		return t.needed;
	}
	text_put(&t, "aged out (");
	put_answer(&t, f, a, a->answered_day);
	text_put(&t, ", ");
	put_days(&t, answer_age(a, today));
	text_put(&t, " ago)");
	return t.needed;
}

/* What no answer can reach is reached only by not knowing. */
static void put_choice_risk(struct text *t, const struct fact *f, int64_t at_least)
{
	if (at_least < 0) {
		text_put(t, "any answer");
	} else if (at_least >= f->n_values) {
		text_put(t, "unknown");
	} else {
		text_put(t, "at least ");
		text_put(t, f->value[at_least]);
	}
}

/* A risk of at least -13 is an event less than 14 days ago. */
static void put_days_risk(struct text *t, int64_t at_least)
{
	if (at_least == INT64_MIN) {
		text_put(t, "any answer");
	} else if (at_least > 0) {
		text_put(t, "unknown");
	} else if (at_least < -DAYS_LONGEST) {
		text_put(t, "ever");
	} else {
		text_put(t, "less than ");
		put_days(t, 1 - at_least);
		text_put(t, " ago");
	}
}

static void put_number_risk(struct text *t, int64_t at_least)
{
	if (at_least <= 0) {
		text_put(t, "any answer");
	} else if (at_least > FACT_NUMBER_MOST) {
		text_put(t, "unknown");
	} else {
		text_put(t, "at least ");
		text_put_int(t, at_least);
	}
}

size_t fact_format_risk(const struct fact *f, int64_t at_least, char *buf, size_t len)
{
	struct text t = text_in(buf, len);

	if (f->kind == FACT_CHOICE)
		put_choice_risk(&t, f, at_least);
	else if (f->kind == FACT_NUMBER)
		put_number_risk(&t, at_least);
	else
		put_days_risk(&t, at_least);
	return t.needed;
}

static bool leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && leap_year(year) ? 29 : days[month - 1];
}

/* In years that begin on 1 March the leap day comes last, and months 0..11 begin on day
 * (153 m + 2) / 5 of the year. */
bool day_from_date(int year, int month, int day, int32_t *out)
{
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;

	int64_t y = year - (int64_t)(month <= 2) + ERAS_BEFORE * ERA_YEARS;
	int64_t of_era = y % ERA_YEARS;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t n = (y / ERA_YEARS - ERAS_BEFORE) * ERA_DAYS + of_era * 365 + of_era / 4 -
	            of_era / 100 + of_year - EPOCH_DAYS;

	if (n < INT32_MIN || n > INT32_MAX)
		return false;
	*out = (int32_t)n;
	return true;
}

/* Of the days of an era, one in 1461, and one in 36524 not, and the last, is a leap day. */
void date_from_day(int32_t day_number, int *year, int *month, int *day)
{
	int64_t n = day_number + EPOCH_DAYS + ERAS_BEFORE * ERA_DAYS;
	int64_t d = n % ERA_DAYS;
	int64_t of_era = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t of_year = d - (of_era * 365 + of_era / 4 - of_era / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)((m + 2) % 12 + 1);
	*year = (int)(of_era + (n / ERA_DAYS - ERAS_BEFORE) * ERA_YEARS + (*month <= 2));
}
