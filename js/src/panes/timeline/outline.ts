// The rows of a tree of stages of any size, of which only some are loaded. Pure.

import type { Stage } from "../../kernel/wire";

/** The stages directly inside a stage, or at the top: how many there are, and by their place those that are loaded. */
export interface StageLevel {
  total: number;
  rows: ReadonlyMap<number, Stage>;
}

/** The level inside a stage; `null` is the top. */
export type LevelOf = (parent: Stage | null) => StageLevel;

/** A row. `stage` is `undefined` where it is not loaded; `place` is its place in its level, from 0. */
export interface OutlineRow extends StageLevel {
  stage: Stage | undefined;
  parent: Stage | null;
  place: number;
  depth: number;
}

/** Consecutive rows of one level: the `size` rows from row `from` on, whose first has this `place`. */
interface Span extends Omit<OutlineRow, "stage"> {
  from: number;
  size: number;
}

export interface Outline {
  total: number;
  row(index: number): OutlineRow;
  /** The last loaded row that passes, or -1. */
  last(passes: (stage: Stage) => boolean): number;
}

/** The levels of stages that are all known. A stage whose parent is not among them, or is inside the stage, is at the top. */
export function levelsOf(stages: readonly Stage[]): LevelOf {
  const ids = new Set<string | null>(stages.map(({ stage_id }) => stage_id));
  const inside = new Map<string | null, Stage[]>([[null, []]]);
  const at = (id: string | null) => inside.get(id) ?? inside.set(id, []).get(id) ?? [];
  for (const stage of stages) at(ids.has(stage.parent_id) ? stage.parent_id : null).push(stage);
  const reached = new Set<Stage>();
  const reach = (todo: Stage[]) => {
    for (const stage of todo) {
      if (reached.has(stage)) continue;
      reached.add(stage);
      for (const child of at(stage.stage_id)) todo.push(child);
    }
  };
  reach([...at(null)]);
  for (const stage of stages) {
    if (reached.has(stage)) continue;
    inside.set(
      stage.parent_id,
      at(stage.parent_id).filter((other) => other !== stage),
    );
    at(null).push(stage);
    reach([stage]);
  }
  return (parent) => {
    const rows = at(parent?.stage_id ?? null);
    return { total: rows.length, rows: new Map(rows.entries()) };
  };
}

/** The rows of the levels: each stage before those inside it, which are left out unless it is open. */
export function outline(levelOf: LevelOf, isOpen: (stage: Stage) => boolean): Outline {
  const spans: Span[] = [];
  let total = 0;
  const enter = (parent: Stage | null, depth: number) => {
    const level = levelOf(parent);
    const open = [...level.rows].filter(([place, stage]) => place < level.total && isOpen(stage));
    return { ...level, parent, depth, place: 0, open: open.sort(([a], [b]) => a - b) };
  };
  const levels = [enter(null, 0)];
  for (let level = levels[0]; level; level = levels.at(-1)) {
    const { open, ...span } = level;
    const next = open.shift();
    const size = (next ? next[0] + 1 : level.total) - level.place;
    if (size > 0) spans.push({ ...span, from: total, size });
    total += size;
    level.place += size;
    if (next) levels.push(enter(next[1], level.depth + 1));
    else levels.pop();
  }
  return {
    total,
    row(index) {
      let [low, high] = [0, spans.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((spans[middle] as Span).from > index) high = middle - 1;
        else low = middle;
      }
      const { from, size: _, ...span } = spans[low] as Span;
      const place = span.place + index - from;
      return { ...span, place, stage: span.rows.get(place) };
    },
    last(passes) {
      let last = -1;
      for (const { from, place: first, size, rows } of spans)
        for (const [place, stage] of rows)
          if (place >= first && place < first + size && passes(stage))
            last = Math.max(last, from + place - first);
      return last;
    },
  };
}
