#include "library.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"

bool shelf_open(struct shelf *s, const char *dir, const char *then)
{
	bool well;

	*s = (struct shelf){.dir = dir};
	well = config_load_library(dir, &s->config, &s->complaints);
	if (!well)
		complaints_say(&s->complaints, then);
	return well;
}

void shelf_close(struct shelf *s)
{
	complaints_free(&s->complaints);
	config_free(&s->config);
}
