#include "given.h"

#include "edge/control.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- given -------------------------------------------------------------------------------------
 */

/* A house that does what the method's name says. */
struct house {
	char folder[32];
	char path[64];
	uv_loop_t loop;
	struct control *control;
	char why[256];
	int calls, gone;
	struct control_ref who;
	int64_t call; /* the last one left unanswered */
	char method[80];
	char params[256];
};

static void note_method(struct house *h, struct control_ref who, int64_t call, const char *method,
                        json_t *params)
{
	char *text = json_dumps(params, JSON_COMPACT);

	h->calls++;
	h->who = who;
	h->call = call;
	snprintf(h->method, sizeof h->method, "%s", method);
	snprintf(h->params, sizeof h->params, "%s", text);
	free(text);
}

static void note_closed(void *owner)
{
	((struct house *)owner)->control = NULL;
}

static void on_call(void *owner, struct control_ref who, int64_t call, const char *method,
                    json_t *params)
{
	struct house *h = owner;

	note_method(h, who, call, method, params);
	if (strcmp(method, "echo") == 0)
		control_result(h->control, who, call, json_incref(params));
	if (strcmp(method, "twice") == 0) {
		control_result(h->control, who, call, json_integer(1));
		control_result(h->control, who, call, json_integer(2));
	}
	if (strcmp(method, "fail") == 0)
		control_fail(h->control, who, call, CONTROL_REFUSED, "no, because",
		             json_pack("{s:s}", "verdict", "BLOCKED"));
	if (strcmp(method, "bad_text") == 0)
		control_fail(h->control, who, call, CONTROL_PARAMS, "\"caf\xc3\" is cut", NULL);
	if (strcmp(method, "no_json") == 0)
		control_result(h->control, who, call, NULL);
	if (strcmp(method, "watch") == 0) {
		control_subscribe(h->control, who, json_is_true(json_object_get(params, "on")));
		control_result(h->control, who, call, json_object());
	}
	if (strcmp(method, "shut") == 0)
		control_close(h->control, note_closed);
}

static void on_gone(void *owner, struct control_ref who)
{
	struct house *h = owner;

	h->gone++;
	h->who = who;
}

static void given_house(struct house *h)
{
	*h = (struct house){.folder = "/tmp/control.XXXXXX"};
	must(mkdtemp(h->folder) != NULL);
	snprintf(h->path, sizeof h->path, "%s/control.sock", h->folder);
	must(uv_loop_init(&h->loop) == 0);
}

static bool open_house(struct house *h, const char *group)
{
	h->control =
	        control_open(&h->loop, h->path, group, on_call, on_gone, h, h->why, sizeof h->why);
	return h->control != NULL;
}

static void close_house(struct house *h)
{
	if (h->control != NULL)
		control_close(h->control, note_closed);
	assert_i64(uv_run(&h->loop, UV_RUN_DEFAULT), 0);
	assert_null(h->control);
	assert_i64(uv_loop_close(&h->loop), 0);
	assert_i64(access(h->path, F_OK), -1); /* nothing is left behind */
	assert_i64(rmdir(h->folder), 0);
}

/* Turns of the loop until nothing more is ready. */
static void turn(struct house *h)
{
	for (int i = 0; i < 8; i++)
		uv_run(&h->loop, UV_RUN_NOWAIT);
}

static int client(struct house *h)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", h->path);
	must(fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0);
	turn(h);
	return fd;
}

static void say_bytes(struct house *h, int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
		turn(h);
		if (sent < 0 && errno != EAGAIN)
			return;
	}
}

static void say(struct house *h, int fd, const char *text)
{
	say_bytes(h, fd, text, strlen(text));
}

#define HEARD_MAX 4096

