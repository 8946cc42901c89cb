/*
 * oracle: was what left the aperture allowed, whatever the gate believed?
 *
 * It knows the patient's case from the one who runs the test, never from the gate; has the library
 * from its folder; and judges each pulse, as it leaves, with the judge's own functions: the
 * settings the device really had, and what came out of it. What a grant allows beyond the limits it
 * is told too. One pulse outside fails the run: a sentence with number, limit and rule, and exit
 * code 3.
 *
 * What somebody turns at the device itself the gate cannot prevent, only end: within `grace` of
 * such a turn a pulse is counted apart and not blamed. Without saying so there is none.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "device.h"

#define EXIT_BLAMED 3

struct oracle;
struct library;

/* The library must outlive it. Judges every pulse from now on; until there is a case, none may
 * leave. */
struct oracle *oracle_open(const struct library *lib);
void oracle_close(struct oracle *o);

/* A line as dosegatectl judge reads it, without settings; the grants of the case before are over.
 * "none": nobody is treated. False with the reason. */
bool oracle_case(struct oracle *o, const struct device *d, const char *text, char *why, size_t len);
/* {"settings": {...}, "pulses": 3, "seconds": 60}: exactly these, and what is not named as the
 * device has it now. {"screening": ["tan", "status M"]}: these reasons are cleared. "none": all are
 * over. */
bool oracle_grant(struct oracle *o, const struct device *d, const char *text, char *why,
                  size_t len);
void oracle_grace(struct oracle *o, int64_t ms);

/* One left, or settings were written: the time of a grant begins. */
void oracle_pulse(struct oracle *o, struct device *d, const struct pulse *p);
void oracle_written(struct oracle *o, const struct device *d);

int64_t oracle_blamed(const struct oracle *o);
/* {"verdict": "clean" or "blamed", "pulses", "blamed", "in_grace", "blames": [{"pulse", "at_ms",
 * "rule", "text"}]} */
json_t *oracle_verdict(const struct oracle *o);
/* The sentences, to standard error. */
void oracle_say(const struct oracle *o);

#endif
