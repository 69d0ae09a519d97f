// What lets a page's own scripts run in the preview, and watches over them. The widget does not carry
// it: it comes with the part that shows artifacts.

import type { Word } from "./drawing";
import type { Guard } from "./frame";
import script from "./scripted-page.ts?script";

const ASKED_MS = 1_000;
const HUNG_MS = 5_000;

/** Gives the focus back that a page takes by itself: nobody pointed at it, or came by the Tab key. */
function keepFocus(element: HTMLIFrameElement): () => void {
  const { activeElement } = document;
  let last: EventTarget | null = activeElement?.shadowRoot?.activeElement ?? activeElement;
  let tabbed = false;
  const focused = (event: FocusEvent) => {
    [last = null] = event.composedPath();
    tabbed = false;
  };
  const pressed = ({ key }: KeyboardEvent) => {
    tabbed = key === "Tab";
  };
  const left = () =>
    setTimeout(() => {
      const root = element.getRootNode() as ShadowRoot;
      if (root.activeElement !== element || element.matches(":hover") || tabbed) return;
      element.blur();
      if (last instanceof HTMLElement) last.focus({ preventScroll: true });
    });
  document.addEventListener("focusin", focused, true);
  document.addEventListener("keydown", pressed, true);
  addEventListener("blur", left);
  return () => {
    document.removeEventListener("focusin", focused, true);
    document.removeEventListener("keydown", pressed, true);
    removeEventListener("blur", left);
  };
}

export const guard: Guard = {
  script,
  watch(element, port, stop) {
    let answered = performance.now();
    const hear = ({ data }: MessageEvent<Word>) => {
      answered = performance.now();
      if (data.left) stop("left");
    };
    const asking = setInterval(() => {
      // A page that is out of sight, or a computer that slept, is slow to answer.
      if (document.visibilityState === "hidden") answered = performance.now();
      else if (performance.now() - answered > HUNG_MS) stop("hung");
      else port.postMessage({});
    }, ASKED_MS);
    const letGo = keepFocus(element);
    port.addEventListener("message", hear);
    return () => {
      clearInterval(asking);
      letGo();
      port.removeEventListener("message", hear);
    };
  },
};
