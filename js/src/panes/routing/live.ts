import type { RoutingRow } from "../../kernel/wire";
import type { Uses } from "../../state/app";
import { createRowPages, PAGE_ROWS, SHORT_ROWS } from "../row-pages";
import { explanationOf } from "./explanation";
import type { RoutingLive } from "./live-types";
import { MEANINGS } from "./meanings";

export function createRoutingLive(app: Uses<"run" | "painting" | "operations">): RoutingLive {
  const pagesOf = createRowPages<RoutingRow>(app);
  return {
    meanings: MEANINGS,
    explain: explanationOf,
    pages(stage_id) {
      const { rows, total } = app.run.state.routing;
      const newest = rows.slice(-SHORT_ROWS);
      return pagesOf(
        `${stage_id}`,
        async (start) => {
          const args = { stage_id, start, count: PAGE_ROWS };
          return (await app.operations.request("routing.window", args)).result;
        },
        stage_id === null
          ? { all: true, most: () => app.run.state.routing.total, known: [newest, total - newest.length] }
          : {},
      );
    },
  };
}
