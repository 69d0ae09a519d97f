// The parts of the console that only work with a kernel. They come from it, so that no saved notebook
// carries them: there, nothing of them could be used anyway.

import type { DeskPart } from "./desk/part";
import type { ListsPart } from "./lists/part";
import type { SearchPart } from "./search/part";
import type { ViewerPart } from "./viewer/part";

/** What each part gives to the console. */
export interface Parts {
  lists: ListsPart;
  desk: DeskPart;
  search: SearchPart;
  viewer: ViewerPart;
}

export type PartName = keyof Parts;

/** In the order in which they are asked for. */
export const PART_NAMES: readonly PartName[] = ["lists", "desk", "search", "viewer"];

/** The part in the text of its module, the way anywidget loads the console's own. */
export async function importPart(_name: PartName, code: string): Promise<Parts[PartName]> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}
