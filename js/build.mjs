// `node build.mjs` writes the bundles into the package. `--watch` does so after every change, without
// minifying them. `--dev` serves the console on synthetic and golden runs, without Jupyter, and rebuilds it on
// every request; `--dev-build` writes that page's scripts once.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { bundles, bundleTexts, common, reportText } from "./bundling.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const STATIC = here("../src/worker_widget/static/");

/** The golden runs of the Python tests, by name, for the development page. */
const goldenRuns = {
  name: "golden-runs",
  setup(build) {
    build.onResolve({ filter: /^golden-runs$/ }, () => ({ path: "golden-runs", namespace: "golden" }));
    build.onLoad({ filter: /.*/, namespace: "golden" }, () => {
      const folder = here("../tests/golden/");
      let names = [];
      try {
        names = readdirSync(folder).filter((name) => name.endsWith(".json"));
      } catch {
        // A source distribution has no golden runs.
      }
      const entries = names.map((name) => [
        name.slice(0, -5),
        JSON.parse(readFileSync(folder + name, "utf8")),
      ]);
      return { contents: JSON.stringify(Object.fromEntries(entries)), loader: "json" };
    });
  },
};

/**
 * Writes the bundles for ANYWIDGET_HMR=1. anywidget only watches widget.js, and a reloaded widget requests
 * the others again: so widget.js ends with a hash of them, and changes with them.
 */
const hotReload = {
  name: "hot-reload",
  setup(build) {
    build.onEnd(({ outputFiles = [], errors }) => {
      if (errors.length) return;
      const texts = Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
      const { "widget.js": widget, ...sent } = texts;
      const hash = createHash("sha256").update(Object.values(sent).join()).digest("hex");
      mkdirSync(STATIC, { recursive: true });
      for (const [name, text] of Object.entries(sent)) writeFileSync(STATIC + name, text);
      writeFileSync(`${STATIC}widget.js`, `${widget}// the others: ${hash}\n`);
      // Older than its sources: the next build of the package writes all files again, minified.
      for (const name of Object.keys(texts)) utimesSync(STATIC + name, 0, 0);
      console.log(`${new Date().toLocaleTimeString()} The bundles are written.`);
    });
  },
};

const devPage = {
  ...common,
  entryPoints: { ...bundles.entryPoints, main: here("dev/main.tsx") },
  outdir: here("dev/build"),
  plugins: [...bundles.plugins, goldenRuns],
};

if (process.argv.includes("--dev")) {
  const dev = await context({ ...devPage, sourcemap: "inline" });
  const { port } = await dev.serve({ servedir: here("dev"), host: "127.0.0.1" });
  console.log(`http://127.0.0.1:${port}/`);
} else if (process.argv.includes("--dev-build")) {
  await build(devPage);
} else if (process.argv.includes("--watch")) {
  const watched = await context({
    ...bundles,
    minify: false,
    outdir: STATIC,
    write: false,
    logLevel: "info",
    plugins: [...bundles.plugins, hotReload],
  });
  await watched.watch();
} else {
  const texts = { ...(await bundleTexts()), "report.js": await reportText() };
  mkdirSync(STATIC, { recursive: true });
  for (const [name, text] of Object.entries(texts)) writeFileSync(STATIC + name, text);
}
