import { defineConfig } from "vitest/config";
import { textOf } from "./bundling.mjs";

export default defineConfig({
  plugins: [
    {
      name: "text-imports",
      enforce: "pre",
      async load(id: string) {
        const [path, query] = id.split("?");
        if (path && (query === "inline" || query === "script")) {
          return `export default ${JSON.stringify(await textOf(path))}`;
        }
        return undefined;
      },
    },
  ],
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    pool: "threads",
    maxWorkers: "100%",
    // A loaded machine takes its time: no test is about that.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    environmentOptions: {
      happyDOM: { settings: { disableIframePageLoading: true, handleDisabledFileLoadingAsSuccess: true } },
    },
  },
});