/* All there is to read now, as one text; "closed" at its end when the other side has gone. */
static const char *heard(struct house *h, int fd)
{
	static char text[HEARD_MAX];
	size_t n = 0;
	ssize_t got;

	turn(h);
	while (n < sizeof text - 8 && (got = recv(fd, text + n, sizeof text - 8 - n, 0)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	if (n < sizeof text - 8 && (got == 0 || errno != EAGAIN))
		strcat(text, "closed");
	return text;
}

static int given_client(struct house *h)
{
	given_house(h);
	assert_true(open_house(h, NULL));
	return client(h);
}

/* --- one line, one answer ----------------------------------------------------------------------
 */

struct line_row {
	const char *name;
	const char *line;   /* without its newline */
	const char *answer; /* all of it; NULL: see `has` */
	const char *has[3]; /* in it */
	int calls;
};

#define ERROR(code, message) "\"error\":{\"code\":" code ",\"message\":\"" message "\"}"
#define REQUEST(method, id)  "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"id\":" id "}"
#define NAME_63              "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static const struct line_row lines[] = {
        {.name = "a number names the request",
         .line = REQUEST("echo", "7"),
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":7}\n",
         .calls = 1},
        {.name = "a text names the request",
         .line = REQUEST("echo", "\"a\\nb\""),
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":\"a\\nb\"}\n",
         .calls = 1},
        {.name = "the largest integer comes back whole",
         .line = REQUEST("echo", "9223372036854775807"),
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":9223372036854775807}\n",
         .calls = 1},
        {.name = "a number beyond is refused, not rounded",
         .line = REQUEST("echo", "9223372036854775808"),
         .has = {"-32700", "too big", "\"id\":null"}},
        {.name = "params are handed on",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"a\":[1,\"é\"]},"
                 "\"id\":1}",
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":{\"a\":[1,\"é\"]},\"id\":1}\n",
         .calls = 1},
        {.name = "a carriage return before the newline does no harm",
         .line = REQUEST("echo", "1") "\r",
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":1}\n",
         .calls = 1},
        {.name = "a refusal has code, sentence and data",
         .line = REQUEST("fail", "1"),
         .answer = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32003,\"message\":\"no, because\","
                   "\"data\":{\"verdict\":\"BLOCKED\"}},\"id\":1}\n",
         .calls = 1},
        {.name = "a second answer to the same call is dropped",
         .line = REQUEST("twice", "1"),
         .answer = "{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}\n",
         .calls = 1},
        {.name = "a sentence cut within a character is still an answer",
         .line = REQUEST("bad_text", "1"),
         .answer = "{\"jsonrpc\":\"2.0\"," ERROR("-32602", "\\\"caf?\\\" is cut") ",\"id\":1}\n",
         .calls = 1},
        {.name = "an answer that is none is an error of ours",
         .line = REQUEST("no_json", "1"),
         .has = {"-32603", "\"id\":1"},
         .calls = 1},
        {.name = "a notification is heard and not answered",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}",
         .answer = "",
         .calls = 1},
        {.name = "nor is one that fails",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"fail\"}",
         .answer = "",
         .calls = 1},
        {.name = "nor one whose params are no object",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[]}",
         .answer = ""},
        {.name = "params by position are refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1],\"id\":3}",
         .has = {"-32602", "by name", "\"id\":3"}},
        {.name = "a batch is refused",
         .line = "[" REQUEST("echo", "1") "]",
         .has = {"-32600", "batches", "\"id\":null"}},
        {.name = "another version is refused",
         .line = "{\"jsonrpc\":\"1.0\",\"method\":\"echo\",\"id\":1}",
         .has = {"-32600", "2.0", "\"id\":1"}},
        {.name = "no version is refused",
         .line = "{\"method\":\"echo\",\"id\":1}",
         .has = {"-32600", "\"id\":1"}},
        {.name = "no method is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"id\":\"x\"}",
         .has = {"-32600", "\"id\":\"x\""}},
        {.name = "a method that is no text is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":1}",
         .has = {"-32600"}},
        {.name = "a method of nothing is refused",
         .line = REQUEST("", "1"),
         .has = {"-32600", "1 to 63"}},
        {.name = "a method of 63 bytes is handed on",
         .line = REQUEST(NAME_63, "1"),
         .answer = "",
         .calls = 1},
        {.name = "a method of 64 bytes is refused",
         .line = REQUEST(NAME_63 "h", "1"),
         .has = {"-32600", "1 to 63"}},
        {.name = "a member nobody knows is refused: it may be a slip of params",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"param\":{},\"id\":1}",
         .has = {"-32600", "nothing else"}},
        {.name = "id null is refused",
         .line = REQUEST("echo", "null"),
         .has = {"-32600", "id is an integer or a string", "\"id\":null"}},
        {.name = "a fraction as id is refused",
         .line = REQUEST("echo", "1.5"),
         .has = {"-32600", "\"id\":null"}},
        {.name = "a key twice is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"method\":\"fail\",\"id\":1}",
         .has = {"-32700", "duplicate", "\"id\":null"}},
        {.name = "a key twice is refused deep inside as well",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"a\":{\"b\":1,\"b\":2}},"
                 "\"id\":1}",
         .has = {"-32700", "duplicate"}},
        {.name = "text that is no UTF-8 is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"a\":\"\xc3(\"},\"id\":1}",
         .has = {"-32700", "unable to decode byte 0xc3"}},
        {.name = "half a surrogate is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"a\":\"\\ud800\"},"
                 "\"id\":1}",
         .has = {"-32700"}},
        {.name = "a NUL within a text is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"ec\\u0000ho\",\"id\":1}",
         .has = {"-32700"}},
        {.name = "an empty line is no message", .line = "", .has = {"-32700", "\"id\":null"}},
        {.name = "a text is no message", .line = "\"echo\"", .has = {"-32700"}},
        {.name = "two messages on a line are refused",
         .line = REQUEST("echo", "1") " " REQUEST("echo", "2"),
         .has = {"-32700", "end of file expected"}},
        {.name = "half a message is refused", .line = "{\"jsonrpc\":", .has = {"-32700"}},
        {.name = "sixteen deep is deep enough",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":"
                 "{\"a\":[[[[[[[[[[[[[[\"[[[{\\\"[\"]]]]]]]]]]]]]]},\"id\":1}",
         .has = {"\"result\""},
         .calls = 1},
        {.name = "seventeen is refused",
         .line = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":"
                 "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]},\"id\":1}",
         .has = {"-32700", "deeper than 16"}},
};

