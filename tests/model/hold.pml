/*
 * The life of a hold and of the grant that may come of it, as the gate lives it: house/deciding.c,
 * house/session.c and house/write.c around the table of core/hold.c, which is printed into
 * hold_moves.pml. Every callback of the gate's loop is one atomic step here; what waits for a worker
 * (a secret is checked) or for the ledger (a row becomes durable) is a step of its own, and anything
 * may happen in between: another ask, a withdrawal, a revocation, time, a change of patient,
 * handpiece, library or session, a second physician, and a crash.
 *
 * What must hold whatever happens is asserted where a write reaches the device, and in the monitor.
 * The test breaks the model in each place that carries one of these, by its number in the environment
 * (BROKEN), and wants to see that it is found.
 */
#include "hold_moves.pml"

#define ACT_BEFORE_INTENT 1  /* a write that is sent before it is recorded */
#define ACT_BEFORE_SIGNED 2  /* a grant before its signature is durable */
#define ANY_VERSION       3  /* a decision on another request than the one that was shown */
#define NEVER_SPENT       4  /* a grant that works twice */
#define NOT_JUDGED_AGAIN  5  /* revoked, expired or changed while the intent was written */
#define ONE_IS_ENOUGH     6  /* one approver where two are wanted */
#define ONE_PERSON_TWICE  7  /* the same one twice */
#define OWN_REQUEST       8  /* by the one who asked */
#define TWO_DOSES         9  /* two approvers, each of another dose */
#define OUTLIVES_SESSION  10 /* for another session, patient, handpiece or library */
#define REMEMBERS         11 /* a grant of before the crash */
#define REVOKE_FORGETS    12 /* a revoked one */
#define STOP_LATER        13 /* armed when its grant is over */
#define USED_AT_ALL       14 /* no promise: that a grant comes to be used in this model */

byte broken;

#define NOBODY    0
#define OLGA      1 /* an operator */
#define PHIL      2 /* physicians; phil may ask, too */
#define PAULA     3
#define REQUESTS  3 /* requests in one run */
#define ENDS      1 /* changes of session, patient, handpiece or library in one run */
#define CRASHES   1

/* --- the gate: gone with a crash */

byte state;        /* core/hold: of the one hold of the session */
bool moved;
byte request;      /* id, version and nonce: no two requests are alike; the digest names it */
byte asked;        /* the settings, 1 or 2 */
byte granted;      /* what is granted: asked, or less */
byte asker;
byte needed;       /* approvers */
byte n_approvers;
byte approver;     /* the first */
byte context;      /* session, patient, handpiece, library, as they are now */
bool alive = true;

/* a console's write that a grant allows: 0 none, 1 judged and on its way to the ledger, 2 durable */
byte press;
byte press_settings, press_request;

/* a physician's decision: 0 none, 1 has looked, 2 the secret is being checked, 3 on its way to the
 * ledger, 4 durable */
typedef signer {
	byte phase;
	byte looked;   /* the request that was shown */
	byte settings;
	bool deny;
};
signer who[4];

/* --- the device */

bool armed; /* under the grant */

/* --- the ledger: outlives a crash. Of the newest request alone: no other is ever acted on again */

byte signed_for[4];  /* by person: the settings they signed it for, durable; 0: nothing */
bool intent;         /* that it will be used, durable */

/* --- what really happened to the newest request, for the assertions */

byte for_context;
byte true_asker;
bool over;           /* revoked, expired, denied, changed, or ended with what it named */
bool used;
byte requests, ends, crashes;

/* watch_armed: what allowed it to be armed has ended; stopped in the same turn of the loop */
inline look_at_armed() {
	if
	:: (armed && state != HOLD_IN_FORCE && broken != STOP_LATER) -> armed = false
	:: else
	fi
}

inline happens(event_) {
	move(event_);
	if
	:: moved -> over = true; look_at_armed()
	:: else
	fi
}

