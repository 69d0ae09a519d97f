// Held by `tsc --noEmit`, not run: where the compiler accepts what is marked here as an error, the mark
// itself is one.

import type { Child } from "../src/ui/dom";

/** What is in use is accepted. */
export const accepted: Child[] = [
  <button disabled aria-pressed={false} class="tool" data-pop="menu" onclick={() => undefined} />,
  <input type="checkbox" checked onchange={({ currentTarget }) => currentTarget.checked} />,
  <div role="list" tabIndex={0} style="left:3%" ref={() => undefined} />,
];

/** What is misspelt is not. */
export const refused = (): Child[] => [
  // @ts-expect-error a wrong tag
  <buton />,
  // @ts-expect-error a wrong attribute
  <button disabld />,
  // @ts-expect-error a wrong event, by its case
  <button onClick={() => undefined} />,
  // @ts-expect-error an event without a handler
  <button onclick />,
  // biome-ignore lint/a11y/useValidAriaProps: a wrong aria attribute, which biome refuses
  <button aria-lable="Close" />,
  // @ts-expect-error a value of the wrong type
  <button aria-label={42} />,
  // @ts-expect-error a style that is no text
  <div style={{ left: 3 }} />,
  // @ts-expect-error a role that is not in use
  <div role="banner" />,
  // @ts-expect-error an attribute of another tag
  <div placeholder="Search" />,
  // @ts-expect-error a handler of another event
  <button onclick={(event: KeyboardEvent) => event.key} />,
  // @ts-expect-error an element of another tag
  <button ref={(element: HTMLInputElement) => element.select()} />,
];
