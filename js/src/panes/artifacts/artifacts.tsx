import type { Artifact } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import type { ReceivedText } from "../../state/artifact-text";
import { stageName } from "../../state/names";
import { isGrowing, isOver, ofStage } from "../../state/selectors";
import { Button } from "../../ui/button";
import type { Ref } from "../../ui/dom";
import { compact, plural } from "../../ui/format";
import { CROSS, Icon, iconStyle, kindIcon, SCREEN, WARNING } from "../../ui/icons";
import { Pane, StageChip } from "../pane";
import type { ArtifactsLive, Presentation } from "./live-types";
import { createPreview } from "./preview/frame";

const STATUS_WORDS = { assembling: "being written", done: "done", failed: "not finished" };

/** The chosen tab of a saved run is known from the start. */
const scrollToChosen: Ref = (strip) => {
  strip.scrollLeft = (strip.querySelector("[aria-selected=true]") as HTMLElement).offsetLeft;
};

/** Presents the artifact on screen, and draws it in the sandboxed frame. */
export interface ArtifactPresenter {
  present(row: Artifact, live: ArtifactsLive | undefined): Presentation;
  frame: Ref<HTMLDivElement>;
}

export function createArtifactPresenter(
  app: Uses<"run" | "view" | "artifacts" | "painting">,
): ArtifactPresenter {
  const { view, painting } = app;
  let shown: Presentation = {};
  let live: ArtifactsLive | undefined;
  let blocked = false;

  function savedPresentation(row: Artifact, text: ReceivedText | undefined, growing: boolean): Presentation {
    const { file, version, kind, chars, stage_id, status, has_content } = row;
    if (!has_content && status !== "assembling") return { message: "It has no content." };
    const { run, stages } = app.run.state;
    const { source } = view;
    const waiting = text ? "" : "Waiting for its text …";
    const failed = stages.find((stage) => stage.stage_id === stage_id && stage.error !== null);
    const note =
      !growing &&
      status !== "done" &&
      (failed ? `It was not finished: ${failed.name} failed.` : "It was not finished.");
    if (kind === "html" && !source && !blocked) {
      const subject = [run?.run_id, file].join("\n");
      // An unfinished page is drawn to its end, too.
      const done = text?.done || (!growing && (text?.chars ?? 0) >= chars);
      const drawing = { subject, version: `${version}`, chunks: text?.chunks ?? [], done };
      return { drawing, message: waiting, note };
    }
    return {
      plain: text,
      message: growing || text ? waiting : "Its text is not available.",
      note: blocked && !source ? "This page does not allow previews. The source is shown." : note,
    };
  }

  return {
    present(row, current) {
      live = current;
      const received = app.artifacts.text(row.file);
      const text = received?.version === row.version ? received : undefined;
      const growing = isGrowing(app.run.state.run, row);
      shown = savedPresentation(row, text, growing);
      if (live) shown = live.present({ row, text, growing, blocked, saved: shown });
      return shown;
    },
    frame(holder) {
      const preview = createPreview({
        onLink: (link) => (link[0] === "#" ? live?.onInnerLink(link) : view.set({ link })),
        onBlocked() {
          blocked = true;
          painting.changed();
        },
        onEscape: () => holder.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })),
        onStopped: (reason) => live?.onStopped(reason),
      });
      const paint = () => {
        const { drawing } = shown;
        preview.element.title = `Preview of ${app.artifacts.shown?.file}`;
        if (drawing) preview.show(drawing);
        live?.onDrawn(preview);
      };
      holder.append(preview.element);
      const stop = painting.onPaint(paint, holder);
      return () => {
        stop();
        preview.dispose();
      };
    },
  };
}

interface Props {
  app: Uses<"run" | "view" | "artifacts">;
  live: ArtifactsLive | undefined;
  presenter: ArtifactPresenter;
}

