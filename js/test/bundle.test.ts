import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { bundles } from "../bundling.mjs";

const sizes: Record<string, { text: string; minified: number; gzipped: number }> = {};

beforeAll(async () => {
  const { outputFiles } = await build({ ...bundles, write: false, outdir: "out" });
  for (const { path, contents, text } of outputFiles ?? []) {
    const name = path.split("/").pop() ?? "";
    sizes[name] = { text, minified: contents.length, gzipped: gzipSync(contents, { level: 9 }).length };
  }
});

describe("what is built", () => {
  it("is the widget, and the part that the kernel sends", () => {
    expect(Object.keys(sizes).sort()).toEqual(["desk.js", "widget.js"]);
  });

  it("keeps the widget within its budget: every saved notebook carries a copy", () => {
    expect(sizes["widget.js"]?.minified).toBeLessThanOrEqual(60_000);
    expect(sizes["widget.js"]?.gzipped).toBeLessThanOrEqual(20_000);
  });

  it("keeps the part small", () => {
    expect(sizes["desk.js"]?.minified).toBeLessThanOrEqual(24_000);
  });

  it.each(["widget.js", "desk.js"])(
    "puts no HTML into the page from %s, and loads nothing from elsewhere",
    (name) => {
      const text = sizes[name]?.text ?? "";
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|allow-same-origin/);
      expect(text.match(/https?:\/\/[^"'` )]+/g) ?? []).toEqual(
        ["http://www.w3.org/2000/svg"].slice(name === "desk.js" ? 1 : 0),
      );
      expect(text).toMatch(/export\s*\{\s*\w+ as default\s*\}/);
    },
  );
});
