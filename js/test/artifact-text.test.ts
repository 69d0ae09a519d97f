import { describe, expect, it } from "vitest";
import { applyText, codePoints, type ReceivedText } from "../src/state/artifact-text";
import { random } from "./samples";

const patch = (offset: number, text: string, version = 1, done = false) => ({
  file: "a.md",
  version,
  offset,
  text,
  done,
});
const whole = (text: ReceivedText | null | undefined) => text?.chunks.join("");

describe("applyText", () => {
  it("begins, goes on, and ends", () => {
    const first = applyText(undefined, patch(0, "Hello "));
    const second = applyText(first ?? undefined, patch(6, "world", 1, true));
    expect(whole(second)).toBe("Hello world");
    expect(second).toMatchObject({ chars: 11, done: true });
    expect(second?.chunks[0]).toBe(first?.chunks[0]);
  });

  it("ends where the kernel sends no more with the frames", () => {
    expect(applyText(undefined, patch(0, "Hello"))?.cut).toBe(false);
    expect(applyText(undefined, { ...patch(0, "Hello"), cut: true })?.cut).toBe(true);
  });

  it("begins anew with another version", () => {
    const first = applyText(undefined, patch(0, "Hello"));
    expect(whole(applyText(first ?? undefined, patch(0, "Bye", 2)))).toBe("Bye");
    expect(applyText(first ?? undefined, patch(5, "more", 2))).toBeNull();
  });

  it("asks again when something between is missing", () => {
    expect(applyText(undefined, patch(4, "x"))).toBeNull();
  });

  it("takes what overlaps once, counted in code points", () => {
    const first = applyText(undefined, patch(0, "a😀b"));
    expect(first?.chars).toBe(3);
    expect(whole(applyText(first ?? undefined, patch(1, "😀bc")))).toBe("a😀bc");
  });

  it("gives the whole text whatever the pieces", () => {
    const points = Array.from("Ünïcödé — 😀🎉 plain text, twice over 😀");
    for (let seed = 1; seed < 30; seed += 1) {
      const next = random(seed);
      let text: ReceivedText | undefined;
      let at = 0;
      while (at < points.length) {
        const back = Math.floor(next() * Math.min(3, at + 1));
        const end = Math.min(points.length, at + 1 + Math.floor(next() * 5));
        text = applyText(text, patch(at - back, points.slice(at - back, end).join(""))) ?? undefined;
        at = end;
      }
      expect(whole(text)).toBe(points.join(""));
      expect(text?.chars).toBe(points.length);
    }
  });

  it("counts code points", () => {
    expect([codePoints(""), codePoints("abc"), codePoints("😀é🎉"), codePoints("\ud83d")]).toEqual([
      0, 3, 3, 1,
    ]);
  });
});
