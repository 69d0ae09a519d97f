const CONTROLS = "input:not([type=color]), textarea, select, button";

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
