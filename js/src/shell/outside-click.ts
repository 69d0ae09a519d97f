// A press elsewhere closes what is open.

import type { App } from "../state/app";
import type { Ref } from "../ui/dom";

/** For an element that is there as long as anything can open. */
export const closeFromElsewhere =
  ({ view, set }: App): Ref =>
  () => {
    const press = (event: Event) => {
      const inside = (node: EventTarget) => (node as HTMLElement).dataset?.pop === view.panel;
      if (view.panel && !event.composedPath().some(inside)) set({ panel: "" });
    };
    // A press inside the preview is not told to the page, but takes the focus from it.
    const blur = () => {
      if (view.panel && view.panel !== "brand") set({ panel: "" });
    };
    document.addEventListener("pointerdown", press, true);
    window.addEventListener("blur", blur);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      window.removeEventListener("blur", blur);
    };
  };
