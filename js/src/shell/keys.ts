import type { Uses } from "../state/app";

/**
 * JupyterLab handles its shortcuts before the console receives the key, and cannot see a focused field in a
 * shadow root. An attribute disables the shortcuts, until the returned function is called; saving the notebook
 * still works.
 */
export function suppressShortcuts(host: HTMLElement): () => void {
  const suppress = (event: KeyboardEvent) => {
    const saves = (event.ctrlKey || event.metaKey) && event.key === "s";
    host.toggleAttribute("data-lm-suppress-shortcuts", !saves);
  };
  window.addEventListener("keydown", suppress, true);
  return () => window.removeEventListener("keydown", suppress, true);
}

/** `?` opens the sheet of keys, except where a person writes. */
export function openKeys({ view }: Uses<"view">, host: HTMLElement): void {
  const open = (event: KeyboardEvent) => {
    const [place] = event.composedPath() as Element[];
    if (event.key !== "?" || place?.matches("textarea,input:not([type=checkbox])")) return;
    event.preventDefault();
    view.set({ panel: "keys" });
  };
  host.addEventListener("keydown", open, true);
}

/** Closes the open panel, or the chosen log line. `false`: there is none. */
export function closeLast({ view }: Uses<"view">, host: HTMLElement): boolean {
  if (view.panel) {
    host.shadowRoot?.querySelector<HTMLElement>(`[data-pop=${view.panel}] button`)?.focus();
    view.set({ panel: "" });
  } else if (!view.filling && view.active !== null && (view.maximised ?? "log") === "log")
    view.set({ active: null });
  else return false;
  return true;
}
