// What this view of the console has open in the viewer. View-only state, as `view` is, of this part alone.

import type { ArtifactRow } from "../../kernel/wire";
import type { App } from "../../state/app";

/** The width that a page is given, in pixels; 0 is that of the pane. */
export type Device = 0 | 390 | 820;

export interface Find {
  text: string;
  /** Which of the matches one stands at, from 1, and how many there are; `of` null where that is not known yet. */
  nth: number;
  of: number | null;
  /** The line of a paged source that one stands at. */
  line: number | null;
}

export interface OwnState {
  /** Long lines are broken. */
  wrap: boolean;
  device: Device;
  /** How wide the pane is. */
  px: number;
  /** The older version on screen; `null` is the newest. */
  version: number | null;
  find: Find | null;
  /** The change of a comparison that one stands at, from 1, and how many there are. */
  change: number;
  changes: number | null;
  /** The page whose scripts run, and why they were stopped. */
  running: string;
  stopped: string;
  /** What is being fetched page by page, and how much of it is here: 0 to 1. */
  taking: { file: string; share: number; stopped: boolean } | null;
  /** What was typed into the list that is open, and the option that one stands at; -1 is the current one. */
  typed: string;
  option: number;
}

export interface Own extends OwnState {
  readonly app: App;
  set(change: Partial<OwnState>): void;
  /** Forgets what was open for another artifact. */
  settle(row: ArtifactRow): void;
}

/** What belongs to one artifact. */
const FRESH = {
  version: null,
  find: null,
  change: 1,
  changes: null,
  stopped: "",
} satisfies Partial<OwnState>;

export function createOwn(app: App): Own {
  let subject = "";
  const own: Own = {
    app,
    wrap: true,
    device: 0,
    px: 480,
    running: "",
    taking: null,
    typed: "",
    option: -1,
    ...FRESH,
    set(change) {
      Object.assign(own, change);
      app.changed();
    },
    settle({ file, version }) {
      const next = [app.state.run?.run_id, file].join("\n");
      if (next !== subject) {
        Object.assign(own, FRESH);
        app.view.comparison = null;
      }
      subject = next;
      if (own.version === version) own.version = null;
    },
  };
  return own;
}
