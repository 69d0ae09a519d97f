// How a run in the history is described. Pure.

import type { HistoryRow } from "../kernel/wire";

/** The words that are not empty, separated by dots. */
export const joined = (...words: (string | false | null | undefined)[]): string =>
  words.filter(Boolean).join(" · ");

/** What distinguishes a run from an ordinary one: "replay", "strict", or "". */
export const kindOfRun = ({ replay_of, strict_mode }: HistoryRow): string =>
  joined(replay_of && "replay", strict_mode && "strict");
