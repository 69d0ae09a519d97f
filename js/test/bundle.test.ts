import { createHash } from "node:crypto";
import { build, type Plugin } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { bundles, bundleTexts, reportText, textImports, textOf } from "../bundling.mjs";
import { LIVE_SHARED } from "../src/shell/live-shared";
import { SHARED } from "../src/shell/shared";

const NAMES = ["widget.js", "live.js", "pages.js", "extras.js", "travel.js"];
const sizes: Record<string, { text: string; minified: number }> = {};
/** By name, not minified. */
const readable: Record<string, string> = {};

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
  const texts = await bundleTexts();
  const inPage = await build({ ...built, plugins: [noScripts, textImports] });
  for (const { path, text } of inPage.outputFiles ?? []) {
    const name = path.split("/").pop() ?? "";
    sizes[name] = { text, minified: new TextEncoder().encode(texts[name]).length };
  }
  const { outputFiles: plain } = await build({ ...built, minify: false });
  for (const { path, text } of plain ?? []) readable[path.split("/").pop() ?? ""] = text;
});

describe("what is built", () => {
  it("is the widget, and the four parts that the kernel sends", () => {
    expect(Object.keys(sizes).sort()).toEqual([...NAMES].sort());
  });

  it("keeps the widget small: every saved notebook contains a copy", () => {
    expect(sizes["widget.js"]?.minified).toBeLessThanOrEqual(60_000);
  });

  it("keeps the live code small: every console loads it from its kernel", () => {
    expect(sizes["live.js"]?.minified).toBeLessThanOrEqual(100_000);
  });

  it("keeps small what the kernel sends when a person first opens a page or a dialog", () => {
    expect(sizes["pages.js"]?.minified).toBeLessThanOrEqual(60_000);
  });

  it("keeps small what the kernel sends for a menu and the sheet of keys", () => {
    expect(sizes["extras.js"]?.minified).toBeLessThanOrEqual(10_000);
  });

  it("keeps the time axis small: every console loads it, too", () => {
    expect(sizes["travel.js"]?.minified).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ["live.js", SHARED, ["Icon", "Button", "duration"]],
    ["pages.js", [...SHARED, ...LIVE_SHARED], ["Button", "Failure", "plural", "ThemeButton"]],
    ["extras.js", [...SHARED, ...LIVE_SHARED], ["Button", "saveFile", "duration"]],
    ["travel.js", [...SHARED, ...LIVE_SHARED], ["Button", "Failure", "isActive"]],
  ] as const)("leaves out of %s what those before it have: every name is there", (file, shared, some) => {
    const text = readable[file] ?? "";
    const taken = [...text.matchAll(/^var (\w+?)\d* = shared\[(\d+)\];/gm)].map(([, name = "", place]) => {
      const item = shared[Number(place)] as { name?: string };
      return [name, item?.name ?? name];
    });
    expect(taken.map(([name]) => name)).toEqual(expect.arrayContaining([...some]));
    for (const [name, found] of taken) expect(found).toBe(name);
    // None of it is there a second time.
    for (const [name] of taken) expect(text).not.toMatch(new RegExp(`^function ${name}\\d*\\(`, "m"));
  });

  it.each(["pages.js", "extras.js", "travel.js"])(
    "has no function of the widget or the live code in %s",
    (file) => {
      const functionsOf = (name: string) => {
        const text = readable[name] ?? "";
        return [...text.matchAll(/^(?:async )?function \w+\([\s\S]*?^}/gm)].map(([code]) => code);
      };
      const before = new Set([...functionsOf("widget.js"), ...functionsOf("live.js")]);
      const copies = functionsOf(file).filter((code) => before.has(code));
      expect(copies.map((code) => /function (\w+)/.exec(code)?.[1])).toEqual([]);
    },
  );

  it.each(NAMES)("puts no HTML into the page from %s, and loads nothing from elsewhere", (name) => {
    const text = sizes[name]?.text ?? "";
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|allow-same-origin/);
    const addresses = new Set(text.match(/https?:\/\/[^"'` )]+/g));
    addresses.delete("http://www.w3.org/2000/svg");
    expect([...addresses]).toEqual([]);
    expect(text).toMatch(/export\s*\{\s*[\w$]+ as default\s*\}/);
  });

  describe("the viewer of a report", () => {
    let text = "";
    beforeAll(async () => {
      text = await reportText();
    });

    it("is small, with its styles: every report contains it", () => {
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(150_000);
    });

    it("begins with the hash of the one script inside the frame of an artifact", async () => {
      const path = new URL("../src/panes/artifacts/preview/static-page.ts", import.meta.url).pathname;
      const hash = createHash("sha256")
        .update(await textOf(path))
        .digest("base64");
      expect(text.split("\n", 1)[0]).toBe(`//sha256-${hash}`);
    });

    it("puts no HTML into the page, loads nothing, and ends no script element", () => {
      const own = text.replace(/\n/g, "");
      expect(own).not.toMatch(/outerHTML|insertAdjacentHTML|allow-same-origin|<\/script|<!--/);
      expect(own).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|import\(/);
      expect([...new Set(text.match(/https?:\/\/[^"'` )]+/g))]).toEqual(["http://www.w3.org/2000/svg"]);
    });
  });
});
