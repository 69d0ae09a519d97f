// Two kinds of imports become minified text: styles (`./a.css?inline`) and the scripts of the preview frame
// (`./a.ts?script`). The build and the tests share this.

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";

/** The oldest browsers with container queries. */
const STYLE_TARGET = ["chrome105", "firefox110", "safari16"];

/** The file at `path`, bundled and minified, as text. */
export async function textOf(path) {
  const result = await esbuild({
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: path.endsWith(".css") ? STYLE_TARGET : "es2021",
    legalComments: "none",
    charset: "utf8",
  });
  return result.outputFiles[0].text.trim().replace('"use strict";', "");
}

export const textImports = {
  name: "text-imports",
  setup(build) {
    build.onResolve({ filter: /\?(inline|script)$/ }, ({ path, resolveDir }) => ({
      path: new URL(path.replace(/\?\w+$/, ""), `file://${resolveDir}/`).pathname,
      namespace: "text",
    }));
    build.onLoad({ filter: /.*/, namespace: "text" }, async ({ path }) => ({
      contents: await textOf(path),
      loader: "text",
      watchFiles: [path],
    }));
  },
};

/** The options of every bundle. */
export const common = {
  bundle: true,
  format: "esm",
  target: "es2021",
  charset: "utf8",
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: [fileURLToPath(new URL("src/ui/classic.ts", import.meta.url))],
  tsconfigRaw: {},
  plugins: [textImports],
};

const HERE = fileURLToPath(new URL(".", import.meta.url));
const nameOf = (path) => relative(`${HERE}src`, path).replace(/\.tsx?$/, "");

/** What `src/shell/shared.ts` lists: the names of each module, and their places in the list. */
function sharedNames() {
  const text = readFileSync(`${HERE}src/shell/shared.ts`, "utf8");
  const places = [...text.matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  const imports = text.matchAll(/^import \{ ([^}]+) \} from "([^"]+)"/gm);
  const modules = [...imports].map(([, names, path]) => [join("shell", path), names.split(", ")]);
  return { places, modules: Object.fromEntries(modules) };
}

/** Whether a module exports anything else than `names`. */
const hasOthers = (path, names) =>
  [...readFileSync(path, "utf8").matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].some(
    ([, name]) => !names.includes(name),
  );

/** The other names under which a module exports one of `names`. */
const aliasesOf = (path, names) =>
  [...readFileSync(path, "utf8").matchAll(/\b(\w+) as (\w+)(?=[^{}]*\};)/g)]
    .filter(([, name]) => names.includes(name))
    .map(([alias]) => alias);

/**
 * Leaves out of `live.js` what `widget.js` has and `src/shell/shared.ts` lists: the modules that only `live.js`
 * contains take it from the variable `shared`, which `src/kernel/live-code.ts` defines for them.
 */
export const sharedModules = {
  name: "shared-modules",
  setup(build) {
    let shared = { places: [], modules: {} };
    const ofWidget = new Set();
    build.onStart(async () => {
      shared = sharedNames();
      const entryPoints = [`${HERE}src/index.ts`];
      const found = await esbuild({
        ...common,
        absWorkingDir: HERE,
        entryPoints,
        metafile: true,
        write: false,
        outdir: "out",
      });
      for (const input of Object.keys(found.metafile.inputs)) ofWidget.add(HERE + input);
    });
    build.onResolve({ filter: /^(\.|#dom)/ }, async ({ pluginData, path, ...from }) => {
      const { importer, namespace } = from;
      const outside = namespace !== "file" || !importer.startsWith(`${HERE}src/`);
      if (pluginData === sharedModules || outside || ofWidget.has(importer)) return undefined;
      const found = await build.resolve(path, { ...from, pluginData: sharedModules });
      return nameOf(found.path) in shared.modules ? { path: found.path, namespace: "shared" } : undefined;
    });
    // The rest of the module, if anything of that is used.
    build.onResolve({ filter: /.*/, namespace: "shared" }, ({ path }) => ({ path, sideEffects: false }));
    build.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => {
      const names = shared.modules[nameOf(path)];
      return {
        contents: [
          ...names.map((name) => `const ${name} = shared[${shared.places.indexOf(name)}];`),
          `export { ${[...names, ...aliasesOf(path, names)].join(", ")} };`,
          hasOthers(path, names) ? `export * from ${JSON.stringify(path)};` : "",
        ].join("\n"),
        resolveDir: HERE,
      };
    });
  },
};

/** `widget.js`, which every notebook stores, and `live.js`, which the kernel sends. */
export const bundles = {
  ...common,
  plugins: [textImports, sharedModules],
  entryPoints: {
    widget: fileURLToPath(new URL("src/index.ts", import.meta.url)),
    live: fileURLToPath(new URL("src/live.ts", import.meta.url)),
  },
  minify: true,
  legalComments: "none",
};
