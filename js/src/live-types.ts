import type { Answer } from "./kernel/channel";
import type { ArtifactsLive } from "./panes/artifacts/live-types";
import type { LedgerLive } from "./panes/ledger/live-types";
import type { LogLive } from "./panes/log/live-types";
import type { RoutingLive } from "./panes/routing/live-types";
import type { TimelineLive } from "./panes/timeline/live-types";
import type { ShellLive } from "./shell/live-types";
import type { App } from "./state/app";

/** What needs a kernel, for one console. */
export interface Live {
  shell: ShellLive;
  timeline: TimelineLive;
  routing: RoutingLive;
  log: LogLive;
  ledger: LedgerLive;
  artifacts: ArtifactsLive;
  readonly styles: string;
  /** Closes what the person opened last, for Escape. `false`: it has opened nothing. */
  closeLast(): boolean;
  close(): void;
}

/** The element of the console, and how `live.js` gets the code of `pages.js`. */
export interface Surroundings {
  host: HTMLElement;
  /** The answer, where it was requested together with `live.js`; `null` after a failure. */
  requested: Promise<Answer<"pages"> | null> | undefined;
  /** Imports a module that takes from `widget.js` and from `more` instead of carrying a copy. */
  importModule<Exported>(code: string, more: readonly unknown[]): Promise<Exported>;
}

/** The default export of `live.js`. */
export type CreateLive = (app: App, surroundings: Surroundings) => Live;
