declare module "golden-runs" {
  import type { FromKernel } from "../src/kernel/wire";

  const runs: Record<string, { client: string; messages: FromKernel[] }>;
  export default runs;
}
