/*
 * testarea: what a clinician saw when the wait was over. A clear one never raises a limit; a
 * reaction stays on record.
 */
import { call, live } from "./wire.js";
import { choices, doing, el, field, fill, icon, t, word } from "./ui.js";
import { className } from "./device.js";

export function testAreaForm() {
	const patient = el("input", { class: "token", autocomplete: "off", spellcheck: "false", maxlength: "39", required: true });
	const classes = [...new Set(live.devices.map((d) => d.device_class).filter(Boolean))];
	const device = el("select", null, classes.map((c) => el("option", { value: c }, className(c))));
	const site = el("select"), words = el("input", { maxlength: "190" });
	const wrong = el("div"), button = el("button", { class: "primary" }, t("area.go"));
	let result = null;

	const begin = async () => {
		const lib = await call("library");
		fill(site, lib.sites.map((s) => el("option", { value: s }, word("site", s))));
	};
	const record = async () => {
		if (!result) {
			fill(wrong, el("p", { class: "note note-bad", role: "alert" }, icon("warn"), t("area.need_result")));
			return;
		}
		const read = await doing(button, wrong, () => call("test.read", { patient: patient.value.trim(), device_class: device.value, site: site.value, result, text: words.value.trim() }));
		if (read) fill(wrong, el("p", { class: "note note-good", role: "status" }, icon("check"), t("area.done", { n: read.waited_days })));
	};

	return el("details", { class: "card", ontoggle: (e) => {
		if (e.currentTarget.open && !site.options.length) begin().catch(() => {});
	} }, el("summary", null, t("area.title")), el("form", { onsubmit: (e) => {
		e.preventDefault();
		record();
	} }, el("p", { class: "help" }, t("area.help")), el("div", { class: "fields" }, field(t("form.patient"), patient), field(t("elsewhere.class"), device), field(t("form.site"), site)),
	choices(t("elsewhere.result"), ["clear", "reaction"].map((r) => [r, word("result", r)]), { onchange: (v) => {
		result = v;
	} }), field(t("decide.words"), words), wrong, button));
}
