// The filters of the ledger. Pure.

import type { LedgerFilter, LedgerRow } from "../../kernel/wire";
import { ofStage } from "../../state/selectors";

export function filterLedger(
  rows: readonly LedgerRow[],
  filter: LedgerFilter,
  stageId: string | null,
): LedgerRow[] {
  return ofStage(rows, stageId).filter(
    ({ kind, outcome }) =>
      filter === "all" || filter === kind || (filter === "problems" && /error|warning/.test(outcome)),
  );
}

const FILTERS: LedgerFilter[] = ["all", "problems", "failure", "recovery", "policy", "drift", "replay"];

/**
 * The number of rows that each filter passes: `counted` by the kernel where not all rows are loaded. Filters
 * without rows are left out, except the chosen filter.
 */
export function ledgerCounts(
  rows: readonly LedgerRow[],
  stageId: string | null,
  chosen: LedgerFilter,
  counted?: Record<LedgerFilter, number>,
): [LedgerFilter, number][] {
  return FILTERS.map((filter): [LedgerFilter, number] => [
    filter,
    counted?.[filter] ?? filterLedger(rows, filter, stageId).length,
  ]).filter(([filter, size]) => size > 0 || filter === "all" || filter === chosen);
}
