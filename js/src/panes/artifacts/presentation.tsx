// How the artifact on screen is shown: what the kernel makes of it, older versions, differences, and the
// page in the width of a device.

import type { ArtifactRow, RenderedArtifact } from "../../kernel/wire";
import type { App } from "../../state/app";
import type { ArtifactText } from "../../state/artifact-text";
import { count, percent } from "../../ui/format";
import { CROSS, Icon, WARNING } from "../../ui/icons";
import { Button } from "../pane";
import type { Shown } from "./artifacts";
import { ComparisonBar, createComparison } from "./compare";
import { createDocument } from "./documents";
import { FindBar } from "./find";
import type { Subject, Viewer } from "./live-types";
import { createPagedSource } from "./paged-source";
import { guard } from "./preview/guard";
import { createOwn, type Device } from "./state";
import { createTabs } from "./tabs";
import { createTools, pageOf } from "./tools";
import { VersionBar } from "./versions";

/** A source of more characters is shown in lines that come as one scrolls to them. */
const PAGED_FROM = 1_000_000;

/** A whole text of more characters takes more than a moment to get. */
const SHARE_FROM = 0.01;

const UNWRAPPED = "<style>pre{white-space:pre!important;overflow-wrap:normal!important}</style>";

const STOPPED = {
  left: "The page's scripts were stopped: one of them tried to lead away.",
  hung: "The page's scripts were stopped: the page did not answer for five seconds.",
};

/** How a page is laid out in the width of a device, drawn smaller where the pane is narrower. */
export function deviceLook(device: Device, px: number): Pick<Shown, "look" | "style"> & { words: string } {
  if (!device) return { look: "", style: undefined, words: "" };
  const scale = Math.min(1, px / device);
  const drawn = scale < 0.99 ? `, drawn at ${percent(scale)}` : "";
  return {
    look: "device",
    style: `--device:${device}px;--scale:${scale.toFixed(4)}`,
    words: `The page is ${device} px wide${drawn}.`,
  };
}

