/*
 * live: an approver who stays present. Any key takes the grant back, and so does everything that
 * ends this program: the gate misses the sign of life, or the connection.
 */
#include "ctl.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define EVERY_MS 1000

/* One key is enough, without Enter. */
static bool take_keys(struct termios *before)
{
	struct termios keys;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, before) != 0)
		return false;
	keys = *before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	return tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
}

/* A key, or the end of what could bring one. */
static bool pressed(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, EVERY_MS) != 0;
}

static void say_if_new(json_t *sign, char *last, size_t len)
{
	char line[200];

	snprintf(line, sizeof line, "%s; the device: %s", text_at(sign, "state_words"),
	         text_at(sign, "device_state"));
	if (strcmp(line, last) == 0)
		return;
	puts(line);
	fflush(stdout);
	snprintf(last, len, "%s", line);
}

static enum exit_code give_signs(struct rpc *r, json_int_t hold)
{
	enum exit_code code;
	char last[200] = "";
	json_t *sign;

	while ((sign = rpc_call(r, "hold.live", json_pack("{s:I}", "hold", hold), &code)) != NULL) {
		say_if_new(sign, last, sizeof last);
		json_decref(sign);
		if (!pressed())
			continue;
		json_decref(rpc_call(r, "grant.revoke", json_pack("{s:I}", "hold", hold), &code));
		if (code == EXIT_DONE)
			puts("taken back; the device is stopped");
		return code;
	}
	return code; /* why it is over was printed */
}

enum exit_code stay_present(struct rpc *r, json_int_t hold)
{
	struct termios before;
	bool keys = take_keys(&before);

	puts("you are present: any key takes the grant back and stops the device");
	fflush(stdout);
	enum exit_code code = give_signs(r, hold);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return code;
}