static void answers(void **state)
{
	const struct line_row *row = *state;
	struct house h;
	int fd = given_client(&h);

	say(&h, fd, row->line);
	assert_text(heard(&h, fd), ""); /* the newline makes it a line */
	say(&h, fd, "\n");
	const char *answer = heard(&h, fd);
	if (row->answer != NULL)
		assert_text(answer, row->answer);
	for (size_t i = 0; i < ARRAY_LEN(row->has) && row->has[i] != NULL; i++)
		assert_contains(answer, row->has[i]);
	assert_i64(h.calls, row->calls);
	/* whatever it was, the connection goes on */
	say(&h, fd, REQUEST("echo", "99") "\n");
	assert_contains(heard(&h, fd), "\"result\":{},\"id\":99");
	close(fd);
	close_house(&h);
}

/* --- bytes and lines ---------------------------------------------------------------------------
 */

static void a_line_may_come_byte_by_byte_and_two_at_once(void **state)
{
	static const char both[] = REQUEST("echo", "1") "\n" REQUEST("fail", "2") "\n";
	struct house h;
	int fd = given_client(&h);

	(void)state;
	for (size_t i = 0; i < sizeof both - 1; i++)
		say_bytes(&h, fd, both + i, 1);
	assert_i64(h.calls, 2);
	const char *one_by_one = heard(&h, fd);
	assert_contains(one_by_one, "\"id\":1");
	assert_contains(one_by_one, "\"id\":2");
	say(&h, fd, both);
	assert_i64(h.calls, 4);
	close(fd);
	close_house(&h);
}

