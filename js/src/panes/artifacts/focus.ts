import type { Ref } from "../../ui/dom";

/** Puts the focus into the field of what opened, and back where it was once that is gone with the focus. */
export const takeFocus: Ref = (opened) => {
  const root = opened.getRootNode() as ShadowRoot;
  const before = root.activeElement as HTMLElement | null;
  opened.querySelector("input")?.focus({ preventScroll: true });
  return () => {
    if (document.activeElement === document.body) before?.focus({ preventScroll: true });
  };
};
