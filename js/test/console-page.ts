// A console of the dev page's kernel in the page of a test, which is removed after the test.

import { afterEach, beforeEach } from "vitest";
import { PageKernel, type Setup } from "../dev/kernel";
import { mount } from "../src/shell/mount";

/** What a test began; each is called after it. */
export let leave: (() => void)[] = [];

beforeEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  leave = [];
});

afterEach(() => {
  for (const end of leave) end();
});

/** A console without a run, if `setup` has none. Its kernel sends the code of each bundle by name. */
export function consolePage(setup: Partial<Setup>) {
  const kernel = new PageKernel({ scene: null, live: false, code: async (name) => name, ...setup });
  const place = document.createElement("div");
  document.body.append(place);
  const { app, close } = mount(kernel, place);
  leave.push(close, () => kernel.stop());
  const root = place.firstElementChild?.shadowRoot as ShadowRoot;
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const one = (selector: string) => root.querySelector<HTMLElement>(selector);
  const text = (selector: string) => one(selector)?.textContent ?? "";
  /** The button with a name. */
  const button = (name: string, within: ParentNode = root) =>
    [...within.querySelectorAll<HTMLElement>("button")].find(
      (item) => item.textContent?.trim() === name || item.getAttribute("aria-label") === name,
    );
  const press = (name: string, within?: ParentNode) => {
    const found = button(name, within);
    found?.focus();
    found?.click();
  };
  return { app, kernel, place, root, all, one, text, button, press, close };
}
