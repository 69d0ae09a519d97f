// The text of an artifact, assembled from the pieces that the kernel sends. Pure.

import type { SubscriberNews } from "../kernel/wire";

/** `chunks` only ever grow within one version, so that a reader can continue where it stopped. */
export interface ReceivedText {
  file: string;
  version: number;
  chunks: readonly string[];
  /** The length of the chunks in code points. */
  chars: number;
  done: boolean;
  /** The kernel sends no more of it with the frames. */
  cut: boolean;
}

/** The length in code points: a surrogate pair counts as one. */
export const codePoints = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** The text after a patch, or `null` where a piece before it is missing and must be requested. */
export function applyText(
  text: ReceivedText | undefined,
  { file, version, offset, text: update, done, cut }: NonNullable<SubscriberNews["artifact"]>,
): ReceivedText | null {
  const { chunks, chars } = text?.version === version ? text : { chunks: [], chars: 0 };
  const known = chars - offset;
  if (known < 0) return null;
  const more = known ? Array.from(update).slice(known).join("") : update;
  return {
    file,
    version,
    chunks: more ? [...chunks, more] : chunks,
    chars: chars + codePoints(more),
    done,
    cut: cut === true,
  };
}
