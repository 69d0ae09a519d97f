// The bars between the panes: dragged, moved with the arrow keys, and put back by a double click or Enter.

import type { App } from "../state/app";
import { type Columns, columnsOf, heightOf, SHARES } from "../state/view";
import { type Bar, barsOf } from "./split-layout";

const STEP = 0.02;

export function Splitters({ app }: { app: App }) {
  const { view, height } = app;
  const columns = columnsOf(view.width);
  return barsOf(columns, view.shares[columns], view.width, heightOf(columns, height)).map((bar) => (
    <Splitter key={`${columns} ${bar.label}`} app={app} columns={columns} bar={bar} />
  ));
}

const percent = (share: number) => `${share * 100}%`;

function Splitter({ app, columns, bar }: { app: App; columns: Columns; bar: Bar }) {
  const { group, place, label, across, share, least, most, extent } = bar;
  const first = SHARES[columns][group]?.[place] as number;
  const set = (wanted: number) => {
    const next = Math.round(Math.min(most, Math.max(least, wanted)) * 1000) / 1000;
    const { shares } = app.view;
    const layout = shares[columns];
    const moved = layout[group]?.map((old, i) => (i === place ? next : old));
    app.set({ shares: { ...shares, [columns]: { ...layout, [group]: moved } } });
  };
  return (
    <div
      class={`split ${across ? "across" : ""}`}
      style={Object.entries(bar.box)
        .map(([side, share]) => `${side}:${percent(share)}`)
        .join(";")}
      role="separator"
      tabIndex={0}
      title="Drag it, or move it with the arrow keys; a double click or Enter puts it back"
      aria-label={label}
      aria-orientation={across ? "vertical" : "horizontal"}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={Math.round(least * 100)}
      aria-valuemax={Math.round(most * 100)}
      onpointerdown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onpointermove={({ currentTarget, pointerId, clientX, clientY }) => {
        if (!currentTarget.hasPointerCapture(pointerId)) return;
        const grid = (currentTarget.parentElement as HTMLElement).getBoundingClientRect();
        const at = across ? (clientX - grid.left) / grid.width : (clientY - grid.top) / grid.height;
        set(at / extent);
      }}
      onkeydown={(event) => {
        const next = nextShare(event.key, across, bar, first);
        if (next === undefined) return;
        event.preventDefault();
        set(next);
      }}
      ondblclick={() => set(first)}
    />
  );
}

/** Where a key puts a bar. */
function nextShare(key: string, across: boolean, { share, least, most }: Bar, first: number) {
  const [less, more] = across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  if (key === less) return share - STEP;
  if (key === more) return share + STEP;
  return { Home: least, End: most, Enter: first }[key];
}
