// The bars between the panes: dragged, moved with the arrow keys, and put back by a double click.

import type { App } from "../app";
import { SHARES, type Shares } from "../view";

const STEP = 0.02;

const SPLITS: Record<keyof Shares, [label: string, least: number, most: number]> = {
  left: ["Width of the left column", 0.15, 0.4],
  right: ["Width of the artifacts", 0.45, 0.8],
  leftTop: ["Height of the timeline", 0.2, 0.85],
  centreTop: ["Height of the log", 0.2, 0.85],
};

export const Splitters = ({ app }: { app: App }) =>
  (Object.keys(SPLITS) as (keyof Shares)[]).map((name) => <Splitter app={app} name={name} />);

function Splitter({ app, name }: { app: App; name: keyof Shares }) {
  const [label, least, most] = SPLITS[name];
  const share = app.view.shares[name];
  const across = name === "left" || name === "right";
  const set = (next: number) =>
    app.set({ shares: { ...app.view.shares, [name]: Math.min(most, Math.max(least, next)) } });
  return (
    <div
      class={`split ${name}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={across ? "vertical" : "horizontal"}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={least * 100}
      aria-valuemax={most * 100}
      onpointerdown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onpointermove={({ currentTarget: bar, pointerId, clientX, clientY }) => {
        if (!bar.hasPointerCapture(pointerId)) return;
        const grid = (bar.parentElement as HTMLElement).getBoundingClientRect();
        set(across ? (clientX - grid.left) / grid.width : (clientY - grid.top) / grid.height);
      }}
      onkeydown={(event) => {
        const keys = across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
        const way = keys.indexOf(event.key);
        if (way < 0) return;
        event.preventDefault();
        set(share + (way ? STEP : -STEP));
      }}
      ondblclick={() => set(SHARES[name])}
    />
  );
}