/* {"jsonrpc":"2.0","method":"echo","id":1,"params":{}<spaces>} of so many bytes */
static char *padded(size_t n)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1";
	char *line = malloc(n + 2);

	memset(line, ' ', n);
	memcpy(line, head, sizeof head - 1);
	line[n - 1] = '}';
	line[n] = '\n';
	line[n + 1] = '\0';
	return line;
}

static void a_line_has_65536_bytes_at_most(void **state)
{
	struct house h;
	int fd = given_client(&h);
	char *just = padded(65536), *over = padded(65537);

	(void)state;
	say(&h, fd, just);
	assert_text(heard(&h, fd), "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":1}\n");
	say(&h, fd, over);
	const char *end = heard(&h, fd);
	assert_contains(end, "a line has at most 65536 bytes");
	assert_contains(end, "closed");
	assert_i64(h.calls, 1);
	assert_i64(h.gone, 1);
	free(just);
	free(over);
	close(fd);
	close_house(&h);
}

static void what_comes_after_a_line_too_long_is_not_read(void **state)
{
	struct house h;
	int fd = given_client(&h);
	char *over = padded(70000);

	(void)state;
	say(&h, fd, over);
	say(&h, fd, REQUEST("echo", "1") "\n");
	assert_i64(h.calls, 0);
	free(over);
	close(fd);
	close_house(&h);
}

/* --- answers later -----------------------------------------------------------------------------
 */

static void answers_come_later_and_in_any_order(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd, REQUEST("later", "1") "\n");
	struct control_ref who = h.who;
	int64_t first = h.call;
	say(&h, fd, REQUEST("later", "\"two\"") "\n");
	assert_text(heard(&h, fd), "");
	control_result(h.control, who, h.call, json_true());
	assert_contains(heard(&h, fd), "\"id\":\"two\"");
	control_fail(h.control, who, first, CONTROL_NOT_FOUND, "gone", NULL);
	assert_contains(heard(&h, fd), "\"code\":-32004,\"message\":\"gone\"},\"id\":1");
	close(fd);
	close_house(&h);
}

static void sixteen_may_be_owed_and_the_next_waits(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	for (int i = 0; i < 16; i++)
		say(&h, fd, REQUEST("later", "1") "\n");
	assert_text(heard(&h, fd), "");
	say(&h, fd, REQUEST("later", "17") "\n");
	assert_contains(heard(&h, fd), "\"code\":-32005");
	assert_i64(h.calls, 16);
	say(&h, fd, "{\"jsonrpc\":\"2.0\",\"method\":\"stop\"}\n"); /* owes nothing */
	assert_i64(h.calls, 17);
	control_result(h.control, h.who, h.call - 1, json_true());
	say(&h, fd, REQUEST("echo", "18") "\n");
	assert_contains(heard(&h, fd), "\"id\":18");
	close(fd);
	close_house(&h);
}

/* Three hundred at once; nobody else waits for more than a few of them, and each is answered. */
static void one_who_asks_much_at_once_has_turns_like_the_others(void **state)
{
	struct house h;
	int much = given_client(&h), other = client(&h);
	size_t n = 0, answers = 0;
	char said[32768], answer[4096];

	(void)state;
	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(said + n, sizeof said - n, "%s\n", REQUEST("echo", "7"));
	assert_i64(send(much, said, n, MSG_NOSIGNAL), n);
	assert_true(send(other, REQUEST("mine", "8") "\n", sizeof(REQUEST("mine", "8")),
	                 MSG_NOSIGNAL) > 0);
	while (strcmp(h.method, "mine") != 0)
		uv_run(&h.loop, UV_RUN_ONCE);
	assert_true(h.calls < 30);
	while (answers < 300) {
		uv_run(&h.loop, UV_RUN_NOWAIT);
		ssize_t part = recv(much, answer, sizeof answer, 0);
		for (ssize_t i = 0; i < part; i++)
			answers += answer[i] == '\n';
	}
	assert_i64(answers, 300);
	assert_i64(h.calls, 301);
	say(&h, much, REQUEST("echo", "9") "\n"); /* and is read on */
	assert_contains(heard(&h, much), "\"id\":9");
	close(much);
	close(other);
	close_house(&h);
}

