import type { Incident, LedgerRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { createRowPages, PAGE_ROWS } from "../row-pages";
import type { LedgerLive } from "./live-types";

export function createLedgerLive(app: Uses<"run" | "painting" | "operations">): LedgerLive {
  const { request } = app.operations;
  const incidentsOf = createRowPages<Incident, number>(app);
  const eventsOf = createRowPages<LedgerRow>(app);
  const passedOf = createRowPages<LedgerRow>(app);
  return {
    incidents: (stage_id) =>
      incidentsOf(`${stage_id}`, async (start) => {
        const { result } = await request("incident.window", { stage_id, start, count: PAGE_ROWS });
        return { ...result, counts: result.passed };
      }),
    events: (incident, stage_id) =>
      (incident ? eventsOf : passedOf)(`${incident} ${stage_id}`, async (start) => {
        const args = { incident, stage_id, start, count: PAGE_ROWS };
        return (await request("ledger.window", args)).result;
      }),
  };
}
