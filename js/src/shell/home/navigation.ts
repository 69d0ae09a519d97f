// The two pages of a widget: the home page and the console. In a Studio the console is below the home page,
// otherwise one takes the place of the other.

import type { Uses } from "../../state/app";
import type { Ref } from "../../ui/dom";

export interface PageNavigation {
  goHome: () => void;
  goToConsole: () => void;
  /** For an element of each page, which tells where the pages are. */
  attach: Ref;
}

const FIRST = { home: ".start button", console: ".task textarea" };

export function createNavigation({ view, painting }: Uses<"view" | "painting">): PageNavigation {
  let root: ShadowRoot | undefined;
  /** Brings a page into view as soon as it is drawn, and moves the focus to it. */
  function show(page: keyof typeof FIRST): void {
    const stop = painting.onPaint(() => {
      stop();
      const first = root?.querySelector<HTMLElement>(FIRST[page]);
      first?.closest("section.console")?.scrollIntoView({ block: view.studio ? "start" : "nearest" });
      first?.focus({ preventScroll: true });
    });
  }
  return {
    goHome() {
      show("home");
      view.set({ home: view.home || "home", panel: "" });
    },
    goToConsole() {
      if (!view.home) return;
      show("console");
      view.set(view.studio ? { below: true, panel: "" } : { home: "", panel: "" });
    },
    attach(element) {
      root = element.getRootNode() as ShadowRoot;
    },
  };
}
