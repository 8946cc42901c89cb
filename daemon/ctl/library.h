/*
 * library: dosegatectl library VERB, what a medical director reads and signs. No gate.
 *
 *   library.c          the commands that show: open a library, a page, all pages
 *   library_check.c    complaints, what is closed, sources
 *   library_report.c   what is not refused, but to be looked at; library_reach.c what devices can
 *   library_sheet.c    the rows of one class as a table: selections by skin type
 *   library_words.c    rows and rules in clinical words
 *   library_options.c  the director's options, and how each stands
 *   library_sources.c  the sources: which there are, and who names them
 *   library_pen.c      one text, as Markdown or for a terminal
 *   library_page.c     the page of a class
 *   library_decide.c   what is left to decide, and what the protocol file says itself
 *   library_chart.c    its ceilings as SVG
 *   library_diff.c     two libraries, compared; library_diff_row.c two rows, two questions;
 *                      library_diff_device.c device profiles and sources
 *   library_explain.c  why this limit for this patient; library_ask.c reads who it is
 */
#ifndef CTL_LIBRARY_H
#define CTL_LIBRARY_H

#include <stdio.h>

#include "core/limits.h"
#include "edge/config.h"

/* A library that was loaded without complaint. */
struct shelf {
	const char *dir;
	char words[400]; /* where it comes from, on its pages */
	char lent[600];  /* a folder that is there for the time of the command; "": none */
	struct config config;
	struct complaints complaints;
};

/* False after the complaints went to standard error, with `then`. shelf_close is right anyway. */
MUST_USE bool shelf_open(struct shelf *s, const char *dir, const char *then);
void shelf_close(struct shelf *s);
struct options;
/* The same of a folder, or of the hash of a library in the gate's store (library_fetch.c). */
MUST_USE bool shelf_take(const struct options *o, struct shelf *s, const char *name,
                         const char *then);
/* What was lent is given back. */
void shelf_give_back(struct shelf *s);
/* The exit code, or another when standard output did not take all of the page. */
int printed(int code);
/* False after saying that the command wants --library DIR. */
MUST_USE bool wants_library(const struct options *o, const char *verb);

/* --- library_pen.c: text for people; the words given are plain, Markdown is put around them */

