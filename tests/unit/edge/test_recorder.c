#include "given.h"

#include "edge/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEGABYTE ((size_t)1 << 20)

struct place {
	uv_loop_t loop;
	char folder[40], file[64], why[300];
	char *text; /* of the file, once read */
	bool closed;
};

static struct place *given_place(void)
{
	struct place *at = calloc(1, sizeof *at);

	must(at != NULL);
	snprintf(at->folder, sizeof at->folder, "/tmp/recorder.XXXXXX");
	must(mkdtemp(at->folder) != NULL);
	snprintf(at->file, sizeof at->file, "%s/wire.rec", at->folder);
	must(uv_loop_init(&at->loop) == 0);
	return at;
}

static void forget(struct place *at)
{
	assert_i64(uv_loop_close(&at->loop), 0);
	unlink(at->file);
	assert_i64(rmdir(at->folder), 0);
	free(at->text);
	free(at);
}

static struct recorder *opened(struct place *at, size_t max)
{
	struct recorder *r = recorder_open(&at->loop, at->file, max, at->why, sizeof at->why);

	assert_non_null(r);
	return r;
}

static void on_closed(void *owner)
{
	((struct place *)owner)->closed = true;
}

static void close_all(struct place *at, struct recorder *r, const char *why)
{
	recorder_close(r, why, on_closed, at);
	uv_run(&at->loop, UV_RUN_DEFAULT);
	assert_true(at->closed);
}

static void read_file(struct place *at)
{
	FILE *f = fopen(at->file, "r");
	struct stat st;

	must(f != NULL && fstat(fileno(f), &st) == 0);
	at->text = calloc(1, (size_t)st.st_size + 1);
	must(at->text != NULL);
	must(fread(at->text, 1, (size_t)st.st_size, f) == (size_t)st.st_size);
	fclose(f);
}

