/*
 * dosegate-web: the pages as a program. Reads its options, opens the port, runs, closes it.
 */
#include "http.h"

#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/quantity.h"
#include "edge/log.h"

#define IDLE_MS      INT64_C(900000)
#define IDLE_MOST_MS (INT64_C(4) * 3600 * 1000)

static const char usage[] =
        "dosegate-web - the pages for operator, physician and director\n"
        "\n"
        "  dosegate-web [--socket PATH] [--listen ADDRESS:PORT] [--name HOST]...\n"
        "\n"
        "  --socket PATH        the gate's control socket (DOSEGATE_SOCKET, else\n"
        "                       /var/lib/dosegate/control.sock)\n"
        "  --listen ADDR:PORT   where browsers come to; 127.0.0.1:8443 when not given\n"
        "  --name HOST          a name or address browsers call this machine by (up to 8)\n"
        "  --certificate FILE   of this machine, with --key FILE; when not given, one is made in\n"
        "  --state DIR          (/var/lib/dosegate-web) and its print is said on standard error\n"
        "  --idle TIME          signed out after so long untouched; \"15 min\" when not given, 4 h "
        "at most\n"
        "  --ctl PATH           dosegatectl, run for pages; the one beside this program when not "
        "given\n"
        "  --hook COMMAND       run when a hold opens, an operator asks, or an alarm begins\n"
        "  --version            print the version\n"
        "\n"
        "exit: 0 ended in order, 1 could not start, 2 usage\n";

uint64_t web_now_ms(const struct web *w)
{
	return uv_now(w->loop);
}

bool bucket_take(struct bucket *b, uint64_t now_ms, double rate, double most)
{
	b->left = b->at_ms == 0 ? most : b->left + (double)(now_ms - b->at_ms) * rate / 1000;
	b->at_ms = now_ms;
	if (b->left > most)
		b->left = most;
	if (b->left < 1)
		return false;
	b->left -= 1;
	return true;
}

bool web_knows_host(const struct web *w, const char *host)
{
	for (int i = 0; i < w->n_hosts; i++)
		if (strcasecmp(w->host[i], host) == 0)
			return true;
	return false;
}

bool web_knows_origin(const struct web *w, const char *origin)
{
	static const char scheme[] = "https://";

	return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
	       web_knows_host(w, origin + sizeof scheme - 1);
}

/* --- options ------------------------------------------------------------------------------------
 */

static bool take_number(const char *text, int lo, int hi, int *out)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || n < lo || n > hi)
		return false;
	*out = (int)n;
	return true;
}

static bool take_idle(const char *text, int64_t *ms)
{
	static const struct measure in_ms = {DIM_TIME, -3, "ms"};
	int64_t value;

	if (quantity_parse(text, in_ms, &value) != QUANTITY_OK || value < 1000 ||
	    value > IDLE_MOST_MS)
		return false;
	*ms = value;
	return true;
}

/* "127.0.0.1:8443", "[::1]:8443" */
static bool take_listen(struct options *o, char *text)
{
	char *colon = strrchr(text, ':');
	unsigned char ip[16];

	if (colon == NULL || !take_number(colon + 1, 0, 65535, &o->port))
		return false;
	*colon = '\0';
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		text++;
	}
	o->address = text;
	return uv_inet_pton(AF_INET, text, ip) == 0 || uv_inet_pton(AF_INET6, text, ip) == 0;
}

static bool take_option(struct options *o, int c, char *value)
{
	switch (c) {
	case 'S':
		o->socket = value;
		return true;
	case 'l':
		return take_listen(o, value);
	case 'n':
		return o->n_names < NAMES_MAX && (o->name[o->n_names++] = value)[0] != '\0';
	case 'c':
		o->certificate = value;
		return true;
	case 'k':
		o->key = value;
		return true;
	case 's':
		o->state = value;
		return true;
	case 'i':
		return take_idle(value, &o->idle_ms);
	case 'H':
		o->hook = value;
		return true;
	case 'C':
		o->ctl = value;
		return true;
	default:
		return false;
	}
}

