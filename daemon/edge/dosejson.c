#include "edge/dosejson.h"

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
