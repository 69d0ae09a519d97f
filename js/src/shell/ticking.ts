import type { Uses } from "../state/app";
import { isTicking } from "../state/selectors";
import { LATEST_MS } from "../ui/painting";

/**
 * Draws counting figures again and again while the console is visible, except just after another drawing, until
 * the returned function is called.
 */
export function startTicking({ painting, run, view }: Uses<"painting" | "run" | "view">): () => void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let ticker: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    if (performance.now() - painting.paintedMs > LATEST_MS * 0.9) painting.changed();
  };
  const stop = () => {
    clearInterval(ticker);
    ticker = undefined;
  };
  const unfollow = painting.onPaint(() => {
    const { link, past } = run.state;
    if (!view.visible || !(isTicking(run.state) || (!past && link.phase === "reconnecting"))) stop();
    else ticker ??= setInterval(tick, calm ? LATEST_MS * 4 : LATEST_MS);
  });
  return () => {
    unfollow();
    stop();
  };
}
