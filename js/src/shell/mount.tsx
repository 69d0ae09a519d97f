// Mounts a console in an element of the page: its stores, its drawing, and what it needs of the page.

import type { Model } from "../kernel/channel";
import { importModule } from "../kernel/live-code";
import type { CreateLive, Live } from "../live-types";
import { createArtifactPresenter } from "../panes/artifacts/artifacts";
import { createBoundary } from "../panes/boundary";
import { TITLES } from "../panes/pane";
import { type App, createApp } from "../state/app";
import type { PaneName } from "../state/view";
import { createRoot } from "../ui/dom";
import { type Boundaries, Console, drawPanes } from "./console";
import styles from "./index.css?inline";
import { SHARED } from "./shared";

const HIDDEN_AFTER_MS = 800;

export interface Mounted {
  app: App;
  /** Removes the console completely. */
  close: () => void;
}

export function mount(model: Model, el: HTMLElement): Mounted {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  const place = document.createElement("div");
  style.textContent = styles;
  root.append(style, place);
  el.append(host);

  let live: Live | undefined;
  const draw = createRoot(place);
  const boundaryOf = (element: HTMLElement | undefined) =>
    boundaries[element?.closest<HTMLElement>("[data-pane]")?.dataset.pane as PaneName];
  const app = createApp({
    model,
    draw() {
      host.dataset.run = app.run.state.run?.run_id ?? "";
      host.dataset.kernel = app.connection.kernel;
      draw(<Console app={app} live={live} boundaries={boundaries} />);
      drawPanes(app, live, boundaries, presenter);
    },
    guard: {
      isStopped: (element) => boundaryOf(element)?.failure?.stopped === true,
      onError(error, element) {
        const boundary = boundaryOf(element);
        if (boundary) boundary.stop(error);
        else console.error(error);
      },
    },
    async startLive(code) {
      live = (await importModule<CreateLive>(code, SHARED))(app);
    },
  });
  const boundaries = Object.fromEntries(
    Object.entries(TITLES).map(([name, title]) => [name, createBoundary(title, app.painting.changed)]),
  ) as Boundaries;
  const presenter = createArtifactPresenter(app);
  const { view } = app;

  const sizes = new ResizeObserver(() => {
    if (host.clientWidth) view.set({ width: host.clientWidth });
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

  // The kernel is informed at once when the console becomes visible, and after a delay when it is hidden.
  let onScreen = true;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const updateVisibility = () => {
    clearTimeout(hiding);
    const visible = onScreen && document.visibilityState === "visible";
    if (visible) app.setVisible(true);
    else hiding = setTimeout(() => app.setVisible(false), HIDDEN_AFTER_MS);
  };
  const sight = new IntersectionObserver((entries) => {
    onScreen = entries[entries.length - 1]?.isIntersecting ?? true;
    app.painting.changed();
    updateVisibility();
  });
  sight.observe(host);
  listen(document, "visibilitychange", updateVisibility);

  // JupyterLab handles its shortcuts before the console receives the key, and cannot see a focused field in a
  // shadow root. This attribute disables the shortcuts; saving the notebook still works.
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
      view.set({ panel: "" });
    } else if (view.filling) view.set({ filling: false });
    else if (view.active !== null && (view.maximised ?? "log") === "log") view.set({ active: null });
    else view.set({ maximised: null });
  };

  // The artifact fills the screen: with the browser's full screen mode where that is allowed.
  let filled = false;
  app.painting.onPaint(() => {
    if (view.filling === filled) return;
    filled = view.filling;
    const change = filled
      ? root.querySelector(".artifact")?.requestFullscreen?.()
      : document.fullscreenElement && document.exitFullscreen();
    // Where it is not allowed, the fixed overlay of `.filling` is used.
    Promise.resolve(change).catch(() => undefined);
  });
  listen(document, "fullscreenchange", () => {
    if (!document.fullscreenElement) view.set({ filling: false });
  });

  app.painting.changed();
  app.open();
  const close = () => {
    clearTimeout(hiding);
    for (const stop of stops) stop();
    sizes.disconnect();
    sight.disconnect();
    app.close();
    draw(null);
    host.remove();
  };
  return { app, close };
}
