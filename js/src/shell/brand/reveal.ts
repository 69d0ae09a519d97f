import type { WireProblem } from "../../kernel/wire";

const CONTROLS = "input:not([type=color]), textarea, select, button";

/** The problem is in the brand. */
export const ofBrand = ({ field }: WireProblem): boolean => /^brand\b/.test(field);

/** The path of a field in a location such as "brand.tone.avoid[0][12:20]": "tone.avoid.0". */
export const fieldPath = (location: string): string =>
  location
    .replace(/^brand\.?/, "")
    .replace(/\[(\d+)\]/g, ".$1")
    .replace(/\[.*/, "");

/** Scrolls to the control at a path, or to what contains it, and focuses it; without a path the first one. */
export function revealField(dialog: HTMLElement, path: string): void {
  const places = [...dialog.querySelectorAll<HTMLElement>("[data-field]")];
  let place: HTMLElement | undefined;
  for (const steps = path.split("."); steps.length && !place; steps.pop()) {
    place = places.find(({ dataset }) => dataset.field === steps.join("."));
  }
  const found = place ?? dialog;
  const control = found.matches(CONTROLS) ? found : found.querySelector<HTMLElement>(CONTROLS);
  control?.focus({ preventScroll: true });
  if (place) dialog.scrollTop += place.getBoundingClientRect().top - dialog.getBoundingClientRect().top - 8;
}
