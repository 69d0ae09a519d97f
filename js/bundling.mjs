// Two kinds of imports become minified text: styles (`./a.css?inline`) and the scripts of the preview frame
// (`./a.ts?script`). The build and the tests share this.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { minify } from "terser";

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
  const text = result.outputFiles[0].text.trim().replace('"use strict";', "");
  // esbuild keeps the blanks in values of custom properties.
  return path.endsWith(".css") ? text.replace(/(--[\w-]+:|,) /g, "$1") : text;
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
  // A field of a class is an assignment, not a call of a helper.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  plugins: [textImports],
};

const HERE = fileURLToPath(new URL(".", import.meta.url));
const nameOf = (path) => relative(`${HERE}src`, path).replace(/\.tsx?$/, "");

/** What a list such as `src/shell/shared.ts` has: the names of each module, and all names in order. */
function sharedNames(list) {
  const text = readFileSync(`${HERE}src/${list}`, "utf8");
  const places = [...text.slice(text.indexOf(" = [")).matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  const imports = text.matchAll(/^import \{([^}]+)\} from "([^"]+)"/gm);
  const modules = [...imports].map(([, names, path]) => [join("shell", path), names.match(/\w+/g)]);
  return { places, modules: Object.fromEntries(modules) };
}

/** Two lists as one, the names of the second after those of the first. */
function joinedNames(first, second) {
  const modules = { ...first.modules };
  for (const [path, names] of Object.entries(second.modules))
    modules[path] = [...(modules[path] ?? []), ...names];
  return { places: [...first.places, ...second.places], modules };
}

/** The paths of all modules that an entry leads to. */
async function modulesOf(entry) {
  const found = await esbuild({
    ...common,
    absWorkingDir: HERE,
    entryPoints: [`${HERE}src/${entry}`],
    metafile: true,
    write: false,
    outdir: "out",
  });
  return new Set(Object.keys(found.metafile.inputs).map((input) => HERE + input));
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
 * Leaves out of a bundle what those before it have and list: `live.js` takes what `src/shell/shared.ts` lists from
 * `widget.js`, and the others also what `src/shell/live-shared.ts` lists from `live.js`. The modules that only that bundle contains
 * take it from the variable `shared`, which `src/kernel/live-code.ts` defines for them.
 */
export const sharedModules = {
  name: "shared-modules",
  setup(build) {
    /** By the namespace of what a bundle takes. */
    let taken = {};
    let ofWidget = new Set();
    let ofLive = new Set();
    build.onStart(async () => {
      const widget = sharedNames("shell/shared.ts");
      taken = { live: widget, pages: joinedNames(widget, sharedNames("shell/live-shared.ts")) };
      [ofWidget, ofLive] = await Promise.all([modulesOf("index.ts"), modulesOf("live.ts")]);
    });
    build.onResolve({ filter: /^(\.|#dom)/ }, async ({ pluginData, path, ...from }) => {
      const { importer, namespace } = from;
      const outside = namespace !== "file" || !importer.startsWith(`${HERE}src/`);
      if (pluginData === sharedModules || outside || ofWidget.has(importer)) return undefined;
      const found = await build.resolve(path, { ...from, pluginData: sharedModules });
      const bundle = ofLive.has(importer) ? "live" : "pages";
      return nameOf(found.path) in taken[bundle].modules
        ? { path: found.path, namespace: bundle }
        : undefined;
    });
    // JSX calls what it takes, too, instead of what is injected.
    build.onLoad({ filter: /\.tsx$/, namespace: "file" }, ({ path }) => {
      if (!path.startsWith(`${HERE}src/`) || ofWidget.has(path)) return undefined;
      const from = (module) => JSON.stringify(`./${relative(dirname(path), `${HERE}src/ui/${module}`)}`);
      const taken = `import { h } from ${from("classic")};import { Fragment } from ${from("dom")};`;
      return { contents: taken + readFileSync(path, "utf8"), loader: "tsx" };
    });
    // The rest of the module, if anything of that is used.
    for (const namespace of ["live", "pages"]) {
      build.onResolve({ filter: /.*/, namespace }, ({ path }) => ({ path, sideEffects: false }));
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const { places, modules } = taken[namespace];
        const names = modules[nameOf(path)];
        return {
          contents: [
            ...names.map((name) => `const ${name} = shared[${places.indexOf(name)}];`),
            `export { ${[...names, ...aliasesOf(path, names)].join(", ")} };`,
            hasOthers(path, names) ? `export * from ${JSON.stringify(path)};` : "",
          ].join("\n"),
          resolveDir: HERE,
        };
      });
    }
  },
};

/** `widget.js`, which every notebook stores, and what the kernel sends: `live.js`, and the others on demand. */
export const bundles = {
  ...common,
  plugins: [textImports, sharedModules],
  entryPoints: {
    widget: fileURLToPath(new URL("src/index.ts", import.meta.url)),
    live: fileURLToPath(new URL("src/live.ts", import.meta.url)),
    pages: fileURLToPath(new URL("src/pages.ts", import.meta.url)),
    extras: fileURLToPath(new URL("src/extras.ts", import.meta.url)),
    travel: fileURLToPath(new URL("src/travel.ts", import.meta.url)),
  },
  minify: true,
  legalComments: "none",
};

/** No function of ours is called with `new`, or asked for the number of its arguments. */
const COMPRESS = { passes: 3, unsafe_arrows: true, hoist_funs: true, keep_fargs: false, pure_getters: true };

/** With terser after it, esbuild makes a bundle 1 % smaller. */
const minified = async (text, options) =>
  `${(await minify(text, { ecma: 2020, compress: COMPRESS, ...options })).code}\n`;

/** The texts of the bundles, by the names of their files. */
export async function bundleTexts() {
  const { outputFiles } = await esbuild({ ...bundles, write: false, outdir: "out" });
  const texts = outputFiles.map(async ({ path, text }) => [
    basename(path),
    await minified(text, { module: true }),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}

const PREVIEW = fileURLToPath(new URL("src/panes/artifacts/preview/static-page.ts", import.meta.url));

/**
 * The text of `report.js`, the whole console for the page of a report. Its first line is the hash of the script inside the
 * frame of an artifact, which the policy of that page allows besides its own.
 */
export async function reportText() {
  const { outputFiles } = await esbuild({
    ...common,
    entryPoints: [fileURLToPath(new URL("src/report.ts", import.meta.url))],
    format: "iife",
    minify: true,
    legalComments: "none",
    write: false,
  });
  const hash = createHash("sha256")
    .update(await textOf(PREVIEW))
    .digest("base64");
  return `//sha256-${hash}\n${await minified(outputFiles[0].text)}`;
}