export function createViewer(app: App): Viewer {
  const own = createOwn(app);
  const paged = createPagedSource(own);
  const compared = createComparison(own);
  const rendered = createDocument<RenderedArtifact>(app, "artifact.render");
  /** Formatting it was asked for although it takes long. */
  let patient = "";
  /** Text that one may be reading while it ends is not swapped for a coloured version of it. */
  let reading = "";
  let pagedNow = false;
  let before: Shown = {};
  /** The element of the drawing to go to, and where one has gone. */
  let goal: string | undefined;
  let gone = "";

  const problem = (place: string) => {
    const error = app.errors[place];
    return error && error.code !== "silent" ? error.message : "";
  };

  function compare(row: ArtifactRow): Shown {
    const kept = compared(row);
    const note = problem("artifact.compare");
    if (!kept) return { words: note ? "" : "Comparing …", note };
    const { subject, key, made } = kept;
    own.changes = made.changes;
    const drawing = { subject, version: key, chunks: [made.html], done: true };
    if (made.changes) goal = `change-${own.change}`;
    return { drawing, note: note || (made.same ? "Both are the same." : made.note) };
  }

  /** A page is drawn as it arrives; here it is given a width, and may run. */
  function page({ row, text, usual }: Subject): Shown {
    const { look, style, words } = deviceLook(own.device, own.px);
    const cut = text?.cut && `The first ${count(text.chars)} of ${count(row.chars)} characters are drawn.`;
    const note = [usual.note, cut, words].filter(Boolean).join(" ");
    const scripts = own.running === pageOf(row, own.version) ? guard : undefined;
    const { drawing } = usual;
    const done = drawing?.done || text?.cut === true;
    return { ...usual, drawing: drawing && { ...drawing, done, scripts }, look, style, note };
  }

  function documentOf(subject: Subject): Shown {
    const { row, growing, usual } = subject;
    const { file, kind, version: newest, chars } = row;
    const { source } = app.view;
    const { dark } = app.theme;
    const { version } = own;
    const find = (source && own.find?.text) || null;
    const as = source ? "source" : "preview";
    const name = JSON.stringify([app.state.run?.run_id, file, as, version]);
    const goesOn = growing && version === null;
    const key = JSON.stringify([name, newest, dark, find, goesOn, patient === name]);
    const kept = rendered({
      subject: name,
      key,
      due: ({ again_at }) => goesOn && again_at !== null && chars >= again_at,
      ask: async () =>
        (await app.request("artifact.render", { file, version, as, dark, find, patient: patient === name }))
          .result,
    });
    const failed = problem("artifact.render");
    if (!kept) {
      // What one has just seen being written stays until it is drawn.
      const stays = failed || app.off || app.waiting || before.plain?.file === file;
      return stays && version === null
        ? { ...usual, note: failed || usual.note }
        : { words: failed || "Rendering …" };
    }
    const { made } = kept;
    // What is too long to be formatted goes on as the text that it is.
    if (goesOn && made.long && !find) return { ...usual, note: made.note };
    if (find && own.find) own.find = { ...own.find, of: made.matches ?? 0 };
    if (find && made.matches) goal = `match-${own.find?.nth}`;
    const drawn = {
      drawing: {
        subject: name,
        version: `${kept.key} ${made.chars}`,
        chunks: [source && !own.wrap ? made.html + UNWRAPPED : made.html],
        // Going to a match ends the following of what is being written.
        done: !goesOn || find !== null,
      },
      note: made.long ? (
        <Long name={name} note={made.note} />
      ) : (
        failed || made.note || (!version && usual.note)
      ),
    };
    return kind === "html" && !source ? page({ ...subject, text: undefined, usual: drawn }) : drawn;
  }

  /** A page is on screen, not its source and not a difference, and its scripts run. */
  const runs = (row: ArtifactRow) =>
    !app.view.source && !app.view.comparison && own.running === pageOf(row, own.version);

  /** One that is shown as plain text for its length alone. */
  function Long({ name, note }: { name: string; note: string | null }) {
    const busy = app.busy.has("artifact.render");
    return (
      <span class="row">
        <span class="grow">{note}</span>
        {(busy || patient !== name) && (
          <Button
            text="Format it"
            tip="Format it all the same: that may take half a minute"
            busy={busy}
            onclick={() => {
              patient = name;
              app.changed();
            }}
          />
        )}
      </span>
    );
  }

  function shown(subject: Subject): Shown {
    const { row, text, growing, broken, usual } = subject;
    const { source, comparison } = app.view;
    own.settle(row);
    const newest = own.version === null;
    const read = source && newest && !own.find?.text && (row.status !== "done" || reading === row.file);
    reading = read ? row.file : "";
    const long = text?.cut || (row.chars > PAGED_FROM && !growing && !read);
    pagedNow = Boolean(source && !comparison && long);
    if (!row.has_content && !growing) return usual;
    if (comparison && !broken) return compare(row);
    if (pagedNow)
      return { body: <paged.Source row={row} version={own.version} />, note: newest && usual.note };
    if (broken || app.offline || read) return { ...usual, look: own.wrap ? "" : "nowrap" };
    return !source && row.kind === "html" && newest ? page(subject) : documentOf(subject);
  }

  const Tools = createTools(own);
  return {
    present(subject) {
      goal = undefined;
      before = shown(subject);
      return before;
    },
    tabs: createTabs(own),
    Tools,
    Bars: ({ row }) => (
      <>
        {own.taking && own.taking.share > SHARE_FROM && (
          <div key="taking" class="bar row small sub">
            <span
              class="meter grow"
              role="progressbar"
              aria-label={`Reading ${own.taking.file}`}
              aria-valuenow={Math.round(own.taking.share * 100)}
            >
              <i style={`--share:${percent(own.taking.share)}`} />
            </span>
            <span class="num dim">{percent(own.taking.share)}</span>
            <Button
              icon={CROSS}
              tip={`Stop reading ${own.taking.file}`}
              onclick={() => Object.assign(own.taking ?? {}, { stopped: true })}
            />
          </div>
        )}
        <VersionBar own={own} row={row} />
        <ComparisonBar own={own} />
        <FindBar own={own} row={row} paged={pagedNow ? paged : null} />
        {runs(row) && (
          <div key="running" class="strip row small sub warning" role="status">
            <Icon d={WARNING} />
            <span class="grow cut">Scripts of this page run</span>
            <Button
              class="tool edged"
              text="Stop them"
              tip="Draw the page without its scripts"
              onclick={() => own.set({ running: "" })}
            />
          </div>
        )}
        {own.stopped && (
          <div key="stopped" class="strip row small sub warning" role="alert">
            <Icon d={WARNING} />
            <span class="grow">{own.stopped}</span>
            <Button icon={CROSS} tip="Dismiss" onclick={() => own.set({ stopped: "" })} />
          </div>
        )}
      </>
    ),
    drawn(preview) {
      const next = [goal, before.drawing?.version].join("\n");
      if (goal && next !== gone) preview.go(goal);
      gone = next;
    },
    within(link) {
      const change = /^#change-(\d+)$/.exec(link)?.[1];
      if (app.view.comparison && change) own.set({ change: Number(change) });
    },
    source(pre) {
      let drawn: ArtifactText | undefined;
      // Grows at its end, and stays with the end until someone scrolls up.
      const paint = () => {
        const { plain } = before;
        if (!plain || plain === drawn) return;
        const same = drawn?.file === plain.file && drawn.version === plain.version;
        const atEnd = !same || pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
        if (!same) pre.textContent = "";
        pre.append(...plain.chunks.slice(same ? drawn?.chunks.length : 0));
        drawn = plain;
        if (!same && plain.done) pre.scrollTop = 0;
        else if (atEnd) pre.scrollTop = pre.scrollHeight;
      };
      return app.onPaint(paint);
    },
    stopped: (why) => own.set({ running: "", stopped: STOPPED[why] }),
  };
}
