/*
 * Records of training: on a device, on a class, or on a device while it is of that class.
 */
#include "people_room.h"

#include <string.h>

static bool is_about(const struct training *t, const char *device, const char *device_class)
{
	return (t->device[0] == '\0' || strcmp(t->device, device) == 0) &&
	       (t->device_class[0] == '\0' || strcmp(t->device_class, device_class) == 0);
}

const struct training *training_valid(const struct person *who, const char *device,
                                      const char *device_class, int32_t today)
{
	const struct training *found = NULL;

	for (uint8_t i = 0; who != NULL && i < who->n_training; i++) {
		const struct training *t = &who->training[i];

		if (is_about(t, device, device_class) && t->on_day <= today &&
		    today <= t->until_day && (found == NULL || t->until_day > found->until_day))
			found = t;
	}
	return found;
}

int32_t training_ended(const struct person *who, const char *device, const char *device_class)
{
	int32_t last = 0;

	for (uint8_t i = 0; who != NULL && i < who->n_training; i++)
		if (is_about(&who->training[i], device, device_class) &&
		    who->training[i].until_day > last)
			last = who->training[i].until_day;
	return last;
}

/* A newer record on the same takes the place of the one before; the ledger has both. */
static struct training *place_for(struct person *who, const struct training *t)
{
	for (uint8_t i = 0; i < who->n_training; i++)
		if (strcmp(who->training[i].device, t->device) == 0 &&
		    strcmp(who->training[i].device_class, t->device_class) == 0)
			return &who->training[i];
	return who->n_training == TRAINING_MAX ? NULL : &who->training[who->n_training++];
}

static const char *add_training(struct job *j)
{
	struct person *who = j->person_after;

	if (who == NULL)
		return NOBODY;
	if (!role_may(who->role, RIGHT_SESSION))
		return "only operators and physicians start sessions, so only their training is "
		       "recorded";
	struct training *place = place_for(who, &j->person.training[0]);
	if (place == NULL)
		return "there is room for 32 records of a person and no more; record a class "
		       "instead of "
		       "devices";
	*place = j->person.training[0];
	return NULL;
}

void people_train(struct people *p, const char *name, const struct training *t,
                  people_changed_fn *done, void *owner, void *tag)
{
	struct job *j = job_new(p, name, "", owner, tag);

	j->changed = done;
	j->change = add_training;
	j->person.training[0] = *t;
	job_wait(j);
}
