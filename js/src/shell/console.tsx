import type { App } from "../app";
import { NO_ANSWER } from "../channel";
import { type ArtifactBox, ArtifactsPane } from "../panes/artifacts";
import { LedgerPane } from "../panes/ledger";
import { LogPane } from "../panes/log";
import { RoutingPane } from "../panes/routing";
import { TimelinePane } from "../panes/timeline";
import { Icon, INFO, WARNING } from "../ui/icons";
import { Header } from "./header";

/** What the layouts with one, two and three columns need to be useful, in pixels. */
const LEAST_HEIGHT = [2000, 960, 400];

/** The parts of the tree that are drawn by hand. */
export interface Boxes {
  artifact: ArtifactBox;
}

export const columnsOf = (width: number): 1 | 2 | 3 => (width >= 900 ? 3 : width >= 600 ? 2 : 1);

export function Console({ app, boxes }: { app: App; boxes: Boxes }) {
  const { view, theme, parts } = app;
  const columns = columnsOf(view.width);
  const height = Math.max(app.height, LEAST_HEIGHT[columns - 1] ?? 0);
  const shares = Object.entries(view.shares).map(([name, share]) => `;--${name}:${share * 100}%`);
  return (
    <section
      class={`console cols${columns}`}
      data-theme={theme.dark ? "dark" : "light"}
      data-native={theme.native}
      style={`height:${height}px${shares.join("")}`}
      aria-label="Worker console"
    >
      {Object.values(parts).map(({ styles }) => (
        <style>{styles}</style>
      ))}
      <Header app={app} />
      <Banner app={app} />
      <div class="panes grow rel">
        <div class="col column">
          <TimelinePane app={app} />
          <RoutingPane app={app} />
        </div>
        <div class="col column">
          <LogPane app={app} />
          <LedgerPane app={app} />
        </div>
        <ArtifactsPane app={app} box={boxes.artifact} />
        {columns === 3 && view.maximised === null && parts.desk && <parts.desk.Splitters app={app} />}
      </div>
    </section>
  );
}

/** What stands in the way of everything. */
function Banner({ app: { kernel, state } }: { app: App }) {
  const { notice } = state.desk;
  const [tone, words] =
    kernel === "none"
      ? (["info", "Saved run, no kernel: run the cell again."] as const)
      : kernel === "silent"
        ? (["warning", NO_ANSWER] as const)
        : ([
            "error",
            notice && [notice.message, ...notice.problems.map((p) => `${p.field}: ${p.message}`)].join(" "),
          ] as const);
  return (
    words && (
      <p class={`strip row ${tone}`} role="alert">
        <Icon d={tone === "info" ? INFO : WARNING} />
        {words}
      </p>
    )
  );
}
