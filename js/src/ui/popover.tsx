// What opens under a button. Which one is open, and that Escape and a press elsewhere close it, is the
// console's business; the way through its items is its own.

import { Button } from "../panes/pane";
import type { App } from "../state/app";
import type { Child, Ref } from "./dom";
import { bequeath } from "./focus";

interface PopoverProps {
  app: App;
  /** What it is called in `view.panel`. */
  id: string;
  role: "menu" | "listbox" | "dialog";
  /** Its accessible name. */
  label: string;
  /** The button's. */
  icon?: string;
  text: Child;
  tip: string;
  off?: string | undefined;
  busy?: boolean;
  kind?: string;
  onopen?: () => void;
  children: () => Child;
}

const ITEMS = "[role^=menuitem],[role=option],textarea";

/** Puts the focus where one goes on: the chosen item, the first one, or the field; and back as it closes. */
const focusFirst: Ref = (panel) => {
  const item =
    panel.querySelector<HTMLElement>("[aria-selected=true]") ?? panel.querySelector<HTMLElement>(ITEMS);
  item?.focus({ preventScroll: true });
  const button = panel.previousElementSibling as HTMLElement;
  return bequeath(() => button)(panel);
};

export function Popover({
  app,
  id,
  role,
  label,
  icon,
  text,
  tip,
  off,
  busy,
  kind,
  onopen,
  children,
}: PopoverProps) {
  const open = app.view.panel === id;
  return (
    <div class={`rel ${id}`} data-pop={id}>
      <Button
        {...{ icon, text, tip, off, busy, open, opens: role }}
        class={kind ?? "tool"}
        onclick={() => {
          app.set({ panel: open ? "" : id });
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

/** Arrows, the ends, and the first letters of a name lead through the items. */
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
