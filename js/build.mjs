// `node build.mjs` writes the widget and the parts that the kernel sends it; `node build.mjs --dev` serves
// the console on made-up and golden runs, without Jupyter, and rebuilds on every request.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { bundles, common } from "./bundling.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

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
        // None were generated yet: the page has its own run.
      }
      const entries = names.map((name) => [
        name.slice(0, -5),
        JSON.parse(readFileSync(folder + name, "utf8")),
      ]);
      return { contents: JSON.stringify(Object.fromEntries(entries)), loader: "json" };
    });
  },
};

const devPage = {
  ...common,
  entryPoints: { ...bundles.entryPoints, main: here("dev/main.tsx") },
  outdir: here("dev/build"),
  plugins: [...common.plugins, goldenRuns],
};

if (process.argv.includes("--dev")) {
  const dev = await context({ ...devPage, sourcemap: "inline" });
  const { port } = await dev.serve({ servedir: here("dev"), host: "127.0.0.1" });
  console.log(`http://127.0.0.1:${port}/`);
} else if (process.argv.includes("--dev-build")) {
  await build(devPage);
} else {
  await build({ ...bundles, outdir: here("../src/worker_widget/static") });
}
