#include "control_rpc.h"

#include <string.h>

#define DEPTH_MAX  16 /* our deepest message has 6 */
#define METHOD_LEN 64

/* Brackets within strings do not count. */
bool rpc_shallow(const char *line, size_t n)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (quoted && line[i] == '\\')
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (!quoted && (line[i] == '{' || line[i] == '['))
			depth++;
		else if (!quoted && (line[i] == '}' || line[i] == ']'))
			depth--;
		if (depth > DEPTH_MAX)
			return false;
	}
	return true;
}

const char *rpc_take(json_t *message, struct rpc *r, enum control_error *code)
{
	const char *version, *method;
	json_t *params = NULL, *id = NULL;
	json_error_t at;

	*code = CONTROL_REQUEST;
	if (!json_is_object(message))
		return "batches are not taken: one request a line, as an object";
	id = json_object_get(message, "id");
	if (id != NULL && !json_is_integer(id) && !json_is_string(id))
		return "id is an integer or a string";
	r->id = id;
	if (json_unpack_ex(message, &at, 0, "{s:s, s:s, s?o, s?o !}", "jsonrpc", &version, "method",
	                   &method, "params", &params, "id", &id) != 0)
		return "a request is {\"jsonrpc\": \"2.0\", \"method\": text, \"params\": object, "
		       "\"id\": number or text}, and nothing else";
	if (strcmp(version, "2.0") != 0)
		return "jsonrpc is \"2.0\"";
	if (method[0] == '\0' || strlen(method) >= METHOD_LEN)
		return "the method's name has 1 to 63 bytes";
	*code = CONTROL_PARAMS;
	if (params != NULL && !json_is_object(params))
		return "params are given by name, in an object";
	r->method = method;
	r->params = params;
	return NULL;
}
