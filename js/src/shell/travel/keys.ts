// The keys of the time axis. Pure.

import type { KeysOf } from "../../state/keys";

/** What a key does: a step to another event, the first or the newest moment, or it plays and pauses. */
export type TravelAction =
  | readonly [direction: 1 | -1, to: "event" | "same" | "trouble"]
  | "start"
  | "newest"
  | "play";

const ACTIONS: Record<KeysOf<"Time axis">, TravelAction> = {
  ArrowRight: [1, "event"],
  ArrowLeft: [-1, "event"],
  "Shift+ArrowRight": [1, "same"],
  "Shift+ArrowLeft": [-1, "same"],
  PageDown: [1, "trouble"],
  PageUp: [-1, "trouble"],
  Home: "start",
  End: "newest",
  " ": "play",
};

type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** `null` for any other key. */
export function travelAction({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): TravelAction | null {
  if (ctrlKey || metaKey || altKey) return null;
  return ACTIONS[((shiftKey ? "Shift+" : "") + key) as KeysOf<"Time axis">] ?? null;
}
