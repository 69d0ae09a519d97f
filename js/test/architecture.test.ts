import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The features, from the bottom to the top, and what each may import besides itself. */
const LAYERS: Record<string, string[]> = {
  ui: [],
  kernel: [],
  state: ["kernel", "ui"],
  panes: ["state", "kernel", "ui"],
  shell: ["panes", "state", "kernel", "ui", "live-types"],
  "live-types": ["shell", "panes", "state", "kernel"],
  live: ["shell", "panes", "state", "ui", "live-types", "pages-types"],
  "pages-types": ["shell", "panes", "state"],
  pages: ["shell", "panes", "pages-types"],
  extras: ["shell"],
  travel: ["shell"],
  report: ["shell", "panes", "state", "kernel", "ui", "live-types"],
  index: ["shell", "kernel"],
};

/** The modules of `widget.js`. Every saved notebook contains them, and they work without a kernel. */
const SAVED: Record<string, string[]> = {
  "": ["index"],
  kernel: ["channel", "live-code"],
  state: [
    "app",
    "appearance",
    "artifact-text",
    "artifacts",
    "clock",
    "incidents",
    "layout",
    "log",
    "log-rows",
    "names",
    "operations",
    "preferences",
    "selectors",
    "store",
    "theme",
    "view",
    "view-store",
  ],
  ui: ["button", "classic", "dom", "facts", "focus", "format", "icons", "list/list", "look-up", "painting"],
  panes: ["boundary", "pane"],
  "panes/timeline": ["axis", "timeline", "tree"],
  "panes/routing": ["candidates", "routing"],
  "panes/log": ["layout", "log", "styled-text"],
  "panes/ledger": ["ledger"],
  "panes/artifacts": [
    "artifacts",
    "preview/frame-document",
    "preview/frame",
    "preview/neutralise",
    "preview/static-page",
  ],
  shell: ["console", "header", "mount", "mounting", "request", "run-status", "shared", "verdict"],
};

interface Import {
  from: string;
  to: string;
  /** Erased by the compiler. */
  type: boolean;
}

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const IMPORT =
  /^(?:import|export)\s+(?:(type)\s+)?(?:([^;"'=]*?)\s+from\s+)?"(\.\.?\/[^"]+)"|import\("(\.\.?\/[^"]+)"\)/gm;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
const nameOf = (file: string) => file.replace(/\.tsx?$/, "");

/** The imports in a text, type imports included. */
function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)]
    .map(([, type, names = "", target, dynamic]): Import => {
      const path = (target ?? dynamic ?? "").replace(/\?\w+$/, "");
      const listed = /^\{(.*)\}$/s
        .exec(names)?.[1]
        ?.split(",")
        .filter((name) => name.trim());
      const onlyTypes = listed?.every((name) => name.trim().startsWith("type ")) ?? false;
      return {
        from: nameOf(file),
        to: nameOf(normalize(join(dirname(file), path))),
        type: type !== undefined || onlyTypes,
      };
    })
    .filter(({ to }) => !/\.(css|d)$/.test(to));
}

/** The paths that lead from a module back to itself. */
function cyclesOf(imports: Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (module: string, path: string[]) => {
    if (path.includes(module)) cycles.push([...path.slice(path.indexOf(module)), module]);
    else if (!done.has(module)) {
      for (const target of targets.get(module) ?? []) visit(target, [...path, module]);
      done.add(module);
    }
  };
  for (const module of targets.keys()) visit(module, []);
  return cycles;
}

const layerOf = (module: string) => module.split("/")[0] as string;
/** The folder of a pane; `undefined` for what all panes share. */
const paneOf = (module: string) => /^panes\/(\w+)\//.exec(module)?.[1];

function isAllowed({ from, to }: Import): boolean {
  const [layer, target] = [layerOf(from), layerOf(to)];
  if (layer !== target) return LAYERS[layer]?.includes(target) ?? false;
  return layer !== "panes" || paneOf(to) === undefined || paneOf(to) === paneOf(from);
}

const imports = files.flatMap((file) => importsOf(file, readFileSync(SRC + file, "utf8")));
const written = ({ from, to }: Import) => `${from} → ${to}`;

it("exports each name of a type once", () => {
  const exported = files.flatMap((file) =>
    [...readFileSync(SRC + file, "utf8").matchAll(/^export (?:interface|type|class) (\w+)/gm)].map(
      ([, name]) => name as string,
    ),
  );
  const repeated = exported.filter((name, index) => exported.indexOf(name) !== index);
  expect(exported.length).toBeGreaterThan(files.length / 2);
  expect(repeated).toEqual([]);
});

describe("the imports of the front end", () => {
  it("are found, types and scripts included", () => {
    const text = [
      'import type { A } from "../state/a";',
      'import { type B, c } from "./c";',
      'import {\n  type D,\n  type E,\n} from "./d";',
      'export { f } from "./f";',
      'import script from "./g.ts?script";',
      'import styles from "./h.css?inline";',
      'import { build } from "esbuild";',
    ].join("\n");
    expect(importsOf("ui/x.ts", text)).toEqual([
      { from: "ui/x", to: "state/a", type: true },
      { from: "ui/x", to: "ui/c", type: false },
      { from: "ui/x", to: "ui/d", type: true },
      { from: "ui/x", to: "ui/f", type: false },
      { from: "ui/x", to: "ui/g", type: false },
    ]);
    const names = new Set(files.map(nameOf));
    expect(imports.filter(({ to }) => !names.has(to)).map(written)).toEqual([]);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it("have no cycle", () => {
    const cycle = (pairs: string[]) =>
      cyclesOf(pairs.map((pair) => ({ from: pair[0] as string, to: pair[1] as string, type: true })));
    expect(cycle(["ab", "bc", "ca", "dc"])).toEqual([["a", "b", "c", "a"]]);
    expect(cycle(["ab", "ac", "bd", "cd"])).toEqual([]);
    expect(cyclesOf(imports)).toEqual([]);
  });

  it("point downwards, and from no pane to another", () => {
    const allowed = (from: string, to: string) => isAllowed({ from, to, type: true });
    expect(allowed("ui/button", "state/view")).toBe(false);
    expect(allowed("kernel/channel", "ui/dom")).toBe(false);
    expect(allowed("state/app", "panes/pane")).toBe(false);
    expect(allowed("panes/log/log", "panes/ledger/ledger")).toBe(false);
    expect(allowed("panes/pane", "panes/log/log")).toBe(false);
    expect(allowed("panes/log/log", "panes/pane")).toBe(true);
    expect(imports.filter((item) => !isAllowed(item)).map(written)).toEqual([]);
  });

  it("lead from the widget to no live code, except by type", () => {
    const reached = new Set<string>();
    const visit = (module: string) => {
      if (reached.has(module)) return;
      reached.add(module);
      for (const { from, to, type } of imports) if (from === module && !type) visit(to);
    };
    visit("index");
    const saved = Object.entries(SAVED).flatMap(([folder, modules]) =>
      modules.map((module) => (folder ? `${folder}/${module}` : module)),
    );
    expect([...reached].sort()).toEqual(saved.sort());
  });
});
