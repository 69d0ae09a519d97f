// The stages that the state does not hold: requested in pages as their rows come into view.

import type { Stage, StageWindow } from "../../kernel/wire";
import { type LevelOf, levelsOf, type Outline, type StageLevel } from "./outline";

export const PAGE_ROWS = 200;
/** More stages are not kept, except those that are open. */
export const CAPACITY = 4_000;
/** After a request that brought nothing new, the next one waits. */
const PAUSE_MS = 500;

/** The run on screen at a moment: its stages in view, and how many it has at the top and altogether. */
export interface KnownStages {
  /** Identifies the run, and the range of it that is shown alone. */
  run: string;
  /** The position of an earlier moment; `undefined` is the newest. */
  moment: number | undefined;
  /** The moment changes all the time. */
  playing: boolean;
  stages: readonly Stage[];
  top: number;
  all: number;
}

export interface StagePages {
  /** The levels of all stages, for one drawing. */
  levels(known: KnownStages): LevelOf;
  /** Requests what is missing in the rows from `first` to `end`, which were drawn. */
  fetchVisible(tree: Outline, first: number, end: number): void;
}

interface Pages {
  parent: string | null;
  rows: Map<number, Stage>;
  places: Map<string, number>;
  /** The number of stages by the last answer, and by the parent at that time. */
  total: number;
  counted: number;
  /** The number by the parent now. */
  expected: number;
  /** Stages of the state whose place is not known. */
  homeless: boolean;
  /** The places of the stages that were loaded for another moment: they stay until they are loaded again. */
  old: Set<number>;
}

const isWorking = ({ status }: Stage) => /^(pending|running|recovering)$/.test(status);

export function createStagePages(
  fetch: (parent: string | null, start: number) => Promise<StageWindow>,
  isOpen: (stage: Stage) => boolean,
  changed: () => void,
): StagePages {
  let run = "";
  let shown: Pick<KnownStages, "moment" | "playing"> = { moment: undefined, playing: false };
  let levels = new Map<string | null, Pages>();
  /** Those of the current drawing. */
  let drawn = new Map<ReadonlyMap<number, Stage>, Pages>();
  let inState = new Set<string>();
  let state: readonly Stage[] = [];
  let known: LevelOf = levelsOf(state);
  let fetching = false;

  function pagesOf(parent: string | null, expected: number): Pages {
    const pages: Pages = levels.get(parent) ?? {
      parent,
      rows: new Map(),
      places: new Map(),
      total: expected,
      counted: expected,
      expected,
      homeless: false,
      old: new Set(),
    };
    levels.set(parent, pages);
    pages.expected = expected;
    return pages;
  }

  async function load(pages: Pages, start: number): Promise<void> {
    fetching = true;
    const asked = run;
    const { moment } = shown;
    const { expected } = pages;
    let fresh = false;
    try {
      const { total, rows } = await fetch(pages.parent, start);
      if (asked === run) {
        rows.forEach((stage, i) => {
          const now = moment === shown.moment && pages.old.delete(start + i);
          fresh ||= now || !pages.rows.has(start + i);
          pages.rows.set(start + i, stage);
          pages.places.set(stage.stage_id, start + i);
        });
        Object.assign(pages, { total, counted: expected });
        forgetFar(pages, start);
      }
    } catch {
      // The rows stay blank; they are requested again.
    }
    if (!fresh || shown.playing) await new Promise((done) => setTimeout(done, PAUSE_MS));
    fetching = false;
    changed();
  }

  /** Keeps what is open: its place and the rows inside it must not change. */
  function forgetFar(current: Pages, start: number): void {
    let size = 0;
    for (const { rows } of levels.values()) size += rows.size;
    if (size <= CAPACITY) return;
    for (const pages of levels.values())
      for (const [place, stage] of pages.rows) {
        if (isOpen(stage) || (pages === current && Math.abs(place - start) <= 2 * PAGE_ROWS)) continue;
        pages.rows.delete(place);
        pages.places.delete(stage.stage_id);
      }
  }

  return {
    levels({ run: now, moment, playing, stages, top, all }) {
      if (now !== run) levels = new Map();
      const moved = moment !== shown.moment;
      if (moved) for (const pages of levels.values()) pages.old = new Set(pages.rows.keys());
      run = now;
      shown = { moment, playing };
      drawn = new Map();
      if (stages !== state) {
        state = stages;
        inState = new Set(stages.map(({ stage_id }) => stage_id));
        // Where the state does not hold the parent of a stage, the store knows it.
        known = levelsOf(stages.length < all ? stages.filter(isPlaced(inState)) : stages);
      }
      return (parent): StageLevel => {
        const level = known(parent);
        const expected = parent ? parent.children : top;
        if (level.total >= expected) return level;
        const pages = pagesOf(parent?.stage_id ?? null, expected);
        if (moved) Object.assign(pages, { total: expected, counted: expected });
        pages.homeless = false;
        for (const stage of level.rows.values()) {
          const place = pages.places.get(stage.stage_id);
          if (place === undefined) pages.homeless = true;
          else {
            pages.rows.set(place, stage);
            pages.old.delete(place);
          }
        }
        drawn.set(pages.rows, pages);
        return { total: pages.total + Math.max(0, expected - pages.counted), rows: pages.rows };
      };
    },
    fetchVisible(tree, first, end) {
      if (fetching) return;
      for (let index = first; index < Math.min(end, tree.total); index += 1) {
        const { rows, place, stage } = tree.row(index);
        const pages = drawn.get(rows);
        // A stage at work is always in the state: what was loaded of it is old.
        if (pages && (!stage || pages.old.has(place) || (isWorking(stage) && !inState.has(stage.stage_id))))
          return void load(pages, place - (place % PAGE_ROWS));
      }
      // What is at work is among the newest.
      for (const pages of drawn.values())
        if (pages.homeless && !pages.rows.has(pages.expected - 1))
          return void load(pages, Math.max(0, pages.expected - PAGE_ROWS));
    },
  };
}

const isPlaced =
  (known: ReadonlySet<string>) =>
  ({ parent_id }: Stage) =>
    parent_id === null || known.has(parent_id);
