// Stands for `src/kernel/live-code` in tests: the code of a bundle is its name, and its modules are imported.

const BUNDLES: Record<string, () => Promise<{ default: unknown }>> = {
  live: () => import("../src/live"),
  pages: () => import("../src/pages"),
  extras: () => import("../src/extras"),
  travel: () => import("../src/travel"),
};

export const importModule = async (name: string): Promise<unknown> =>
  (await (BUNDLES[name] as (typeof BUNDLES)[string])()).default;
