// Two kinds of imports become minified text: styles (`./a.css?inline`) and the scripts of the preview frame
// (`./a.ts?script`). The build and the tests share this.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The oldest browsers with container queries. */
const STYLE_TARGET = ["chrome105", "firefox110", "safari16"];

/** The file at `path`, bundled and minified, as text. */
export async function textOf(path) {
  const result = await build({
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
  jsx: "automatic",
  jsxImportSource: "#dom",
  plugins: [textImports],
};

/** `widget.js`, which every notebook stores, and `live.js`, which the kernel sends. */
export const bundles = {
  ...common,
  entryPoints: {
    widget: fileURLToPath(new URL("src/index.ts", import.meta.url)),
    live: fileURLToPath(new URL("src/live.ts", import.meta.url)),
  },
  minify: true,
  legalComments: "none",
};
