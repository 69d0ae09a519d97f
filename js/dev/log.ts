// The log of the kernel in the page: windows, matches, and locations.

import type { FromBrowser, LogFilter, LogRow, LogSearch, SearchProgress } from "../src/kernel/wire";

type Piece = [text: string, style: string];

/** The number of lines that a search scans at a time. */
export const SCAN_ROWS = 8_000;

/** Messages with colours, with several lines, and very long messages. */
const SAMPLES: Piece[][] = [
  [
    ["PASS ", "bold fg-green"],
    ["tests/landing.spec ", ""],
    ["(12 checks, ", "dim"],
    ["2 slow", "fg-yellow"],
    [")", "dim"],
  ],
  [
    ["Traceback (most recent call last):\n", "fg-red"],
    ['  File "', ""],
    ["/srv/worker/copy.py", "fg-cyan underline"],
    ['", line 118, in rewrite\n    claim = claims[index]\n', ""],
    ["IndexError", "bold fg-bright-red"],
    [": list index out of range", ""],
  ],
  [
    [" WARN ", "fg-black bg-yellow"],
    [" the headline is ", ""],
    ["72", "fg-magenta"],
    [" characters long, ", ""],
    ["60", "fg-bright-blue"],
    [" are allowed", "italic"],
  ],
  [
    [
      `Brief: ${"small podcast teams that edit their own episodes want less editing and clearer notes; ".repeat(6)}`,
      "",
    ],
  ],
  [
    [" FAIL ", "fg-bright-white bg-red"],
    [" old headline ", "strike fg-bright-black"],
    [" new headline ", "inverse"],
  ],
];

/** The log with some messages replaced by styled messages. */
export const decorated = (log: LogRow[]): LogRow[] =>
  log.map((row) => {
    const pieces = row.line % 3 ? undefined : SAMPLES[(row.line / 3) % SAMPLES.length];
    return pieces ? { ...row, message: pieces.map(([text]) => text).join(""), pieces } : row;
  });

function pattern({ text, regex, case_sensitive }: LogSearch): RegExp | string {
  const source = regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  try {
    return new RegExp(source, case_sensitive ? "g" : "gi");
  } catch {
    return "The pattern cannot be read: missing ), unterminated subpattern at column 1.";
  }
}

function matcher(search: LogSearch | null): (row: LogRow) => boolean {
  if (!search) return () => true;
  const looked = pattern(search);
  return typeof looked === "string" ? () => false : (row) => row.message.search(looked) >= 0;
}

/** The rows that pass a filter. */
function passing(log: LogRow[], { levels, stage_id, agent, search }: LogFilter): LogRow[] {
  if (!levels && !stage_id && !agent && !search) return log;
  const matches = matcher(search);
  return log.filter(
    (row) =>
      (!levels || levels.includes(row.level)) &&
      (!stage_id || row.stage_id === stage_id) &&
      (!agent || row.agent === agent) &&
      matches(row),
  );
}

/** The pieces of a row, cut again at its matches. */
function marked(row: LogRow, search: LogSearch | null): LogRow {
  const looked = search && pattern(search);
  if (!looked || typeof looked === "string") return row;
  const hits = [...row.message.matchAll(looked)].filter(([text]) => text);
  if (!hits.length) return row;
  const pieces: Piece[] = [];
  let at = 0;
  for (const [text, style] of row.pieces ?? [[row.message, ""] as Piece]) {
    const cuts = hits.flatMap((hit) => [hit.index, hit.index + hit[0].length]);
    const edges = [at, ...cuts.filter((cut) => cut > at && cut < at + text.length), at + text.length];
    for (let k = 0; k + 1 < edges.length; k += 1) {
      const [from = 0, to = 0] = edges.slice(k);
      const hit = hits.some(({ index, 0: found }) => from >= index && from < index + found.length);
      pieces.push([row.message.slice(from, to), hit ? `${style} match`.trim() : style]);
    }
    at += text.length;
  }
  return { ...row, pieces };
}

export function windowOf(
  log: LogRow[],
  filter: LogFilter,
  search: LogSearch | null,
  start: number,
  count: number,
): { total: number; start: number; rows: LogRow[] } {
  const rows = passing(log, filter);
  const first = start < 0 ? Math.max(0, rows.length - count) : start;
  return {
    total: rows.length,
    start: first,
    rows: rows.slice(first, first + count).map((row, k) => marked({ ...row, index: first + k }, search)),
  };
}

/** The progress of a search that has scanned so many lines. */
export function progressOf(
  log: LogRow[],
  filter: LogFilter,
  search: LogSearch,
  scanned: number,
): SearchProgress {
  const looked = pattern(search);
  const rows = passing(log, { ...filter, search: null });
  const error = typeof looked === "string" ? looked : null;
  const done = scanned >= rows.length || error !== null;
  const count = rows.slice(-scanned).filter(matcher(search)).length;
  return { count, scanned: Math.min(scanned, rows.length), of: rows.length, done, error };
}

type Ask = Extract<FromBrowser, { kind: "request" }>;

/** The result of a request about the log; `undefined` for any other request. */
export function logAnswer(log: LogRow[], { name, args }: Ask): unknown {
  switch (name) {
    case "log.window":
      return windowOf(log, args.filter, args.search, args.start, args.count);
    case "log.locate": {
      const rows = passing(log, args.filter);
      const { position, line, time_us } = args;
      const index = rows.findIndex((row) =>
        position !== null
          ? row.position >= position
          : line !== null
            ? row.line >= line
            : (row.time_us ?? 0) >= (time_us ?? 0),
      );
      return { index: index < 0 ? rows.length : index, total: rows.length };
    }
    case "log.next": {
      const { filter, start, direction } = args;
      const wanted = new Set(passing(log, args.wanted));
      const hits = passing(log, filter).flatMap((row, index) => (wanted.has(row) ? [index] : []));
      const hit =
        direction > 0
          ? (hits.find((index) => index > start) ?? hits[0])
          : (hits.filter((index) => index < start).pop() ?? hits[hits.length - 1]);
      return { index: hit ?? null, nth: hit === undefined ? 0 : hits.indexOf(hit) + 1, of: hits.length };
    }
    case "log.facets": {
      const tally = (key: "agent" | "stage_id") => {
        const lines = new Map<string, number>();
        for (const row of log) lines.set(row[key] ?? "", (lines.get(row[key] ?? "") ?? 0) + 1);
        return [...lines].sort((a, b) => b[1] - a[1]);
      };
      return { agents: tally("agent"), stages: tally("stage_id") };
    }
    case "log.copy": {
      const rows = passing(log, args.filter).slice(args.start, args.end);
      return { text: rows.map((row) => row.message).join("\n"), lines: rows.length };
    }
    case "log.message":
      return { message: log[args.line - 1]?.message ?? "" };
    default:
      return undefined;
  }
}
