// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Channel } from "../src/kernel/channel";
import { watchSight } from "../src/shell/sight";
import type { View } from "../src/state/view";
import type { ViewStore } from "../src/state/view-store";

let seen: (entries: { isIntersecting: boolean }[]) => void;
let disconnected: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  disconnected = false;
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(callback: typeof seen) {
        seen = callback;
      }
      observe() {}
      disconnect() {
        disconnected = true;
      }
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function watched() {
  const calls: string[] = [];
  const channel = {
    visible: true,
    hello: () => calls.push("hello"),
    ask: (name: string, { visible }: { visible: boolean }) => calls.push(`${name} ${visible}`),
  };
  const view = { visible: true, set: (change: Partial<View>) => Object.assign(view, change) };
  const stop = watchSight(
    {
      channel: channel as unknown as Channel,
      view: view as unknown as ViewStore,
      painting: { changed: () => undefined } as never,
    },
    document.createElement("div"),
  );
  return { calls, view, stop };
}

it("reports a console that is hidden for a while, once, and sends a hello when it is back", () => {
  const { calls, view } = watched();
  seen([{ isIntersecting: false }]);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1_000);
  seen([{ isIntersecting: false }]);
  vi.advanceTimersByTime(1_000);
  expect([calls, view.visible]).toEqual([["visible false"], false]);
  seen([{ isIntersecting: true }]);
  expect([calls, view.visible]).toEqual([["visible false", "hello"], true]);
});

it("reports nothing when it is hidden for a moment only, or after its end", () => {
  const { calls, stop } = watched();
  seen([{ isIntersecting: false }]);
  vi.advanceTimersByTime(200);
  seen([{ isIntersecting: true }]);
  vi.advanceTimersByTime(2_000);
  expect(calls).toEqual([]);
  seen([{ isIntersecting: false }]);
  stop();
  vi.advanceTimersByTime(2_000);
  expect([calls, disconnected]).toEqual([[], true]);
});
