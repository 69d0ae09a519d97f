// The selected stage, which Python and all front ends of a console share.

import type { Uses } from "./app";

/**
 * Sends a stage that is selected here to the kernel, and takes over one that is selected elsewhere, until the
 * returned function is called.
 */
export function startSelecting({
  channel,
  painting,
  run,
  view,
}: Uses<"channel" | "painting" | "run" | "view">): () => void {
  let known = 0;
  let sent: string | null = null;
  return painting.onPaint(() => {
    const { selection } = run.state;
    if (selection && selection.number !== known) {
      known = selection.number;
      if (selection.client !== channel.client) {
        sent = selection.stage_id;
        if (view.stage !== sent) view.set({ stage: sent });
        return;
      }
    }
    if (view.stage === sent) return;
    sent = view.stage;
    // Without an answer the selection stays one of this front end alone.
    const done = () => {};
    channel.ask("run.select", { stage_id: sent, client: channel.client }, done, done);
  });
}
