// What this view of the console has open in the search. View-only state, as `view` is, of this part alone.

import type { Requests } from "../../kernel/wire";
import type { App } from "../../state/app";

export interface OwnState {
  /** The search bar is open. */
  searching: boolean;
  /** What was typed into the search, which is taken a moment later. */
  typed: string;
  /** The line that one went to last: which it is of those one goes through, in which log, and whether of errors. */
  nth: { i: number; nth: number; of: number; asked: string; errors: boolean } | null;
  /** Who and what the log tells of, once it was asked. */
  facets: Requests["log.facets"]["result"] | null;
}

export interface Own extends OwnState {
  readonly app: App;
  set(change: Partial<OwnState>): void;
}

export function createOwn(app: App): Own {
  const own: Own = {
    app,
    searching: false,
    typed: "",
    nth: null,
    facets: null,
    set(change) {
      Object.assign(own, change);
      app.changed();
    },
  };
  return own;
}