/* session_held: hold_ask */
inline ask(settings_, by_) {
	if
	:: ((state == HOLD_OPEN || state == HOLD_CHECKING) && asked == settings_) -> skip
	:: ((state == HOLD_GRANTED || state == HOLD_IN_FORCE) && granted == settings_) -> skip
	:: else ->
		move(HOLD_ASK);
		if
		:: moved ->
			requests++;
			request = requests;
			asked = settings_; granted = 0; asker = by_;
			n_approvers = 0; approver = NOBODY;
			signed_for[PHIL] = 0; signed_for[PAULA] = 0; intent = false;
			for_context = context; true_asker = by_; over = false; used = false;
			look_at_armed()
		:: else
		fi
	fi
}

/* hold_grants, hold_in_force: by settings, as the judge asks */
#define GRANTS(s)   (state == HOLD_GRANTED && granted == s)
#define IN_FORCE(s) (state == HOLD_IN_FORCE && granted == s)

/* hold_of: the hold a decision was begun on, and is still being signed */
#define STANDS(p) (state == HOLD_CHECKING && AS_LOOKED(p))

/* may_decide, at the beginning of the signing and again at its end */
#define AS_LOOKED(p) (broken == ANY_VERSION || who[p].looked == request)
#define NOT_OWN(p)   (broken == OWN_REQUEST || p != asker)
#define ANOTHER(p)   (broken == ONE_PERSON_TWICE || p != approver)
#define AS_FIRST(p)  (broken == TWO_DOSES || n_approvers == 0 || granted == who[p].settings)
#define MAY(p) (AS_LOOKED(p) && NOT_OWN(p) && ANOTHER(p) && (who[p].deny || AS_FIRST(p)))

inline approve(p) {
	n_approvers++;
	granted = who[p].settings;
	if
	:: n_approvers == 1 -> approver = p
	:: else
	fi;
	if
	:: (n_approvers < needed && broken != ONE_IS_ENOUGH) -> move(HOLD_REJECT)
	:: else -> move(HOLD_APPROVE)
	fi
}

inline forgets(p) {
	who[p].phase = 0; who[p].looked = 0; who[p].settings = 0; who[p].deny = false
}

/* decision_recorded */
inline recorded(p) {
	if
	:: (STANDS(p) && MAY(p)) ->
		if
		:: who[p].deny -> move(HOLD_DENY); over = true
		:: else -> approve(p)
		fi
	:: (STANDS(p) && !MAY(p)) -> move(HOLD_REJECT)
	:: else /* void */
	fi;
	forgets(p)
}

proctype physician(byte me) {
	do
	:: atomic { alive && who[me].phase == 0 && state == HOLD_OPEN ->
		who[me].looked = request; who[me].settings = asked; who[me].phase = 1;
		if
		:: who[me].settings == 2 -> who[me].settings = 1 /* less */
		:: skip
		fi;
		if
		:: who[me].deny = true
		:: who[me].deny = false
		fi }
	:: atomic { alive && who[me].phase == 1 ->
		if
		:: MAY(me) ->
			move(HOLD_DECIDE);
			if
			:: moved -> who[me].phase = 2
			:: else -> forgets(me)
			fi
		:: else -> forgets(me)
		fi }
	:: atomic { alive && who[me].phase == 2 -> /* decision_checked */
		if
		:: STANDS(me) ->
			if
			:: who[me].phase = 3
			:: move(HOLD_REJECT); forgets(me) /* wrong secret */
			fi
		:: else -> forgets(me)
		fi
		;
		if
		:: (broken == ACT_BEFORE_SIGNED && who[me].phase == 3) -> recorded(me)
		:: else
		fi }
	:: atomic { alive && who[me].phase == 4 -> recorded(me) }
	od
}

/* Its own thread: what waits becomes durable, or cannot be written. */
proctype ledger(byte whose) {
	do
	:: atomic { who[whose].phase == 3 ->
		if
		:: (!who[whose].deny && who[whose].looked == request) ->
			signed_for[whose] = who[whose].settings
		:: else
		fi;
		who[whose].phase = 4 }
	:: atomic { alive && who[whose].phase == 3 -> /* not written: decision_failed */
		if
		:: STANDS(whose) -> move(HOLD_REJECT)
		:: else
		fi;
		forgets(whose) }
	od
}

