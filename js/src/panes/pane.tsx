// What every pane has: its frame, its title bar, and the chip of the stage that it is filtered to.

import type { Uses } from "../state/app";
import { stageName } from "../state/names";
import type { PaneName } from "../state/view";
import { Button } from "../ui/button";
import type { Child } from "../ui/dom";
import { restoreFocus } from "../ui/focus";
import { CROSS, Icon, MAXIMISE, REFRESH, RESTORE, WARNING } from "../ui/icons";
import type { Boundary } from "./boundary";

export const TITLES: Record<PaneName, string> = {
  timeline: "Timeline",
  routing: "Routing",
  log: "Log",
  ledger: "Failures & recovery",
  artifacts: "Artifacts",
};

interface FrameProps {
  app: Uses<"view">;
  name: PaneName;
  boundary: Boundary;
}

/** The frame of a pane. Its boundary draws the content, and its failure is shown above the content. */
export function PaneFrame({ app: { view }, name, boundary }: FrameProps) {
  const { maximised } = view;
  const full = maximised === name;
  const { failure } = boundary;
  const inPane = (root: ShadowRoot) => root.querySelector<HTMLElement>(`[data-pane=${name}] .content button`);
  return (
    <section
      class={`pane column ${name} ${full ? "max" : ""}`}
      aria-label={TITLES[name]}
      data-pane={name}
      inert={maximised !== null && !full}
    >
      {failure && (
        <div key="failure" class="strip row small error failure" role="alert" ref={restoreFocus(inPane)}>
          <Icon d={WARNING} />
          <span class="grow">{failure.text}</span>
          <Button
            icon={failure.stopped ? REFRESH : CROSS}
            text={failure.stopped ? "Retry" : "Dismiss"}
            tip={failure.stopped ? `Draw ${TITLES[name]} again` : "Dismiss"}
            onclick={boundary.retry}
          />
        </div>
      )}
      <div key="content" class="content" ref={boundary.place} />
    </section>
  );
}

interface PaneProps {
  app: Uses<"view">;
  name: PaneName;
  /** Beside the title. */
  tools?: Child;
  children: Child;
}

/** The content of a pane, under its title, its tools, and the button that maximises it. */
export function Pane({ app: { view }, name, tools, children }: PaneProps) {
  const full = view.maximised === name;
  return (
    <>
      <header class="bar row">
        <h3 class="cut">{TITLES[name]}</h3>
        {tools}
        <Button
          class="tool end"
          icon={full ? RESTORE : MAXIMISE}
          tip={full ? "Back to all panes (Esc)" : `Maximise ${TITLES[name]}`}
          on={full}
          onclick={() => view.set({ maximised: full ? null : name })}
        />
      </header>
      {children}
    </>
  );
}

/** Names the stage that the pane is filtered to; a click removes the filter. */
export function StageChip({ app: { view, run } }: { app: Uses<"view" | "run"> }) {
  if (view.stage === null) return null;
  return (
    <button class="chip on" title="Show all stages" onclick={() => view.set({ stage: null })}>
      <span class="cut">Stage: {stageName(run.state.stages, view.stage)}</span>
      <Icon d={CROSS} />
    </button>
  );
}
