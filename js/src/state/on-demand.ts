// Code that is loaded when it is first needed.

import type { Operations } from "./operations";

export interface OnDemand<Code> {
  /** `undefined` until it is loaded. */
  readonly code: Code | undefined;
  /** Loads the code; `place` is where the person waits for it and sees an error. `null` after a failure. */
  load(place: string): Promise<Code | null>;
  isBusy(place: string): boolean;
}

/** The key of the operation, and of its error. */
export const loadingAt = (place: string): string => `pages ${place}`;

export function createOnDemand<Code>(
  { attempt, busy }: Pick<Operations, "attempt" | "busy">,
  fetchCode: () => Promise<Code>,
): OnDemand<Code> {
  let code: Code | undefined;
  /** Several places wait for the same request. */
  let loading: Promise<Code> | undefined;
  async function load(): Promise<Code> {
    if (code) return code;
    loading ??= fetchCode();
    try {
      code = await loading;
      return code;
    } finally {
      loading = undefined;
    }
  }
  return {
    get code() {
      return code;
    },
    load: (place) => attempt(loadingAt(place), load),
    isBusy: (place) => busy.has(loadingAt(place)),
  };
}
