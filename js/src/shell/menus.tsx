import type { Requests } from "../kernel/wire";
import { Button, Failure } from "../panes/pane";
import type { App } from "../state/app";
import { joined, kindOfRun } from "../state/history";
import { isOver } from "../state/selectors";
import type { Choice } from "../state/theme";
import { ago, dateTime, duration } from "../ui/format";
import { EXPORT, HALF, HISTORY, Mark, MOON, REFRESH, REPLAY, SUN } from "../ui/icons";
import { saveFile } from "../ui/page";
import { Popover } from "../ui/popover";
import { closeFromElsewhere } from "./outside-click";

export function Menus({ app }: { app: App }) {
  return (
    <span class="menus row" ref={closeFromElsewhere(app)}>
      <ReplayButton app={app} />
      <HistoryMenu app={app} />
      <ExportMenu app={app} />
      <ThemeButton app={app} />
    </span>
  );
}

function ReplayButton({ app }: { app: App }) {
  const { run } = app.state;
  return (
    <>
      {run && (
        <Button
          icon={REPLAY}
          text="Replay"
          tip="Execute this run again from its replay token (M4), and compare the artifacts"
          off={
            app.off ||
            (!isOver(run) ? "The run is not over yet" : run.replayable ? "" : "This run cannot be replayed")
          }
          busy={app.busy.has("run.replay")}
          onclick={() => app.act("run.replay", {})}
        />
      )}
      <Failure app={app} at="run.replay" />
    </>
  );
}

function HistoryMenu({ app }: { app: App }) {
  const { view, state } = app;
  const { history } = view;
  const load = async () => {
    const answer = await app.act("history.list", {});
    if (answer) app.set({ history: answer.result.runs });
  };
  return (
    <>
      <Popover
        app={app}
        id="history"
        role="menu"
        label="Run history"
        icon={HISTORY}
        text="History"
        tip="The last ten runs"
        off={app.off}
        busy={app.busy.has("run.open")}
        onopen={load}
      >
        {() => (
          <>
            <header class="bar row">
              <h3 class="grow">Last runs</h3>
              <Button icon={REFRESH} tip="Refresh" busy={app.busy.has("history.list")} onclick={load} />
            </header>
            {history?.map((run) => (
              <button
                key={run.run_id}
                role="menuitem"
                class="option run marked"
                aria-current={run.run_id === state.run?.run_id}
                title={[run.task, dateTime(run.started_us), run.replay_of && `Replay of run ${run.replay_of}`]
                  .filter(Boolean)
                  .join("\n")}
                onclick={() => {
                  app.set({ panel: "" });
                  app.act("run.open", { run_id: run.run_id });
                }}
              >
                <Mark status={run.status} />
                <span class="cut">{run.task || run.run_id}</span>
                <span class="row small dim">
                  <span class="grow">{joined(run.status, kindOfRun(run))}</span>
                  <span class="num">{duration(run.latency_ms)}</span>
                  <span class="num end">{ago(run.started_us, Date.now() * 1000)}</span>
                </span>
              </button>
            ))}
            {!history?.length && !app.errors["history.list"] && (
              <p class="empty">{history ? "No run yet. Runs stay here when the notebook is closed." : "…"}</p>
            )}
            <Failure app={app} at="history.list" />
          </>
        )}
      </Popover>
      <Failure app={app} at="run.open" />
    </>
  );
}

const FORMATS: [Requests["export"]["args"]["format"], string, string][] = [
  ["json", "JSON", "everything, for programs"],
  ["txt", "Text", "the trace, for people"],
  ["csv", "CSV", "the log, for spreadsheets"],
];

function ExportMenu({ app }: { app: App }) {
  const { run, artifacts } = app.state;
  const save = async (format: Requests["export"]["args"]["format"]) => {
    app.set({ panel: "" });
    const { result } = (await app.act("export", { format })) ?? {};
    if (result) saveFile(result.file_name, result.text, result.mime);
  };
  const saveAll = async () => {
    app.set({ panel: "" });
    const { result, buffers } = (await app.act("artifact.bundle", {})) ?? {};
    const bytes = buffers?.[0];
    if (result && bytes) saveFile(result.file_name, bytes as BlobPart, "application/zip");
  };
  return (
    <>
      <Popover
        app={app}
        id="export"
        role="menu"
        label="Export"
        icon={EXPORT}
        text="Export"
        tip="Save this run as a file"
        off={app.off || (run ? "" : "There is no run to export yet")}
        busy={app.busy.has("export") || app.busy.has("artifact.bundle")}
      >
        {() => (
          <>
            {FORMATS.map(([format, name, what]) => (
              <button role="menuitem" class="option" onclick={() => save(format)}>
                <b>{name}</b> <span class="dim">{what}</span>
              </button>
            ))}
            <button role="menuitem" class="option" disabled={!artifacts.length} onclick={saveAll}>
              <b>All artifacts</b> <span class="dim">one zip</span>
            </button>
          </>
        )}
      </Popover>
      <Failure app={app} at="export" />
      <Failure app={app} at="artifact.bundle" />
    </>
  );
}

const THEMES: Record<Choice, [icon: string, next: Choice]> = {
  auto: [HALF, "light"],
  light: [SUN, "dark"],
  dark: [MOON, "auto"],
};

function ThemeButton({ app }: { app: App }) {
  const { choice } = app.theme;
  const [icon, next] = THEMES[choice];
  return (
    <Button icon={icon} tip={`Theme: ${choice}. Switch to ${next}`} onclick={() => app.setTheme(next)} />
  );
}
