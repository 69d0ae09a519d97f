// What this browser remembers of how one looks at consoles: small choices, under one name. Storage may
// be forbidden: a choice then lasts as long as the page.

import type { Choice } from "./theme";
import type { View } from "./view";

/** What is remembered; a console that was never changed has none of it. */
export interface Memory extends Pick<View, "shares" | "levels" | "absolute" | "wrap"> {
  theme: Choice;
}

const NAMES = ["theme", "shares", "levels", "absolute", "wrap"];
const KEY = "worker-widget";

export function remembered(): Partial<Memory> {
  try {
    return { ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return {};
  }
}

/** Remembers what of a change is remembered at all. */
export function remember(change: Partial<View & Memory>): void {
  const news = Object.entries(change).filter(([name]) => NAMES.includes(name));
  if (!news.length) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...Object.fromEntries(news) }));
  } catch {
    // See above.
  }
}
