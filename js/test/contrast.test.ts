import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Colour = [number, number, number];

const styles = (name: string) => readFileSync(new URL(`../src/${name}.css`, import.meta.url), "utf8");

function palette(selector: string, css = styles("ui/tokens")): Record<string, Colour> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  const pairs = [...block.matchAll(/--([\w-]+): #([0-9a-f]{6});/g)];
  return Object.fromEntries(
    pairs.map(([, name = "", hex = ""]) => [
      name,
      [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as Colour,
    ]),
  );
}

function luminance(colour: Colour): number {
  const [r = 0, g = 0, b = 0] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Colour, b: Colour): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const mix = (a: Colour, b: Colour, share: number) =>
  a.map((value, i) => value * share + (b[i] ?? 0) * (1 - share)) as Colour;

const light = palette(".console");
const dark = { ...light, ...palette('.console[data-theme="dark"]') };
const grey = (value: number): Colour => [value, value, value];

/** Our own surfaces, and JupyterLab's, which are used where it shows the same theme. */
const THEMES: [string, Record<string, Colour>, Colour[]][] = [
  ["light", light, [grey(255), mix(grey(255), grey(238), 0.6)]],
  ["dark", dark, [grey(17), mix(grey(33), grey(66), 0.6)]],
];

/** What the colours of terminals are drawn with. */
const TERMINAL = ["t2", "t1", "error", "ok", "warning", "accent", "mended", "cyan"];

describe.each(THEMES)("the %s theme", (theme, colours, native) => {
  const of = (name: string): Colour => {
    const colour = colours[name];
    if (!colour) throw new Error(`no colour is called ${name}`);
    return colour;
  };
  const surfaces: [string, Colour][] = [
    ["s0", of("s0")],
    ["s1", of("s1")],
    ["s2", of("s2")],
    ...native.map((colour, i): [string, Colour] => [`Jupyter ${i}`, colour]),
  ];

  describe.each(surfaces)("on %s", (_name, surface) => {
    it.each(["t1", "t2", "accent", "ok", "warning", "error", "mended", "cyan"])("%s can be read", (name) => {
      expect(contrast(of(name), surface)).toBeGreaterThanOrEqual(4.5);
    });

    it.each(["edge"])("%s can be made out", (name) => {
      expect(contrast(of(name), surface)).toBeGreaterThanOrEqual(3);
    });
  });

  it.each(["t2", "accent", "ok", "warning", "error"])("%s can be read on its own ground", (name) => {
    for (const surface of [of("s0"), native[0] as Colour]) {
      expect(contrast(of(name), mix(of(name), surface, 0.12))).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(TERMINAL)("%s can be read on every ground of a terminal", (name) => {
    for (const surface of [of("s0"), native[0] as Colour])
      for (const ground of TERMINAL)
        expect(contrast(of(name), mix(of(ground), surface, 0.15))).toBeGreaterThanOrEqual(4.5);
  });

  it("a match can be read, and the chosen match has another colour", () => {
    const selector = theme === "dark" ? '.console[data-theme="dark"]' : ".console";
    const { found, here, "on-here": onHere } = palette(selector, styles("panes/log/live"));
    if (!found || !here || !onHere) throw new Error("the search has no colours");
    expect(contrast(of("t1"), found)).toBeGreaterThanOrEqual(7);
    expect(contrast(of("warning"), found)).toBeGreaterThanOrEqual(3);
    expect(contrast(onHere, here)).toBeGreaterThanOrEqual(7);
    expect(contrast(found, here)).toBeGreaterThanOrEqual(1.4);
  });

  it("the text of the primary button can be read", () => {
    for (const text of [of("s0"), native[0] as Colour])
      expect(contrast(text, of("accent"))).toBeGreaterThanOrEqual(4.5);
  });
});
