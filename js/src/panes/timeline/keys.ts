// The keys of the tree, as in every tree view. Pure.

import type { KeysOf } from "../../state/keys";
import type { Outline } from "./outline";

/**
 * Where a key leads from row `active`: to a row, or it opens or closes the row; `null` for any other key. `open` is
 * `undefined` for a stage without others inside.
 */
export function moved(
  tree: Outline,
  active: number,
  key: string,
  open: boolean | undefined,
  page: number,
): number | { open: boolean } | null {
  const end = tree.total - 1;
  const within = (index: number) => Math.max(0, Math.min(end, index));
  switch (key as KeysOf<"Timeline">) {
    case "ArrowDown":
      return within(active + 1);
    case "ArrowUp":
      return within(active - 1);
    case "PageDown":
      return within(active + page);
    case "PageUp":
      return within(active - page);
    case "Home":
      return 0;
    case "End":
      return within(end);
    case "ArrowRight":
      return open === undefined ? active : open ? within(active + 1) : { open: true };
    case "ArrowLeft": {
      if (open) return { open: false };
      const { parent } = tree.row(active);
      return parent ? tree.last((stage) => stage === parent) : active;
    }
  }
  if (key.length !== 1) return null;
  const letter = key.toLowerCase();
  for (let step = 1; step <= tree.total; step += 1) {
    const index = (active + step) % tree.total;
    if (tree.row(index).stage?.name.toLowerCase().startsWith(letter)) return index;
  }
  return null;
}