/* Its said are not taken any more. */
static void one_who_asks_much_and_goes_or_is_closed_ends_nothing_else(void **state)
{
	static const char *const last[] = {REQUEST("echo", "8"), REQUEST("shut", "8")};
	char said[16384];

	(void)state;
	for (size_t way = 0; way < ARRAY_LEN(last); way++) {
		struct house h;
		int fd = given_client(&h);
		size_t n = 0;

		for (int i = 0; i < 100; i++)
			n += (size_t)snprintf(said + n, sizeof said - n, "%s\n",
			                      i == 20 ? last[way] : REQUEST("echo", "7"));
		assert_i64(send(fd, said, n, MSG_NOSIGNAL), n);
		while (h.calls < (way == 0 ? 8 : 21))
			uv_run(&h.loop, UV_RUN_ONCE);
		close(fd);
		if (way == 0)
			turn(&h);
		assert_true(h.calls < 101);
		close_house(&h);
	}
}

static void an_answer_to_one_who_has_gone_is_no_event(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd, REQUEST("later", "1") "\n");
	struct control_ref who = h.who;
	int64_t call = h.call;
	control_set_person(h.control, who, "petra", false);
	close(fd);
	turn(&h);
	assert_i64(h.gone, 1);
	assert_i64(h.who.slot, who.slot);
	control_result(h.control, who, call, json_true());
	control_fail(h.control, who, call, CONTROL_INTERNAL, "late", json_object());
	control_set_person(h.control, who, "petra", false);
	control_subscribe(h.control, who, true);
	assert_text(control_person(h.control, who), "");
	assert_true(control_peer_uid(h.control, who) == (uid_t)-1);

	/* nor does it reach the next one in the same place */
	int next = client(&h);
	say(&h, next, REQUEST("later", "1") "\n");
	assert_i64(h.who.slot, who.slot);
	assert_true(h.who.generation != who.generation);
	control_result(h.control, who, h.call, json_true());
	assert_text(heard(&h, next), "");
	assert_text(control_person(h.control, h.who), "");
	close(next);
	close_house(&h);
}

/* It went and the loop has not noticed yet: the write finds out. */
static void an_answer_to_one_who_is_just_going_ends_nothing_else(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd, REQUEST("later", "1") "\n");
	close(fd);
	control_result(h.control, h.who, h.call, json_true());
	turn(&h);
	assert_i64(h.gone, 1);
	close_house(&h);
}

static void nor_when_the_control_itself_has_gone(void **state)
{
	struct control_ref who = {.slot = 0, .generation = 1};
	struct house h;

	(void)state;
	given_house(&h);
	assert_true(open_house(&h, NULL));
	who.slot = 64; /* no such place */
	assert_text(control_person(h.control, who), "");
	who.slot = 0; /* nobody was there yet */
	assert_text(control_person(h.control, who), "");
	close_house(&h);
	control_result(NULL, who, 1, json_true());
	control_fail(NULL, who, 1, CONTROL_INTERNAL, "late", NULL);
	control_notify(NULL, "event", json_object());
}

/* --- who it is, and who listens ----------------------------------------------------------------
 */

static void a_connection_knows_who_it_has_proved_to_be(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd, REQUEST("echo", "1") "\n");
	assert_true(control_peer_uid(h.control, h.who) == getuid());
	assert_text(control_person(h.control, h.who), "");
	control_set_person(h.control, h.who, "petra", false);
	assert_text(control_person(h.control, h.who), "petra");
	struct control_ref first = h.who;
	int other = client(&h);
	say(&h, other, REQUEST("echo", "1") "\n");
	assert_text(control_person(h.control, h.who), "");
	assert_text(control_person(h.control, first), "petra");
	close(fd);
	close(other);
	close_house(&h);
}

