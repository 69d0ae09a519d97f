import { NO_ANSWER } from "../kernel/channel";
import { type ArtifactBox, ArtifactsPane } from "../panes/artifacts/artifacts";
import { LedgerPane } from "../panes/ledger/ledger";
import { LogPane } from "../panes/log/log";
import { RoutingPane } from "../panes/routing/routing";
import { TimelinePane } from "../panes/timeline/timeline";
import type { App } from "../state/app";
import { columnsOf, heightOf } from "../state/view";
import { Icon, INFO, WARNING } from "../ui/icons";
import { Header } from "./header";

/** The parts of the tree that are drawn by hand. */
export interface Boxes {
  artifact: ArtifactBox;
}

/** Sizes of tracks: what is before the first share, between two, and after the last. */
const tracks = (shares: number[]): string =>
  [...shares.map((share, i) => `${(share - (shares[i - 1] ?? 0)) * 100}%`), "1fr"].join(" ");

export function Console({ app, boxes }: { app: App; boxes: Boxes }) {
  const { view, theme, parts } = app;
  const columns = columnsOf(view.width);
  const shares = Object.entries(view.shares[columns]).map(([name, shares]) => `;--${name}:${tracks(shares)}`);
  return (
    <section
      class={`console cols${columns}`}
      data-theme={theme.dark ? "dark" : "light"}
      data-native={theme.native}
      style={`height:${heightOf(columns, app.height)}px${shares.join("")}`}
      aria-label="Worker console"
    >
      {Object.values(parts).map(({ styles }) => (
        <style>{styles}</style>
      ))}
      <Header app={app} />
      <Banner app={app} />
      <div class="panes grow rel">
        <div class="col left">
          <TimelinePane app={app} />
          <RoutingPane app={app} />
        </div>
        <div class="col centre">
          <LogPane app={app} />
          <LedgerPane app={app} />
        </div>
        <ArtifactsPane app={app} box={boxes.artifact} />
        {view.maximised === null && parts.desk && <parts.desk.Splitters app={app} />}
      </div>
    </section>
  );
}

/** What stands in the way of everything. */
function Banner({ app }: { app: App }) {
  const { kernel, state, parts, errors } = app;
  const [tone, words] =
    kernel === "none"
      ? (["info", "Saved run, no kernel: run the cell again."] as const)
      : kernel === "silent"
        ? (["warning", NO_ANSWER] as const)
        : (["error", (errors.part ?? state.desk.notice)?.message] as const);
  return (
    words && (
      <p class={`strip row ${tone}`} role="alert">
        <Icon d={tone === "info" ? INFO : WARNING} />
        {words}
        {parts.desk && <parts.desk.Retry app={app} />}
      </p>
    )
  );
}
