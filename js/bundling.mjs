// Two kinds of imports that become text: styles (`./a.css?inline`) and the script of the preview
// frame (`./a.ts?script`), both minified. The build and the tests share them.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Styles are lowered no further than what container queries ask for anyway. */
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

/** What every bundle is built with. */
export const common = {
  bundle: true,
  format: "esm",
  target: "es2021",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "#dom",
  plugins: [textImports],
};

/** The widget, which every notebook stores, and the code that needs a kernel and comes from it. */
export const bundles = {
  ...common,
  entryPoints: {
    widget: fileURLToPath(new URL("src/index.tsx", import.meta.url)),
    live: fileURLToPath(new URL("src/live.ts", import.meta.url)),
  },
  minify: true,
  legalComments: "none",
};
