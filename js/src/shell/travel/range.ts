// A range of the time axis: the part of a run that is shown alone. Pure.

import type { RunAxis, ShownRange } from "../../kernel/wire";
import { plural, seconds } from "../../ui/format";
import { type Range, shareOf, timeAt, timeOf } from "./scale";

/** The shares of the axis at which a range begins and ends. */
export type RangeShares = readonly [from: number, to: number];

/** A shorter drag is a click. */
const LEAST_SHARE = 0.002;

export function sharesOfRange(axis: RunAxis, { after, upto, start_us, end_us }: ShownRange): RangeShares {
  if (start_us !== null && end_us !== null) return [shareOf(axis, start_us), shareOf(axis, end_us)];
  return [shareOf(axis, timeAt(axis, after + 1)), shareOf(axis, timeAt(axis, upto))];
}

export const timesOfShares = (axis: Range, [from, to]: RangeShares) => ({
  start_us: timeOf(axis, from),
  end_us: timeOf(axis, to),
});

/** A range between two places, in any order; `null` if they are one place. */
export function dragged(from: number, to: number): RangeShares | null {
  const shares: RangeShares = from < to ? [from, to] : [to, from];
  return shares[1] - shares[0] < LEAST_SHARE ? null : shares;
}

/** A range with one of its ends at another place, which does not pass the other end. */
export function withEdge([from, to]: RangeShares, edge: 0 | 1, share: number): RangeShares {
  const least = Math.min(LEAST_SHARE, to - from);
  return edge
    ? [from, Math.min(1, Math.max(share, from + least))]
    : [Math.max(0, Math.min(share, to - least)), to];
}

/** The whole axis with one end at a place, which keeps the other end of a range if it stays before or after that. */
export function withEnd(range: RangeShares | null, edge: 0 | 1, share: number): RangeShares {
  const [from, to] = range ?? [0, 1];
  return edge ? [from < share ? from : 0, share] : [share, to > share ? to : 1];
}

/** A range in words: "12.5 s – 15.0 s". */
export const rangeWords = (axis: Range, [from, to]: RangeShares): string =>
  [from, to].map((share) => seconds((timeOf(axis, share) - axis.start_us) / 1000)).join(" – ");

/** The range that is shown alone in words, with the exact number of its events. */
export const shownWords = (axis: RunAxis, range: ShownRange): string =>
  `${rangeWords(axis, sharesOfRange(axis, range))} · ${plural(range.upto - range.after, "event")}`;
