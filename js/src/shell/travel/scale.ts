// The time axis: from positions to times and places on it, and what is drawn there. Pure.

import type { AxisMark, RunAxis } from "../../kernel/wire";
import { count, seconds } from "../../ui/format";

export type Range = Pick<RunAxis, "start_us" | "end_us">;

/** A moment of the run: how many events it has then, and the time of the last of them. */
export interface Moment {
  position: number;
  time_us: number;
}

const clamp = (n: number, least: number, most: number): number => Math.max(least, Math.min(most, n));

/** The place of a time: 0 is the left end, 1 the right end, which is the newest moment. */
export const shareOf = ({ start_us, end_us }: Range, timeUs: number): number =>
  end_us > start_us ? clamp((timeUs - start_us) / (end_us - start_us), 0, 1) : 1;

export const timeOf = ({ start_us, end_us }: Range, share: number): number =>
  Math.round(start_us + clamp(share, 0, 1) * (end_us - start_us));

/** The value at `x` on the line through points whose columns `from` and `to` both increase. */
function between(points: readonly [number, number][], x: number, from: 0 | 1): number {
  const to = from ? 0 : 1;
  let [low, high] = [0, points.length - 1];
  if (high < 0) return 0;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((points[middle] as [number, number])[from] > x) high = middle - 1;
    else low = middle;
  }
  const first = points[low] as [number, number];
  const next = points[low + 1] ?? first;
  const step = next[from] - first[from];
  const part = step > 0 ? clamp((x - first[from]) / step, 0, 1) : 0;
  return first[to] + part * (next[to] - first[to]);
}

/** The number of events up to a time, as far as the axis knows it. */
export const positionAt = ({ points }: Pick<RunAxis, "points">, timeUs: number): number =>
  Math.floor(between(points, timeUs, 1));

/** The time of an event, as far as the axis knows it. */
export const timeAt = ({ points }: Pick<RunAxis, "points">, position: number): number =>
  Math.round(between(points, position, 0));

/**
 * The kinds of marks, in the order of their importance: the shape, 8 pixels wide and high around its middle, the
 * tone, and one and several of them in words. Without a word for one its label says enough. The starts of stages
 * are lines, their ends are not drawn.
 */
export const MARKS = {
  input: ["m0-4 4 4-4 4-4-4Z", "input", "Asks you", "requests for input"],
  failure: [
    "m-4-2.4 1.6-1.6 2.4 2.4 2.4-2.4 1.6 1.6-2.4 2.4 2.4 2.4-1.6 1.6-2.4-2.4-2.4 2.4-1.6-1.6 2.4-2.4Z",
    "error",
    "Failure",
    "failures",
  ],
  error: ["m-4 0a4 4 0 0 1 8 0 4 4 0 0 1-8 0Z", "error", "Error", "errors"],
  violation: ["m0-4 4 8h-8Z", "warning", "Violation", "violations"],
  recovery: [
    "m-4 0a4 4 0 0 1 8 0 4 4 0 0 1-8 0Zm2 0a2 2 0 0 0 4 0 2 2 0 0 0-4 0Z",
    "recovered",
    "Recovery",
    "recoveries",
  ],
  artifact: ["m-3.5-3.5h7v7h-7Z", "info", "Artifact", "artifacts"],
  pause: ["m-3-4h2v8h-2Zm4 0h2v8h-2Z", "", "", "pauses"],
  resume: ["m-3-4 7 4-7 4Z", "", "", "ends of pauses"],
} as const;

export type MarkKind = keyof typeof MARKS;

export const MARKED = Object.keys(MARKS) as MarkKind[];

/** The places for the marks of one kind: marks closer together become one. */
const PLACES = 30;
/** The places for the starts of stages. */
const TICKS = 200;

/** A mark as it is drawn. */
export interface DrawnMark<Kind = MarkKind> extends AxisMark {
  kind: Kind & AxisMark["kind"];
  time_us: number;
  share: number;
}

/** The marks of a kind, of those at one place only the first, with the number of all. */
export function merged<Kind extends AxisMark["kind"]>(
  axis: RunAxis,
  kind: Kind,
  places = PLACES,
): DrawnMark<Kind>[] {
  const drawn: DrawnMark<Kind>[] = [];
  for (const mark of axis.marks) {
    if (mark.kind !== kind) continue;
    const time_us = mark.time_us ?? timeAt(axis, mark.position);
    const share = shareOf(axis, time_us);
    const last = drawn.at(-1);
    if (last && (share - last.share) * places < 1) last.count += mark.count;
    else drawn.push({ ...mark, kind, time_us, share });
  }
  return drawn;
}

/** The starts of the stages as the lines of a path, in a box of 1,000 by 100. */
export const tickPath = (axis: RunAxis): string =>
  merged(axis, "stage", TICKS)
    .map(({ share }) => `M${Math.round(share * 1000)} 0v100`)
    .join("");

/** The kinds in the upper row: what a person must see first. */
const UPPER = 4;

/** All marks of a kind as one path, on an axis of this width. */
export function markPath(axis: RunAxis, kind: MarkKind, widthPx: number): string {
  const y = MARKED.indexOf(kind) < UPPER ? 8 : 20;
  return merged(axis, kind)
    .map(({ share }) => `M${Math.round(share * widthPx * 10) / 10} ${y}${MARKS[kind][0]}`)
    .join("");
}

/** The numbers of events as an area, in a box of 1,000 by 100. A few events are seen beside many. */
export function activityPath({ activity }: Pick<RunAxis, "activity">): string {
  const most = Math.sqrt(Math.max(1, ...activity));
  const width = 1000 / activity.length;
  const steps = activity.map((events, i) => {
    const height = events ? Math.max(6, Math.round((100 * Math.sqrt(events)) / most)) : 0;
    return `V${100 - height}H${Math.round((i + 1) * width)}`;
  });
  return `M0 100${steps.join("")}V100Z`;
}

export function markWords({ kind, label, count: n }: Pick<DrawnMark, "kind" | "label" | "count">): string {
  const [, , one, several] = MARKS[kind];
  const words = n > 1 ? `${count(n)} ${several}` : one;
  return one && label ? `${words}: ${label}${n > 1 ? ", …" : ""}` : words || label;
}

/** The marks within `reach` of a place, the nearest of each kind, and the stage that was started last. */
export function marksNear(axis: RunAxis, share: number, reach: number): DrawnMark[] {
  const far = (mark: DrawnMark) => Math.abs(mark.share - share);
  const near = MARKED.flatMap((kind) => {
    const [nearest] = merged(axis, kind).sort((a, b) => far(a) - far(b));
    return nearest && far(nearest) <= reach ? [nearest] : [];
  });
  return near.sort((a, b) => far(a) - far(b));
}

export const stageAt = ({ marks }: RunAxis, timeUs: number): AxisMark | undefined =>
  marks.reduce<AxisMark | undefined>(
    (last, mark) => (mark.kind === "stage" && (mark.time_us ?? 0) <= timeUs ? mark : last),
    undefined,
  );

export const eventWords = (position: number, newest: number): string =>
  `event ${count(position)} of ${count(newest)}`;

/** A moment in words: "12.5 s, event 340 of 2,100". */
export const momentWords = (startUs: number, { position, time_us }: Moment, newest: number): string =>
  `${seconds(Math.max(0, (time_us - startUs) / 1000))}, ${eventWords(position, newest)}`;

/** How far a moment is behind: whole seconds, since a number that is read need not be exact. */
export function behindWords(us: number): string {
  const s = Math.max(0, Math.round(us / 1e6));
  return `${s < 60 ? `${s} s` : seconds(s * 1000)} behind live`;
}
