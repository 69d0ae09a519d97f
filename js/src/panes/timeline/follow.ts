import type { App } from "../../state/app";

/** Brings the running stage into view, unless one has scrolled away from the one before. */
export function follow({ view, lists: { stages } }: App, running: number): void {
  if (running < 0 || running === view.running) return;
  const before = view.running;
  view.running = running;
  if (before < 0 || (before >= stages.top - 1 && before <= stages.bottom)) stages.show(running);
}
