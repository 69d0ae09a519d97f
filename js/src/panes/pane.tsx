// What every pane has: its title bar, and the chip of the stage that it is filtered to.

import type { Uses } from "../state/app";
import type { PaneName } from "../state/view";
import { Button } from "../ui/button";
import type { Child } from "../ui/dom";
import { CROSS, Icon, MAXIMISE, RESTORE } from "../ui/icons";

interface PaneProps {
  app: Uses<"view">;
  name: PaneName;
  title: string;
  /** Beside the title. */
  tools?: Child;
  children: Child;
}

/** A pane with its title, its tools, and the button that maximises it. */
export function Pane({ app: { view }, name, title, tools, children }: PaneProps) {
  const { maximised } = view;
  const full = maximised === name;
  return (
    <section
      class={`pane column ${name} ${full ? "max" : ""}`}
      aria-label={title}
      data-pane={name}
      inert={maximised !== null && !full}
    >
      <header class="bar row">
        <h3 class="cut">{title}</h3>
        {tools ?? <span class="grow" />}
        <Button
          icon={full ? RESTORE : MAXIMISE}
          tip={full ? "Back to all panes (Esc)" : `Maximise ${title}`}
          on={full}
          onclick={() => view.set({ maximised: full ? null : name })}
        />
      </header>
      {children}
    </section>
  );
}

/** Names the stage that the pane is filtered to; a click removes the filter. */
export function StageChip({ app: { view, run } }: { app: Uses<"view" | "run"> }) {
  if (view.stage === null) return null;
  const name = run.state.stages.find((stage) => stage.stage_id === view.stage)?.name ?? view.stage;
  return (
    <button class="chip on" title="Show all stages" onclick={() => view.set({ stage: null })}>
      <span class="cut">Stage: {name}</span>
      <Icon d={CROSS} />
    </button>
  );
}
