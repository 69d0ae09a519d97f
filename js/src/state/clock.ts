// The clock of the run, as far as this browser knows it.

export interface Clock {
  /** The run's time, in microseconds. */
  readonly nowUs: number;
  /** A moment of the run's clock has passed. Messages only ever arrive late, so the latest moment counts. */
  passed(us: number): void;
  reset(): void;
}

export function createClock(): Clock {
  /** How far the run's clock is ahead of the browser's, in microseconds. */
  let aheadUs: number | undefined;
  return {
    get nowUs() {
      return Date.now() * 1000 + (aheadUs ?? 0);
    },
    passed(us) {
      if (us > 0) aheadUs = Math.max(aheadUs ?? Number.NEGATIVE_INFINITY, us - Date.now() * 1000);
    },
    reset() {
      aheadUs = undefined;
    },
  };
}
