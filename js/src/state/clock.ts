// The clock of the run, as far as this browser knows it.

export interface Clock {
  /** The run's time, in microseconds. */
  readonly nowUs: number;
  /** A moment of the run's clock has passed. Messages only ever arrive late, so the latest moment counts. */
  passed(us: number): void;
  reset(): void;
}

/** The time of day of this computer counts until a moment has passed, and not after: a person can set it. */
export function createClock(): Clock {
  /** The run's time at the start of the page, in microseconds. */
  let originUs: number | undefined;
  const sinceUs = () => performance.now() * 1000;
  return {
    get nowUs() {
      return originUs === undefined ? Date.now() * 1000 : sinceUs() + originUs;
    },
    passed(us) {
      const next = us - sinceUs();
      if (us > 0 && (originUs ?? next - 1) < next) originUs = next;
    },
    reset() {
      originUs = undefined;
    },
  };
}
