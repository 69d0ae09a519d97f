// Allows a page's own scripts to run in the preview, and supervises them.

import type { Guard } from "./frame";
import type { PreviewMessage } from "./frame-document";
import script from "./scripted-page.ts?script";

const PING_MS = 1_000;
const HUNG_MS = 5_000;

/** Restores the focus that a page took by itself, without a click or the Tab key. */
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
    const onMessage = ({ data }: MessageEvent<PreviewMessage>) => {
      answered = performance.now();
      if (data.left) stop("left");
    };
    const pinging = setInterval(() => {
      // A hidden page, and a computer after sleep, answer slowly.
      if (document.visibilityState === "hidden") answered = performance.now();
      else if (performance.now() - answered > HUNG_MS) stop("hung");
      else port.postMessage({});
    }, PING_MS);
    const releaseFocus = keepFocus(element);
    port.addEventListener("message", onMessage);
    return () => {
      clearInterval(pinging);
      releaseFocus();
      port.removeEventListener("message", onMessage);
    };
  },
};
