// The desk, as the console sees it: what one handles, apart from the run that one sees. It comes from
// the kernel, so that no saved notebook carries it: there, nothing of it could be used anyway.

import type { App } from "../app";
import type { Child } from "../ui/dom";

export interface DeskPart {
  /** Worker, task, brand, and the one button for what comes next. */
  Form: (props: { app: App }) => Child;
  /** Replay, history, export and theme. */
  Menus: (props: { app: App }) => Child;
  /** The bars that move where the panes meet. */
  Splitters: (props: { app: App }) => Child;
  styles: string;
}

/** The part in the text of its module, the way anywidget loads the console's own. */
export async function importPart(code: string): Promise<DeskPart> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}
