import type { Guard } from "./panes/artifacts/preview/frame";
import type { ShellPages, ShellParts } from "./shell/pages-types";
import type { App } from "./state/app";

/** What is needed when a person opens it, for one console. */
export interface Pages extends ShellPages {
  /** For the page in the preview whose scripts run. */
  guard: Guard;
  styles: string;
}

/** The default export of `pages.js`. */
export type CreatePages = (app: App, parts: ShellParts) => Pages;
