import type { Ways } from "./navigation";
import type { Own } from "./state";

/** Whether some text is marked: then it is that which is copied. */
function isTextChosen(element: HTMLElement): boolean {
  // Where the root of a shadow has no selection of its own, the document's looks into it.
  const root = element.getRootNode() as Partial<Document>;
  return String(root.getSelection?.() ?? document.getSelection() ?? "") !== "";
}

/** Gives the focus back to the lines. */
export const focusLines = (inside: Element): void =>
  inside.closest("section")?.querySelector<HTMLElement>(".list")?.focus({ preventScroll: true });

/** Opens the search, with the focus in its field. */
function open(own: Own, list: HTMLElement): void {
  own.set({ searching: true });
  list.closest("section")?.querySelector<HTMLInputElement>(".find input")?.select();
}

/** What a key does in the list of lines. */
export function onKey(own: Own, ways: Ways, event: KeyboardEvent): void {
  const { app } = own;
  const { view, lines, log } = app;
  const { key, shiftKey } = event;
  const list = event.currentTarget as HTMLElement;
  const way = shiftKey ? -1 : 1;
  const here = view.active ?? (lines.atEnd ? log.total : Math.floor(lines.top) - 1);
  const go = (index: number) => () => ways.choose(Math.min(Math.max(index, 0), log.total - 1), shiftKey);
  const keys: Record<string, () => void> = {
    ArrowDown: go(here + 1),
    ArrowUp: go(here - 1),
    PageDown: go(here + lines.page),
    PageUp: go(here - lines.page),
    Home: go(0),
    End: go(log.total - 1),
    "/": () => open(own, list),
    "Ctrl+f": () => open(own, list),
    F3: () => ways.toMatch(way),
    e: () => ways.toError(way),
    g: () => app.set({ panel: "goto" }),
    Enter: () => ways.toContext(),
    "Ctrl+a": () => app.set({ anchor: 0, active: log.total - 1 }),
    "Ctrl+c": () => ways.copy(),
  };
  const ctrl = event.ctrlKey || event.metaKey;
  const name = key.length > 1 ? key : (ctrl ? "Ctrl+" : "") + key.toLowerCase();
  const does = keys[name];
  if (!does || app.off || !log.total || (name === "Ctrl+c" && isTextChosen(list))) return;
  event.preventDefault();
  does();
}
