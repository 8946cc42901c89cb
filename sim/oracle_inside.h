/*
 * What the files of the oracle share: oracle.c judges, oracle_case.c is told of the case and its
 * grants. Nobody else includes it.
 */
#ifndef SIM_ORACLE_INSIDE_H
#define SIM_ORACLE_INSIDE_H

#include "edge/config.h"
#include "judge.h"
#include "oracle.h"

#define GRANTS_MAX  8
#define BLAMES_KEPT 100

struct waived {
	struct settings settings;
	int64_t pulses;   /* still; -1: no end by them */
	int64_t time_ms;  /* from its first use; 0: no end by time */
	int64_t until_ms; /* 0: not used yet */
};

struct blame {
	int64_t pulse, at_ms;
	char rule[64], text[400];
};

struct oracle {
	struct judge j; /* library, patient, limits */
	bool has_case;
	uint64_t cleared;
	int n_grants;
	struct waived grant[GRANTS_MAX];
	int64_t grace_ms;
	int64_t judged, blamed, in_grace;
	struct blame blame[BLAMES_KEPT];
};

#endif