struct pen {
	FILE *to;
	bool markdown;
};
void pen_head(const struct pen *p, int level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void pen_text(const struct pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of a list; title "" or bold before it. */
void pen_item(const struct pen *p, const char *title, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* A line of a list to tick and to write behind. */
void pen_open_item(const struct pen *p, const char *title, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void pen_gap(const struct pen *p);

/* Cells row by row, the first row is the head. {.columns = n} to begin. */
struct grid {
	size_t columns, n, room;
	char **cell;
};
void grid_add(struct grid *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes it and frees the cells. */
void pen_grid(const struct pen *p, struct grid *g);

/* --- library_words.c: all append to a terminated buffer (see add in ctl.h) */

#define WORDS_LEN 1200

const char *skin_words(const struct library *lib, uint8_t skin);
const char *status_words(enum row_status s);
const char *confidence_words(char confidence);
/* "face, neck"; `all` when the set is empty, which in a library means every name. */
void names_words(const struct symbols *s, uint64_t bits, const char *all, char *buf, size_t len);
/* "18 mm", "cryogen or contact" */
void value_words(const struct library *lib, enum param p, struct span span, uint64_t choices,
                 char *buf, size_t len);
/* What passes: "at most 20 J/cm2 (works from 14 J/cm2)", "at least 3 ms", "cryogen". */
void limit_words(const struct library *lib, const struct limit *l, char *buf, size_t len);
/* The end beyond which it is dangerous; "" for choices. */
void bound_words(enum param p, struct span span, char *buf, size_t len);
bool has_hard_limit(const struct limit *l);
const struct limit *row_limit(const struct row *r, enum param p);
/* "last_sun less than 14 days ago, or not known; and ..." */
void condition_words(const struct library *lib, const struct rule *r, char *buf, size_t len);
void effect_words(const struct effect *e, char *buf, size_t len);
void effects_words(const struct rule *r, char *buf, size_t len);
const char *session_words(enum rule_session s);
/* "; only hair_removal; only face; only while asds_2017 is dropped"; "" when it is for all. */
void scope_words(const struct library *lib, const struct rule *r, char *buf, size_t len);

/* --- library_sheet.c */

struct line_of_sheet {
	const struct row *first;          /* any of them; what it selects is what all select */
	const struct row *of[SKIN_TYPES]; /* NULL: this type has no row */
};

/* One class: a line for each thing rows select (spot, tip, indication, site ...). */
struct sheet {
	const struct library *lib;
	uint8_t device_class;
	uint32_t n_rows;
	size_t n;
	struct line_of_sheet *line;
	uint32_t selects, varying; /* PARAM_BIT: selected; not the same in every line */
	uint32_t limited;          /* PARAM_BIT */
	uint32_t indications;
	uint64_t sites; /* 0: all */
	bool by_indication, by_site;
};

void sheet_make(struct sheet *s, const struct library *lib, uint8_t device_class);
void sheet_free(struct sheet *s);
/* What sets this line apart: "18 mm". The class's name when nothing does. */
void sheet_label(const struct sheet *s, const struct row *r, char *buf, size_t len);
/* What all its lines share: "wavelength 755 nm". */
void sheet_shared(const struct sheet *s, char *buf, size_t len);
/* "A A T T M B", "-" where a type has no row; the mildest when lines differ. */
void sheet_statuses(const struct sheet *s, char *buf, size_t len);
bool rule_touches(const struct sheet *s, const struct rule *r);
/* Ceilings that can be drawn: DANGER_UP and limited above by some row. */
bool sheet_has_ceiling(const struct sheet *s, enum param p);

/* --- library_decide.c */

/* The comment a protocol file begins with, a paragraph or a line of a list at a time. */
struct opening {
	size_t n;
	struct {
		bool item;
		char text[WORDS_LEN];
	} part[40];
};
void opening_read(struct opening *o, const char *dir, const struct sheet *s);
/* The first sentence, or the class's name. */
const char *opening_title(const struct opening *o, const struct sheet *s);
/* How many; with a pen they are written. */
size_t left_to_decide(const struct pen *p, const struct sheet *s, const struct opening *o);

/* --- library_check.c */

/* For whom a class has no row, and why; how many lines. Without a pen they are counted. */
size_t say_closed(const struct pen *p, const struct sheet *s);

/* --- library_options.c */

/* The option it hangs on, or NULL. */
const struct director_option *rule_option(const struct library *lib, const struct rule *r);
/* "adopted by Dr. Dora Dean on 2026-11-20 ("why")" */
void standing_words(const struct director_option *o, char *buf, size_t len);
/* "; only while asds_2017 is dropped"; "" for a rule that hangs on none. */
void while_words(const struct library *lib, const struct rule *r, char *buf, size_t len);
void say_options(const struct pen *p, const struct library *lib);
/* Those that rules of the class hang on. */
void options_of_class(const struct pen *p, const struct sheet *s);
/* Those nobody has decided; how many. With a pen they are written. */
size_t options_to_decide(const struct pen *p, const struct sheet *s);

/* --- library_sources.c */

/* How often each is named, and which nobody names. */
void say_sources(const struct pen *p, const struct shelf *shelf);
/* What rows, rules and the protocol file of one class name, with titles. */
void sources_of_class(const struct pen *p, const struct sheet *s, const struct opening *o);
void sources_of_library(const struct pen *p, const struct library *lib);

/* --- library_report.c */

/* What nobody reaches, what never binds or speaks, and gaps; library_reach.c knows the devices. */
void say_reports(const struct pen *p, const struct shelf *shelf);

/* --- the rest */

/* svg: the picture's name; NULL: it stands in the page itself. */
void page_write(const struct pen *p, const struct shelf *shelf, const struct sheet *s,
                const char *svg);
bool chart_write(FILE *to, const struct sheet *s);

#endif