/* The write that the grant allows is on the wire. */
inline sent() {
	assert(intent);
	assert(!over);
	assert(!used);
	assert(for_context == context);
	assert((signed_for[PHIL] == press_settings) + (signed_for[PAULA] == press_settings) >= needed);
	assert(signed_for[true_asker] == 0); /* olga signs nothing */
	assert(broken != USED_AT_ALL);
	used = true
}

proctype console() {
	do
	:: atomic { alive && requests < REQUESTS && press == 0 ->
		if
		:: true -> ask(1, OLGA)
		:: true -> ask(2, OLGA)
		:: true -> ask(2, PHIL)
		fi }
	:: atomic { alive && press == 0 && state == HOLD_GRANTED -> /* judged: allowed by the grant */
		press_settings = granted; press_request = request; press = 1 }
	:: atomic { alive && press == 1 -> /* the intent is durable */
		intent = (press_request == request -> true : intent); press = 2 }
	:: atomic { alive && press == 1 -> press = 0 } /* not written: no record, no write */
	:: atomic { alive && press == 2 -> /* intent_recorded: judged again if anything moved */
		if
		:: (broken == NOT_JUDGED_AGAIN ||
		    (request == press_request && (GRANTS(press_settings) || IN_FORCE(press_settings)))) ->
			if
			:: (state == HOLD_GRANTED && broken != NEVER_SPENT) -> move(HOLD_USE); sent()
			:: (state == HOLD_GRANTED && broken == NEVER_SPENT) -> sent()
			:: state == HOLD_IN_FORCE -> skip /* the same once more: nothing new is used */
			:: else -> sent() /* only when it is not judged again */
			fi
		:: else -> skip /* abandoned: press again */
		fi;
		press = 0; press_settings = 0; press_request = 0 }
	:: atomic { broken == ACT_BEFORE_INTENT && alive && press == 1 && state == HOLD_GRANTED -> move(HOLD_USE); sent(); press = 0 }
	:: atomic { alive && press == 0 && state == HOLD_IN_FORCE -> armed = true }
	:: atomic { alive && armed -> armed = false }
	od
}

/* Session, patient, handpiece or library are others: the hold goes with them. */
inline another_context() {
	ends++;
	context = 1 - context;
	if
	:: broken != OUTLIVES_SESSION -> happens(HOLD_END)
	:: else
	fi
}

inline forget() {
	if
	:: broken != REMEMBERS ->
		state = HOLD_FREE; asked = 0; granted = 0; n_approvers = 0; approver = NOBODY;
		asker = NOBODY
	:: else
	fi;
	press = 0; press_settings = 0; press_request = 0;
	forgets(PHIL); forgets(PAULA)
}

proctype world() {
	do
	:: atomic { alive && (state == HOLD_OPEN || state == HOLD_GRANTED) -> happens(HOLD_EXPIRE) }
	:: atomic { alive && state == HOLD_IN_FORCE -> happens(HOLD_END) } /* budget, or the next setting */
	:: atomic { alive && (state == HOLD_OPEN || state == HOLD_CHECKING) -> happens(HOLD_WITHDRAW) }
	:: atomic { alive && (state == HOLD_GRANTED || state == HOLD_IN_FORCE) ->
		happens(HOLD_REVOKE);
		state = (broken == REVOKE_FORGETS -> HOLD_GRANTED : state) }
	:: atomic { alive && ends < ENDS && state != HOLD_FREE -> another_context() }
	:: atomic { alive && crashes < CRASHES ->
		crashes++; alive = false; armed = false; /* its line is gone, and it is stopped at the start */
		over = true;
		forget() }
	:: atomic { !alive -> alive = true } /* nothing is restored */
	od
}

/* Whatever else: armed only under what is in force. */
proctype monitor() {
	atomic { (armed && (state != HOLD_IN_FORCE || over)) -> assert(!armed) }
}

c_decl { \#include <stdlib.h> }

init {
	atomic {
		c_code { const char *b = getenv("BROKEN"); now.broken = b != NULL ? (unsigned char)atoi(b) : 0; };
		if
		:: needed = 1
		:: needed = 2
		fi;
		run console(); run world(); run monitor();
		run physician(PHIL); run physician(PAULA); run ledger(PHIL); run ledger(PAULA)
	}
}
