// The full text of an artifact, page by page, so that a text of any length does not block the page.

import type { Uses } from "../../state/app";
import { codePoints } from "../../state/artifact-text";

/** The kernel sends at most so many characters at once. */
const PAGE_CHARS = 1_048_576;

/** Kinds whose text encodes bytes, as base64 or as a data URL. */
const BINARY = /^(png|jpe?g|gif|webp|avif|bmp|ico|zip|pdf)$/;

export const isBinary = (kind: string): boolean => BINARY.test(kind);

const subjectOf = ({ run: { state } }: Uses<"run">) => [state.run?.run_id, state.past?.position].join();

/** The pages of one version. `onProgress` receives the loaded share; if it returns `false`, the result is `null`. */
export async function fullText(
  app: Uses<"run" | "artifacts" | "operations">,
  file: string,
  version: number,
  onProgress: (share: number) => boolean,
): Promise<string[] | null> {
  const received = app.artifacts.text(file);
  if (received?.done && received.version === version) return [...received.chunks];
  const subject = subjectOf(app);
  const pages: string[] = [];
  for (let offset = 0, chars = 1; offset < chars; ) {
    if (!onProgress(offset / chars)) return null;
    const args = { file, version, offset, count: PAGE_CHARS };
    const { result } = await app.operations.request("artifact.text", args);
    if (subjectOf(app) !== subject)
      throw new Error(`Another run or moment was opened before ${file} was loaded completely.`);
    if (!result.text) break;
    pages.push(result.text);
    offset += codePoints(result.text);
    chars = result.chars;
  }
  return pages;
}

/** The pages as a file. */
export function fileOf(kind: string, pages: readonly string[]): Blob {
  if (!isBinary(kind)) return new Blob([...pages], { type: "text/plain;charset=utf-8" });
  const base64 = pages.join("").replace(/^data:[^,]*,/, "");
  const bytes = Uint8Array.from(atob(base64.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  return new Blob([bytes]);
}
