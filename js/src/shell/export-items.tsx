// The items of the export menu.

import type { Requests } from "../kernel/wire";
import type { Uses } from "../state/app";
import type { Operations } from "../state/operations";
import { saveFile } from "../ui/page";

type Format = Requests["export.open"]["args"]["format"];

const FORMATS: [Format, string, string][] = [
  ["html", "Report", "this console, in one file"],
  ["json", "JSON", "everything, to load again"],
  ["txt", "Text", "the trace, for people"],
  ["md", "Markdown", "a summary, for an issue"],
  ["pdf", "PDF", "a formal report"],
  ["ipynb", "Notebook", "the analysis"],
  ["spreadsheet", "Spreadsheet", "the log, for Excel"],
  ["csv", "CSV", "the log, for programs"],
  ["otlp", "Spans", "OpenTelemetry, for collectors"],
  ["parquet", "Parquet", "the frames, one zip"],
];

const QUIET_MS = 1000;

/**
 * Reads an export part by part, so that no message is large, and saves it as a file. What takes over a second calls
 * `show` with how much has arrived.
 */
async function saveExport(
  { request }: Operations,
  format: Format,
  show: (exported: string) => void,
): Promise<void> {
  const start = performance.now();
  const { export_id, file_name, mime } = (await request("export.open", { format })).result;
  const parts: BlobPart[] = [];
  for (let done = false; !done; ) {
    const part = await request("export.part", { export_id });
    parts.push(...(part.buffers as BlobPart[]));
    done = part.result.done;
    if (performance.now() - start > QUIET_MS) show(`${Math.round(100 * part.result.share)} %`);
  }
  saveFile(file_name, parts, mime);
}

export function ExportItems({ app }: { app: Uses<"run" | "view" | "operations"> }) {
  const { artifacts } = app.run.state;
  const show = (exported: string) => app.view.set({ exported });
  const save = async (format: Format) => {
    app.view.set({ panel: "" });
    await app.operations.attempt("export", () => saveExport(app.operations, format, show));
    show("");
  };
  const saveAll = async () => {
    app.view.set({ panel: "" });
    const { result, buffers } = (await app.operations.act("artifact.bundle", {})) ?? {};
    const bytes = buffers?.[0];
    if (result && bytes) saveFile(result.file_name, [bytes as BlobPart], "application/zip");
  };
  return (
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
  );
}
