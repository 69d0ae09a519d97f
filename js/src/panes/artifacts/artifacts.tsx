import type { ArtifactRow } from "../../kernel/wire";
import type { App } from "../../state/app";
import type { ArtifactText } from "../../state/artifact-text";
import { isGrowing, isOver, ofStage } from "../../state/selectors";
import type { Child, Ref } from "../../ui/dom";
import { compact, count } from "../../ui/format";
import { CROSS, Icon, kindIcon, SCREEN, WARNING } from "../../ui/icons";
import { Button, Pane, StageChip } from "../pane";
import type { Viewer } from "./live-types";
import { createPreview, type Drawing } from "./preview/frame";

const STATUS_WORDS = { assembling: "being written", done: "done", failed: "not finished" };

/** How an artifact is shown: drawn in the frame, as plain text, in a way of its own, or only in words. */
export interface Shown {
  drawing?: Drawing | undefined;
  plain?: ArtifactText | undefined;
  body?: Child;
  words?: string | undefined;
  note?: Child;
  /** Class names and styles of the frame, or of the text. */
  look?: string | undefined;
  style?: string | undefined;
}

/** A saved run's tab is chosen from the start. */
const showChosen: Ref = (strip) => {
  strip.scrollLeft = (strip.querySelector("[aria-selected=true]") as HTMLElement).offsetLeft;
};

/** What the pane shows of an artifact, and what draws it. */
export interface ArtifactBox {
  /** What works with the kernel, once it is here. */
  readonly viewer: Viewer | undefined;
  present(row: ArtifactRow): Shown;
  frame: Ref;
}

export function createArtifactBox(app: App): ArtifactBox {
  let shown: Shown = {};
  let viewer: Viewer | undefined;
  let broken = false;

  function usual(row: ArtifactRow, text: ArtifactText | undefined, growing: boolean): Shown {
    const { file, version, kind, chars, stage_id, status, has_content } = row;
    if (!has_content && status !== "assembling") return { words: "It has no content." };
    const { run, stages } = app.state;
    const { source } = app.view;
    const why = stages.find((stage) => stage.stage_id === stage_id)?.error;
    const note =
      !growing && status !== "done" && (why ? `It was not finished: ${why}` : "It was not finished.");
    if (kind === "html" && !source && !broken) {
      const subject = [run?.run_id, file].join("\n");
      // One that was never finished is drawn to its end, too.
      const done = text?.done || (!growing && (text?.chars ?? 0) >= chars);
      const drawing = { subject, version: `${version}`, chunks: text?.chunks ?? [], done };
      return { drawing, words: text ? "" : "Waiting for its text …", note };
    }
    return {
      plain: text,
      words: text ? "" : growing ? "Waiting for its text …" : "Its text is not here.",
      note: broken && !source ? "This page forbids previews: this is the source." : note,
    };
  }

  return {
    get viewer() {
      return viewer;
    },
    present(row) {
      viewer ??= app.parts.viewer?.createViewer(app);
      const here = app.text(row.file);
      const text = here?.version === row.version ? here : undefined;
      const growing = isGrowing(app.state.run, row);
      shown = usual(row, text, growing);
      if (viewer) shown = viewer.present({ row, text, growing, broken, usual: shown });
      return shown;
    },
    frame(holder) {
      const preview = createPreview({
        link: (link) => (link[0] === "#" ? viewer?.within(link) : app.set({ link })),
        broken() {
          broken = true;
          app.changed();
        },
        escape: () => holder.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })),
        stopped: (why) => viewer?.stopped(why),
      });
      const paint = () => {
        const { drawing } = shown;
        preview.element.title = `Preview of ${app.shown?.file}`;
        if (drawing) preview.show(drawing);
        viewer?.drawn(preview);
      };
      holder.append(preview.element);
      const stop = app.onPaint(paint);
      return () => {
        stop();
        preview.dispose();
      };
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
          {box.viewer && <box.viewer.tabs.Follow />}
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
  const { kind, chars, stage_id } = row;
  const stage = state.stages.find((item) => item.stage_id === stage_id)?.name ?? stage_id;
  const tabs = ofStage(state.artifacts, view.stage);
  const { drawing, plain, body, words, note, look, style } = box.present(row);
  const { viewer } = box;

  return (
    <>
      <div class="tabrow row">
        <div
          key={viewer ? "live" : "saved"}
          class="tabs bar grow"
          role="tablist"
          aria-label="Artifacts"
          ref={viewer?.tabs.strip ?? showChosen}
          onkeydown={viewer?.tabs.onKeyDown}
        >
          {(viewer?.tabs.of(tabs, row) ?? tabs).map((tab) => (
            <button
              key={tab.file}
              role="tab"
              class={`tab row ${tab.status}`}
              aria-selected={tab === row}
              tabIndex={viewer && tab !== row ? -1 : 0}
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
        {viewer && <viewer.tabs.Menu />}
      </div>
      <div class="tools bar row">
        <fieldset class="segments row small" aria-label="Show as">
          {[false, true].map((source) => {
            const on = view.source === source && !view.comparison;
            return (
              <button
                class={on ? "on" : ""}
                aria-pressed={on}
                onclick={() => app.set({ source, comparison: null })}
              >
                {source ? "Source" : "Preview"}
              </button>
            );
          })}
        </fieldset>
        <span class="row grow small dim fitting" title={`${count(chars)} characters, ${stage}`}>
          <span class="num">{count(chars)} chars</span>
          <span>{stage}</span>
        </span>
        {viewer && <viewer.Tools row={row} />}
        <Button
          icon={SCREEN}
          tip={view.filling ? "Leave full screen (Esc)" : "Full screen"}
          on={view.filling}
          onclick={() => app.set({ filling: !view.filling })}
        />
      </div>
      {viewer && <viewer.Bars row={row} />}
      <div class="column grow rel">
        {drawing && (
          <div
            class={`frame grow ${kind === "html" && !view.source ? "paper" : ""} ${look ?? ""}`}
            style={style}
            ref={box.frame}
          />
        )}
        {plain && (
          <pre
            key={viewer ? "live" : "saved"}
            class={`source grow scroll ${look ?? ""}`}
            tabIndex={0}
            ref={viewer?.source}
          >
            {!viewer && plain.chunks.join("")}
          </pre>
        )}
        {body}
        {words && <p class="empty over">{words}</p>}
        {note && <p class="note small">{note}</p>}
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
