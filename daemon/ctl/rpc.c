/*
 * rpc: one connection to the gate, JSON-RPC 2.0, one message a line.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "edge/control.h"

struct rpc {
	FILE *in, *out;
	bool json;
	json_int_t last;
	const char *person, *otp; /* of the command line; NULL: not given */
	char secret[256];
	char *line;
	size_t room;
};

/* A connection on which somebody is logged in already; it stays open for the next call. */
static int given_fd(const char *text)
{
	int kind = 0;
	socklen_t len = sizeof kind;
	json_int_t n;

	if (!take_number("--control-fd", text, 3, &n))
		exit(EXIT_USAGE);
	if (getsockopt((int)n, SOL_SOCKET, SO_TYPE, &kind, &len) != 0 || kind != SOCK_STREAM) {
		fprintf(stderr, "dosegatectl: descriptor %d is no connection to a gate\n", (int)n);
		exit(EXIT_NO_GATE);
	}
	/* whoever gave it may have read it without waiting; this program waits */
	(void)fcntl((int)n, F_SETFL, fcntl((int)n, F_GETFL) & ~O_NONBLOCK);
	return fcntl((int)n, F_DUPFD_CLOEXEC, 3);
}

static int connected_fd(const struct options *o)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(o->socket) >= sizeof address.sun_path) {
		fprintf(stderr, "dosegatectl: %s cannot be a socket's path\n", o->socket);
		exit(EXIT_NO_GATE);
	}
	strcpy(address.sun_path, o->socket);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		say_to(stderr, 2,
		       "dosegatectl: no gate answers at %s (%s). Is dosegated running? Give its "
		       "socket with --socket or DOSEGATE_SOCKET",
		       o->socket, strerror(errno));
		exit(EXIT_NO_GATE);
	}
	return fd;
}

struct rpc *rpc_open(const struct options *o)
{
	struct rpc *r = calloc(1, sizeof *r);

	must(r != NULL);
	int fd = o->control_fd != NULL ? given_fd(o->control_fd) : connected_fd(o);
	r->json = o->json;
	r->in = fdopen(fd, "r");
	r->out = fdopen(dup(fd), "w");
	if (r->in == NULL || r->out == NULL)
		exit(EXIT_NO_GATE);
	return r;
}

void rpc_close(struct rpc *r)
{
	fclose(r->in);
	fclose(r->out);
	free(r->line);
	sodium_memzero(r->secret, sizeof r->secret);
	free(r);
}

