import type { LedgerFilter, LedgerRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { createRowPages, PAGE_ROWS } from "../row-pages";
import type { LedgerLive } from "./live-types";

export function createLedgerLive(app: Uses<"run" | "painting" | "operations">): LedgerLive {
  const pagesOf = createRowPages<LedgerRow, Record<LedgerFilter, number>>(app);
  return {
    pages: (stage_id, kind) =>
      pagesOf(`${stage_id} ${kind}`, async (start) => {
        const args = { stage_id, kind, start, count: PAGE_ROWS };
        return (await app.operations.request("ledger.window", args)).result;
      }),
  };
}
