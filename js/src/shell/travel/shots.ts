// Where the pictures of the film strip are: at the moments when most of an artifact was written. Pure.

import type { RunAxis } from "../../kernel/wire";
import { shareOf, timeAt } from "./scale";

export const SHOT_PX = 96;
const GAP_PX = 6;
const MOST_SHOTS = 10;

/** A moment of an artifact, and the middle of its picture in pixels. */
export interface Shot {
  file: string;
  position: number;
  time_us: number;
  middlePx: number;
}

/** At most ten pictures, none over another, in the order of time. */
export function shotsOf(axis: RunAxis, widthPx: number): Shot[] {
  const moments = axis.changes.flatMap(({ file, positions, bytes }) =>
    positions.map((position, i) => ({ file, position, bytes: bytes[i] ?? 0 })),
  );
  moments.sort((a, b) => b.bytes - a.bytes || a.position - b.position);
  const shots: Shot[] = [];
  if (widthPx < SHOT_PX) return shots;
  for (const { file, position, bytes } of moments) {
    if (shots.length >= MOST_SHOTS || !bytes) break;
    const time_us = timeAt(axis, position);
    const at = shareOf(axis, time_us) * widthPx;
    const middlePx = Math.max(SHOT_PX / 2, Math.min(widthPx - SHOT_PX / 2, at));
    if (shots.every((other) => Math.abs(other.middlePx - middlePx) >= SHOT_PX + GAP_PX))
      shots.push({ file, position, time_us, middlePx });
  }
  return shots.sort((a, b) => a.middlePx - b.middlePx);
}
