// The view-only state of the artifacts pane.

import type { Artifact, MarkedSentence } from "../../kernel/wire";
import type { Uses } from "../../state/app";

/** The width of the previewed page, in pixels; 0 is that of the pane. */
export type Device = 0 | 390 | 820;

export interface Find {
  text: string;
  /** The chosen match, from 1, and the number of matches; `null` while it is not known. */
  nth: number;
  of: number | null;
  /** The line of the chosen match in a paged source. */
  line: number | null;
}

export interface ArtifactViewState {
  /** Long lines are wrapped. */
  wrap: boolean;
  device: Device;
  /** The width of the toolbar. */
  barPx: number;
  /** The older version on screen; `null` is the newest. */
  version: number | null;
  find: Find | null;
  /** The sentences of the source are coloured by where they come from. */
  marks: boolean;
  /** The sentences that are marked on screen, and the chosen one, from 1. */
  sentences: readonly MarkedSentence[] | null;
  sentence: number;
  /** The chosen change of a comparison, from 1, and the number of changes. */
  change: number;
  changes: number | null;
  /** The page whose scripts run, and why scripts were stopped. */
  running: string;
  stopped: string;
  /** The file whose full text is being loaded, and the loaded share: 0 to 1. */
  loading: { file: string; share: number; cancelled: boolean } | null;
  /** The typed text in the open picker, and the highlighted option; -1 is the current option. */
  typed: string;
  option: number;
}

export interface ArtifactState extends ArtifactViewState {
  set(change: Partial<ArtifactViewState>): void;
  /** Resets what belongs to the artifact before. */
  enter(row: Artifact): void;
}

/** What belongs to one artifact. */
const FRESH = {
  version: null,
  find: null,
  sentence: 0,
  change: 1,
  changes: null,
  stopped: "",
} satisfies Partial<ArtifactViewState>;

export function createArtifactState(app: Uses<"run" | "view" | "painting">): ArtifactState {
  let subject = "";
  const state: ArtifactState = {
    wrap: true,
    marks: false,
    sentences: null,
    device: 0,
    barPx: 480,
    running: "",
    loading: null,
    typed: "",
    option: -1,
    ...FRESH,
    set(change) {
      Object.assign(state, change);
      app.painting.changed();
    },
    enter({ file, version }) {
      const next = [app.run.state.run?.run_id, file].join("\n");
      if (next !== subject) {
        Object.assign(state, FRESH);
        app.view.comparison = null;
      }
      subject = next;
      if (state.version === version) state.version = null;
    },
  };
  return state;
}
