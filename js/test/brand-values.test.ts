import { describe, expect, it } from "vitest";
import { brandOf } from "../src/shell/brand/json";
import { fieldPath } from "../src/shell/brand/problems";
import { brandText, fits, valueAt, withValue } from "../src/shell/brand/values";

describe("a change of one value", () => {
  it.each<[string, unknown, (string | number)[], unknown, unknown]>([
    ["sets a text", {}, ["name"], "Acme", { name: "Acme" }],
    ["makes the objects around it", undefined, ["tone", "avoid", 0], "hype", { tone: { avoid: ["hype"] } }],
    ["keeps the place of a name", { a: 1, b: 2, c: 3 }, ["b"], 9, { a: 1, b: 9, c: 3 }],
    ["adds to a list", { a: ["x"] }, ["a", 1], "y", { a: ["x", "y"] }],
    ["removes an entry", { a: ["x", "y", "z"] }, ["a", 1], undefined, { a: ["x", "z"] }],
    [
      "removes what is empty then",
      { tone: { avoid: ["x"] }, b: 1 },
      ["tone", "avoid", 0],
      undefined,
      { b: 1 },
    ],
    ["leaves no brand", { tone: { avoid: ["x"] } }, ["tone", "avoid", 0], undefined, undefined],
    [
      "takes the place of what does not fit",
      { tone: "loud" },
      ["tone", "primary"],
      "x",
      { tone: { primary: "x" } },
    ],
    ["writes a name of every object as a field", {}, ["constructor"], "x", { constructor: "x" }],
  ])("%s", (_, brand, path, value, changed) => {
    expect(withValue(brand, path, value)).toEqual(changed);
  });

  it("touches nothing else, whatever the brand has", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const made = (depth: number): unknown => {
      const kind = random(depth ? 6 : 4);
      if (kind === 4) return Array.from({ length: 1 + random(3) }, () => made(depth - 1));
      if (kind === 5)
        return Object.fromEntries(
          Array.from({ length: 1 + random(4) }, (_, n) => [`${"abc"[n % 3]}${random(3)}`, made(depth - 1)]),
        );
      return ["text", 12, null, false][kind];
    };
    const leaves = (value: unknown, path: (string | number)[] = []): [string, unknown][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([step, item]) =>
            leaves(item, [...path, Array.isArray(value) ? Number(step) : step]),
          )
        : [[JSON.stringify(path), value]];
    for (let round = 0; round < 500; round += 1) {
      const brand = { own: "x", extra: made(3), tone: { primary: "casual", more: made(2) } };
      const path = [["own"], ["tone", "primary"], ["tone", "avoid", 0], ["new"]][random(4)] as string[];
      const before = JSON.stringify(brand);
      const changed = withValue(brand, path, `value ${round}`);
      expect(JSON.stringify(brand)).toBe(before);
      expect(valueAt(changed, path)).toBe(`value ${round}`);
      const others = (value: unknown) => leaves(value).filter(([at]) => at !== JSON.stringify(path));
      expect(others(brandOf(brandText(changed)))).toEqual(others(brand));
    }
  });
});

it.each(["{", "[1]", "null", "5", '"a"'])("%s is no brand", (text) => {
  expect(brandOf(text)).toBeNull();
});

it("an empty text is an empty brand", () => {
  expect(brandOf(" \n")).toEqual({});
});

it("reads own values only", () => {
  expect(valueAt({ a: [{ b: 1 }] }, ["a", "0", "b"])).toBe(1);
  expect(valueAt({}, ["constructor"])).toBeUndefined();
  expect(valueAt("text", ["length", "x"])).toBeUndefined();
});

it.each<[Parameters<typeof fits>[0], unknown, boolean]>([
  ["text", "a", true],
  ["text", undefined, true],
  ["text", null, true],
  ["text", 5, false],
  ["paragraph", ["a"], false],
  ["color", "red", true],
  ["choice", "loud", true],
  ["number", 5, true],
  ["number", "5", false],
  ["texts", ["a"], true],
  ["texts", ["a", 1], false],
  ["texts", "a", false],
  ["choices", ["a"], true],
  ["group", {}, true],
  ["group", [], false],
  ["rows", [{}], true],
  ["rows", ["a"], false],
  ["json", undefined, false],
])("a control for %s shows %o: %s", (kind, value, shown) => {
  expect(fits(kind, value)).toBe(shown);
});

it.each([
  ["brand.tone.primary", "tone.primary"],
  ["value_proposition[4:12]", "value_proposition"],
  ["brand.forbidden_claims[2].pattern", "forbidden_claims.2.pattern"],
  ["brand", ""],
  ["", ""],
])("the location %s is the field %s", (location, path) => {
  expect(fieldPath(location)).toBe(path);
});
