// What the browser remembers of the time axis, for all consoles, with the other preferences.

import { PREFERENCES } from "../../state/preferences";
import { type Moves, SPEEDS } from "./moves";

interface AxisPreferences {
  speed: number;
  shortPauses: boolean;
  /** The film strip is unfolded. */
  film: boolean;
}

function stored(): Record<string, unknown> {
  try {
    return { ...JSON.parse(localStorage.getItem(PREFERENCES) ?? "{}") };
  } catch {
    return {};
  }
}

/** The stored preferences, with defaults; a value of any other shape is ignored. */
export function loadAxisPreferences(): AxisPreferences {
  const { speed, shortPauses, film } = stored();
  return {
    speed: SPEEDS.find((known) => known === speed) ?? 1,
    shortPauses: shortPauses !== false,
    film: film === true,
  };
}

export function saveAxisPreferences(change: Partial<AxisPreferences>): void {
  try {
    localStorage.setItem(PREFERENCES, JSON.stringify({ ...stored(), ...change }));
  } catch {
    // Storage is forbidden or full.
  }
}

/** Plays as it was chosen last, and stores each choice. */
export function rememberPlaying(moves: Moves): Moves {
  const { speed, shortPauses } = loadAxisPreferences();
  const { set } = moves;
  set({ speed, shortPauses });
  moves.set = (change) => {
    saveAxisPreferences(change);
    set(change);
  };
  return moves;
}
