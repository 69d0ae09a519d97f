import type { Requests } from "../kernel/wire";
import type { Uses } from "../state/app";
import { joined, kindOfRun } from "../state/history";
import type { Operations } from "../state/operations";
import { isOver } from "../state/selectors";
import type { ThemeChoice } from "../state/theme";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { ago, dateTime, duration } from "../ui/format";
import { EXPORT, HALF, HISTORY, Mark, MOON, REFRESH, REPLAY, SUN } from "../ui/icons";
import { saveFile } from "../ui/page";
import { Popover } from "../ui/popover";
import { closeOnOutsideClick } from "./outside-click";

type MenuStores = Uses<"run" | "view" | "operations" | "connection">;

export function Menus({ app }: { app: MenuStores & Uses<"appearance"> }) {
  return (
    <span class="menus row" ref={closeOnOutsideClick(app)}>
      <ReplayButton app={app} />
      <HistoryMenu app={app} />
      <ExportMenu app={app} />
      <ThemeButton app={app} />
    </span>
  );
}

function ReplayButton({ app }: { app: MenuStores }) {
  const { run } = app.run.state;
  return (
    <>
      {run && (
        <Button
          icon={REPLAY}
          text="Replay"
          tip="Execute this run again from its replay token (M4) and compare the artifacts"
          off={
            app.connection.off ||
            (!isOver(run) ? "The run has not ended yet" : run.replayable ? "" : "This run cannot be replayed")
          }
          busy={app.operations.busy.has("run.replay")}
          onclick={() => app.operations.act("run.replay", {})}
        />
      )}
      <Failure failures={app.operations} at="run.replay" />
    </>
  );
}

function HistoryMenu({ app }: { app: MenuStores }) {
  const { view } = app;
  const { history } = view;
  const load = async () => {
    const answer = await app.operations.act("history.list", {});
    if (answer) app.view.set({ history: answer.result.runs });
  };
  return (
    <>
      <Popover
        panels={app.view}
        id="history"
        role="menu"
        label="Run history"
        icon={HISTORY}
        text="History"
        tip="The last ten runs"
        off={app.connection.off}
        busy={app.operations.busy.has("run.open")}
        onopen={load}
      >
        {() => (
          <>
            <header class="bar row">
              <h3 class="grow">Last runs</h3>
              <Button
                icon={REFRESH}
                tip="Refresh"
                busy={app.operations.busy.has("history.list")}
                onclick={load}
              />
            </header>
            {history?.map((run) => (
              <button
                key={run.run_id}
                role="menuitem"
                class="option run marked"
                aria-current={run.run_id === app.run.state.run?.run_id}
                title={[run.task, dateTime(run.started_us), run.replay_of && `Replay of run ${run.replay_of}`]
                  .filter(Boolean)
                  .join("\n")}
                onclick={() => {
                  app.view.set({ panel: "" });
                  app.operations.act("run.open", { run_id: run.run_id });
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
            {!history?.length && !app.operations.errors["history.list"] && (
              <p class="empty">{history ? "No run yet. Runs stay here when the notebook is closed." : "…"}</p>
            )}
            <Failure failures={app.operations} at="history.list" />
          </>
        )}
      </Popover>
      <Failure failures={app.operations} at="run.open" />
    </>
  );
}

type Format = Requests["export.open"]["args"]["format"];

const FORMATS: [Format, string, string][] = [
  ["json", "JSON", "everything, for programs"],
  ["txt", "Text", "the trace, for people"],
  ["csv", "CSV", "the log, for spreadsheets"],
];

/** Reads an export part by part, so that no message is large, and saves it as a file. */
async function saveExport({ request }: Operations, format: Format): Promise<void> {
  const { export_id, file_name, mime } = (await request("export.open", { format })).result;
  const parts: BlobPart[] = [];
  for (let done = false; !done; ) {
    const part = await request("export.part", { export_id });
    parts.push(...(part.buffers as BlobPart[]));
    done = part.result.done;
  }
  saveFile(file_name, parts, mime);
}

function ExportMenu({ app }: { app: MenuStores }) {
  const { run, artifacts } = app.run.state;
  const save = (format: Format) => {
    app.view.set({ panel: "" });
    return app.operations.attempt("export", () => saveExport(app.operations, format));
  };
  const saveAll = async () => {
    app.view.set({ panel: "" });
    const { result, buffers } = (await app.operations.act("artifact.bundle", {})) ?? {};
    const bytes = buffers?.[0];
    if (result && bytes) saveFile(result.file_name, [bytes as BlobPart], "application/zip");
  };
  return (
    <>
      <Popover
        panels={app.view}
        id="export"
        role="menu"
        label="Export"
        icon={EXPORT}
        text="Export"
        tip="Save this run as a file"
        off={app.connection.off || (run ? "" : "There is no run to export yet")}
        busy={app.operations.busy.has("export") || app.operations.busy.has("artifact.bundle")}
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
      <Failure failures={app.operations} at="export" />
      <Failure failures={app.operations} at="artifact.bundle" />
    </>
  );
}

const THEMES: Record<ThemeChoice, [icon: string, next: ThemeChoice]> = {
  auto: [HALF, "light"],
  light: [SUN, "dark"],
  dark: [MOON, "auto"],
};

function ThemeButton({ app: { appearance } }: { app: Uses<"appearance"> }) {
  const { choice } = appearance;
  const [icon, next] = THEMES[choice];
  return (
    <Button
      icon={icon}
      tip={`Theme: ${choice}. Switch to ${next}`}
      onclick={() => appearance.setTheme(next)}
    />
  );
}
