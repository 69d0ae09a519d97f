// The log of a report: its columns, its messages, and which lines pass a filter.

import type { Level, LogFilter, LogRow, LogSearch } from "../kernel/wire";
import { LEVELS } from "../state/log-rows";
import { numbersUpto, type Part, type ReportData, summed } from "./data";
import { type Mark, marksOf } from "./matching";

type Piece = [text: string, style: string];

interface Columns {
  position: number[];
  time_us: (number | null)[];
  level: string;
  stage: number[];
  agent: number[];
  words: string[];
}

interface Messages {
  text: string[];
  styled?: Record<string, Piece[]>;
}

/** A longer message is cut in a row. */
const MOST_CHARS = 4_000;
const MOST_MARKS = 200;
const MOST_KEPT = 12;
const LOST = "This message is left out of the report.";

/** The messages of lines are read at most so many at a time between two drawings of the page. */
export interface Lines {
  /** The number of all lines. */
  readonly total: number;
  /** The number of lines of the first events of the run. */
  upto(position: number): number;
  /** The number of those lines of a level. */
  ofLevel(level: Level, lines: number): number;
  position(index: number): number;
  timeUs(index: number): number | null;
  stage(index: number): string | null;
  agent(index: number): string | null;
  /** The indices of the lines that pass a filter and match a search. */
  passing(filter: LogFilter, search: LogSearch | null): Promise<Int32Array>;
  /** How many lines are there to search, where that is known at once. */
  known(filter: LogFilter, search: LogSearch | null): Int32Array | undefined;
  rows(indices: Int32Array, start: number, count: number, search: LogSearch | null): Promise<LogRow[]>;
  message(index: number): Promise<string>;
}

/** A pattern for a text as it is. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** The pattern of a search. Throws the error in it. */
export function patternOf({ text, regex, case_sensitive }: LogSearch): RegExp {
  const flags = `gm${case_sensitive ? "" : "i"}`;
  try {
    return new RegExp(regex ? text : literal(text), flags);
  } catch (problem) {
    throw new Error(`The pattern cannot be read: ${(problem as Error).message.replace(/^.*\/\w*: /, "")}.`);
  }
}

