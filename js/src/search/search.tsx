import type { App } from "../app";
import { Bar } from "./bar";
import { Detail } from "./detail";
import { onKey } from "./keys";
import { createNewer } from "./newer";
import { createOwn } from "./own";
import type { Search } from "./part";
import { AgentChip, Tools } from "./tools";
import { createWays } from "./ways";

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
