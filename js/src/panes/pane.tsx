// The small parts that many places use.

import type { App } from "../state/app";
import type { PaneName } from "../state/view";
import type { Child, Ref } from "../ui/dom";
import { CROSS, Icon, MAXIMISE, RESTORE } from "../ui/icons";

interface ButtonProps {
  icon?: string | undefined;
  /** Without it the button is its icon alone, and is called by its tip. */
  text?: Child;
  tip: string;
  /** For one that stays pressed. */
  on?: boolean | undefined;
  /** Why it cannot be used now; shown instead of the tip. */
  off?: string | undefined;
  busy?: boolean | undefined;
  class?: string;
  /** What it opens, and whether that is open. */
  opens?: "menu" | "listbox" | "dialog";
  open?: boolean;
  onclick: () => void;
}

/** While it is busy or cannot be used it keeps the focus, and a press does nothing. */
export function Button({
  icon,
  text,
  tip,
  on,
  off,
  busy,
  class: kind = "tool",
  opens,
  open,
  onclick,
}: ButtonProps) {
  return (
    <button
      class={kind}
      title={off || tip}
      aria-label={text ? undefined : tip}
      aria-pressed={on}
      aria-haspopup={opens}
      aria-expanded={open}
      aria-disabled={!!off || busy}
      onclick={off || busy ? undefined : onclick}
    >
      {busy ? <i class="spin" /> : icon && <Icon d={icon} />}
      {text}
    </button>
  );
}

/** What went wrong with what was asked for here; what stands in the way of everything, the banner says. */
export function Failure({ app, at }: { app: App; at: string }) {
  const error = app.errors[at];
  return (
    error &&
    error.code !== "silent" &&
    error.message !== app.state.desk.notice?.message && (
      <div class="bubble error" role="alert">
        <span>
          {error.message}
          {error.problems.map(({ field, message }) => (
            <div>
              <b>{field}</b> {message}
            </div>
          ))}
        </span>
        <Button icon={CROSS} tip="Dismiss" onclick={() => app.forgive(at)} />
      </div>
    )
  );
}

interface PaneProps {
  app: App;
  name: PaneName;
  title: string;
  /** Beside the title. */
  tools?: Child;
  children: Child;
}

/** The frame of a pane: its title, its tools, and the button that lets it fill the console. */
export function Pane({ app, name, title, tools, children }: PaneProps) {
  const { maximised } = app.view;
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
          onclick={() => app.set({ maximised: full ? null : name })}
        />
      </header>
      {children}
    </section>
  );
}

/** What opened under a row: scrolls its list, and nothing around that, so that both are in view. */
export const reveal: Ref = (opened) => {
  const list = opened.closest(".scroll") as HTMLElement;
  const row = (opened.parentElement as HTMLElement).getBoundingClientRect();
  const { top, bottom } = list.getBoundingClientRect();
  if (row.bottom > bottom) list.scrollTop += Math.min(row.bottom - bottom, row.top - top);
};

/** Says that a pane shows one stage alone, and takes that back. */
export function StageChip({ app: { view, state, set } }: { app: App }) {
  if (view.stage === null) return null;
  const name = state.stages.find((stage) => stage.stage_id === view.stage)?.name ?? view.stage;
  return (
    <button class="chip on" title="Show all stages" onclick={() => set({ stage: null })}>
      <span class="cut">Stage: {name}</span>
      <Icon d={CROSS} />
    </button>
  );
}

/** Chips of which one is on, or several. */
export function Chips<Value extends string>(props: {
  label: string;
  options: readonly (readonly [value: Value, text: Child])[];
  isOn: (value: Value) => boolean;
  onChoose: (value: Value) => void;
}) {
  return (
    <fieldset class="chips row" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <button
          class={`chip ${value}`}
          aria-pressed={props.isOn(value)}
          onclick={() => props.onChoose(value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
