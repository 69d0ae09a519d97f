// The clipboard and the downloads of the page around the console.

/** Copies text. Pages that are not served securely only have the old way, with a field in `near`. */
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

/** Shows for a moment what was copied. */
export function confirmCopy(
  view: { readonly copied: string; set(change: { copied: string }): void },
  copied: string,
): void {
  view.set({ copied });
  setTimeout(() => view.copied === copied && view.set({ copied: "" }), COPIED_MS);
}

/** Saves the parts, one after the other, as a download. */
export function saveFile(name: string, parts: BlobPart[], mime: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: mime }));
  link.download = name;
  link.click();
  // The browser has read the address by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
