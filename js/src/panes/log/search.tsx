import type { App } from "../../state/app";
import { Detail } from "./detail";
import { onKey } from "./keys";
import type { Search } from "./live-types";
import { createWays } from "./navigation";
import { createNewer } from "./newer";
import { Bar } from "./search-bar";
import { createOwn } from "./state";
import { AgentChip, Tools } from "./tools";

export function createSearch(app: App): Search {
  const { view } = app;
  const own = createOwn(app);
  const ways = createWays(own);
  const Newer = createNewer(app);
  return {
    Chip: () => <AgentChip app={app} />,
    Tools: () => <Tools own={own} ways={ways} />,
    Bar: () => <Bar own={own} ways={ways} />,
    Under: () => (
      <>
        <Newer />
        <Detail own={own} ways={ways} />
      </>
    ),
    grid: () => ({
      "aria-activedescendant": view.active === null ? undefined : `line-${view.active}`,
      "aria-rowcount": app.log.total,
      onkeydown: (event) => onKey(own, ways, event),
    }),
    isChosen: (index) =>
      view.active !== null &&
      index >= Math.min(view.active, view.anchor) &&
      index <= Math.max(view.active, view.anchor),
    look: ways.look,
    choose: ways.choose,
    locate: ways.locate,
    stay: ways.stay,
  };
}
