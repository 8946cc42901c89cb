/*
 * me: one's own second factor and secret. The seed is shown once, as a picture for the telephone and
 * as letters; nothing of it is kept by the page.
 */
import { call, live } from "./wire.js";
import { announce, complaint, doing, el, field, fill, icon, svg, t } from "./ui.js";

function secretInput(autocomplete) {
	return el("input", { type: "password", autocomplete, required: true });
}

/* For the browser that keeps passwords: whose they are. */
function whose() {
	return el("input", { type: "text", autocomplete: "username", value: live.who.person, hidden: true });
}

function codeInput() {
	return el("input", { inputmode: "numeric", autocomplete: "one-time-code", class: "short token", maxlength: "8" });
}

/* Dark on white with four modules of margin, whatever the page's colours are (ISO/IEC 18004). */
function picture(rows) {
	const size = rows.length + 8;
	const dark = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");

	return svg("svg", { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": t("me.qr") },
		svg("rect", { width: size, height: size, fill: "#fff" }), svg("path", { d: dark, fill: "#000" }));
}

async function enrolled(place, seed, uri) {
	const { rows } = await call("qr", { text: uri });
	const code = codeInput(), wrong = el("div"), button = el("button", { class: "primary" }, t("me.confirm"));

	fill(place, el("p", null, t("me.scan")), picture(rows), el("p", null, t("me.letters"), " ", el("b", { class: "hash" }, seed.match(/.{1,4}/g).join(" "))),
		el("form", { onsubmit: async (e) => {
			e.preventDefault();
			if (!(await doing(button, wrong, () => call("people.confirm", { code: code.value.trim() })))) return;
			fill(place, el("p", { class: "note note-good", role: "status" }, icon("check"), t("me.done")));
		} }, field(t("me.first_code"), code), wrong, button));
	code.focus();
}

function factor() {
	const secret = secretInput("current-password"), code = codeInput(), wrong = el("div"), place = el("div");
	const button = el("button", { class: "primary" }, t("me.enrol")), has = live.who.second_factor;

	fill(place, el("form", { onsubmit: async (e) => {
		e.preventDefault();
		const given = { secret: secret.value };
		if (code.value.trim()) given.code = code.value.trim();
		const got = await doing(button, wrong, () => call("people.enrol", given));
		secret.value = code.value = "";
		if (got) enrolled(place, got.seed, got.uri).catch((error) => fill(place, complaint(error)));
	} }, whose(), el("p", null, t(has ? "me.has" : "me.has_not")), field(t("signin.secret"), secret), has && field(t("signin.code"), code, t("me.old_code")), wrong, button));
	return el("section", { class: "card", "aria-labelledby": "factor-h" }, el("h2", { id: "factor-h" }, t("signin.code")), place);
}

function ownSecret() {
	const secret = secretInput("current-password"), fresh = secretInput("new-password"), again = secretInput("new-password"), code = codeInput();
	const wrong = el("div"), button = el("button", { class: "primary" }, t("me.change"));

	return el("section", { class: "card", "aria-labelledby": "secret-h" }, el("h2", { id: "secret-h" }, t("me.secret")), el("form", { onsubmit: async (e) => {
		e.preventDefault();
		if (fresh.value !== again.value) {
			fill(wrong, el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t("me.not_same")));
			return;
		}
		const given = { secret: secret.value, new: fresh.value };
		if (code.value.trim()) given.code = code.value.trim();
		const done = await doing(button, wrong, () => call("people.secret", given));
		for (const input of [secret, fresh, again, code]) input.value = "";
		if (!done) return;
		fill(wrong, el("p", { class: "note note-good", role: "status" }, icon("check"), t("me.changed")));
		announce(t("me.changed"));
	} }, whose(), field(t("me.now"), secret), field(t("me.new"), fresh), field(t("me.again"), again),
	live.who.second_factor && field(t("signin.code"), code, t("signin.code_help")), wrong, button));
}

export function open(main) {
	main.append(el("h1", null, live.who.printed), el("p", { class: "lead" }, t(`role.${live.who.role}`)), el("div", { class: "split" }, factor(), ownSecret()));
	return null;
}
