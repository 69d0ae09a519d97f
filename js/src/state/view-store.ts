// The view-only state of one console, and the only way to change it.

import { loadPreferences, savePreferences } from "./preferences";
import { FIRST_VIEW, type View } from "./view";

export type ViewStore = View & {
  /** Changes the view and draws it; preferences are saved in the browser. */
  set(change: Partial<View>): void;
};

export function createView(changed: () => void): ViewStore {
  const { theme: _, ...preferences } = loadPreferences();
  const view: ViewStore = {
    ...FIRST_VIEW,
    ...preferences,
    set(change) {
      Object.assign(view, change);
      savePreferences(change);
      changed();
    },
  };
  return view;
}
