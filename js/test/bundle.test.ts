import { build, type Plugin } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { bundles, textImports } from "../bundling.mjs";
import { PART_NAMES } from "../src/kernel/live-code";

const parts = PART_NAMES.map((name) => `${name}.js`);
const sizes: Record<string, { text: string; minified: number }> = {};

/** Leaves out the scripts that run inside the preview frames: nothing of the page is in their reach. */
const noScripts: Plugin = {
  name: "no-scripts",
  setup(build) {
    build.onResolve({ filter: /\?script$/ }, ({ path }) => ({ path, namespace: "none" }));
    build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "", loader: "text" }));
  },
};

beforeAll(async () => {
  const built = { ...bundles, write: false, outdir: "out" } as const;
  const { outputFiles } = await build(built);
  const inPage = await build({ ...built, plugins: [noScripts, textImports] });
  (outputFiles ?? []).forEach(({ path, contents }, place) => {
    const name = path.split("/").pop() ?? "";
    const text = inPage.outputFiles?.[place]?.text ?? "";
    sizes[name] = { text, minified: contents.length };
  });
});

describe("what is built", () => {
  it("is the widget, and the parts that the kernel sends", () => {
    expect(Object.keys(sizes).sort()).toEqual([...parts, "widget.js"].sort());
  });

  it("keeps the widget within its budget: every saved notebook carries a copy", () => {
    expect(sizes["widget.js"]?.minified).toBeLessThanOrEqual(60_000);
  });

  it.each(parts)("keeps the part %s small", (name) => {
    expect(sizes[name]?.minified).toBeLessThanOrEqual(34_000);
  });

  it.each(["widget.js", ...parts])(
    "puts no HTML into the page from %s, and loads nothing from elsewhere",
    (name) => {
      const text = sizes[name]?.text ?? "";
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|allow-same-origin/);
      expect(text.match(/https?:\/\/[^"'` )]+/g) ?? []).toEqual(
        ["http://www.w3.org/2000/svg"].slice(name === "widget.js" ? 0 : 1),
      );
      expect(text).toMatch(/export\s*\{\s*[\w$]+ as default\s*\}/);
    },
  );
});
