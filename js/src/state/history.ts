// How a run of the history differs from others that read alike.

import type { HistoryRow } from "../kernel/wire";

/** Words that follow one another, those that there are. */
export const joined = (...words: (string | false | null | undefined)[]): string =>
  words.filter(Boolean).join(" · ");

/** What kind of run it is; "" for one that was begun as usual. */
export const kindOfRun = ({ replay_of, strict_mode }: HistoryRow): string =>
  joined(replay_of && "replay", strict_mode && "strict");
