/** Up and Down move the focus to the same control of the run above or below, or to its first. */
export function moveBetweenRuns(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const { key, target, currentTarget } = event;
  if ((key !== "ArrowUp" && key !== "ArrowDown") || !(target instanceof HTMLElement)) return;
  const isField = target.tagName === "INPUT" && target.getAttribute("type") !== "checkbox";
  if (isField) return;
  const row = target.closest<HTMLElement>(".past");
  const next = row
    ? key === "ArrowDown"
      ? row.nextElementSibling
      : row.previousElementSibling
    : currentTarget.querySelector(".past");
  const controls = (place: Element) => [...place.querySelectorAll<HTMLElement>(".actions button")];
  const name = (control: HTMLElement) => control.getAttribute("aria-label") ?? control.textContent;
  const there = next ? controls(next) : [];
  const found = there.find((control) => name(control) === name(target)) ?? there[0];
  if (!found) return;
  event.preventDefault();
  found.focus();
}
