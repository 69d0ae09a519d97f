// A sound and a notice of the desktop at the end of a long run.

import { duration } from "../ui/format";
import type { Extras } from "./extras-types";

const MOST_CHARACTERS = 120;

/** A short tone that fades. */
export function playSound(): void {
  const context = new AudioContext();
  const tone = context.createOscillator();
  const volume = context.createGain();
  const end = context.currentTime + 0.5;
  tone.frequency.value = 740;
  volume.gain.value = 0.1;
  volume.gain.linearRampToValueAtTime(0, end);
  tone.connect(volume).connect(context.destination);
  tone.onended = () => context.close();
  tone.start();
  tone.stop(end);
}

/** Text of a task on one line, without characters that cannot be seen, and short. */
const plain = (text: string): string => {
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
};

function notify(title: string, body: string): void {
  const notice = new Notification(title, { body });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}

/** Plays the sound and shows the notice, as far as the person has chosen them. */
export const announce: Extras["announce"] = (view, ended, tookMs, task) => {
  try {
    if (view.endSound) playSound();
    if (view.endNotice) notify(`${ended} after ${duration(tookMs)}`, plain(task ?? ""));
  } catch {
    // The browser allows this page no sound or no notice: the title of the tab has it.
  }
};
