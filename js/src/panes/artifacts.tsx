import type { App } from "../app";
import { compact, count } from "../format";
import { createPreview, type Drawing } from "../preview/frame";
import { isOver, ofStage } from "../selectors";
import type { ArtifactText } from "../text";
import { Button, Failure, Pane, StageChip } from "../ui/bits";
import type { Ref } from "../ui/dom";
import { COPY, CROSS, EXPORT, Icon, kindIcon, SCREEN, WARNING } from "../ui/icons";
import { copyText, saveFile } from "../ui/page";
import type { ArtifactRow, Requests } from "../wire";

const TEXT_PAGE = 1_000_000;
const STATUS_WORDS = { assembling: "being written", done: "done", failed: "not finished" };

/** What the pane shows of an artifact, and what draws it. */
export interface ArtifactBox {
  frame: Ref;
  source: Ref;
  tabs: Ref;
  /** How the artifact is shown: drawn in the frame, as plain text, or only words. */
  present(row: ArtifactRow): {
    drawing?: Drawing;
    plain?: ArtifactText;
    words?: string;
    note?: string | null;
  };
}

export function createArtifactBox(app: App): ArtifactBox {
  let drawing: Drawing | undefined;
  let plain: ArtifactText | undefined;
  /** Text that one may be reading while it ends is not swapped for a coloured version of it. */
  let reading = "";
  let broken = false;
  let rendered: { key: string; html: string; note: string | null } | undefined;
  let asked = "";

  /** Asks the kernel for the artifact as a reader wants it. */
  function render(key: string, args: Requests["artifact.render"]["args"]): void {
    const again = !app.off && app.errors["artifact.render"]?.code === "silent";
    if ((asked === key && !again) || app.busy.has("artifact.render")) return;
    asked = key;
    app.attempt("artifact.render", async () => {
      const { result } = await app.request("artifact.render", args);
      rendered = { key, ...result };
    });
  }

  function present(row: ArtifactRow): ReturnType<ArtifactBox["present"]> {
    const { file, version, kind, chars, status, has_content } = row;
    const { source } = app.view;
    const before = plain;
    drawing = undefined;
    plain = undefined;
    if (!has_content && status !== "assembling") return { words: "It has no content." };
    const text = app.text(file);
    const here = text?.version === version ? text : undefined;
    const as = source ? "source" : "preview";
    const subject = [app.state.run?.run_id, file, as].join("\n");
    const growing = status === "assembling" && !(app.state.run && isOver(app.state.run));
    const note = growing
      ? null
      : status !== "done"
        ? "It was not finished."
        : broken
          ? "This page forbids previews: this is the source."
          : null;
    if (kind === "html" && !source && !broken) {
      // One that was never finished is drawn to its end, too.
      const done = here?.done || (!growing && (here?.chars ?? 0) >= chars);
      drawing = { subject, version: `${version}`, chunks: here?.chunks ?? [], done };
      return here ? { drawing, note } : { drawing, words: "Waiting for its text …" };
    }
    const { dark } = app.theme;
    const key = [subject, version, dark].join("\n");
    reading = source && (status !== "done" || reading === file) ? file : "";
    const wanted = status === "done" && !reading && !broken && !app.offline;
    if (wanted) render(key, { file, as, dark });
    if (wanted && rendered?.key.startsWith(subject)) {
      drawing = { subject, version: rendered.key, chunks: [rendered.html], done: true };
      return { drawing, note: rendered.note };
    }
    const rendering = wanted && !app.errors["artifact.render"];
    // What one has just seen being written stays until it is drawn.
    if (rendering && before?.file !== file) return { words: "Rendering …" };
    plain = here;
    return here ? { plain, note } : { words: growing ? "Waiting for its text …" : "Its text is not here." };
  }

  return {
    present,
    frame(holder) {
      const preview = createPreview(
        (link) => app.set({ link }),
        () => {
          broken = true;
          app.changed();
        },
      );
      const paint = () => {
        preview.element.title = `Preview of ${app.shown?.file}`;
        if (drawing) preview.show(drawing);
      };
      holder.append(preview.element);
      const stop = app.onPaint(paint);
      return () => {
        stop();
        preview.dispose();
      };
    },
    source(pre) {
      let drawn: ArtifactText | undefined;
      // Grows at its end, and stays with the end until someone scrolls up.
      const paint = () => {
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
    tabs(strip) {
      let seen: string | undefined;
      const paint = () => {
        const tab = strip.querySelector<HTMLElement>("[aria-selected=true]");
        // A notebook takes cells that are out of sight out of the page, and their scrolling is lost.
        if (!strip.clientWidth) seen = undefined;
        else if (tab && tab.title !== seen) {
          seen = tab.title;
          const { offsetLeft: left, offsetWidth: width } = tab;
          strip.scrollLeft = Math.max(left + width - strip.clientWidth, Math.min(left, strip.scrollLeft));
        }
      };
      return app.onPaint(paint);
    },
  };
}

export function ArtifactsPane({ app, box }: { app: App; box: ArtifactBox }) {
  const { view, state, shown } = app;
  return (
    <Pane
      app={app}
      name="artifacts"
      title="Artifacts"
      tools={
        <>
          <span class="grow" />
          <StageChip app={app} />
          {view.picked !== null && !app.offline && (
            <button class="chip" title="Show what is being written" onclick={() => app.set({ picked: null })}>
              Follow
            </button>
          )}
        </>
      }
    >
      <div class={`artifact column grow ${view.filling ? "filling" : ""}`}>
        {shown ? (
          <Artifact app={app} box={box} row={shown} />
        ) : (
          <p class="empty">
            {state.artifacts.length
              ? "This stage made no artifact."
              : state.run && isOver(state.run)
                ? "The run ended without making anything."
                : "What the worker makes is drawn here as it is written."}
          </p>
        )}
      </div>
    </Pane>
  );
}

function Artifact({ app, box, row }: { app: App; box: ArtifactBox; row: ArtifactRow }) {
  const { view, state } = app;
  const { file, kind, chars, stage_id, has_content } = row;
  const stage = state.stages.find((item) => item.stage_id === stage_id)?.name ?? stage_id;
  const tabs = ofStage(state.artifacts, view.stage);
  const { drawing, plain, words, note } = box.present(row);
  const empty = has_content ? "" : "It has no content";

  const onKeyDown = (event: KeyboardEvent) => {
    const way = ["ArrowLeft", "", "ArrowRight"].indexOf(event.key) - 1;
    const next = tabs[(tabs.indexOf(row) + way + tabs.length) % tabs.length];
    if (!(way === 1 || event.key === "ArrowLeft") || !next) return;
    event.preventDefault();
    app.set({ picked: next.file });
    (event.currentTarget as HTMLElement).querySelectorAll("button")[tabs.indexOf(next)]?.focus();
  };

  /** Does something with the whole text: from here where it is complete, else from the kernel, page by page. */
  const take = (use: (text: string) => Promise<void> | void) =>
    app.attempt("artifact", async () => {
      const text = app.text(file);
      if (text?.done && text.version === row.version) return use(text.chunks.join(""));
      const pages: string[] = [];
      for (let at = 0; at < chars; at += TEXT_PAGE) {
        const { result } = await app.request("artifact.text", { file, offset: at, count: TEXT_PAGE });
        pages.push(result.text);
      }
      return use(pages.join(""));
    });

  return (
    <>
      <div class="tabs bar" role="tablist" aria-label="Artifacts" ref={box.tabs} onkeydown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.file}
            role="tab"
            class={`tab row ${tab.status}`}
            aria-selected={tab === row}
            tabIndex={tab === row ? 0 : -1}
            title={`${tab.file}: ${STATUS_WORDS[tab.status]}`}
            onclick={() => app.set({ picked: tab.file })}
          >
            <Icon d={kindIcon(tab.kind)} />
            {tab.file}
            <span class="small dim num">{compact(tab.chars)}</span>
            {tab.status === "assembling" && <i class="bead live info tone" />}
            {tab.status === "failed" && <Icon d={WARNING} />}
          </button>
        ))}
      </div>
      <div class="tools bar row">
        <fieldset class="segments row small" aria-label="Show as">
          {[false, true].map((source) => (
            <button
              class={view.source === source ? "on" : ""}
              aria-pressed={view.source === source}
              onclick={() => app.set({ source })}
            >
              {source ? "Source" : "Preview"}
            </button>
          ))}
        </fieldset>
        <span class="row grow small dim cut">
          <span class="num">{count(chars)} characters</span>
          <span class="cut">{stage}</span>
        </span>
        <span class="small dim" role="status">
          {view.copied === file && "copied"}
        </span>
        <Button
          icon={COPY}
          tip={`Copy ${file}`}
          off={empty}
          onclick={() =>
            take(async (text) => {
              await copyText(text, document.body);
              app.said(file);
            })
          }
        />
        <Button
          icon={EXPORT}
          tip={`Download ${file}`}
          off={empty}
          onclick={() => take((text) => saveFile(file, text, "text/plain;charset=utf-8"))}
        />
        <Button
          icon={SCREEN}
          tip={view.filling ? "Leave full screen (Esc)" : "Full screen"}
          on={view.filling}
          onclick={() => app.set({ filling: !view.filling })}
        />
        <Failure app={app} at="artifact" />
      </div>
      <div class="column grow rel">
        {drawing && (
          <div class={`frame grow ${kind === "html" && !view.source ? "paper" : ""}`} ref={box.frame} />
        )}
        {plain && <pre class="source grow scroll" tabIndex={0} ref={box.source} />}
        {words && <p class="empty over">{words}</p>}
        {note && <p class="note small">{note}</p>}
        <Failure app={app} at="artifact.render" />
        {view.link && (
          <p class="note row small" role="status">
            <span class="cut grow">
              Links do not open here: <code>{view.link}</code>
            </span>
            <Button icon={CROSS} tip="Dismiss" onclick={() => app.set({ link: "" })} />
          </p>
        )}
      </div>
    </>
  );
}
