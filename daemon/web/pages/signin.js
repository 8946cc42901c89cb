/*
 * signin: who are you? And what a passer-by may see: how the devices are, and that something waits.
 */
import { live, on, signIn } from "./wire.js";
import { announce, doing, el, field, fill, icon, seconds, t } from "./ui.js";
import { pill, stateOf } from "./device.js";
import { ring } from "./sound.js";

function glance(node) {
	fill(node, live.waiting > 0 && el("p", { class: "note note-wait" }, icon("hand"),
		t(live.waiting === 1 ? "signin.one_waits" : "signin.waiting", { n: live.waiting })),
	el("ul", { class: "glance" }, live.devices.map((d) => el("li", null,
		el("b", null, d.name), pill(stateOf(d)), d.alarm === true && pill({ kind: "bad", sign: "warn", words: t("alarm") })))));
}

export function open(main) {
	const person = el("input", { name: "person", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
	const secret = el("input", { name: "secret", type: "password", autocomplete: "current-password", required: true });
	const code = el("input", { name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "8", pattern: "[0-9]*" });
	const wrong = el("div");
	const button = el("button", { class: "primary large" }, t("signin.go"));
	const devices = el("div");
	const form = el("form", { class: "card signin", onsubmit: (e) => {
		e.preventDefault();
		const given = { person: person.value.trim().toLowerCase(), secret: secret.value };
		if (code.value.trim()) given.code = code.value.trim();
		doing(button, wrong, () => signIn(given)).then((who) => {
			secret.value = code.value = "";
			if (!who) secret.focus();
		});
	} },
	el("h1", null, t("signin.title")),
	live.over && has_over(live.over),
	field(t("signin.person"), person), field(t("signin.secret"), secret), field(t("signin.code"), code, t("signin.code_optional")),
	wrong, button);

	main.append(el("div", { class: "narrow" }, form,
		el("section", { class: "card", "aria-labelledby": "glance-h" }, el("h2", { id: "glance-h" }, t("signin.devices")), devices,
			el("p", { class: "help" }, t("signin.stop_help")))));
	glance(devices);
	person.focus();
	let waited = live.waiting;
	return on((what) => {
		if (what !== "state") return;
		glance(devices);
		if (live.waiting > waited) {
			ring(); /* also for who was signed out while they waited for it */
			announce(t(live.waiting === 1 ? "signin.one_waits" : "signin.waiting", { n: live.waiting }), true);
		}
		waited = live.waiting;
		document.title = `${waited > 0 ? `(${waited}) ` : ""}${t("room.signin")} · dosegate`;
	});
}

function has_over(why) {
	return el("p", { class: "note" }, icon("clock"), t(`over.${why}`, { n: seconds(live.idleS) }));
}
