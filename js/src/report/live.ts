// The console of a report: its panes as with a kernel, without what starts, stops or compares runs.

import type { Live } from "../live-types";
import { createArtifactsLive } from "../panes/artifacts/live";
import { createLedgerLive } from "../panes/ledger/live";
import { createLogLive } from "../panes/log/live";
import { createRoutingLive } from "../panes/routing/live";
import { createTimelineLive } from "../panes/timeline/live";
import { closeLast } from "../shell/keys";
import type { App } from "../state/app";
import { makeVirtual } from "../ui/list/virtual";
import type { ReportKernel } from "./kernel";
import styles from "./report.css?inline";
import { createReportShell } from "./shell";

export function createReportLive(app: App, kernel: ReportKernel, host: HTMLElement): Live {
  for (const list of [app.log.list, ...Object.values(app.lists)]) makeVirtual(list, app.painting);
  const log = createLogLive(app);
  let watched = "";
  const stop = app.painting.onPaint(() => {
    const { log: rows, artifact } = app.channel.toWatch();
    const key = JSON.stringify([rows, artifact?.file, app.run.state.run?.run_id]);
    if (watched && key !== watched) kernel.watch();
    watched = key;
  });
  return {
    shell: createReportShell(app, kernel, log.showLines),
    timeline: createTimelineLive(app),
    routing: createRoutingLive(app),
    log,
    ledger: createLedgerLive(app, log.showLines),
    artifacts: createArtifactsLive(app),
    styles,
    closeLast: () => closeLast(app, host),
    close: stop,
  };
}
