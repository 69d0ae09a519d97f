// Buttons and chips.

import type { Child } from "./dom";
import { iconStyle } from "./icons";

interface ButtonProps {
  icon?: string | undefined;
  /** Without text the button shows its icon only, and its tip is its accessible name. */
  text?: Child;
  tip: string;
  /** The state of a toggle. */
  on?: boolean | undefined;
  /** Why it is disabled; shown instead of the tip. */
  off?: string | undefined;
  busy?: boolean | undefined;
  class?: string;
  /** What it opens, and whether that is open. */
  opens?: "menu" | "listbox" | "dialog";
  open?: boolean;
  onclick: (event: MouseEvent) => void;
}

/** A disabled or busy button keeps the focus; a click does nothing. */
export function Button({
  icon,
  text,
  tip,
  on,
  off,
  busy,
  class: classes = "tool",
  opens,
  open,
  onclick,
}: ButtonProps) {
  return (
    <button
      class={icon && !busy ? `${classes} icon` : classes}
      style={icon && !busy ? iconStyle(icon) : undefined}
      title={off || tip}
      aria-label={text ? undefined : tip}
      aria-pressed={on}
      aria-haspopup={opens}
      aria-expanded={open}
      aria-disabled={!!off || busy}
      onclick={off || busy ? undefined : onclick}
    >
      {busy && <i class="spin" />}
      {text}
    </button>
  );
}

/** A group of toggles. */
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
