import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createRest, REST_MS } from "../src/panes/artifacts/rest";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("is at rest a second after the last change, and paints then", () => {
  const changed = vi.fn();
  const rests = createRest({ changed });
  expect(rests("a")).toBe(false);
  vi.advanceTimersByTime(REST_MS - 1);
  expect(rests("ab")).toBe(false);
  vi.advanceTimersByTime(REST_MS - 1);
  expect(rests("ab")).toBe(false);
  expect(changed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(changed).toHaveBeenCalledOnce();
  expect(rests("ab")).toBe(true);
  expect(rests("abc")).toBe(false);
});
