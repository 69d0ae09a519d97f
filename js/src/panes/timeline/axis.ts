// The bars of the timeline and the labels of its axis. Pure.

import type { RunHeader, Stage } from "../../kernel/wire";
import { isOver } from "../../state/selectors";
import { seconds } from "../../ui/format";

export interface Bar {
  stage: Stage;
  /** Percent of the axis. */
  left: number;
  width: number;
  live: boolean;
  durationMs: number;
}

export interface Timeline {
  barOf(stage: Stage): Bar;
  ticks: { at: number; label: string }[];
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 3e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5,
];

/** The step of the axis: `ms` takes at most four steps. */
export const axisStep = (ms: number): number =>
  STEPS_MS.find((step) => ms / step <= 4) ?? Math.ceil(ms / 4 / 36e5) * 36e5;

/** The width of a letter of a label, with its share of the gap between labels, in pixels. */
const LETTER_PX = 6.5;

/**
 * The bars of stages on one axis, which grows in steps and contains all that is known of the run; `axisPx` limits
 * the number of labels.
 */
export function timeline(
  stages: readonly Stage[],
  run: RunHeader | null,
  nowUs: number,
  ticking: boolean,
  axisPx: number,
): Timeline {
  const zeroUs = run?.started_us ?? Math.min(...stages.map((stage) => stage.started_us ?? nowUs));
  const since = (us: number) => Math.max(0, (us - zeroUs) / 1000);
  const spanOf = (stage: Stage) => {
    const { status, started_us, ended_us, duration_ms } = stage;
    const live = ticking && /^(running|recovering)$/.test(status);
    const from = started_us === null ? 0 : since(started_us);
    const end = live ? since(nowUs) : ended_us === null ? from + (duration_ms ?? 0) : since(ended_us);
    const to = started_us === null ? 0 : Math.max(from, end);
    return { stage, live, from, to, durationMs: (!live && duration_ms) || to - from };
  };
  let end = stages.length < (run?.counts.stages ?? 0) ? since(run?.ended_us ?? 0) : 0;
  for (const stage of stages) end = Math.max(1, end, spanOf(stage).to);
  const step = axisStep(end);
  const parts = Math.ceil(end / step);
  const labelPx = tickLabel(parts * step).length * LETTER_PX;
  const every = Math.ceil((parts * labelPx) / Math.max(labelPx, axisPx));
  const percentOf = (ms: number) => (100 * ms) / (parts * step);
  return {
    barOf(stage) {
      const { from, to, ...bar } = spanOf(stage);
      return { ...bar, left: percentOf(from), width: percentOf(to - from) };
    },
    ticks: Array.from({ length: parts + 1 }, (_, i) => ({
      at: (100 * i) / parts,
      label: tickLabel(i * step),
    })).filter((_, i) => !(i % every)),
  };
}

function tickLabel(ms: number): string {
  if (!ms) return "0";
  return ms < 1000 ? `${ms} ms` : seconds(ms).replace(".0", "");
}

/** How many stages the worker announced that have no bar yet; none once the run has ended. */
export function stagesToCome(run: RunHeader | null): number {
  return run && !isOver(run) ? run.total_stages - run.counts.top_stages : 0;
}
