/* control_out: what goes out to people: answers, refusals, what happened. */
#include "control_room.h"

#include "edge/log.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)1 << 20) /* a client this far behind does not read */

/* One message on its way out. */
struct out {
	uv_write_t write;
	char text[];
};

static void written(uv_write_t *write, int status)
{
	struct out *o = CONTAINER_OF(write, struct out, write);
	struct client *k = CONTAINER_OF((uv_pipe_t *)(void *)write->handle, struct client, pipe);

	free(o);
	if (status != 0 && status != UV_ECANCELED)
		control_drop(k);
}

/* One line, the same text for however many clients. */
void control_send_text(struct client *k, const char *text, size_t n)
{
	struct out *o;

	if (uv_stream_get_write_queue_size((uv_stream_t *)&k->pipe) + n > OUT_MAX) {
		log_line(LOG_WARN, "control", "a client that does not read was closed");
		control_drop(k);
		return;
	}
	o = malloc(sizeof *o + n + 1);
	must(o != NULL);
	memcpy(o->text, text, n);
	o->text[n] = '\n';
	uv_buf_t buf = uv_buf_init(o->text, (unsigned)(n + 1));
	if (uv_write(&o->write, (uv_stream_t *)&k->pipe, &buf, 1, written) != 0) {
		free(o);
		control_drop(k);
	}
}

/* Takes the reference. */
static void send_message(struct client *k, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	must(text != NULL); /* made here from parts that were checked */
	control_send_text(k, text, strlen(text));
	free(text);
	json_decref(message);
}

/* Sentences quote what people typed, perhaps cut within a character; then only ASCII is kept. */
static json_t *sentence_json(const char *sentence)
{
	json_t *text = json_string(sentence);
	char plain[512];
	size_t n = 0;

	if (text != NULL)
		return text;
	for (; sentence[n] != '\0' && n < sizeof plain - 1; n++)
		plain[n] = (unsigned char)sentence[n] < 0x80 ? sentence[n] : '?';
	plain[n] = '\0';
	return json_string(plain);
}

/* Takes the references to id and data. */
void control_send_error(struct client *k, json_t *id, int code, const char *sentence, json_t *data)
{
	json_t *error = json_pack("{s:i, s:o}", "code", code, "message", sentence_json(sentence));

	if (data != NULL)
		json_object_set_new(error, "data", data);
	send_message(k, json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "error", error, "id", id));
}

/* The id to answer with, its reference given over; NULL when no answer is owed. */
static json_t *settle(struct client *k, int64_t call)
{
	if (k == NULL)
		return NULL;
	for (size_t i = 0; i < CALLS_MAX; i++) {
		json_t *id = k->owed[i].id;

		if (id == NULL || k->owed[i].call != call)
			continue;
		k->owed[i].id = NULL;
		return id;
	}
	return NULL;
}

void control_result(struct control *c, struct control_ref who, int64_t call, json_t *result)
{
	struct client *k = control_find(c, who);
	json_t *id = settle(k, call);

	if (c != NULL && c->answered != NULL)
		c->answered(c->owner, who, call, NULL);
	if (id == NULL) {
		json_decref(result);
		return;
	}
	if (result == NULL) {
		control_send_error(k, id, CONTROL_INTERNAL, "the answer could not be put into JSON",
		                   NULL);
		return;
	}
	send_message(k, json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "result", result, "id", id));
}

void control_fail(struct control *c, struct control_ref who, int64_t call, enum control_error code,
                  const char *sentence, json_t *data)
{
	struct client *k = control_find(c, who);
	json_t *id = settle(k, call);

	if (c != NULL && c->answered != NULL)
		c->answered(c->owner, who, call, sentence);
	if (id == NULL)
		json_decref(data);
	else
		control_send_error(k, id, code, sentence, data);
}

void control_listen(struct control *c, control_answered_fn *answered)
{
	c->answered = answered;
}

void control_notify(struct control *c, const char *method, json_t *params)
{
	json_t *message;
	char *text;

	if (c == NULL || params == NULL) {
		json_decref(params);
		return;
	}
	message =
	        json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params);
	text = json_dumps(message, JSON_COMPACT);
	must(text != NULL);
	size_t n = strlen(text);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->client[i].state == CLIENT_HERE && c->client[i].subscribed)
			control_send_text(&c->client[i], text, n);
	free(text);
	json_decref(message);
}

void control_tell(struct control *c, struct control_ref who, const char *method, json_t *params)
{
	struct client *k = control_find(c, who);

	if (k == NULL)
		json_decref(params);
	else
		send_message(k, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method,
		                          "params", params));
}
