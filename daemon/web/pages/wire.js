/*
 * wire: the one connection of a page. Asks and is told; what was told last stays in `live`. Nothing
 * is decided here: the gate decides, and this shows how old what it said is.
 */
export const live = {
	who: null, // the person who signed in, as the gate named them
	devices: [], // as last told
	waiting: 0, // holds that wait, for a page where nobody signed in
	left: {}, // seconds left, by device
	at: 0, // the gate's last sign of life, by the server's clock, in ms
	heard: -Infinity, // the same by ours, monotonic
	over: null, // why the last visit ended
	serial: 0, // of the last event; a gap means that some were missed
	idleS: 900,
};

const OLD_MS = 3000;
const listeners = new Set();
const owed = new Map();
let socket = null;
let last = 0;
let wait = 500;

/* what: "you", "state", "tick", "event", "fresh" */
export function on(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function tell(what, detail) {
	for (const listener of [...listeners]) listener(what, detail);
}

export function fresh() {
	return performance.now() - live.heard < OLD_MS;
}

export class Refusal extends Error {
	constructor(error) {
		super(error.message);
		this.code = error.code;
		this.data = error.data ?? {};
	}
}

export function call(method, params = {}) {
	return new Promise((resolve, reject) => {
		if (socket?.readyState !== WebSocket.OPEN) {
			reject(new Refusal({ code: -32000, message: "" }));
			return;
		}
		last += 1;
		owed.set(last, { resolve, reject });
		socket.send(JSON.stringify({ id: last, method, params }));
	});
}

const told = {
	you({ who, idle_s }) {
		live.who = who;
		live.idleS = idle_s;
		if (who) live.over = null;
		tell("you");
	},
	over({ why }) {
		live.over = why;
		live.who = null;
	},
	state({ devices }) {
		live.devices = devices;
		tell("state");
	},
	glance({ devices, waiting }) {
		live.devices = devices;
		live.waiting = waiting;
		tell("state");
	},
	tick({ at, left }) {
		live.at = at;
		live.left = left;
		live.heard = performance.now();
		tell("tick");
	},
	event(event) {
		const missed = live.serial !== 0 && event.n !== live.serial + 1;
		live.serial = event.n;
		tell("event", { ...event, missed });
	},
};

function take(message) {
	const waiting = owed.get(message.id);

	if (message.method) {
		told[message.method]?.(message.params);
		return;
	}
	owed.delete(message.id);
	if (message.error) waiting?.reject(new Refusal(message.error));
	else waiting?.resolve(message.result);
}

function gone() {
	const given = [...owed.values()];

	owed.clear();
	live.serial = 0;
	for (const { reject } of given) reject(new Refusal({ code: -32000, message: "" }));
	tell("fresh");
	setTimeout(connect, wait);
	wait = Math.min(wait * 2, 5000);
}

export function connect() {
	const to = new WebSocket(`wss://${location.host}/live`, "dosegate");

	socket = to;
	to.onopen = () => {
		wait = 500;
	};
	to.onmessage = (m) => {
		if (socket === to) take(JSON.parse(m.data));
	};
	to.onclose = () => {
		if (socket === to) gone();
	};
}

/* With another cookie: who we are is found out anew. */
export function reconnect() {
	const before = socket;

	owed.clear();
	connect();
	before?.close();
}

export async function signIn(given) {
	let answer;

	try {
		answer = await fetch("/login", {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(given),
		});
	} catch {
		throw new Refusal({ code: -32000, message: "" });
	}
	const said = await answer.json();
	if (said.error) throw new Refusal(said.error);
	reconnect();
	return said.result;
}

let wasFresh = false;
setInterval(() => {
	if (fresh() === wasFresh) return;
	wasFresh = fresh();
	tell("fresh");
}, 250);

/* Signed in for as long as somebody is there. */
let touched = 0;
for (const kind of ["pointerdown", "keydown"])
	addEventListener(kind, () => {
		if (!live.who || Date.now() - touched < 20000) return;
		touched = Date.now();
		call("here").catch(() => {});
	});
