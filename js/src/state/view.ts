// The view-only state: what this person looks at. It is never sent and never saved in the notebook.

import type {
  ArtifactRef,
  CheckedBrand,
  FormState,
  HistoryRow,
  LogSearch,
  Section,
  Stage,
} from "../kernel/wire";
import type { MarkedLines } from "./incidents";
import type { ChosenShares } from "./layout";
import { SHOWN_LEVELS } from "./log-rows";

export type PaneName = "timeline" | "routing" | "log" | "ledger" | "artifacts";

/** Two artifacts side by side, the artifact on screen as `b`; `name` describes them. */
export interface Comparison {
  a: ArtifactRef;
  b: ArtifactRef;
  name: string;
}

/** What is reset when another run is shown. */
export const RUN_VIEW = {
  /** The stage that every pane is filtered to. */
  stage: null as string | null,
  /** The stage as it was chosen in the timeline. */
  chosen: null as Stage | null,
  /** The stages that the person opened or closed in the tree, by id. */
  opened: new Map() as ReadonlyMap<string, boolean>,
  /** The agent that the log is filtered to. */
  agent: null as string | null,
  /** The chosen log lines, by index: from `anchor` to `active`. */
  active: null as number | null,
  anchor: 0,
  /** The number of the unfolded incident, 0 for the passed checks, and the log lines that belong to it. */
  incident: null as number | null,
  marked: null as MarkedLines | null,
  routingOpen: null as number | null,
  /** The artifact that the person picked; `null` follows the worker. */
  picked: null as string | null,
  /** Shown instead of the artifact. */
  comparison: null as Comparison | null,
  /** The address of the last link that was followed in the preview. */
  link: "",
};

/** The request in the form, for the next run. Of the worker's options, those left out have their defaults. */
export type Draft = Pick<FormState, "task" | "brand" | "strict_mode" | "depth" | "budget" | "options">;

export const EMPTY_DRAFT: Draft = {
  task: "",
  brand: "",
  strict_mode: false,
  depth: "auto",
  budget: null,
  options: {},
};

export const FIRST_VIEW = {
  ...RUN_VIEW,
  width: 1200,
  visible: true,
  /** The home page is on screen, and the part of it to show first; "" for the console. */
  home: "" as Section | "",
  /** The widget is a Studio: its home page stays on screen. */
  studio: false,
  /** The console is on screen below the home page of a Studio. */
  below: false,
  /** The divisions that the person has chosen. */
  shares: {} as ChosenShares,
  maximised: null as PaneName | null,
  /** The id of the open menu or dialog, or `""`. */
  panel: "",
  levels: SHOWN_LEVELS,
  /** Log lines show times of day. */
  absolute: false,
  /** The end of a long run that the person does not see: a sound, and a notice of the desktop. */
  endSound: false,
  endNotice: false,
  /** The search in the log. */
  query: { text: "", regex: false, case_sensitive: false } as LogSearch,
  /** The log shows matching lines only. */
  only: false,
  source: false,
  filling: false,
  /** What was copied, while the confirmation is shown. */
  copied: "",
  ...EMPTY_DRAFT,
};

/** A fork that is prepared: the run that is run again, and the stage from which. */
export interface Fork {
  run_id: string;
  stage_id: string;
}

/** What is there only once it is needed. */
interface LaterView {
  /** Long log lines are wrapped; until the person chooses, where the pane is narrow. */
  wrap?: boolean | null;
  /** How much of a long export has arrived, such as "42 %". */
  exported?: string;
  /** The field that the brand form shows first as it opens, such as "tone.primary". */
  brandField?: string;
  /** The last report of the worker on a brand. */
  checked?: { brand: string; report: CheckedBrand } | null;
  /** The last runs, once they are loaded. */
  history?: HistoryRow[] | null;
  fork?: Fork | null;
}

export type View = typeof FIRST_VIEW & LaterView;
