import type { Uses } from "../../state/app";
import type { KeysOf } from "../../state/keys";
import type { Navigation } from "./navigation";
import type { LogState } from "./state";

/** Text is selected: Ctrl+C copies the selection. */
function isTextSelected(element: HTMLElement): boolean {
  // A shadow root without a selection of its own: the document's selection reaches into it.
  const root = element.getRootNode() as Partial<Document>;
  return String(root.getSelection?.() ?? document.getSelection() ?? "") !== "";
}

/** Focuses the list of lines again. */
export const focusLines = (within: Element): void =>
  within.closest("section")?.querySelector<HTMLElement>(".list")?.focus({ preventScroll: true });

/** Opens the search and focuses its field. */
function openSearch(state: LogState, list: HTMLElement): void {
  state.set({ searching: true });
  list.closest("section")?.querySelector<HTMLInputElement>(".find input")?.select();
}

/** Handles a key in the list of lines. */
export function onKey(
  app: Uses<"view" | "log" | "connection">,
  state: LogState,
  navigation: Navigation,
  event: KeyboardEvent,
): void {
  const { view } = app;
  const { list, rows } = app.log;
  const { key, shiftKey } = event;
  const grid = event.currentTarget as HTMLElement;
  const direction = shiftKey ? -1 : 1;
  const current = view.active ?? (list.atEnd ? rows.total : Math.floor(list.top) - 1);
  const go = (index: number) => () =>
    navigation.choose(Math.min(Math.max(index, 0), rows.total - 1), shiftKey);
  const keys: Record<KeysOf<"Log">, () => void> = {
    ArrowDown: go(current + 1),
    ArrowUp: go(current - 1),
    PageDown: go(current + list.page),
    PageUp: go(current - list.page),
    Home: go(0),
    End: go(rows.total - 1),
    "/": () => openSearch(state, grid),
    "Ctrl+f": () => openSearch(state, grid),
    F3: () => navigation.toMatch(direction),
    e: () => navigation.toError(direction),
    g: () => view.set({ panel: "goto" }),
    Enter: () => navigation.toContext(),
    "Ctrl+a": () => view.set({ anchor: 0, active: rows.total - 1 }),
    "Ctrl+c": () => navigation.copy(),
  };
  const ctrl = event.ctrlKey || event.metaKey;
  const name = key.length > 1 ? key : (ctrl ? "Ctrl+" : "") + key.toLowerCase();
  const action = keys[name as KeysOf<"Log">] as (() => void) | undefined;
  if (!action || app.connection.off || !rows.total || (name === "Ctrl+c" && isTextSelected(grid))) return;
  event.preventDefault();
  action();
}
