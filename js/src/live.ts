// The module `live.js`, which the kernel sends: everything that needs a kernel. `widget.js` must not import
// from here, because every saved notebook contains a copy of it.

import styles from "./live.css?inline";
import type { CreateLive } from "./live-types";
import type { CreatePages } from "./pages-types";
import { createCompareMenu } from "./panes/artifacts/compare";
import { createArtifactsLive } from "./panes/artifacts/live";
import { createPagedSource } from "./panes/artifacts/paged-source";
import { createLedgerLive } from "./panes/ledger/live";
import { createReplayDifferences } from "./panes/ledger/replay-differences";
import { createLogLive } from "./panes/log/live";
import { createRoutingLive } from "./panes/routing/live";
import { createTimelineLive } from "./panes/timeline/live";
import { createFindings } from "./shell/brand/findings";
import type { Extras } from "./shell/extras-types";
import { createStageTools } from "./shell/fork/fork-button";
import { createNewestRuns } from "./shell/history/newest";
import { createNavigation } from "./shell/home/navigation";
import { closeLast, openKeys, suppressShortcuts } from "./shell/keys";
import { createShellLive } from "./shell/live";
import { LIVE_SHARED } from "./shell/live-shared";
import { startNotices } from "./shell/run-notices";
import { watchSight } from "./shell/sight";
import { createStageTime } from "./shell/stage-time";
import { startTicking } from "./shell/ticking";
import type { CreateTravel } from "./shell/travel/travel-types";
import { createOnDemand } from "./state/on-demand";
import { writeReceipt } from "./state/receipt";
import { returnTraits } from "./state/returning";
import { startSelecting } from "./state/selecting";
import { startWatching } from "./state/watching";
import { makeVirtual } from "./ui/list/virtual";

const createLive: CreateLive = (app, { host, requested, importModule }) => {
  const { operations } = app;
  for (const list of [app.log.list, ...Object.values(app.lists)]) makeVirtual(list, app.painting);
  const log = createLogLive(app);
  returnTraits(app.channel);
  writeReceipt(app.channel);
  async function load<Code>(name: "pages" | "extras" | "travel", sent?: typeof requested): Promise<Code> {
    const { result } = (await sent) ?? (await operations.request(name, {}));
    return importModule<Code>(result.code, LIVE_SHARED);
  }
  const extras = createOnDemand(operations, () => load<Extras>("extras"));
  const travel = createOnDemand(operations, async () => (await load<CreateTravel>("travel"))(app));
  openKeys(app, host);
  const stops = [
    suppressShortcuts(host),
    startWatching(app),
    startSelecting(app),
    watchSight(app, host),
    startTicking(app),
    startNotices(app, extras),
  ];
  const parts = {
    findings: createFindings(app),
    runs: createNewestRuns(app),
    navigation: createNavigation(app),
    searchLog: log.search,
  };
  const pages = createOnDemand(operations, async () => {
    const sent = requested;
    requested = undefined;
    return (await load<CreatePages>("pages", sent))(app, parts);
  });
  return {
    shell: createShellLive(app, log.showLines, parts, { pages, extras, travel }),
    timeline: createTimelineLive(app, createStageTools(app, createStageTime(app))),
    routing: createRoutingLive(app),
    log,
    ledger: createLedgerLive(app, log.showLines, createReplayDifferences(app)),
    artifacts: createArtifactsLive(app, { onDemand: pages, createCompareMenu, createPagedSource }),
    get styles() {
      return [styles, pages.code?.styles, extras.code?.styles, travel.code?.styles].join("");
    },
    closeLast: () =>
      closeLast(app, host) ||
      (!app.view.filling && app.view.maximised === null && !!travel.code?.closeRange()),
    close() {
      for (const stop of stops) stop();
    },
  };
};

export default createLive;
