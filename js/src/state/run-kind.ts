import type { HistoryRow } from "../kernel/wire";

/** The words that are not empty, separated by dots. */
export const joined = (...words: (string | false | null | undefined)[]): string =>
  words.filter(Boolean).join(" · ");

/** What distinguishes a run from an ordinary one: "verification", "fork of run 3d303d0d", "strict", or "". */
export const kindOfRun = ({ replay_of, parent_run_id, strict_mode }: HistoryRow): string =>
  joined(
    replay_of ? "verification" : parent_run_id && `fork of run ${shortId(parent_run_id)}`,
    strict_mode && "strict",
  );

/** The beginning of a run's id, which names it on screen and in log lines. */
export const shortId = (id: string): string => id.slice(0, 8);
