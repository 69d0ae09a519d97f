// The parts of the console that only work with a kernel. They come from it, so that no saved notebook
// carries them: there, nothing of them could be used anyway.

import type { ViewerPart } from "../panes/artifacts/live-types";
import type { SearchPart } from "../panes/log/live-types";
import type { DeskPart } from "../shell/live-types";
import type { ListsPart } from "../ui/list/live-types";

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
