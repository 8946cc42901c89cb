/*
 * sound: that something waits, for who looks elsewhere. Two tones; a browser plays them once somebody
 * has touched the page.
 */
import { kept } from "./ui.js";

let sound = null;

export function ring() {
	if (kept("sound") === "off" || navigator.userActivation?.hasBeenActive === false) return;
	try {
		sound ??= new AudioContext();
		const now = sound.currentTime;
		for (const [i, hz] of [659, 880].entries()) {
			const tone = sound.createOscillator(), level = sound.createGain();
			tone.frequency.value = hz;
			level.gain.setValueAtTime(0.0001, now + i * 0.22);
			level.gain.exponentialRampToValueAtTime(0.25, now + i * 0.22 + 0.02);
			level.gain.exponentialRampToValueAtTime(0.0001, now + i * 0.22 + 0.2);
			tone.connect(level).connect(sound.destination);
			tone.start(now + i * 0.22);
			tone.stop(now + i * 0.22 + 0.21);
		}
	} catch {
		/* a machine without sound: the title and the page say it */
	}
}