export async function readLines(
  data: ReportData,
  run: number,
  inside: (stageId: string) => Promise<ReadonlySet<string>>,
): Promise<Lines> {
  const pages = data.parts(run, "lines");
  const messages = new Map(data.parts(run, "messages").map((part) => [part.at, part]));
  const columns = await Promise.all(pages.map((part) => data.read<Columns>(part)));
  const total = columns.reduce((sum, { level }) => sum + level.length, 0);
  const positions = new Int32Array(total);
  const times = new Float64Array(total);
  const levels = new Uint8Array(total);
  const stages = new Int32Array(total);
  const agents = new Int32Array(total);
  const words: (string | null)[] = [null];
  const codes = new Map<string, number>();
  /** The index of the first line of each page. */
  const starts: number[] = [];
  let at = 0;
  for (const page of columns) {
    starts.push(at);
    const own = [
      0,
      ...page.words.map((word) => {
        const code = codes.get(word) ?? words.push(word) - 1;
        codes.set(word, code);
        return code;
      }),
    ];
    positions.set(summed(page.position) as number[], at);
    summed(page.time_us).forEach((time, i) => {
      times[at + i] = time ?? Number.NaN;
    });
    for (let i = 0; i < page.level.length; i += 1) {
      levels[at + i] = page.level.charCodeAt(i) - 48;
      stages[at + i] = own[page.stage[i] as number] as number;
      agents[at + i] = own[page.agent[i] as number] as number;
    }
    at += page.level.length;
  }
  /** The number of lines of each level before each page of 1,024 lines. */
  const kept = new Map<string, Int32Array>();
  const perLevel = LEVELS.map((_, level) => indicesWhere(total, (i) => levels[i] === level));
  /** The number of the first line, where the oldest are left out. */
  const first = pages[0]?.at ?? 1;

  const pageOf = (index: number) => numbersUpto(starts, index) - 1;

  async function messagesOf(page: number): Promise<Messages> {
    const part = messages.get((pages[page] as Part).at);
    return part ? data.read<Messages>(part) : { text: [] };
  }

  /** The lines that pass all but the searches. */
  async function plain({ levels: shown, stage_id, agent }: LogFilter): Promise<Int32Array> {
    const passes = LEVELS.map((level) => !shown || shown.includes(level));
    const tree = stage_id === null ? null : await inside(stage_id);
    const inTree = words.map((word) => !tree || (word !== null && tree.has(word)));
    const agentCode = agent === null ? -1 : words.indexOf(agent);
    return indicesWhere(
      total,
      (i) =>
        passes[levels[i] as number] === true &&
        inTree[stages[i] as number] === true &&
        (agent === null || agents[i] === agentCode),
    );
  }

  const keyOf = (filter: LogFilter, search: LogSearch | null) => JSON.stringify([filter, search]);

  const lines: Lines = {
    total,
    upto: (position) => numbersUpto(positions, position),
    ofLevel(level, upto) {
      return numbersUpto(perLevel[LEVELS.indexOf(level)] as Int32Array, upto - 1);
    },
    position: (index) => positions[index] as number,
    timeUs: (index) => (Number.isNaN(times[index]) ? null : (times[index] as number)),
    stage: (index) => words[stages[index] as number] ?? null,
    agent: (index) => words[agents[index] as number] ?? null,
    known: (filter, search) => kept.get(keyOf(filter, search)),
    async passing(filter, search) {
      const key = keyOf(filter, search);
      const known = kept.get(key);
      if (known) return known;
      const searches = [filter.search, search].filter((item) => item?.text) as LogSearch[];
      let found = await plain(filter);
      if (searches.length) {
        const patterns = searches.map(patternOf);
        const hits: number[] = [];
        for (let i = 0; i < found.length; ) {
          const page = pageOf(found[i] as number);
          const { text } = await messagesOf(page);
          const start = starts[page] as number;
          const end = starts[page + 1] ?? total;
          let left: number[] = [];
          for (; i < found.length && (found[i] as number) < end; i += 1)
            if (text[(found[i] as number) - start] !== undefined) left.push(found[i] as number);
          for (const pattern of patterns) {
            const texts = left.map((index) => text[index - start] as string);
            const marks = await marksOf(pattern, texts, 1);
            left = left.filter((_, k) => marks[k]?.length);
          }
          hits.push(...left);
        }
        found = Int32Array.from(hits);
      }
      kept.set(key, found);
      for (const oldest of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(oldest);
      return found;
    },
    async rows(indices, start, count, search) {
      const rows: LogRow[] = [];
      const styles: (Piece[] | undefined)[] = [];
      for (let k = start; k < Math.min(start + count, indices.length); k += 1) {
        const index = indices[k] as number;
        const page = pageOf(index);
        const { text, styled } = await messagesOf(page);
        const own = index - (starts[page] as number);
        const whole = text[own] ?? LOST;
        const message = whole.slice(0, MOST_CHARS);
        const row: LogRow = {
          index: k,
          line: first + index,
          position: lines.position(index),
          time_us: lines.timeUs(index),
          level: LEVELS[levels[index] as number] as Level,
          stage_id: lines.stage(index),
          agent: lines.agent(index),
          message,
        };
        if (whole.length > MOST_CHARS) row.chars = whole.length;
        rows.push(row);
        styles.push(styled?.[own]);
      }
      const marks = await marksIn(rows, search);
      rows.forEach((row, k) => {
        const pieces = piecesOf(row.message, styles[k], marks[k] ?? []);
        if (pieces) row.pieces = pieces;
      });
      return rows;
    },
    async message(index) {
      const page = pageOf(index);
      return (await messagesOf(page)).text[index - (starts[page] as number)] ?? LOST;
    },
  };
  return lines;
}

export function indicesWhere(total: number, passes: (index: number) => boolean): Int32Array {
  const indices = new Int32Array(total);
  let found = 0;
  for (let i = 0; i < total; i += 1) if (passes(i)) indices[found++] = i;
  return indices.slice(0, found);
}

/** The matches of a search in rows; none where the search itself reports an error. */
async function marksIn(rows: LogRow[], search: LogSearch | null): Promise<Mark[][]> {
  if (!search?.text) return [];
  try {
    const messages = rows.map(({ message }) => message);
    return await marksOf(patternOf(search), messages, MOST_MARKS);
  } catch {
    return [];
  }
}

/** The styled pieces of a message, cut again at the matches of a search; `undefined`: it is plain. */
export function piecesOf(message: string, styled: Piece[] | undefined, found: Mark[]): Piece[] | undefined {
  const marks = found.filter(([start, end]) => end > start);
  if (!styled && !marks.length) return undefined;
  const pieces: Piece[] = [];
  let at = 0;
  let mark = 0;
  for (const [whole, style] of styled ?? [[message, ""] as Piece]) {
    const end = Math.min(at + whole.length, message.length);
    while (at < end) {
      while ((marks[mark]?.[1] ?? Infinity) <= at) mark += 1;
      const [from, to] = marks[mark] ?? [Infinity, Infinity];
      const inside = at >= from;
      const until = Math.min(end, inside ? to : from);
      pieces.push([message.slice(at, until), inside ? `match ${style}`.trim() : style]);
      at = until;
    }
  }
  return pieces;
}
