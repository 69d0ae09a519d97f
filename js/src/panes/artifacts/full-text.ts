// The whole text of an artifact, page by page: however long it is, it comes in pieces that stop nothing.

import type { App } from "../../state/app";
import { codePoints } from "../../state/artifact-text";

/** As many characters as the kernel gives at once. */
const PAGE = 1_048_576;

/** Kinds whose text is their bytes, as base64 or as a data URL. */
const BINARY = /^(png|jpe?g|gif|webp|avif|bmp|ico|zip|pdf)$/;

export const isBinary = (kind: string): boolean => BINARY.test(kind);

/** The pages of one version. `onShare` is told how much is here and says whether to go on; else it is `null`. */
export async function wholeText(
  app: App,
  file: string,
  version: number,
  onShare: (share: number) => boolean,
): Promise<string[] | null> {
  const here = app.text(file);
  if (here?.done && here.version === version) return [...here.chunks];
  const run = app.state.run?.run_id;
  const pages: string[] = [];
  for (let offset = 0, chars = 1; offset < chars; ) {
    if (!onShare(offset / chars)) return null;
    const { result } = await app.request("artifact.text", { file, version, offset, count: PAGE });
    if (app.state.run?.run_id !== run)
      throw new Error(`Another run was opened before all of ${file} was here.`);
    if (!result.text) break;
    pages.push(result.text);
    offset += codePoints(result.text);
    chars = result.chars;
  }
  return pages;
}

/** The file that the pages are. */
export function fileOf(kind: string, pages: readonly string[]): Blob {
  if (!isBinary(kind)) return new Blob([...pages], { type: "text/plain;charset=utf-8" });
  const base64 = pages.join("").replace(/^data:[^,]*,/, "");
  const bytes = Uint8Array.from(atob(base64.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  return new Blob([bytes]);
}