static void events_go_to_those_who_asked_for_them(void **state)
{
	struct house h;
	int fd = given_client(&h), deaf = client(&h);

	(void)state;
	say(&h, fd,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"params\":{\"on\":true},\"id\":1}\n");
	heard(&h, fd);
	control_notify(h.control, "event", json_pack("{s:s}", "text", "one\nline"));
	assert_text(heard(&h, fd), "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":"
	                           "{\"text\":\"one\\nline\"}}\n");
	assert_text(heard(&h, deaf), "");
	control_notify(h.control, "event", NULL); /* nothing to say */
	assert_text(heard(&h, fd), "");
	say(&h, fd,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"params\":{\"on\":false},\"id\":2}\n");
	heard(&h, fd);
	control_notify(h.control, "event", json_object());
	assert_text(heard(&h, fd), "");
	close(fd);
	close(deaf);
	close_house(&h);
}

/* The next in the place of one who watched does not watch. */
static void a_subscription_ends_with_its_connection(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"params\":{\"on\":true},\"id\":1}\n");
	close(fd);
	turn(&h);
	fd = client(&h);
	control_notify(h.control, "event", json_object());
	assert_text(heard(&h, fd), "");
	close(fd);
	close_house(&h);
}

static int silenced(void)
{
	int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
	return kept;
}

static void heard_again(int kept)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void one_who_does_not_read_is_closed_and_the_others_are_not(void **state)
{
	struct house h;
	int slow = given_client(&h), good = client(&h);
	char text[10001];
	int sent = 0;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	say(&h, slow,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"params\":{\"on\":true},\"id\":1}\n");
	int quiet = silenced();
	for (; h.gone == 0 && sent < 1000; sent++) {
		control_notify(h.control, "event", json_pack("{s:s}", "text", text));
		turn(&h);
	}
	heard_again(quiet);
	/* 1 MiB of 10 kB lines, and what the kernel took */
	assert_true(sent > 104 && sent < 400);
	assert_i64(h.gone, 1);
	say(&h, good, REQUEST("echo", "1") "\n");
	assert_contains(heard(&h, good), "\"id\":1");
	close(slow);
	close(good);
	close_house(&h);
}

static void the_sixty_fifth_is_told_that_there_is_no_room(void **state)
{
	struct house h;
	int fd[64];

	(void)state;
	given_house(&h);
	assert_true(open_house(&h, NULL));
	for (int i = 0; i < 64; i++)
		fd[i] = client(&h);
	int quiet = silenced();
	int more = client(&h);
	heard_again(quiet);
	const char *text = heard(&h, more);
	assert_contains(text, "-32005");
	assert_contains(text, "closed");
	close(more);
	close(fd[10]);
	turn(&h);
	more = client(&h);
	say(&h, more, REQUEST("echo", "1") "\n");
	assert_contains(heard(&h, more), "\"id\":1");
	assert_i64(h.who.slot, 10);
	close(more);
	for (int i = 0; i < 64; i++)
		if (i != 10)
			close(fd[i]);
	close_house(&h);
}

static void it_may_be_closed_from_within_a_call(void **state)
{
	struct house h;
	int fd = given_client(&h);

	(void)state;
	say(&h, fd, REQUEST("shut", "1") "\n" REQUEST("echo", "2") "\n");
	assert_i64(h.calls, 1);
	assert_text(heard(&h, fd), "closed");
	assert_i64(h.gone, 1);
	close(fd);
	close_house(&h);
}

/* --- the place ---------------------------------------------------------------------------------
 */