static int take_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
	        {"socket", required_argument, NULL, 'S'},
	        {"listen", required_argument, NULL, 'l'},
	        {"name", required_argument, NULL, 'n'},
	        {"certificate", required_argument, NULL, 'c'},
	        {"key", required_argument, NULL, 'k'},
	        {"state", required_argument, NULL, 's'},
	        {"idle", required_argument, NULL, 'i'},
	        {"hook", required_argument, NULL, 'H'},
	        {"ctl", required_argument, NULL, 'C'},
	        {"help", no_argument, NULL, 'h'},
	        {"version", no_argument, NULL, 'v'},
	        {NULL, 0, NULL, 0},
	};

	for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
		if (c == 'v' || c == 'h') {
			fputs(c == 'h' ? usage : "dosegate-web " DOSEGATE_VERSION "\n", stdout);
			exit(0);
		}
		if (take_option(o, c, optarg))
			continue;
		if (c != '?')
			fprintf(stderr, "dosegate-web: \"%s\" cannot be that\n", optarg);
		return 2;
	}
	if (optind == argc && (o->certificate == NULL) == (o->key == NULL))
		return 0;
	fputs(usage, stderr);
	return 2;
}

/* --- opening ------------------------------------------------------------------------------------
 */

static void add_host(struct web *w, const char *name, int port)
{
	const char *open = strchr(name, ':') != NULL ? "[" : "", *close = *open ? "]" : "";

	snprintf(w->host[w->n_hosts++], sizeof w->host[0], "%s%s%s:%d", open, name, close, port);
	if (port == 443)
		snprintf(w->host[w->n_hosts++], sizeof w->host[0], "%s%s%s", open, name, close);
}

/* A loopback is itself; any other address only as it was told. */
static void name_hosts(struct web *w, int port)
{
	const struct options *o = &w->options;
	bool loopback = strncmp(o->address, "127.", 4) == 0 || strcmp(o->address, "::1") == 0;
	bool any = strcmp(o->address, "0.0.0.0") == 0 || strcmp(o->address, "::") == 0;

	for (int i = 0; i < o->n_names; i++)
		add_host(w, o->name[i], port);
	if (!any)
		add_host(w, o->address, port);
	if (loopback)
		add_host(w, "localhost", port);
	snprintf(w->url, sizeof w->url, "https://%s/", w->n_hosts == 0 ? "" : w->host[0]);
}

static void lws_says(int level, const char *line)
{
	if ((level & LLL_ERR) != 0)
		log_line(LOG_ERROR, "lws", "%.*s", (int)strcspn(line, "\n"), line);
}

static const struct lws_protocols protocols[] = {
        {"http", http_callback, sizeof(struct fetch), BODY_MAX, 0, NULL, 0},
        {"dosegate", page_callback, sizeof(struct page), 4096, 0, NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0},
};

static bool open_port(struct web *w)
{
	const struct options *o = &w->options;
	void *loops[] = {w->loop};
	struct lws_context_creation_info info = {
	        .port = CONTEXT_PORT_NO_LISTEN,
	        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
	                   LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
	        .foreign_loops = loops,
	        .user = w,
	        .gid = -1,
	        .uid = -1,
	        .pt_serv_buf_size = 8192,
	        .max_http_header_data = 4096,
	        .max_http_header_pool = 64,
	        .timeout_secs = 5,
	        .keepalive_timeout = 10,
	        .timeout_secs_ah_idle = 5,
	        .alpn = "http/1.1",
	};

	w->context = lws_create_context(&info);
	if (w->context == NULL)
		return false;
	info.protocols = protocols;
	info.port = o->port;
	info.iface = o->address;
	info.ssl_cert_filepath = o->certificate != NULL ? o->certificate : o->made_certificate;
	info.ssl_private_key_filepath = o->key != NULL ? o->key : o->made_key;
	info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION |
	                       SSL_OP_NO_COMPRESSION;
	info.ssl_cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20";
	info.vhost_name = "dosegate";
	w->vhost = lws_create_vhost(w->context, &info);
	return w->vhost != NULL;
}

