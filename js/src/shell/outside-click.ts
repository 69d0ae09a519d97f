import type { Uses } from "../state/app";
import type { Ref } from "../ui/dom";

/** Closes the open panel on a click outside it. For an element that exists as long as panels can open. */
export const closeOnOutsideClick =
  ({ view }: Uses<"view">): Ref =>
  () => {
    const onPointerDown = (event: Event) => {
      const belongs = (node: EventTarget) => (node as HTMLElement).dataset?.pop === view.panel;
      if (view.panel && !event.composedPath().some(belongs)) view.set({ panel: "" });
    };
    // A click in the preview fires no event in the page, but takes the focus from it.
    const onBlur = () => {
      if (view.panel && view.panel !== "brand") view.set({ panel: "" });
    };
    document.addEventListener("pointerdown", onPointerDown, true);
    window.addEventListener("blur", onBlur);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown, true);
      window.removeEventListener("blur", onBlur);
    };
  };
