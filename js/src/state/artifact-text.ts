// The text of an artifact, put together from what the kernel sends of it. Pure.

import type { ViewPatch } from "../kernel/wire";

/** `chunks` only ever grow within one version, so that a view can go on where it stopped. */
export interface ArtifactText {
  file: string;
  version: number;
  chunks: readonly string[];
  /** How many code points the chunks hold. */
  chars: number;
  done: boolean;
  /** Here ends what is sent unasked. */
  cut: boolean;
}

/** The length in code points: a surrogate pair counts as one. */
export const codePoints = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** The text with the patch, or `null` where something between is missing and must be asked for again. */
export function applyText(
  text: ArtifactText | undefined,
  { file, version, offset, text: news, done, cut }: NonNullable<ViewPatch["artifact"]>,
): ArtifactText | null {
  const { chunks, chars } = text?.version === version ? text : { chunks: [], chars: 0 };
  const known = chars - offset;
  if (known < 0) return null;
  const more = known ? Array.from(news).slice(known).join("") : news;
  return {
    file,
    version,
    chunks: more ? [...chunks, more] : chunks,
    chars: chars + codePoints(more),
    done,
    cut: cut === true,
  };
}
