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
  styles: string;
}

/** The default export of `live.js`. */
export type CreateLive = (app: App) => Live;
