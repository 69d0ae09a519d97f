// The artifacts pane with a kernel: rendered documents, older versions, differences, devices, running scripts.

import type { Artifact, RenderedArtifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import type { ReceivedText } from "../../state/artifact-text";
import type { OnDemand } from "../../state/on-demand";
import { isStill } from "../../state/selectors";
import { Button } from "../../ui/button";
import { count, percent } from "../../ui/format";
import { CROSS, Icon, WARNING } from "../../ui/icons";
import { ComparisonBar, type CreateCompareMenu, createComparison } from "./compare";
import { createDocument } from "./documents";
import { FindBar } from "./find";
import type { ArtifactsLive, Presentation, Subject } from "./live-types";
import type { CreatePagedSource } from "./paged-source";
import type { Guard } from "./preview/frame";
import { createRest } from "./rest";
import { SourcesBar } from "./sources";
import { createArtifactState, type Device } from "./state";
import { createTabs } from "./tabs";
import { createTools, pageKey } from "./tools";
import { unfenced } from "./unfenced";
import { VersionBar } from "./versions";

/** The source of a longer text is paged. */
const PAGED_FROM_CHARS = 1_000_000;

/** The progress bar is shown where the first page is a smaller share of the text. */
const PROGRESS_FROM = 0.01;

const UNWRAPPED = "<style>pre{white-space:pre!important;overflow-wrap:normal!important}</style>";

const STOPPED = {
  left: "The page's scripts were stopped: a script tried to leave the page.",
  hung: "The page's scripts were stopped: the page did not answer for five seconds.",
};

/** A page in the width of a device, scaled down where the pane is narrower. */
export function deviceStyle(
  device: Device,
  barPx: number,
): Pick<Presentation, "class" | "style"> & { note: string } {
  if (!device) return { class: "", style: undefined, note: "" };
  const scale = Math.min(1, barPx / device);
  const drawn = scale < 0.99 ? `, drawn at ${percent(scale)}` : "";
  return {
    class: "device",
    style: `--device:${device}px;--scale:${scale.toFixed(4)}`,
    note: `The page is ${device} px wide${drawn}.`,
  };
}

/** What only a kernel has: scripts of pages, other runs to compare with, texts of any length. */
export interface OfKernel {
  onDemand: OnDemand<{ guard: Guard }>;
  createCompareMenu: CreateCompareMenu;
  createPagedSource: CreatePagedSource;
}

export function createArtifactsLive(
  app: Uses<"run" | "view" | "artifacts" | "operations" | "painting" | "connection" | "appearance">,
  ofKernel?: OfKernel,
): ArtifactsLive {
  const { view, operations, connection } = app;
  const state = createArtifactState(app);
  const paged = ofKernel?.createPagedSource(app, state);
  const comparison = createComparison(app);
  const rendered = createDocument<RenderedArtifact>(app, "artifact.render");
  const rests = createRest(app.painting);
  /** The length of the growing document when it was last requested. */
  let requested = 0;
  /** The document that is formatted although that takes long. */
  let anyLength = "";
  /** The file whose plain text was on screen as it ended: it is not replaced by the rendered source. */
  let reading = "";
  let isPaged = false;
  let shown: Presentation = {};
  /** The element of the document to scroll to, and the last scroll. */
  let target: string | undefined;
  let scrolledTo = "";

  const problem = (operation: string) => {
    const error = operations.errors[operation];
    return error && error.code !== "silent" ? error.message : "";
  };

  function presentComparison(row: Artifact): Presentation {
    const received = comparison(row);
    const note = problem("artifact.compare");
    if (!received) return { message: note ? "" : "Comparing …", note };
    const { subject, key, document } = received;
    state.changes = document.changes;
    const drawing = { subject, version: key, chunks: [document.html], done: true };
    if (document.changes) target = `change-${state.change}`;
    return { drawing, note: note || (document.same ? "Both are the same." : document.note) };
  }

  /** A page is drawn as it is received, in the width of the device; its scripts run if allowed. */
  function presentPage({ row, text, saved }: Subject): Presentation {
    const { note: deviceNote, ...look } = deviceStyle(state.device, state.barPx);
    const cut = text?.cut && `The first ${count(text.chars)} of ${count(row.chars)} characters are drawn.`;
    const note = [saved.note, cut, deviceNote].filter(Boolean).join(" ");
    const scripts =
      state.running === pageKey(row, state.version) ? ofKernel?.onDemand.code?.guard : undefined;
    const { drawing } = saved;
    const done = drawing?.done || text?.cut === true;
    const chunks = unfenced(drawing?.chunks ?? [], done);
    return { ...saved, ...look, drawing: drawing && { ...drawing, chunks, done, scripts }, note };
  }

  function presentDocument(subject: Subject): Presentation {
    const { row, growing, saved } = subject;
    const { file, kind, version: newest, chars } = row;
    const { source } = view;
    const { dark } = app.appearance;
    const { version } = state;
    const find = (source && state.find?.text) || null;
    const shape = !source ? "preview" : state.marks && !growing && !find ? "sources" : "source";
    const name = JSON.stringify([app.run.state.run?.run_id, file, shape, version]);
    const grows = growing && version === null;
    const key = JSON.stringify([name, newest, dark, find, grows, anyLength === name]);
    const received = rendered({
      subject: name,
      key,
      isOutdated: ({ again_at }) =>
        chars < requested ||
        (chars > requested &&
          (isStill(app.run.state) ||
            (grows && again_at !== null && (rests(`${key} ${chars}`) || chars >= again_at)))),
      request: async () => {
        requested = chars;
        const any_length = anyLength === name;
        const args = { file, version, shape, dark, find, any_length } as const;
        return (await operations.request("artifact.render", args)).result;
      },
    });
    const failed = problem("artifact.render");
    if (!received) {
      // The plain text that was on screen stays until the document is received.
      const stays = failed || connection.off || connection.waiting || shown.plain?.file === file;
      return stays && version === null
        ? { ...saved, note: failed || saved.note }
        : { message: failed || "Rendering …" };
    }
    const { document } = received;
    state.sentences = document.sentences;
    if (document.sentences && state.sentence) target = `sentence-${state.sentence}`;
    // A text that is too long to be formatted stays plain while it grows.
    if (grows && document.long && !find) return { ...saved, note: document.note };
    if (find && state.find) state.find = { ...state.find, of: document.matches ?? 0 };
    if (find && document.matches) target = `match-${state.find?.nth}`;
    const presentation = {
      drawing: {
        subject: name,
        version: `${received.key} ${document.chars}`,
        chunks: [source && !state.wrap ? document.html + UNWRAPPED : document.html],
        // A scroll to a match stops following the end.
        done: !grows || find !== null,
      },
      note: document.long ? (
        <LongNote name={name} note={document.note} />
      ) : (
        failed || document.note || (!version && saved.note)
      ),
    };
    return kind === "html" && !source
      ? presentPage({ ...subject, text: undefined, saved: presentation })
      : presentation;
  }

  /** The scripts of the page on screen run. */
  const runs = (row: Artifact) =>
    !view.source && !view.comparison && state.running === pageKey(row, state.version);

  /** The note on a text that is plain for its length only. */
  function LongNote({ name, note }: { name: string; note: string | null }) {
    const busy = operations.busy.has("artifact.render");
    return (
      <span class="row">
        <span class="grow">{note}</span>
        {(busy || anyLength !== name) && (
          <Button
            text="Format it"
            tip="Format it anyway: this can take half a minute"
            busy={busy}
            onclick={() => {
              anyLength = name;
              app.painting.changed();
            }}
          />
        )}
      </span>
    );
  }

  function presentationOf(subject: Subject): Presentation {
    const { row, text, growing, blocked, saved } = subject;
    const { source } = view;
    state.enter(row);
    state.sentences = null;
    const newest = state.version === null;
    const plain = source && newest && !state.find?.text && (row.status !== "done" || reading === row.file);
    reading = plain ? row.file : "";
    const long = text?.cut || (row.chars > PAGED_FROM_CHARS && !growing && !plain);
    isPaged = Boolean(source && !state.marks && !view.comparison && long);
    if (!row.has_content && !growing) return saved;
    if (view.comparison && !blocked) return presentComparison(row);
    if (isPaged && paged)
      return { body: <paged.Source row={row} version={state.version} />, note: newest && saved.note };
    if (blocked || connection.offline || plain) return { ...saved, class: state.wrap ? "" : "nowrap" };
    return !source && row.kind === "html" && newest ? presentPage(subject) : presentDocument(subject);
  }

  const Tools = createTools(app, state, ofKernel);
  return {
    present(subject) {
      target = undefined;
      shown = presentationOf(subject);
      return shown;
    },
    tabs: createTabs(app, state),
    Tools,
    Bars: ({ row }) => (
      <>
        {state.loading && state.loading.share > PROGRESS_FROM && (
          <div key="loading" class="bar row small sub">
            <span
              class="meter grow"
              role="progressbar"
              aria-label={`Loading ${state.loading.file}`}
              aria-valuenow={Math.round(state.loading.share * 100)}
            >
              <i style={`--share:${percent(state.loading.share)}`} />
            </span>
            <span class="num dim">{percent(state.loading.share)}</span>
            <Button
              icon={CROSS}
              tip={`Stop loading ${state.loading.file}`}
              onclick={() => Object.assign(state.loading ?? {}, { cancelled: true })}
            />
          </div>
        )}
        <VersionBar app={app} state={state} row={row} />
        <ComparisonBar app={app} state={state} />
        <SourcesBar app={app} state={state} />
        <FindBar app={app} state={state} row={row} paged={isPaged && paged} />
        {runs(row) && (
          <div key="running" class="strip row small sub warning" role="status">
            <Icon d={WARNING} />
            <span class="grow cut">Scripts of this page run</span>
            <Button
              class="tool edged"
              text="Stop them"
              tip="Draw the page without its scripts"
              onclick={() => state.set({ running: "" })}
            />
          </div>
        )}
        {state.stopped && (
          <div key="stopped" class="strip row small sub warning" role="alert">
            <Icon d={WARNING} />
            <span class="grow">{state.stopped}</span>
            <Button icon={CROSS} tip="Dismiss" onclick={() => state.set({ stopped: "" })} />
          </div>
        )}
      </>
    ),
    onDrawn(preview) {
      const next = [target, shown.drawing?.version].join("\n");
      if (target && next !== scrolledTo) preview.scrollTo(target);
      scrolledTo = next;
    },
    onInnerLink(link) {
      const change = /^#change-(\d+)$/.exec(link)?.[1];
      if (view.comparison && change) state.set({ change: Number(change) });
      const sentence = /^#sentence-(\d+)$/.exec(link)?.[1];
      if (state.sentences && sentence) state.set({ sentence: Number(sentence) });
    },
    onStopped: (reason) => state.set({ running: "", stopped: STOPPED[reason] }),
    source(pre) {
      let drawn: ReceivedText | undefined;
      // New text is appended; the view follows the end until it is scrolled up.
      const paint = () => {
        const { plain } = shown;
        if (!plain || plain === drawn) return;
        // At an earlier moment the text is a beginning of what was drawn.
        const before = drawn?.file === plain.file && drawn.version === plain.version ? drawn.chunks : null;
        const same = before?.every((chunk, i) => chunk === plain.chunks[i]);
        const atEnd = !before || pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
        if (!same) pre.textContent = "";
        pre.append(...plain.chunks.slice(same ? before?.length : 0));
        drawn = plain;
        if (!before && plain.done) pre.scrollTop = 0;
        else if (atEnd) pre.scrollTop = pre.scrollHeight;
      };
      return app.painting.onPaint(paint, pre);
    },
  };
}