/* The n-th line (from 0) without its time. */
static const char *line_of(struct place *at, int n, char *buf, size_t size)
{
	const char *line = at->text;

	while (n-- > 0) {
		line = strchr(line, '\n');
		must(line != NULL);
		line++;
	}
	line += strspn(line, "0123456789");
	line += strspn(line, " ");
	snprintf(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
	return buf;
}

static int lines_in(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void test_what_is_told_stands_in_the_file_in_order(void **state)
{
	struct place *at = given_place();
	struct recorder *r = opened(at, MEGABYTE);
	const uint8_t frame[] = {0x00, 0x01, 0xff};
	char line[100];
	struct stat st;

	(void)state;
	assert_i64(stat(at->file, &st), 0);
	assert_i64(st.st_mode & 07777, 0600);
	recorder_text(r, "c0.1", RECORDED_BEGINS, "127.0.0.1:51002");
	recorder_bytes(r, "c0.1", RECORDED_ASKS, frame, sizeof frame);
	recorder_text(r, "gate", RECORDED_ROW, "stop {\"device\":\"alex\"}");
	assert_i64(recorder_look(r).lines, 3);
	close_all(at, r, "asked to");
	read_file(at);
	assert_i64(lines_in(at->text), 5);
	assert_text(line_of(at, 0, line, sizeof line), "# dosegate recording 1");
	assert_text(line_of(at, 1, line, sizeof line), "c0.1 + 127.0.0.1:51002");
	assert_text(line_of(at, 2, line, sizeof line), "c0.1 > 0001ff");
	assert_text(line_of(at, 3, line, sizeof line), "gate * stop {\"device\":\"alex\"}");
	assert_text(line_of(at, 4, line, sizeof line), "gate . asked to");
	forget(at);
}

static void test_a_file_that_is_there_is_never_written(void **state)
{
	struct place *at = given_place();

	(void)state;
	close_all(at, opened(at, MEGABYTE), "first");
	assert_null(recorder_open(&at->loop, at->file, MEGABYTE, at->why, sizeof at->why));
	assert_contains(at->why, "wire.rec: File exists");
	forget(at);
}

static void test_a_link_is_not_followed(void **state)
{
	struct place *at = given_place();

	(void)state;
	must(symlink("/tmp/recorder.elsewhere", at->file) == 0);
	assert_null(recorder_open(&at->loop, at->file, MEGABYTE, at->why, sizeof at->why));
	assert_i64(access("/tmp/recorder.elsewhere", F_OK), -1);
	forget(at);
}

/* It is bounded, and says so as its last line; what comes after is not taken. */
static void test_it_ends_at_its_size(void **state)
{
	struct place *at = given_place();
	struct recorder *r = opened(at, RECORDER_SIZE_MIN);
	uint8_t frame[200] = {0};
	char line[100];

	(void)state;
	for (int i = 0; i < 1000; i++)
		recorder_bytes(r, "d1", RECORDED_ANSWERS, frame, sizeof frame);
	assert_false(recorder_runs(r));
	assert_text(recorder_look(r).over, "it has its size of 65536 bytes");
	assert_i64(recorder_look(r).lost, 0);
	close_all(at, r, "asked to");
	read_file(at);
	assert_true(strlen(at->text) <= RECORDER_SIZE_MIN);
	assert_true(strlen(at->text) > RECORDER_SIZE_MIN - 1000);
	assert_text(line_of(at, lines_in(at->text) - 1, line, sizeof line),
	            "gate . it has its size of 65536 bytes");
	forget(at);
}

/* While the worker has one room and the other is full, lines are lost: counted, said where they
 * would stand, and what comes later is there again. */
static void test_what_is_lost_is_said(void **state)
{
	struct place *at = given_place();
	struct recorder *r = opened(at, 16 * MEGABYTE);
	uint8_t frame[500] = {0}; /* a line of more than 1000 characters */
	char line[100], want[100];
	int told = 0;

	(void)state;
	while (recorder_look(r).lost < 10) { /* the loop does not turn meanwhile */
		recorder_bytes(r, "d1", RECORDED_ANSWERS, frame, sizeof frame);
		told++;
	}
	assert_true(told > 700 && told < 900); /* a room and a half of half a megabyte */
	int64_t kept = recorder_look(r).lines;
	for (int i = 0; i < 20 && recorder_look(r).lines == kept; i++) {
		uv_run(&at->loop, UV_RUN_ONCE); /* a room has been written */
		recorder_text(r, "d1", RECORDED_LOOK, "");
	}
	long long lost = recorder_look(r).lost;
	close_all(at, r, "asked to");
	read_file(at);
	snprintf(want, sizeof want, "gate %% %lld", lost);
	bool said = false, again = false;
	for (int i = 0; i < lines_in(at->text); i++) {
		line_of(at, i, line, sizeof line);
		again = again || (said && strcmp(line, "d1 ~") == 0);
		said = said || strcmp(line, want) == 0;
	}
	assert_true(said);
	assert_true(again);
	forget(at);
}

static void test_a_disk_that_says_no_ends_it(void **state)
{
	struct place *at = given_place();
	struct recorder *r = opened(at, MEGABYTE);

	(void)state;
	/* the file's place on a full disk: the same descriptor */
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char link[64], path[100];
	for (int fd = 3; fd < 64; fd++) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(link, path, sizeof path - 1);
		if (n > 0 && (size_t)n == strlen(at->file) &&
		    memcmp(path, at->file, (size_t)n) == 0)
			must(dup2(full, fd) == fd);
	}
	recorder_text(r, "d1", RECORDED_LOOK, "");
	while (recorder_runs(r))
		uv_run(&at->loop, UV_RUN_ONCE);
	assert_text(recorder_look(r).over, "the file cannot be written: No space left on device");
	recorder_text(r, "d1", RECORDED_LOOK, ""); /* no event */
	close_all(at, r, "asked to");
	close(full);
	forget(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_is_told_stands_in_the_file_in_order),
	        cmocka_unit_test(test_a_file_that_is_there_is_never_written),
	        cmocka_unit_test(test_a_link_is_not_followed),
	        cmocka_unit_test(test_it_ends_at_its_size),
	        cmocka_unit_test(test_what_is_lost_is_said),
	        cmocka_unit_test(test_a_disk_that_says_no_ends_it),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
