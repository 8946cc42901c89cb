/*
 * web: the pages, a process of its own. It has no rights: every signed-in browser has a connection
 * of its own to the gate, on which its person proved who they are; what is held here is which
 * cookie belongs to which connection. A fault in here cannot reach the gate.
 *
 *     browser ──TLS── http ── visitors ──┐ a connection each
 *             ──TLS── pages ─────────────┤
 *                        │ tool ─────────┤ dosegatectl, on behalf of a visitor
 *                        ▲ state, events ├── gateline ── the gate's control socket
 *                        └──── feed ─────┘ one connection for everybody
 *
 * One loop, one thread.
 */
#ifndef WEB_H
#define WEB_H

#include <jansson.h>
#include <uv.h>

#include "core/base.h"

#include "gateline.h"

#define VISITORS_MAX                                                                \
	40 /* the gate takes 64 clients; the rest is for command lines and consoles \
	    */
#define PAGES_MAX       160 /* open pages; more are turned away */
#define CONNECTIONS_MAX 240 /* pages, and what fetches them */
#define COOKIE_LEN      64  /* 256 bits, in hex */
#define BODY_MAX        4096
#define MESSAGE_MAX     16384
#define NAMES_MAX       8
#define TOOLS_MAX       2 /* that run at once, for everybody */

struct options {
	const char *socket, *address, *certificate, *key, *state, *hook, *ctl;
	char *made_certificate, *made_key; /* when none is given */
	const char *name[NAMES_MAX];       /* how browsers may call this machine */
	int n_names;
	int port;
	int64_t idle_ms;
};

struct page;  /* pages.c */
struct fetch; /* http.c */
struct tool;  /* tool.c */

/* Who signed in, until they leave, are idle for too long, or the gate has gone. */
enum visitor_state { VISITOR_FREE, VISITOR_KNOCKING, VISITOR_IN };

struct visitor {
	struct web *web;
	enum visitor_state state;
	char cookie[COOKIE_LEN + 1];
	struct gateline *line;
	json_t *params; /* while knocking: name and secret */
	json_t *who;    /* what the gate said of them */
	uint64_t since_ms, touched_ms;
	struct fetch *asker; /* waits for the answer; NULL: they hung up */
};

struct bucket {
	double left;
	uint64_t at_ms;
};

/* Who tries to sign in, by address, so that one who tries without end keeps nobody else out. */
#define KNOCKERS_MAX 64
struct knocker {
	char address[48];
	struct bucket tries;
};

/* What everybody sees. */
struct feed {
	struct gateline *line;
	uv_timer_t timer;
	uint64_t asked_ms, ticked_ms, tried_ms;
	bool asking, soon;
	char *state,
	        *glance;   /* the last of each as text: for those who signed in, and for others */
	json_int_t serial; /* of the last event: who misses one sees it */
};

struct hook {
	uv_process_t process;
	uv_timer_t patience;
	bool running;
	json_t *waiting; /* what is still to be told, each {event, device, hold, text} */
	json_t *told;    /* what was told, so that it is told once */
};

struct web {
	uv_loop_t *loop;
	struct options options;
	struct lws_context *context;
	struct lws_vhost *vhost;
	char url[200];
	char host[NAMES_MAX * 2 + 4]
	         [160]; /* what "Host" may say; "https://" before it is the Origin */
	int n_hosts;
	bool ending;
	int connections;
	struct knocker knocker[KNOCKERS_MAX];
	struct page *pages;
	int n_pages;
	struct visitor visitor[VISITORS_MAX];
	uv_timer_t watch;
	uv_signal_t term, interrupt;
	struct feed feed;
	struct hook hook;
	struct tool *tools;
	int n_tools;
};

uint64_t web_now_ms(const struct web *w);
/* The name of a browser's request is one of ours: neither a page of another site nor a name that
 * was bent to this address. */
bool web_knows_host(const struct web *w, const char *host);
bool web_knows_origin(const struct web *w, const char *origin);
/* True while there is something left: `rate` a second, at most `most` at once. */
bool bucket_take(struct bucket *b, uint64_t now_ms, double rate, double most);

/* --- visitors.c */
/* Asks the gate whether they are who they say; visitor answers through http_answer. NULL: no room.
 */
struct visitor *visitor_knock(struct web *w, json_t *params, struct fetch *asker);
struct visitor *visitor_of(struct web *w, const char *cookie);
void visitor_touch(struct visitor *v);
/* Their pages are told why. */
void visitor_leave(struct visitor *v, const char *why);
void visitors_tick(struct web *w);

/* --- http.c */
void http_answer(struct fetch *r, int status, json_t *body, const char *cookie);

/* --- pages.c */
enum page_kind { PAGES_KNOWN, PAGES_STRANGE, PAGES_ALL };
void pages_tell(struct web *w, enum page_kind to, const char *text);
void pages_leave(struct web *w, const struct visitor *v, const char *why);

/* --- feed.c */
void feed_open(struct web *w);
void feed_tick(struct web *w);
void feed_close(struct web *w);

/* --- tool.c: dosegatectl, run for a page on behalf of who is signed in */
/* Runs params {name, args}; 0, and answer is called exactly once, later. Else the code of a refusal
 * and why. */
MUST_USE int tool_run(struct visitor *v, json_t *params, gateline_answer_fn *answer, void *tag,
                      const char **why);
/* Nobody waits for what was asked with this tag: it is ended. */
void tool_forget(struct web *w, const void *tag);
/* They sign out: nothing runs on their behalf any more. */
void tools_leave(const struct visitor *v);

/* --- qr.c: {"rows": ["0101…"]}; no rows when it is too much for one */
json_t *qr_of(const char *text);

/* --- hook.c: a command of the clinic's own, told of what waits. */
void hook_look(struct web *w, json_t *devices);
void hook_close(struct web *w);

/* --- allowed.c: what pages may ask. */
struct allowed {
	const char *method;
	size_t params_max; /* bytes */
	bool anyone;       /* without having signed in */
	bool own;          /* answered here */
};
const struct allowed *allowed_method(const char *name);

/* --- certificate.c */
/* A key and a self-made certificate in the state folder, made when they are not there yet. */
MUST_USE bool certificate_ready(struct options *o);
/* The SHA-256 of the certificate, for people to compare with what the browser shows. */
MUST_USE bool certificate_print(const char *file, char *text, size_t len);

/* --- assets, compiled in */
struct asset {
	const char *path, *type;
	const unsigned char *start;
	size_t len;
};
const struct asset *asset_of(const char *path);

#endif
