// The preferences that this browser stores for all consoles, under one name. Where storage is forbidden a
// choice lasts as long as the page. Stored values of any other shape are ignored.

import { LEVELS } from "./log-rows";
import type { ThemeChoice } from "./theme";
import { SHARES, type View } from "./view";

export interface Preferences extends Pick<View, "shares" | "levels" | "absolute" | "wrap"> {
  theme: ThemeChoice;
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

/** The stored shares of each group that still fits the layout; the default of every other. */
// biome-ignore lint/suspicious/noExplicitAny: a stored value can be anything
function fitting(defaults: any, stored: any): any {
  if (!Array.isArray(defaults))
    return Object.fromEntries(
      Object.keys(defaults).map((name) => [name, fitting(defaults[name], stored?.[name])]),
    );
  const fits =
    Array.isArray(stored) &&
    stored.length === defaults.length &&
    [...stored, 1].every((share, i) => Number.isFinite(share) && share - (stored[i - 1] ?? 0) > 0.01);
  return fits ? stored : defaults;
}

/** The stored preferences, with defaults. */
export function loadPreferences(): Preferences {
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

/** Stores the preferences among the changed values. */
export function savePreferences(change: Partial<View & Preferences>): void {
  const entries = Object.entries(change).filter(([name]) => NAMES.includes(name));
  if (!entries.length) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...read(), ...Object.fromEntries(entries) }));
  } catch {
    // Storage is forbidden or full.
  }
}
