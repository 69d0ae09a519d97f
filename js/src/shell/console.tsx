import { NO_ANSWER } from "../kernel/channel";
import type { Live } from "../live-types";
import { type ArtifactPresenter, ArtifactsPane } from "../panes/artifacts/artifacts";
import type { Boundary } from "../panes/boundary";
import { LedgerPane } from "../panes/ledger/ledger";
import { LogLines, LogPane } from "../panes/log/log";
import { PaneFrame } from "../panes/pane";
import { RoutingPane } from "../panes/routing/routing";
import { TimelinePane } from "../panes/timeline/timeline";
import type { App, Uses } from "../state/app";
import { columnsOf, heightOf, sharesOf } from "../state/layout";
import type { PaneName } from "../state/view";
import { Icon, INFO, WARNING } from "../ui/icons";
import { Header } from "./header";
import type { ShellLive } from "./live-types";
import { FailureReason, Warnings } from "./verdict";

/** The sizes of the tracks: before the first share, between two shares, and after the last. */
const tracks = (shares: number[]): string =>
  [...shares.map((share, i) => `${(share - (shares[i - 1] ?? 0)) * 100}%`), "1fr"].join(" ");

/** One boundary for each pane. */
export type Boundaries = Readonly<Record<PaneName, Boundary>>;

interface ConsoleProps {
  app: App;
  live: Live | undefined;
  boundaries: Boundaries;
}

/** Everything except the contents of the panes. */
export function Console({ app, live, boundaries }: ConsoleProps) {
  const { view, appearance } = app;
  const columns = columnsOf(view.width);
  const home = view.home && !app.connection.offline;
  const theme = { "data-theme": appearance.dark ? "dark" : "light", "data-native": appearance.native };
  const shares = Object.entries(sharesOf(view)).map(([name, shares]) => `;--${name}:${tracks(shares)}`);
  const frame = (name: PaneName) => <PaneFrame app={app} name={name} boundary={boundaries[name]} />;
  return (
    <>
      {live && <style>{live.styles}</style>}
      {home && (
        <section
          class="console studio"
          {...theme}
          style={`height:${appearance.height}px`}
          aria-label="Worker Studio"
        >
          <Banner app={app} live={live?.shell} />
          {live?.shell.Home() ?? <p class="empty">Waiting for the kernel …</p>}
        </section>
      )}
      {(!home || view.below) && (
        <section
          class={`console cols${columns}`}
          {...theme}
          style={`height:${heightOf(columns, appearance.height)}px${shares.join("")}`}
          aria-label="Worker console"
        >
          <Header app={app} live={live?.shell} />
          {live?.shell.Below() ?? (!app.connection.offline && <div style="flex:none;height:28px" />)}
          {!home && <Banner app={app} live={live?.shell} />}
          <FailureReason app={app} live={live?.shell} />
          <Warnings app={app} />
          <div class="panes grow rel">
            <div class="col left">
              {frame("timeline")}
              {frame("routing")}
            </div>
            <div class="col centre">
              {frame("log")}
              {frame("ledger")}
            </div>
            {frame("artifacts")}
            {view.maximised === null && live?.shell.Splitters()}
          </div>
        </section>
      )}
    </>
  );
}

/** Draws the log lines again. */
export function drawLines(app: App, live: Live | undefined, { log }: Boundaries): void {
  log.draw(() => <LogLines app={app} live={live?.log} />, app.log.list.drawn);
}

/** Draws the contents of the panes, each in its boundary. */
export function drawPanes(
  app: App,
  live: Live | undefined,
  boundaries: Boundaries,
  presenter: ArtifactPresenter,
): void {
  const { timeline, routing, log, ledger, artifacts } = boundaries;
  timeline.draw(() => <TimelinePane app={app} live={live?.timeline} />);
  routing.draw(() => <RoutingPane app={app} live={live?.routing} />);
  log.draw(() => <LogPane app={app} live={live?.log} />);
  ledger.draw(() => <LedgerPane app={app} live={live?.ledger} />);
  artifacts.draw(() => <ArtifactsPane app={app} live={live?.artifacts} presenter={presenter} />);
}

interface BannerProps {
  app: Uses<"connection" | "run" | "operations">;
  live: ShellLive | undefined;
}

/** A problem of the whole console. */
function Banner({ app, live }: BannerProps) {
  const { kernel } = app.connection;
  const [tone, text] =
    kernel === "none"
      ? (["info", "Saved run, no kernel: run the cell again."] as const)
      : kernel === "silent"
        ? (["warning", NO_ANSWER] as const)
        : (["error", (app.operations.errors.live ?? app.run.state.form.notice)?.message] as const);
  return (
    text && (
      <p class={`strip row ${tone}`} role="alert">
        <Icon d={tone === "info" ? INFO : WARNING} />
        {text}
        {live?.Retry()}
      </p>
    )
  );
}
