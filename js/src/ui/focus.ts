// Where the keyboard focus goes when the element that has it leaves the page.

import type { Ref } from "./dom";

/** If the element leaves together with the focus, the focus goes to the element that `find` returns. */
export const restoreFocus =
  (find: (root: ShadowRoot) => HTMLElement | null | undefined): Ref =>
  (element) => {
    const root = element.getRootNode() as ShadowRoot;
    return () => {
      if (document.activeElement === document.body) find(root)?.focus({ preventScroll: true });
    };
  };

/** Focuses the field in the element; as the element leaves, the focus returns to where it was. */
export const takeFocus: Ref = (opened) => {
  const before = (opened.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
  opened.querySelector("input")?.focus({ preventScroll: true });
  return restoreFocus(() => before)(opened);
};

/** Scrolls the list around an element that opened under a row, so that both are in view. Nothing else scrolls. */
export const revealInList: Ref = (opened) => {
  const list = opened.closest(".scroll") as HTMLElement;
  const row = (opened.parentElement as HTMLElement).getBoundingClientRect();
  const { top, bottom } = list.getBoundingClientRect();
  if (row.bottom > bottom) list.scrollTop += Math.min(row.bottom - bottom, row.top - top);
};
