// The two pages of a widget: the home page and the console.

import type { Uses } from "../../state/app";
import type { Ref } from "../../ui/dom";

export interface Pages {
  goHome: () => void;
  goToConsole: () => void;
  /** For an element of each page: if the page leaves together with the focus, this goes to the next page. */
  passFocus: Ref;
}

const FIRST = ".start button, .task textarea";

export function createPages({ view }: Uses<"view">): Pages {
  /** The person went to the other page, which is not drawn yet. */
  let going = false;
  const go = (home: "" | "home") => {
    going = view.home !== home;
    if (going) view.set({ home, panel: "" });
  };
  return {
    goHome: () => go("home"),
    goToConsole: () => go(""),
    passFocus(element) {
      const root = element.getRootNode() as ShadowRoot;
      return () => {
        if (!going) return;
        going = false;
        queueMicrotask(() => {
          if (document.activeElement === document.body)
            root.querySelector<HTMLElement>(FIRST)?.focus({ preventScroll: true });
        });
      };
    },
  };
}
