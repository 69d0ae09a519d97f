// What needs the page around the console: its clipboard and its downloads.

import type { App } from "../state/app";

/** Copies text; pages that are not served securely have only the old way, with a field in `near`. */
export async function copyText(text: string, near: Node): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    near.appendChild(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (!copied) throw new Error("The browser does not allow copying here.");
  }
}

const COPIED_MS = 2_000;

/** Says for a moment that something was copied in `place`. */
export function tellCopied({ view, set }: App, place: string): void {
  set({ copied: place });
  setTimeout(() => view.copied === place && set({ copied: "" }), COPIED_MS);
}

export function saveFile(name: string, data: BlobPart, mime: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([data], { type: mime }));
  link.download = name;
  link.click();
  // The browser has read the address by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
