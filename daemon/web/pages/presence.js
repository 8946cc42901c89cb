/*
 * presence: a grant that is good only under its approver's eyes. The page gives a sign of life every
 * second on the connection it was approved on; any key, another window or leaving takes it back, and
 * so does the gate when no sign comes.
 */
import { call } from "./wire.js";
import { announce, el, fill, icon, t } from "./ui.js";
import { holdState, pill } from "./device.js";

const SIGN_MS = 1000;
const STANDS = ["granted", "in_force"];

/* {node, close}: close takes it back where it still stands. */
export function presence(hold, ended) {
	const state = el("span", { role: "status" }), device = el("p", { class: "asked" });
	const button = el("button", { type: "button", class: "stop", onclick: () => back() }, icon("bar"), el("span", null, t("live.back")));
	const node = el("section", { class: "card presence", "aria-labelledby": "live-h" }, el("h2", { id: "live-h" }, t("live.title", { device: hold.device, id: hold.id })),
		state, device, el("p", null, t("live.help")), button);
	let over = false;

	const end = (words) => {
		if (over) return;
		over = true;
		clearInterval(timer);
		removeEventListener("keydown", key, true);
		document.removeEventListener("visibilitychange", hidden);
		announce(words, true);
		ended(words);
	};
	const back = async () => {
		if (over) return;
		try {
			await call("grant.revoke", { hold: hold.id });
			end(t("live.taken"));
		} catch {
			end(t("live.lost"));
		}
	};
	const key = () => back();
	const hidden = () => document.hidden && back();
	const sign = async () => {
		try {
			const now = await call("hold.live", { hold: hold.id });
			fill(state, pill(holdState(now)));
			fill(device, t("live.device", { state: now.device_state }));
			if (!STANDS.includes(now.state)) end(now.state_words);
		} catch (error) {
			end(error.code === -32003 ? t("live.over") : t("live.lost"));
		}
	};
	const timer = setInterval(sign, SIGN_MS);

	addEventListener("keydown", key, true);
	document.addEventListener("visibilitychange", hidden);
	sign();
	return { node, close: back };
}
