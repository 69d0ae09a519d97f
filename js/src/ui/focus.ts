// Where the keyboard's focus goes when what had it leaves the console.

import type { Ref } from "./dom";

/** As this leaves and takes the focus with it, the one that `heir` finds beside it gets it. */
export const bequeath =
  (heir: (root: ParentNode) => HTMLElement | null | undefined): Ref =>
  (element) => {
    const root = element.getRootNode() as ShadowRoot;
    return () => {
      if (document.activeElement === document.body) heir(root)?.focus({ preventScroll: true });
    };
  };
