// The view-only state of the log's search and navigation.

import type { Requests } from "../../kernel/wire";

export interface LogViewState {
  /** The search bar is open. */
  searching: boolean;
  /** The text in the search field; it becomes the query a moment later. */
  typed: string;
  /** The result of the last step to a match or an error: the `nth` of `of` lines, under the filter and query of `asked`. */
  step: { index: number; nth: number; of: number; asked: string; errors: boolean } | null;
  /** The agents and stages of the log, once they are loaded. */
  facets: Requests["log.facets"]["result"] | null;
}

export interface LogState extends LogViewState {
  set(change: Partial<LogViewState>): void;
}

export function createLogState(changed: () => void): LogState {
  const state: LogState = {
    searching: false,
    typed: "",
    step: null,
    facets: null,
    set(change) {
      Object.assign(state, change);
      changed();
    },
  };
  return state;
}