export function ArtifactsPane({ app, live, presenter }: Props) {
  const { shown } = app.artifacts;
  const { run, past, artifacts } = app.run.state;
  return (
    <Pane
      app={app}
      name="artifacts"
      tools={
        <>
          <span class="grow" />
          <StageChip app={app} />
          {live?.tabs.Follow()}
        </>
      }
    >
      <div class={`artifact column grow ${app.view.filling ? "filling" : ""}`}>
        {shown ? (
          <ArtifactView app={app} live={live} presenter={presenter} row={shown} />
        ) : (
          <p class="empty">
            {artifacts.length
              ? "This stage has no artifact."
              : past
                ? "No artifact yet at this moment."
                : run && isOver(run)
                  ? "The run ended without an artifact."
                  : "Artifacts appear here while the worker writes them."}
          </p>
        )}
      </div>
    </Pane>
  );
}

function ArtifactView({ app, live, presenter, row }: Props & { row: Artifact }) {
  const { view } = app;
  const { stages, artifacts, warnings } = app.run.state;
  const doubt = warnings.find(({ code }) => code === "task_not_understood");
  const { kind, chars, stage_id } = row;
  const stage = stageName(stages, stage_id);
  const size = plural(chars, "character");
  const tabs = ofStage(artifacts, view.stage, stages);
  const { drawing, plain, body, message, note, class: classes, style } = presenter.present(row, live);

  return (
    <>
      <div class="tabrow row">
        <div
          key={live ? "live" : "saved"}
          class="tabs bar grow"
          role="tablist"
          aria-label="Artifacts"
          ref={live?.tabs.strip ?? scrollToChosen}
          onkeydown={live?.tabs.onKeyDown}
        >
          {(live?.tabs.drawn(tabs, row) ?? tabs).map((tab) => (
            <button
              key={tab.file}
              role="tab"
              class={`tab row icon ${tab.status}`}
              style={iconStyle(tab.status === "failed" ? WARNING : kindIcon(tab.kind))}
              data-size={compact(tab.chars)}
              aria-selected={tab === row}
              tabIndex={live && tab !== row ? -1 : 0}
              title={`${tab.file}: ${STATUS_WORDS[tab.status]}`}
              onclick={() => view.set({ picked: tab.file })}
            >
              {tab.file}
              {tab.status === "assembling" && <i class="bead live info tone" />}
            </button>
          ))}
        </div>
        {live?.tabs.Menu()}
      </div>
      <div class="tools bar row">
        <fieldset class="segments row small" aria-label="Show as">
          {[false, true].map((source) => {
            const on = view.source === source && !view.comparison;
            return (
              <button
                class={on ? "on" : ""}
                aria-pressed={on}
                onclick={() => view.set({ source, comparison: null })}
              >
                {source ? "Source" : "Preview"}
              </button>
            );
          })}
        </fieldset>
        <span class="row grow small dim fitting" title={`${size}, ${stage}`}>
          <span class="num">{size}</span>
          <span>{stage}</span>
        </span>
        {live?.Tools({ row })}
        <Button
          icon={SCREEN}
          tip={view.filling ? "Leave full screen (Esc)" : "Full screen"}
          on={view.filling}
          onclick={() => view.set({ filling: !view.filling })}
        />
      </div>
      {live?.Bars({ row })}
      {doubt && (
        <p class="strip row small warning">
          <Icon d={WARNING} />
          {doubt.message}
        </p>
      )}
      <div class="column grow rel">
        {drawing && (
          <div
            class={`frame grow ${kind === "html" && !view.source ? "paper" : ""} ${classes ?? ""}`}
            style={style}
            ref={presenter.frame}
          />
        )}
        {plain && (
          <pre
            key={live ? "live" : "saved"}
            class={`source grow scroll ${classes ?? ""}`}
            tabIndex={0}
            ref={live?.source}
          >
            {!live && plain.chunks.join("")}
          </pre>
        )}
        {body}
        {message && <p class="empty over">{message}</p>}
        {note && <p class="note small">{note}</p>}
        {view.link && (
          <p class="note row small" role="status">
            <span class="cut grow">
              Links do not open here: <code>{view.link}</code>
            </span>
            <Button icon={CROSS} tip="Dismiss" onclick={() => view.set({ link: "" })} />
          </p>
        )}
      </div>
    </>
  );
}
