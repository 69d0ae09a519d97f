import { build, type Plugin } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { bundles, textImports } from "../bundling.mjs";
import { SHARED } from "../src/shell/shared";

const NAMES = ["widget.js", "live.js"];
const sizes: Record<string, { text: string; minified: number }> = {};

/** Leaves out the scripts that run inside the preview frames: they cannot reach the page. */
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
  (outputFiles ?? []).forEach(({ path, contents }, index) => {
    const name = path.split("/").pop() ?? "";
    sizes[name] = { text: inPage.outputFiles?.[index]?.text ?? "", minified: contents.length };
  });
});

describe("what is built", () => {
  it("is the widget, and the code that the kernel sends", () => {
    expect(Object.keys(sizes).sort()).toEqual([...NAMES].sort());
  });

  it("keeps the widget small: every saved notebook contains a copy", () => {
    expect(sizes["widget.js"]?.minified).toBeLessThanOrEqual(60_000);
  });

  it("keeps the live code small: every console loads it from its kernel", () => {
    expect(sizes["live.js"]?.minified).toBeLessThanOrEqual(100_000);
  });

  it("takes from the widget what both need: every name is there", async () => {
    const { outputFiles } = await build({ ...bundles, write: false, outdir: "out", minify: false });
    const live = outputFiles?.find(({ path }) => path.endsWith("live.js"))?.text ?? "";
    const taken = [...live.matchAll(/^var (\w+?)\d* = shared\[(\d+)\];/gm)].map(([, name = "", place]) => {
      const item = SHARED[Number(place)] as { name?: string };
      return [name, item?.name ?? name];
    });
    expect(taken.map(([name]) => name)).toEqual(expect.arrayContaining(["Icon", "Button", "duration"]));
    for (const [name, found] of taken) expect(found).toBe(name);
    // None of it is there a second time.
    for (const [name] of taken) expect(live).not.toMatch(new RegExp(`^function ${name}\\d*\\(`, "m"));
  });

  it.each(NAMES)("puts no HTML into the page from %s, and loads nothing from elsewhere", (name) => {
    const text = sizes[name]?.text ?? "";
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|allow-same-origin/);
    expect(text.match(/https?:\/\/[^"'` )]+/g) ?? []).toEqual(
      ["http://www.w3.org/2000/svg"].slice(name === "widget.js" ? 0 : 1),
    );
    expect(text).toMatch(/export\s*\{\s*[\w$]+ as default\s*\}/);
  });
});
