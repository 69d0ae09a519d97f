// Mounts a console in an element of the page: its stores, its drawing, and what it needs of the page.

import type { CreateLive, Live } from "../live-types";
import { createArtifactPresenter } from "../panes/artifacts/artifacts";
import { createBoundary } from "../panes/boundary";
import { TITLES } from "../panes/pane";
import { type App, type Connect, createApp } from "../state/app";
import type { PaneName } from "../state/view";
import { createRoot } from "../ui/dom";
import { type Boundaries, Console, drawLines, drawPanes } from "./console";
import styles from "./index.css?inline";

export interface Mounted {
  app: App;
  /** Removes the console completely. */
  close: () => void;
}

/** Imports a module from its text; it takes from `more` what it does not carry. */
export type Load = <Exported>(code: string, more?: readonly unknown[]) => Promise<Exported>;

export function mountConsole(el: HTMLElement, connect: Connect, load: Load): Mounted {
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
    connect,
    draw(quick) {
      if (quick) {
        drawLines(app, live, boundaries);
        return;
      }
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
    async startLive(code, requested) {
      live = (await load<CreateLive>(code))(app, { host, requested, importModule: load });
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

  place.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") closeLast();
  });
  /** Escape closes what was opened last. */
  const closeLast = () => {
    if (live?.closeLast()) return;
    view.set(view.filling ? { filling: false } : { maximised: null });
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
  const leaveFull = () => {
    if (!document.fullscreenElement) view.set({ filling: false });
  };
  document.addEventListener("fullscreenchange", leaveFull);

  app.painting.changed();
  app.open();
  const close = () => {
    document.removeEventListener("fullscreenchange", leaveFull);
    sizes.disconnect();
    live?.close();
    app.close();
    draw(null);
    host.remove();
  };
  return { app, close };
}