static void only_owner_and_group_may_connect(void **state)
{
	struct house h;
	struct stat st;
	const struct group *own = getgrgid(getgid());

	(void)state;
	given_house(&h);
	mode_t mask = umask(0);
	assert_true(open_house(&h, own != NULL ? own->gr_name : NULL));
	umask(mask);
	assert_i64(stat(h.path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_i64(st.st_mode & 07777, 0660);
	assert_true(st.st_gid == getgid());
	close_house(&h);
}

static void a_group_nobody_knows_is_refused(void **state)
{
	struct house h;

	(void)state;
	given_house(&h);
	assert_false(open_house(&h, "no-such-group"));
	assert_contains(h.why, "no group \"no-such-group\"");
	close_house(&h);
}

static void a_stale_socket_is_taken_over_a_living_one_is_not(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct house h, second;

	(void)state;
	given_house(&h);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", h.path);
	must(bind(dead, (const struct sockaddr *)&at, sizeof at) == 0);
	close(dead); /* as after a power cut */
	int quiet = silenced();
	assert_true(open_house(&h, NULL));
	heard_again(quiet);

	second = h;
	assert_false(open_house(&second, NULL));
	assert_contains(second.why, "another gate listens there");
	turn(&h);
	int fd = client(&h);
	say(&h, fd, REQUEST("echo", "1") "\n");
	assert_contains(heard(&h, fd), "\"id\":1");
	close(fd);
	close_house(&h);
}

static void a_file_in_its_place_is_left_alone(void **state)
{
	struct house h;

	(void)state;
	given_house(&h);
	close(open(h.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_false(open_house(&h, NULL));
	assert_contains(h.why, "is no socket");
	assert_i64(unlink(h.path), 0);
	close_house(&h);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct house h;

	(void)state;
	given_house(&h);
	char path[64];
	memcpy(path, h.path, sizeof path);
	snprintf(h.path, sizeof h.path, "/tmp/no-such-folder/control.sock");
	assert_false(open_house(&h, NULL));
	assert_contains(h.why, "/tmp/no-such-folder/control.sock: ");
	memcpy(h.path, path, sizeof path);
	close_house(&h);
}

static void a_path_is_never_cut_to_fit(void **state)
{
	struct house h;
	char path[109];

	(void)state;
	given_house(&h);
	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0'; /* 108 */
	assert_null(control_open(&h.loop, path, NULL, on_call, on_gone, &h, h.why, sizeof h.why));
	assert_contains(h.why, "at most 107 bytes");
	close_house(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_may_come_byte_by_byte_and_two_at_once),
	        cmocka_unit_test(a_line_has_65536_bytes_at_most),
	        cmocka_unit_test(what_comes_after_a_line_too_long_is_not_read),
	        cmocka_unit_test(answers_come_later_and_in_any_order),
	        cmocka_unit_test(sixteen_may_be_owed_and_the_next_waits),
	        cmocka_unit_test(one_who_asks_much_at_once_has_turns_like_the_others),
	        cmocka_unit_test(one_who_asks_much_and_goes_or_is_closed_ends_nothing_else),
	        cmocka_unit_test(an_answer_to_one_who_has_gone_is_no_event),
	        cmocka_unit_test(an_answer_to_one_who_is_just_going_ends_nothing_else),
	        cmocka_unit_test(nor_when_the_control_itself_has_gone),
	        cmocka_unit_test(a_connection_knows_who_it_has_proved_to_be),
	        cmocka_unit_test(events_go_to_those_who_asked_for_them),
	        cmocka_unit_test(a_subscription_ends_with_its_connection),
	        cmocka_unit_test(one_who_does_not_read_is_closed_and_the_others_are_not),
	        cmocka_unit_test(the_sixty_fifth_is_told_that_there_is_no_room),
	        cmocka_unit_test(it_may_be_closed_from_within_a_call),
	        cmocka_unit_test(only_owner_and_group_may_connect),
	        cmocka_unit_test(a_group_nobody_knows_is_refused),
	        cmocka_unit_test(a_stale_socket_is_taken_over_a_living_one_is_not),
	        cmocka_unit_test(a_file_in_its_place_is_left_alone),
	        cmocka_unit_test(a_folder_that_is_not_there_is_named),
	        cmocka_unit_test(a_path_is_never_cut_to_fit),
	};

	signal(SIGPIPE, SIG_IGN); /* as the gate does */
	int failures = cmocka_run_group_tests_name("control", tests, NULL, NULL);
	failures += RUN_ROWS("control answers", lines, answers);
	return failures != 0;
}
