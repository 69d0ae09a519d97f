// The theme of the page around: light or dark, and whether it lends its colours.

import type { Traits } from "../kernel/wire";

export type ThemeChoice = Traits["theme"];

/** `native`: the page defines JupyterLab's colours. */
export interface PageTheme {
  dark: boolean;
  native: boolean;
}

/** Reads the page's theme. Each host marks it in another way. */
export function pageTheme({ body, documentElement: html }: Document, systemDark: boolean): PageTheme {
  const { jpThemeLight, vscodeThemeKind } = body.dataset;
  if (jpThemeLight) return { dark: jpThemeLight === "false", native: true };
  // In order: VS Code; Jupyter Book, Sphinx themes and Colab; Quarto.
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

/** `read` returns the page's theme; `changed` is called whenever it may have changed. */
export function watchPageTheme(changed: () => void): { read: () => PageTheme; dispose: () => void } {
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
