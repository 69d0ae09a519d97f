// The keys of a range on the time axis, beside those of the moment. Pure.

type Key = Pick<KeyboardEvent, "key" | "shiftKey">;

/** The end of the range that a key puts at the moment that is shown: 0 is its start. */
export function endOfKey({ key }: Key): 0 | 1 | undefined {
  if (key === "i") return 0;
  return key === "o" ? 1 : undefined;
}

/** By how much of the axis a key moves the end of the range that has the focus. */
export function edgeStep({ key, shiftKey }: Key): number | null {
  const size = shiftKey ? 0.1 : 0.01;
  if (key === "ArrowLeft") return -size;
  return key === "ArrowRight" ? size : null;
}
