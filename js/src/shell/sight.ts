import type { Uses } from "../state/app";

const HIDDEN_AFTER_MS = 800;

const ignore = () => undefined;

/**
 * Informs the kernel at once when the console becomes visible, and after a delay when it is hidden, until the
 * returned function is called.
 */
export function watchSight(
  { channel, painting, view }: Uses<"channel" | "painting" | "view">,
  host: HTMLElement,
): () => void {
  let onScreen = true;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const setVisible = (visible: boolean) => {
    view.set({ visible });
    if (visible === channel.visible) return;
    channel.visible = visible;
    if (visible) channel.hello();
    // If it fails, the kernel sends frames to a hidden subscriber until the next hello.
    else channel.ask("visible", { visible }, ignore, ignore);
  };
  const update = () => {
    clearTimeout(hiding);
    if (onScreen && document.visibilityState === "visible") setVisible(true);
    else hiding = setTimeout(() => setVisible(false), HIDDEN_AFTER_MS);
  };
  const sight = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? true;
    painting.changed();
    update();
  });
  sight.observe(host);
  document.addEventListener("visibilitychange", update);
  return () => {
    clearTimeout(hiding);
    sight.disconnect();
    document.removeEventListener("visibilitychange", update);
  };
}
