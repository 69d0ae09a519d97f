import type { Uses } from "../../state/app";
import { LEVELS } from "../../state/log-rows";
import { Detail } from "./detail";
import { onKey } from "./keys";
import type { LogLive } from "./live-types";
import { createNavigation } from "./navigation";
import { createNewer } from "./newer";
import { SearchBar } from "./search-bar";
import { createLogState } from "./state";
import { AgentChip, Tools } from "./tools";

export function createLogLive(
  app: Uses<"view" | "log" | "run" | "operations" | "painting" | "connection">,
): LogLive {
  const { view, log } = app;
  const state = createLogState(app.painting.changed);
  const navigation = createNavigation(app, state);
  const Newer = createNewer(app);
  log.onFilterChange = navigation.keepPlace;
  return {
    AgentChip: () => <AgentChip app={app} />,
    Tools: () => <Tools app={app} state={state} navigation={navigation} />,
    SearchBar: () => <SearchBar app={app} state={state} navigation={navigation} />,
    Details: () => (
      <>
        <Newer />
        <Detail app={app} navigation={navigation} />
      </>
    ),
    gridProps: () => ({
      "aria-activedescendant": view.active === null ? undefined : `line-${view.active}`,
      "aria-rowcount": log.rows.total,
      onkeydown: (event) => onKey(app, state, navigation, event),
    }),
    isChosen: (index) =>
      view.active !== null &&
      index >= Math.min(view.active, view.anchor) &&
      index <= Math.max(view.active, view.anchor),
    fetchVisible: navigation.fetchVisible,
    choose: navigation.choose,
    showLines: navigation.showLines,
    search(text) {
      // Set without `view.set`, which stores the levels: they are this person's choice for other runs.
      view.levels = LEVELS;
      view.set({ query: { text, regex: false, case_sensitive: false }, agent: null, stage: null });
      state.set({ searching: true, typed: text });
      log.list.moveTo(0);
      navigation.toNearest();
    },
  };
}
