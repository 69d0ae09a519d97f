// What anywidget calls: one view of a model. Each call is a console of its own, and leaves nothing
// behind when its returned function is called.

import type { Model } from "./kernel/channel";
import { createArtifactBox } from "./panes/artifacts/artifacts";
import { Console } from "./shell/console";
import styles from "./shell/index.css?inline";
import { createApp } from "./state/app";
import { createRoot } from "./ui/dom";

const HIDDEN_AFTER_MS = 800;

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  const place = document.createElement("div");
  style.textContent = styles;
  root.append(style, place);
  el.append(host);

  const draw = createRoot(place);
  const app = createApp(model, () => {
    host.dataset.run = app.state.run?.run_id ?? "";
    host.dataset.kernel = app.kernel;
    draw(<Console app={app} boxes={boxes} />);
  });
  const boxes = { artifact: createArtifactBox(app) };
  const { view } = app;
  // For who looks into the page from outside, such as a test.
  Object.assign(host, { console: app });

  const sizes = new ResizeObserver(() => {
    if (host.clientWidth) app.set({ width: host.clientWidth });
  });
  sizes.observe(host);

  const stops: (() => void)[] = [];
  const listen = <Name extends string>(
    target: EventTarget,
    name: Name,
    listener: (event: never) => void,
    early = false,
  ) => {
    target.addEventListener(name, listener as EventListener, early);
    stops.push(() => target.removeEventListener(name, listener as EventListener, early));
  };

  // Told at once when the console comes into sight, and a little later when it left.
  let onScreen = true;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(leaving);
    const visible = onScreen && document.visibilityState === "visible";
    if (visible) app.setVisible(true);
    else leaving = setTimeout(() => app.setVisible(false), HIDDEN_AFTER_MS);
  };
  const sight = new IntersectionObserver((entries) => {
    onScreen = entries[entries.length - 1]?.isIntersecting ?? true;
    app.changed();
    look();
  });
  sight.observe(host);
  listen(document, "visibilitychange", look);

  // JupyterLab takes keys for its shortcuts before they get here, and cannot see that one writes in a
  // field inside a shadow root. This attribute tells it to leave them; saving the notebook still works.
  listen(
    window,
    "keydown",
    (event: KeyboardEvent) => {
      const saves = (event.ctrlKey || event.metaKey) && event.key === "s";
      host.toggleAttribute("data-lm-suppress-shortcuts", !saves);
    },
    true,
  );
  listen(place, "keydown", (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") closeLast();
  });
  /** Escape closes what was opened last. */
  const closeLast = () => {
    if (view.panel) {
      root.querySelector<HTMLElement>(`[data-pop=${view.panel}] button`)?.focus();
      app.set({ panel: "" });
    } else if (view.filling) app.set({ filling: false });
    else if (view.active !== null && (view.maximised ?? "log") === "log") app.set({ active: null });
    else app.set({ maximised: null });
  };

  // The pane that fills the screen: the browser's own full screen where it is allowed.
  let filled = false;
  app.onPaint(() => {
    if (view.filling === filled) return;
    filled = view.filling;
    const change = filled
      ? root.querySelector(".artifact")?.requestFullscreen?.()
      : document.fullscreenElement && document.exitFullscreen();
    // Not allowed here: the fixed overlay of `.filling` does.
    Promise.resolve(change).catch(() => undefined);
  });
  listen(document, "fullscreenchange", () => {
    if (!document.fullscreenElement) app.set({ filling: false });
  });

  app.changed();
  app.open();
  return () => {
    clearTimeout(leaving);
    for (const stop of stops) stop();
    sizes.disconnect();
    sight.disconnect();
    app.close();
    draw(null);
    host.remove();
  };
}

export default { render };
