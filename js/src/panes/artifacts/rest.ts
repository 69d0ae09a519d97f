// A growing document is drawn at intervals that grow with it. Where its text rests, it is drawn to its end.

import type { Painting } from "../../ui/painting";

export const REST_MS = 1_000;

/** Returns whether `text` is the same as in every call of the last second; a paint follows when it becomes so. */
export function createRest({ changed }: Pick<Painting, "changed">): (text: string) => boolean {
  let current: string | undefined;
  let rests = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (text) => {
    if (text !== current) {
      current = text;
      rests = false;
      clearTimeout(timer);
      timer = setTimeout(() => {
        rests = true;
        changed();
      }, REST_MS);
    }
    return rests;
  };
}