/* --- running ------------------------------------------------------------------------------------
 */

static void look(uv_timer_t *timer)
{
	struct web *w = CONTAINER_OF(timer, struct web, watch);

	feed_tick(w);
	visitors_tick(w);
}

static void end(uv_signal_t *signal, int number)
{
	struct web *w = signal->data;

	(void)number;
	if (w->ending)
		return;
	w->ending = true;
	for (size_t i = 0; i < VISITORS_MAX; i++)
		if (w->visitor[i].state != VISITOR_FREE)
			visitor_leave(&w->visitor[i], "ending");
	feed_close(w);
	hook_close(w);
	uv_close((uv_handle_t *)&w->watch, NULL);
	uv_close((uv_handle_t *)&w->term, NULL);
	uv_close((uv_handle_t *)&w->interrupt, NULL);
	lws_context_destroy(w->context);
}

static void run(struct web *w)
{
	must(uv_timer_init(w->loop, &w->watch) == 0 && uv_signal_init(w->loop, &w->term) == 0 &&
	     uv_signal_init(w->loop, &w->interrupt) == 0);
	w->term.data = w->interrupt.data = w;
	must(uv_timer_start(&w->watch, look, 0, 20) == 0 &&
	     uv_signal_start(&w->term, end, SIGTERM) == 0 &&
	     uv_signal_start(&w->interrupt, end, SIGINT) == 0);
	feed_open(w);
	printf("ready %s\n", w->url);
	fflush(stdout);
	uv_run(w->loop, UV_RUN_DEFAULT);
	lws_context_destroy(w->context); /* the second half, when its handles are closed */
}

static int serve(struct web *w)
{
	char print[128];
	bool made = w->options.certificate == NULL;

	if ((made && !certificate_ready(&w->options)) || !open_port(w)) {
		fprintf(stderr, "dosegate-web: %s:%d cannot be opened\n", w->options.address,
		        w->options.port);
		return 1;
	}
	name_hosts(w, lws_get_vhost_listen_port(w->vhost));
	if (w->n_hosts == 0)
		log_line(LOG_WARN, "web", "nobody can come here: give --name HOST");
	if (made && certificate_print(w->options.made_certificate, print, sizeof print))
		log_line(LOG_INFO, "web", "self-made certificate, SHA-256 %s", print);
	run(w);
	return 0;
}

/* The dosegatectl that was installed with this program. */
static const char *beside_me(char *path, size_t len)
{
	static const char name[] = "/dosegatectl";
	size_t n = len - sizeof name;

	if (uv_exepath(path, &n) != 0)
		return name + 1;
	strcpy(strrchr(path, '/'), name);
	return path;
}

int main(int argc, char **argv)
{
	char ctl[600];
	const char *from_env = getenv("DOSEGATE_SOCKET");
	struct web *w = calloc(1, sizeof *w);
	uv_loop_t loop;

	must(w != NULL);
	w->options = (struct options){.socket = from_env != NULL ? from_env
	                                                         : "/var/lib/dosegate/control.sock",
	                              .address = "127.0.0.1",
	                              .port = 8443,
	                              .state = "/var/lib/dosegate-web",
	                              .idle_ms = IDLE_MS,
	                              .ctl = beside_me(ctl, sizeof ctl)};
	w->loop = &loop;
	int code = take_options(argc, argv, &w->options);
	if (code == 0 && (sodium_init() < 0 || uv_loop_init(&loop) != 0))
		code = 1;
	signal(SIGPIPE, SIG_IGN);
	lws_set_log_level(LLL_ERR, lws_says);
	if (code == 0)
		code = serve(w);
	if (code == 0 && uv_loop_close(&loop) != 0)
		log_line(LOG_WARN, "web", "something was still open at the end");
	free(w->options.made_certificate);
	free(w->options.made_key);
	free(w);
	return code;
}
