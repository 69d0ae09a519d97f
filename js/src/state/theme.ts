// Light or dark: what the page around says, until the person decides.

import type { Traits } from "../kernel/wire";

export type Choice = Traits["theme"];

/** What a page tells of its theme; `native` where it also lends its colours (JupyterLab). */
export interface PageTheme {
  dark: boolean;
  native: boolean;
}

/** Asks the hosts in turn: each marks its theme in a way of its own. */
export function pageTheme({ body, documentElement: html }: Document, systemDark: boolean): PageTheme {
  const { jpThemeLight, vscodeThemeKind } = body.dataset;
  if (jpThemeLight) return { dark: jpThemeLight === "false", native: true };
  // In turn: VS Code; Jupyter Book, Sphinx themes and Colab; Quarto.
  const marks = [
    vscodeThemeKind,
    html.dataset.theme,
    html.dataset.mode,
    html.getAttribute("theme"),
    body.className,
  ];
  for (const mark of marks) {
    const word = /\b(dark|light|high-contrast)$|quarto-(dark|light)/.exec(mark ?? "");
    if (word) return { dark: !word[0].endsWith("light"), native: false };
  }
  return { dark: systemDark, native: false };
}

/** Tells the page's theme now, and calls `changed` whenever it may have become another. */
export function watchPage(changed: () => void): { read: () => PageTheme; dispose: () => void } {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  const attributeFilter = [
    "data-jp-theme-light",
    "data-vscode-theme-kind",
    "data-theme",
    "data-mode",
    "theme",
    "class",
  ];
  for (const element of [document.body, document.documentElement])
    observer.observe(element, { attributeFilter });
  system.addEventListener("change", changed);
  return {
    read: () => pageTheme(document, system.matches),
    dispose() {
      observer.disconnect();
      system.removeEventListener("change", changed);
    },
  };
}
