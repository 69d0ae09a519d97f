// The log on screen: its filter, its search, and the rows that are loaded.

import type { LogFilter, LogRow, LogSearch, SearchProgress, SubscriberNews } from "../kernel/wire";
import type { List } from "../ui/list/list";
import { filterRows, LEVELS, RowCache } from "./log-rows";
import type { View } from "./view";

export interface LogStore {
  readonly rows: RowCache;
  readonly list: List;
  readonly filter: LogFilter;
  /** The search that marks matches. */
  readonly query: LogSearch | null;
  /** The progress of the search, once the kernel has sent it. */
  readonly progress: SearchProgress | undefined;
  /** The number of lines in a saved run; `undefined` with a kernel. */
  readonly saved: number | undefined;
  /** Called with the rows and the active line of the filter before, unless the list follows its end. */
  onFilterChange?: (before: RowCache, active: number | null) => void;
}

export interface LogFeed extends LogStore {
  /** Identifies filter and search: rows of another key are outdated. */
  readonly key: string;
  /** Another run is on screen. */
  reset(): void;
  /** Takes the log's part of a frame. */
  receive(update: SubscriberNews): void;
  /** From now on shows the log of a saved run, which is filtered here. */
  showSaved(rows: LogRow[]): void;
  /** Starts new rows if filter or search have changed. */
  refresh(): void;
}

export function createLog(view: View, list: List): LogFeed {
  let rows = new RowCache();
  let progress: SearchProgress | undefined;
  let saved: LogRow[] | undefined;
  const query = () => (view.query.text ? view.query : null);
  const filter = (): LogFilter => ({
    levels: view.levels.length < LEVELS.length ? [...view.levels] : null,
    stage_id: view.stage,
    agent: view.agent,
    search: view.only ? query() : null,
  });
  const filterKey = () => JSON.stringify(filter());
  const key = () => JSON.stringify([filter(), query()]);
  let shownFilter = filterKey();
  let shownKey = key();

  function putSaved(): void {
    if (!saved) return;
    const passing = filterRows(saved, filter());
    rows.put(passing.length, passing, 0);
  }

  const log: LogFeed = {
    get rows() {
      return rows;
    },
    list,
    get filter() {
      return filter();
    },
    get query() {
      return query();
    },
    get progress() {
      return progress;
    },
    get saved() {
      return saved?.length;
    },
    get key() {
      return key();
    },
    reset() {
      rows = new RowCache();
      progress = undefined;
      list.follow = true;
    },
    receive(update) {
      if (key() !== shownKey) return;
      if (update.log) rows.put(update.log.total, update.log.rows, list.first);
      progress = update.search ?? progress;
    },
    showSaved(all) {
      saved = all;
      putSaved();
    },
    refresh() {
      if (key() === shownKey) return;
      const sameRows = rows.known && filterKey() === shownFilter;
      const { active } = view;
      const before = rows;
      shownFilter = filterKey();
      shownKey = key();
      progress = undefined;
      rows = new RowCache(before, sameRows);
      putSaved();
      if (sameRows) return;
      view.active = null;
      if (!list.follow) log.onFilterChange?.(before, active);
    },
  };
  return log;
}
