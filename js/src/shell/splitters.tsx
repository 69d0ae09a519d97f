// The splitters between the panes: dragged, moved with the arrow keys, and reset by a double click or Enter.

import type { Uses } from "../state/app";
import { type Columns, columnsOf, defaultShares, heightOf, sharesOf } from "../state/layout";
import type { ViewStore } from "../state/view-store";
import { type Split, splitsOf } from "./split-layout";

const STEP = 0.02;

export function Splitters({ app: { view, appearance } }: { app: Uses<"view" | "appearance"> }) {
  const columns = columnsOf(view.width);
  const height = heightOf(columns, appearance.height);
  return splitsOf(columns, sharesOf(view), view.width, height).map((split) => (
    <Splitter key={`${columns} ${split.label}`} view={view} columns={columns} split={split} />
  ));
}

const percent = (share: number) => `${share * 100}%`;

function Splitter({ view, columns, split }: { view: ViewStore; columns: Columns; split: Split }) {
  const { group, index, label, across, share, min, max, extent } = split;
  const first = defaultShares(view.width)[group]?.[index] as number;
  const set = (target: number) => {
    const next = Math.round(Math.min(max, Math.max(min, target)) * 1000) / 1000;
    const { shares } = view;
    const moved = sharesOf(view)[group]?.map((old, i) => (i === index ? next : old));
    view.set({ shares: { ...shares, [columns]: { ...shares[columns], [group]: moved } } });
  };
  return (
    <div
      class={`split ${across ? "across" : ""}`}
      style={Object.entries(split.box)
        .map(([side, share]) => `${side}:${percent(share)}`)
        .join(";")}
      role="separator"
      tabIndex={0}
      title="Drag, or move with the arrow keys; a double click or Enter resets it"
      aria-label={label}
      aria-orientation={across ? "vertical" : "horizontal"}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={Math.round(min * 100)}
      aria-valuemax={Math.round(max * 100)}
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
        const next = nextShare(event.key, across, split, first);
        if (next === undefined) return;
        event.preventDefault();
        set(next);
      }}
      ondblclick={() => set(first)}
    />
  );
}

/** The share after a key press. */
function nextShare(key: string, across: boolean, { share, min, max }: Split, first: number) {
  const [less, more] = across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  if (key === less) return share - STEP;
  if (key === more) return share + STEP;
  return { Home: min, End: max, Enter: first }[key];
}
