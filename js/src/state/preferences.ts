// What this browser remembers of how one looks at consoles: small choices, under one name. Storage may
// be forbidden: a choice then lasts as long as the page. Whatever else is written there counts for nothing.

import { LEVELS } from "./log-rows";
import type { Choice } from "./theme";
import { SHARES, type View } from "./view";

export interface Memory extends Pick<View, "shares" | "levels" | "absolute" | "wrap"> {
  theme: Choice;
}

const NAMES = ["theme", "shares", "levels", "absolute", "wrap"];
const KEY = "worker-widget";

function read(): Record<string, unknown> {
  try {
    return { ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return {};
  }
}

/** `saved`, wherever it divides what `first` does; else that. */
// biome-ignore lint/suspicious/noExplicitAny: it may be anything
function fitting(first: any, saved: any): any {
  if (!Array.isArray(first))
    return Object.fromEntries(Object.keys(first).map((name) => [name, fitting(first[name], saved?.[name])]));
  const fits =
    Array.isArray(saved) &&
    saved.length === first.length &&
    [...saved, 1].every((share, i) => Number.isFinite(share) && share - (saved[i - 1] ?? 0) > 0.01);
  return fits ? saved : first;
}

/** What was chosen last, or never changed. */
export function remembered(): Memory {
  const { theme, shares, levels, absolute, wrap } = read();
  const chosen = LEVELS.filter((level) => `${levels}`.includes(level));
  return {
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    shares: fitting(SHARES, shares),
    levels: chosen.length ? chosen : null,
    absolute: absolute === true,
    wrap: wrap === true,
  };
}

/** Remembers what of a change is remembered at all. */
export function remember(change: Partial<View & Memory>): void {
  const news = Object.entries(change).filter(([name]) => NAMES.includes(name));
  if (!news.length) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...read(), ...Object.fromEntries(news) }));
  } catch {
    // See above.
  }
}
