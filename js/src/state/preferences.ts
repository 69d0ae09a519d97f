// The preferences that this browser stores for all consoles, under one name. Where storage is forbidden a
// choice lasts as long as the page. Stored values of any other shape are ignored.

import { type ChosenShares, columnsOf, defaultShares } from "./layout";
import { LEVELS, SHOWN_LEVELS } from "./log-rows";
import type { ThemeChoice } from "./theme";
import type { View } from "./view";

export interface Preferences
  extends Pick<View, "shares" | "levels" | "absolute" | "wrap" | "endSound" | "endNotice"> {
  theme: ThemeChoice;
}

const NAMES = ["theme", "shares", "levels", "absolute", "wrap", "endSound", "endNotice"];
/** The name under which all are stored. */
export const PREFERENCES = "worker-widget";

function read(): Record<string, unknown> {
  try {
    return { ...JSON.parse(localStorage.getItem(PREFERENCES) ?? "{}") };
  } catch {
    return {};
  }
}

/** The stored shares of each group that fits its layout; a window of any width with that many columns has the same groups. */
// biome-ignore lint/suspicious/noExplicitAny: a stored value can be anything
function fittingShares(stored: any): ChosenShares {
  return Object.fromEntries(
    [500, 800, 1200].map((width) => {
      const columns = columnsOf(width);
      const groups = Object.entries(defaultShares(width)).filter(([group, { length }]) => {
        const shares = stored?.[columns]?.[group];
        return (
          Array.isArray(shares) &&
          shares.length === length &&
          [...shares, 1].every((share, i) => Number.isFinite(share) && share - (shares[i - 1] ?? 0) > 0.01)
        );
      });
      return [columns, Object.fromEntries(groups.map(([group]) => [group, stored[columns][group]]))];
    }),
  );
}

/** The stored preferences, with defaults. */
export function loadPreferences(): Preferences {
  const { theme, shares, levels, absolute, wrap, endSound, endNotice } = read();
  const chosen = LEVELS.filter((level) => `${levels}`.includes(level));
  return {
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    shares: fittingShares(shares),
    levels: chosen.length ? chosen : SHOWN_LEVELS,
    absolute: absolute === true,
    wrap: typeof wrap === "boolean" ? wrap : null,
    endSound: endSound === true,
    endNotice: endNotice === true,
  };
}

/** Stores the preferences among the changed values. */
export function savePreferences(change: Partial<View & Preferences>): void {
  const entries = Object.entries(change).filter(([name]) => NAMES.includes(name));
  if (!entries.length) return;
  try {
    localStorage.setItem(PREFERENCES, JSON.stringify({ ...read(), ...Object.fromEntries(entries) }));
  } catch {
    // Storage is forbidden or full.
  }
}