static json_t *read_message(struct rpc *r)
{
	ssize_t n = getline(&r->line, &r->room, r->in);

	return n <= 0 ? NULL : json_loadb(r->line, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
}

static enum exit_code code_of(json_int_t error)
{
	switch (error) {
	case CONTROL_NOT_PROVED:
	case CONTROL_NOT_ALLOWED:
		return EXIT_WHO;
	case CONTROL_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case CONTROL_PARAMS:
		return EXIT_USAGE;
	default:
		return EXIT_REFUSED;
	}
}

static void print_complaints(json_t *data)
{
	json_t *all = json_object_get(data, "complaints"), *c;
	long long more = number_at(data, "count") - (long long)json_array_size(all);
	size_t i;

	json_array_foreach(all, i, c)
	{
		if (number_at(c, "line") > 0)
			printf("%s:%lld: %s\n", text_at(c, "file"), number_at(c, "line"),
			       text_at(c, "text"));
		else
			printf("%s: %s\n", text_at(c, "file"), text_at(c, "text"));
	}
	if (more > 0)
		printf("and %lld more\n", more);
}

/* The sentence goes where errors go, the reasons where answers go: they are one. */
static enum exit_code say_error(const struct rpc *r, json_t *error)
{
	json_t *data = json_object_get(error, "data");
	json_t *reasons = json_object_get(data, "reasons");

	say_to(stderr, 2, "%s", text_at(error, "message"));
	fflush(stderr);
	if (r->json) {
		json_t *whole = json_pack("{s:O}", "error", error);

		print_json(whole);
		json_decref(whole);
	} else if (reasons != NULL) {
		print_reasons(reasons, 2);
	}
	if (!r->json)
		print_complaints(data);
	return code_of(json_integer_value(json_object_get(error, "code")));
}

static bool ask_secret(const char *prompt, char *out, size_t len)
{
	struct termios before, quiet;
	FILE *terminal = fopen("/dev/tty", "r+");

	if (terminal == NULL)
		return false;
	fputs(prompt, terminal);
	fflush(terminal);
	tcgetattr(fileno(terminal), &before);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &quiet);
	char *got = fgets(out, (int)len, terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	fclose(terminal);
	return got != NULL;
}

/* The answer, with "result" or "error". */
static json_t *ask_gate(struct rpc *r, const char *method, json_t *params)
{
	json_t *ask = json_pack("{s:s, s:I, s:s, s:O}", "jsonrpc", "2.0", "id", ++r->last, "method",
	                        method, "params", params);
	json_t *answer = NULL;

	json_dumpf(ask, r->out, JSON_COMPACT);
	json_decref(ask);
	fputc('\n', r->out);
	fflush(r->out);
	do { /* notifications may come between */
		json_decref(answer);
		answer = read_message(r);
	} while (answer != NULL && json_object_get(answer, "id") == NULL);
	if (answer == NULL) {
		fputs("dosegatectl: the gate broke off\n", stderr);
		exit(EXIT_NO_GATE);
	}
	return answer;
}

static bool wants_code(json_t *answer, bool *with_login)
{
	json_t *data = json_object_get(json_object_get(answer, "error"), "data");

	*with_login = strcmp(text_at(data, "with"), "login") == 0;
	return strcmp(text_at(data, "proof"), "code_wanted") == 0;
}

/* Takes a code to the gate: with what is signed, else with another login, and then asks again. */
static json_t *ask_with_code(struct rpc *r, const char *method, json_t *params, const char *code,
                             bool with_login)
{
	json_t *answer, *login;

	if (!with_login) {
		json_object_set_new(params, "code", json_string(code));
		return ask_gate(r, method, params);
	}
	login = json_pack("{s:s, s:s, s:s}", "person", r->person, "secret", r->secret, "code",
	                  code);
	answer = ask_gate(r, "login", login);
	json_decref(login);
	if (json_object_get(answer, "error") != NULL)
		return answer;
	json_decref(answer);
	return ask_gate(r, method, params);
}

json_t *rpc_call(struct rpc *r, const char *method, json_t *params, enum exit_code *code)
{
	json_t *answer = ask_gate(r, method, params);
	char prompt[120], digits[32] = "";
	bool with_login;

	snprintf(prompt, sizeof prompt,
	         "code of %s's second factor: ", r->person != NULL ? r->person : "nobody");
	if (wants_code(answer, &with_login) && r->person != NULL &&
	    (r->otp != NULL || ask_secret(prompt, digits, sizeof digits))) {
		digits[strcspn(digits, "\r\n")] = '\0';
		json_decref(answer);
		answer = ask_with_code(r, method, params, r->otp != NULL ? r->otp : digits,
		                       with_login);
	}
	json_t *error = json_object_get(answer, "error");
	json_t *result = error != NULL ? NULL : json_incref(json_object_get(answer, "result"));
	*code = error != NULL ? say_error(r, error) : EXIT_DONE;
	json_decref(answer);
	json_decref(params);
	return result;
}

json_t *rpc_next(struct rpc *r)
{
	return read_message(r);
}

const char *rpc_secret(const struct rpc *r)
{
	if (r->secret[0] == '\0') { /* and the gate would count it as a wrong one */
		fputs("this is signed with your secret, and --control-fd brings none\n", stderr);
		exit(EXIT_WHO);
	}
	return r->secret;
}

bool read_secret(const char *file, const char *prompt, char *out, size_t len)
{
	bool ok;

	if (file == NULL) {
		ok = ask_secret(prompt, out, len);
	} else {
		FILE *f = fopen(file, "r");

		ok = f != NULL && fgets(out, (int)len, f) != NULL;
		if (f != NULL)
			fclose(f);
	}
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok && out[0] != '\0';
}

enum exit_code rpc_login(struct rpc *r, const struct options *o)
{
	enum exit_code code;
	char prompt[120];

	if (o->control_fd != NULL)
		return EXIT_DONE;
	if (o->as == NULL) {
		fputs("this needs to know who you are: give --as NAME\n", stderr);
		return EXIT_WHO;
	}
	r->person = o->as;
	r->otp = o->otp;
	snprintf(prompt, sizeof prompt, "secret of %s: ", o->as);
	if (!read_secret(o->secret_file, prompt, r->secret, sizeof r->secret)) {
		say_to(stderr, 2, "no secret of %s: %s%s", o->as,
		       o->secret_file == NULL ? "give --secret-file FILE, or type it on a terminal"
		                              : "nothing could be read from ",
		       o->secret_file == NULL ? "" : o->secret_file);
		return EXIT_WHO;
	}
	json_decref(rpc_call(r, "login",
	                     json_pack("{s:s, s:s}", "person", o->as, "secret", r->secret), &code));
	return code;
}
