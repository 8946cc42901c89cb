#include "edge/dosejson.h"

#include <stdio.h>

json_t *dosejson_settings(const struct symbols *choices, const struct settings *s)
{
	json_t *all = json_object();
	char text[64];

	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!settings_has(s, p))
			continue;
		dose_format(choices, p, s->value[p], text, sizeof text);
		json_object_set_new(all, param_info(p)->name, json_string(text));
	}
	return all;
}

static bool take_one(const struct symbols *choices, const char *name, json_t *value,
                     struct settings *out, char *why, size_t why_len)
{
	enum param p = param_named(name);
	const char *text = json_string_value(value);
	enum quantity_status status;
	int64_t v;

	if (p == PARAM_NONE || text == NULL) {
		snprintf(why, why_len, "\"%.32s\" is no parameter given as text with a unit", name);
		return false;
	}
	status = dose_parse(choices, p, text, &v);
	if (status == QUANTITY_OK)
		settings_set(out, p, v);
	else
		quantity_explain(status, text, param_info(p)->measure, why, why_len);
	return status == QUANTITY_OK;
}

bool dosejson_take(const struct symbols *choices, json_t *settings, struct settings *out, char *why,
                   size_t why_len)
{
	struct settings taken = {.known = 0};
	const char *name;
	json_t *value;

	if (!json_is_object(settings)) {
		snprintf(why, why_len,
		         "this is an object, as in {\"fluence\": \"18 J/cm2\", \"spot\": \"18 "
		         "mm\"}");
		return false;
	}
	json_object_foreach(settings, name, value)
	{
		if (!take_one(choices, name, value, &taken, why, why_len))
			return false;
	}
	*out = taken;
	return true;
}

bool dosejson_known(const struct symbols *choices, json_t *settings, struct settings *out)
{
	const char *name;
	json_t *value;
	char why[200];

	*out = (struct settings){.known = 0};
	json_object_foreach(settings, name, value)
	{
		(void)take_one(choices, name, value, out, why, sizeof why);
	}
	return out->known != 0;
}
