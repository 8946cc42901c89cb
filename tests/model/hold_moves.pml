/* printed by hold_moves from the table in daemon/core/hold.c; a test compares */
#define HOLD_FREE 0
#define HOLD_OPEN 1
#define HOLD_CHECKING 2
#define HOLD_GRANTED 3
#define HOLD_IN_FORCE 4
#define HOLD_DENIED 5
#define HOLD_WITHDRAWN 6
#define HOLD_EXPIRED 7
#define HOLD_REVOKED 8
#define HOLD_ENDED 9
#define HOLD_ASK 0
#define HOLD_WITHDRAW 1
#define HOLD_DECIDE 2
#define HOLD_REJECT 3
#define HOLD_APPROVE 4
#define HOLD_DENY 5
#define HOLD_USE 6
#define HOLD_EXPIRE 7
#define HOLD_REVOKE 8
#define HOLD_END 9
inline move(by) {
	if
	:: (state == HOLD_FREE && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_OPEN && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_OPEN && by == HOLD_WITHDRAW) -> state = HOLD_WITHDRAWN; moved = true
	:: (state == HOLD_OPEN && by == HOLD_DECIDE) -> state = HOLD_CHECKING; moved = true
	:: (state == HOLD_OPEN && by == HOLD_EXPIRE) -> state = HOLD_EXPIRED; moved = true
	:: (state == HOLD_OPEN && by == HOLD_END) -> state = HOLD_ENDED; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_WITHDRAW) -> state = HOLD_WITHDRAWN; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_REJECT) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_APPROVE) -> state = HOLD_GRANTED; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_DENY) -> state = HOLD_DENIED; moved = true
	:: (state == HOLD_CHECKING && by == HOLD_END) -> state = HOLD_ENDED; moved = true
	:: (state == HOLD_GRANTED && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_GRANTED && by == HOLD_USE) -> state = HOLD_IN_FORCE; moved = true
	:: (state == HOLD_GRANTED && by == HOLD_EXPIRE) -> state = HOLD_EXPIRED; moved = true
	:: (state == HOLD_GRANTED && by == HOLD_REVOKE) -> state = HOLD_REVOKED; moved = true
	:: (state == HOLD_GRANTED && by == HOLD_END) -> state = HOLD_ENDED; moved = true
	:: (state == HOLD_IN_FORCE && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_IN_FORCE && by == HOLD_REVOKE) -> state = HOLD_REVOKED; moved = true
	:: (state == HOLD_IN_FORCE && by == HOLD_END) -> state = HOLD_ENDED; moved = true
	:: (state == HOLD_DENIED && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_WITHDRAWN && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_EXPIRED && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_REVOKED && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: (state == HOLD_ENDED && by == HOLD_ASK) -> state = HOLD_OPEN; moved = true
	:: else -> moved = false
	fi
}
