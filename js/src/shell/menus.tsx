import type { Requests } from "../kernel/wire";
import type { Uses } from "../state/app";
import type { Operations } from "../state/operations";
import { isOver } from "../state/selectors";
import type { ThemeChoice } from "../state/theme";
import { Button } from "../ui/button";
import { Failure } from "../ui/failure";
import { EXPORT, HALF, HOME, MOON, REFRESH, SUN } from "../ui/icons";
import { saveFile } from "../ui/page";
import { Popover } from "../ui/popover";
import { HistoryButton } from "./history/dialog";
import type { HistoryStore, HistoryStores } from "./history/store";
import type { Pages } from "./home/pages";
import { closeOnOutsideClick } from "./outside-click";

type MenuStores = Uses<"run" | "view" | "operations" | "connection">;

interface Props {
  app: HistoryStores;
  history: HistoryStore;
  pages: Pages;
}

export function Menus({ app, history, pages }: Props) {
  return (
    <span class="menus row" ref={closeOnOutsideClick(app)}>
      <span ref={pages.attach}>
        <Button icon={HOME} tip="Home: the Worker Studio" off={app.connection.off} onclick={pages.goHome} />
      </span>
      <VerifyButton app={app} />
      <HistoryButton app={app} history={history} />
      <ExportMenu app={app} />
      <ThemeButton app={app} />
    </span>
  );
}

function VerifyButton({ app }: { app: MenuStores }) {
  const { run } = app.run.state;
  return (
    <>
      {run && (
        <Button
          icon={REFRESH}
          text={<span class="long">Run again and verify</span>}
          tip="Execute this run again from its replay token (M4), and check that the files are identical"
          off={
            app.connection.off ||
            (!isOver(run)
              ? "The run has not ended yet"
              : run.replayable
                ? ""
                : "This run cannot be run again: it has no replay token")
          }
          busy={app.operations.busy.has("run.replay")}
          onclick={() => app.operations.act("run.replay", {})}
        />
      )}
      <Failure failures={app.operations} at="run.replay" />
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

export function ThemeButton({ app: { appearance } }: { app: Uses<"appearance"> }) {
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
