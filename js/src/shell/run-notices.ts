// What reports the run to a person who looks elsewhere: the title of the tab, and what the person has chosen.

import type { Uses } from "../state/app";
import type { OnDemand } from "../state/on-demand";
import type { Extras } from "./extras-types";
import { createTabTitle, WAITING } from "./tab-title";

/** A run that took longer is a long one, in milliseconds. */
const LONG_MS = 30_000;

/** Watches the run of this console, until the returned function is called. */
export function startNotices(
  { channel, connection, painting, run, view }: Uses<"channel" | "connection" | "painting" | "run" | "view">,
  extras: OnDemand<Extras>,
): () => void {
  const show = createTabTitle();
  /** The run in progress, or `""`, and when this browser first saw it. */
  let active = "";
  let sinceMs = 0;
  /** How a long run ended that the person has not seen. */
  let unseen = "";

  async function ended(status: string): Promise<void> {
    const { started_us, task, recording } = run.state.run ?? {};
    const tookMs = Math.max(performance.now() - sinceMs, started_us ? (run.nowUs - started_us) / 1000 : 0);
    if (recording || tookMs < LONG_MS) return;
    unseen = `${status === "completed" ? "✓" : "✗"} ${status[0]?.toUpperCase()}${status.slice(1)}`;
    if (view.endSound || view.endNotice) (await extras.load("end"))?.announce(view, unseen, tookMs, task);
  }

  function look(): void {
    const status = channel.trait("status");
    const run_id = channel.trait("run_id");
    const goesOn = /^(queued|running|waiting|paused)$/.test(status);
    const seen = view.visible && !document.hidden;
    if (run_id !== active) {
      active = goesOn ? run_id : "";
      sinceMs = performance.now();
    } else if (!goesOn) {
      if (active && !seen) ended(status);
      active = "";
    }
    if (seen) unseen = "";
    show(status === "waiting" && !connection.off ? WAITING : unseen);
  }

  const stop = painting.onPaint(look);
  // No frame comes while the console is out of sight.
  channel.onTrait("status", painting.changed);
  document.addEventListener("visibilitychange", look);
  return () => {
    stop();
    document.removeEventListener("visibilitychange", look);
    show("");
  };
}
