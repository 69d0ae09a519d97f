// Waiting in tests. Nothing here depends on how fast the machine is: the limit is that of a whole test, almost.

import { vi } from "vitest";

/** Waits until something is so. */
export const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 100_000, interval: 10 });
