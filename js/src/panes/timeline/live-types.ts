/** What `live.js` adds to the timeline. */
export interface TimelineLive {
  /** Brings the running stage into view, unless the list was scrolled elsewhere; -1 is none. */
  followRunning(index: number): void;
}
