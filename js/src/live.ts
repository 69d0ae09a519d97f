// The module `live.js`, which the kernel sends: everything that needs a kernel. `widget.js` must not import
// from here, because every saved notebook contains a copy of it.

import styles from "./live.css?inline";
import type { CreateLive } from "./live-types";
import { createArtifactsLive } from "./panes/artifacts/live";
import { createLedgerLive } from "./panes/ledger/live";
import { createLogLive } from "./panes/log/live";
import { createRoutingLive } from "./panes/routing/live";
import { createTimelineLive } from "./panes/timeline/live";
import { createShellLive } from "./shell/live";
import { makeVirtual } from "./ui/list/virtual";

const createLive: CreateLive = (app) => {
  for (const list of [app.log.list, ...Object.values(app.lists)]) makeVirtual(list, app.painting);
  const log = createLogLive(app);
  return {
    shell: createShellLive(app, log.showLines),
    timeline: createTimelineLive(app),
    routing: createRoutingLive(app),
    log,
    ledger: createLedgerLive(app, log.showLines),
    artifacts: createArtifactsLive(app),
    styles,
  };
};

export default createLive;
