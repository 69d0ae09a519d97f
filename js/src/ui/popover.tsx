// A button and the panel that it opens. Escape and a click outside are handled by the shell.

import { Button } from "./button";
import type { Child, Ref } from "./dom";
import { restoreFocus } from "./focus";

/** Which panel is open, by its id; `""` is none. */
export interface PanelState {
  readonly panel: string;
  set(change: { panel: string }): void;
}

export interface PopoverProps {
  panels: PanelState;
  id: string;
  role: "menu" | "listbox" | "dialog";
  /** The accessible name of the panel. */
  label: string;
  /** Icon, text and tip of the button. */
  icon?: string;
  text: Child;
  tip: string;
  off?: string | undefined;
  busy?: boolean;
  class?: string;
  onopen?: () => void;
  children: () => Child;
}

const ITEMS = "[role^=menuitem],[role=option],textarea,input";

/** Focuses the chosen item, the first item, the field, or the first button; when the panel closes, its button. */
const focusFirst: Ref = (panel) => {
  const item =
    panel.querySelector<HTMLElement>("[aria-selected=true]") ??
    panel.querySelector<HTMLElement>(ITEMS) ??
    panel.querySelector<HTMLElement>("button:not([aria-disabled=true])");
  if (!panel.contains((panel.getRootNode() as ShadowRoot).activeElement))
    item?.focus({ preventScroll: true });
  const button = panel.previousElementSibling as HTMLElement;
  return restoreFocus(() => button)(panel);
};

export function Popover({
  panels,
  id,
  role,
  label,
  icon,
  text,
  tip,
  off,
  busy,
  class: classes,
  onopen,
  children,
}: PopoverProps) {
  const open = panels.panel === id;
  return (
    <div class={`rel ${id}`} data-pop={id}>
      <Button
        {...{ icon, text, tip, off, busy, open, opens: role }}
        class={classes ?? "tool"}
        onclick={() => {
          panels.set({ panel: open ? "" : id });
          if (!open) onopen?.();
        }}
      />
      {open && (
        // biome-ignore lint/a11y/noStaticElementInteractions: it has a role, one of three
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: which all take a label
        <div
          key={id}
          class="panel"
          role={role}
          aria-label={label}
          ref={focusFirst}
          onkeydown={role === "dialog" ? undefined : moveFocus}
        >
          {children()}
        </div>
      )}
    </div>
  );
}

/** Arrow keys, Home, End and the first letters of a name move the focus between the items. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const { key, currentTarget: menu } = event;
  const items = [...menu.querySelectorAll<HTMLElement>(ITEMS)];
  let next = items.indexOf((menu.getRootNode() as ShadowRoot).activeElement as HTMLElement);
  if (key === "ArrowDown") next += 1;
  else if (key === "ArrowUp") next -= 1;
  else if (key === "Home") next = 0;
  else if (key === "End") next = -1;
  else if (key.length === 1 && key > " " && !event.ctrlKey && !event.metaKey) {
    const again = event.timeStamp - Number(menu.dataset.at ?? Number.NEGATIVE_INFINITY) < 700;
    const typed = (again ? (menu.dataset.typed ?? "") : "") + key.toLowerCase();
    Object.assign(menu.dataset, { typed, at: event.timeStamp });
    next = items.findIndex((item) => item.textContent?.trim().toLowerCase().startsWith(typed));
    if (next < 0) return;
  } else return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
